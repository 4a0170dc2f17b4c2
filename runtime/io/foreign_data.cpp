// See foreign_data.h.
#include "runtime/io/foreign_data.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/value/value.h"

// ---- copies ----------------------------------------------------------------------------------------

void valk_data_free(ValkData d) {
  free(const_cast<char*>(d.bytes));
  free(const_cast<char*>(d.error_kind));
  for (size_t i = 0; d.items && i < d.length; i++) valk_data_free(d.items[i]);
  free(const_cast<ValkData*>(d.items));
}

static void* allocate(size_t bytes) {
  void* p = calloc(1, bytes);
  if (!p) abort();
  return p;
}

static char* copy_bytes(const char* bytes, size_t length) {
  char* copy = static_cast<char*>(allocate(length + 1));
  memcpy(copy, bytes, length);
  return copy;
}

static ValkData copy(ValkData d, int depth) {
  ValkData out = d;
  if (depth > VALK_DEEPEST_DATA) return valk_data_nil();
  if (d.bytes) out.bytes = copy_bytes(d.bytes, d.length);
  if (d.error_kind) out.error_kind = copy_bytes(d.error_kind, strlen(d.error_kind));
  if (!d.items) return out;
  ValkData* items = static_cast<ValkData*>(allocate((d.length + 1) * sizeof(ValkData)));
  for (size_t i = 0; i < d.length; i++) items[i] = copy(d.items[i], depth + 1);
  out.items = items;
  return out;
}

ValkData valk_data_copy(ValkData d) { return copy(d, 0); }

// ---- data to values --------------------------------------------------------------------------------

using FunctionOf = Value (*)(Vm* vm, uint64_t name);

static Value value_of(Vm* vm, Value* sp, const ValkData& d, FunctionOf function, int depth);

static Value list_of(Vm* vm, Value* sp, const ValkData& d, FunctionOf function, int depth) {
  if (depth >= VALK_DEEPEST_DATA)
    return valk_fail(vm, sp, ":limit", "lists from C++ may be nested %d deep",
                     int{VALK_DEEPEST_DATA});
  sp[0] = VALK_NIL;
  for (size_t i = d.length; i-- > 0;) {
    Value item = value_of(vm, sp + 1, d.items[i], function, depth + 1);
    if (item == VALK_ERR) return VALK_ERR;
    Value pair = valk_make_pair(vm, sp + 1, item, sp[0]);
    if (pair == VALK_ERR) return VALK_ERR;
    sp[0] = pair;
  }
  return sp[0];
}

static Value value_of(Vm* vm, Value* sp, const ValkData& d, FunctionOf function, int depth) {
  switch (d.kind) {
    case VALK_DATA_INTEGER:
      return valk_make_integer(vm, sp, d.integer);
    case VALK_DATA_REAL:
      return valk_make_float(vm, sp, d.real);
    case VALK_DATA_STRING:
      return valk_make_string(vm, sp, d.bytes, d.length);
    case VALK_DATA_SYMBOL:
      if (d.length && d.bytes[0] == ':') return valk_make_keyword(vm, sp, d.bytes, d.length);
      return valk_make_symbol(vm, sp, d.bytes, d.length);
    case VALK_DATA_LIST:
      return list_of(vm, sp, d, function, depth);
    case VALK_DATA_ERROR:
      return valk_make_error(vm, sp, d.error_kind, d.bytes, VALK_NIL);
    case VALK_DATA_FUNCTION:
      return function ? function(vm, static_cast<uint64_t>(d.integer)) : VALK_NIL;
    case VALK_DATA_NIL:
    case VALK_DATA_OTHER:
      break;
  }
  return VALK_NIL;
}

Value valk_data_value(Vm* vm, Value* sp, const ValkData& d, FunctionOf function) {
  return value_of(vm, sp, d, function, 0);
}

// ---- values to data --------------------------------------------------------------------------------

/// Memory of an arena; what it holds follows.
struct Block {
  Block* next;
};

static void* take_block(ValkDataArena* arena, size_t bytes) {
  Block* block = static_cast<Block*>(allocate(sizeof(Block) + bytes));
  block->next = arena->blocks;
  arena->blocks = block;
  return block + 1;
}

void valk_data_release(ValkDataArena* arena) {
  while (Block* block = arena->blocks) {
    arena->blocks = block->next;
    free(block);
  }
}

static ValkData take(Vm* vm, ValkDataArena* arena, Value v, int depth);

static ValkData take_list(Vm* vm, ValkDataArena* arena, Value v, int depth) {
  size_t length = 0;
  for (Value p = v; valk_is_pair(p); p = valk_tail(p)) length++;
  ValkData* items = static_cast<ValkData*>(take_block(arena, length * sizeof(ValkData)));
  size_t i = 0;
  for (Value p = v; valk_is_pair(p); p = valk_tail(p))
    items[i++] = take(vm, arena, valk_head(p), depth + 1);
  return valk_data_list(items, length);
}

static ValkData take_bytes(ValkDataArena* arena, const char* bytes, size_t length) {
  if (!arena->copies) return valk_data_bytes(bytes, length);
  char* copy = static_cast<char*>(take_block(arena, length + 1));
  memcpy(copy, bytes, length);
  return valk_data_bytes(copy, length);
}

static ValkData take_other(Vm* vm, ValkDataArena* arena, Value v) {
  ValkData d = valk_data_nil();
  d.kind = VALK_DATA_OTHER;
  if (!arena->keep_function || !valk_is_callable(v)) return d;
  d.kind = VALK_DATA_FUNCTION;
  d.integer = static_cast<int64_t>(arena->keep_function(vm, arena->owner, v));
  return d;
}

static ValkData take(Vm* vm, ValkDataArena* arena, Value v, int depth) {
  v = valk_unblock(v);
  if (valk_is_fix(v)) return valk_data_integer(VALK_INT(v));
  if (v == VALK_NIL) return valk_data_nil();
  if (valk_is_pair(v)) {
    if (depth < VALK_DEEPEST_DATA) return take_list(vm, arena, v, depth);
    arena->is_too_deep = true;
    return valk_data_nil();
  }
  if (valk_is_kind(v, VALK_KIND_FLOAT)) return valk_data_real(valk_float_value(v));
  if (valk_is_kind(v, VALK_KIND_STRING))
    return take_bytes(arena, valk_string_bytes(v), valk_string_length(v));
  if (valk_is_kind(v, VALK_KIND_SYMBOL) || valk_is_kind(v, VALK_KIND_KEYWORD)) {
    ValkData d = take_bytes(arena, valk_symbol_bytes(v), valk_symbol_length(v));
    d.kind = VALK_DATA_SYMBOL;
    return d;
  }
  return take_other(vm, arena, v);
}

ValkData valk_data_take(Vm* vm, ValkDataArena* arena, Value v) { return take(vm, arena, v, 0); }
