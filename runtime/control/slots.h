// The slots of the handle table, and the way of an operation through it: taken, found by its id, freed.
// Inline, because every await goes this way.
#pragma once

#include "runtime/control/control.h"

enum ValkSlotType { SLOT_FREE, SLOT_OPERATION, SLOT_HANDLE, SLOT_ROOT, SLOT_FAILURE };

/// Fields that are written and then read at each await are whole words, or the processor would wait for
/// the write.
struct ValkSlot {
  uint32_t state;  ///< type, and above it the generation, of 29 bits, so that an id fits a fixnum
  uint32_t place;  ///< in the list of young slots, if that entry is this slot's
  Value value;     ///< an operation's task, a root's value, a failure's data; or the next free slot
  void* native;
  const void* what;  ///< const ValkOp*, const ValkHandleKind*
};

enum : uint32_t { VALK_NO_SLOT = 0xffffffff };

enum : uint32_t { VALK_SLOT_TYPE_BITS = 3, VALK_SLOT_TYPE_MASK = 7 };
inline ValkSlotType valk_slot_type(const ValkSlot* slot) {
  return static_cast<ValkSlotType>(slot->state & VALK_SLOT_TYPE_MASK);
}

void valk_slots_grow(ValkControl* c);
void valk_young_grow(ValkControl* c);

/// Puts a slot on the list of those that may hold a young value, unless it is there. What stood on the
/// list before the last collection is old.
inline void valk_slot_note_young(ValkControl* c, uint32_t index) {
  valk_note_collection(c);
  ValkSlot* slot = &c->slots[index];
  if (slot->place < c->young_count && c->young[slot->place] == index) return;
  if (VALK_UNLIKELY(c->young_count == c->young_capacity)) valk_young_grow(c);
  slot->place = c->young_count++;
  c->young[slot->place] = index;
}

/// Takes a slot; gives its id.
inline uint64_t valk_slot_take(Vm* vm, ValkSlotType type, Value value, void* native,
                               const void* what) {
  ValkControl* c = valk_control(vm);
  if (VALK_UNLIKELY(c->free_slot == VALK_NO_SLOT)) valk_slots_grow(c);
  uint32_t index = c->free_slot;
  ValkSlot* slot = &c->slots[index];
  c->free_slot = static_cast<uint32_t>(slot->value);
  uint32_t generation = slot->state >> VALK_SLOT_TYPE_BITS;
  slot->state = generation << VALK_SLOT_TYPE_BITS | type;
  slot->value = value;
  slot->native = native;
  slot->what = what;
  if (valk_is_pointer(value)) valk_slot_note_young(c, index);
  return uint64_t{generation} << 32 | index;
}

/// The live slot with that id and type, or null.
inline ValkSlot* valk_slot_find(Vm* vm, uint64_t id, ValkSlotType type) {
  ValkControl* c = valk_control(vm);
  uint32_t index = static_cast<uint32_t>(id);
  if (index >= c->slot_count) return nullptr;
  ValkSlot* slot = &c->slots[index];
  uint64_t state = (id >> 32) << VALK_SLOT_TYPE_BITS | type;
  return slot->state == state ? slot : nullptr;
}

inline void valk_slot_free(Vm* vm, ValkSlot* slot) {
  ValkControl* c = valk_control(vm);
  slot->state = ((slot->state >> VALK_SLOT_TYPE_BITS) + 1) << VALK_SLOT_TYPE_BITS | SLOT_FREE;
  slot->value = c->free_slot;
  c->free_slot = static_cast<uint32_t>(slot - c->slots);
}

/// Starts op for a parked task, with the arguments at sp[0..n).
inline void valk_op_start(Vm* vm, Value* sp, Fix n, const ValkOp* op, Value task) {
  ValkOpId id = valk_slot_take(vm, SLOT_OPERATION, task, nullptr, op);
  valk_object(task)[VALK_TASK_WAITS_FOR] = VALK_FIX(id);
  Value* outer_sp = vm->sp;
  vm->sp = sp + n;
  op->start(vm, sp, n, id);
  vm->sp = outer_sp;
}
