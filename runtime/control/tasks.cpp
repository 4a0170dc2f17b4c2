// Tasks and their tree: made, linked, parked, woken, ended.
//
// A task that has not ended stands in its parent's ring of children, so the tree is also what keeps a
// parked task alive. Who waits for a task is woken when it ends, in the order in which they came: nearly always
// only its parent does, which a bit says; whoever else does stands in the task's side record.
#include "runtime/control/control.h"
#include "runtime/control/new_task.h"
#include "runtime/control/trace.h"
#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/stack.h"

// ---- making -------------------------------------------------------------------------------------

Value valk_task_make(Vm* vm, Value* sp, Value parent, const ValkSite* site) {
  sp[0] = parent;
  Value* p = valk_alloc(vm, sp + 1, VALK_TASK_WORDS);
  if (!p) return VALK_ERR;
  Value task = valk_task_fill(p, site);
  if (sp[0] != VALK_NIL) {
    valk_task_settle(vm);
    valk_task_link_new(vm, task, sp[0]);
  }
  if (VALK_UNLIKELY(valk_trace_is_on)) valk_trace_task_begun(vm, task);
  return task;
}

/// Gives a task a side record of so many words, with what the present one has. VALK_ERR: :memory. Keeps task safe.
static Value make_record(Vm* vm, Value* sp, Value task, Fix words) {
  sp[0] = task;
  Value* p = valk_alloc(vm, sp + 1, words);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_RECORD, words);
  for (Fix i = 1; i < words; ++i) p[i] = VALK_NIL;
  p[VALK_SIDE_SITE] = reinterpret_cast<Value>(valk_task_site(sp[0]));
  Value old = valk_task_record_or_nil(sp[0]);
  if (old != VALK_NIL) p[VALK_SIDE_WAITERS] = valk_object(old)[VALK_SIDE_WAITERS];
  valk_store(vm, sp[0], VALK_TASK_SITE, valk_tag_object(p));
  return valk_tag_object(p);
}

Value valk_task_side(Vm* vm, Value* sp, Value task) {
  Value side = valk_task_side_or_nil(task);
  return side != VALK_NIL ? side : make_record(vm, sp, task, VALK_SIDE_WORDS);
}

// ---- provisional children -----------------------------------------------------------------------

void valk_task_settle_provisional(Vm* vm) {
  Value task = vm->task;
  Value* t = valk_object(task);
  Value parent = t[VALK_TASK_PARENT];
  valk_control(vm)->spare = VALK_NIL;
  t[0] &= ~VALK_TASK_PROVISIONAL;
  t[VALK_TASK_SITE] = reinterpret_cast<Value>(valk_frame_site(valk_task_get(parent, VALK_TASK_K)));
  valk_task_link(vm, task, parent);
  if (VALK_UNLIKELY(valk_trace_is_on)) valk_trace_task_begun(vm, task);
}

Value valk_task_make_spare(Vm* vm) {
  return valk_control(vm)->spare = valk_task_fill(valk_take(vm, VALK_TASK_WORDS), nullptr);
}

// ---- the tree -----------------------------------------------------------------------------------

void valk_task_link(Vm* vm, Value task, Value parent) {
  valk_task_settle(vm);
  Value* t = valk_object(task);
  Value youngest = valk_task_get(parent, VALK_TASK_CHILDREN);
  valk_store(vm, task, VALK_TASK_PARENT, parent);
  if (VALK_LIKELY(youngest == VALK_NIL)) {
    t[VALK_TASK_NEXT] = t[VALK_TASK_PREVIOUS] = task;
  } else {
    Value oldest = valk_task_get(youngest, VALK_TASK_NEXT);
    valk_store(vm, task, VALK_TASK_NEXT, oldest);
    valk_store(vm, task, VALK_TASK_PREVIOUS, youngest);
    valk_store(vm, youngest, VALK_TASK_NEXT, task);
    valk_store(vm, oldest, VALK_TASK_PREVIOUS, task);
  }
  valk_store(vm, parent, VALK_TASK_CHILDREN, task);
}

static inline void unlink(Vm* vm, Value task) {
  Value* t = valk_object(task);
  Value parent = t[VALK_TASK_PARENT];
  if (parent == VALK_NIL) return;
  Value next = t[VALK_TASK_NEXT];
  Value previous = t[VALK_TASK_PREVIOUS];
  if (next == task) {
    valk_object(parent)[VALK_TASK_CHILDREN] = VALK_NIL;
  } else {
    if (valk_task_get(parent, VALK_TASK_CHILDREN) == task)
      valk_store(vm, parent, VALK_TASK_CHILDREN, previous);
    valk_store(vm, previous, VALK_TASK_NEXT, next);
    valk_store(vm, next, VALK_TASK_PREVIOUS, previous);
  }
  t[VALK_TASK_PARENT] = t[VALK_TASK_NEXT] = t[VALK_TASK_PREVIOUS] = VALK_NIL;
}

void valk_task_unlink(Vm* vm, Value task) { unlink(vm, task); }

// ---- waiters -----------------------------------------------------------------------------------

/// Those of them that stand in the side record.
static Value listed_waiters(Value task) {
  Value record = valk_task_record_or_nil(task);
  return record == VALK_NIL ? VALK_NIL : valk_object(record)[VALK_SIDE_WAITERS];
}

/// The waiters of the task sp[0] as a list that ends with nil. VALK_ERR: :memory.
static Value waiters_as_list(Vm* vm, Value* sp) {
  Value waiters = listed_waiters(sp[0]);
  bool is_list = waiters == VALK_NIL || valk_is_pair(waiters);
  return is_list ? waiters : valk_make_pair(vm, sp + 1, waiters, VALK_NIL);
}

/// Makes `waiters` those in the side record of the task sp[0]. False: :memory.
static bool set_waiters(Vm* vm, Value* sp, Value waiters) {
  sp[1] = waiters;
  Value record = valk_task_record_or_nil(sp[0]);
  if (record == VALK_NIL) record = make_record(vm, sp + 2, sp[0], VALK_SIDE_WAITERS_END);
  if (record == VALK_ERR) return false;
  valk_store(vm, record, VALK_SIDE_WAITERS, sp[1]);
  return true;
}

bool valk_task_add_waiter(Vm* vm, Value* sp, Value task, Value waiter) {
  Value waiters = listed_waiters(task);
  if (waiters == VALK_NIL && waiter == valk_task_get(task, VALK_TASK_PARENT)) {
    valk_task_add(task, VALK_TASK_PARENT_WAITS);
    return true;
  }
  sp[0] = waiter;
  sp[1] = task;
  if (waiters == VALK_NIL) return set_waiters(vm, sp + 1, waiter);
  waiters = waiters_as_list(vm, sp + 1);
  if (waiters == VALK_ERR) return false;
  waiters = valk_make_pair(vm, sp + 2, sp[0], waiters);
  return waiters != VALK_ERR && set_waiters(vm, sp + 1, waiters);
}

/// It came before all that stand in the record, and the latest is the first there.
bool valk_task_release_parent(Vm* vm, Value* sp, Value task) {
  sp[0] = task;
  if (!valk_task_has(task, VALK_TASK_PARENT_WAITS)) return true;
  sp[1] = valk_make_pair(vm, sp + 1, valk_task_get(task, VALK_TASK_PARENT), VALK_NIL);
  if (sp[1] == VALK_ERR) return false;
  sp[2] = sp[0];
  Value waiters = waiters_as_list(vm, sp + 2);
  if (waiters == VALK_ERR) return false;
  waiters = valk_copy_prefix(vm, sp + 2, waiters, valk_list_length(waiters), sp[1]);
  if (waiters == VALK_ERR || !set_waiters(vm, sp, waiters)) return false;
  valk_task_drop(sp[0], VALK_TASK_PARENT_WAITS);
  return true;
}

/// Tells one waiter of an ended task. A waiter that has been cancelled meanwhile is passed over.
static inline void notify(Vm* vm, Value waiter, Value task) {
  if (!valk_is_task_value(waiter)) return valk_watch_notify(vm, waiter, task);
  if (valk_task_state(waiter) != VALK_TASK_PARKED) return;
  if (valk_task_get(waiter, VALK_TASK_WAITS_FOR) != task) return;
  bool is_error = valk_task_outcome(task) != VALK_OUTCOME_DONE;
  if (is_error) valk_task_add(waiter, VALK_TASK_FROM_AWAIT);
  valk_task_wake(vm, waiter, valk_task_get(task, VALK_TASK_K), is_error);
}

/// Wakes those of a list, the latest first, in the order in which they came.
__attribute__((noinline)) static void notify_list(Vm* vm, Value waiters, Value task) {
  ValkStack<Value> latest_last;
  for (; valk_is_pair(waiters); waiters = valk_tail(waiters)) latest_last.push(valk_head(waiters));
  while (!latest_last.is_empty()) notify(vm, latest_last.pop(), task);
}

/// Wakes all those of an ended task, which had that parent. Does not collect.
static inline void notify_waiters(Vm* vm, Value task, Value parent) {
  if (valk_task_has(task, VALK_TASK_PARENT_WAITS)) notify(vm, parent, task);
  Value waiters = listed_waiters(task);
  if (VALK_LIKELY(waiters == VALK_NIL)) return;
  valk_object(valk_task_record_or_nil(task))[VALK_SIDE_WAITERS] = VALK_NIL;
  if (valk_is_pair(waiters)) return notify_list(vm, waiters, task);
  notify(vm, waiters, task);
}

// ---- ending -------------------------------------------------------------------------------------

/// Adds the error of a failed child to a task whose body has ended. Keeps the task at sp[0].
static void absorb(Vm* vm, Value* sp, Value child) {
  valk_task_add(child, VALK_TASK_AWAITED);
  Value error = valk_error_spawned(vm, sp + 1, valk_task_get(child, VALK_TASK_K),
                                   reinterpret_cast<Value>(valk_task_site(child)));
  Value task = sp[0];
  if (valk_task_outcome(task) == VALK_OUTCOME_DONE) {
    valk_task_set_outcome(task, VALK_OUTCOME_FAILED);
    valk_store(vm, task, VALK_TASK_K, error);
    return;
  }
  if (valk_task_get(task, VALK_TASK_K) == error) return;
  sp[1] = error;
  sp[2] = valk_task_side(vm, sp + 2, task);
  if (sp[2] == VALK_ERR) return;
  Value absorbed = valk_object(sp[2])[VALK_SIDE_ABSORBED];
  absorbed = valk_make_pair(vm, sp + 3, sp[1], absorbed);
  if (absorbed != VALK_ERR) valk_store(vm, sp[2], VALK_SIDE_ABSORBED, absorbed);
}

/// Attaches what the task at sp[0], which ends, has absorbed: all at once, since that copies its error.
static void attach_absorbed(Vm* vm, Value* sp) {
  Value side = valk_task_side_or_nil(sp[0]);
  if (side == VALK_NIL || valk_object(side)[VALK_SIDE_ABSORBED] == VALK_NIL) return;
  Value absorbed = valk_object(side)[VALK_SIDE_ABSORBED];
  valk_object(side)[VALK_SIDE_ABSORBED] = VALK_NIL;
  if (!valk_is_error(valk_task_get(sp[0], VALK_TASK_K))) return;
  Value joined = valk_attach_all(vm, sp + 1, valk_task_get(sp[0], VALK_TASK_K), absorbed);
  if (joined != VALK_ERR) valk_store(vm, sp[0], VALK_TASK_K, joined);
}

/// Absorbs the failures of children that nobody has awaited, the first first. Keeps the task at sp[0].
static void absorb_failures(Vm* vm, Value* sp) {
  Value side = valk_task_side_or_nil(sp[0]);
  if (side == VALK_NIL) return;
  sp[1] = valk_object(side)[VALK_SIDE_FAILURES];
  valk_object(side)[VALK_SIDE_FAILURES] = VALK_NIL;
  valk_object(side)[VALK_SIDE_LAST_FAILURE] = VALK_NIL;
  for (; sp[1] != VALK_NIL; sp[1] = valk_object(sp[1])[VALK_FAILURE_NEXT]) {
    Value child = valk_object(sp[1])[VALK_FAILURE_TASK];
    if (valk_task_has(child, VALK_TASK_AWAITED)) continue;
    sp[2] = sp[0];
    absorb(vm, sp + 2, child);
  }
}

static void cancel_children(Vm* vm, Value task) {
  Value youngest = valk_task_get(task, VALK_TASK_CHILDREN);
  if (youngest == VALK_NIL) return;
  Value child = youngest;
  do {
    child = valk_task_get(child, VALK_TASK_NEXT);
    valk_task_cancel(vm, child);
  } while (child != youngest);
}

/// Adds the task at sp[0] to the failures of its parent at sp[1]. Without memory, it is forgotten.
static void note_failure(Vm* vm, Value* sp) {
  sp[2] = valk_task_side(vm, sp + 2, sp[1]);
  if (sp[2] == VALK_ERR) return;
  Value* p = valk_alloc(vm, sp + 3, VALK_FAILURE_WORDS);
  if (!p) return;
  p[0] = VALK_HEADER(VALK_KIND_RECORD, VALK_FAILURE_WORDS);
  p[VALK_FAILURE_TASK] = sp[0];
  p[VALK_FAILURE_NEXT] = VALK_NIL;
  Value record = valk_tag_object(p);
  Value last = valk_object(sp[2])[VALK_SIDE_LAST_FAILURE];
  if (last == VALK_NIL) {
    valk_store(vm, sp[2], VALK_SIDE_FAILURES, record);
  } else {
    valk_store(vm, last, VALK_FAILURE_NEXT, record);
  }
  valk_store(vm, sp[2], VALK_SIDE_LAST_FAILURE, record);
}

/// A task has failed, and nobody has awaited it so far. sp[0] is the task, sp[1] its parent or nil.
static void propagate(Vm* vm, Value* sp) {
  Value task = sp[0];
  Value parent = sp[1];
  if (parent == VALK_NIL) return;
  if (valk_task_has(task, VALK_TASK_DETACHED | VALK_TASK_SERVES)) {
    valk_task_add(task, VALK_TASK_AWAITED);
    if (valk_task_has(task, VALK_TASK_DETACHED)) valk_control(vm)->status = 1;
    valk_report_error(vm, valk_error_spawned(vm, sp + 2, valk_task_get(task, VALK_TASK_K),
                                             reinterpret_cast<Value>(valk_task_site(task))));
  } else if (valk_task_state(parent) == VALK_TASK_JOINING) {
    sp[2] = parent;
    absorb(vm, sp + 2, task);
    cancel_children(vm, sp[1]);
  } else {
    valk_failed_push(vm, task, parent);
    note_failure(vm, sp);
  }
}

/// Ends the task at sp[0], whose body and children have ended; and, if that was the last child of a
/// parent that was waiting for its children, the parent too.
static void end(Vm* vm, Value* sp) {
  while (sp[0] != VALK_NIL) {
    attach_absorbed(vm, sp);
    sp[1] = valk_task_get(sp[0], VALK_TASK_PARENT);
    valk_task_set_state(sp[0], VALK_TASK_ENDED);
    if (VALK_UNLIKELY(valk_trace_is_on)) valk_trace_task_ended(vm, sp[0]);
    valk_task_unlink(vm, sp[0]);
    notify_waiters(vm, sp[0], sp[1]);
    bool failed = valk_task_outcome(sp[0]) == VALK_OUTCOME_FAILED;
    if (failed && !valk_task_has(sp[0], VALK_TASK_AWAITED)) propagate(vm, sp);
    Value parent = sp[1];
    bool parent_ends = parent != VALK_NIL && valk_task_state(parent) == VALK_TASK_JOINING &&
                       valk_task_get(parent, VALK_TASK_CHILDREN) == VALK_NIL;
    sp[0] = parent_ends ? parent : VALK_NIL;
  }
}

/// Hands the children of a hidden task whose body has ended well to its parent, so that a chain of
/// continuations called by operations does not become a chain of tasks.
static void hand_over_children(Vm* vm, Value task) {
  Value parent = valk_task_get(task, VALK_TASK_PARENT);
  if (!valk_task_has(task, VALK_TASK_HIDDEN) || parent == VALK_NIL) return;
  for (;;) {
    Value youngest = valk_task_get(task, VALK_TASK_CHILDREN);
    if (youngest == VALK_NIL) return;
    Value oldest = valk_task_get(youngest, VALK_TASK_NEXT);
    valk_task_unlink(vm, oldest);
    valk_task_link(vm, oldest, parent);
    valk_task_drop(oldest, VALK_TASK_PARENT_WAITS);  // that was `task`, which has done with waiting
  }
}

static ValkTaskOutcome outcome_of(Value task, Value v, bool is_error) {
  bool is_cancel = is_error && valk_is_error(v) &&
                   valk_is_keyword(valk_object(v)[VALK_ERROR_KIND], ":cancelled");
  if (valk_task_has(task, VALK_TASK_CANCEL) && (!is_error || is_cancel))
    return valk_task_has(task, VALK_TASK_SCOPE_FAILED) ? VALK_OUTCOME_DONE : VALK_OUTCOME_CANCELLED;
  return is_error ? VALK_OUTCOME_FAILED : VALK_OUTCOME_DONE;
}

/// The common end: with a value, nothing asked for, nothing below, a parent that does not wait for it.
static bool finish_simply(Vm* vm, Value task, Value v) {
  Value* t = valk_object(task);
  Value parent = t[VALK_TASK_PARENT];
  bool is_plain = !(t[0] & (VALK_TASK_CANCEL | VALK_TASK_RESET_REST)) && parent != VALK_NIL;
  if (!is_plain || t[VALK_TASK_CHILDREN] != VALK_NIL || valk_task_side_or_nil(task) != VALK_NIL)
    return false;
  if (valk_task_state(parent) > VALK_TASK_PARKED) return false;
  valk_store(vm, task, VALK_TASK_K, v);
  // It was running, and not done with anything: both are 0.
  t[0] |= Value{VALK_TASK_ENDED} << VALK_TASK_STATE_SHIFT;
  if (VALK_UNLIKELY(valk_trace_is_on)) valk_trace_task_ended(vm, task);
  unlink(vm, task);
  notify_waiters(vm, task, parent);
  return true;
}

/// The same for a task without siblings, whose parent at most waits for it; and nothing has to be remembered.
/// No call: most tasks end so.
static inline bool finish_alone(Vm* vm, Value task, Value v) {
  Value* t = valk_object(task);
  Value parent = t[VALK_TASK_PARENT];
  const Value special = VALK_TASK_CANCEL | VALK_TASK_RESET_REST | VALK_TASK_PROVISIONAL;
  bool is_plain = t[VALK_TASK_NEXT] == task && !(t[0] & special) &&
                  t[VALK_TASK_CHILDREN] == VALK_NIL && !valk_task_has_record(task) &&
                  !valk_needs_barrier(vm, task, v);
  if (!is_plain || valk_task_state(parent) > VALK_TASK_PARKED) return false;
  ValkControl* c = valk_control(vm);
  if (VALK_UNLIKELY(valk_trace_is_on || !valk_queue_has_room(c))) return false;
  t[VALK_TASK_K] = v;
  t[0] |= Value{VALK_TASK_ENDED} << VALK_TASK_STATE_SHIFT;
  t[VALK_TASK_PARENT] = t[VALK_TASK_NEXT] = t[VALK_TASK_PREVIOUS] = VALK_NIL;
  valk_object(parent)[VALK_TASK_CHILDREN] = VALK_NIL;
  // It waits for nothing else than a task while it is parked.
  if (valk_task_get(parent, VALK_TASK_WAITS_FOR) == task && (t[0] & VALK_TASK_PARENT_WAITS)) {
    valk_task_make_ready(parent, false);
    valk_queue_put(c, parent, v);
  }
  return true;
}

__attribute__((noinline)) static void end_generally(Vm* vm, Value, Value, Value v, Value, Value) {
  if (valk_boundary_kind(vm) == VALK_BOUNDARY_ASYNC_RESET)
    valk_store(vm, vm->boundary, VALK_BOUNDARY_RESULT, v);
  else
    valk_task_finish(vm, vm->task, v, false);
  VALK_GOTO(valk_leave_boundary, VALK_NIL, VALK_NIL, 0, 0, 0);
}

VALK_CODE void valk_end_of_task(Vm* vm, Value, Value v, Value, Value, Value) {
  bool is_task = valk_boundary_kind(vm) == VALK_BOUNDARY_TASK;
  if (VALK_UNLIKELY(!is_task || !finish_alone(vm, vm->task, v)))
    VALK_GOTO(end_generally, VALK_NIL, VALK_NIL, v, 0, 0);
  VALK_GOTO(valk_leave_at_once, VALK_NIL, VALK_NIL, 0, 0, 0);
}

void valk_task_finish(Vm* vm, Value task, Value v, bool is_error) {
  if (valk_task_has(task, VALK_TASK_PROVISIONAL)) {
    if (!is_error) return;  // nobody has seen it
    valk_task_settle(vm);
  }
  if (VALK_LIKELY(!is_error) && finish_simply(vm, task, v)) return;
  Value* outer_sp = vm->sp;
  Value* sp = outer_sp;
  sp[0] = task;
  vm->sp = sp + 4;
  ValkTaskOutcome outcome = outcome_of(task, v, is_error);
  if (outcome == VALK_OUTCOME_CANCELLED && !is_error) {
    v = valk_make_error(vm, vm->sp, ":cancelled", "the task was cancelled", VALK_NIL);
    task = sp[0];
  }
  valk_task_set_outcome(task, outcome);
  valk_task_set_state(task, VALK_TASK_JOINING);
  valk_store(vm, task, VALK_TASK_K,
             valk_task_has(task, VALK_TASK_RESET_REST) && !is_error ? VALK_NIL : v);
  absorb_failures(vm, sp);
  if (valk_task_outcome(sp[0]) == VALK_OUTCOME_FAILED) cancel_children(vm, sp[0]);
  if (valk_task_outcome(sp[0]) == VALK_OUTCOME_DONE) hand_over_children(vm, sp[0]);
  if (valk_task_get(sp[0], VALK_TASK_CHILDREN) == VALK_NIL) end(vm, sp);
  vm->sp = outer_sp;
}
