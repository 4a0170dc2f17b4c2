// See declarations.h.
#include "codegen/declarations.h"

#include <unordered_set>

#include "codegen/pools.h"

namespace valkc {

namespace {

/// "VALK_SHARED Value f_name(Vm* vm, …);" and "extern VALK_SHARED const ValkFn fn_name;"
std::string_view declared_name(std::string_view line) {
  const size_t end = line.find_first_of("(;");
  size_t begin = end;
  while (begin > 0 && is_name_part(line[begin - 1])) begin--;
  return line.substr(begin, end - begin);
}

/// Calls f(name) for each name of a letter or two and something else (f_main, fn_main): the text has many others.
template <typename F>
void each_prefixed_name(std::string_view text, F f) {
  for (size_t at = 0; at < text.size(); at++) {
    if (!is_name_part(text[at])) continue;
    size_t end = at + 1;
    while (end < text.size() && is_name_part(text[end])) end++;
    const std::string_view name = text.substr(at, end - at);
    if (const size_t prefix = name.find('_'); prefix == 1 || prefix == 2) f(name);
    at = end;
  }
}

}  // namespace

Declarations::Declarations(std::string_view text) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin) + 1;
    const std::string_view line = text.substr(begin, end - begin);
    index_of_.emplace(declared_name(line), lines_.size());
    lines_.push_back(line);
    begin = end;
  }
}

std::string Declarations::needed_by(std::string_view text) const {
  std::string needed;
  std::unordered_set<size_t> seen;
  each_prefixed_name(text, [&](std::string_view name) {
    const auto found = index_of_.find(name);
    if (found != index_of_.end() && seen.insert(found->second).second)
      needed += lines_[found->second];
  });
  return needed;
}

}  // namespace valkc
