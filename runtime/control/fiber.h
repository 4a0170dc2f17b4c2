// Fibers: machine stacks that are switched to and from, by Boost.Context, and kept for reuse.
//
// They carry what cannot be a chain of frames in the heap: C++ that called Lisp which waits
// (io/foreign.cpp), and, under --async=fiber, tasks in direct style (task_fibers.cpp). The sanitizers are
// told of every switch.
#pragma once

#include <stddef.h>

#include "runtime/valk.h"

struct ValkFiber;

/// A fiber that will run body(data) when it is entered. From the pool, or new, with `stack` bytes of stack and
/// `extra` bytes of its owner's. Null: the system has no address space or no mappings left.
ValkFiber* valk_fiber_take(size_t stack, size_t extra, void (*body)(void* data), void* data);
/// Raises :memory after that: `what` has no stack, why, and `advice`, which may be "".
Value valk_fail_no_fiber(Vm* vm, Value* sp, const char* what, const char* advice);
/// Runs the fiber until it leaves or its body has returned, with vm->stack_limit set for it. True: it has
/// left, and can be entered again; false: it is back in the pool. Fibers may enter others; a fiber that has
/// not left cannot be entered.
bool valk_fiber_enter(Vm* vm, ValkFiber* fiber);
/// On a fiber: goes on with who entered it; returns when it is entered again.
void valk_fiber_leave();
/// Puts a fiber that has left back in the pool. Its frames are forgotten: nothing is unwound.
void valk_fiber_drop(ValkFiber* fiber);
/// The fiber that runs, or null. Null on other threads than the one that enters fibers.
ValkFiber* valk_fiber_current();
/// The extra memory of a fiber.
void* valk_fiber_extra(ValkFiber* fiber);
/// Where the owner of a fiber keeps something about it.
void*& valk_fiber_owner(ValkFiber* fiber);
