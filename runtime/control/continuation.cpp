// Calling continuations and resumptions.
//
// A continuation is a pointer to immutable frames that end in a static bottom frame. Calling it pushes
// the delimiter that the capture removed, with the caller as what follows, and enters the frames. A
// caller that is itself the bottom of that delimiter pushes nothing: that is a tail call.
#include "runtime/control/control.h"
#include "runtime/control/task_fibers.h"
#include "runtime/value/error.h"

static inline Value frames_of(Value c) { return valk_object(c)[VALK_CONTINUATION_FRAMES]; }
static inline ValkFlavour flavour_of(Value c) {
  return static_cast<ValkFlavour>(VALK_INT(valk_object(c)[VALK_CONTINUATION_FLAVOUR]));
}

/// Makes the rest of a task a new child task of the caller, and its boundary the current one.
static bool enter_as_task(Vm* vm, Value* sp, Value k) {
  sp[0] = k;
  Value task = valk_task_make(vm, sp + 1, vm->task, valk_frame_site(k));
  if (task == VALK_ERR) return false;
  sp[1] = task;
  if (!valk_push_boundary(vm, sp + 2, sp[0], VALK_BOUNDARY_TASK, task)) {
    valk_task_unlink(vm, sp[1]);
    return false;
  }
  vm->task = sp[1];
  return true;
}

/// True if a call at k of a continuation that includes a boundary may go on inside the current one:
/// nobody could tell, and a chain of such calls takes no memory.
static bool is_at_bottom(Vm* vm, ValkFlavour flavour, Value k) {
  if (k != VALK_STATIC(valk_frame_of_task)) return false;
  if (flavour == VALK_FLAVOUR_ASYNC_RESET)
    return valk_boundary_kind(vm) == VALK_BOUNDARY_ASYNC_RESET;
  if (valk_task_has(vm->task, VALK_TASK_HIDDEN)) return true;
  return flavour == VALK_FLAVOUR_ROOT && vm->task == valk_control(vm)->root;
}

/// Pushes what the flavour asks for. sp[0..) is free. False: an error is raised.
static bool push_flavour(Vm* vm, Value* sp, ValkFlavour flavour, Value k) {
  if (flavour == VALK_FLAVOUR_PLAIN) return valk_push_reset(vm, sp, k) != VALK_ERR;
  if (is_at_bottom(vm, flavour, k)) return true;
  if (flavour == VALK_FLAVOUR_ASYNC_RESET) return valk_push_async_reset(vm, sp, k) != VALK_ERR;
  return enter_as_task(vm, sp, k);
}

/// True if the rest of a task or of an async-reset must run on a fiber of its own: see task_fibers.h.
static bool needs_fiber(Vm* vm, ValkFlavour flavour, Value k) {
  return valk_tasks_on_fibers && flavour != VALK_FLAVOUR_PLAIN && !is_at_bottom(vm, flavour, k);
}

/// Enters frames with a value, or raises an error there.
static void return_into(Vm* vm, Value frames, Value v, Value, Value, Value) {
  VALK_RETURN(frames, v);
}
static void throw_into(Vm* vm, Value frames, Value error, Value, Value, Value) {
  vm->sp[0] = frames;
  valk_throw(vm, vm->sp + 1, error);
  VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
}

/// Runs the rest of a task, the continuation at sp[1], with what is at sp[2], as a new child task; sp[0] is k.
static bool run_rest(Vm* vm, Value* sp, ValkSuspend how) {
  sp[3] = valk_task_make(vm, sp + 3, vm->task, valk_frame_site(sp[0]));
  if (sp[3] == VALK_ERR) return false;
  vm->sp = sp + 4;
  bool runs = valk_run_task_on_fiber(vm, how, frames_of(sp[1]), sp[2], 0, sp[3]);
  vm->sp = sp;
  if (!runs) valk_task_unlink(vm, sp[3]);
  return runs;
}

enum { REST_FRAMES = VALK_FRAME_CAPTURES, REST_VALUE, REST_IS_ERROR, REST_WORDS };

VALK_CODE static void enter_rest(Vm* vm, Value k, Value, Value, Value, Value) {
  Value* rest = valk_object(k);
  ValkSuspend how = rest[REST_IS_ERROR] == VALK_FIX(1) ? throw_into : return_into;
  VALK_GOTO(how, rest[REST_FRAMES], rest[REST_VALUE], 0, 0, 0);
}

static const ValkFrame rest_frame = {VALK_FRAME_PLAIN, nullptr, nullptr};

/// Runs the rest of an async-reset, the continuation at sp[1], with what is at sp[2], under a boundary of its
/// own. Its value, or VALK_ERR.
static Value run_rest_of_reset(Vm* vm, Value* sp, Value is_error) {
  Value* p = valk_alloc(vm, sp + 3, REST_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_FRAME_HEADER(&rest_frame, REST_WORDS);
  p[VALK_FRAME_CODE] = reinterpret_cast<Value>(enter_rest);
  p[VALK_FRAME_PARENT] = VALK_NIL;
  p[REST_FRAMES] = frames_of(sp[1]);
  p[REST_VALUE] = sp[2];
  p[REST_IS_ERROR] = is_error;
  return valk_run_reset(vm, sp + 1, valk_tag_object(p), true);
}

static void call_on_fiber(Vm* vm, Value, Value self, Value is_error, Value, Value) {
  Value* sp = vm->sp;
  if (flavour_of(self) == VALK_FLAVOUR_ASYNC_RESET) {
    Value r = run_rest_of_reset(vm, sp, is_error);
    VALK_GIVE(sp[0], r);
  }
  bool runs = run_rest(vm, sp, is_error == VALK_FIX(1) ? throw_into : return_into);
  if (!runs) VALK_GOTO(valk_raise, sp[0], VALK_NIL, 0, 0, 0);
  VALK_RETURN(sp[0], sp[3]);
}

/// The general case of a call: sp[0] keeps k, sp[1] the continuation, sp[2] the argument.
static void call_slowly(Vm* vm, Value k, Value self, Value a0, Value, Value) {
  vm->sp[0] = k;
  vm->sp[1] = self;
  vm->sp[2] = a0;
  if (needs_fiber(vm, flavour_of(self), k))
    VALK_GOTO(call_on_fiber, VALK_NIL, self, VALK_FIX(0), 0, 0);
  bool pushed = push_flavour(vm, vm->sp + 3, flavour_of(self), k);
  if (!pushed) VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  VALK_RETURN(frames_of(vm->sp[1]), vm->sp[2]);
}

void valk_call_continuation(Vm* vm, Value k, Value self, Value a0, Value, Value) {
  bool is_plain = flavour_of(self) == VALK_FLAVOUR_PLAIN;
  if (VALK_UNLIKELY(!is_plain || !valk_has_room(vm, VALK_SEGMENT_WORDS)))
    VALK_GOTO(call_slowly, k, self, a0, 0, 0);
  if (k != VALK_STATIC(valk_frame_of_reset)) valk_push_reset(vm, nullptr, k);
  VALK_RETURN(frames_of(self), a0);
}

void valk_throw_into_continuation(Vm* vm, Value k, Value self, Value a0, Value, Value) {
  vm->sp[0] = k;
  vm->sp[1] = self;
  vm->sp[2] = a0;
  if (needs_fiber(vm, flavour_of(self), k))
    VALK_GOTO(call_on_fiber, VALK_NIL, self, VALK_FIX(1), 0, 0);
  bool in_place = flavour_of(self) == VALK_FLAVOUR_PLAIN && k == VALK_STATIC(valk_frame_of_reset);
  if (!in_place && !push_flavour(vm, vm->sp + 3, flavour_of(self), k))
    VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  valk_throw(vm, vm->sp + 3, vm->sp[2]);
  VALK_GOTO(valk_raise, frames_of(vm->sp[1]), VALK_NIL, 0, 0, 0);
}

Value valk_fire_resumption(Vm* vm, Value* sp, Value resumption, Value v, bool is_error) {
  Value task = valk_resumption_take(resumption);
  if (VALK_LIKELY(task != VALK_NIL)) {
    valk_task_wake(vm, task, v, is_error);
    return VALK_NIL;
  }
  if (*valk_object(resumption) & VALK_RESUMPTION_DEAD) return VALK_NIL;
  return valk_fail(vm, sp, ":resumed", "this resumption has been called already");
}

// ---- async-resume, async-throw ------------------------------------------------------------------

/// Raises :type, to k, unless x, the first argument of the builtin, can be called.
static bool check_callable(Vm* vm, Value k, const char* name, Value x) {
  if (VALK_LIKELY(valk_is_callable(x))) return true;
  vm->sp[0] = k;
  valk_fail_type(vm, vm->sp + 1, name, 1, "a function", x);
  return false;
}

/// Raises :type, to k, if async-throw was given something to throw that is no error. A function takes anything.
static bool check_thrown(Vm* vm, Value k, Value target, Value x) {
  bool is_raised =
      valk_is_kind(target, VALK_KIND_CONTINUATION) || valk_is_kind(target, VALK_KIND_RESUMPTION);
  if (!is_raised || VALK_LIKELY(valk_is_error(x))) return true;
  vm->sp[0] = k;
  valk_fail_type(vm, vm->sp + 1, "async-throw", 2, "an error", x);
  return false;
}

void valk_async_resume(VALK_SUSPEND_PARAMS) {
  (void)self;
  if (!check_callable(vm, k, "async-resume", a0))
    VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  VALK_GOTO(valk_suspend_entry(a0, 1), k, a0, a1, 0, 0);
}

void valk_async_throw(VALK_SUSPEND_PARAMS) {
  (void)self;
  if (!check_callable(vm, k, "async-throw", a0) || !check_thrown(vm, k, a0, a1))
    VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  if (valk_is_kind(a0, VALK_KIND_CONTINUATION))
    VALK_GOTO(valk_throw_into_continuation, k, a0, a1, 0, 0);
  if (!valk_is_kind(a0, VALK_KIND_RESUMPTION))
    VALK_GOTO(valk_suspend_entry(a0, 1), k, a0, a1, 0, 0);
  vm->sp[0] = k;
  Value r = valk_fire_resumption(vm, vm->sp + 1, a0, a1, true);
  if (r == VALK_ERR) VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  VALK_RETURN(vm->sp[0], VALK_NIL);
}
