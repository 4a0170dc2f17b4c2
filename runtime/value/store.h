// Stores: runs of mutable values that vectors and tables keep their elements in.
#pragma once

#include "runtime/gc/heap.h"
#include "runtime/value/value.h"

/// A store of `length` values, all VALK_UNSET. Until the next allocation values may be put into it
/// without a barrier. Null value VALK_ERR if memory is exhausted.
Value valk_make_store(Vm* vm, Value* sp, size_t length);
/// The same, of `length` times `value`; into this one values are put with the barrier.
Value valk_make_filled_store(Vm* vm, Value* sp, size_t length, Value value);
inline size_t valk_store_length(Value store) { return valk_object(store)[1]; }
inline Value* valk_store_values(Value store) { return valk_object(store) + 2; }
/// Puts a value into a store made earlier.
inline void valk_store_put(Vm* vm, Value store, size_t index, Value v) {
  Value* slot = valk_store_values(store) + index;
  Value was = *slot;
  *slot = v;
  bool is_young = valk_is_pointer(v) && v - vm->nursery_base < vm->nursery_bytes;
  if (!is_young || store - vm->nursery_base < vm->nursery_bytes) return;
  // A slot that held a young value is known already.
  bool was_young = valk_is_pointer(was) && was - vm->nursery_base < vm->nursery_bytes;
  if (!was_young) valk_remember_slot(vm, store, slot);
}
/// Raw bytes, unset. At most 32 KiB of them move.
Value valk_make_bytes(Vm* vm, Value* sp, size_t length);
inline size_t valk_bytes_length(Value bytes) { return valk_object(bytes)[1]; }
inline char* valk_bytes_data(Value bytes) {
  return reinterpret_cast<char*>(valk_object(bytes) + 2);
}
