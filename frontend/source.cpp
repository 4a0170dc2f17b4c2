// The SourceMap: where text is kept, and how byte offsets become lines and columns.
#include "frontend/source.h"

#include <algorithm>

namespace valkc {

namespace {

std::vector<uint32_t> line_starts_of(std::string_view text) {
  std::vector<uint32_t> starts{0};
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    starts.push_back(static_cast<uint32_t>(at + 1));
  }
  return starts;
}

/// Index into `starts` of the line that holds `offset`.
size_t line_index(const std::vector<uint32_t>& starts, uint32_t offset) {
  return std::upper_bound(starts.begin(), starts.end(), offset) - starts.begin() - 1;
}

}  // namespace

uint32_t SourceMap::add(std::string path, std::string text) {
  std::vector<uint32_t> starts = line_starts_of(text);
  files_.push_back({std::move(path), std::move(text), std::move(starts)});
  return file_count();
}

uint32_t SourceMap::add_origin(Origin origin) {
  const auto next = static_cast<uint32_t>(origins_.size() + 1);
  const auto [known, is_new] = known_origins_.try_emplace(origin, next);
  if (is_new) origins_.push_back(std::move(origin));
  return known->second;
}

const std::string& SourceMap::path(uint32_t file) const { return files_[file - 1].path; }

std::string_view SourceMap::text(uint32_t file) const { return files_[file - 1].text; }

std::string_view SourceMap::text(Span span) const {
  if (!span.is_known()) return {};
  std::string_view whole = text(span.file);
  size_t begin = std::min<size_t>(span.begin, whole.size());
  return whole.substr(begin, std::max<size_t>(span.end, begin) - begin);
}

Position SourceMap::position(Span span) const {
  if (!span.is_known()) return {};
  const std::vector<uint32_t>& starts = files_[span.file - 1].line_starts;
  size_t line = line_index(starts, span.begin);
  return {static_cast<uint32_t>(line + 1), span.begin - starts[line] + 1};
}

std::string_view SourceMap::line(Span span) const {
  if (!span.is_known()) return {};
  const File& file = files_[span.file - 1];
  size_t start = file.line_starts[line_index(file.line_starts, span.begin)];
  std::string_view rest = std::string_view(file.text).substr(start);
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::string SourceMap::describe(Span span) const {
  if (!span.is_known()) return "<compiler>";
  Position at = position(span);
  return path(span.file) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace valkc
