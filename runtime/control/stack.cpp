// Switching to the program's stack by Boost.Context, and telling the address sanitizer so.
#include "runtime/control/stack.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define VALK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VALK_ASAN 1
#endif
#endif
#ifdef VALK_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

using boost::context::detail::fcontext_t;
using boost::context::detail::transfer_t;

/// What C++ primitives and the collector may use below the limit that compiled code checks.
enum : size_t { STACK_RESERVE = size_t{256} << 10, GUARD_BYTES = size_t{64} << 10 };

struct StackRun {
  void (*body)(void* data);
  void* data;
  void* low;
  size_t bytes;
};

static void before_switch(void** fake, const void* low, size_t bytes) {
#ifdef VALK_ASAN
  __sanitizer_start_switch_fiber(fake, low, bytes);
#else
  (void)fake, (void)low, (void)bytes;
#endif
}

static void after_switch(void* fake, const void** low, size_t* bytes) {
#ifdef VALK_ASAN
  __sanitizer_finish_switch_fiber(fake, low, bytes);
#else
  (void)fake, (void)low, (void)bytes;
#endif
}

static void run_body(transfer_t from) {
  const void* outer_low = nullptr;
  size_t outer_bytes = 0;
  after_switch(nullptr, &outer_low, &outer_bytes);
  StackRun* run = static_cast<StackRun*>(from.data);
  run->body(run->data);
  before_switch(nullptr, outer_low, outer_bytes);
  boost::context::detail::jump_fcontext(from.fctx, nullptr);
}

bool valk_run_on_stack(Vm* vm, size_t bytes, void (*body)(void* data), void* data) {
  size_t page = static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
  size_t total = (bytes + page - 1) / page * page + GUARD_BYTES + STACK_RESERVE;
  char* low =
      static_cast<char*>(mmap(nullptr, total, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0));
  if (low == MAP_FAILED) return false;
  mprotect(low, GUARD_BYTES, PROT_NONE);
  StackRun run = {body, data, low + GUARD_BYTES, total - GUARD_BYTES};
  char* outer_limit = vm->stack_limit;
  vm->stack_limit = low + GUARD_BYTES + STACK_RESERVE;
  fcontext_t context = boost::context::detail::make_fcontext(low + total, run.bytes, run_body);
  void* fake = nullptr;
  before_switch(&fake, run.low, run.bytes);
  boost::context::detail::jump_fcontext(context, &run);
  after_switch(fake, nullptr, nullptr);
  vm->stack_limit = outer_limit;
  munmap(low, total);
  return true;
}
