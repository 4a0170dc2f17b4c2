// The handle table: operations in flight, handles of programs, roots of native code. Native objects keep
// ids, an index and a generation, so that whatever is said of an entry after its end is ignored.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/control/arguments.h"
#include "runtime/control/slots.h"
#include "runtime/gc/heap.h"
#include "runtime/value/error.h"

enum : uint32_t { FIRST_SLOTS = 64 };

[[noreturn]] static void abort_without_memory() {
  fputs("valk: out of memory for operations\n", stderr);
  abort();
}

void valk_slots_grow(ValkControl* c) {
  uint32_t capacity = c->slot_count ? 2 * c->slot_count : uint32_t{FIRST_SLOTS};
  void* grown = realloc(c->slots, capacity * sizeof(ValkSlot));
  if (!grown) abort_without_memory();
  c->slots = static_cast<ValkSlot*>(grown);
  for (uint32_t i = c->slot_count; i < capacity; ++i) {
    c->slots[i] = ValkSlot{};
    c->slots[i].value = i + 1 < capacity ? i + 1 : uint32_t{VALK_NO_SLOT};
  }
  c->free_slot = c->slot_count;
  c->slot_count = capacity;
}

void valk_young_grow(ValkControl* c) {
  uint32_t capacity = c->young_capacity ? 2 * c->young_capacity : uint32_t{FIRST_SLOTS};
  void* grown = realloc(c->young, capacity * sizeof(uint32_t));
  if (!grown) abort_without_memory();
  c->young = static_cast<uint32_t*>(grown);
  c->young_capacity = capacity;
}

void valk_slots_init(ValkControl* c) { c->free_slot = VALK_NO_SLOT; }

static inline void visit_slot(Vm* vm, ValkSlot* slot, void (*visit)(Vm*, Value*)) {
  ValkSlotType type = valk_slot_type(slot);
  if (type != SLOT_FREE && type != SLOT_HANDLE) visit(vm, &slot->value);
}

/// In a collection of young objects only the slots written since the last one need a visit.
void valk_slots_visit(Vm* vm, ValkControl* c, void (*visit)(Vm*, Value*)) {
  if (valk_gc_is_full(vm)) {
    for (uint32_t i = 0; i < c->slot_count; ++i) visit_slot(vm, &c->slots[i], visit);
  } else {
    for (uint32_t i = 0; i < c->young_count; ++i) visit_slot(vm, &c->slots[c->young[i]], visit);
  }
}

// ---- operations ---------------------------------------------------------------------------------

void valk_op_set_native(Vm* vm, ValkOpId op, void* native) {
  if (ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION)) slot->native = native;
}

void* valk_op_native(Vm* vm, ValkOpId op) {
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  return slot ? slot->native : nullptr;
}

const char* valk_op_name(Vm* vm, ValkOpId op) {
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  if (!slot) return "";
  const char* name = static_cast<const ValkOp*>(slot->what)->name;
  return name + (*name == '%');
}

bool valk_op_is_live(Vm* vm, ValkOpId op) {
  return valk_slot_find(vm, op, SLOT_OPERATION) != nullptr;
}

static void end_operation(Vm* vm, ValkOpId op, Value v, bool is_error) {
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  if (!slot) return;
  Value task = slot->value;
  valk_slot_free(vm, slot);
  valk_task_wake(vm, task, v, is_error);
}

void valk_op_complete(Vm* vm, ValkOpId op, Value value) { end_operation(vm, op, value, false); }

void valk_op_complete_from(Vm* vm, ValkOpId op, Value value, Value source) {
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  if (!slot) return;
  Value task = slot->value;
  end_operation(vm, op, value, false);
  valk_store(vm, task, VALK_TASK_WAITS_FOR, source);
}

void valk_op_fail_with(Vm* vm, ValkOpId op, Value error) { end_operation(vm, op, error, true); }

// Whoever says that an operation has failed may stand anywhere, with values above vm->sp that nobody
// else knows. So the error is not made there but when the task is resumed; until then its parts are kept
// in a slot.

void valk_op_fail(Vm* vm, ValkOpId op, const char* kind, const char* message, Value data) {
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  if (!slot) return;
  Value task = slot->value;
  valk_slot_free(vm, slot);
  size_t kind_size = strlen(kind) + 1;
  size_t message_size = strlen(message) + 1;
  char* text = static_cast<char*>(malloc(kind_size + message_size));
  if (!text) abort_without_memory();
  memcpy(text, kind, kind_size);
  memcpy(text + kind_size, message, message_size);
  uint64_t failure = valk_slot_take(vm, SLOT_FAILURE, data, text, nullptr);
  valk_task_add(task, VALK_TASK_RESUMES_FAILURE);
  valk_task_wake(vm, task, VALK_FIX(failure), true);
}

void valk_drop_failure(Vm* vm, Value failure) {
  ValkSlot* slot = valk_slot_find(vm, static_cast<uint64_t>(VALK_INT(failure)), SLOT_FAILURE);
  if (!slot) return;
  free(slot->native);
  valk_slot_free(vm, slot);
}

void valk_raise_failure(Vm* vm, Value k, Value failure, Value, Value, Value) {
  vm->sp[0] = k;
  vm->trace_count = 0;
  if (ValkSlot* slot = valk_slot_find(vm, static_cast<uint64_t>(VALK_INT(failure)), SLOT_FAILURE)) {
    const char* kind = static_cast<const char*>(slot->native);
    Value error = valk_make_error(vm, vm->sp + 1, kind, kind + strlen(kind) + 1, slot->value);
    if (error != VALK_ERR) vm->error = error;
    valk_drop_failure(vm, failure);
  }
  VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
}

void valk_op_cancel(Vm* vm, ValkOpId op) {
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  if (!slot) return;
  static_cast<const ValkOp*>(slot->what)->cancel(vm, op);
  if ((slot = valk_slot_find(vm, op, SLOT_OPERATION))) valk_slot_free(vm, slot);
}

/// Operations without a native object have nothing to stop.
void valk_cancel_nothing(Vm*, ValkOpId) {}

/// Operations that complete when they are started, with their argument or nil: an await of one takes no slot.
void valk_done_at_once(Vm*, ValkOpId) {}

// ---- calling an operation -----------------------------------------------------------------------

static Value make_thunk(Vm* vm, Value* sp, Fix n, const ValkOp* op) {
  Fix words = VALK_THUNK_ARGUMENTS + n;
  Value* p = valk_alloc(vm, sp + n, words);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_THUNK, words);
  p[VALK_THUNK_OP] = reinterpret_cast<Value>(op);
  for (Fix i = 0; i < n; ++i) p[VALK_THUNK_ARGUMENTS + i] = sp[i];
  return valk_tag_object(p);
}

/// Starts it for the continuation at sp[n], in a child of the running task.
static Value start_for(Vm* vm, Value* sp, Fix n, const ValkOp* op) {
  Value task = valk_task_make_call(vm, sp + n + 1, vm->task, sp[n]);
  if (task == VALK_ERR) return VALK_ERR;
  sp[n] = task;
  valk_task_add(task, VALK_TASK_HIDDEN);
  valk_op_start(vm, sp, n, op, task);
  return VALK_NIL;
}

Value valk_op_call(Vm* vm, Value* sp, Fix n, const ValkOp* op) {
  bool has_k = n > op->min_args && valk_is_callable(sp[n - 1]);
  Fix given = has_k ? n - 1 : n;
  if (given < op->min_args || given > op->max_args) {
    if (n == op->max_args + 1)
      return valk_fail_type(vm, sp + n, op->name, static_cast<int>(n), "a continuation", sp[n - 1]);
    return valk_fail_count(vm, sp + n, op->name, "", op->min_args, op->max_args + 1, n);
  }
  if (!has_k) return make_thunk(vm, sp, n, op);
  return start_for(vm, sp, given, op);
}

// ---- roots --------------------------------------------------------------------------------------

ValkRoot valk_root_make(Vm* vm, Value value) {
  return valk_slot_take(vm, SLOT_ROOT, value, nullptr, nullptr);
}

Value valk_root_get(Vm* vm, ValkRoot root) {
  ValkSlot* slot = valk_slot_find(vm, root, SLOT_ROOT);
  return slot ? slot->value : VALK_NIL;
}

void valk_root_set(Vm* vm, ValkRoot root, Value value) {
  ValkSlot* slot = valk_slot_find(vm, root, SLOT_ROOT);
  if (!slot) return;
  slot->value = value;
  valk_slot_note_young(valk_control(vm), static_cast<uint32_t>(root));
}

void valk_root_free(Vm* vm, ValkRoot root) {
  if (ValkSlot* slot = valk_slot_find(vm, root, SLOT_ROOT)) valk_slot_free(vm, slot);
}
