// Signals by name.
#pragma once

#include "runtime/valk.h"

/// The number of a signal that argument `argument` of the builtin `name` names, as "SIGTERM"; 0 with
/// :type or :range raised.
int valk_argument_signal(Vm* vm, Value* sp, const char* name, int argument, Value v);
/// "SIGTERM" …; "SIG?" if it has no name here.
const char* valk_signal_name(int number);
