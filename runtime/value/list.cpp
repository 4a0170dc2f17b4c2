// Building lists.
#include "runtime/value/list.h"

size_t valk_list_length(Value list) {
  size_t n = 0;
  for (; valk_is_pair(list); list = valk_tail(list)) ++n;
  return n;
}

Value valk_list_from(Vm* vm, Value* sp, const Value* values, size_t n, Value tail) {
  for (size_t i = n; i-- > 0 && tail != VALK_ERR;) tail = valk_make_pair(vm, sp, values[i], tail);
  return tail;
}

// Lists are copied in chunks, the last one first, so that each chunk knows its tail when it is made.
// The start of each chunk stands on the shadow stack.
enum : size_t { CHUNK = 1024 };

/// The first n (at most CHUNK) elements of *list before *tail, both in slots; one check for room.
static Value copy_chunk(Vm* vm, Value* sp, const Value* list, size_t n, const Value* tail) {
  Fix words = static_cast<Fix>(2 * n);
  if (!valk_has_room(vm, words) && !valk_collect(vm, sp, words)) return VALK_ERR;
  Value* p = valk_take(vm, words);
  Value first = valk_tag_pair(p);
  Value from = *list;
  for (size_t i = 0; i < n; ++i, p += 2, from = valk_tail(from)) {
    p[0] = valk_head(from);
    p[1] = i + 1 == n ? *tail : valk_tag_pair(p + 2);
  }
  return first;
}

Value valk_copy_prefix(Vm* vm, Value* sp, Value list, size_t n, Value tail) {
  if (n == 0) return tail;
  Value* result = sp++;
  *result = tail;
  Value* chunks = sp;
  for (size_t i = 0; i < n; ++i, list = valk_tail(list)) {
    if (i % CHUNK == 0) *sp++ = list;
  }
  size_t count = static_cast<size_t>(sp - chunks);
  for (size_t i = count; i-- > 0;) {
    size_t length = i + 1 == count ? n - i * CHUNK : CHUNK;
    *result = copy_chunk(vm, sp, &chunks[i], length, result);
    if (*result == VALK_ERR) return VALK_ERR;
  }
  return *result;
}

Value valk_reverse_list(Vm* vm, Value* sp, Value list, Value rest) {
  for (; valk_is_pair(list); list = valk_tail(list)) {
    if (VALK_UNLIKELY(!valk_has_room(vm, 2))) {
      sp[0] = list;
      sp[1] = rest;
      if (!valk_collect(vm, sp + 2, 2)) return VALK_ERR;
      list = sp[0];
      rest = sp[1];
    }
    rest = valk_take_pair(vm, valk_head(list), rest);
  }
  return rest;
}
