// What the runtime's own C++ needs of values beyond valk.h: constructors, accessors, errors, printing.
// Constructors allocate: see the RULE in valk.h. Each gives VALK_ERR with :memory raised if it cannot.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/valk.h"

// ---- strings, symbols ---------------------------------------------------------------------------
Value valk_make_string(Vm* vm, Value* sp, const char* bytes, size_t length);
/// A string of `length` unset bytes; fill valk_string_bytes before the next allocation.
Value valk_make_string_space(Vm* vm, Value* sp, size_t length);
Value valk_make_symbol(Vm* vm, Value* sp, const char* name, size_t length);
Value valk_make_keyword(Vm* vm, Value* sp, const char* name,
                        size_t length);  ///< name with its colon
inline size_t valk_string_length(Value s) { return valk_object(s)[1]; }
inline char* valk_string_bytes(Value s) { return reinterpret_cast<char*>(valk_object(s) + 2); }
inline size_t valk_symbol_length(Value s) { return valk_object(s)[1]; }
inline char* valk_symbol_bytes(Value s) { return reinterpret_cast<char*>(valk_object(s) + 3); }
/// A keyword with that name (with colon)?
bool valk_is_keyword(Value v, const char* name);

// ---- numbers ------------------------------------------------------------------------------------
inline double valk_float_value(Value v) {
  double d;
  __builtin_memcpy(&d, valk_object(v) + 1, sizeof d);
  return d;
}
/// A fixnum, or a bignum if it does not fit.
Value valk_make_integer(Vm* vm, Value* sp, int64_t i);

// ---- pairs --------------------------------------------------------------------------------------
/// head and tail need not be saved by the caller.
Value valk_make_pair_slow(Vm* vm, Value* sp, Value head, Value tail);
inline Value valk_make_pair(Vm* vm, Value* sp, Value head, Value tail) {
  if (!valk_has_room(vm, 2)) return valk_make_pair_slow(vm, sp, head, tail);
  return valk_take_pair(vm, head, tail);
}
inline Value valk_head(Value p) { return valk_pair(p)[0]; }
inline Value valk_tail(Value p) { return valk_pair(p)[1]; }
/// The property list's value for a keyword name with colon, or `otherwise`.
Value valk_plist_get(Value list, const char* key, Value otherwise);
/// If v is a block, its list; else v.
inline Value valk_unblock(Value v) {
  return VALK_UNLIKELY(valk_is_kind(v, VALK_KIND_BLOCK)) ? valk_object(v)[1] : v;
}

// ---- equality, kinds ----------------------------------------------------------------------------
/// ":integer", ":list", … as (type x) gives it, without colon.
const char* valk_type_name(Value v);
bool valk_is_callable(Value v);

// ---- errors -------------------------------------------------------------------------------------
enum {
  VALK_ERROR_KIND = 1,
  VALK_ERROR_MESSAGE,
  VALK_ERROR_DATA,
  VALK_ERROR_CAUSE,
  VALK_ERROR_ATTACHED,
  VALK_ERROR_TRACE,
  VALK_ERROR_WORDS
};
/// Makes an error value. `kind` is a name with colon.
Value valk_make_error(Vm* vm, Value* sp, const char* kind, const char* message, Value data);
/// Raises from direct code: sets vm->error, clears the trace, returns VALK_ERR. printf-like.
Value valk_fail(Vm* vm, Value* sp, const char* kind, const char* format, ...)
    __attribute__((format(printf, 4, 5)));
/// "NAME: argument N must be WHAT, not SHOWN": raises :type. Argument 0: the name says what it is.
Value valk_fail_type(Vm* vm, Value* sp, const char* name, int argument, const char* what,
                     Value got);

// ---- printing -----------------------------------------------------------------------------------
/// The printed form (print) or readable form (repr) as a new string. Iterative in depth.
Value valk_to_string(Vm* vm, Value* sp, Value v, bool readable);
/// Writes an error report: FILE:LINE:COL: error: MESSAGE, source line, caret, frames; to stderr.
void valk_report_error(Vm* vm, Value error);
/// Writes FILE:LINE:COL: warning: MESSAGE and the source line to standard error; site may be null.
void valk_report_warning(Vm* vm, const ValkSite* site, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
