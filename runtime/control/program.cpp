// The life of a program: stacks, heap, the root task, the loop until nothing is left, the exit status.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/control/control.h"
#include "runtime/control/simulation.h"
#include "runtime/control/stack.h"
#include "runtime/control/table.h"
#include "runtime/control/task_fibers.h"
#include "runtime/control/trace.h"
#include "runtime/gc/heap.h"
#include "runtime/prims/output.h"
#include "runtime/value/error.h"
#include "runtime/value/print.h"

// Only programs that reach runtime/io have a loop.
__attribute__((weak)) bool valk_loop_turn(Vm* vm, bool wait);
__attribute__((weak)) void valk_loop_close(Vm* vm);

enum : size_t { DEFAULT_STACK = size_t{1} << 30, MIN_STACK = size_t{64} << 10 };
/// Slots of the shadow stack to reserve for each byte of the machine stack, in bytes: a native frame is
/// at least a quarter of what its function keeps on the shadow stack.
enum : size_t { SHADOW_FACTOR = 4 };

// ---- making control -----------------------------------------------------------------------------

static void visit_roots(Vm* vm, void* data, ValkVisit visit) {
  ValkControl* c = static_cast<ValkControl*>(data);
  c->has_collected = true;
  visit(vm, &c->root);
  c->spare = VALK_NIL;  // it would be old
  bool skips_old = !valk_gc_is_full(vm) && c->ready_seen > c->ready_head;
  for (size_t i = skips_old ? c->ready_seen : c->ready_head; i != c->ready_tail; ++i) {
    ValkReady* ready = valk_queue_at(c, i);
    visit(vm, &ready->task);
    visit(vm, &ready->v);
  }
  for (size_t i = 0; i < c->failed_count; ++i) {
    visit(vm, &c->failed[i].task);
    visit(vm, &c->failed[i].parent);
  }
  valk_slots_visit(vm, c, visit);
}

bool valk_control_init(Vm* vm) {
  ValkControl* c = static_cast<ValkControl*>(calloc(1, sizeof(ValkControl)));
  if (!c) return false;
  vm->runtime->control = c;
  c->root = c->spare = VALK_NIL;
  valk_slots_init(c);
  valk_machine_init(vm);
  valk_gc_add_roots(vm, visit_roots, c);
  valk_trace_add_roots(vm);
  valk_print_hook = valk_print_control_value;
  Value root = valk_task_make(vm, vm->sp, VALK_NIL, nullptr);
  if (root == VALK_ERR) return false;
  c->root = vm->task = root;
  return true;
}

void valk_control_destroy(Vm* vm) {
  ValkControl* c = valk_control(vm);
  free(c->ready);
  free(c->slots);
  free(c->young);
  free(c->failed);
  free(c->orphans);
  free(c);
  vm->runtime->control = nullptr;
}

// ---- running ------------------------------------------------------------------------------------

/// The first frame of the root task: runs the program's top-level code.
VALK_CODE static void enter_main(Vm* vm, Value, Value, Value, Value, Value) {
  Value main = vm->runtime->program->main;
  VALK_GOTO(valk_suspend_entry(main, 0), VALK_STATIC(valk_frame_of_task), main, 0, 0, 0);
}

static void enter_program(Vm* vm) {
  if (!valk_tasks_on_fibers) return valk_drive(vm, enter_main, VALK_NIL, VALK_NIL, 0, 0, 0);
  bool runs =
      valk_run_on_fiber(vm, enter_main, VALK_NIL, VALK_NIL, 0, vm->task, vm->boundary, true);
  if (!runs) valk_task_finish(vm, valk_control(vm)->root, valk_catch(vm, vm->sp), true);
}

static void run_main(Vm* vm) {
  vm->task = valk_control(vm)->root;
  vm->segments = VALK_NIL;
  vm->boundary = VALK_STATIC(valk_boundary_of_scheduler);
  if (!valk_trace_is_on) return enter_program(vm);
  *vm->sp++ = vm->task;
  uint64_t begun = valk_trace_run_begun(vm);
  enter_program(vm);
  valk_trace_run_ended(vm, begun);
  vm->sp--;
}

/// Turns the loop once, waiting if there is nothing to resume. False: nothing will ever happen.
static bool turn(Vm* vm) {
  valk_note_time(vm);
  bool idle = valk_queue_is_empty(vm);
  if (idle && valk_trace_is_on) valk_trace_flush();
  bool turned = valk_loop_turn && valk_loop_turn(vm, idle);
  return turned || !valk_queue_is_empty(vm);
}

static bool has_failed(Vm* vm) {
  Value root = valk_control(vm)->root;
  return valk_task_state(root) == VALK_TASK_ENDED && valk_task_outcome(root) != VALK_OUTCOME_DONE;
}

bool valk_program_waits(Vm* vm) {
  return valk_task_state(valk_control(vm)->root) != VALK_TASK_ENDED;
}

/// Runs everything that the program has begun.
static void run_all(Vm* vm) {
  valk_note_time(vm);
  run_main(vm);
  do {
    valk_drain(vm);
    if (has_failed(vm)) return;
  } while (turn(vm));
}

/// Reports how the program ended; gives its status.
static int conclude(Vm* vm) {
  ValkControl* c = valk_control(vm);
  if (has_failed(vm)) {
    valk_report_error(vm, valk_task_get(c->root, VALK_TASK_K));
    return 1;
  }
  if (valk_program_waits(vm)) {
    valk_report_deadlock(vm);
    return 1;
  }
  return c->status;
}

/// Reports what the program has left open, if it ended well or VALK_STRICT is set; gives the status, which
/// VALK_STRICT makes 1 if something was open. VALK_STRICT=0 keeps quiet.
static int settle_ledger(Vm* vm, int status, bool ended_well) {
  const char* strict = getenv("VALK_STRICT");
  bool is_strict = strict && *strict && strcmp(strict, "0") != 0;
  bool is_wanted = is_strict || (ended_well && !strict);
  ValkControl* c = valk_control(vm);
  if (!is_wanted || !c->report_open || c->report_open(vm, is_strict) == 0) return status;
  return is_strict && status == 0 ? 1 : status;
}

struct Run {
  Vm* vm;
  int status;
};

static void run_program(void* data) {
  Run* run = static_cast<Run*>(data);
  run_all(run->vm);
  int status = conclude(run->vm);
  run->status = settle_ledger(run->vm, status, status == 0);
  if (valk_loop_close) valk_loop_close(run->vm);
}

static size_t wanted_stack() {
  const char* text = getenv("VALK_STACK");
  size_t bytes = text ? valk_parse_size(text) : 0;
  if (bytes == 0) return DEFAULT_STACK;
  return bytes < MIN_STACK ? size_t{MIN_STACK} : bytes;
}

static int fail_to_start(const char* what) {
  fprintf(stderr, "valk: the system has no address space for the %s\n", what);
  return 1;
}

int valk_main(int argc, char** argv, const ValkProgram* program) {
  if (!valk_simulation_begin() || !valk_trace_begin()) return 2;
  static Vm machine;
  Vm* vm = &machine;
  ValkHeapOptions options = valk_heap_options_from_environment();
  size_t stack = wanted_stack();
  options.stack_bytes = SHADOW_FACTOR * stack;
  if (!valk_heap_init(vm, options)) return fail_to_start("heap");
  vm->runtime->program = program;
  vm->runtime->argc = argc;
  vm->runtime->argv = argv;
  Run run = {vm, 1};
  if (!valk_control_init(vm)) return fail_to_start("heap");
  if (program->tasks_on_fibers) valk_task_fibers_begin(vm, stack);
  if (!valk_run_on_stack(vm, stack, run_program, &run)) return fail_to_start("stack");
  if (!valk_flush_output(vm) && run.status == 0) run.status = 1;
  if (run.status != 0) valk_simulation_report();
  valk_trace_end();
  return run.status;
}

static Value end_program(Vm* vm, Value* sp, Fix n, const char* name) {
  Value status = n == 0 ? VALK_FIX(0) : sp[0];
  if (!valk_is_fix(status) || VALK_INT(status) < 0 || VALK_INT(status) > 255)
    return valk_fail_type(vm, sp + n, name, 1, "an integer from 0 to 255", status);
  valk_flush_output(vm);
  int reported = settle_ledger(vm, static_cast<int>(VALK_INT(status)), false);
  if (reported != 0) valk_simulation_report();
  exit(reported);
}

Value valk_exit(Vm* vm, Value* sp, Fix n) { return end_program(vm, sp, n, "exit"); }
Value valk_shutdown(Vm* vm, Value* sp, Fix n) { return end_program(vm, sp, n, "shutdown"); }
