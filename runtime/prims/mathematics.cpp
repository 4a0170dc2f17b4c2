// Rounding, powers, transcendental functions, conversions, random numbers.
#include <math.h>

#include "runtime/control/simulation.h"
#include "runtime/prims/prims.h"
#include "runtime/value/bignum.h"
#include "runtime/value/error.h"
#include "runtime/value/number.h"

/// A float function of any number.
template <double (*function)(double)>
static Value apply(Vm* vm, Value* sp, const char* name, Value x) {
  if (!valk_is_number_value(x)) return valk_fail_type(vm, sp, name, 1, "a number", x);
  return valk_make_float(vm, sp, function(valk_to_double(x)));
}

/// The integer that `function` makes of any number.
template <double (*function)(double)>
static Value round_with(Vm* vm, Value* sp, const char* name, Value x) {
  if (valk_is_integer_value(x)) return x;
  if (!valk_is_float_value(x)) return valk_fail_type(vm, sp, name, 1, "a number", x);
  double d = function(valk_float_value(x));
  if (!isfinite(d)) return valk_fail_range(vm, sp, name, 1, "a finite number", x);
  if (fabs(d) < 0x1p62) return VALK_FIX(static_cast<Fix>(d));
  return valk_big_from_double(vm, sp, d);
}

Value valk_floor(Vm* vm, Value* sp, Value x) { return round_with<floor>(vm, sp, "floor", x); }
Value valk_ceil(Vm* vm, Value* sp, Value x) { return round_with<ceil>(vm, sp, "ceil", x); }
Value valk_round(Vm* vm, Value* sp, Value x) { return round_with<round>(vm, sp, "round", x); }
Value valk_sqrt(Vm* vm, Value* sp, Value x) { return apply<sqrt>(vm, sp, "sqrt", x); }
Value valk_exp(Vm* vm, Value* sp, Value x) { return apply<exp>(vm, sp, "exp", x); }
Value valk_log(Vm* vm, Value* sp, Value x) { return apply<log>(vm, sp, "log", x); }
Value valk_sin(Vm* vm, Value* sp, Value x) { return apply<sin>(vm, sp, "sin", x); }
Value valk_cos(Vm* vm, Value* sp, Value x) { return apply<cos>(vm, sp, "cos", x); }

Value valk_pow(Vm* vm, Value* sp, Value base, Value exponent) {
  if (!valk_is_number_value(base)) return valk_fail_type(vm, sp, "pow", 1, "a number", base);
  if (!valk_is_number_value(exponent))
    return valk_fail_type(vm, sp, "pow", 2, "a number", exponent);
  const bool is_exact = valk_is_integer_value(base) && valk_is_integer_value(exponent);
  if (is_exact && valk_compare_numbers(exponent, VALK_FIX(0)) != VALK_LESS)
    return valk_big_power(vm, sp, base, exponent);
  return valk_make_float(vm, sp, pow(valk_to_double(base), valk_to_double(exponent)));
}

Value valk_int(Vm* vm, Value* sp, Value x) { return round_with<trunc>(vm, sp, "int", x); }

Value valk_float(Vm* vm, Value* sp, Value x) {
  if (valk_is_float_value(x)) return x;
  if (!valk_is_integer_value(x)) return valk_fail_type(vm, sp, "float", 1, "a number", x);
  return valk_make_float(vm, sp, valk_to_double(x));
}

/// Forgets the seed: in the copy of a process (io/workers.cpp).
void valk_random_reseed();

// ---- random -------------------------------------------------------------------------------------

/// Of splitmix64; 0: not seeded yet.
static uint64_t random_state;

void valk_random_reseed() { random_state = 0; }

/// splitmix64, seeded once.
static uint64_t next_random() {
  if (random_state == 0) random_state = valk_fresh_seed();
  uint64_t z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// Even over [0, n): draws that would favour low numbers are thrown away.
static uint64_t random_below(uint64_t n) {
  uint64_t excess = (~uint64_t{0} % n + 1) % n;
  uint64_t r;
  do {
    r = next_random();
  } while (r > ~uint64_t{0} - excess);
  return r % n;
}

Value valk_random(Vm* vm, Value* sp, Fix n) {
  if (n == 0) return valk_make_float(vm, sp, static_cast<double>(next_random() >> 11) * 0x1p-53);
  if (!valk_is_fix(sp[0])) return valk_fail_fix(vm, sp + 1, "random", 1, sp[0]);
  if (VALK_INT(sp[0]) <= 0)
    return valk_fail_range(vm, sp + 1, "random", 1, "an integer above 0", sp[0]);
  return VALK_FIX(random_below(static_cast<uint64_t>(VALK_INT(sp[0]))));
}
