// Order of numbers by their exact values, and equality of anything.
#include "runtime/prims/prims.h"
#include "runtime/value/number.h"

static VALK_COLD Value fail_operands(Vm* vm, Value* sp, const char* name, Value a, Value b) {
  bool first = !valk_is_number_value(a);
  return valk_fail_type(vm, sp, name, first ? 1 : 2, "a number", first ? a : b);
}

namespace {
struct Less {
  static constexpr const char* name = "<";
  static bool holds(ValkOrder o) { return o == VALK_LESS; }
};
struct Greater {
  static constexpr const char* name = ">";
  static bool holds(ValkOrder o) { return o == VALK_GREATER; }
};
struct LessOrEqual {
  static constexpr const char* name = "<=";
  static bool holds(ValkOrder o) { return o == VALK_LESS || o == VALK_EQUAL; }
};
struct GreaterOrEqual {
  static constexpr const char* name = ">=";
  static bool holds(ValkOrder o) { return o == VALK_GREATER || o == VALK_EQUAL; }
};
}  // namespace

template <typename Relation>
static Value compare(Vm* vm, Value* sp, Value a, Value b) {
  if (!valk_is_number_value(a) || !valk_is_number_value(b))
    return fail_operands(vm, sp, Relation::name, a, b);
  return valk_bool(Relation::holds(valk_compare_numbers(a, b)));
}

template <typename Relation>
static Value compare_all(Vm* vm, Value* sp, Fix n) {
  for (Fix i = 0; i < n; ++i) {
    if (!valk_is_number_value(sp[i]))
      return valk_fail_type(vm, sp + n, Relation::name, static_cast<int>(i + 1), "a number", sp[i]);
  }
  for (Fix i = 1; i < n; ++i) {
    if (!Relation::holds(valk_compare_numbers(sp[i - 1], sp[i]))) return VALK_FIX(0);
  }
  return VALK_FIX(1);
}

Value valk_lt(Vm* vm, Value* sp, Value a, Value b) { return compare<Less>(vm, sp, a, b); }
Value valk_gt(Vm* vm, Value* sp, Value a, Value b) { return compare<Greater>(vm, sp, a, b); }
Value valk_le(Vm* vm, Value* sp, Value a, Value b) { return compare<LessOrEqual>(vm, sp, a, b); }
Value valk_ge(Vm* vm, Value* sp, Value a, Value b) { return compare<GreaterOrEqual>(vm, sp, a, b); }
Value valk_lt_all(Vm* vm, Value* sp, Fix n) { return compare_all<Less>(vm, sp, n); }
Value valk_gt_all(Vm* vm, Value* sp, Fix n) { return compare_all<Greater>(vm, sp, n); }
Value valk_le_all(Vm* vm, Value* sp, Fix n) { return compare_all<LessOrEqual>(vm, sp, n); }
Value valk_ge_all(Vm* vm, Value* sp, Fix n) { return compare_all<GreaterOrEqual>(vm, sp, n); }

static bool are_equal(Value* sp, Fix n) {
  for (Fix i = 1; i < n; ++i) {
    if (!valk_equal(sp[i - 1], sp[i])) return false;
  }
  return true;
}

Value valk_eq(Vm*, Value*, Value a, Value b) { return valk_bool(valk_equal(a, b)); }
Value valk_ne(Vm*, Value*, Value a, Value b) { return valk_bool(!valk_equal(a, b)); }
Value valk_eq_all(Vm*, Value* sp, Fix n) { return valk_bool(are_equal(sp, n)); }
Value valk_ne_all(Vm*, Value* sp, Fix n) { return valk_bool(!are_equal(sp, n)); }

static Value extreme(Vm* vm, Value* sp, Fix n, const char* name, ValkOrder wanted) {
  Value best = sp[0];
  for (Fix i = 0; i < n; ++i) {
    if (!valk_is_number_value(sp[i]))
      return valk_fail_type(vm, sp + n, name, static_cast<int>(i + 1), "a number", sp[i]);
    if (valk_compare_numbers(sp[i], best) == wanted) best = sp[i];
  }
  return best;
}

Value valk_min(Vm* vm, Value* sp, Fix n) { return extreme(vm, sp, n, "min", VALK_LESS); }
Value valk_max(Vm* vm, Value* sp, Fix n) { return extreme(vm, sp, n, "max", VALK_GREATER); }
