// See divide_sites.h. A definition stands on one line and mentions only earlier ones: its line of the
// source, and the position of the call in whose place it stands; a frame its position. What has no value
// mentions nothing. So one walk from the last to the first knows of each who needs it.
#include "codegen/divide_sites.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "codegen/pools.h"

namespace valkc {

namespace {

constexpr int NOBODY = -1, SEVERAL = -2;

/// Calls f(name) for each name in `text` that may be one of a position, a source line or a frame. It may also be
/// part of a string: then a definition stays where all see it.
template <typename F>
void each_name(std::string_view text, F f) {
  for (const std::string_view prefix : {"site_", "line_", "d_", "await_at_", "bottom_"})
    for (size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at)) {
      size_t end = at + prefix.size();
      while (end < text.size() && is_name_part(text[end])) end++;
      if (at == 0 || !is_name_part(text[at - 1])) f(text.substr(at, end - at));
      at = end;
    }
}

/// Which chunk needs a definition.
class Needs {
 public:
  void add(std::string_view name, int chunk) {
    int& known = needed_by_.try_emplace(std::string(name), NOBODY).first->second;
    known = known == NOBODY || known == chunk ? chunk : SEVERAL;
  }
  int of(std::string_view name) const {
    const auto found = needed_by_.find(std::string(name));
    return found == needed_by_.end() ? SEVERAL : found->second;
  }

 private:
  std::unordered_map<std::string, int> needed_by_;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

/// "static const ValkSite name = …", "static const char name[] = …", "static const ValkFrame name = …"
std::string_view defined_name(std::string_view line) {
  std::string_view name;
  each_name(line.substr(0, line.find('=')), [&](std::string_view found) { name = found; });
  return name;
}

}  // namespace

void divide_sites(std::string& sites, std::vector<std::string>& chunks,
                  const std::vector<const std::string*>& others) {
  Needs needs;
  for (size_t i = 0; i < chunks.size(); i++)
    each_name(chunks[i], [&](std::string_view name) { needs.add(name, static_cast<int>(i)); });
  for (const std::string* text : others)
    each_name(*text, [&](std::string_view name) { needs.add(name, SEVERAL); });
  const std::vector<std::string_view> lines = lines_of(sites);
  std::vector<int> needed_by(lines.size());
  for (size_t i = lines.size(); i-- > 0;) {
    needed_by[i] = needs.of(defined_name(lines[i]));
    each_name(lines[i].substr(std::min(lines[i].size(), lines[i].find('='))),
              [&](std::string_view name) { needs.add(name, needed_by[i]); });
  }
  std::string shared;
  std::vector<std::string> own(chunks.size());
  for (size_t i = 0; i < lines.size(); i++)
    (needed_by[i] < 0 ? shared : own[static_cast<size_t>(needed_by[i])]) += lines[i];
  for (size_t i = 0; i < chunks.size(); i++) chunks[i].insert(0, own[i]);
  sites = std::move(shared);
}

}  // namespace valkc
