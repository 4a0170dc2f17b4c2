// Queues of values inside heap objects: two words of the owner, `front` and `back`, hold a list in
// order and one in reverse. What waits is queued with the operation that it is for, and an operation
// that has been cancelled meanwhile is passed over.
#pragma once

#include "runtime/control/control.h"

/// Appends sp[1] to the queue at words front, front+1 of the object sp[0]. False: :memory. What comes first
/// goes to the front at once: most queues never hold more.
inline bool valk_queue_append(Vm* vm, Value* sp, int front) {
  Value back = valk_object(sp[0])[front + 1];
  Value pair = valk_make_pair(vm, sp + 2, sp[1], back);
  if (pair == VALK_ERR) return false;
  bool is_first = back == VALK_NIL && valk_object(sp[0])[front] == VALK_NIL;
  valk_store(vm, sp[0], is_first ? front : front + 1, pair);
  return true;
}

/// Takes the first value of the queue of the object sp[0]; VALK_UNSET if it is empty, VALK_ERR: :memory.
Value valk_queue_take(Vm* vm, Value* sp, int front);

/// The same for a queue of operations, or of pairs (operation, value): the first that is still live.
Value valk_queue_take_live(Vm* vm, Value* sp, int front);
/// The operation of an entry.
inline ValkOpId valk_entry_op(Value entry) {
  return static_cast<ValkOpId>(VALK_INT(valk_is_pair(entry) ? valk_head(entry) : entry));
}
/// Drops the entries of cancelled operations, if that is worth while. Never fails.
void valk_queue_tidy(Vm* vm, Value* sp, int front, int count_word);
