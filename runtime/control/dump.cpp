// async/dump: the tree of tasks, one a line, as SIGUSR1 also shows it. Name, state, where it waits and for
// what, since when, how long it may still take, and where it was made.
#include <stdio.h>
#include <time.h>

#include "runtime/control/control.h"
#include "runtime/control/simulation.h"
#include "runtime/control/slots.h"
#include "runtime/control/table.h"
#include "runtime/prims/output.h"
#include "runtime/value/print.h"

// ---- since when ---------------------------------------------------------------------------------

enum : uint64_t { SECOND = 1000000000, SECONDS = 0x3fff, LONG = SECONDS / 2 };

Value valk_parked_now = Value{VALK_TASK_PARKED} << VALK_TASK_STATE_SHIFT;
/// The second of this turn, from 1, of the monotonic clock.
static uint64_t this_second;

/// Seconds that a task has waited; more than LONG if it is not known any more.
static uint64_t seconds_waited(Value task) {
  uint64_t since = (valk_task_header(task) & VALK_TASK_SINCE) >> VALK_TASK_SINCE_SHIFT;
  return since == 0 ? LONG + 1 : (this_second + SECONDS - since) % SECONDS;
}

/// What has been parked for long is marked so, before the count of seconds comes round.
static void forget_old_times(Vm* vm) {
  for (Value t = valk_control(vm)->root; t != VALK_NIL; t = valk_next_in_tree(t))
    if (valk_task_state(t) == VALK_TASK_PARKED && seconds_waited(t) > LONG)
      valk_task_drop(t, VALK_TASK_SINCE);
}

void valk_note_time(Vm* vm) {
  uint64_t second = valk_monotonic() / SECOND;
  if (second == this_second) return;
  bool is_due = second / (LONG / 2) != this_second / (LONG / 2);
  this_second = second;
  if (is_due) forget_old_times(vm);
  valk_parked_now = Value{VALK_TASK_PARKED} << VALK_TASK_STATE_SHIFT |
                    (1 + (second + SECONDS - 1) % SECONDS) << VALK_TASK_SINCE_SHIFT;
}

static void add_since(ValkText* text, Value task) {
  uint64_t waited = seconds_waited(task);
  if (waited > LONG) return text->add(" for more than two hours");
  time_t since = static_cast<time_t>(valk_wall_clock() / SECOND - waited);
  tm local;
  localtime_r(&since, &local);
  text->add_format(" since %02d:%02d:%02d (%d s)", local.tm_hour, local.tm_min, local.tm_sec,
                   static_cast<int>(waited));
}

// ---- where, and for what ------------------------------------------------------------------------

static const ValkSite* place_of_wait(Value task) {
  Value k = valk_task_get(task, VALK_TASK_K);
  Value segments = VALK_NIL;
  for (Value frame = k; frame != VALK_NIL; frame = valk_next_frame(frame, &segments))
    if (const ValkSite* site = valk_user_site(valk_own_site(frame))) return site;
  return valk_frame_site(k);
}

/// Operations whose name begins with % are the library's way of waiting for tasks.
static void add_operation(Vm* vm, ValkText* text, ValkOpId op) {
  ValkSlot* slot = valk_slot_find(vm, op, SLOT_OPERATION);
  const char* name = slot ? static_cast<const ValkOp*>(slot->what)->name : "";
  text->add_format(" for %s", *name == '%' || !*name ? "tasks" : name);
}

static void add_what(Vm* vm, ValkText* text, Value waits_for) {
  if (valk_is_fix(waits_for))
    return add_operation(vm, text, static_cast<ValkOpId>(VALK_INT(waits_for)));
  if (valk_is_task_value(waits_for)) {
    text->add(" for task");
    return valk_add_task_name(text, waits_for);
  }
  if (valk_is_kind(waits_for, VALK_KIND_FUTURE)) return text->add(" for a future");
  text->add(" for its continuation to be called");
}

static void add_wait(Vm* vm, ValkText* text, Value task) {
  text->add("waiting");
  if (const ValkSite* site = place_of_wait(task))
    text->add_format(" at %s:%u", site->file, site->line);
  add_what(vm, text, valk_task_get(task, VALK_TASK_WAITS_FOR));
  add_since(text, task);
}

static void add_deadline(ValkText* text, Value task) {
  Value side = valk_task_side_or_nil(task);
  Value deadline = side == VALK_NIL ? VALK_NIL : valk_object(side)[VALK_SIDE_DEADLINE];
  if (deadline == VALK_NIL) return;
  Fix left = (VALK_INT(deadline) - static_cast<Fix>(valk_monotonic())) / 1000000;
  text->add_format(", deadline in %lld ms", static_cast<long long>(left > 0 ? left : 0));
}

static void add_state(Vm* vm, ValkText* text, Value task) {
  switch (valk_task_state(task)) {
    case VALK_TASK_RUNNING:
      return text->add("running");
    case VALK_TASK_PARKED:
      return add_wait(vm, text, task);
    case VALK_TASK_READY:
      return text->add("ready");
    case VALK_TASK_JOINING:
      return text->add("waiting for its children to end");
    case VALK_TASK_ENDED:
      return text->add("ended");
  }
}

static int depth_of(Value task) {
  int depth = 0;
  while ((task = valk_task_get(task, VALK_TASK_PARENT)) != VALK_NIL) ++depth;
  return depth;
}

static void add_task(Vm* vm, ValkText* text, Value task) {
  for (int i = depth_of(task); i > 0; --i) text->add("  ");
  text->add(task == valk_control(vm)->root ? "program" : "task");
  valk_add_task_name(text, task);
  text->add(": ");
  add_state(vm, text, task);
  add_deadline(text, task);
  if (valk_task_has(task, VALK_TASK_CANCEL)) text->add(", cancelled");
  if (valk_task_has(task, VALK_TASK_DETACHED)) text->add(", detached");
  valk_add_spawn_place(text, task);
  text->add("\n");
}

Value valk_async_dump(Vm* vm, Value*) {
  valk_task_settle(vm);
  valk_note_time(vm);
  ValkText text;
  for (Value t = valk_control(vm)->root; t != VALK_NIL; t = valk_next_in_tree(t))
    add_task(vm, &text, t);
  valk_flush_output(vm);
  fwrite(text.bytes(), 1, text.length(), stderr);
  return VALK_NIL;
}
