// Calling continuations and resumptions.
//
// A continuation is a pointer to immutable frames that end in a static bottom frame. Calling it pushes
// the delimiter that the capture removed, with the caller as what follows, and enters the frames. A
// caller that is itself the bottom of that delimiter pushes nothing: that is a tail call.
#include "runtime/control/control.h"
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

/// The general case of a call: sp[0] keeps k, sp[1] the continuation, sp[2] the argument.
static void call_slowly(Vm* vm, Value k, Value self, Value a0, Value, Value) {
  vm->sp[0] = k;
  vm->sp[1] = self;
  vm->sp[2] = a0;
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
  bool in_place = flavour_of(self) == VALK_FLAVOUR_PLAIN && k == VALK_STATIC(valk_frame_of_reset);
  if (!in_place && !push_flavour(vm, vm->sp + 3, flavour_of(self), k))
    VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  valk_throw(vm, vm->sp + 3, vm->sp[2]);
  VALK_GOTO(valk_raise, frames_of(vm->sp[1]), VALK_NIL, 0, 0, 0);
}

Value valk_fire_resumption(Vm* vm, Value* sp, Value resumption, Value v, bool is_error) {
  if (valk_fire_open_resumption(vm, resumption, v, is_error)) return VALK_NIL;
  if (valk_object(resumption)[VALK_RESUMPTION_STATE] == VALK_FIX(VALK_RESUMPTION_CANCELLED))
    return VALK_NIL;
  return valk_fail(vm, sp, ":resumed", "this resumption has been called already");
}

// ---- async-resume, async-throw ------------------------------------------------------------------

void valk_async_resume(VALK_SUSPEND_PARAMS) {
  (void)self;
  VALK_GOTO(valk_suspend_entry(a0, 1), k, a0, a1, 0, 0);
}

void valk_async_throw(VALK_SUSPEND_PARAMS) {
  (void)self;
  if (valk_is_kind(a0, VALK_KIND_CONTINUATION))
    VALK_GOTO(valk_throw_into_continuation, k, a0, a1, 0, 0);
  if (!valk_is_kind(a0, VALK_KIND_RESUMPTION))
    VALK_GOTO(valk_suspend_entry(a0, 1), k, a0, a1, 0, 0);
  vm->sp[0] = k;
  Value r = valk_is_error(a1) ? valk_fire_resumption(vm, vm->sp + 1, a0, a1, true)
                              : valk_throw(vm, vm->sp + 1, a1);
  if (r == VALK_ERR) VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
  VALK_RETURN(vm->sp[0], VALK_NIL);
}
