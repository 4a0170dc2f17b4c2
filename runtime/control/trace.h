// VALK_TRACE=FILE: what the tasks of a program did when, as a trace that Perfetto and chrome://tracing
// open (JSON Array Format of Chrome's trace events).
//
// The thread's track shows each run of a task until it waits, and the pauses of the collector in it. Each
// task has a track of its own, from its beginning to its end, with its awaits nested in it. Events are
// written through a buffer of fixed size; what is in it is written when the program ends, also by a
// signal. Without VALK_TRACE the hooks cost one test of `valk_trace_is_on`.
#pragma once

#include <stdint.h>

#include "runtime/valk.h"

extern bool valk_trace_is_on;

/// Opens the file that VALK_TRACE names, if it names one. False: it cannot be written; a message has been
/// printed.
bool valk_trace_begin();
/// Makes what the trace knows of tasks roots of the collector, and listens to its pauses.
void valk_trace_add_roots(Vm* vm);
/// Writes the end. Repeatable.
void valk_trace_end();
/// Writes what the buffer holds if it has held it for long: before the program waits.
void valk_trace_flush();

// The hooks. None collects but those that say so.

/// A task has been made.
void valk_trace_task_begun(Vm* vm, Value task);
/// A task and all below it have ended.
void valk_trace_task_ended(Vm* vm, Value task);
/// Around a run of the task at vm->sp[0]; vm->sp is above it. They may collect.
uint64_t valk_trace_run_begun(Vm* vm);
void valk_trace_run_ended(Vm* vm, uint64_t begun);
/// A pause of the collector, in nanoseconds of CLOCK_MONOTONIC.
void valk_trace_pause(bool full, uint64_t begun, uint64_t nanoseconds);
