// The layout of objects as the collector walks them: how large each kind is and which words are values.
#pragma once

#include <stddef.h>

#include "runtime/valk.h"

/// In the head of a pair that has moved; its tail is the new address.
enum : Value { VALK_FORWARDED = 0x47 };
/// Header bit of an old object that stands in the remembered set. No frame's descriptor uses the bit,
/// since addresses of user space end at bit 47.
enum : Value { VALK_REMEMBERED = Value{1} << 63 };

inline size_t valk_words_of_bytes(size_t bytes) { return (bytes + 7) / 8; }

/// Words of the object at p, header included.
inline size_t valk_object_words(const Value* p) {
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
    case VALK_KIND_STORE:
      return 2 + p[1];
    default: {
      size_t words = static_cast<size_t>(valk_header_words(p[0]));
      return words != 0 ? words : 2 + p[1];
    }
  }
}

/// Words [first, end) of an object that are values; first == end if none is.
struct ValkValueRange {
  size_t first;
  size_t end;
};
inline ValkValueRange valk_object_values(const Value* p) {
  switch (valk_header_kind(p[0])) {
    case VALK_KIND_FLOAT:
    case VALK_KIND_BIGNUM:
    case VALK_KIND_STRING:
    case VALK_KIND_SYMBOL:
    case VALK_KIND_KEYWORD:
    case VALK_KIND_BYTES:
      return {0, 0};
    default:
      return {valk_header_words(p[0]) != 0 ? size_t{1} : size_t{2}, valk_object_words(p)};
  }
}
