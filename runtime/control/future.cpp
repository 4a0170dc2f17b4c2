// Futures: a value or error that somebody settles once, over a list of waiting tasks.
#include "runtime/control/control.h"
#include "runtime/control/table.h"
#include "runtime/value/error.h"
#include "runtime/value/stack.h"

enum { FUTURE_STATE = 1, FUTURE_VALUE, FUTURE_WAITERS, FUTURE_WORDS };
enum { STATE_OPEN, STATE_RESOLVED, STATE_REJECTED };

Value valk_future(Vm* vm, Value* sp) {
  Value* p = valk_alloc(vm, sp, FUTURE_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_FUTURE, FUTURE_WORDS);
  p[FUTURE_STATE] = VALK_FIX(STATE_OPEN);
  p[FUTURE_VALUE] = p[FUTURE_WAITERS] = VALK_NIL;
  return valk_tag_object(p);
}

static Value settle(Vm* vm, Value future, Value v, int state) {
  Value* f = valk_object(future);
  if (f[FUTURE_STATE] != VALK_FIX(STATE_OPEN)) return VALK_FIX(0);
  f[FUTURE_STATE] = VALK_FIX(state);
  valk_store(vm, future, FUTURE_VALUE, v);
  ValkStack<Value> latest_last;
  for (Value w = f[FUTURE_WAITERS]; valk_is_pair(w); w = valk_tail(w))
    latest_last.push(valk_head(w));
  f[FUTURE_WAITERS] = VALK_NIL;
  while (!latest_last.is_empty()) {
    Value task = latest_last.pop();
    bool waits = valk_task_state(task) == VALK_TASK_PARKED &&
                 valk_task_get(task, VALK_TASK_WAITS_FOR) == future;
    if (waits) valk_task_wake(vm, task, v, state == STATE_REJECTED);
  }
  return VALK_FIX(1);
}

Value valk_future_resolve(Vm* vm, Value* sp, Value future, Value v) {
  if (!valk_is_kind(future, VALK_KIND_FUTURE))
    return valk_fail_type(vm, sp, "future/resolve", 1, "a future", future);
  return settle(vm, future, v, STATE_RESOLVED);
}

Value valk_future_reject(Vm* vm, Value* sp, Value future, Value error) {
  if (!valk_is_kind(future, VALK_KIND_FUTURE))
    return valk_fail_type(vm, sp, "future/reject", 1, "a future", future);
  if (!valk_is_error(error)) return valk_fail_type(vm, sp, "future/reject", 2, "an error", error);
  return settle(vm, future, error, STATE_REJECTED);
}

void valk_await_future(Vm* vm, Value k, Value, Value x, Value, Value) {
  Value* sp = vm->sp;
  sp[0] = x;
  sp[1] = k;
  Value* f = valk_object(sp[0]);
  if (f[FUTURE_STATE] == VALK_FIX(STATE_OPEN)) {
    Value waiters = valk_make_pair(vm, sp + 2, vm->task, f[FUTURE_WAITERS]);
    if (waiters == VALK_ERR) VALK_GOTO(valk_raise, sp[1], VALK_NIL, 0, 0, 0);
    valk_store(vm, sp[0], FUTURE_WAITERS, waiters);
    valk_task_park(vm, sp[1], sp[0]);
  } else {
    valk_task_park(vm, sp[1], sp[0]);
    valk_task_wake(vm, vm->task, f[FUTURE_VALUE], f[FUTURE_STATE] == VALK_FIX(STATE_REJECTED));
  }
  VALK_GOTO(valk_leave_boundary, VALK_NIL, VALK_NIL, 0, 0, 0);
}
