// Signals by name.
#pragma once

#include "runtime/valk.h"

/// The number of a signal that argument `argument` of the builtin `name` names, as "SIGTERM"; 0 with
/// :type or :range raised.
int valk_argument_signal(Vm* vm, Value* sp, const char* name, int argument, Value v);
/// "SIGTERM" …; "SIG?" if it has no name here.
const char* valk_signal_name(int number);

/// A watch of native code over a signal. `arrived` is called from within libuv: it only records. It does
/// not keep the loop alive; while there is one the signal's default action does not happen.
struct ValkSignalWatch;
ValkSignalWatch* valk_signal_watch(int number, void (*arrived)(int number));
void valk_signal_unwatch(ValkSignalWatch* watch);
/// True while the program handles the signal itself (signal/on).
bool valk_signal_is_handled(int number);
/// True while the program handles any signal itself.
bool valk_signals_are_handled();
