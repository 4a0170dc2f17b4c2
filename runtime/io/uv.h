// What the files of runtime/io share of libuv. Nothing outside runtime/io includes this.
#pragma once

#include <uv.h>

#include "runtime/io/loop.h"

/// The process's loop, made at its first use.
extern "C" uv_loop_t* valk_uv_loop();
/// A buffer for one read of any stream: valid until its callback returns. `size` bytes.
char* valk_read_buffer(size_t* size);
/// Memory that must be there: ends the process with a message if it is not.
void* valk_native_alloc(size_t bytes);
