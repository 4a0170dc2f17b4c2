// The stack that a program runs on: a mapped range, committed as it is touched, with a guard page.
#pragma once

#include <stddef.h>

#include "runtime/valk.h"

/// Runs body(data) on a new machine stack of `bytes`, and sets vm->stack_limit for it. False: the system
/// has no address space; body has not run.
bool valk_run_on_stack(Vm* vm, size_t bytes, void (*body)(void* data), void* data);
