// Every interleaving of a small program: VALK_SIM=every. Wherever several tasks are ready, each of them is
// tried as the next, and everything else is fixed, so that a program with finitely many steps has finitely
// many runs. Each is a process of its own. After every step the tree of tasks is verified (docs/tasks.md).
#pragma once

#include <stdint.h>

#include "runtime/valk.h"

/// What stands behind "every": "", ",limit=N" (runs; 100000), or ":1.0.2", the choices of one run, which is
/// then the only one. Returns true in each run; the process that was started ends here. False: the text is
/// not understood; the reason has been printed.
bool valk_interleavings_begin(const char* text);
/// The choice of this run among `bound` possibilities.
uint64_t valk_interleavings_choose(uint64_t bound);
/// Says on standard error how to run this interleaving again.
void valk_interleavings_report();

/// Ends the process with a message if the tree of tasks or the run queue contradicts itself.
void valk_verify_tasks(Vm* vm);
