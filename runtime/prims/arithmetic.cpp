// Arithmetic: fixnum results where they fit, else bignums; a float on either side makes a float.
#include <math.h>

#include "runtime/prims/prims.h"
#include "runtime/value/bignum.h"
#include "runtime/value/error.h"
#include "runtime/value/number.h"

static VALK_COLD Value fail_operands(Vm* vm, Value* sp, const char* name, Value a, Value b) {
  bool first = !valk_is_number_value(a);
  return valk_fail_type(vm, sp, name, first ? 1 : 2, "a number", first ? a : b);
}

static VALK_COLD Value fail_integers(Vm* vm, Value* sp, const char* name, Value a, Value b) {
  bool first = !valk_is_integer_value(a);
  return valk_fail_type(vm, sp, name, first ? 1 : 2, "an integer", first ? a : b);
}

static VALK_COLD Value fail_division(Vm* vm, Value* sp, const char* name) {
  return valk_fail(vm, sp, ":div0", "%s: division by zero", name);
}

static bool has_float(Value a, Value b) { return valk_is_float_value(a) || valk_is_float_value(b); }
static bool are_numbers(Value a, Value b) {
  return valk_is_number_value(a) && valk_is_number_value(b);
}

Value valk_add(Vm* vm, Value* sp, Value a, Value b) {
  Value sum;
  if (valk_fast_add(a, b, sum)) return sum;
  if (!are_numbers(a, b)) return fail_operands(vm, sp, "+", a, b);
  if (has_float(a, b)) return valk_make_float(vm, sp, valk_to_double(a) + valk_to_double(b));
  return valk_big_add(vm, sp, a, b);
}

Value valk_sub(Vm* vm, Value* sp, Value a, Value b) {
  Value difference;
  if (valk_fast_sub(a, b, difference)) return difference;
  if (!are_numbers(a, b)) return fail_operands(vm, sp, "-", a, b);
  if (has_float(a, b)) return valk_make_float(vm, sp, valk_to_double(a) - valk_to_double(b));
  return valk_big_sub(vm, sp, a, b);
}

Value valk_mul(Vm* vm, Value* sp, Value a, Value b) {
  Value product;
  if (valk_fast_mul(a, b, product)) return product;
  if (!are_numbers(a, b)) return fail_operands(vm, sp, "*", a, b);
  if (has_float(a, b)) return valk_make_float(vm, sp, valk_to_double(a) * valk_to_double(b));
  return valk_big_mul(vm, sp, a, b);
}

/// Integers; truncates toward zero.
static Value divide(Vm* vm, Value* sp, const char* name, Value a, Value b) {
  if (b == VALK_FIX(0)) return fail_division(vm, sp, name);
  if (valk_both_fix(a, b)) return valk_make_integer(vm, sp, VALK_INT(a) / VALK_INT(b));
  return valk_big_quotient(vm, sp, a, b);
}

Value valk_div(Vm* vm, Value* sp, Value a, Value b) {
  if (!are_numbers(a, b)) return fail_operands(vm, sp, "/", a, b);
  if (has_float(a, b)) return valk_make_float(vm, sp, valk_to_double(a) / valk_to_double(b));
  return divide(vm, sp, "/", a, b);
}

Value valk_quotient(Vm* vm, Value* sp, Value a, Value b) {
  if (!valk_is_integer_value(a) || !valk_is_integer_value(b))
    return fail_integers(vm, sp, "quotient", a, b);
  return divide(vm, sp, "quotient", a, b);
}

Value valk_mod(Vm* vm, Value* sp, Value a, Value b) {
  if (!are_numbers(a, b)) return fail_operands(vm, sp, "%", a, b);
  if (has_float(a, b)) return valk_make_float(vm, sp, fmod(valk_to_double(a), valk_to_double(b)));
  if (b == VALK_FIX(0)) return fail_division(vm, sp, "%");
  if (valk_both_fix(a, b)) return VALK_FIX(VALK_INT(a) % VALK_INT(b));
  return valk_big_remainder(vm, sp, a, b);
}

// ---- variadic forms -----------------------------------------------------------------------------

using Binary = Value(Vm*, Value*, Value, Value);

/// The error of an argument of a variadic form, whose place the binary form would not know.
static Value check_numbers(Vm* vm, Value* sp, Fix n, const char* name) {
  for (Fix i = 0; i < n; ++i) {
    if (!valk_is_number_value(sp[i]))
      return valk_fail_type(vm, sp + n, name, static_cast<int>(i + 1), "a number", sp[i]);
  }
  return VALK_NIL;
}

static Value fold(Vm* vm, Value* sp, Fix n, const char* name, Value unit, Binary* binary) {
  if (check_numbers(vm, sp, n, name) == VALK_ERR) return VALK_ERR;
  if (n == 0) return unit;
  Value total = sp[0];
  for (Fix i = 1; i < n && total != VALK_ERR; ++i) total = binary(vm, sp + n, total, sp[i]);
  return total;
}

Value valk_add_all(Vm* vm, Value* sp, Fix n) { return fold(vm, sp, n, "+", VALK_FIX(0), valk_add); }
Value valk_mul_all(Vm* vm, Value* sp, Fix n) { return fold(vm, sp, n, "*", VALK_FIX(1), valk_mul); }

Value valk_neg(Vm* vm, Value* sp, Value x) {
  if (valk_is_float_value(x)) return valk_make_float(vm, sp, -valk_float_value(x));
  if (!valk_is_number_value(x)) return valk_fail_type(vm, sp, "-", 1, "a number", x);
  return valk_sub(vm, sp, VALK_FIX(0), x);
}

Value valk_sub_all(Vm* vm, Value* sp, Fix n) {
  if (n != 1) return fold(vm, sp, n, "-", VALK_NIL, valk_sub);
  return valk_neg(vm, sp + 1, sp[0]);
}

Value valk_div_all(Vm* vm, Value* sp, Fix n) {
  if (n != 1) return fold(vm, sp, n, "/", VALK_NIL, valk_div);
  if (check_numbers(vm, sp, n, "/") == VALK_ERR) return VALK_ERR;
  return valk_div(vm, sp + 1, VALK_FIX(1), sp[0]);
}

Value valk_abs(Vm* vm, Value* sp, Value x) {
  if (valk_is_float_value(x)) return valk_make_float(vm, sp, fabs(valk_float_value(x)));
  if (!valk_is_integer_value(x)) return valk_fail_type(vm, sp, "abs", 1, "a number", x);
  return valk_compare_numbers(x, VALK_FIX(0)) == VALK_LESS ? valk_neg(vm, sp, x) : x;
}

// ---- bits ---------------------------------------------------------------------------------------
// Integers in two's complement with endless sign bits.

Value valk_bit_and(Vm* vm, Value* sp, Value a, Value b) {
  if (valk_both_fix(a, b)) return a & b;
  if (!valk_is_integer_value(a) || !valk_is_integer_value(b))
    return fail_integers(vm, sp, "bit/and", a, b);
  return valk_big_and(vm, sp, a, b);
}

Value valk_bit_or(Vm* vm, Value* sp, Value a, Value b) {
  if (valk_both_fix(a, b)) return a | b;
  if (!valk_is_integer_value(a) || !valk_is_integer_value(b))
    return fail_integers(vm, sp, "bit/or", a, b);
  return valk_big_or(vm, sp, a, b);
}

Value valk_bit_xor(Vm* vm, Value* sp, Value a, Value b) {
  if (valk_both_fix(a, b)) return a ^ b;
  if (!valk_is_integer_value(a) || !valk_is_integer_value(b))
    return fail_integers(vm, sp, "bit/xor", a, b);
  return valk_big_xor(vm, sp, a, b);
}

/// Shifts left by sign * n places.
static Value shift(Vm* vm, Value* sp, const char* name, Value a, Value n, int sign) {
  if (!valk_is_integer_value(a) || !valk_is_integer_value(n))
    return fail_integers(vm, sp, name, a, n);
  if (valk_compare_numbers(n, VALK_FIX(0)) == VALK_LESS)
    return valk_fail_range(vm, sp, name, 2, "a number of places, 0 or more", n);
  // What lies beyond the largest fixnum shifts as far as that: out of memory, or to nothing.
  Fix places = valk_is_fix(n) ? VALK_INT(n) : VALK_FIX_MAX;
  if (sign < 0 && valk_is_fix(a)) return VALK_FIX(VALK_INT(a) >> (places > 63 ? 63 : places));
  return valk_big_shift(vm, sp, a, sign * places);
}

Value valk_bit_shl(Vm* vm, Value* sp, Value a, Value n) {
  if (valk_both_fix(a, n) && VALK_INT(n) >= 0 && VALK_INT(n) < 62) {
    Fix shifted = static_cast<Fix>(static_cast<Value>(VALK_INT(a)) << VALK_INT(n));
    if (shifted >> VALK_INT(n) == VALK_INT(a) && shifted >= VALK_FIX_MIN && shifted <= VALK_FIX_MAX)
      return VALK_FIX(shifted);
  }
  return shift(vm, sp, "bit/shl", a, n, 1);
}

Value valk_bit_shr(Vm* vm, Value* sp, Value a, Value n) {
  return shift(vm, sp, "bit/shr", a, n, -1);
}
