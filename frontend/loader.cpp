// Finding, reading and remembering the files of a program.
#include "frontend/loader.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "frontend/reader.h"

namespace valkc {

namespace fs = std::filesystem;

namespace {

/// The same for every path that leads to the file.
std::string identity_of(const std::string& path) {
  std::error_code ignored;
  fs::path canonical = fs::weakly_canonical(path, ignored);
  return canonical.empty() ? path : canonical.string();
}

/// The content of a regular file; otherwise nothing, and `reason` says why.
std::optional<std::string> read_file(const std::string& path, std::string& reason) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    reason = "it is a directory";
    return {};
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    reason = std::strerror(errno);
    return {};
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

std::optional<std::vector<const Datum*>> Loader::enter_main(
    const std::string& path, const std::optional<std::string>& text) {
  std::string identity = identity_of(path);
  if (!text) return loaded_.count(identity) ? std::nullopt : read(path, {});
  loaded_.insert(identity);
  loading_.push_back({identity, {}});
  files_.push_back(path);
  return read_all(sources_, sources_.add(path, *text), data_, diagnostics_);
}

std::string Loader::find(const std::string& path, Span span) const {
  if (fs::path(path).is_absolute()) return path;
  std::error_code ignored;
  fs::path near =
      span.is_known() ? fs::path(sources_.path(span.file)).parent_path() / path : fs::path(path);
  if (fs::exists(near, ignored)) return near.string();
  for (const std::string& dir : include_dirs_) {
    fs::path candidate = fs::path(dir) / path;
    if (fs::exists(candidate, ignored)) return candidate.string();
  }
  return near.string();
}

bool Loader::is_loading(const std::string& identity) const {
  for (const Loading& l : loading_) {
    if (l.identity == identity) return true;
  }
  return false;
}

void Loader::report_cycle(const std::string& path, const std::string& identity, Span span) {
  Diagnostic& report = diagnostics_.report(Diag::load_cycle, span, {path});
  bool inside = false;
  for (const Loading& l : loading_) {
    if (inside) report.note(l.span, "loaded from here");
    inside = inside || l.identity == identity;
  }
}

std::optional<std::vector<const Datum*>> Loader::enter(const std::string& path, Span span) {
  std::string found = find(path, span);
  std::string identity = identity_of(found);
  if (is_loading(identity)) {
    report_cycle(path, identity, span);
    return {};
  }
  if (loaded_.count(identity)) return {};
  return read(found, span);
}

std::optional<std::vector<const Datum*>> Loader::read(const std::string& path, Span span) {
  std::string reason;
  std::optional<std::string> text = read_file(path, reason);
  std::string identity = identity_of(path);
  loaded_.insert(identity);
  if (!text) {
    diagnostics_.report(Diag::cannot_read, span, {path, reason});
    return {};
  }
  loading_.push_back({identity, span});
  files_.push_back(path);
  return read_all(sources_, sources_.add(path, std::move(*text)), data_, diagnostics_);
}

}  // namespace valkc
