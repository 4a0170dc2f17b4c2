// Which local functions will be closures: those that have a free variable, or mention another such function
// from outside of it. (Closure conversion finds the captures themselves.)
#pragma once

#include <unordered_set>

#include "cps/ir.h"

namespace valkc {

class LocalClosures {
 public:
  explicit LocalClosures(const Program& program);
  /// Is it a closure, which exists once for each time that its definition runs?
  bool is_dynamic(const Fun* f) const { return dynamic_.count(f) != 0; }

 private:
  std::unordered_set<const Fun*> dynamic_;
};

}  // namespace valkc
