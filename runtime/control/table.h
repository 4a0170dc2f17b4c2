// The prototypes of the builtins in control.def, derived from the table, so that a function whose
// signature disagrees with its row does not compile.
#pragma once

#include "runtime/prims/prims.h"
#include "runtime/valk.h"

namespace valk_control_table {
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
template <bool suspends, int min, int max>
struct Type {
  using type = typename ValkPrimitiveType<min, max>::type;
};
template <int min, int max>
struct Type<true, min, max> {
  using type = void(Vm*, Value k, Value self, Value a0, Value a1, Value a2);
};
#define OP(id, name, symbol, min, max, cancel, params, doc)
#define PRIM(id, name, symbol, min, max, effects, params, doc) \
  using id = Type<((effects)&SUSPEND) != 0, min, max>::type;
#include "runtime/control/control.def"
#undef PRIM
#undef OP
}  // namespace valk_control_table

#define PRIM(id, name, symbol, min, max, effects, params, doc) valk_control_table::id symbol;
#define OP(id, name, symbol, min, max, cancel, params, doc) \
  void symbol(Vm* vm, Value* sp, Fix n, ValkOpId op);       \
  void cancel(Vm* vm, ValkOpId op);
#include "runtime/control/control.def"
#undef PRIM
#undef OP
