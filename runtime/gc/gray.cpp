// The stack of gray objects: its memory.
#include "runtime/gc/gray.h"

#include <sys/mman.h>

enum : size_t { SMALL_STACK_BYTES = size_t{256} << 10, LEAST_OBJECT_BYTES = 16 };

bool valk_gray_init(ValkGray* gray, size_t heap_bytes) {
  *gray = {};
  gray->bytes = heap_bytes / LEAST_OBJECT_BYTES * sizeof(Value);
  void* p = mmap(nullptr, gray->bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  gray->stack = p == MAP_FAILED ? nullptr : static_cast<Value*>(p);
  return gray->stack != nullptr;
}

void valk_gray_destroy(ValkGray* gray) { munmap(gray->stack, gray->bytes); }

void valk_gray_trim(ValkGray* gray) {
  size_t used = gray->most * sizeof(Value);
  gray->most = 0;
  if (used > SMALL_STACK_BYTES) madvise(gray->stack, used, MADV_DONTNEED);
}
