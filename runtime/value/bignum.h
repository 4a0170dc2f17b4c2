// Integers beyond 63 bits: {header, limb count << 2 | negative << 1, limbs…}, least limb first.
//
// The only file that knows GMP is bignum.cpp. Each operation takes any two integers, fixnums included,
// and gives a fixnum if the result fits. A result that could not be held raises :memory before GMP is
// asked for it.
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

double valk_big_to_double(Value big);
/// Negative, zero or positive.
int valk_big_compare(Value a, Value b);
/// d is no nan.
int valk_big_compare_double(Value a, double d);
inline bool valk_big_is_negative(Value big) { return (valk_object(big)[1] & 2) != 0; }
void valk_big_print(ValkText* text, Value big);
