// Derived from runtime/prims.def: prototypes, operations, closures, in the order of the rows.
#include "runtime/eval/builtins.h"

#include <deque>
#include <string>
#include <vector>

#include "runtime/control/operation.h"
#include "runtime/prims/builtin_type.h"

namespace builtin_types {
using namespace valk_builtin_effects;
#define PRIM(id, name, symbol, min, max, effects, params, doc) \
  using type_##id = ValkBuiltinType<((effects)&SUSPEND) != 0, min, max>::type;
#include "runtime/prims.def"
}  // namespace builtin_types

#define PRIM(id, name, symbol, min, max, effects, params, doc) builtin_types::type_##id symbol;
#define OP(id, name, symbol, min, max, cancel, params, doc) \
  void symbol(Vm*, Value*, Fix, ValkOpId);                  \
  void cancel(Vm*, ValkOpId);
#include "runtime/prims.def"

namespace valkc {

namespace {

#define OP(id, name, symbol, min, max, cancel, params, doc) \
  const ValkOp op_##id = {name, params, min, max, symbol, cancel};
#include "runtime/prims.def"

const void* const functions[] = {
#define PRIM(id, name, symbol, min, max, effects, params, doc) \
  reinterpret_cast<const void*>(static_cast<builtin_types::type_##id*>(symbol)),
#define OP(id, name, symbol, min, max, cancel, params, doc) &op_##id,
#include "runtime/prims.def"
};

struct BuiltinValue {
  std::string name, signature;
  ValkPrimitiveFn fn{};
  ValkStaticClosure closure{};
};

void fill(const Primitive& p, BuiltinValue& b) {
  b.name = p.name;
  b.signature = "(" + b.name + (p.params.empty() ? "" : " ") + std::string(p.params) + ")";
  const void* f = builtin_function(p);
  if (p.has(EFFECT_OPERATION)) {
    b.fn = VALK_OPERATION_FN(b.name.c_str(), b.signature.c_str(), *static_cast<const ValkOp*>(f));
  } else if (p.has(EFFECT_SUSPENDS)) {
    b.fn =
        VALK_SUSPEND_PRIMITIVE_FN(b.name.c_str(), b.signature.c_str(), f, p.min_args, p.max_args);
  } else {
    b.fn = VALK_PRIMITIVE_FN(b.name.c_str(), b.signature.c_str(), f, p.min_args, p.max_args);
  }
  b.closure = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &b.fn};
}

}  // namespace

const void* builtin_function(const Primitive& p) { return functions[p.index]; }

Value builtin_value(const Primitive& p) {
  static std::vector<BuiltinValue*> made(primitives().size());
  static std::deque<BuiltinValue> values;
  BuiltinValue*& b = made[p.index];
  if (!b) fill(p, *(b = &values.emplace_back()));
  return VALK_STATIC(b->closure);
}

}  // namespace valkc
