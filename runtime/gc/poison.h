// What stress mode does to memory that a collection has left: fill it with a pattern that is neither a
// pointer nor a header, and take it out of reach, so that a stale pointer is found at its first use.
#pragma once

#include <stddef.h>
#include <sys/mman.h>

#include "runtime/valk.h"

/// Low bits 111: no pointer; bit 0 set: no header.
enum : Value { VALK_POISON = 0xdbdbdbdbdbdbdbdf };

inline void valk_poison(Value* start, Value* end) {
  for (Value* p = start; p < end; ++p) *p = VALK_POISON;
}
/// start and bytes are multiples of the page size.
inline void valk_protect(void* start, size_t bytes) { mprotect(start, bytes, PROT_NONE); }
inline void valk_unprotect(void* start, size_t bytes) {
  mprotect(start, bytes, PROT_READ | PROT_WRITE);
}
