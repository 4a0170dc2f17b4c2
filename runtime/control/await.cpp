// async and await-async: how a task begins, and how it waits.
//
// To wait is to store the frames and segments since the boundary in the task (two words: nothing is
// copied), to start what is awaited, and to leave the boundary: to who made the task, if this is its
// first run, else to the scheduler. What is awaited always answers through the run queue.
#include "runtime/control/control.h"
#include "runtime/control/new_task.h"
#include "runtime/control/slots.h"
#include "runtime/control/table.h"
#include "runtime/control/task_fibers.h"
#include "runtime/control/trace.h"
#include "runtime/value/error.h"

// ---- async --------------------------------------------------------------------------------------

/// Does what the options of a new task say. sp[0] is the task, sp[1] the options; uses sp[3..). False:
/// :memory.
static bool apply_options(Vm* vm, Value* sp) {
  if (sp[1] == VALK_NIL) return true;
  if (valk_plist_get(sp[1], ":scope", VALK_NIL) != VALK_NIL) valk_task_add(sp[0], VALK_TASK_SCOPE);
  if (valk_plist_get(sp[1], ":name", VALK_NIL) == VALK_NIL) return true;
  Value side = valk_task_side(vm, sp + 3, sp[0]);
  if (side == VALK_ERR) return false;
  valk_store(vm, side, VALK_SIDE_NAME, valk_plist_get(sp[1], ":name", VALK_NIL));
  return true;
}

/// Where a task is made that runs code for k: where its block stands, which is known even if no frame is.
static const ValkSite* spawn_site(Value code, Value k) {
  const ValkSite* site = valk_is_closure(code) ? valk_closure_fn(code)->site : nullptr;
  return site ? site : valk_frame_site(k);
}

/// Makes a child of the running task. sp[0] becomes the task; sp[1] holds the options, sp[2] k, sp[-1] the
/// code. False: :memory, and nothing has changed.
static bool make_task(Vm* vm, Value* sp) {
  sp[0] = VALK_NIL;
  Value task = valk_task_make(vm, sp + 3, vm->task, spawn_site(sp[-1], sp[2]));
  if (task == VALK_ERR) return false;
  sp[0] = task;
  if (apply_options(vm, sp)) return true;
  valk_task_unlink(vm, sp[0]);
  return false;
}

/// The same, and enters its boundary.
static bool begin_task(Vm* vm, Value* sp) {
  if (!make_task(vm, sp)) return false;
  if (valk_push_boundary(vm, sp + 3, sp[2], VALK_BOUNDARY_TASK, sp[0])) {
    vm->task = sp[0];
    return true;
  }
  valk_task_unlink(vm, sp[0]);
  return false;
}

/// The body runs on a fiber until it ends or waits. sp[0] is the code, sp[2] the options, sp[3] k.
static void begin_on_fiber(Vm* vm, Value, Value, Value, Value, Value) {
  Value* sp = vm->sp;
  bool is_made = make_task(vm, sp + 1);
  vm->sp = sp + 4;
  bool runs = is_made && valk_run_task_on_fiber(vm, valk_suspend_entry(sp[0], 0),
                                                VALK_STATIC(valk_frame_of_task), sp[0], 0, sp[1]);
  vm->sp = sp;
  if (runs) VALK_RETURN(sp[3], sp[1]);
  if (is_made) valk_task_unlink(vm, sp[1]);
  VALK_GOTO(valk_raise, sp[3], VALK_NIL, 0, 0, 0);
}

/// With options, or where something is in the way of the short way.
__attribute__((noinline)) static void begin_generally(Vm* vm, Value k, Value, Value a0, Value a1,
                                                      Value) {
  Value* sp = vm->sp;
  sp[0] = a0;
  sp[2] = a1;
  sp[3] = k;
  if (valk_tasks_on_fibers) VALK_GOTO(begin_on_fiber, VALK_NIL, VALK_NIL, 0, 0, 0);
  if (!begin_task(vm, sp + 1)) VALK_GOTO(valk_raise, sp[3], VALK_NIL, 0, 0, 0);
  VALK_GOTO(valk_suspend_entry(sp[0], 0), VALK_STATIC(valk_frame_of_task), sp[0], 0, 0, 0);
}

constexpr Fix ASYNC_WORDS = Fix{VALK_TASK_WORDS} + Fix{VALK_BOUNDARY_WORDS};

/// True if a task for a0 can be made at once, as a child of the running task.
static inline bool is_ready_for_task(Vm* vm, Value a0, Value a1) {
  return a1 == VALK_NIL && valk_is_closure(a0) && valk_closure_fn(a0)->site &&
         valk_has_room(vm, ASYNC_WORDS) && vm->task != VALK_NIL &&
         !valk_task_has(vm->task, VALK_TASK_PROVISIONAL) && !valk_takes_long_way;
}

/// No call but the last: most tasks begin here.
void valk_async(VALK_SUSPEND_PARAMS) {
  (void)self;
  if (VALK_UNLIKELY(!is_ready_for_task(vm, a0, a1)))
    VALK_GOTO(begin_generally, k, VALK_NIL, a0, a1, 0);
  Value parent = vm->task;
  ValkSiblings siblings = valk_task_siblings_of_new(parent);
  if (VALK_UNLIKELY(!valk_task_links_plainly(vm, parent, siblings)))
    VALK_GOTO(begin_generally, k, VALK_NIL, a0, a1, 0);
  Value* p = valk_take(vm, ASYNC_WORDS);
  const ValkFn* fn = valk_closure_fn(a0);
  Value task = valk_task_fill(p, fn->site);
  valk_task_link_plainly(task, parent, siblings);
  valk_boundary_fill(vm, p + VALK_TASK_WORDS, k, VALK_BOUNDARY_TASK, task);
  vm->task = task;
  VALK_GOTO(fn->suspend[0], VALK_STATIC(valk_frame_of_task), a0, 0, 0, 0);
}

// ---- tasks that call one function ---------------------------------------------------------------

enum { CALL_FN = VALK_FRAME_CAPTURES, CALL_WORDS };

VALK_CODE static void call_function(Vm* vm, Value k, Value v, Value, Value, Value) {
  Value fn = valk_object(k)[CALL_FN];
  VALK_GOTO(valk_suspend_entry(fn, 1), valk_object(k)[VALK_FRAME_PARENT], fn, v, 0, 0);
}

/// What the function waited for has failed; or its task is being cancelled, and it is not called.
static void tell_function(Vm* vm, Value k, Value error, Value, Value, Value) {
  Value fn = valk_object(k)[CALL_FN];
  Value parent = valk_object(k)[VALK_FRAME_PARENT];
  if (valk_task_must_stop(vm->task)) {
    vm->error = error;
    VALK_GOTO(valk_raise, parent, VALK_NIL, 0, 0, 0);
  }
  VALK_GOTO(valk_async_throw, parent, VALK_NIL, fn, error, 0);
}

static const ValkFrame call_descriptor = {VALK_FRAME_HANDLER, nullptr, tell_function};

/// Makes the words at p a frame on the bottom of a task that holds one value.
static inline void fill_bottom_frame(Value* p, const ValkFrame* descriptor, ValkSuspend code,
                                     Value captured) {
  p[0] = VALK_FRAME_HEADER(descriptor, CALL_WORDS);
  p[VALK_FRAME_CODE] = reinterpret_cast<Value>(code);
  p[VALK_FRAME_PARENT] = VALK_STATIC(valk_frame_of_task);
  p[CALL_FN] = captured;
}

/// The handler of a signal may give a thunk, `(\ {_} {chan/send done 1})`: it means to wait
/// for it, since what it gives has no other use.
VALK_CODE static void end_handler(Vm* vm, Value, Value v, Value, Value, Value) {
  const Value end = VALK_STATIC(valk_frame_of_task);
  if (!valk_is_kind(v, VALK_KIND_THUNK)) VALK_RETURN(end, v);
  VALK_GOTO(valk_await_async, end, VALK_NIL, v, 0, 0);
}

static const ValkFrame handler_descriptor = {VALK_FRAME_PLAIN, nullptr, nullptr};
static ValkStaticFrame frame_of_handler;

static Value end_of_handler() {
  frame_of_handler = {VALK_FRAME_HEADER(&handler_descriptor, 3), end_handler,
                      VALK_STATIC(valk_frame_of_task)};
  return VALK_STATIC(frame_of_handler);
}

Value valk_task_make_call(Vm* vm, Value* sp, Value parent, Value fn) {
  sp[0] = parent;
  sp[1] = fn;
  Value* p = valk_alloc(vm, sp + 2, CALL_WORDS);
  if (!p) return VALK_ERR;
  fill_bottom_frame(p, &call_descriptor, call_function, sp[1]);
  sp[1] = valk_tag_object(p);
  Value task = valk_task_make(vm, sp + 2, sp[0], nullptr);
  if (task == VALK_ERR) return VALK_ERR;
  valk_store(vm, task, VALK_TASK_K, sp[1]);
  valk_task_add(task, valk_parked_now);
  return task;
}

Value valk_spawn_task(Vm* vm, Value fn, Value arg) {
  Value* sp = vm->sp;
  sp[0] = arg;
  Value task = valk_task_make_call(vm, sp + 1, valk_control(vm)->root, fn);
  if (task == VALK_ERR) {
    valk_report_error(vm, vm->error);
    return VALK_ERR;
  }
  valk_task_add(task, VALK_TASK_SERVES);
  valk_task_wake(vm, task, sp[0], false);
  return task;
}

void valk_spawn_call(Vm* vm, Value fn, Value arg) {
  const Value task = valk_spawn_task(vm, fn, arg);
  if (task == VALK_ERR) return;
  // The frame is the one that valk_task_make_call has just made.
  valk_object(valk_task_get(task, VALK_TASK_K))[VALK_FRAME_PARENT] = end_of_handler();
}

// ---- awaiting functions and blocks --------------------------------------------------------------

/// A function that was awaited has failed. If it has not called its continuation yet, the awaiter gets
/// the error; else the error is the child's own.
static void fail_awaited_function(Vm* vm, Value k, Value error, Value, Value, Value) {
  Value* sp = vm->sp;
  sp[0] = error;
  valk_task_settle(vm);
  Value resumption = valk_object(k)[CALL_FN];
  if (valk_resumption_is_open(resumption)) {
    valk_task_add(vm->task, VALK_TASK_AWAITED);
    valk_task_add(valk_object(resumption)[VALK_RESUMPTION_TASK], VALK_TASK_FROM_AWAIT);
    valk_fire_resumption(vm, sp + 1, resumption, error, true);
  }
  vm->error = sp[0];
  vm->trace_count = 0;
  VALK_GOTO(valk_raise, VALK_STATIC(valk_frame_of_task), VALK_NIL, 0, 0, 0);
}

/// A function that was awaited has returned.
VALK_CODE static void end_awaited_function(Vm* vm, Value, Value v, Value, Value, Value) {
  if (VALK_LIKELY(valk_task_has(vm->task, VALK_TASK_PROVISIONAL)))
    VALK_GOTO(valk_leave_at_once, VALK_NIL, VALK_NIL, 0, 0, 0);
  VALK_RETURN(VALK_STATIC(valk_frame_of_task), v);
}

static const ValkFrame awaited_descriptor = {VALK_FRAME_HANDLER, nullptr, fail_awaited_function};

// Each of these starts what is awaited: x, for vm->task, which goes on at k. They end by leaving its boundary, at once or when the child that they have
// made first suspends: the child takes over the boundary.

constexpr Fix BEGIN_FUNCTION_WORDS = Fix{VALK_RESUMPTION_WORDS} + Fix{CALL_WORDS};
constexpr Fix AWAIT_FUNCTION_WORDS = BEGIN_FUNCTION_WORDS + Fix{VALK_TASK_WORDS};

/// Calls fn with a resumption of vm->task, in its provisional child. There is room for
/// BEGIN_FUNCTION_WORDS, and the child is at hand. No call but the last: this is most awaits.
static inline void begin_function(Vm* vm, Value k, Value fn, Value entry, Value, Value) {
  Value task = vm->task;
  Value child = valk_control(vm)->spare;
  Value* p = valk_take(vm, BEGIN_FUNCTION_WORDS);
  Value resumption = valk_tag_object(p);
  p[0] = VALK_HEADER(VALK_KIND_RESUMPTION, VALK_RESUMPTION_WORDS);
  p[VALK_RESUMPTION_TASK] = task;
  p += VALK_RESUMPTION_WORDS;
  fill_bottom_frame(p, &awaited_descriptor, end_awaited_function, resumption);
  valk_task_begin_provisional(child, task);
  valk_task_wait(task, k, resumption);
  vm->task = child;
  VALK_GOTO(reinterpret_cast<ValkSuspend>(entry), valk_tag_object(p), fn, resumption, 0, 0);
}

static void await_function(Vm* vm, Value k, Value, Value x, Value, Value) {
  Value* sp = vm->sp;
  sp[0] = x;
  sp[1] = k;
  if (!valk_has_room(vm, AWAIT_FUNCTION_WORDS) && !valk_collect(vm, sp + 2, AWAIT_FUNCTION_WORDS))
    VALK_GOTO(valk_raise, sp[1], VALK_NIL, 0, 0, 0);
  if (valk_control(vm)->spare == VALK_NIL) valk_task_make_spare(vm);
  if (valk_task_must_be_remembered(vm)) valk_remember(vm, vm->task);
  Value entry = reinterpret_cast<Value>(valk_suspend_entry(sp[0], 1));
  VALK_GOTO(begin_function, sp[1], sp[0], entry, 0, 0);
}

/// True if begin_function can be entered at once.
static inline bool is_ready_for_function(Vm* vm, Value fn) {
  return valk_is_closure(fn) && valk_has_room(vm, BEGIN_FUNCTION_WORDS) &&
         valk_control(vm)->spare != VALK_NIL && !valk_task_must_be_remembered(vm);
}

static void await_block(Vm* vm, Value k, Value, Value x, Value, Value) {
  Value* sp = vm->sp;
  sp[0] = x;
  sp[1] = k;
  sp[2] = valk_task_make(vm, sp + 2, vm->task, valk_frame_site(sp[1]));
  if (sp[2] == VALK_ERR) VALK_GOTO(valk_raise, sp[1], VALK_NIL, 0, 0, 0);
  valk_task_park(vm, sp[1], sp[2]);
  Value child = sp[2];
  valk_task_add(child, VALK_TASK_AWAITED | VALK_TASK_PARENT_WAITS);
  vm->task = child;
  Value code = valk_object(sp[0])[VALK_BLOCK_CODE];
  VALK_GOTO(valk_suspend_entry(code, 0), VALK_STATIC(valk_frame_of_task), code, 0, 0, 0);
}

/// The task x has ended: its value or error comes through the run queue like any other.
static void await_ended_task(Vm* vm, Value k, Value, Value x, Value, Value) {
  bool is_error = valk_task_outcome(x) != VALK_OUTCOME_DONE;
  valk_task_park(vm, k, x);
  if (is_error) valk_task_add(vm->task, VALK_TASK_FROM_AWAIT);
  valk_task_wake(vm, vm->task, valk_task_get(x, VALK_TASK_K), is_error);
  VALK_GOTO(valk_leave_boundary, VALK_NIL, VALK_NIL, 0, 0, 0);
}

static void await_task(Vm* vm, Value k, Value, Value x, Value, Value) {
  Value* sp = vm->sp;
  valk_task_add(x, VALK_TASK_AWAITED);
  if (valk_task_state(x) == VALK_TASK_ENDED) VALK_GOTO(await_ended_task, k, VALK_NIL, x, 0, 0);
  sp[0] = x;
  sp[1] = k;
  if (!valk_task_add_waiter(vm, sp + 2, x, vm->task))
    VALK_GOTO(valk_raise, sp[1], VALK_NIL, 0, 0, 0);
  valk_task_park(vm, sp[1], sp[0]);
  VALK_GOTO(valk_leave_boundary, VALK_NIL, VALK_NIL, 0, 0, 0);
}

/// True if x is a child of the running task, that nobody else waits for; and there is nothing to remember.
static inline bool is_own_child(Vm* vm, Value x) {
  return valk_task_get(x, VALK_TASK_PARENT) == vm->task && !valk_task_has_record(x) &&
         !valk_task_must_be_remembered(vm);
}

/// Awaits such a child. No call but the last: this is most awaits of tasks.
static inline void await_child(Vm* vm, Value k, Value, Value x, Value, Value) {
  valk_task_add(x, VALK_TASK_AWAITED | VALK_TASK_PARENT_WAITS);
  valk_task_wait(vm->task, k, x);
  VALK_GOTO(valk_leave_at_once, VALK_NIL, VALK_NIL, 0, 0, 0);
}

static void await_thunk(Vm* vm, Value k, Value, Value x, Value, Value) {
  Value* thunk = valk_object(x);
  Value* sp = vm->sp;
  Fix held = valk_header_words(thunk[0]) - VALK_THUNK_ARGUMENTS;
  const ValkOp* op = reinterpret_cast<const ValkOp*>(thunk[VALK_THUNK_OP]);
  valk_task_park(vm, k, VALK_NIL);
  if (op->cancel == valk_done_at_once) {
    valk_task_wake(vm, vm->task, held == 0 ? VALK_NIL : thunk[VALK_THUNK_ARGUMENTS], false);
    VALK_GOTO(valk_leave_boundary, VALK_NIL, VALK_NIL, 0, 0, 0);
  }
  for (Fix i = 0; i < held; ++i) sp[i] = thunk[VALK_THUNK_ARGUMENTS + i];
  valk_op_start(vm, sp, held, op, vm->task);
  VALK_GOTO(valk_leave_boundary, VALK_NIL, VALK_NIL, 0, 0, 0);
}

/// Raises :type in the name of what was called.
VALK_COLD static void fail_await(Vm* vm, Value k, const char* name, Value x) {
  vm->sp[0] = k;
  valk_fail_type(vm, vm->sp + 1, name, 1,
                 "a thunk, a function of one argument, a task, a future or a block", x);
}

static void await_nothing(Vm* vm, Value k, Value, Value x, Value, Value) {
  fail_await(vm, k, "await-async", x);
  VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
}

static ValkSuspend way_to_await(Value x) {
  if (!valk_is_object(x)) return await_nothing;
  switch (valk_header_kind(*valk_object(x))) {
    case VALK_KIND_THUNK:
      return await_thunk;
    case VALK_KIND_TASK:
      return await_task;
    case VALK_KIND_FUTURE:
      return valk_await_future;
    case VALK_KIND_BLOCK:
      return await_block;
    default:
      return valk_is_callable(x) ? await_function : await_nothing;
  }
}

/// The body of an async-reset awaits for the first time: the rest becomes a child task of who runs it,
/// and the async-reset itself gives nil. sp[0..2) are in use. False: :memory.
static bool split_async_reset(Vm* vm, Value* sp) {
  Value rest = valk_task_make(vm, sp + 2, vm->task, valk_frame_site(sp[1]));
  if (rest == VALK_ERR) return false;
  valk_task_add(rest, VALK_TASK_RESET_REST);
  vm->task = rest;
  *valk_object(vm->boundary) &= ~VALK_BOUNDARY_KIND_BITS;  // that of a task
  return true;
}

/// Makes the running task able to park. False: an error is raised.
static bool prepare_to_park(Vm* vm, Value* sp) {
  ValkBoundaryKind kind = valk_boundary_kind(vm);
  if (kind == VALK_BOUNDARY_BARRIER) {
    valk_fail(vm, sp + 2, ":one-shot",
              "await: the continuation goes through a call made by C++ and cannot wait");
    return false;
  }
  return kind != VALK_BOUNDARY_ASYNC_RESET || split_async_reset(vm, sp);
}

/// The rare cases: the task is being cancelled, or provisional; the boundary is another than a task's;
/// there are delimiters.
__attribute__((noinline)) static void await_generally(Vm* vm, Value k, Value, Value a0, Value,
                                                      Value) {
  Value* sp = vm->sp;
  sp[0] = a0;
  sp[1] = k;
  valk_task_settle(vm);
  if (VALK_UNLIKELY(valk_task_must_stop(vm->task)))
    VALK_GOTO(valk_raise_cancelled, k, VALK_NIL, 0, 0, 0);
  if (valk_boundary_kind(vm) == VALK_BOUNDARY_BARRIER && valk_can_await_on_fiber(vm))
    VALK_GOTO(valk_await_on_fiber, k, VALK_NIL, a0, 0, 0);
  if (VALK_UNLIKELY(valk_boundary_kind(vm) != VALK_BOUNDARY_TASK) && !prepare_to_park(vm, sp))
    VALK_GOTO(valk_raise, sp[1], VALK_NIL, 0, 0, 0);
  if (VALK_UNLIKELY(vm->segments != VALK_NIL)) {
    Value wrapped = valk_wrap_segments(vm, sp + 2, sp[1]);
    if (wrapped == VALK_ERR) VALK_GOTO(valk_raise, sp[1], VALK_NIL, 0, 0, 0);
    sp[1] = wrapped;
  }
  VALK_GOTO(way_to_await(sp[0]), sp[1], VALK_NIL, sp[0], 0, 0);
}

__attribute__((noinline)) static void await_another(Vm* vm, Value k, Value, Value x, Value, Value) {
  VALK_GOTO(way_to_await(x), k, VALK_NIL, x, 0, 0);
}

/// Thunks and tasks come next in number.
__attribute__((noinline)) static void await_plainly(Vm* vm, Value k, Value, Value x, Value, Value) {
  if (valk_is_kind(x, VALK_KIND_THUNK)) VALK_GOTO(await_thunk, k, VALK_NIL, x, 0, 0);
  if (!valk_is_kind(x, VALK_KIND_TASK)) VALK_GOTO(await_another, k, VALK_NIL, x, 0, 0);
  if (VALK_LIKELY(is_own_child(vm, x))) VALK_GOTO(await_child, k, VALK_NIL, x, 0, 0);
  VALK_GOTO(await_task, k, VALK_NIL, x, 0, 0);
}

/// The frame that stands for the end of a task that waits here, with nothing else to do.
static Value frame_of_place(ValkAwaitPlace* place) {
  if (VALK_UNLIKELY(!place->frame.header))
    place->frame = {VALK_FRAME_HEADER(&place->descriptor, 3), valk_pass_to_parent,
                    VALK_STATIC(valk_frame_of_task)};
  return VALK_STATIC(place->frame);
}

void valk_await_tail(VALK_SUSPEND_PARAMS) {
  ValkAwaitPlace* place = reinterpret_cast<ValkAwaitPlace*>(self);
  if (k == VALK_STATIC(valk_frame_of_task)) k = frame_of_place(place);
  VALK_GOTO(place->await, k, VALK_NIL, a0, 0, 0);
}

void valk_await_async(VALK_SUSPEND_PARAMS) {
  (void)self;
  bool is_plain = !valk_task_has(vm->task, VALK_TASK_CANCEL | VALK_TASK_PROVISIONAL) &&
                  valk_boundary_kind(vm) == VALK_BOUNDARY_TASK && vm->segments == VALK_NIL;
  if (VALK_UNLIKELY(!is_plain)) VALK_GOTO(await_generally, k, VALK_NIL, a0, 0, 0);
  if (!is_ready_for_function(vm, a0)) VALK_GOTO(await_plainly, k, VALK_NIL, a0, 0, 0);
  Value entry = reinterpret_cast<Value>(valk_closure_fn(a0)->suspend[1]);
  VALK_GOTO(begin_function, k, a0, entry, 0, 0);
}

void valk_await(VALK_SUSPEND_PARAMS) {
  (void)self;
  if (VALK_LIKELY(way_to_await(a0) != await_nothing))
    VALK_GOTO(valk_await_async, k, VALK_NIL, a0, 0, 0);
  fail_await(vm, k, "await", a0);
  VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
}
