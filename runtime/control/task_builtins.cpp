// What programs can ask of tasks: who am I, how is it, who is below; and the operations that watch them.

#include "runtime/control/control.h"
#include "runtime/control/simulation.h"
#include "runtime/control/table.h"
#include "runtime/value/constants.h"
#include "runtime/value/error.h"

// ---- plain functions ----------------------------------------------------------------------------

static Value fail_no_task(Vm* vm, Value* sp, const char* name, Value got) {
  return valk_fail_type(vm, sp, name, 1, "a task", got);
}

Value valk_is_task(Vm*, Value*, Value x) { return valk_bool(valk_is_task_value(x)); }

Value valk_async_self(Vm* vm, Value*) {
  valk_task_settle(vm);
  valk_task_drop(vm->task, VALK_TASK_HIDDEN);
  return vm->task;
}

Value valk_async_name(Vm* vm, Value* sp, Value task) {
  if (!valk_is_task_value(task)) return fail_no_task(vm, sp, "async/name", task);
  Value side = valk_task_side_or_nil(task);
  return side == VALK_NIL ? VALK_NIL : valk_object(side)[VALK_SIDE_NAME];
}

Value valk_async_status(Vm* vm, Value* sp, Value task) {
  static constinit ValkConstantKeyword running = valk_static_keyword(":running");
  static constinit ValkConstantKeyword outcomes[] = {valk_static_keyword(":done"),
                                                     valk_static_keyword(":failed"),
                                                     valk_static_keyword(":cancelled")};
  if (!valk_is_task_value(task)) return fail_no_task(vm, sp, "async/status", task);
  if (valk_task_state(task) != VALK_TASK_ENDED) return VALK_STATIC(running);
  return VALK_STATIC(outcomes[valk_task_outcome(task)]);
}

Value valk_async_detach(Vm* vm, Value* sp, Value task) {
  if (!valk_is_task_value(task)) return fail_no_task(vm, sp, "async/detach", task);
  Value root = valk_control(vm)->root;
  if (valk_task_state(task) == VALK_TASK_ENDED || task == root) return task;
  if (!valk_task_release_parent(vm, sp, task)) return VALK_ERR;
  task = sp[0];
  valk_task_unlink(vm, task);
  valk_task_link(vm, task, valk_control(vm)->root);
  valk_task_add(task, VALK_TASK_DETACHED);
  return task;
}

Value valk_task_adopt(Vm* vm, Value* sp, Value task) {
  if (!valk_is_task_value(task)) return fail_no_task(vm, sp, "async", task);
  valk_task_add(task, VALK_TASK_AWAITED);
  if (valk_task_state(task) == VALK_TASK_ENDED) return task;
  for (Value t = vm->task; t != VALK_NIL; t = valk_task_get(t, VALK_TASK_PARENT))
    if (t == task) return task;  // nobody can be below itself
  if (!valk_task_release_parent(vm, sp, task)) return VALK_ERR;
  task = sp[0];
  valk_task_unlink(vm, task);
  valk_task_link(vm, task, vm->task);
  valk_task_drop(task, VALK_TASK_DETACHED);
  return task;
}

Value valk_task_value(Vm* vm, Value* sp, Value task) {
  if (!valk_is_task_value(task)) return fail_no_task(vm, sp, "async", task);
  return valk_task_state(task) == VALK_TASK_ENDED ? valk_task_get(task, VALK_TASK_K) : VALK_NIL;
}

// ---- deadlines ----------------------------------------------------------------------------------

static Fix nanoseconds_now() { return static_cast<Fix>(valk_monotonic()); }

Value valk_task_deadline(Vm* vm, Value* sp, Value task, Value ms) {
  if (!valk_is_task_value(task)) return fail_no_task(vm, sp, "async/timeout", task);
  double delay = -1;
  if (valk_is_fix(ms)) delay = static_cast<double>(VALK_INT(ms));
  if (valk_is_kind(ms, VALK_KIND_FLOAT)) delay = valk_float_value(ms);
  if (!(delay >= 0))
    return valk_fail_type(vm, sp, "async/timeout", 1, "a number of milliseconds", ms);
  Value side = valk_task_side(vm, sp, task);
  if (side == VALK_ERR) return VALK_ERR;
  Fix longest = Fix{1} << 60;
  double nanoseconds = delay * 1e6;
  Fix wait = nanoseconds < 1e18 ? static_cast<Fix>(nanoseconds) : longest;
  valk_object(side)[VALK_SIDE_DEADLINE] = VALK_FIX(nanoseconds_now() + wait);
  return VALK_NIL;
}

Value valk_async_time_left(Vm* vm, Value*) {
  Fix least = VALK_FIX_MAX;
  for (Value t = vm->task; t != VALK_NIL; t = valk_task_get(t, VALK_TASK_PARENT)) {
    Value side = valk_task_side_or_nil(t);
    Value deadline = side == VALK_NIL ? VALK_NIL : valk_object(side)[VALK_SIDE_DEADLINE];
    if (deadline != VALK_NIL && VALK_INT(deadline) < least) least = VALK_INT(deadline);
  }
  if (least == VALK_FIX_MAX) return VALK_NIL;
  Fix left = least - nanoseconds_now();
  return VALK_FIX(left > 0 ? left / 1000000 : 0);
}

// ---- watching -----------------------------------------------------------------------------------

/// A new watch for op. VALK_ERR: :memory.
static Value make_watch(Vm* vm, Value* sp, ValkOpId op, ValkWatchUntil until) {
  Value* p = valk_alloc(vm, sp, VALK_WATCH_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_RECORD, VALK_WATCH_WORDS);
  p[VALK_WATCH_OP] = VALK_FIX(op);
  p[VALK_WATCH_UNTIL] = VALK_FIX(until);
  p[VALK_WATCH_REMAINING] = VALK_FIX(0);
  return valk_tag_object(p);
}

/// True if a task that has ended is what a watch looks for.
static bool is_found(ValkWatchUntil until, Value task) {
  switch (until) {
    case VALK_UNTIL_ENDED:
    case VALK_UNTIL_CANCELLED:
      return true;
    case VALK_UNTIL_FAILED:
      return valk_task_outcome(task) != VALK_OUTCOME_DONE;
    case VALK_UNTIL_DONE:
      return valk_task_outcome(task) == VALK_OUTCOME_DONE;
    case VALK_UNTIL_ALL:
      return false;
  }
  return false;
}

static Value answer(ValkWatchUntil until, Value task) {
  if (until != VALK_UNTIL_CANCELLED) return task;
  return valk_bool(valk_task_outcome(task) == VALK_OUTCOME_CANCELLED);
}

void valk_watch_notify(Vm* vm, Value watch, Value task) {
  Value* w = valk_object(watch);
  ValkOpId op = static_cast<ValkOpId>(VALK_INT(w[VALK_WATCH_OP]));
  if (!valk_op_is_live(vm, op)) return;
  auto until = static_cast<ValkWatchUntil>(VALK_INT(w[VALK_WATCH_UNTIL]));
  w[VALK_WATCH_REMAINING] -= VALK_FIX(1);
  if (is_found(until, task)) {
    valk_op_complete(vm, op, answer(until, task));
  } else if (w[VALK_WATCH_REMAINING] == VALK_FIX(0)) {
    valk_op_complete(vm, op, VALK_NIL);
  }
}

static void fail_memory(Vm* vm, ValkOpId op) { valk_op_fail_with(vm, op, vm->error); }

/// Makes op wait for the tasks of the list at sp[0], which are all tasks. Uses sp[1..).
static void watch(Vm* vm, Value* sp, ValkOpId op, ValkWatchUntil until) {
  sp[1] = make_watch(vm, sp + 1, op, until);
  if (sp[1] == VALK_ERR) return fail_memory(vm, op);
  for (; valk_is_pair(sp[0]); sp[0] = valk_tail(sp[0])) {
    Value task = valk_head(sp[0]);
    valk_task_add(task, VALK_TASK_AWAITED);
    if (valk_task_state(task) == VALK_TASK_ENDED) {
      if (is_found(until, task)) return valk_op_complete(vm, op, answer(until, task));
      continue;
    }
    valk_object(sp[1])[VALK_WATCH_REMAINING] += VALK_FIX(1);
    if (!valk_task_add_waiter(vm, sp + 2, task, sp[1])) return fail_memory(vm, op);
  }
  if (valk_object(sp[1])[VALK_WATCH_REMAINING] == VALK_FIX(0)) valk_op_complete(vm, op, VALK_NIL);
}

/// Checks that sp[0] is a list of tasks; else fails op.
static bool check_tasks(Vm* vm, Value* sp, ValkOpId op, const char* name) {
  for (Value rest = sp[0]; rest != VALK_NIL; rest = valk_tail(rest)) {
    if (valk_is_pair(rest) && valk_is_task_value(valk_head(rest))) continue;
    valk_fail_type(vm, sp + 1, name, 1, "a list of tasks", sp[0]);
    valk_op_fail_with(vm, op, vm->error);
    return false;
  }
  return true;
}

void valk_start_watch_tasks(Vm* vm, Value* sp, Fix, ValkOpId op) {
  if (!check_tasks(vm, sp, op, "async")) return;
  ValkWatchUntil until = VALK_UNTIL_ENDED;
  if (valk_is_keyword(sp[1], ":failed")) until = VALK_UNTIL_FAILED;
  if (valk_is_keyword(sp[1], ":done")) until = VALK_UNTIL_DONE;
  if (valk_is_keyword(sp[1], ":all")) until = VALK_UNTIL_ALL;
  watch(vm, sp, op, until);
}

void valk_start_cancel_tasks(Vm* vm, Value* sp, Fix, ValkOpId op) {
  if (!check_tasks(vm, sp, op, "async")) return;
  for (Value rest = sp[0]; rest != VALK_NIL; rest = valk_tail(rest))
    valk_task_cancel(vm, valk_head(rest));
  watch(vm, sp, op, VALK_UNTIL_ALL);
}

void valk_start_cancel_task(Vm* vm, Value* sp, Fix, ValkOpId op) {
  if (!valk_is_task_value(sp[0])) {
    fail_no_task(vm, sp + 1, "async/cancel", sp[0]);
    return valk_op_fail_with(vm, op, vm->error);
  }
  valk_task_cancel(vm, sp[0]);
  sp[0] = valk_make_pair(vm, sp + 1, sp[0], VALK_NIL);
  if (sp[0] == VALK_ERR) return fail_memory(vm, op);
  watch(vm, sp, op, VALK_UNTIL_CANCELLED);
}

// ---- operations that need no event --------------------------------------------------------------

void valk_start_yield(Vm* vm, Value*, Fix, ValkOpId op) { valk_op_complete(vm, op, VALK_NIL); }

void valk_start_pure(Vm* vm, Value* sp, Fix, ValkOpId op) { valk_op_complete(vm, op, sp[0]); }

void valk_start_raise(Vm* vm, Value* sp, Fix, ValkOpId op) {
  if (valk_is_error(sp[0])) return valk_op_fail_with(vm, op, sp[0]);
  Value message =
      valk_is_kind(sp[0], VALK_KIND_STRING) ? sp[0] : valk_to_string(vm, sp + 1, sp[0], false);
  if (message == VALK_ERR) return fail_memory(vm, op);
  sp[0] = message;
  Value* outer_sp = vm->sp;
  valk_error(vm, sp, 1);
  vm->sp = outer_sp;
  valk_op_fail_with(vm, op, vm->error);
}

void valk_start_never(Vm*, Value*, Fix, ValkOpId) {}
