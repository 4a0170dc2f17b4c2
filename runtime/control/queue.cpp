// The run queue: ready tasks, first in first out, and the loop that resumes them. Everything that makes
// a task ready comes through here, so this is where an await's result becomes a resume.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/control/control.h"
#include "runtime/control/interleavings.h"
#include "runtime/control/simulation.h"
#include "runtime/control/task_fibers.h"
#include "runtime/control/trace.h"

bool valk_takes_long_way = false;

enum : size_t { FIRST_CAPACITY = 64 };
/// Resumes before the loop polls again, so that a busy queue starves no timer or socket.
enum { RESUME_BUDGET = 1024 };

void valk_queue_grow(ValkControl* c) {
  size_t capacity = c->ready_capacity ? 2 * c->ready_capacity : size_t{FIRST_CAPACITY};
  ValkReady* ready = static_cast<ValkReady*>(malloc(capacity * sizeof(ValkReady)));
  if (!ready) {
    fputs("valk: out of memory for the run queue\n", stderr);
    abort();
  }
  size_t count = valk_queue_count(c);
  for (size_t i = 0; i < count; ++i) ready[i] = *valk_queue_at(c, c->ready_head + i);
  free(c->ready);
  c->ready = ready;
  c->ready_seen = c->ready_seen > c->ready_head ? c->ready_seen - c->ready_head : 0;
  c->ready_head = 0;
  c->ready_tail = count;
  c->ready_capacity = capacity;
}

bool valk_queue_is_empty(Vm* vm) { return valk_queue_count(valk_control(vm)) == 0; }

/// The first way into a resumed task: raises what it has to raise, instead of going on with a value.
static void raise_at(Vm* vm, Value k, Value error, Value from_await, Value, Value) {
  vm->error = error;
  vm->trace_count = 0;
  VALK_GOTO(from_await ? valk_raise_awaited : valk_raise, k, VALK_NIL, 0, 0, 0);
}

/// Raises :cancelled at k, with a new error.
void valk_raise_cancelled(Vm* vm, Value k, Value, Value, Value, Value) {
  vm->sp[0] = k;
  valk_fail(vm, vm->sp + 1, ":cancelled", "the task was cancelled");
  VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
}

/// A task that is being cancelled does not get what it was woken with.
VALK_COLD static void refuse(Vm* vm, Value header, Value source, Value v, Value k) {
  Value* outer_sp = vm->sp;
  outer_sp[0] = k;
  vm->sp = outer_sp + 1;
  if (header & VALK_TASK_RESUMES_FAILURE) {
    valk_drop_failure(vm, v);
  } else if (valk_is_kind(source, VALK_KIND_HANDLE) || valk_is_pair(source)) {
    valk_control(vm)->refuse_from(vm, source, v);
  } else if (source != VALK_NIL && valk_control(vm)->give_back) {
    valk_control(vm)->give_back(vm, vm->sp, source, v);
  }
  vm->sp = outer_sp;
  valk_drive(vm, valk_raise_cancelled, outer_sp[0], VALK_NIL, 0, 0, 0);
}

VALK_COLD static void resume_by_error(Vm* vm, Value header, Value k, Value v) {
  if (header & VALK_TASK_RESUMES_FAILURE) {
    valk_drive(vm, valk_raise_failure, k, v, 0, 0, 0);
  } else {
    valk_drive(vm, raise_at, k, v, (header & VALK_TASK_FROM_AWAIT) != 0, 0, 0);
  }
}

enum : Value {
  RESUME_FLAGS = VALK_TASK_RESUMES_ERROR | VALK_TASK_RESUMES_FAILURE | VALK_TASK_FROM_AWAIT,
  STATE_BITS = Value{7} << VALK_TASK_STATE_SHIFT | VALK_TASK_SINCE,  // cleared: running
};

/// The first step of a task that is being cancelled, or that gets an error.
VALK_COLD static void resume_specially(Vm* vm, Value task, Value header, Value source, Value k,
                                       Value v) {
  if (valk_task_must_stop(task)) return refuse(vm, header, source, v, k);
  if (header & VALK_TASK_RESUMES_ERROR) return resume_by_error(vm, header, k, v);
  auto code = reinterpret_cast<ValkSuspend>(valk_object(k)[VALK_FRAME_CODE]);
  valk_drive(vm, code, k, v, 0, 0, 0);
}

static inline void resume(Vm* vm, Value task, Value v) {
  Value* t = valk_object(task);
  Value header = t[0];
  Value k = t[VALK_TASK_K];
  Value source = t[VALK_TASK_WAITS_FOR];
  vm->task = task;
  vm->segments = VALK_NIL;
  vm->boundary = VALK_STATIC(valk_boundary_of_scheduler);
  t[VALK_TASK_K] = t[VALK_TASK_WAITS_FOR] = VALK_NIL;
  t[0] = header & ~(RESUME_FLAGS | STATE_BITS);
  if (VALK_UNLIKELY(header & (VALK_TASK_CANCEL | VALK_TASK_RESUMES_ERROR)))
    return resume_specially(vm, task, header, source, k, v);
  auto code = reinterpret_cast<ValkSuspend>(valk_object(k)[VALK_FRAME_CODE]);
  valk_drive(vm, code, k, v, 0, 0, 0);
}

/// In a simulation any ready task may be the next one: the seed's choice takes the place of the first.
/// (What then stands behind the first may be old; visiting it again is harmless.)
VALK_COLD static void choose_next(ValkControl* c) {
  size_t chosen = valk_sim_choose(valk_queue_count(c));
  ValkReady* first = valk_queue_at(c, c->ready_head);
  ValkReady* other = valk_queue_at(c, c->ready_head + chosen);
  ValkReady ready = *first;
  *first = *other;
  *other = ready;
}

static void resume_here(Vm* vm, Value task, Value v, Value, Value, Value) { resume(vm, task, v); }

/// A task that waits on a fiber goes on there; any other begins one.
static void resume_on_fiber(Vm* vm, Value task, Value v) {
  if (valk_waits_on_fiber(task)) {
    resume(vm, task, v);
    return valk_continue_fibers(vm);
  }
  vm->sp[0] = task;
  vm->sp++;
  bool runs = valk_run_task_on_fiber(vm, resume_here, task, v, 0, task);
  task = *--vm->sp;
  if (runs) return;
  valk_task_add(task, VALK_TASK_RESUMES_ERROR);
  vm->sp++;
  Value error = valk_catch(vm, vm->sp);
  resume(vm, *--vm->sp, error);
}

static void resume_anyhow(Vm* vm, Value task, Value v) {
  if (valk_tasks_on_fibers)
    resume_on_fiber(vm, task, v);
  else
    resume(vm, task, v);
}

static void resume_traced(Vm* vm, Value task, Value v) {
  Value* outer_sp = vm->sp;
  outer_sp[0] = v;
  outer_sp[1] = task;
  vm->sp = outer_sp + 2;
  uint64_t begun = valk_trace_run_begun(vm);
  resume_anyhow(vm, outer_sp[1], outer_sp[0]);
  valk_trace_run_ended(vm, begun);
  vm->sp = outer_sp;
}

/// On a fiber, for a trace, or to check the states of all tasks after each step.
VALK_COLD static void resume_watched(Vm* vm, Value task, Value v) {
  if (valk_trace_is_on)
    resume_traced(vm, task, v);
  else
    resume_anyhow(vm, task, v);
  if (valk_simulation.is_exhaustive) valk_verify_tasks(vm);
}

void valk_drain(Vm* vm) {
  ValkControl* c = valk_control(vm);
  bool chooses = valk_is_simulated() && !valk_simulation.keeps_order;
  bool watched = valk_takes_long_way || valk_simulation.is_exhaustive;
  int budget = VALK_UNLIKELY(chooses && !valk_simulation.is_exhaustive)
                   ? static_cast<int>(1 + valk_sim_below(40))
                   : int{RESUME_BUDGET};
  for (; budget > 0 && valk_queue_count(c) > 0; --budget) {
    if (VALK_UNLIKELY(chooses)) choose_next(c);
    const ValkReady* first = valk_queue_at(c, c->ready_head++);
    Value task = first->task;
    Value v = first->v;
    if (VALK_UNLIKELY(watched))
      resume_watched(vm, task, v);
    else
      resume(vm, task, v);
  }
  valk_report_failures(vm);
  if (VALK_UNLIKELY(c->orphans_due)) c->settle_orphans(vm);
}
