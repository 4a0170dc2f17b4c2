// Where evaluated code stands in its source. Code goes and comes, but its places stay: one for each span
// and function, so a loop that evaluates the same text again needs no more of them.
#pragma once

#include <list>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "frontend/source.h"
#include "runtime/valk.h"

namespace valkc {

class SiteTable {
 public:
  /// The site of a span in a function; null if the span is unknown.
  const ValkSite* find(const SourceMap& sources, Span span, const std::string& function);
  /// The same, for an await in tail position.
  ValkAwaitPlace* await_place(const SourceMap& sources, Span span, const std::string& function,
                              ValkSuspend builtin);
  /// The span of a site that `find` gave; otherwise `unknown`.
  Span span_of(const ValkSite* site, Span unknown) const;

 private:
  const char* keep(std::string text) { return strings_.insert(std::move(text)).first->c_str(); }

  using Key = std::tuple<uint32_t, uint32_t, uint32_t, const char*>;
  std::map<Key, const ValkSite*> known_;
  std::unordered_map<const ValkSite*, Span> spans_;
  std::list<ValkSite> sites_;
  std::map<std::pair<const ValkSite*, ValkSuspend>, ValkAwaitPlace>
      await_places_;               ///< nodes, which do not move
  std::set<std::string> strings_;  ///< nodes, whose text does not move
};

}  // namespace valkc
