// SIGUSR1: prints the tree of tasks, so that a process that hangs can be asked what it waits for. A program
// that handles the signal itself is left alone.
#pragma once

/// Begins to watch for the signal, on the loop that is open; ends with it.
void valk_dump_watch();
