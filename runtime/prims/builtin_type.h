// The type of a builtin's C++ function, from the effects and the arity of its row: what expands the tables
// into prototypes includes this.
#pragma once

#include "runtime/prims/prims.h"
#include "runtime/valk.h"

namespace valk_builtin_effects {
/// As words of a row's column; only what suspends has another type.
enum {
  PURE = 0,
  ALLOC = 0,
  RAISE = 0,
  READ = 0,
  WRITE = 0,
  CALLS = 0,
  AWAITS = 0,
  OPENS = 0,
  INTERNAL = 0,
  SUSPEND = 1
};
}  // namespace valk_builtin_effects

template <bool suspends, int min, int max>
struct ValkBuiltinType {
  using type = typename ValkPrimitiveType<min, max>::type;
};
template <int min, int max>
struct ValkBuiltinType<true, min, max> {
  using type = void(Vm*, Value k, Value self, Value a0, Value a1, Value a2);
};
