// Calls of values that are no closures: partial applications, continuations, resumptions, thunks; and of
// what cannot be called. The tables at the end are what valk_direct_entry and valk_suspend_entry read.
#include "runtime/control/arguments.h"
#include "runtime/value/print.h"

// ---- partial applications -----------------------------------------------------------------------

/// Puts the arguments of the partial application self before those of the call, all at sp[0..); gives
/// their number, or -1 with :limit raised.
template <int n>
static inline Fix join_arguments(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  Value* p = valk_object(self);
  Fix held = valk_header_words(p[0]) - VALK_PARTIAL_ARGUMENTS;
  Fix given = valk_given<n>(vm);
  if (held + given > VALK_MAX_ARGS) {
    valk_fail(vm, sp, ":limit", "a call takes at most %d arguments", int{VALK_MAX_ARGS});
    return -1;
  }
  valk_store_arguments(vm, sp + held, given, a0, a1, a2);
  for (Fix i = 0; i < held; ++i) sp[i] = p[VALK_PARTIAL_ARGUMENTS + i];
  valk_load_arguments(vm, sp, held + given);
  return held + given;
}

static inline Value at(const Value* sp, Fix count, int i) { return i < count ? sp[i] : 0; }

template <int n>
static Value direct_partial(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  Fix count = join_arguments<n>(vm, sp, self, a0, a1, a2);
  if (count < 0) return VALK_ERR;
  Value callee = valk_object(self)[VALK_PARTIAL_CALLEE];
  VALK_GOTO_DIRECT(valk_direct_entry(callee, valk_entry_index(count)), sp, callee, at(sp, count, 0),
                   at(sp, count, 1), at(sp, count, 2));
}

template <int n>
static void suspend_partial(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {
  Value* sp = vm->sp + 1;
  sp[-1] = k;
  Fix count = join_arguments<n>(vm, sp, self, a0, a1, a2);
  if (count < 0) VALK_GOTO(valk_raise, sp[-1], VALK_NIL, 0, 0, 0);
  Value callee = valk_object(self)[VALK_PARTIAL_CALLEE];
  VALK_GOTO(valk_suspend_entry(callee, valk_entry_index(count)), k, callee, at(sp, count, 0),
            at(sp, count, 1), at(sp, count, 2));
}

// ---- what cannot be called ----------------------------------------------------------------------

static VALK_COLD Value fail_not_callable(Vm* vm, Value* sp, Value self) {
  ValkText text;
  valk_print_value(&text, self, true, 60);
  return valk_fail(vm, sp, ":type", "%.*s is not a function", static_cast<int>(text.length()),
                   text.bytes());
}

/// Continuations and their like take one argument.
static VALK_COLD Value fail_one_argument(Vm* vm, Value* sp, Value self, Fix given) {
  const char* name = "a continuation";
  if (valk_is_kind(self, VALK_KIND_RESUMPTION)) name = "a resumption";
  if (valk_is_kind(self, VALK_KIND_THUNK)) name = "an operation's thunk";
  return valk_fail_count(vm, sp, name, "", 1, 1, given);
}

/// Calls that need no continuation: everything but those of partial applications and continuations.
template <int n>
static Value simple_call(Vm* vm, Value* sp, Value self, Value a0) {
  if (!valk_is_callable(self)) return n == 0 ? self : fail_not_callable(vm, sp, self);
  bool is_thunk = valk_is_kind(self, VALK_KIND_THUNK);
  if (n > 1 || (n == 0 && is_thunk)) return fail_one_argument(vm, sp, self, valk_given<n>(vm));
  if (!is_thunk) return valk_fire_resumption(vm, sp, self, n == 0 ? VALK_NIL : a0, false);
  Value* thunk = valk_object(self);
  Fix held = valk_header_words(thunk[0]) - VALK_THUNK_ARGUMENTS;
  for (Fix i = 0; i < held; ++i) sp[i] = thunk[VALK_THUNK_ARGUMENTS + i];
  sp[held] = a0;
  return valk_op_call(vm, sp, held + 1, reinterpret_cast<const ValkOp*>(thunk[VALK_THUNK_OP]));
}

// ---- the tables ---------------------------------------------------------------------------------

static inline bool is_continuation(Value self) {
  return valk_is_kind(self, VALK_KIND_CONTINUATION);
}

template <int n>
__attribute__((noinline)) static Value call_direct(Vm* vm, Value* sp, Value self, Value a0,
                                                   Value a1, Value a2) {
  if (valk_is_kind(self, VALK_KIND_PARTIAL))
    VALK_GOTO_DIRECT(direct_partial<n>, sp, self, a0, a1, a2);
  if (!is_continuation(self)) return simple_call<n>(vm, sp, self, a0);
  if (n > 1) return fail_one_argument(vm, sp, self, valk_given<n>(vm));
  return valk_run_nested(vm, sp, valk_call_continuation, self, n == 0 ? VALK_NIL : a0, 0, 0);
}

template <int n>
__attribute__((noinline)) static void call_suspend(Vm* vm, Value k, Value self, Value a0, Value a1,
                                                   Value a2) {
  if (n < 2 && is_continuation(self))
    VALK_GOTO(valk_call_continuation, k, self, n == 0 ? VALK_NIL : a0, 0, 0);
  if (valk_is_kind(self, VALK_KIND_PARTIAL)) VALK_GOTO(suspend_partial<n>, k, self, a0, a1, a2);
  vm->sp[0] = k;
  Value r = is_continuation(self) ? fail_one_argument(vm, vm->sp + 1, self, valk_given<n>(vm))
                                  : simple_call<n>(vm, vm->sp + 1, self, a0);
  VALK_GIVE(vm->sp[0], r);
}

// The most frequent of these calls, that of an open resumption with its value, has entries of its own.

/// Uses a resumption up that is open, if there is room in the queue: no call, so that no register is saved for one.
static inline bool resumes(Vm* vm, Value self, Value a0) {
  ValkControl* c = valk_control(vm);
  if (VALK_UNLIKELY(!valk_is_kind(self, VALK_KIND_RESUMPTION) || !valk_queue_has_room(c)))
    return false;
  Value task = valk_resumption_take(self);
  if (VALK_UNLIKELY(task == VALK_NIL)) return false;
  valk_task_make_ready(task, false);
  valk_queue_put(c, task, a0);
  return true;
}

static Value call_direct_with_one(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  if (resumes(vm, self, a0)) return VALK_NIL;
  VALK_GOTO_DIRECT(call_direct<1>, sp, self, a0, a1, a2);
}

static void call_suspend_with_one(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {
  if (resumes(vm, self, a0)) VALK_RETURN(k, VALK_NIL);
  VALK_GOTO(call_suspend<1>, k, self, a0, a1, a2);
}

const ValkDirect valk_call_direct_slow[5] = {call_direct<0>, call_direct_with_one, call_direct<2>,
                                             call_direct<3>, call_direct<4>};
const ValkSuspend valk_call_suspend_slow[5] = {call_suspend<0>, call_suspend_with_one,
                                               call_suspend<2>, call_suspend<3>, call_suspend<4>};
