// The seam between eval and the evaluator, which is linked in only when a program can reach it.
#pragma once

#include "runtime/valk.h"

/// Evaluates the list a0 as one expression, in the global environment. Null: not linked in.
extern ValkSuspend valk_evaluate;
