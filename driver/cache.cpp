// A manifest: the executable's name on the first line, then `HASH PATH` a line. See cache.h.
#include "driver/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "driver/files.h"
#include "driver/hash.h"

namespace valkc {
namespace {

namespace fs = std::filesystem;

constexpr size_t MAX_ENTRIES = 200;  ///< files in the folder: executables and manifests

std::string cache_home() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg && *xdg == '/') return xdg;
  const char* home = std::getenv("HOME");
  return home && *home == '/' ? std::string(home) + "/.cache" : "";
}

/// The hash of a file's content now; empty if it cannot be read.
std::string current_hash(const std::string& path) {
  try {
    return hash_of(read_file(path));
  } catch (const FileError&) {
    return "";
  }
}

bool is_current(std::istringstream& lines) {
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    if (space == std::string::npos) return false;
    if (current_hash(line.substr(space + 1)) != line.substr(0, space)) return false;
  }
  return true;
}

}  // namespace

std::string file_identity(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return path;
  std::ostringstream text;
  text << path << ' ' << status.st_size << ' ' << status.st_ino << ' ' << status.st_mtim.tv_sec
       << '.' << status.st_mtim.tv_nsec;
  return text.str();
}

RunCache::RunCache() {
  const std::string home = cache_home();
  if (home.empty()) return;
  std::error_code error;
  fs::create_directories(home + "/valkc", error);
  if (!error && access((home + "/valkc").c_str(), W_OK) == 0) dir_ = home + "/valkc";
}

std::string RunCache::manifest_path(const std::string& request) const {
  return dir_ + "/" + hash_of(request) + ".files";
}

std::string RunCache::fresh_path() const { return dir_ + "/new-" + std::to_string(getpid()); }

std::string RunCache::find(const std::string& request) const {
  if (!is_usable()) return "";
  const std::string manifest = manifest_path(request);
  if (access(manifest.c_str(), R_OK) != 0) return "";
  std::istringstream lines(read_file(manifest));
  std::string name;
  std::getline(lines, name);
  const std::string executable = dir_ + "/" + name;
  if (name.empty() || access(executable.c_str(), X_OK) != 0 || !is_current(lines)) return "";
  // What is used stays: prune() goes by time.
  utimensat(AT_FDCWD, executable.c_str(), nullptr, 0);
  utimensat(AT_FDCWD, manifest.c_str(), nullptr, 0);
  return executable;
}

std::string RunCache::store(const std::string& request, const std::vector<std::string>& files,
                            const std::string& executable) const {
  ContentHash content;
  content.add(request);
  std::string lines;
  for (const std::string& file : files) {
    std::error_code error;
    const std::string path = fs::absolute(file, error).string();
    const std::string hash = current_hash(path);
    content.add(hash);
    lines += hash + " " + path + "\n";
  }
  const std::string kept = dir_ + "/" + content.hex();
  const std::string manifest = fresh_path() + ".files";
  write_file(manifest, content.hex() + "\n" + lines);
  if (rename(executable.c_str(), kept.c_str()) != 0) return "";
  if (rename(manifest.c_str(), manifest_path(request).c_str()) != 0) return "";
  prune();
  return kept;
}

void RunCache::prune() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir_, error))
    entries.emplace_back(entry.last_write_time(error), entry.path());
  if (entries.size() <= MAX_ENTRIES) return;
  std::sort(entries.begin(), entries.end());
  for (size_t i = 0; i < entries.size() - MAX_ENTRIES; ++i) fs::remove(entries[i].second, error);
}

}  // namespace valkc
