// See session_memory.h. A kept block is on the list of its size; how large a block is says malloc itself, so
// that there is no header and nothing to tell apart. All that is kept together is bounded.
#include "runtime/http2/session_memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/control/sanitizers.h"
#include "runtime/io/limits.h"

namespace {

constexpr size_t kStep = 16;     // between the sizes of malloc's blocks
constexpr size_t kLeast = 8;     // what the smallest holds beyond a multiple of it
constexpr size_t kClasses = 32;  // blocks of up to 504 bytes are kept

struct Kept {
  Kept* next;
};

Kept* lists[kClasses];
size_t kept_bytes;

/// The smallest class whose blocks hold `size` bytes.
size_t class_for(size_t size) { return (size + kStep - kLeast - 1) / kStep; }
size_t size_of(size_t list) { return list * kStep + kLeast; }

void* allocate(size_t size, void*) {
  size_t list = class_for(size);
  if (list >= kClasses) return malloc(size);
  Kept* block = lists[list];
  if (!block) return malloc(size_of(list));
  lists[list] = block->next;
  kept_bytes -= size_of(list);
  return block;
}

void* allocate_zeroed(size_t count, size_t size, void* data) {
  if (count > SIZE_MAX / kStep / (size + 1)) return calloc(count, size);  // which fails
  void* block = allocate(count * size, data);
  if (block) memset(block, 0, count * size);
  return block;
}

void release(void* old, void*) {
  if (!old) return;
  size_t list = (malloc_usable_size(old) - kLeast) / kStep;
  if (list >= kClasses || kept_bytes >= valk_limit_http2_kept_memory) return free(old);
  Kept* block = static_cast<Kept*>(old);
  block->next = lists[list];
  lists[list] = block;
  kept_bytes += size_of(list);
}

void* reallocate(void* old, size_t size, void* data) {
  return old ? realloc(old, size) : allocate(size, data);
}

[[maybe_unused]] nghttp2_mem memory = {nullptr, allocate, release, allocate_zeroed, reallocate};

}  // namespace

nghttp2_mem* valk_session_memory() {
#ifdef VALK_ASAN
  return nullptr;  // malloc itself, which sees what is used after it was freed
#else
  return &memory;
#endif
}
