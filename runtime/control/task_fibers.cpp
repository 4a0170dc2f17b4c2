// See task_fibers.h.
//
// Who enters a fiber, its carrier, is the scheduler or the code of another task. A fiber that is to wait leaves
// with a request; the carrier begins the wait for it, on a fiber if what is awaited is code, and then goes on
// with its own. The frame of a fiber only notes that the fiber is to be entered: valk_continue_fibers does it,
// so that carriers do not nest however often an await fails at once.
//
// Each fiber has a shadow stack behind its machine stack. All of them are roots, from their base to where they
// were left.
#include "runtime/control/task_fibers.h"

#include <stdlib.h>

#include "runtime/control/fiber.h"
#include "runtime/control/table.h"
#include "runtime/gc/heap.h"
#include "runtime/value/error.h"

bool valk_tasks_on_fibers = false;

enum : size_t { TASK_STACK = size_t{16} << 20, SHADOW_FACTOR = 4 };

/// A stack that Lisp runs on: a fiber, or the one that the program began on.
struct TaskFiber {
  Vm* vm;
  ValkFiber* fiber;
  Value* base;  ///< of its shadow stack; base[0] is the boundary that it began under
  Value* top;   ///< while another runs: where it was left
  Value* limit;
  ValkSuspend entry;
  bool asks;  ///< it has left to wait: its request stands below top
  Value answer;
  bool is_error;
  TaskFiber* next;
  TaskFiber* previous;
};
/// The shadow stack of a fiber that has not begun, from base.
enum { JOB_BOUNDARY, JOB_K, JOB_SELF, JOB_A0, JOB_TASK, JOB_WORDS };
/// What await_on_fiber keeps on it.
enum {
  WAIT_K,
  WAIT_X,
  WAIT_FRAME,
  WAIT_SEGMENTS,
  WAIT_BOUNDARY,
  WAIT_BELOW,
  WAIT_TASK,
  WAIT_WORDS
};

static TaskFiber all;  ///< the first stack, and the head of the ring
static TaskFiber* current = &all;
static TaskFiber* to_enter;  ///< a fiber whose frame has been returned to
static size_t main_stack;

static void visit_stacks(Vm* vm, void*, ValkVisit visit) {
  TaskFiber* f = &all;
  do {
    visit(vm, &f->answer);
    if (f != current)
      for (Value* p = f->base; p < f->top; ++p) visit(vm, p);
    f = f->next;
  } while (f != &all);
}

void valk_task_fibers_begin(Vm* vm, size_t stack) {
  valk_tasks_on_fibers = valk_takes_long_way = true;
  main_stack = stack;
  all.base = vm->runtime->stack_base;
  all.limit = vm->sp_limit;
  all.answer = VALK_NIL;
  all.next = all.previous = &all;
  valk_gc_add_roots(vm, visit_stacks, nullptr);
}

// ---- making and entering ------------------------------------------------------------------------

static void run_job(void* data) {
  TaskFiber* f = static_cast<TaskFiber*>(data);
  Vm* vm = f->vm;
  Value* job = f->base;
  vm->sp = job + 1;
  vm->task = job[JOB_TASK];
  vm->boundary = job[JOB_BOUNDARY];
  vm->segments = VALK_NIL;
  valk_drive(vm, f->entry, job[JOB_K], job[JOB_SELF], job[JOB_A0], 0, 0);
}

static TaskFiber* make(Vm* vm, size_t stack) {
  TaskFiber* f = static_cast<TaskFiber*>(calloc(1, sizeof(TaskFiber)));
  if (!f) return nullptr;
  f->vm = vm;
  f->fiber = valk_fiber_take(stack, SHADOW_FACTOR * stack, run_job, f);
  if (!f->fiber) {
    free(f);
    return nullptr;
  }
  f->base = static_cast<Value*>(valk_fiber_extra(f->fiber));
  f->limit = f->base + SHADOW_FACTOR * stack / sizeof(Value);
  f->answer = VALK_NIL;
  f->next = &all;
  f->previous = all.previous;
  f->previous->next = f;
  all.previous = f;
  return f;
}

VALK_COLD static void fail_no_stack(Vm* vm) {
  valk_fail_no_fiber(vm, vm->sp, "another task", "; compiled with --async=frames, tasks need none");
}

/// The fiber is back in the pool.
static void forget(TaskFiber* f) {
  f->previous->next = f->next;
  f->next->previous = f->previous;
  free(f);
}

/// One that has not begun.
static void drop(TaskFiber* f) {
  valk_fiber_drop(f->fiber);
  forget(f);
}

/// Runs a fiber until it leaves or ends. True: it asks to wait.
static bool enter(Vm* vm, TaskFiber* f) {
  TaskFiber* carrier = current;
  carrier->top = vm->sp;
  current = f;
  vm->runtime->stack_base = f->base;
  vm->sp_limit = f->limit;
  vm->sp = f->top;
  bool asks = valk_fiber_enter(vm, f->fiber);
  f->top = vm->sp;
  current = carrier;
  vm->runtime->stack_base = carrier->base;
  vm->sp_limit = carrier->limit;
  vm->sp = carrier->top;
  return asks;
}

// ---- waiting ------------------------------------------------------------------------------------

enum { FIBER_OF_FRAME = VALK_FRAME_CAPTURES, FIBER_FRAME_SITE, FIBER_FRAME_WORDS };

/// The fiber of a frame is to go on with an answer, for vm->task: the rest of an async-reset has become another
/// task than the one that asked.
static void note(Vm* vm, Value frame, Value answer, bool is_error) {
  Value word = valk_object(frame)[FIBER_OF_FRAME];
  TaskFiber* f = reinterpret_cast<TaskFiber*>(VALK_INT(word));
  f->answer = answer;
  f->is_error = is_error;
  (f->top - WAIT_WORDS)[WAIT_TASK] = vm->task;
  to_enter = f;
}

VALK_CODE static void return_to_fiber(Vm* vm, Value k, Value v, Value, Value, Value) {
  note(vm, k, v, false);
}
static void raise_on_fiber(Vm* vm, Value k, Value error, Value, Value, Value) {
  note(vm, k, error, true);
}

const ValkFrame valk_fiber_frame = {VALK_FRAME_HANDLER, nullptr, raise_on_fiber};

const ValkSite* valk_fiber_site(Value frame) {
  return reinterpret_cast<const ValkSite*>(valk_object(frame)[FIBER_FRAME_SITE]);
}

bool valk_waits_on_fiber(Value task) {
  Value k = valk_task_get(task, VALK_TASK_K);
  return valk_is_kind(k, VALK_KIND_FRAME) && valk_frame_descriptor(k) == &valk_fiber_frame;
}

/// True if waiting for x runs no code.
static bool is_quiet(Value x) {
  return valk_is_kind(x, VALK_KIND_THUNK) || valk_is_kind(x, VALK_KIND_TASK) ||
         valk_is_kind(x, VALK_KIND_FUTURE);
}

/// A wait leaves a boundary for good, and who goes on outside it does so elsewhere: the fiber keeps a boundary
/// that has the scheduler outside. Gives the one to leave. VALK_ERR: :memory.
static Value detach_boundary(Vm* vm, Value* wait) {
  if (wait[WAIT_BELOW] == VALK_STATIC(valk_boundary_of_scheduler)) return wait[WAIT_BELOW];
  Value* p = valk_alloc(vm, vm->sp, VALK_BOUNDARY_WORDS);
  if (!p) return VALK_ERR;
  Value kept = wait[WAIT_BELOW];
  for (int i = 0; i < VALK_BOUNDARY_WORDS; ++i) {
    p[i] = valk_object(kept)[i];
    if (i > 0) valk_store(vm, kept, i, valk_boundary_of_scheduler.words[i]);
  }
  p[0] &= ~VALK_REMEMBERED;
  *valk_object(kept) &= ~VALK_BOUNDARY_KIND_BITS;  // the scheduler's is 0: that of a task
  valk_store(vm, kept, VALK_BOUNDARY_OUTER, VALK_STATIC(valk_boundary_of_scheduler));
  return valk_tag_object(p);
}

/// The same on this stack: no code runs for it.
static void serve_here(Vm* vm, Value* wait) {
  vm->task = wait[WAIT_TASK];
  vm->boundary = wait[WAIT_BELOW];
  vm->segments = VALK_NIL;
  valk_drive(vm, valk_await_async, wait[WAIT_FRAME], VALK_NIL, wait[WAIT_X], 0, 0);
}

/// Begins the wait that a fiber asks for.
static void serve(Vm* vm, TaskFiber* f) {
  Value* wait = f->top - WAIT_WORDS;
  bool is_plain = wait[WAIT_BELOW] == VALK_STATIC(valk_boundary_of_scheduler);
  if (is_plain && is_quiet(wait[WAIT_X])) return serve_here(vm, wait);
  TaskFiber* g = make(vm, TASK_STACK);
  if (!g) fail_no_stack(vm);
  Value boundary = g ? detach_boundary(vm, wait) : VALK_ERR;
  if (boundary == VALK_ERR) {
    if (g) drop(g);
    vm->task = wait[WAIT_TASK];
    return note(vm, wait[WAIT_FRAME], valk_catch(vm, vm->sp), true);
  }
  g->entry = valk_await_async;
  const Value job[JOB_WORDS] = {boundary, wait[WAIT_FRAME], VALK_NIL, wait[WAIT_X],
                                wait[WAIT_TASK]};
  for (int i = 0; i < JOB_WORDS; ++i) g->base[i] = job[i];
  g->top = g->base + JOB_WORDS;
  to_enter = g;
}

void valk_continue_fibers(Vm* vm) {
  while (TaskFiber* f = to_enter) {
    to_enter = nullptr;
    if (enter(vm, f))
      serve(vm, f);
    else
      forget(f);
  }
}

enum { SAVED_SEGMENTS, SAVED_BOUNDARY, SAVED_TASK, SAVED_BELOW, SAVED_WORDS };

bool valk_run_on_fiber(Vm* vm, ValkSuspend fn, Value k, Value self, Value a0, Value task,
                       Value boundary, bool is_main) {
  TaskFiber* f = make(vm, is_main ? main_stack : size_t{TASK_STACK});
  if (!f) {
    fail_no_stack(vm);
    return false;
  }
  f->entry = fn;
  Value job[JOB_WORDS] = {boundary, k, self, a0, task};
  for (int i = 0; i < JOB_WORDS; ++i) f->base[i] = job[i];
  f->top = f->base + JOB_WORDS;
  Value* saved = vm->sp;
  saved[SAVED_SEGMENTS] = vm->segments;
  saved[SAVED_BOUNDARY] = vm->boundary;
  saved[SAVED_TASK] = vm->task;
  saved[SAVED_BELOW] = vm->below;
  vm->sp = saved + SAVED_WORDS;
  to_enter = f;
  valk_continue_fibers(vm);
  vm->sp = saved;
  vm->segments = saved[SAVED_SEGMENTS];
  vm->boundary = saved[SAVED_BOUNDARY];
  vm->task = saved[SAVED_TASK];
  vm->below = saved[SAVED_BELOW];
  return true;
}

bool valk_run_task_on_fiber(Vm* vm, ValkSuspend fn, Value k, Value self, Value a0, Value task) {
  return valk_run_on_fiber(vm, fn, k, self, a0, task, VALK_STATIC(valk_boundary_of_scheduler));
}

bool valk_can_await_on_fiber(Vm* vm) {
  if (!valk_tasks_on_fibers || current == &all) return false;
  Value below = vm->below;
  if (below == current->base[JOB_BOUNDARY]) return true;
  // Another boundary was entered on this stack. Who goes on outside it must not stand on this stack.
  Value outer = valk_object(below)[VALK_BOUNDARY_OUTER];
  return outer != VALK_STATIC(valk_boundary_barrier);
}

/// The frame that the task waits with. VALK_ERR: :memory. Keeps what is below sp.
static Value make_fiber_frame(Vm* vm, Value* sp) {
  Value* p = valk_alloc(vm, sp, FIBER_FRAME_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_FRAME_HEADER(&valk_fiber_frame, FIBER_FRAME_WORDS);
  p[VALK_FRAME_CODE] = reinterpret_cast<Value>(return_to_fiber);
  p[VALK_FRAME_PARENT] = vm->sp[WAIT_K];
  const ValkSite* site = valk_frame_site(vm->sp[WAIT_K]);
  p[FIBER_FRAME_SITE] = reinterpret_cast<Value>(site ? site : vm->await_site);
  vm->await_site = nullptr;
  p[FIBER_OF_FRAME] = VALK_FIX(reinterpret_cast<intptr_t>(current));
  return valk_tag_object(p);
}

/// Leaves the fiber with the request at vm->sp, and comes back with the registers as they were.
static void leave(Vm* vm) {
  Value* wait = vm->sp;
  wait[WAIT_SEGMENTS] = vm->segments;
  wait[WAIT_BOUNDARY] = vm->boundary;
  wait[WAIT_BELOW] = vm->below;
  wait[WAIT_TASK] = vm->task;
  vm->sp = wait + WAIT_WORDS;
  valk_fiber_leave();
  vm->sp = wait;
  vm->segments = wait[WAIT_SEGMENTS];
  vm->boundary = wait[WAIT_BOUNDARY];
  vm->below = wait[WAIT_BELOW];
  vm->task = wait[WAIT_TASK];
}

static Value take_answer() {
  Value answer = current->answer;
  current->answer = VALK_NIL;
  return answer;
}

void valk_await_on_fiber(Vm* vm, Value k, Value, Value a0, Value, Value) {
  Value* wait = vm->sp;
  wait[WAIT_K] = k;
  wait[WAIT_X] = a0;
  wait[WAIT_FRAME] = make_fiber_frame(vm, wait + WAIT_X + 1);
  if (wait[WAIT_FRAME] == VALK_ERR) VALK_GOTO(valk_raise, wait[WAIT_K], VALK_NIL, 0, 0, 0);
  leave(vm);
  if (!current->is_error) VALK_RETURN(wait[WAIT_K], take_answer());
  vm->error = take_answer();
  VALK_GOTO(valk_raise_awaited, wait[WAIT_K], VALK_NIL, 0, 0, 0);
}
