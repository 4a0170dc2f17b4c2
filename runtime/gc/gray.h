// Marked objects whose values have not been scanned yet: a stack, and before it a short queue, so that an
// object's memory is on its way to the processor while others are scanned.
//
// A collection that did its marking in steps, between which the program runs, would keep these.
#pragma once

#include <stddef.h>

#include "runtime/valk.h"

enum : size_t { VALK_GRAY_QUEUE = 16 };

struct ValkGray {
  Value* stack;  ///< reserved for as many as there can be; committed as it grows
  size_t bytes;
  size_t count;
  size_t most;                   ///< since the last trim
  Value queue[VALK_GRAY_QUEUE];  ///< 0: nothing
  size_t place;
};

/// Reserves the stack for a heap of heap_bytes. False: no address space.
bool valk_gray_init(ValkGray* gray, size_t heap_bytes);
void valk_gray_destroy(ValkGray* gray);
/// Gives the memory of a stack that has been large back.
void valk_gray_trim(ValkGray* gray);

inline void valk_gray_push(ValkGray* gray, Value v) { gray->stack[gray->count++] = v; }

/// The oldest of the queue, in whose place `v` comes.
inline Value valk_gray_exchange(ValkGray* gray, Value v) {
  Value oldest = gray->queue[gray->place];
  gray->queue[gray->place] = v;
  gray->place = (gray->place + 1) % VALK_GRAY_QUEUE;
  return oldest;
}
/// The next object to scan; 0 if there is none.
inline Value valk_gray_next(ValkGray* gray) {
  if (gray->count > gray->most) gray->most = gray->count;
  while (gray->count > 0) {
    Value v = gray->stack[--gray->count];
    __builtin_prefetch(reinterpret_cast<const void*>(v - (v & VALK_TAG_MASK)));
    if (Value oldest = valk_gray_exchange(gray, v)) return oldest;
  }
  for (size_t i = 0; i < VALK_GRAY_QUEUE; ++i)
    if (Value oldest = valk_gray_exchange(gray, 0)) return oldest;
  return 0;
}
