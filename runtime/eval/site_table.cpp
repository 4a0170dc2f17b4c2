// See site_table.h.
#include "runtime/eval/site_table.h"

#include <algorithm>

namespace valkc {

const ValkSite* SiteTable::find(const SourceMap& sources, Span span, const std::string& function) {
  if (!span.is_known()) return nullptr;
  const char* name = keep(function);
  const ValkSite*& site = known_[{span.file, span.begin, span.end, name}];
  if (site) return site;
  Position at = sources.position(span);
  std::string line(sources.line(span));
  uint32_t length = span.end > span.begin ? span.end - span.begin : 1;
  uint32_t limit = static_cast<uint32_t>(line.size()) + 1;
  uint32_t end = std::min(at.column + length, std::max(limit, at.column + 1));
  const char* path = sources.path(span.file).c_str();
  sites_.push_back({path, at.line, at.column, end, name, keep(std::move(line)), nullptr});
  site = &sites_.back();
  spans_[site] = span;
  return site;
}

ValkAwaitPlace* SiteTable::await_place(const SourceMap& sources, Span span,
                                       const std::string& function, ValkSuspend builtin) {
  const ValkSite* site = find(sources, span, function);
  return &await_places_.try_emplace({site, builtin}, ValkAwaitPlace VALK_AWAIT_PLACE(site, builtin))
              .first->second;
}

Span SiteTable::span_of(const ValkSite* site, Span unknown) const {
  const auto it = spans_.find(site);
  return it == spans_.end() ? unknown : it->second;
}

}  // namespace valkc
