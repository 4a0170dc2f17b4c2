// The inside of control/: how tasks and boundaries are laid out, and what its files offer each other.
// The machine that they implement is described in cps/machine.md.
//
// Every function here that takes sp, or whose comment says so, may collect. Suspending functions keep
// what they need across a collection at vm->sp[0..), as valk.h says.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/control/operation.h"
#include "runtime/gc/object.h"
#include "runtime/value/runtime.h"
#include "runtime/value/value.h"

// ---- boundaries ---------------------------------------------------------------------------------

/// What happens to a value that reaches the bottom of a boundary.
enum ValkBoundaryKind {
  VALK_BOUNDARY_TASK,         ///< it ends vm->task; the outer k gets RESULT
  VALK_BOUNDARY_ASYNC_RESET,  ///< the outer k gets it; nothing has been awaited yet
  VALK_BOUNDARY_BARRIER,      ///< a nested run of C++: nothing may be captured across it
};
enum {
  VALK_BOUNDARY_K = 1,      ///< who goes on when the boundary is left
  VALK_BOUNDARY_SEGMENTS,   ///< the outer segments
  VALK_BOUNDARY_OUTER,      ///< the outer boundary
  VALK_BOUNDARY_TASK_WORD,  ///< the outer task
  VALK_BOUNDARY_RESULT,     ///< what the outer k gets
  VALK_BOUNDARY_WORDS,
};
/// The header's bits for its kind; the header's low 16 bits are kind and size.
enum : Value {
  VALK_BOUNDARY_KIND_SHIFT = 16,
  VALK_BOUNDARY_KIND_BITS = Value{3} << VALK_BOUNDARY_KIND_SHIFT
};
inline Value valk_boundary_header(ValkBoundaryKind kind) {
  return VALK_HEADER(VALK_KIND_BOUNDARY, VALK_BOUNDARY_WORDS) | Value{kind}
                                                                    << VALK_BOUNDARY_KIND_SHIFT;
}
/// A boundary outside the heap: that of tasks resumed by the scheduler, and the barrier.
struct ValkStaticBoundary {
  Value words[VALK_BOUNDARY_WORDS];
} __attribute__((aligned(16)));
extern ValkStaticBoundary valk_boundary_of_scheduler;
extern ValkStaticBoundary valk_boundary_barrier;

inline ValkBoundaryKind valk_boundary_kind(Vm* vm) {
  Value header = *valk_object(vm->boundary);
  return static_cast<ValkBoundaryKind>((header & VALK_BOUNDARY_KIND_BITS) >>
                                       VALK_BOUNDARY_KIND_SHIFT);
}
/// Pushes a boundary whose outer side is k and the present state of the Vm; the inside has no segments.
/// False: :memory is raised. k and result are kept safe.
bool valk_push_boundary(Vm* vm, Value* sp, Value k, ValkBoundaryKind kind, Value result);
/// Suspending code: leaves the current boundary; its outer k gets its result.
void valk_leave_boundary(VALK_SUSPEND_PARAMS);
/// The code of the frame at the bottom of a task: a value reaches the end of an async boundary.
void valk_end_of_task(VALK_SUSPEND_PARAMS);

/// Runs fn, and whatever it ends by calling, until control returns to C++.
inline void valk_drive(Vm* vm, ValkSuspend fn, Value k, Value self, Value a0, Value a1, Value a2) {
  fn(vm, k, self, a0, a1, a2);
  while (vm->next) {
    ValkSuspend next = vm->next;
    vm->next = nullptr;
    next(vm, vm->next_k, vm->next_self, vm->next_a0, vm->next_a1, vm->next_a2);
  }
}
/// The result of a direct call, whatever mode its code was compiled in.
inline Value valk_settled(Vm* vm, Value* sp, Value r) {
  return VALK_UNLIKELY(r == VALK_TAIL) ? valk_bounce(vm, sp) : r;
}

/// Suspending code: gives the result of direct code to k, or raises the error in flight there.
#define VALK_GIVE(k_, r_)                                                                \
  do {                                                                                   \
    if (VALK_UNLIKELY((r_) == VALK_ERR)) VALK_GOTO(valk_raise, (k_), VALK_NIL, 0, 0, 0); \
    VALK_RETURN((k_), (r_));                                                             \
  } while (0)

// ---- continuations, resumptions -----------------------------------------------------------------

/// The task that waits; nil once the resumption has been called, or is dead.
enum { VALK_RESUMPTION_TASK = 1, VALK_RESUMPTION_WORDS };
/// Header bit of a resumption whose task has been cancelled: calling it does nothing.
enum : Value { VALK_RESUMPTION_DEAD = Value{1} << 16 };
inline bool valk_resumption_is_open(Value resumption) {
  return valk_object(resumption)[VALK_RESUMPTION_TASK] != VALK_NIL;
}

/// Calls the continuation self with a0.
void valk_call_continuation(VALK_SUSPEND_PARAMS);
/// Raises the error a0 in the continuation self.
void valk_throw_into_continuation(VALK_SUSPEND_PARAMS);
/// Uses a resumption up. VALK_NIL, or VALK_ERR with :resumed.
Value valk_fire_resumption(Vm* vm, Value* sp, Value resumption, Value v, bool is_error);

enum { VALK_PARTIAL_CALLEE = 1, VALK_PARTIAL_ARGUMENTS = 2 };
enum { VALK_THUNK_OP = 1, VALK_THUNK_ARGUMENTS = 2 };
enum { VALK_BLOCK_LIST = 1, VALK_BLOCK_CODE = 2 };

// ---- tasks --------------------------------------------------------------------------------------

enum {
  VALK_TASK_K = 1,      ///< parked or ready: frames. Body ended: its value or error
  VALK_TASK_WAITS_FOR,  ///< parked: operation id (fixnum), task, future or resumption. Ready: the
  ///< channel, semaphore or handle that it was given something from, the handle
  ///< that was opened for it, or nil
  VALK_TASK_PARENT,    ///< nil: the root, or ended
  VALK_TASK_CHILDREN,  ///< the youngest child that has not ended, or nil
  VALK_TASK_NEXT,      ///< siblings, a ring in order of age: the youngest's next is the oldest
  VALK_TASK_PREVIOUS,
  VALK_TASK_SITE,  ///< const ValkSite*: where it was made; may be null. Or the side record, which has it
  VALK_TASK_WORDS,
};
/// The side record: what few tasks have. That of a task which only has waiters ends behind them.
enum {
  VALK_SIDE_SITE = 1,  ///< the task's
  VALK_SIDE_WAITERS,  ///< behind VALK_TASK_PARENT_WAITS: nil, one waiter, or a list of them, the latest first
  VALK_SIDE_WAITERS_END,
  VALK_SIDE_NAME = VALK_SIDE_WAITERS_END,
  VALK_SIDE_DEADLINE,  ///< nanoseconds of the monotonic clock (fixnum), or nil
  VALK_SIDE_FAILURES,  ///< failed children that nobody has awaited yet: a chain of records
  VALK_SIDE_LAST_FAILURE,
  VALK_SIDE_ABSORBED,      ///< its body has ended: errors to attach to its own, the latest first
  VALK_SIDE_TRACE,         ///< trace.cpp's number of the task, or nil
  VALK_SIDE_TRACED_AWAIT,  ///< and what it calls the await that is open
  VALK_SIDE_WORDS,
};

/// The records of the chain of failures.
enum { VALK_FAILURE_TASK = 1, VALK_FAILURE_NEXT, VALK_FAILURE_WORDS };

/// Header bits of a task; the header's low 16 bits are kind and size.
enum : Value {
  VALK_TASK_STATE_SHIFT = 16,
  VALK_TASK_OUTCOME_SHIFT = 19,
  VALK_TASK_CANCEL = Value{1} << 21,         ///< cancellation was requested before the body ended
  VALK_TASK_AWAITED = Value{1} << 22,        ///< somebody has taken care of its outcome
  VALK_TASK_RESUMES_ERROR = Value{1} << 23,  ///< ready: what it resumes with is to be raised
  VALK_TASK_RESET_REST = Value{1} << 24,     ///< the rest of an async-reset
  VALK_TASK_DETACHED = Value{1} << 25,       ///< a failure is reported and makes the status 1
  VALK_TASK_SERVES = Value{1} << 26,         ///< a failure is reported
  VALK_TASK_FROM_AWAIT = Value{1} << 27,     ///< ready: the error it resumes with is another task's
  VALK_TASK_RESUMES_FAILURE = Value{1} << 28,  ///< ready: the error is yet to be made
  VALK_TASK_SCOPE = Value{1} << 29,  ///< the failure of a child cancels it, and becomes its own
  VALK_TASK_SCOPE_FAILED = Value{1} << 30,  ///< that has happened
  /// Made for an operation's continuation, and no program has seen it: what it ends with is nobody's, so
  /// it need not outlive its body.
  VALK_TASK_HIDDEN = Value{1} << 31,
  VALK_TASK_MASK_SHIFT = 32,  ///< depth of `finally`, 15 bits
  VALK_TASK_MASK_DEPTH = 0x7fff,
  VALK_TASK_PARENT_WAITS = Value{1} << 47,  ///< the first of its waiters is its parent
  /// Runs an awaited function and has not been seen by anybody: see valk_task_settle.
  VALK_TASK_PROVISIONAL = Value{1} << 48,
  VALK_TASK_SINCE_SHIFT =
      49,  ///< parked, and until it runs again: when it was, see valk_parked_now
  VALK_TASK_SINCE = Value{0x3fff} << VALK_TASK_SINCE_SHIFT,
};
enum ValkTaskState {
  VALK_TASK_RUNNING,
  VALK_TASK_PARKED,
  VALK_TASK_READY,
  VALK_TASK_JOINING,  ///< its body has ended, children have not
  VALK_TASK_ENDED,
};
enum ValkTaskOutcome { VALK_OUTCOME_DONE, VALK_OUTCOME_FAILED, VALK_OUTCOME_CANCELLED };

inline bool valk_is_task_value(Value v) { return valk_is_kind(v, VALK_KIND_TASK); }
inline Value& valk_task_header(Value task) { return valk_object(task)[0]; }
inline Value valk_task_get(Value task, int word) { return valk_object(task)[word]; }
inline ValkTaskState valk_task_state(Value task) {
  return static_cast<ValkTaskState>((valk_task_header(task) >> VALK_TASK_STATE_SHIFT) & 7);
}
inline void valk_task_set_state(Value task, ValkTaskState state) {
  Value& h = valk_task_header(task);
  h = (h & ~(Value{7} << VALK_TASK_STATE_SHIFT)) | (Value{state} << VALK_TASK_STATE_SHIFT);
}
inline ValkTaskOutcome valk_task_outcome(Value task) {
  return static_cast<ValkTaskOutcome>((valk_task_header(task) >> VALK_TASK_OUTCOME_SHIFT) & 3);
}
inline void valk_task_set_outcome(Value task, ValkTaskOutcome outcome) {
  Value& h = valk_task_header(task);
  h = (h & ~(Value{3} << VALK_TASK_OUTCOME_SHIFT)) | (Value{outcome} << VALK_TASK_OUTCOME_SHIFT);
}
/// True if it has a side record, if only for waiters. (A site is aligned, so it looks like a small integer.)
inline bool valk_task_has_record(Value task) {
  return valk_is_object(valk_task_get(task, VALK_TASK_SITE));
}
inline Value valk_task_record_or_nil(Value task) {
  return valk_task_has_record(task) ? valk_task_get(task, VALK_TASK_SITE) : Value{VALK_NIL};
}
/// The side record that has everything, or nil.
inline Value valk_task_side_or_nil(Value task) {
  Value v = valk_task_record_or_nil(task);
  bool is_whole = v != VALK_NIL && valk_header_words(*valk_object(v)) == VALK_SIDE_WORDS;
  return is_whole ? v : Value{VALK_NIL};
}
/// A word of the side record of a task that has one.
inline Value& valk_task_side_word(Value task, int word) {
  return valk_object(valk_task_get(task, VALK_TASK_SITE))[word];
}
/// Where the task was made; null if that is not known.
inline const ValkSite* valk_task_site(Value task) {
  Value side = valk_task_record_or_nil(task);
  Value site =
      side == VALK_NIL ? valk_task_get(task, VALK_TASK_SITE) : valk_object(side)[VALK_SIDE_SITE];
  return reinterpret_cast<const ValkSite*>(site);
}
inline bool valk_task_has(Value task, Value flag) { return (valk_task_header(task) & flag) != 0; }
inline void valk_task_add(Value task, Value flag) { valk_task_header(task) |= flag; }
inline void valk_task_drop(Value task, Value flag) { valk_task_header(task) &= ~flag; }
inline bool valk_task_is_masked(Value task) {
  return (valk_task_header(task) >> VALK_TASK_MASK_SHIFT & VALK_TASK_MASK_DEPTH) != 0;
}
/// True if its next suspension, or the present one, must raise :cancelled.
inline bool valk_task_must_stop(Value task) {
  return valk_task_has(task, VALK_TASK_CANCEL) && !valk_task_is_masked(task);
}

/// Makes the running task, if it is provisional, a task like any other.
///
/// An awaited function runs in a child of the awaiting task. Nearly always it only calls its resumption
/// or puts it away, and nobody can tell that there was a child. So that child is provisional: it knows
/// its parent but does not stand in its parent's ring, and when it has ended it serves the next await.
/// Whoever makes the running task visible settles it first: by linking a task anywhere, walking the tree,
/// giving the task to the program, parking it, or failing it.
void valk_task_settle_provisional(Vm* vm);
inline void valk_task_settle(Vm* vm) {
  if (vm->task != VALK_NIL && VALK_UNLIKELY(valk_task_has(vm->task, VALK_TASK_PROVISIONAL)))
    valk_task_settle_provisional(vm);
}
/// Makes control's spare task out of VALK_TASK_WORDS, which are there.
Value valk_task_make_spare(Vm* vm);

/// A new child of `parent` (nil: the root), running. VALK_ERR: :memory. Keeps parent safe.
Value valk_task_make(Vm* vm, Value* sp, Value parent, const ValkSite* site);
/// A new parked child of `parent` that will call fn with what it is woken with. An error is raised in a
/// continuation or resumption, and passed as a value to a function. Keeps both safe.
Value valk_task_make_call(Vm* vm, Value* sp, Value parent, Value fn);
/// The side record, made if there is none. VALK_ERR: :memory. Keeps task safe.
Value valk_task_side(Vm* vm, Value* sp, Value task);
/// Raises :cancelled, a new error, at k.
void valk_raise_cancelled(VALK_SUSPEND_PARAMS);
/// Raises vm->error, which another task has ended with, at k: its trace goes on with this task's.
void valk_raise_awaited(VALK_SUSPEND_PARAMS);
/// Makes vm->trace the sites of a parked computation.
void valk_trace_frames(Vm* vm, Value k);
/// A frame on k that puts vm->segments, which are nil afterwards, back: so that the frames of a parked
/// task are all there is to it. VALK_ERR: :memory. Keeps k safe.
Value valk_wrap_segments(Vm* vm, Value* sp, Value k);
/// The error with "spawned at" a site added to its trace; the error itself if there is no memory.
Value valk_error_spawned(Vm* vm, Value* sp, Value error, Value site);
/// The site that a frame waits at, or that of the nearest parent which has one; may be null.
const ValkSite* valk_frame_site(Value k);
/// The site of this frame; may be null.
const ValkSite* valk_own_site(Value k);

/// The place in the program, not in the library, that a parked task waits at; or, if only the library
/// does, the nearest of the tasks above. Null if there is none.
const ValkSite* valk_task_user_site(Value task);
/// True if a site is in the library that every program has.
bool valk_is_library_site(const ValkSite* site);
/// The site itself, or the place in the program in whose stead it stands; null if there is none.
const ValkSite* valk_user_site(const ValkSite* site);
/// A trace goes on with the frame k, whose segments are *segments: the next frame, or VALK_NIL at the end.
Value valk_next_frame(Value k, Value* segments);

/// Awaits the future a0 for vm->task, which goes on at k.
void valk_await_future(VALK_SUSPEND_PARAMS);
/// Makes task a child of parent.
void valk_task_link(Vm* vm, Value task, Value parent);
void valk_task_unlink(Vm* vm, Value task);
/// The body of a task has ended; may collect, from vm->sp on.
void valk_task_finish(Vm* vm, Value task, Value v, bool is_error);
/// Requests cancellation of a task and all below it. Does not collect.
void valk_task_cancel(Vm* vm, Value task);

// Waiters of tasks: tasks, and records that watch for an operation.
enum { VALK_WATCH_OP = 1, VALK_WATCH_UNTIL, VALK_WATCH_REMAINING, VALK_WATCH_WORDS };
enum ValkWatchUntil {
  VALK_UNTIL_ENDED,
  VALK_UNTIL_FAILED,
  VALK_UNTIL_DONE,
  VALK_UNTIL_ALL,
  VALK_UNTIL_CANCELLED
};
/// Adds a waiter. False: :memory. Keeps both safe.
bool valk_task_add_waiter(Vm* vm, Value* sp, Value task, Value waiter);
/// A task is about to get another parent: the one that it has, if it waits for it, becomes a waiter like others.
/// False: :memory. Keeps task safe, at sp[0].
bool valk_task_release_parent(Vm* vm, Value* sp, Value task);
/// Tells a watch that one of its tasks has ended.
void valk_watch_notify(Vm* vm, Value watch, Value task);

// ---- the run queue ------------------------------------------------------------------------------

bool valk_queue_is_empty(Vm* vm);

// ---- operations ---------------------------------------------------------------------------------

/// valk_op_complete with something taken from `source`, a channel or semaphore: if the task is cancelled
/// before it runs, it is given back there.
void valk_op_complete_from(Vm* vm, ValkOpId op, Value value, Value source);
/// Raises at k the error of an operation that has failed; self is what its task was woken with.
void valk_raise_failure(VALK_SUSPEND_PARAMS);
/// Forgets such an error.
void valk_drop_failure(Vm* vm, Value failure);
/// Cancels an operation in flight and forgets it. Does not collect.
void valk_op_cancel(Vm* vm, ValkOpId op);

// ---- all together -------------------------------------------------------------------------------

struct ValkReady {
  Value task;
  Value v;
};
/// A task that has failed in this turn, and the parent that it had.
struct ValkFailed {
  Value task;
  Value parent;
};
struct ValkSlot;

/// Traced, or with tasks on fibers: what is written out for speed is not used.
extern bool valk_takes_long_way;

struct ValkControl {
  Value root;   ///< the task of the program
  Value spare;  ///< the provisional child of now or of the next await: young, or nil
  // The run queue: a ring; capacity is a power of two. Positions only grow, and are taken modulo the capacity:
  // who puts something in writes one of them, who takes something out another.
  ValkReady* ready;
  size_t ready_head;  ///< of the first
  size_t ready_tail;  ///< behind the last
  size_t ready_seen;  ///< a collection has seen what stands before; may be before the first
  size_t ready_capacity;
  // The handle table.
  ValkSlot* slots;
  uint32_t slot_count;
  uint32_t free_slot;
  uint32_t* young;  ///< slots written since the last collection
  uint32_t young_count;
  uint32_t young_capacity;
  bool has_collected;  ///< roots have been visited since something was last queued or written
  // Failed tasks of this turn of the loop.
  ValkFailed* failed;
  size_t failed_count;
  size_t failed_capacity;
  // The ledger; null in programs without handles.
  void (*settle_orphans)(Vm* vm);  ///< closes resources whose handle a collection has not found
  size_t (*report_open)(Vm* vm, bool is_strict);  ///< reports what is open; gives the number
  /// A cancelled task does not get v: closes the handle that was opened for it, or gives back what was read from it.
  void (*refuse_from)(Vm* vm, Value source, Value v);
  struct ValkOrphan* orphans;
  uint32_t orphan_count;
  uint32_t orphan_capacity;
  size_t orphans_closed;  ///< by the collector, though nobody had
  bool orphans_due;       ///< there has been a collection since they were last looked at
  int status;             ///< of the process
  /// Gives `v` back to the channel or semaphore that it was taken from; set when one is made.
  void (*give_back)(Vm* vm, Value* sp, Value source, Value v);
};
inline ValkControl* valk_control(Vm* vm) { return vm->runtime->control; }

/// True if an object is old and does not stand in the remembered set, so that a store of what may be young has to
/// put it there.
inline bool valk_must_be_remembered(Vm* vm, Value object) {
  bool is_old = object - vm->nursery_base >= vm->nursery_bytes;
  return is_old && !(*valk_object(object) & VALK_REMEMBERED);
}
/// Makes the run queue larger. Aborts if the system has no memory.
void valk_queue_grow(ValkControl* c);
/// After a collection: what is queued, and what the handle table holds, is old now.
inline void valk_note_collection(ValkControl* c) {
  if (VALK_LIKELY(!c->has_collected)) return;
  c->has_collected = false;
  c->ready_seen = c->ready_tail;
  c->young_count = 0;
}
inline size_t valk_queue_count(const ValkControl* c) { return c->ready_tail - c->ready_head; }
inline bool valk_queue_has_room(const ValkControl* c) {
  return valk_queue_count(c) != c->ready_capacity;
}
/// The entry at a position from ready_head on.
inline ValkReady* valk_queue_at(const ValkControl* c, size_t position) {
  return &c->ready[position & (c->ready_capacity - 1)];
}
/// Queues a ready task, if there is room.
inline void valk_queue_put(ValkControl* c, Value task, Value v) {
  valk_note_collection(c);
  *valk_queue_at(c, c->ready_tail++) = {task, v};
}
/// Makes the state of a parked task ready; it is yet to be queued.
inline void valk_task_make_ready(Value task, bool is_error) {
  Value* t = valk_object(task);
  Value was = Value{VALK_TASK_PARKED} << VALK_TASK_STATE_SHIFT;
  Value is = Value{VALK_TASK_READY} << VALK_TASK_STATE_SHIFT;
  t[VALK_TASK_WAITS_FOR] = VALK_NIL;
  t[0] = (t[0] + is - was) | (is_error ? Value{VALK_TASK_RESUMES_ERROR} : 0);
}
/// A parked task becomes ready, to go on with v.
inline void valk_task_wake(Vm* vm, Value task, Value v, bool is_error) {
  ValkControl* c = valk_control(vm);
  valk_task_make_ready(task, is_error);
  if (VALK_UNLIKELY(!valk_queue_has_room(c))) valk_queue_grow(c);
  valk_queue_put(c, task, v);
}
/// The bits of a task that is parked now: its state, and the second of this turn of the loop, modulo 2^14;
/// for dumps. 0 stands for long ago.
extern Value valk_parked_now;
/// The task, which runs, waits at k. There are no segments: see valk_wrap_segments.
inline void valk_task_wait(Value task, Value k, Value waits_for) {
  Value* t = valk_object(task);
  t[VALK_TASK_K] = k;
  t[VALK_TASK_WAITS_FOR] = waits_for;
  t[0] |= valk_parked_now;  // running is 0
}
/// True if vm->task must be remembered before it gets a k: that has just been made, so it is young.
inline bool valk_task_must_be_remembered(Vm* vm) { return valk_must_be_remembered(vm, vm->task); }
/// Parks vm->task at k.
inline void valk_task_park(Vm* vm, Value k, Value waits_for) {
  valk_task_wait(vm->task, k, waits_for);
  if (valk_task_must_be_remembered(vm)) valk_remember(vm, vm->task);
}
/// Makes control's spare task, which is young, the provisional child of `parent`.
inline void valk_task_begin_provisional(Value spare, Value parent) {
  Value* t = valk_object(spare);
  t[0] = VALK_HEADER(VALK_KIND_TASK, VALK_TASK_WORDS) | VALK_TASK_PROVISIONAL;
  t[VALK_TASK_PARENT] = parent;
}
/// The task of a resumption that is open, which is used up with that; else nil.
inline Value valk_resumption_take(Value resumption) {
  Value* r = valk_object(resumption);
  Value task = r[VALK_RESUMPTION_TASK];
  r[VALK_RESUMPTION_TASK] = VALK_NIL;
  return task;
}

void valk_slots_init(ValkControl* c);
/// Visits the values that the handle table holds.
void valk_slots_visit(Vm* vm, ValkControl* c, void (*visit)(Vm*, Value*));
/// Makes vm->runtime->control, the static frames and the root task. False: no memory.
bool valk_control_init(Vm* vm);
/// Notes a failed task that nobody has awaited yet.
void valk_failed_push(Vm* vm, Value task, Value parent);
/// At the end of a turn: tasks that have failed in it and that nobody awaits cancel their scope, or are
/// reported in one line on standard error.
void valk_report_failures(Vm* vm);
/// At each turn of the loop: brings valk_parked_now up to date.
void valk_note_time(Vm* vm);
/// The next task in an order that visits parents before their children; VALK_NIL at the end.
Value valk_next_in_tree(Value task);
/// Adds " NAME" if the task has one; " (spawned at FILE:LINE)" if that is known.
void valk_add_task_name(class ValkText* text, Value task);
void valk_add_spawn_place(class ValkText* text, Value task);
/// The tasks that wait, each with its place, when nothing can wake them any more.
void valk_report_deadlock(Vm* vm);
/// Prints tasks and handles.
bool valk_print_control_value(class ValkText* text, Value v);
/// The name of a handle's kind; null if v is no handle.
const char* valk_handle_name(Value v);
/// Fills in the static frames and sets the control registers.
void valk_machine_init(Vm* vm);
/// Forgets what valk_control_init made; for tests.
void valk_control_destroy(Vm* vm);
