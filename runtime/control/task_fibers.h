// --async=fiber: the second way for a task to wait, there to be measured against the first.
//
// Code that awaits is compiled in direct style. A task that waits keeps its machine stack, a fiber, and the
// next one runs on another. What stands in the task while it waits is a frame as always, the fiber frame,
// whose code goes back to the fiber; so what is awaited, the run queue and cancellation know no difference.
// `shift` stays as it is: functions that it may capture are compiled with continuations.
//
// The rule that makes it hold: where direct code may wait, the frames below on its stack belong to the
// running task alone. So each run of a task that does not go on with a fiber begins a new one: when the
// scheduler resumes it, when `async` makes it, when a call of a continuation does, when direct code enters an
// async-reset.
#pragma once

#include "runtime/control/control.h"

/// The program was compiled so.
extern bool valk_tasks_on_fibers;

/// Turns it on. The program's own task, which may recurse deeply, gets `stack` bytes.
void valk_task_fibers_begin(Vm* vm, size_t stack);

/// Runs fn(vm, k, self, a0) on a new fiber, for `task` under `boundary`, until it ends or waits; what is on
/// vm->sp[0..) is not kept. Afterwards the registers are as before, but for vm->result. False: :memory, and
/// nothing has run. `is_main`: on the large stack.
bool valk_run_on_fiber(Vm* vm, ValkSuspend fn, Value k, Value self, Value a0, Value task,
                       Value boundary, bool is_main = false);
/// The same as a task's own run, from its start: nobody is outside.
bool valk_run_task_on_fiber(Vm* vm, ValkSuspend fn, Value k, Value self, Value a0, Value task);
/// The frame that a task waits with, and where it waits; may be null.
extern const ValkFrame valk_fiber_frame;
const ValkSite* valk_fiber_site(Value frame);
/// True if a parked task goes on with a fiber.
bool valk_waits_on_fiber(Value task);
/// Goes on with the fibers whose frames have been returned to since it was last called.
void valk_continue_fibers(Vm* vm);

/// True if the code that runs under a barrier may wait by valk_await_on_fiber.
bool valk_can_await_on_fiber(Vm* vm);
/// Suspending code under a barrier: awaits a0 with all that is on this fiber, then goes on at k.
void valk_await_on_fiber(VALK_SUSPEND_PARAMS);
