// Constructors of strings, symbols, pairs, stores and raw bytes.
#include <string.h>
#include <algorithm>

#include "runtime/gc/heap.h"
#include "runtime/gc/object.h"
#include "runtime/value/constants.h"
#include "runtime/value/error.h"
#include "runtime/value/store.h"

Value valk_make_string_space(Vm* vm, Value* sp, size_t length) {
  if (length > size_t{1} << 48) return valk_fail_memory(vm);
  size_t words = 2 + valk_words_of_bytes(length + 1);
  Value* p = length >= VALK_PINNED_BYTES ? valk_alloc_large(vm, sp, words)
                                         : valk_alloc(vm, sp, static_cast<Fix>(words));
  if (!p) return VALK_ERR;
  p[words - 1] = 0;  // the NUL at the end, whatever the length
  p[0] = VALK_HEADER(VALK_KIND_STRING, 0);
  p[1] = length;
  return valk_tag_object(p);
}

Value valk_make_string(Vm* vm, Value* sp, const char* bytes, size_t length) {
  Value s = valk_make_string_space(vm, sp, length);
  if (s != VALK_ERR && length != 0) memcpy(valk_string_bytes(s), bytes, length);
  return s;
}

static Value make_name(Vm* vm, Value* sp, int kind, const char* name, size_t length) {
  size_t words = 3 + valk_words_of_bytes(length + 1);
  Value* p = valk_alloc_sized(vm, sp, words);
  if (!p) return VALK_ERR;
  p[words - 1] = 0;
  p[0] = VALK_HEADER(kind, 0);
  p[1] = length;
  p[2] = valk_name_hash(name, length);
  memcpy(p + 3, name, length);
  return valk_tag_object(p);
}

Value valk_make_symbol(Vm* vm, Value* sp, const char* name, size_t length) {
  return make_name(vm, sp, VALK_KIND_SYMBOL, name, length);
}

Value valk_make_keyword(Vm* vm, Value* sp, const char* name, size_t length) {
  return make_name(vm, sp, VALK_KIND_KEYWORD, name, length);
}

bool valk_is_keyword(Value v, const char* name) {
  return valk_is_kind(v, VALK_KIND_KEYWORD) && strcmp(valk_symbol_bytes(v), name) == 0;
}

Value valk_make_float(Vm* vm, Value* sp, double d) {
  Value* p = valk_alloc(vm, sp, 2);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_FLOAT, 2);
  memcpy(p + 1, &d, sizeof d);
  return valk_tag_object(p);
}

VALK_COLD Value valk_make_pair_slow(Vm* vm, Value* sp, Value head, Value tail) {
  sp[0] = head;
  sp[1] = tail;
  Value* p = valk_collect(vm, sp + 2, 2);
  if (!p) return VALK_ERR;
  vm->hp = p + 2;
  p[0] = sp[0];
  p[1] = sp[1];
  return valk_tag_pair(p);
}

Value valk_make_filled_store(Vm* vm, Value* sp, size_t length, Value value) {
  if (length > size_t{1} << 44) return valk_fail_memory(vm);
  sp[0] = value;
  Value* p = valk_alloc_sized(vm, sp + 1, 2 + length);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_STORE, 0);
  p[1] = length;
  std::fill_n(p + 2, length, sp[0]);
  Value store = valk_tag_object(p);
  if (valk_needs_barrier(vm, store, sp[0])) valk_remember(vm, store);
  return store;
}

Value valk_make_store(Vm* vm, Value* sp, size_t length) {
  Value store = valk_make_filled_store(vm, sp, length, VALK_UNSET);
  if (store == VALK_ERR) return VALK_ERR;
  if (store - vm->nursery_base >= vm->nursery_bytes) valk_remember(vm, store);
  return store;
}

Value valk_make_bytes(Vm* vm, Value* sp, size_t length) {
  if (length > size_t{1} << 48) return valk_fail_memory(vm);
  Value* p = valk_alloc_sized(vm, sp, 2 + valk_words_of_bytes(length));
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_BYTES, 0);
  p[1] = length;
  return valk_tag_object(p);
}

Value valk_plist_get(Value list, const char* key, Value otherwise) {
  list = valk_unblock(list);
  for (; valk_is_pair(list); list = valk_tail(valk_tail(list))) {
    if (!valk_is_pair(valk_tail(list))) break;
    if (valk_is_keyword(valk_head(list), key)) return valk_head(valk_tail(list));
  }
  return otherwise;
}
