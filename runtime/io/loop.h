// The loop: time, timers and the delivery of events. Behind it stands one uv_loop per process; only
// the files of runtime/io know libuv, so that a simulated clock and network can replace all of it.
//
// The idea: no Lisp code runs inside libuv. A callback of libuv (and of the filters fed from it, TLS
// and HTTP/2) only records what happened, in an object that it puts on the ready list. When libuv has
// returned, valk_loop_turn delivers: due timers by time and then by creation, then the ready list in
// order. Deliveries may run Lisp, and Lisp may re-enter this code, even the loop itself.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/control/operation.h"

/// Something to deliver once libuv has returned. Embedded in its owner; not owned by the loop.
struct ValkEvent {
  void (*deliver)(Vm* vm, ValkEvent* event);
  ValkEvent* next;
  ValkEvent* previous;
  bool queued;
};

/// A timer. Embedded in its owner; not owned by the loop.
struct ValkTimer {
  void (*fire)(Vm* vm,
               ValkTimer* timer);  ///< the timer is stopped already; it may be freed or restarted
  size_t place;                    ///< index in the heap of timers plus one; 0: not running
};

/// A resource that is closed when the program ends: connections, servers. Embedded in its owner.
struct ValkResource {
  /// Starts to close, sending what is queued; or, with force, closes at once. Runs no Lisp, reports
  /// nothing to operations or handles from then on, and leads to valk_resource_remove.
  void (*close_at_exit)(Vm* vm, ValkResource* resource, bool force);
  ValkResource* next;
  ValkResource* previous;
};

/// Nanoseconds of the monotonic clock.
uint64_t valk_clock();
/// The same as it was when it was last read, which is no longer ago than the loop last polled: for what is
/// done for every request and need not be exact, since reading the clock takes 25 ns.
uint64_t valk_clock_lately();

/// Puts an event at the end of the ready list, unless it is on it.
void valk_event_post(ValkEvent* event);
/// Puts an event on the list of those delivered once before the loop polls again: for output that is
/// better sent together. They run no Lisp.
void valk_event_post_before_poll(ValkEvent* event);
/// Takes an event off its list, if it is on one. Before its owner is freed.
void valk_event_withdraw(ValkEvent* event);

/// Starts or restarts a timer: it fires once, at the earliest `nanoseconds` from now.
void valk_timer_start(ValkTimer* timer, uint64_t nanoseconds);
/// When a running timer is due, in nanoseconds of the monotonic clock; 0 if it does not run.
uint64_t valk_timer_due(const ValkTimer* timer);
/// Stops a timer; harmless if it does not run. Before its owner is freed.
void valk_timer_stop(ValkTimer* timer);

/// While something holds the loop, an event may come that lets the program go on: operations in flight
/// and listening servers hold it, an idle connection or its timeout does not.
void valk_loop_hold();
void valk_loop_release();

/// In the copy that fork made: the loop's own descriptors become the copy's.
void valk_loop_forked();

void valk_resource_add(ValkResource* resource);
void valk_resource_remove(ValkResource* resource);

/// Closes all resources, what is queued being sent, and the loop itself. At exit, before the handle
/// table goes; runs no Lisp; harmless if the loop was never used. The next use starts a new loop.
void valk_loop_close(Vm* vm);
