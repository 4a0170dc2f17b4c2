// The prototypes of the builtins in control.def, derived from the table, so that a function whose
// signature disagrees with its row does not compile.
#pragma once

#include "runtime/prims/builtin_type.h"

namespace valk_control_table {
using namespace valk_builtin_effects;
#define OP(id, name, symbol, min, max, cancel, params, doc)
#define PRIM(id, name, symbol, min, max, effects, params, doc) \
  using id = ValkBuiltinType<((effects)&SUSPEND) != 0, min, max>::type;
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
