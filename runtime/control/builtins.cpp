// Builtins as values: the entries of their closures find function, arity and convention in a
// ValkPrimitiveFn, which generated code makes for the builtins that a program uses so. See valk.h.
#include "runtime/control/arguments.h"

static inline const ValkPrimitiveFn* builtin_of(Value self) {
  return static_cast<const ValkPrimitiveFn*>(valk_closure_fn(self));
}

static inline bool accepts(const ValkPrimitiveFn* fn, Fix count) {
  return count >= fn->min && (fn->max < 0 || count <= fn->max);
}

static VALK_COLD Value fail_builtin_arity(Vm* vm, Value* sp, const ValkPrimitiveFn* fn, Fix count) {
  return valk_fail_arity(vm, sp, fn, fn->min, fn->max, count);
}

/// Calls by the register convention.
static Value call_in_registers(Vm* vm, Value* sp, const ValkPrimitiveFn* fn, Value a0, Value a1,
                               Value a2) {
  const void* f = fn->function;
  switch (fn->max) {
    case 0:
      return reinterpret_cast<Value (*)(Vm*, Value*)>(const_cast<void*>(f))(vm, sp);
    case 1:
      return reinterpret_cast<Value (*)(Vm*, Value*, Value)>(const_cast<void*>(f))(vm, sp, a0);
    case 2:
      return reinterpret_cast<Value (*)(Vm*, Value*, Value, Value)>(const_cast<void*>(f))(vm, sp,
                                                                                          a0, a1);
    case 3:
      return reinterpret_cast<Value (*)(Vm*, Value*, Value, Value, Value)>(const_cast<void*>(f))(
          vm, sp, a0, a1, a2);
    default:
      return reinterpret_cast<Value (*)(Vm*, Value*, Value, Value, Value, Value)>(
          const_cast<void*>(f))(vm, sp, a0, a1, a2, vm->args[3]);
  }
}

template <int n>
static inline Value call_builtin(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  const ValkPrimitiveFn* fn = builtin_of(self);
  Fix count = valk_given<n>(vm);
  if (VALK_UNLIKELY(!accepts(fn, count))) return fail_builtin_arity(vm, sp, fn, count);
  if (fn->min == fn->max && fn->max <= 4) return call_in_registers(vm, sp, fn, a0, a1, a2);
  valk_store_arguments(vm, sp, count, a0, a1, a2);
  return reinterpret_cast<Value (*)(Vm*, Value*, Fix)>(const_cast<void*>(fn->function))(vm, sp,
                                                                                        count);
}

template <int n>
static inline Value call_operation(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {
  Fix count = valk_given<n>(vm);
  valk_store_arguments(vm, sp, count, a0, a1, a2);
  return valk_op_call(vm, sp, count, static_cast<const ValkOp*>(builtin_of(self)->function));
}

#define DEFINE_ENTRIES(n)                                                                         \
  Value valk_builtin_direct_##n(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {    \
    return call_builtin<n>(vm, sp, self, a0, a1, a2);                                             \
  }                                                                                               \
  void valk_builtin_suspend_##n(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {      \
    vm->sp[0] = k;                                                                                \
    Value r = call_builtin<n>(vm, vm->sp + 1, self, a0, a1, a2);                                  \
    VALK_GIVE(vm->sp[0], r);                                                                      \
  }                                                                                               \
  Value valk_operation_direct_##n(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) {  \
    return call_operation<n>(vm, sp, self, a0, a1, a2);                                           \
  }                                                                                               \
  void valk_operation_suspend_##n(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {    \
    vm->sp[0] = k;                                                                                \
    Value r = call_operation<n>(vm, vm->sp + 1, self, a0, a1, a2);                                \
    VALK_GIVE(vm->sp[0], r);                                                                      \
  }                                                                                               \
  void valk_suspending_suspend_##n(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2) {   \
    const ValkPrimitiveFn* fn = builtin_of(self);                                                 \
    Fix count = valk_given<n>(vm);                                                                \
    if (VALK_UNLIKELY(!accepts(fn, count))) {                                                     \
      vm->sp[0] = k;                                                                              \
      fail_builtin_arity(vm, vm->sp + 1, fn, count);                                              \
      VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);                                        \
    }                                                                                             \
    VALK_GOTO(reinterpret_cast<ValkSuspend>(const_cast<void*>(fn->function)), k, self, a0, a1,    \
              a2);                                                                                \
  }                                                                                               \
  Value valk_suspending_direct_##n(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2) { \
    return valk_run_nested(vm, sp, valk_suspending_suspend_##n, self, a0, a1, a2);                \
  }
DEFINE_ENTRIES(0)
DEFINE_ENTRIES(1)
DEFINE_ENTRIES(2)
DEFINE_ENTRIES(3)
DEFINE_ENTRIES(4)
#undef DEFINE_ENTRIES
