// Errors beyond value.h: the preallocated one, and how a trace is kept.
#pragma once

#include "runtime/value/text.h"
#include "runtime/value/value.h"

/// Raises :memory without allocating. Returns VALK_ERR.
VALK_COLD Value valk_fail_memory(Vm* vm);
/// Raises an argument count error of a builtin. Returns VALK_ERR.
VALK_COLD Value valk_fail_range(Vm* vm, Value* sp, const char* name, int argument, const char* what,
                                Value got);
/// For an argument that is no fixnum: :type, or, of an integer of another size, :range. Returns VALK_ERR.
VALK_COLD Value valk_fail_fix(Vm* vm, Value* sp, const char* name, int argument, Value got);
/// Adds a value as errors show it: in readable form, cut if it is long.
VALK_COLD void valk_show(ValkText* text, Value v);
/// The keyword of an error kind: a constant if the runtime knows it, else a new keyword.
Value valk_error_kind_keyword(Vm* vm, Value* sp, const char* kind);

inline bool valk_is_error(Value v) { return valk_is_kind(v, VALK_KIND_ERROR); }
/// The error with those of a list attached behind those that it has: the last of the list first. VALK_ERR: :memory.
Value valk_attach_all(Vm* vm, Value* sp, Value error, Value latest_first);

// Entries of a trace are addresses of sites; the low bits say how the frame was entered. In vm->trace
// and in the BYTES object of an error alike.
enum : Value {
  VALK_TRACE_CALL = 0,
  VALK_TRACE_AWAITED = 1,
  VALK_TRACE_SPAWNED = 2,
  VALK_TRACE_MASK = 3
};
inline const ValkSite* valk_trace_site(Value entry) {
  return reinterpret_cast<const ValkSite*>(entry & ~VALK_TRACE_MASK);
}
