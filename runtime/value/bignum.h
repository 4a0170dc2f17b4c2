// Integers beyond 63 bits: {header, limb count << 2 | negative << 1, limbs…}, least limb first.
//
// The only file that knows GMP is bignum.cpp. Each operation takes any two integers, fixnums included,
// and gives a fixnum if the result fits. A result that could not be held raises :memory before GMP is
// asked for it.
//
// What prints, compares or converts any value is linked into every program, and must not bring GMP with it:
// it reaches what is done with a big integer that is there already through `valk_big`, which is set when
// the first one is made. So a program that can make none does not depend on GMP.
#pragma once

#include "runtime/value/text.h"
#include "runtime/value/value.h"

Value valk_big_add(Vm* vm, Value* sp, Value a, Value b);
Value valk_big_sub(Vm* vm, Value* sp, Value a, Value b);
Value valk_big_mul(Vm* vm, Value* sp, Value a, Value b);
/// Truncated quotient and remainder; b is not zero.
Value valk_big_quotient(Vm* vm, Value* sp, Value a, Value b);
Value valk_big_remainder(Vm* vm, Value* sp, Value a, Value b);
Value valk_big_power(Vm* vm, Value* sp, Value base, Value exponent);
Value valk_big_and(Vm* vm, Value* sp, Value a, Value b);
Value valk_big_or(Vm* vm, Value* sp, Value a, Value b);
Value valk_big_xor(Vm* vm, Value* sp, Value a, Value b);
/// a * 2^n, or a / 2^-n rounded down if n is negative.
Value valk_big_shift(Vm* vm, Value* sp, Value a, int64_t n);
/// The integer part of a finite float.
Value valk_big_from_double(Vm* vm, Value* sp, double d);
Value valk_big_from_int64(Vm* vm, Value* sp, int64_t i);
/// From digits, all of which are of the base.
Value valk_big_from_digits(Vm* vm, Value* sp, const char* digits, int base, bool negative);

/// What is done with big integers that are there already.
struct ValkBigOperations {
  double (*to_double)(Value big);
  int (*compare)(Value a, Value b);  ///< of two integers, fixnums included
  int (*compare_double)(Value a, double d);
  void (*print)(ValkText* text, Value big);
};
/// Null as long as no big integer was made.
extern const ValkBigOperations* valk_big;

inline double valk_big_to_double(Value big) { return valk_big->to_double(big); }
/// Negative, zero or positive; one of the two is big.
inline int valk_big_compare(Value a, Value b) { return valk_big->compare(a, b); }
/// d is no nan.
inline int valk_big_compare_double(Value big, double d) { return valk_big->compare_double(big, d); }
inline bool valk_big_is_negative(Value big) { return (valk_object(big)[1] & 2) != 0; }
inline void valk_big_print(ValkText* text, Value big) { valk_big->print(text, big); }
