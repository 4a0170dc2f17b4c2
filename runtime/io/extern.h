// What generated code says for (extern …): see runtime/valk_ext.h for the other side.
#pragma once

#include "runtime/valk.h"
#include "runtime/valk_ext.h"

/// What the closures of one plain extern share. Its C++ function is called by `apply`, with as many
/// arguments as it has parameters.
///
/// Without functions among its arguments it runs on the caller's stack. With one it may call Lisp, which
/// may wait or be captured: then it runs on a fiber (foreign.cpp).
struct ValkExternFn : ValkPrimitiveFn {
  ValkData (*apply)(const ValkData* arguments);
};
#define VALK_EXTERN_FN(name_, signature_, apply_, count_) \
  { VALK_BUILTIN_FN(valk_extern, name_, signature_, nullptr, count_, count_), (apply_) }
#define VALK_DECLARE_EXTERN_STUBS(n)                                     \
  Value valk_extern_direct_##n(Vm*, Value*, Value, Value, Value, Value); \
  void valk_extern_suspend_##n(Vm*, Value, Value, Value, Value, Value);
VALK_DECLARE_EXTERN_STUBS(0)
VALK_DECLARE_EXTERN_STUBS(1)
VALK_DECLARE_EXTERN_STUBS(2)
VALK_DECLARE_EXTERN_STUBS(3)
VALK_DECLARE_EXTERN_STUBS(4)
#undef VALK_DECLARE_EXTERN_STUBS

/// Starts an extern operation: the arguments are at sp[0..n). `start` calls its C++ function.
void valk_extern_start(Vm* vm, Value* sp, Fix n, ValkOpId op,
                       void (*start)(const ValkData* arguments, ValkHandle handle));
void valk_extern_cancel(Vm* vm, ValkOpId op);
