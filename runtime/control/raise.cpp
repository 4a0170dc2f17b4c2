// A raise: the error in flight walks from a frame outwards to the nearest handler. Handlers are frames,
// so those in a captured part belong to it, wherever it is resumed.
#include <string.h>

#include "runtime/control/control.h"
#include "runtime/control/task_fibers.h"
#include "runtime/value/error.h"
#include "runtime/value/store.h"

/// Adds a frame's site, if it has one, to the trace of the error in flight; `how` marks it. Gives the
/// mark for the next frame.
static inline Value trace_site(Vm* vm, const ValkSite* site, Value how) {
  if (!site) return how;
  if (vm->trace_count < VALK_MAX_TRACE) {
    Value entry = reinterpret_cast<Value>(site) | how;
    vm->trace[vm->trace_count++] = reinterpret_cast<const ValkSite*>(entry);
    valk_traced(vm, site->inlined_at);
  }
  return VALK_TRACE_CALL;
}

static inline bool is_bottom(const ValkFrame* descriptor) {
  return descriptor->role == VALK_FRAME_BOTTOM || descriptor->role == VALK_FRAME_TASK ||
         descriptor->role == VALK_FRAME_NATIVE;
}

// ---- segments of parked tasks -------------------------------------------------------------------

enum { SEGMENTS_HELD = VALK_FRAME_CAPTURES, SEGMENTS_FRAME_WORDS };

VALK_CODE static void restore_segments(Vm* vm, Value k, Value v, Value, Value, Value) {
  vm->segments = valk_object(k)[SEGMENTS_HELD];
  VALK_RETURN(valk_object(k)[VALK_FRAME_PARENT], v);
}

static const ValkFrame segments_frame = {VALK_FRAME_SEGMENTS, nullptr, nullptr};

Value valk_wrap_segments(Vm* vm, Value* sp, Value k) {
  sp[0] = k;
  Value* p = valk_alloc(vm, sp + 1, SEGMENTS_FRAME_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_FRAME_HEADER(&segments_frame, SEGMENTS_FRAME_WORDS);
  p[VALK_FRAME_CODE] = reinterpret_cast<Value>(restore_segments);
  p[VALK_FRAME_PARENT] = sp[0];
  p[SEGMENTS_HELD] = vm->segments;
  vm->segments = VALK_NIL;
  return valk_tag_object(p);
}

// ---- the walk -----------------------------------------------------------------------------------

/// The error reaches the end of a task: the task fails.
static void fail_task(Vm* vm, Value, Value, Value, Value, Value) {
  Value error = valk_catch(vm, vm->sp);
  valk_task_finish(vm, vm->task, error, true);
  VALK_GOTO(valk_leave_boundary, VALK_NIL, VALK_NIL, 0, 0, 0);
}

/// The error reaches a handler, the frame k.
static void enter_handler(Vm* vm, Value k, Value, Value, Value, Value) {
  vm->sp[0] = k;
  Value error = valk_catch(vm, vm->sp + 1);
  k = vm->sp[0];
  VALK_GOTO(valk_frame_descriptor(k)->raise, k, error, 0, 0, 0);
}

/// The error leaves a nested run: its driver finds nothing more to run.
static void leave_native(Vm* vm, Value, Value, Value, Value, Value) { vm->result = VALK_ERR; }

/// Pops the delimiter, or the boundary of an async-reset, whose bottom the error has reached; gives
/// the frame to go on from. Null value VALK_NIL: the bottom of a task.
static Value pop_bottom(Vm* vm, ValkFrameRole role) {
  if (role == VALK_FRAME_BOTTOM) {
    Value* segment = valk_object(vm->segments);
    vm->segments = segment[VALK_SEGMENT_NEXT];
    return segment[VALK_SEGMENT_K];
  }
  if (valk_boundary_kind(vm) != VALK_BOUNDARY_ASYNC_RESET) return VALK_NIL;
  Value* b = valk_object(vm->boundary);
  vm->segments = b[VALK_BOUNDARY_SEGMENTS];
  vm->task = b[VALK_BOUNDARY_TASK_WORD];
  vm->boundary = b[VALK_BOUNDARY_OUTER];
  return b[VALK_BOUNDARY_K];
}

/// Where the walk ends: what to enter, and with which frame.
struct Landing {
  ValkSuspend enter;
  Value k;
};

__attribute__((noinline)) static Landing walk(Vm* vm, Value k, Value how) {
  for (;;) {
    const ValkFrame* descriptor = valk_frame_descriptor(k);
    switch (descriptor->role) {
      case VALK_FRAME_PLAIN:
        how = trace_site(vm, descriptor->site, how);
        k = valk_object(k)[VALK_FRAME_PARENT];
        break;
      case VALK_FRAME_SEGMENTS:
        vm->segments = valk_object(k)[SEGMENTS_HELD];
        k = valk_object(k)[VALK_FRAME_PARENT];
        break;
      case VALK_FRAME_HANDLER:
        return {enter_handler, k};
      case VALK_FRAME_NATIVE:
        vm->trace_how = how;  // the frames that follow are those of direct code
        return {leave_native, k};
      case VALK_FRAME_BOTTOM:
      case VALK_FRAME_TASK:
        k = pop_bottom(vm, descriptor->role);
        if (k == VALK_NIL) return {fail_task, k};
        break;
    }
  }
}

void valk_raise(Vm* vm, Value k, Value, Value, Value, Value) {
  Landing landing = walk(vm, k, VALK_TRACE_CALL);
  VALK_GOTO(landing.enter, landing.k, VALK_NIL, 0, 0, 0);
}

/// Puts the trace of the error in flight, which another task has made, back into flight; so that the
/// frames of the task that awaited it follow. The error becomes a copy, since errors do not change.
static void reopen_trace(Vm* vm) {
  vm->trace_count = 0;
  Value* p = valk_alloc(vm, vm->sp, VALK_ERROR_WORDS);
  if (!p) return;  // :memory is in flight instead
  Value* error = valk_object(vm->error);
  for (int i = 0; i < VALK_ERROR_WORDS; ++i) p[i] = error[i];
  p[0] = VALK_HEADER(VALK_KIND_ERROR, VALK_ERROR_WORDS);
  p[VALK_ERROR_TRACE] = VALK_NIL;
  Value trace = error[VALK_ERROR_TRACE];
  vm->error = valk_tag_object(p);
  size_t count = valk_bytes_length(trace) / sizeof(Value);
  const Value* entries = reinterpret_cast<const Value*>(valk_bytes_data(trace));
  for (size_t i = 0; i < count; ++i)
    vm->trace[vm->trace_count++] = reinterpret_cast<const ValkSite*>(entries[i]);
}

void valk_raise_awaited(Vm* vm, Value k, Value, Value, Value, Value) {
  vm->trace_count = 0;
  if (valk_is_error(vm->error) &&
      valk_is_kind(valk_object(vm->error)[VALK_ERROR_TRACE], VALK_KIND_BYTES)) {
    vm->sp[0] = k;
    Value* sp = vm->sp++;
    reopen_trace(vm);
    vm->sp = sp;
    k = sp[0];
  }
  Landing landing = walk(vm, k, VALK_TRACE_AWAITED);
  VALK_GOTO(landing.enter, landing.k, VALK_NIL, 0, 0, 0);
}

const ValkSite* valk_own_site(Value k) {
  const ValkFrame* descriptor = valk_frame_descriptor(k);
  return descriptor == &valk_fiber_frame ? valk_fiber_site(k) : descriptor->site;
}

const ValkSite* valk_frame_site(Value k) {
  for (;;) {
    if (is_bottom(valk_frame_descriptor(k))) return nullptr;
    if (const ValkSite* site = valk_own_site(k)) return site;
    k = valk_object(k)[VALK_FRAME_PARENT];
  }
}

Value valk_next_frame(Value k, Value* segments) {
  const ValkFrame* descriptor = valk_frame_descriptor(k);
  if (descriptor->role == VALK_FRAME_SEGMENTS) *segments = valk_object(k)[SEGMENTS_HELD];
  if (!is_bottom(descriptor)) return valk_object(k)[VALK_FRAME_PARENT];
  if (descriptor->role != VALK_FRAME_BOTTOM || *segments == VALK_NIL) return VALK_NIL;
  Value outer = valk_object(*segments)[VALK_SEGMENT_K];
  *segments = valk_object(*segments)[VALK_SEGMENT_NEXT];
  return outer;
}

void valk_trace_frames(Vm* vm, Value k) {
  Value how = VALK_TRACE_CALL;
  Value segments = VALK_NIL;
  vm->trace_count = 0;
  for (; k != VALK_NIL; k = valk_next_frame(k, &segments))
    how = trace_site(vm, valk_own_site(k), how);
}

Value valk_error_spawned(Vm* vm, Value* sp, Value error, Value site) {
  if (!valk_is_error(error) || site == 0 || site == VALK_NIL) return error;
  Value trace = valk_object(error)[VALK_ERROR_TRACE];
  size_t bytes = valk_is_kind(trace, VALK_KIND_BYTES) ? valk_bytes_length(trace) : 0;
  if (bytes / sizeof(Value) >= VALK_MAX_TRACE) return error;
  sp[0] = error;
  sp[1] = valk_make_bytes(vm, sp + 1, bytes + sizeof(Value));
  Value* p = sp[1] == VALK_ERR ? nullptr : valk_alloc(vm, sp + 2, VALK_ERROR_WORDS);
  if (!p) return sp[0];
  Value* old = valk_object(sp[0]);
  for (int i = 0; i < VALK_ERROR_WORDS; ++i) p[i] = old[i];
  p[0] = VALK_HEADER(VALK_KIND_ERROR, VALK_ERROR_WORDS);
  p[VALK_ERROR_TRACE] = sp[1];
  Value* entries = reinterpret_cast<Value*>(valk_bytes_data(sp[1]));
  if (bytes) memcpy(entries, valk_bytes_data(old[VALK_ERROR_TRACE]), bytes);
  entries[bytes / sizeof(Value)] = site | VALK_TRACE_SPAWNED;
  return valk_tag_object(p);
}
