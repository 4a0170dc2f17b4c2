// How often everything is used. Only code that can run counts: the body of a continuation or of a
// local function is looked at when the first use of it is found, so that cycles nobody enters have
// no uses. Functions known to the whole program are roots, because others may be asked to keep them
// (eliminate_dead drops those).
#pragma once

#include "cps/id_map.h"
#include "cps/ir.h"

namespace valkc {

/// The uses of a variable, a continuation or a function.
struct UseCount {
  /// Of a variable: all. Of a continuation: jumps. Of a function: calls that give it as many
  /// arguments as it takes.
  uint32_t direct = 0;
  /// Of a continuation: where it receives the value of a call, reset, shift or try. Of a function:
  /// as a value, or in a call with another number of arguments.
  uint32_t other = 0;
  /// Preorder number of what binds it: of two bindings visible at one place, the outer one is less.
  /// 0: visible everywhere.
  uint32_t bound_at = 0;
  /// Of a continuation or local function: its body is part of the count.
  bool is_reached = false;

  uint32_t total() const { return direct + other; }
};

using Uses = IdMap<UseCount>;

/// Whether a call with that many arguments enters the body of `fun`.
inline bool accepts(const Fun& fun, size_t args) {
  return fun.rest ? args >= fun.params.size() : args == fun.params.size();
}

/// Counts the whole program. Linear; does not recurse.
Uses compute_uses(const Program& program);

}  // namespace valkc
