// The abstract machine of cps/machine.md: bottom frames, delimiters, boundaries, nested runs.
//
// Nothing here unwinds: a transition is a tail call, and what it needs to know stands in frames, in
// the list of segments and in the boundary record. So functions that end by VALK_GOTO keep no
// address-taken locals and no destructors.
#include "runtime/control/control.h"
#include "runtime/control/new_task.h"
#include "runtime/control/task_fibers.h"

// ---- bottom frames ------------------------------------------------------------------------------

ValkStaticFrame valk_frame_of_reset;
ValkStaticFrame valk_frame_of_task;
ValkStaticFrame valk_frame_of_native;
ValkStaticBoundary valk_boundary_of_scheduler;
ValkStaticBoundary valk_boundary_barrier;

/// A value reaches the end of a segment: the delimiter is popped, who pushed it goes on.
VALK_CODE static void end_of_reset(Vm* vm, Value, Value v, Value, Value, Value) {
  Value* segment = valk_object(vm->segments);
  vm->segments = segment[VALK_SEGMENT_NEXT];
  VALK_RETURN(segment[VALK_SEGMENT_K], v);
}

/// A value reaches the end of a nested run: the driver finds nothing to run, and returns.
VALK_CODE static void end_of_native(Vm* vm, Value, Value v, Value, Value, Value) { vm->result = v; }

void valk_leave_boundary(Vm* vm, Value, Value, Value, Value, Value) {
  VALK_GOTO(valk_leave_at_once, VALK_NIL, VALK_NIL, 0, 0, 0);
}

static const ValkFrame reset_descriptor = {VALK_FRAME_BOTTOM, nullptr, nullptr};
static const ValkFrame task_descriptor = {VALK_FRAME_TASK, nullptr, nullptr};
static const ValkFrame native_descriptor = {VALK_FRAME_NATIVE, nullptr, nullptr};

static void fill_frame(ValkStaticFrame* frame, const ValkFrame* descriptor, ValkSuspend code) {
  frame->header = VALK_FRAME_HEADER(descriptor, 3);
  frame->code = code;
  frame->parent = VALK_NIL;
}

static void fill_boundary(ValkStaticBoundary* boundary, ValkBoundaryKind kind) {
  for (Value& word : boundary->words) word = VALK_NIL;
  boundary->words[0] = valk_boundary_header(kind);
  boundary->words[VALK_BOUNDARY_K] = VALK_STATIC(valk_frame_of_native);
}

void valk_machine_init(Vm* vm) {
  fill_frame(&valk_frame_of_reset, &reset_descriptor, end_of_reset);
  fill_frame(&valk_frame_of_task, &task_descriptor, valk_end_of_task);
  fill_frame(&valk_frame_of_native, &native_descriptor, end_of_native);
  fill_boundary(&valk_boundary_of_scheduler, VALK_BOUNDARY_TASK);
  valk_boundary_of_scheduler.words[VALK_BOUNDARY_OUTER] = VALK_STATIC(valk_boundary_barrier);
  fill_boundary(&valk_boundary_barrier, VALK_BOUNDARY_BARRIER);
  vm->segments = VALK_NIL;
  vm->boundary = VALK_STATIC(valk_boundary_barrier);
}

VALK_CODE void valk_pass_to_parent(Vm* vm, Value k, Value v, Value, Value, Value) {
  VALK_RETURN(valk_object(k)[VALK_FRAME_PARENT], v);
}

// ---- delimiters ---------------------------------------------------------------------------------

Value valk_push_reset_slow(Vm* vm, Value* sp, Value k) {
  sp[0] = k;
  Value* p = valk_collect(vm, sp + 1, VALK_SEGMENT_WORDS);
  if (!p) return VALK_ERR;
  vm->hp = p + VALK_SEGMENT_WORDS;
  p[0] = VALK_HEADER(VALK_KIND_SEGMENT, VALK_SEGMENT_WORDS);
  p[VALK_SEGMENT_K] = sp[0];
  p[VALK_SEGMENT_NEXT] = vm->segments;
  vm->segments = valk_tag_object(p);
  return VALK_STATIC(valk_frame_of_reset);
}

bool valk_push_boundary(Vm* vm, Value* sp, Value k, ValkBoundaryKind kind, Value result) {
  sp[0] = k;
  sp[1] = result;
  Value* p = valk_alloc(vm, sp + 2, VALK_BOUNDARY_WORDS);
  if (!p) return false;
  valk_boundary_fill(vm, p, sp[0], kind, sp[1]);
  return true;
}

Value valk_push_async_reset(Vm* vm, Value* sp, Value k) {
  if (!valk_push_boundary(vm, sp, k, VALK_BOUNDARY_ASYNC_RESET, VALK_NIL)) return VALK_ERR;
  return VALK_STATIC(valk_frame_of_task);
}

// ---- capture ------------------------------------------------------------------------------------

/// What a continuation is that ends at the current boundary.
static ValkFlavour flavour_of_boundary(Vm* vm) {
  if (valk_boundary_kind(vm) == VALK_BOUNDARY_ASYNC_RESET) return VALK_FLAVOUR_ASYNC_RESET;
  if (valk_task_has(vm->task, VALK_TASK_RESET_REST)) return VALK_FLAVOUR_ASYNC_RESET;
  return vm->task == valk_control(vm)->root ? VALK_FLAVOUR_ROOT : VALK_FLAVOUR_ASYNC;
}

Value valk_capture_slow(Vm* vm, Value* sp, Value k) {
  ValkFlavour flavour = VALK_FLAVOUR_PLAIN;
  if (vm->segments == VALK_NIL) {
    if (valk_boundary_kind(vm) == VALK_BOUNDARY_BARRIER)
      return valk_fail(
          vm, sp, ":one-shot",
          "shift: the continuation goes through a call made by C++ and cannot be kept");
    flavour = flavour_of_boundary(vm);
  }
  sp[0] = k;
  Value* p = valk_alloc(vm, sp + 1, VALK_CONTINUATION_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_CONTINUATION, VALK_CONTINUATION_WORDS);
  p[VALK_CONTINUATION_FRAMES] = sp[0];
  p[VALK_CONTINUATION_FLAVOUR] = VALK_FIX(flavour);
  return valk_tag_object(p);
}

// ---- nested runs --------------------------------------------------------------------------------

/// Saves the control registers at sp[0..3) and raises the barrier.
static void raise_barrier(Vm* vm, Value* sp) {
  sp[0] = vm->segments;
  sp[1] = vm->boundary;
  sp[2] = vm->below;
  if (vm->boundary != VALK_STATIC(valk_boundary_barrier)) vm->below = vm->boundary;
  vm->segments = VALK_NIL;
  vm->boundary = VALK_STATIC(valk_boundary_barrier);
  vm->sp = sp + 3;
}

static Value lower_barrier(Vm* vm, Value* sp, Value* outer_sp) {
  vm->sp = outer_sp;
  vm->segments = sp[0];
  vm->boundary = sp[1];
  vm->below = sp[2];
  Value result = vm->result;
  vm->result = VALK_NIL;
  return result;
}

Value valk_run_nested(Vm* vm, Value* sp, ValkSuspend fn, Value self, Value a0, Value a1, Value a2) {
  if (VALK_UNLIKELY(valk_stack_is_low(vm))) return valk_stack_overflow(vm, nullptr);
  Value* outer_sp = vm->sp;
  raise_barrier(vm, sp);
  valk_drive(vm, fn, VALK_STATIC(valk_frame_of_native), self, a0, a1, a2);
  return lower_barrier(vm, sp, outer_sp);
}

Value valk_run_reset(Vm* vm, Value* sp, Value frame, bool is_async) {
  if (VALK_UNLIKELY(valk_stack_is_low(vm))) return valk_stack_overflow(vm, nullptr);
  Value* outer_sp = vm->sp;
  raise_barrier(vm, sp);
  vm->sp[0] = frame;
  Value k = VALK_STATIC(valk_frame_of_native);
  Value bottom =
      is_async ? valk_push_async_reset(vm, vm->sp + 1, k) : valk_push_reset(vm, vm->sp + 1, k);
  frame = vm->sp[0];
  vm->result = VALK_ERR;
  if (bottom != VALK_ERR) {
    valk_store(vm, frame, VALK_FRAME_PARENT, bottom);
    auto code = reinterpret_cast<ValkSuspend>(valk_object(frame)[VALK_FRAME_CODE]);
    if (is_async && valk_tasks_on_fibers)
      valk_run_on_fiber(vm, code, frame, VALK_NIL, 0, vm->task, vm->boundary);
    else
      valk_drive(vm, code, frame, VALK_NIL, 0, 0, 0);
  }
  return lower_barrier(vm, sp, outer_sp);
}

Value valk_bounce(Vm* vm, Value* sp) {
  Value r;
  do {
    r = vm->bounce(vm, sp, vm->next_self, vm->next_a0, vm->next_a1, vm->next_a2);
  } while (r == VALK_TAIL);
  return r;
}
