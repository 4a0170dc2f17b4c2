// What must hold of the tree of tasks between two steps, in every program: the invariants of docs/tasks.md.
// Checked where every interleaving is tried.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/control/control.h"
#include "runtime/control/interleavings.h"
#include "runtime/control/slots.h"

[[noreturn]] static void fail(const char* what) {
  fprintf(stderr, "valk: the tree of tasks contradicts itself: %s\n", what);
  valk_interleavings_report();
  abort();
}

static void require(bool holds, const char* what) {
  if (!holds) fail(what);
}

static size_t places_in_queue(Vm* vm, Value task) {
  ValkControl* c = valk_control(vm);
  size_t places = 0;
  for (size_t i = c->ready_head; i != c->ready_tail; ++i)
    places += valk_queue_at(c, i)->task == task;
  return places;
}

/// What a parked task waits for can still wake it: an operation in flight that knows it, or a task,
/// future or resumption.
static void verify_wait(Vm* vm, Value task) {
  Value waits_for = valk_task_get(task, VALK_TASK_WAITS_FOR);
  if (!valk_is_fix(waits_for)) return;
  ValkOpId op = static_cast<ValkOpId>(VALK_INT(waits_for));
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  require(slot && slot->value == task, "a task waits for an operation that has ended");
}

static void verify_task(Vm* vm, Value task) {
  ValkTaskState state = valk_task_state(task);
  bool has_children = valk_task_get(task, VALK_TASK_CHILDREN) != VALK_NIL;
  require(state != VALK_TASK_ENDED || !has_children, "a task has ended before its children");
  require(state != VALK_TASK_JOINING || has_children, "a task waits for children that it has not");
  require(state != VALK_TASK_RUNNING, "a task runs while none does");
  require(places_in_queue(vm, task) == (state == VALK_TASK_READY),
          "the run queue and a task differ");
  require(state != VALK_TASK_PARKED || !valk_task_must_stop(task),
          "a cancelled task goes on waiting");
  if (state == VALK_TASK_PARKED) verify_wait(vm, task);
}

/// The ring of a task's children: closed, each knowing its parent, none ended.
static void verify_children(Vm* vm, Value task) {
  Value youngest = valk_task_get(task, VALK_TASK_CHILDREN);
  if (youngest == VALK_NIL) return;
  Value child = youngest;
  do {
    Value next = valk_task_get(child, VALK_TASK_NEXT);
    require(valk_task_get(next, VALK_TASK_PREVIOUS) == child, "siblings disagree");
    require(valk_task_get(child, VALK_TASK_PARENT) == task, "a child has another parent");
    require(valk_task_state(child) != VALK_TASK_ENDED, "an ended task is still a child");
    verify_task(vm, child);
    verify_children(vm, child);
    child = next;
  } while (child != youngest);
}

void valk_verify_tasks(Vm* vm) {
  Value root = valk_control(vm)->root;
  verify_task(vm, root);
  verify_children(vm, root);
}
