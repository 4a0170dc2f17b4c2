// The arguments of a call as its convention passes them: three in registers, the others in vm->args,
// the count in the index of the entry or, from four on, in vm->argc. For the stubs of this folder.
#pragma once

#include "runtime/control/control.h"

/// How many arguments the entry with this index was given.
template <int n>
inline Fix valk_given(Vm* vm) {
  return n < 4 ? n : vm->argc;
}
/// Stores the arguments at out[0..count). Nothing may have happened since the call.
inline void valk_store_arguments(Vm* vm, Value* out, Fix count, Value a0, Value a1, Value a2) {
  if (count > 0) out[0] = a0;
  if (count > 1) out[1] = a1;
  if (count > 2) out[2] = a2;
  for (Fix i = 3; i < count; ++i) out[i] = vm->args[i];
}
/// Puts the arguments at in[0..count) where a callee finds those that are not in registers.
inline void valk_load_arguments(Vm* vm, const Value* in, Fix count) {
  vm->argc = count;
  for (Fix i = 3; i < count; ++i) vm->args[i] = in[i];
}
/// The index of the entry for so many arguments.
inline int valk_entry_index(Fix count) { return count < 4 ? static_cast<int>(count) : 4; }

/// Raises :arity for a callee that has a ValkFn. Returns VALK_ERR.
VALK_COLD Value valk_fail_arity(Vm* vm, Value* sp, const ValkFn* fn, int min, int max, Fix given);
/// The same for any name: "NAME takes N arguments, not GIVEN: SIGNATURE". max -1: any number.
VALK_COLD Value valk_fail_count(Vm* vm, Value* sp, const char* name, const char* signature, int min,
                                int max, Fix given);
