// Numbers: fixnums, bignums and floats, and what arithmetic needs to know of them.
#pragma once

#include "runtime/value/value.h"

inline bool valk_is_float_value(Value v) { return valk_is_kind(v, VALK_KIND_FLOAT); }
inline bool valk_is_bignum(Value v) { return valk_is_kind(v, VALK_KIND_BIGNUM); }
inline bool valk_is_integer_value(Value v) { return valk_is_fix(v) || valk_is_bignum(v); }
inline bool valk_is_number_value(Value v) {
  return valk_is_integer_value(v) || valk_is_float_value(v);
}
/// The float nearest to a number.
double valk_to_double(Value number);

enum ValkOrder { VALK_LESS = -1, VALK_EQUAL = 0, VALK_GREATER = 1, VALK_UNORDERED = 2 };
/// Compares two numbers by their exact values; a nan is unordered.
ValkOrder valk_compare_numbers(Value a, Value b);

/// The number that the text spells in the syntax of the reader, nil if it spells none, or VALK_ERR.
Value valk_parse_number(Vm* vm, Value* sp, const char* text, size_t length);
