// `==`: structural on numbers, strings, symbols, lists and vectors, identity on the rest. Iterative.
#include <string.h>

#include "runtime/value/number.h"
#include "runtime/value/stack.h"
#include "runtime/value/value.h"
#include "runtime/value/vector.h"

namespace {
struct Pending {
  Value a;
  Value b;
};
using Work = ValkStack<Pending>;
}  // namespace

static bool equal_bytes(Value a, Value b) {
  size_t length = valk_string_length(a);
  return length == valk_string_length(b) &&
         memcmp(valk_string_bytes(a), valk_string_bytes(b), length) == 0;
}

static bool equal_names(Value a, Value b) {
  const Value *x = valk_object(a), *y = valk_object(b);
  return x[2] == y[2] && x[1] == y[1] && memcmp(x + 3, y + 3, x[1]) == 0;
}

/// Of two vectors of one length, the first of which holds floats. The other may hold integers too.
static bool equal_floats(Value floats, Value other) {
  for (Fix i = valk_vector_length(floats); i-- > 0;) {
    const double d = valk_vector_float(floats, i);
    if (valk_holds_floats(other)) {
      if (d != valk_vector_float(other, i)) return false;
      continue;
    }
    const Value v = valk_vector_value(other, i);
    if (!valk_is_number_value(v) ||
        valk_compare_numbers(ValkStackFloat(d).value(), v) != VALK_EQUAL)
      return false;
  }
  return true;
}

static bool push_elements(Work* work, Value a, Value b) {
  Fix length = valk_vector_length(a);
  if (length != valk_vector_length(b)) return false;
  if (valk_holds_floats(a)) return equal_floats(a, b);
  if (valk_holds_floats(b)) return equal_floats(b, a);
  for (Fix i = length; i-- > 0;) {
    if (!work->push({valk_vector_value(a, i), valk_vector_value(b, i)})) return false;
  }
  return true;
}

static bool equal_objects(Work* work, Value a, Value b) {
  if (!valk_is_object(a) || !valk_is_object(b)) return false;
  int kind = valk_header_kind(*valk_object(a));
  if (kind != valk_header_kind(*valk_object(b))) return false;
  switch (kind) {
    case VALK_KIND_STRING:
      return equal_bytes(a, b);
    case VALK_KIND_SYMBOL:
    case VALK_KIND_KEYWORD:
      return equal_names(a, b);
    case VALK_KIND_VECTOR:
      return push_elements(work, a, b);
    default:
      return false;
  }
}

/// Compares what is no pair; may queue elements.
static bool equal_leaves(Work* work, Value a, Value b) {
  if (valk_is_number_value(a) && valk_is_number_value(b))
    return valk_compare_numbers(a, b) == VALK_EQUAL;
  return a == b || equal_objects(work, a, b);
}

bool valk_equal(Value a, Value b) {
  if (valk_both_fix(a, b)) return a == b;
  if (valk_is_kind(a, VALK_KIND_STRING) && valk_is_kind(b, VALK_KIND_STRING))
    return equal_bytes(a, b);  // most comparisons that are not of numbers
  Work work;
  work.push({a, b});
  while (!work.is_empty()) {
    Pending next = work.pop();
    a = valk_unblock(next.a);
    b = valk_unblock(next.b);
    while (valk_is_pair(a) && valk_is_pair(b) && a != b) {
      Value x = valk_head(a), y = valk_head(b);
      if (x != y || valk_is_float_value(x)) {
        if (valk_is_pointer(x) && valk_is_pointer(y)) {
          if (!work.push({x, y})) return false;
        } else if (!equal_leaves(&work, x, y)) {
          return false;
        }
      }
      a = valk_tail(a);
      b = valk_tail(b);
    }
    if (!equal_leaves(&work, a, b)) return false;
  }
  return true;
}
