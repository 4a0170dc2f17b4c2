// The prototypes of every builtin's C++ function, derived from the table, so that a function whose
// signature disagrees with its row does not link, and builtins can call each other.
#pragma once

#include "runtime/valk.h"

template <int min, int max>
struct ValkPrimitiveType {
  using type = Value(Vm*, Value* sp, Fix n);
};
template <>
struct ValkPrimitiveType<0, 0> {
  using type = Value(Vm*, Value* sp);
};
template <>
struct ValkPrimitiveType<1, 1> {
  using type = Value(Vm*, Value* sp, Value);
};
template <>
struct ValkPrimitiveType<2, 2> {
  using type = Value(Vm*, Value* sp, Value, Value);
};
template <>
struct ValkPrimitiveType<3, 3> {
  using type = Value(Vm*, Value* sp, Value, Value, Value);
};
template <>
struct ValkPrimitiveType<4, 4> {
  using type = Value(Vm*, Value* sp, Value, Value, Value, Value);
};

#define PRIM(id, name, symbol, min, max, effects, params, doc) \
  ValkPrimitiveType<min, max>::type symbol;
#define FOLD(id, binary, how)
#define ALONE(id, unary)
#include "runtime/prims/data.def"
#include "runtime/prims/errors.def"
#include "runtime/prims/lists.def"
#include "runtime/prims/mutable.def"
#include "runtime/prims/numbers.def"
#include "runtime/prims/output.def"
#include "runtime/prims/strings.def"
#undef PRIM
#undef FOLD
#undef ALONE
