// What kinds of value a variable can hold, as a set: what infer_types finds and generated code relies on.
#pragma once

#include <vector>

#include "cps/ir.h"

namespace valkc {

/// A set of kinds. The empty set is what code that never runs computes.
using Types = uint8_t;

inline constexpr Types TYPES_NONE = 0;
inline constexpr Types TYPES_FIXNUM = 1;
inline constexpr Types TYPES_BIGNUM = 2;
inline constexpr Types TYPES_FLOAT = 4;
inline constexpr Types TYPES_NIL = 8;
inline constexpr Types TYPES_PAIR = 16;
inline constexpr Types TYPES_OTHER =
    32;  ///< blocks, which are lists too, and the unset mark included
inline constexpr Types TYPES_VECTOR = 64;
inline constexpr Types TYPES_INTEGER = TYPES_FIXNUM | TYPES_BIGNUM;
inline constexpr Types TYPES_NUMBER = TYPES_INTEGER | TYPES_FLOAT;
inline constexpr Types TYPES_LIST = TYPES_NIL | TYPES_PAIR;
inline constexpr Types TYPES_ALL = TYPES_NUMBER | TYPES_LIST | TYPES_OTHER | TYPES_VECTOR;

/// The kind of a constant.
Types types_of(const Datum& datum);

/// What an operator gives if its arguments are of these kinds and it does not raise.
Types result_types(const Op& op, const std::vector<Types>& args);

/// Whether it is + - * / or %, of two numbers, or the negation of one: what computes with floats if one side is one.
bool is_float_arithmetic(const Primitive& primitive);

}  // namespace valkc
