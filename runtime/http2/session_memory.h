// What sessions allocate with: small blocks that one stream gives back are kept for the next. A request makes
// nine of them in nghttp2, more than malloc's own cache of a thread holds when a hundred streams are open.
#pragma once

#include <nghttp2/nghttp2.h>

/// The allocator, for as long as the program runs. Its blocks are malloc's: any of them may be freed by free.
nghttp2_mem* valk_session_memory();
