// Workers: copies of this process that serve the same port, and the supervisor that keeps them there.
//
// The process that calls valk_workers_start becomes the supervisor and never comes back: it forks the
// workers, which go on from the call, starts another when one dies, and passes signals on. What the
// program did before is in every worker, what it does afterwards each does for itself.
//
// Orders go over a channel and not as signals, since a terminal or a service manager signals all the
// processes of a group: a worker would take the copy that its supervisor passes on for the second signal,
// which means "now". A worker that finds its supervisor gone drains too.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/valk.h"

/// How a worker learns what to do; called from within libuv or from the ready list: they only record.
struct ValkWorkerCalls {
  /// The supervisor was sent this signal; or it is gone, which counts as SIGTERM.
  void (*ordered)(int number);
  /// In the supervisor: the worker of this slot is no more.
  void (*ended)(unsigned slot);
};

/// Makes `count` workers. True in each of them, and `slot` is its number among all that are alive at one
/// time, below valk_workers_slots(count). False, with the error's name and message, if the first cannot be
/// made; then there are none. `calls` is kept. The process must have no open connections or servers.
bool valk_workers_start(Vm* vm, unsigned count, const ValkWorkerCalls* calls, unsigned* slot,
                        const char** code, const char** message);
/// How many workers may be alive at one time: those that end, and those that take their place.
unsigned valk_workers_slots(unsigned count);
/// This process is a worker.
bool valk_is_worker();
/// Asks the supervisor, once, for another worker in the place of this one, which will end.
void valk_worker_ask_replacement();
/// Lets go of the address that the supervisor holds (tcp.h); called there when it is to stop.
void valk_workers_hold_socket(int descriptor);
