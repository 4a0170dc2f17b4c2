// The seam between eval of blocks (always there) and the evaluator (linked on demand).
#pragma once

#include "runtime/valk.h"

/// Evaluates the list or symbol a0 in the global environment, its value goes to k. Null: not linked.
extern ValkSuspend valk_eval_hook;
/// The builtin `eval`.
void valk_eval(VALK_SUSPEND_PARAMS);
