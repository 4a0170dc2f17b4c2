// Cancellation: a request marks a task and everything below it; those that are parked are torn from what
// they wait for and queued, deepest first, and raise :cancelled when they are resumed. The mark stays,
// so that each later suspension raises again; `finally` suspends its effect.
#include "runtime/control/control.h"
#include "runtime/value/error.h"

/// Stops waiting: the operation is cancelled, a resumption dies. Lists of waiters find out themselves.
static void leave_wait(Vm* vm, Value task) {
  Value waits_for = valk_task_get(task, VALK_TASK_WAITS_FOR);
  if (valk_is_fix(waits_for)) {
    valk_op_cancel(vm, static_cast<ValkOpId>(VALK_INT(waits_for)));
  } else if (valk_is_kind(waits_for, VALK_KIND_RESUMPTION)) {
    valk_object(waits_for)[0] |= VALK_RESUMPTION_DEAD;
    valk_object(waits_for)[VALK_RESUMPTION_TASK] = VALK_NIL;
  }
}

static void cancel_one(Vm* vm, Value task) {
  ValkTaskState state = valk_task_state(task);
  if (state >= VALK_TASK_JOINING) return;
  valk_task_add(task, VALK_TASK_CANCEL);
  if (state != VALK_TASK_PARKED || valk_task_is_masked(task)) return;
  leave_wait(vm, task);
  valk_task_wake(vm, task, VALK_NIL, false);
}

static Value oldest_child(Value task) {
  Value youngest = valk_task_get(task, VALK_TASK_CHILDREN);
  return youngest == VALK_NIL ? VALK_NIL : valk_task_get(youngest, VALK_TASK_NEXT);
}

/// The leaf that is reached by always taking the oldest child.
static Value first_leaf(Value task) {
  for (Value child = oldest_child(task); child != VALK_NIL; child = oldest_child(task))
    task = child;
  return task;
}

/// What follows in an order that visits children before their parent.
static Value after(Value task) {
  Value parent = valk_task_get(task, VALK_TASK_PARENT);
  if (valk_task_get(parent, VALK_TASK_CHILDREN) == task) return parent;
  return first_leaf(valk_task_get(task, VALK_TASK_NEXT));
}

void valk_task_cancel(Vm* vm, Value task) {
  valk_task_settle(vm);
  if (valk_task_state(task) == VALK_TASK_ENDED) return;
  for (Value t = first_leaf(task); t != task; t = after(t)) cancel_one(vm, t);
  cancel_one(vm, task);
}

Value valk_finally_enter(Vm* vm, Value*) {
  Value& header = valk_task_header(vm->task);
  if ((header >> VALK_TASK_MASK_SHIFT & VALK_TASK_MASK_DEPTH) != VALK_TASK_MASK_DEPTH)
    header += Value{1} << VALK_TASK_MASK_SHIFT;
  return VALK_NIL;
}

Value valk_finally_exit(Vm* vm, Value*) {
  if (valk_task_is_masked(vm->task)) valk_task_header(vm->task) -= Value{1} << VALK_TASK_MASK_SHIFT;
  return VALK_NIL;
}
