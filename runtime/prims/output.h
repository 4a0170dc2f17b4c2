// Standard output: buffered, flushed at exit, before the loop waits, and on a terminal at each newline.
#pragma once

#include <stddef.h>

#include "runtime/valk.h"

/// Appends bytes to standard output's buffer.
void valk_write_output(const char* bytes, size_t length);
/// Writes the buffer out. Gives false if the system refused (the bytes are then dropped).
bool valk_flush_output(Vm* vm);
