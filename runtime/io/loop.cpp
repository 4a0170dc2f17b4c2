// See loop.h. Timers are a heap of deadlines in one array, four children a node, with one uv_timer for
// the earliest: starting one costs a clock reading and a few moves in memory that is already there.
#include "runtime/io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/control/simulation.h"
#include "runtime/io/dump.h"
#include "runtime/io/limits.h"
#include "runtime/io/signals.h"
#include "runtime/io/uv.h"
#include "runtime/prims/output.h"

namespace {

constexpr size_t kReadBuffer = 64 * 1024;
constexpr size_t kBranching = 4;
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;
constexpr uint64_t kPatienceAtExit = 50 * kNanosecondsPerMillisecond;
constexpr uint64_t kNever = UINT64_MAX;

/// One entry of the heap: the deadline is here, so that comparing does not follow the pointer.
struct Deadline {
  uint64_t due;
  uint64_t order;  ///< of starting, for those due at the same time
  ValkTimer* timer;
};

struct Loop {
  uv_loop_t uv;
  uv_timer_t alarm;
  uint64_t alarm_due;     ///< what the alarm is set to; kNever: not set
  ValkEvent ready;        ///< head of the ring of events to deliver
  ValkEvent before_poll;  ///< head of the ring of those to deliver before polling
  ValkResource resources;
  Deadline* timers;
  size_t timer_count;
  size_t timer_room;
  uint64_t next_order;
  uint64_t lately;  ///< the clock when it was last read
  size_t holds;
  bool open;
  bool closing;  ///< the program has ended: no more Lisp
  char* read_buffer;
};

Loop the_loop;

[[noreturn]] void fail_hard(const char* what, int code) {
  fprintf(stderr, "valk: %s: %s\n", what, uv_strerror(code));
  abort();
}

Loop& loop() {
  Loop& l = the_loop;
  if (VALK_LIKELY(l.open)) return l;
  int code = uv_loop_init(&l.uv);
  if (code < 0) fail_hard("the event loop cannot be made", code);
  uv_timer_init(&l.uv, &l.alarm);
  l.alarm_due = kNever;
  l.ready.next = l.ready.previous = &l.ready;
  l.before_poll.next = l.before_poll.previous = &l.before_poll;
  l.resources.next = l.resources.previous = &l.resources;
  l.open = true;
  if (!valk_is_simulated()) valk_dump_watch();
  return l;
}

// ---- the heap of deadlines ----------------------------------------------------------------------

bool is_earlier(const Deadline& a, const Deadline& b) {
  return a.due != b.due ? a.due < b.due : a.order < b.order;
}

void put(Loop& l, size_t place, Deadline d) {
  l.timers[place] = d;
  d.timer->place = place + 1;
}

void sift_up(Loop& l, size_t place, Deadline d) {
  while (place > 0) {
    size_t parent = (place - 1) / kBranching;
    if (!is_earlier(d, l.timers[parent])) break;
    put(l, place, l.timers[parent]);
    place = parent;
  }
  put(l, place, d);
}

void sift_down(Loop& l, size_t place, Deadline d) {
  for (;;) {
    size_t first = place * kBranching + 1;
    if (first >= l.timer_count) break;
    size_t end = first + kBranching < l.timer_count ? first + kBranching : l.timer_count;
    size_t best = first;
    for (size_t i = first + 1; i < end; i++)
      if (is_earlier(l.timers[i], l.timers[best])) best = i;
    if (!is_earlier(l.timers[best], d)) break;
    put(l, place, l.timers[best]);
    place = best;
  }
  put(l, place, d);
}

void remove_at(Loop& l, size_t place) {
  l.timers[place].timer->place = 0;
  Deadline last = l.timers[--l.timer_count];
  if (place == l.timer_count) return;
  if (place > 0 && is_earlier(last, l.timers[(place - 1) / kBranching]))
    sift_up(l, place, last);
  else
    sift_down(l, place, last);
}

void make_room(Loop& l) {
  if (l.timer_count < l.timer_room) return;
  l.timer_room = l.timer_room ? l.timer_room * 2 : 64;
  l.timers = static_cast<Deadline*>(realloc(l.timers, l.timer_room * sizeof(Deadline)));
  if (!l.timers) fail_hard("no memory for timers", UV_ENOMEM);
}

uint64_t earliest(const Loop& l) { return l.timer_count ? l.timers[0].due : kNever; }

void on_alarm(uv_timer_t*) { the_loop.alarm_due = kNever; }

/// Sets the alarm to the earliest deadline. The alarm never holds the loop: `holds` says what does.
void set_alarm(Loop& l) {
  uint64_t due = earliest(l);
  if (due == l.alarm_due) return;
  l.alarm_due = due;
  if (due == kNever) {
    uv_timer_stop(&l.alarm);
    return;
  }
  // libuv's clock is the same one in whole milliseconds, so this fires when due is reached, not before.
  uint64_t target = (due + kNanosecondsPerMillisecond - 1) / kNanosecondsPerMillisecond;
  uint64_t now = uv_now(&l.uv);
  uv_timer_start(&l.alarm, on_alarm, target > now ? target - now : 0, 0);
}

// ---- delivery -----------------------------------------------------------------------------------

/// What a timer or event has made ready runs before the next one; in a simulation, perhaps after it.
void drain(Vm* vm, const Loop& l) {
  if (l.closing || (valk_is_simulated() && valk_sim_choose(2))) return;
  valk_drain(vm);
}

bool fire_due_timers(Vm* vm, Loop& l) {
  uint64_t now = valk_clock();  // for valk_clock_lately too
  if (!l.timer_count) return false;
  uint64_t newest = l.next_order;  // timers that the fired ones start wait for the next turn
  bool any = false;
  while (l.timer_count && l.timers[0].due <= now && l.timers[0].order < newest) {
    ValkTimer* timer = l.timers[0].timer;
    remove_at(l, 0);
    timer->fire(vm, timer);
    drain(vm, l);
    any = true;
  }
  return any;
}

/// Delivers what is on the ready list now. An event posted meanwhile waits for the next turn: a marker
/// closes the list, so that re-entry and withdrawal are harmless.
bool deliver_ready(Vm* vm, Loop& l) {
  if (l.ready.next == &l.ready) return false;
  ValkEvent marker{};
  valk_event_post(&marker);
  while (marker.queued && l.ready.next != &marker) {
    ValkEvent* event = l.ready.next;
    valk_event_withdraw(event);
    if (event->deliver) event->deliver(vm, event);
    drain(vm, l);
  }
  valk_event_withdraw(&marker);
  return true;
}

void append(ValkEvent* ring, ValkEvent* event) {
  event->queued = true;
  event->next = ring;
  event->previous = ring->previous;
  ring->previous->next = event;
  ring->previous = event;
}

void deliver_before_poll(Vm* vm, Loop& l) {
  while (l.before_poll.next != &l.before_poll) {
    ValkEvent* event = l.before_poll.next;
    valk_event_withdraw(event);
    event->deliver(vm, event);
  }
}

bool something_is_due(const Loop& l) {
  return l.ready.next != &l.ready || (l.timer_count && l.timers[0].due <= valk_clock());
}

bool has_resources(const Loop& l) { return l.resources.next != &l.resources; }

// ---- simulated time -----------------------------------------------------------------------------

/// True while the program waits for something that is not simulated: a process, standard input.
bool waits_outside(Loop& l) {
  bool found = false;
  auto look = [](uv_handle_t* handle, void* result) {
    bool is_ours = handle == reinterpret_cast<uv_handle_t*>(&the_loop.alarm);
    if (!is_ours && handle->type != UV_SIGNAL && uv_is_active(handle) && uv_has_ref(handle))
      *static_cast<bool*>(result) = true;
  };
  uv_walk(&l.uv, look, &found);
  return found;
}

/// A handler of a signal keeps no program alive that has nothing left to do, but one that waits may wait
/// for what the handler does.
bool a_signal_may_wake(Vm* vm) { return valk_signals_are_handled() && valk_program_waits(vm); }

/// Waits for the world outside as long as the virtual clock would let it.
void wait_outside(Loop& l) {
  uint64_t due = earliest(l);
  bool is_over = false;
  l.alarm.data = &is_over;
  auto ring = [](uv_timer_t* alarm) { *static_cast<bool*>(alarm->data) = true; };
  uv_update_time(&l.uv);
  if (due != kNever)
    uv_timer_start(&l.alarm, ring, (due - valk_simulation.now) / kNanosecondsPerMillisecond, 0);
  uv_run(&l.uv, UV_RUN_ONCE);
  uv_timer_stop(&l.alarm);
  if (is_over) valk_simulation.now = due;
}

[[noreturn]] void end_endless(Vm* vm) {
  valk_flush_output(vm);
  fputs("valk: simulation: the program has not ended; VALK_SIM=...,hours=N lets it run longer\n",
        stderr);
  valk_simulation_report();
  exit(1);
}

/// Timers may fire late, so that several are due at once.
uint64_t draw_lateness() {
  return valk_sim_below(2) ? valk_sim_below(3 * kNanosecondsPerMillisecond) : 0;
}

/// One turn of virtual time: if nothing is to be done now, the clock goes to what is due next.
void pass_time(Vm* vm, Loop& l, bool wait) {
  valk_simulation.now += 1000 + valk_sim_below(4000);
  if (valk_simulation.now > valk_simulation.ends && !l.closing) end_endless(vm);
  if (uv_loop_alive(&l.uv)) uv_run(&l.uv, UV_RUN_NOWAIT);
  if (!wait || something_is_due(l)) return;
  if (waits_outside(l) || (!l.timer_count && a_signal_may_wake(vm)))
    wait_outside(l);
  else if (l.timer_count)
    valk_simulation.now = earliest(l) + draw_lateness();
}

/// True if the virtual world has come to rest: whatever the program waits for will never come.
bool is_at_rest(Vm* vm, Loop& l) {
  return valk_is_simulated() && !something_is_due(l) && !l.timer_count && !waits_outside(l) &&
         !a_signal_may_wake(vm);
}

void poll(Vm* vm, Loop& l, bool wait) {
  if (valk_is_simulated()) return pass_time(vm, l, wait);
  set_alarm(l);
  uv_run(&l.uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void turn(Vm* vm, Loop& l, bool wait) {
  deliver_before_poll(vm, l);
  poll(vm, l, wait && !something_is_due(l));
  fire_due_timers(vm, l);
  deliver_ready(vm, l);
}

void on_patience_over(Vm*, ValkTimer*) {}

/// Tells every resource to close, and turns the loop until they have or the time is over.
void close_resources(Vm* vm, Loop& l, bool force, uint64_t nanoseconds) {
  for (ValkResource* r = l.resources.next; r != &l.resources;) {
    ValkResource* next = r->next;
    r->close_at_exit(vm, r, force);
    r = next;
  }
  ValkTimer patience{on_patience_over, 0};
  valk_timer_start(&patience, nanoseconds);
  while (has_resources(l) && patience.place) turn(vm, l, true);
  valk_timer_stop(&patience);
}

/// Runs until all handles are closed. A name lookup that its thread is still busy with cannot be
/// stopped: ending the program does not wait for it.
bool run_to_the_end(Loop& l) {
  uint64_t end = uv_hrtime() + kPatienceAtExit;
  while (uv_run(&l.uv, UV_RUN_NOWAIT) != 0) {
    if (uv_hrtime() > end) return false;
    uv_sleep(1);
  }
  return true;
}

/// A thread of libuv's is busy, and libuv would wait for it when the process ends: skip that.
void leave_threads_behind() {
#ifdef __GLIBC__
  on_exit(
      [](int status, void*) {
        fflush(nullptr);
        _exit(status);
      },
      nullptr);
#endif
}

void close_forgotten(uv_handle_t* handle, void*) {
  if (!uv_is_closing(handle)) uv_close(handle, nullptr);
}

}  // namespace

uint64_t valk_clock() {
  return the_loop.lately = valk_is_simulated() ? valk_simulation.now : uv_hrtime();
}

uint64_t valk_clock_lately() { return the_loop.lately; }

uv_loop_t* valk_uv_loop() { return &loop().uv; }

char* valk_read_buffer(size_t* size) {
  Loop& l = loop();
  if (!l.read_buffer) l.read_buffer = static_cast<char*>(valk_native_alloc(kReadBuffer));
  *size = kReadBuffer;
  return l.read_buffer;
}

void* valk_native_alloc(size_t bytes) {
  void* p = malloc(bytes);
  if (!p) fail_hard("no memory for input and output", UV_ENOMEM);
  return p;
}

void valk_event_post(ValkEvent* event) {
  if (!event->queued) append(&loop().ready, event);
}

void valk_event_post_before_poll(ValkEvent* event) {
  if (!event->queued) append(&loop().before_poll, event);
}

void valk_event_withdraw(ValkEvent* event) {
  if (!event->queued) return;
  event->queued = false;
  event->previous->next = event->next;
  event->next->previous = event->previous;
}

void valk_timer_start(ValkTimer* timer, uint64_t nanoseconds) {
  Loop& l = loop();
  valk_timer_stop(timer);
  make_room(l);
  uint64_t now = valk_clock();
  uint64_t due = nanoseconds < kNever - now ? now + nanoseconds : kNever - 1;
  sift_up(l, l.timer_count++, {due, l.next_order++, timer});
}

uint64_t valk_timer_due(const ValkTimer* timer) {
  return timer->place ? the_loop.timers[timer->place - 1].due : 0;
}

void valk_timer_stop(ValkTimer* timer) {
  if (timer->place) remove_at(the_loop, timer->place - 1);
}

void valk_loop_hold() { loop().holds++; }
void valk_loop_release() { loop().holds--; }

void valk_loop_forked() {
  if (!the_loop.open) return;
  int code = uv_loop_fork(&the_loop.uv);
  if (code < 0) fail_hard("the event loop cannot go on in a worker", code);
}

void valk_resource_add(ValkResource* resource) {
  Loop& l = loop();
  resource->next = &l.resources;
  resource->previous = l.resources.previous;
  l.resources.previous->next = resource;
  l.resources.previous = resource;
}

void valk_resource_remove(ValkResource* resource) {
  if (!resource->next) return;
  resource->previous->next = resource->next;
  resource->next->previous = resource->previous;
  resource->next = resource->previous = nullptr;
}

bool valk_loop_turn(Vm* vm, bool wait) {
  Loop& l = the_loop;
  if (!l.open || (!l.holds && !something_is_due(l) && !a_signal_may_wake(vm))) return false;
  if (wait && is_at_rest(vm, l)) return false;
  if (wait && !something_is_due(l)) valk_flush_output(vm);
  turn(vm, l, wait);
  return true;
}

void valk_loop_close(Vm* vm) {
  Loop& l = the_loop;
  if (!l.open) return;
  l.closing = true;
  close_resources(vm, l, false, valk_limit_exit_linger * kNanosecondsPerMillisecond);
  close_resources(vm, l, true, kPatienceAtExit);
  uv_walk(&l.uv, close_forgotten, nullptr);
  if (!run_to_the_end(l)) return leave_threads_behind();
  while (deliver_ready(vm, l)) {  // what was closed last is freed
  }
  int code = uv_loop_close(&l.uv);
  if (code < 0) fail_hard("the event loop cannot be closed", code);
  free(l.timers);
  free(l.read_buffer);
  memset(static_cast<void*>(&l), 0, sizeof l);
}
