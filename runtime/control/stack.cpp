// Switching to the program's stack by Boost.Context, and telling the address sanitizer so.
#include "runtime/control/stack.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>

#include "runtime/control/sanitizers.h"

using boost::context::detail::fcontext_t;
using boost::context::detail::transfer_t;

/// What C++ primitives and the collector may use below the limit that compiled code checks.
enum : size_t { STACK_RESERVE = size_t{256} << 10, GUARD_BYTES = size_t{64} << 10 };

struct StackRun {
  void (*body)(void* data);
  void* data;
  ValkSanitizedStack sanitized;
};

static void run_body(transfer_t from) {
  StackRun* run = static_cast<StackRun*>(from.data);
  valk_sanitizer_entered(&run->sanitized);
  run->body(run->data);
  valk_sanitizer_leave(&run->sanitized);
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
  StackRun run = {body, data, {}};
  size_t usable = total - GUARD_BYTES;
  valk_sanitizer_make(&run.sanitized, low + GUARD_BYTES, usable);
  char* outer_limit = vm->stack_limit;
  vm->stack_limit = low + GUARD_BYTES + STACK_RESERVE;
  fcontext_t context = boost::context::detail::make_fcontext(low + total, usable, run_body);
  void* fake = valk_sanitizer_enter(&run.sanitized);
  boost::context::detail::jump_fcontext(context, &run);
  valk_sanitizer_left(&run.sanitized, fake);
  vm->stack_limit = outer_limit;
  munmap(low, total);
  return true;
}
