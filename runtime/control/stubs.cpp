// The stubs in the entries of a ValkFn: partial application, arity errors, rest lists, and the passage
// between direct and suspending code. See valk.h; n is the index of the entry.
//
// A direct stub that enters a body does so by a tail call, like the code it stands for. The suspending
// ones keep k at vm->sp[0] while they allocate.
#include "runtime/control/arguments.h"

// ---- partial application ------------------------------------------------------------------------

/// A partial application of self to the arguments at sp[1..count]; sp[0] is self.
static Value make_partial(Vm* vm, Value* sp, Fix count) {
  Fix words = VALK_PARTIAL_ARGUMENTS + count;
  Value* p = valk_alloc(vm, sp + 1 + count, words);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_PARTIAL, words);
  for (Fix i = 0; i <= count; ++i) p[VALK_PARTIAL_CALLEE + i] = sp[i];
  return valk_tag_object(p);
}

template <int n>
static inline Value partial(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  Fix count = valk_given<n>(vm);
  sp[0] = self;
  valk_store_arguments(vm, sp + 1, count, a0, a1, a2);
  return make_partial(vm, sp, count);
}

// ---- arity --------------------------------------------------------------------------------------

template <int n>
static inline Value arity(Vm* vm, Value* sp, Value self) {
  const ValkFn* fn = valk_closure_fn(self);
  return valk_fail_arity(vm, sp, fn, fn->arity, fn->has_rest ? -1 : fn->arity, valk_given<n>(vm));
}

// ---- rest lists ---------------------------------------------------------------------------------

/// With self at sp[0] and the arguments at sp[1..count], makes those from the arity on a list, which
/// takes the place of the first of them, and loads the arguments of the body. False: :memory.
static bool collect_rest(Vm* vm, Value* sp, Fix count) {
  Fix fixed = valk_closure_fn(sp[0])->arity;
  Value* end = sp + 1 + count;
  Value list = VALK_NIL;
  for (Fix i = count; i > fixed; --i) {
    list = valk_make_pair(vm, end, sp[i], list);
    if (list == VALK_ERR) return false;
  }
  sp[1 + fixed] = list;
  valk_load_arguments(vm, sp + 1, fixed + 1);
  return true;
}

/// What a body finds in its registers: the word if it is one of the arguments.
static inline Value loaded(Vm* vm, const Value* sp, int i) { return i < vm->argc ? sp[1 + i] : 0; }

/// Too few arguments for the fixed parameters: the result of the call.
template <int n>
static inline Value too_few(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  if (valk_given<n>(vm) == 0) return arity<n>(vm, sp, self);
  return partial<n>(vm, sp, self, a0, a1, a2);
}

template <int n>
static Value direct_rest(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  Fix count = valk_given<n>(vm);
  if (count < valk_closure_fn(self)->arity) return too_few<n>(vm, sp, self, a0, a1, a2);
  sp[0] = self;
  valk_store_arguments(vm, sp + 1, count, a0, a1, a2);
  if (!collect_rest(vm, sp, count)) return VALK_ERR;
  VALK_GOTO_DIRECT(valk_closure_fn(sp[0])->direct_body, sp, sp[0], loaded(vm, sp, 0),
                   loaded(vm, sp, 1), loaded(vm, sp, 2));
}

template <int n>
static void suspend_rest(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {
  Value* sp = vm->sp;
  Fix count = valk_given<n>(vm);
  sp[0] = k;
  if (count < valk_closure_fn(self)->arity) {
    Value r = too_few<n>(vm, sp + 1, self, a0, a1, a2);
    VALK_GIVE(sp[0], r);
  }
  sp[1] = self;
  valk_store_arguments(vm, sp + 2, count, a0, a1, a2);
  if (!collect_rest(vm, sp + 1, count)) VALK_GOTO(valk_raise, sp[0], VALK_NIL, 0, 0, 0);
  VALK_GOTO(valk_closure_fn(sp[1])->suspend_body, sp[0], sp[1], loaded(vm, sp + 1, 0),
            loaded(vm, sp + 1, 1), loaded(vm, sp + 1, 2));
}

// ---- four or more -------------------------------------------------------------------------------

Value valk_direct_many(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  const ValkFn* fn = valk_closure_fn(self);
  if (VALK_UNLIKELY(vm->argc < fn->arity)) return partial<4>(vm, sp, self, a0, a1, a2);
  if (VALK_UNLIKELY(vm->argc > fn->arity)) return arity<4>(vm, sp, self);
  VALK_GOTO_DIRECT(fn->direct_body, sp, self, a0, a1, a2);
}

/// The result of a call with a wrong number of arguments, given to k.
VALK_COLD static Value many_result(Vm* vm, Value self, Value a0, Value a1, Value a2) {
  Value* sp = vm->sp + 1;
  bool few = vm->argc < valk_closure_fn(self)->arity;
  return few ? partial<4>(vm, sp, self, a0, a1, a2) : arity<4>(vm, sp, self);
}

void valk_suspend_many(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {
  const ValkFn* fn = valk_closure_fn(self);
  if (VALK_UNLIKELY(vm->argc != fn->arity)) {
    vm->sp[0] = k;
    Value r = many_result(vm, self, a0, a1, a2);
    VALK_GIVE(vm->sp[0], r);
  }
  VALK_GOTO(fn->suspend_body, k, self, a0, a1, a2);
}

// ---- between direct and suspending code ---------------------------------------------------------

/// Calls direct code on vm->sp; gives its result.
static inline Value call_direct(Vm* vm, ValkDirect fn, Value self, Value a0, Value a1, Value a2) {
  return valk_settled(vm, vm->sp + 1, fn(vm, vm->sp + 1, self, a0, a1, a2));
}

Value valk_direct_nested_body(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  return valk_run_nested(vm, sp, valk_closure_fn(self)->suspend_body, self, a0, a1, a2);
}

void valk_suspend_lifted_body(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {
  vm->sp[0] = k;
  Value r = call_direct(vm, valk_closure_fn(self)->direct_body, self, a0, a1, a2);
  VALK_GIVE(vm->sp[0], r);
}

#define DEFINE_STUBS(n)                                                                          \
  Value valk_direct_partial_##n(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {   \
    return partial<n>(vm, sp, self, a0, a1, a2);                                                 \
  }                                                                                              \
  void valk_suspend_partial_##n(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {     \
    vm->sp[0] = k;                                                                               \
    Value r = partial<n>(vm, vm->sp + 1, self, a0, a1, a2);                                      \
    VALK_GIVE(vm->sp[0], r);                                                                     \
  }                                                                                              \
  Value valk_direct_arity_##n(Vm* vm, Value* sp, Value self, Value, Value, Value) {              \
    return arity<n>(vm, sp, self);                                                               \
  }                                                                                              \
  void valk_suspend_arity_##n(Vm* vm, Value k, Value self, Value, Value, Value) {                \
    vm->sp[0] = k;                                                                               \
    Value r = arity<n>(vm, vm->sp + 1, self);                                                    \
    VALK_GIVE(vm->sp[0], r);                                                                     \
  }                                                                                              \
  Value valk_direct_rest_##n(Vm* vm, [[maybe_unused]] Value* sp, Value self, Value a0, Value a1, \
                             Value a2) {                                                         \
    VALK_GOTO_DIRECT(direct_rest<n>, sp, self, a0, a1, a2);                                      \
  }                                                                                              \
  void valk_suspend_rest_##n(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {        \
    VALK_GOTO(suspend_rest<n>, k, self, a0, a1, a2);                                             \
  }                                                                                              \
  Value valk_direct_nested_##n(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {    \
    return valk_run_nested(vm, sp, valk_closure_fn(self)->suspend[n], self, a0, a1, a2);         \
  }                                                                                              \
  void valk_suspend_lifted_##n(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {      \
    vm->sp[0] = k;                                                                               \
    Value r = call_direct(vm, valk_closure_fn(self)->direct[n], self, a0, a1, a2);               \
    VALK_GIVE(vm->sp[0], r);                                                                     \
  }
DEFINE_STUBS(0)
DEFINE_STUBS(1)
DEFINE_STUBS(2)
DEFINE_STUBS(3)
DEFINE_STUBS(4)
#undef DEFINE_STUBS
