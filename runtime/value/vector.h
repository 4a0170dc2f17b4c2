// Vectors: {header, length (fixnum), store}; the store is longer than the vector once that has grown.
//
// The store holds values. While a vector has held nothing but floats its store is raw bytes, a double for each
// element, and its header has VALK_FLOATS and the length: no object for each float, nothing to scan, no write
// barrier. The first other value that is put in makes it an ordinary vector, for good. (Bolz, Diekmann and Tratt,
// Storage Strategies for Collections in Dynamically Typed Languages, OOPSLA 2013.) No program can tell which of
// the two it has.
#pragma once

#include "runtime/value/store.h"
#include "runtime/value/value.h"

enum { VALK_VECTOR_LENGTH = 1, VALK_VECTOR_STORE = 2, VALK_VECTOR_WORDS = 3 };

inline Fix valk_vector_length(Value vector) { return VALK_INT(valk_fast_vec_len(vector)); }
inline Value valk_vector_store(Value vector) { return valk_object(vector)[VALK_VECTOR_STORE]; }
/// Element i of a vector that holds values.
inline Value valk_vector_value(Value vector, Fix i) {
  return valk_store_values(valk_vector_store(vector))[i];
}
/// Element i of a vector for which valk_holds_floats is true.
inline double valk_vector_float(Value vector, Fix i) {
  return valk_get_element_float(vector, VALK_FIX(i));
}

/// A float on the C++ stack, for code that takes values and keeps none.
class ValkStackFloat {
 public:
  explicit ValkStackFloat(double d) { __builtin_memcpy(words_ + 1, &d, sizeof d); }
  ValkStackFloat(const ValkStackFloat&) = delete;
  ValkStackFloat& operator=(const ValkStackFloat&) = delete;
  Value value() { return valk_tag_object(words_); }

 private:
  Value words_[VALK_FLOAT_WORDS] = {VALK_HEADER(VALK_KIND_FLOAT, VALK_FLOAT_WORDS), 0};
};
