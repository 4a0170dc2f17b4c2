// The layout of objects as the collector walks them: how large each kind is and which words are values.
#pragma once

#include <stddef.h>

#include "runtime/valk.h"

/// In the head of a pair that has moved; its tail is the new address.
enum : Value { VALK_FORWARDED = 0x47 };

inline size_t valk_words_of_bytes(size_t bytes) { return (bytes + 7) / 8; }

/// Words of an object whose header does not say it: strings and the like. Header included.
inline size_t valk_unsized_words(const Value* p) {
  switch (valk_header_kind(p[0])) {
    case VALK_KIND_STRING:
      return 2 + valk_words_of_bytes(p[1] + 1);
    case VALK_KIND_SYMBOL:
    case VALK_KIND_KEYWORD:
      return 3 + valk_words_of_bytes(p[1] + 1);
    case VALK_KIND_BYTES:
      return 2 + valk_words_of_bytes(p[1]);
    case VALK_KIND_BIGNUM:
      return 2 + (p[1] >> 2);
    default:
      return 2 + p[1];
  }
}

/// Words of the object at p, header included.
inline size_t valk_object_words(const Value* p) {
  size_t words = static_cast<size_t>(valk_header_words(p[0]));
  return VALK_LIKELY(words != 0) ? words : valk_unsized_words(p);
}

/// True if no word of such an object is a value.
inline bool valk_is_raw_kind(int kind) {
  static_assert(VALK_KIND_FLOAT == 1 && VALK_KIND_KEYWORD == 5, "the raw kinds stand together");
  return kind <= VALK_KIND_KEYWORD || kind == VALK_KIND_BYTES;
}

/// Words [first, end) of an object that are values; first == end if none is.
struct ValkValueRange {
  size_t first;
  size_t end;
};
inline ValkValueRange valk_object_values(const Value* p) {
  if (valk_is_raw_kind(valk_header_kind(p[0]))) return {0, 0};
  size_t words = static_cast<size_t>(valk_header_words(p[0]));
  if (VALK_LIKELY(words != 0)) return {1, words};
  return {2, valk_unsized_words(p)};
}
