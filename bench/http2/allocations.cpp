// Counts the calls of malloc and its family in a server, from within (LD_PRELOAD), in a file that the harness
// maps too: two words, calls and bytes. The servers counted are single-threaded.
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
}

namespace {

unsigned long before_it_is_mapped[2];
volatile unsigned long* counted = before_it_is_mapped;

void count(size_t size) {
  counted[0] = counted[0] + 1;
  counted[1] = counted[1] + size;
}

__attribute__((constructor)) void map_file() {
  const char* name = getenv("BENCH_ALLOCATIONS");
  int file = name ? open(name, O_RDWR) : -1;
  if (file < 0) return;
  void* shared =
      mmap(nullptr, sizeof before_it_is_mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (shared != MAP_FAILED) counted = static_cast<unsigned long*>(shared);
}

}  // namespace

extern "C" void* malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}
extern "C" void* calloc(size_t n, size_t size) {
  count(n * size);
  return __libc_calloc(n, size);
}
extern "C" void* realloc(void* old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}
