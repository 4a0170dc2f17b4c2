// Operations: the seam between control/ (tasks, continuations) and io/ (the loop, sockets, HTTP/2).
//
// An operation is started with an OpId, which names its continuation. The native side keeps the OpId
// (never a heap pointer) in the data field of its libuv or nghttp2 object, and says exactly once how
// it ended: valk_op_complete or valk_op_fail. An OpId is an index into the handle table with a
// generation number, so that saying it late (after cancellation) or twice is harmless: nothing happens.
#pragma once

#include "runtime/valk.h"

/// The native object of an operation in flight; set by start, read by cancel. Not owned by the table.
void valk_op_set_native(Vm* vm, ValkOpId op, void* native);
void* valk_op_native(Vm* vm, ValkOpId op);
/// The name that a live operation was called by, for errors: several names may share a start function. Where it is
/// the inside of a function of the library, which has the same name without the %, it is that one's.
const char* valk_op_name(Vm* vm, ValkOpId op);
/// False once it has been completed, failed or cancelled.
bool valk_op_is_live(Vm* vm, ValkOpId op);
/// The continuation of op goes on with `value`: the one place where a completion becomes a resume. It is
/// queued: no Lisp code runs before valk_drain. Does not collect; may be called from anywhere.
void valk_op_complete(Vm* vm, ValkOpId op, Value value);
/// The continuation of op goes on by raising an error. `kind` is a name with colon, as in ":io";
/// `message` and `kind` are copied; `data` is a Lisp value or VALK_NIL. Does not collect: the error is
/// made when its task is resumed.
void valk_op_fail(Vm* vm, ValkOpId op, const char* kind, const char* message, Value data);
/// The same for an error value that is already made.
void valk_op_fail_with(Vm* vm, ValkOpId op, Value error);

// Handles: resources of the runtime that a program holds (client, connection, server, timer, file).

typedef __UINT64_TYPE__ ValkHandleId;

/// How the native object of a handle is in use.
enum ValkHandleUse {
  VALK_HANDLE_GONE,  ///< what it stood for has ended by itself: nothing is left to close
  VALK_HANDLE_IDLE,  ///< it is open, and nothing is under way on it
  VALK_HANDLE_BUSY,  ///< an operation is under way on it, or it works by itself, as a server does
  VALK_HANDLE_LASTING,  ///< it works by itself, and may do so to the end: open then only to VALK_STRICT=1
};

/// What a kind of handle is: shown by print as <NAME>, closed by close.
struct ValkHandleKind {
  const char* name;
  /// Releases the native object. Called once: by close, at exit, or by the collector's last resort.
  void (*close)(Vm* vm, void* native);
  /// For the ledger of what is open. Null: others close it; the ledger and the collector leave it alone.
  ValkHandleUse (*use)(const void* native) = nullptr;
  /// Instead of close, if the program was cancelled before it got the handle. Null: as close.
  void (*abandon)(Vm* vm, void* native) = nullptr;
  /// Takes back what was read from one of its streams, a string, since who read it was cancelled: the next read gets
  /// it. Runs no Lisp. Only for kinds that valk_op_complete_piece is called with.
  void (*give_back)(Vm* vm, void* native, Value piece, Fix stream) = nullptr;
};
/// A new handle value. Allocates; null value VALK_ERR if memory is exhausted.
Value valk_handle_make(Vm* vm, Value* sp, const ValkHandleKind* kind, void* native);
/// Words that every handle begins with. What native code adds after them is its own, and Lisp values.
enum { VALK_HANDLE_WORDS = 4 };
/// The same with more words, VALK_UNSET: `words` in all.
Value valk_handle_make_with(Vm* vm, Value* sp, const ValkHandleKind* kind, void* native, Fix words);
/// valk_op_complete for an operation that has opened `handle`, with which `value` cannot be used any more
/// if nobody gets it: should the task be cancelled before it goes on, the handle is abandoned. The ledger
/// names the place in the program that waits for it. A `handle` that is none means valk_op_complete. The value is no
/// string.
void valk_op_complete_opened(Vm* vm, ValkOpId op, Value value, Value handle);
/// valk_op_complete with a string that was read from a stream of a handle, 0 if it has only one: should the task be
/// cancelled before it goes on, the handle gets it back.
void valk_op_complete_piece(Vm* vm, ValkOpId op, Value piece, ValkHandleId handle, Fix stream = 0);
/// The native object of a live handle of that kind, else null (wrong kind of value, or closed).
void* valk_handle_native(Vm* vm, Value handle, const ValkHandleKind* kind);
/// True if `value` is a handle of that kind, closed or not: tells :type from :closed.
bool valk_handle_is(Value value, const ValkHandleKind* kind);
/// Forgets the native object (it is gone): later uses raise :closed. Does not call kind->close.
void valk_handle_forget(Vm* vm, Value handle);
/// The id that native code may keep; forget by id.
ValkHandleId valk_handle_id(Value handle);
void valk_handle_forget_id(Vm* vm, ValkHandleId id);

// Roots for native code: a Lisp value kept by a native object between callbacks.
typedef __UINT64_TYPE__ ValkRoot;
ValkRoot valk_root_make(Vm* vm, Value value);
Value valk_root_get(Vm* vm, ValkRoot root);
void valk_root_set(Vm* vm, ValkRoot root, Value value);
void valk_root_free(Vm* vm, ValkRoot root);

// The loop's side (runtime/io/loop.h implements, control/ calls).

/// Runs the loop until an event was dispatched or nothing is pending. `wait` false: only polls.
/// Gives false if no event can ever come.
bool valk_loop_turn(Vm* vm, bool wait);
/// True until the program's top-level code and all tasks below it have ended.
bool valk_program_waits(Vm* vm);
/// After Lisp has run from a callback: drains the run queue (within its budget).
void valk_drain(Vm* vm);
