// See fiber.h. A pooled fiber stays inside its loop, so that taking it again is one switch.
#include "runtime/control/fiber.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>

#include "runtime/control/sanitizers.h"
#include "runtime/value/error.h"

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

/// Below the limit that compiled code checks there is room for C++ and the collector.
enum : size_t { GUARD_BYTES = size_t{16} << 10, RESERVE_BYTES = size_t{64} << 10 };
enum { MOST_POOLED = 1024 };
/// A fiber takes two mappings, for its guard and for its stack. Some are left to others: without any, malloc fails,
/// and a program that could have gone on after the error aborts.
enum : size_t { MAPPINGS_OF_FIBER = 2, MAPPINGS_OF_OTHERS = 4096 };

struct ValkFiber {
  fcontext_t context;  ///< where it goes on when it is entered
  fcontext_t from;     ///< who entered it
  void (*body)(void* data);
  void* data;
  void* owner;
  bool finished;
  char* mapping;
  size_t mapped;
  size_t stack;  ///< bytes asked for
  size_t extra;
  ValkFiber* outer;  ///< the fiber that entered it, or null; the next one in the pool
  ValkSanitizedStack sanitized;
};

static thread_local ValkFiber* current;
static ValkFiber* pool;
static int pooled;
static size_t made;  ///< fibers that there are, those in the pool too
static int refusal;  ///< errno of the mapping that the system refused last

ValkFiber* valk_fiber_current() { return current; }
void*& valk_fiber_owner(ValkFiber* fiber) { return fiber->owner; }

static char* low_end(const ValkFiber* f) { return f->mapping + GUARD_BYTES; }
static char* high_end(const ValkFiber* f) { return f->mapping + f->mapped - f->extra; }
static size_t usable(const ValkFiber* f) { return static_cast<size_t>(high_end(f) - low_end(f)); }
void* valk_fiber_extra(ValkFiber* f) { return high_end(f); }

// ---- on the fiber -------------------------------------------------------------------------------

static void leave(ValkFiber* f) {
  valk_sanitizer_leave(&f->sanitized);
  transfer_t back = jump_fcontext(f->from, nullptr);
  valk_sanitizer_entered(&f->sanitized);
  f->from = back.fctx;
}

static void run_bodies(transfer_t from) {
  ValkFiber* f = static_cast<ValkFiber*>(from.data);
  valk_sanitizer_entered(&f->sanitized);
  f->from = from.fctx;
  for (;;) {
    f->body(f->data);
    f->finished = true;
    leave(f);
  }
}

void valk_fiber_leave() { leave(current); }

// ---- making and keeping -------------------------------------------------------------------------

static void prepare(ValkFiber* f) {
  f->context = make_fcontext(high_end(f), usable(f), run_bodies);
  valk_sanitizer_make(&f->sanitized, low_end(f), usable(f));
}

/// How many mappings a process may have; 0 if the system does not say.
static size_t most_mappings() {
  static const size_t most = [] {
    size_t number = 0;
    FILE* file = fopen("/proc/sys/vm/max_map_count", "r");
    if (file && fscanf(file, "%zu", &number) != 1) number = 0;
    if (file) fclose(file);
    return number;
  }();
  return most;
}

static bool takes_up_mappings() {
  size_t most = most_mappings();
  size_t others = most < 2 * MAPPINGS_OF_OTHERS ? most / 2 : size_t{MAPPINGS_OF_OTHERS};
  return most != 0 && MAPPINGS_OF_FIBER * (made + 1) > most - others;
}

Value valk_fail_no_fiber(Vm* vm, Value* sp, const char* what, const char* advice) {
  if (takes_up_mappings())
    return valk_fail(
        vm, sp, ":memory",
        "no stack is left for %s: the %zu that there are take up the process's address mappings, "
        "vm.max_map_count%s",
        what, made, advice);
  return valk_fail(vm, sp, ":memory", "no stack is left for %s: %s%s", what, strerror(refusal),
                   advice);
}

static ValkFiber* make(size_t stack, size_t extra) {
  if (takes_up_mappings()) return nullptr;
  size_t page = static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
  size_t total = (stack + page - 1) / page * page + GUARD_BYTES + RESERVE_BYTES + extra;
  void* mapping = mmap(nullptr, total, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  refusal = errno;
  if (mapping == MAP_FAILED) return nullptr;
  ValkFiber* f = static_cast<ValkFiber*>(calloc(1, sizeof(ValkFiber)));
  if (!f || mprotect(mapping, GUARD_BYTES, PROT_NONE) != 0) {
    refusal = errno;
    munmap(mapping, total);
    free(f);
    return nullptr;
  }
  made++;
  f->mapping = static_cast<char*>(mapping);
  f->mapped = total;
  f->stack = stack;
  f->extra = extra;
  prepare(f);
  return f;
}

static void destroy(ValkFiber* f) {
  valk_sanitizer_destroy(&f->sanitized);
  munmap(f->mapping, f->mapped);
  free(f);
  made--;
}

static void give_back(ValkFiber* f) {
  if (pooled >= MOST_POOLED) return destroy(f);
  f->outer = pool;
  pool = f;
  pooled++;
}

/// One of those sizes from the pool; there are few sizes.
static ValkFiber* take_pooled(size_t stack, size_t extra) {
  for (ValkFiber** link = &pool; *link; link = &(*link)->outer) {
    ValkFiber* f = *link;
    if (f->stack != stack || f->extra != extra) continue;
    *link = f->outer;
    pooled--;
    return f;
  }
  return nullptr;
}

ValkFiber* valk_fiber_take(size_t stack, size_t extra, void (*body)(void* data), void* data) {
  ValkFiber* f = take_pooled(stack, extra);
  if (!f) f = make(stack, extra);
  if (!f) return nullptr;
  f->body = body;
  f->data = data;
  f->finished = false;
  return f;
}

void valk_fiber_drop(ValkFiber* f) {
  valk_sanitizer_destroy(&f->sanitized);
  prepare(f);
  give_back(f);
}

bool valk_fiber_enter(Vm* vm, ValkFiber* f) {
  char* outer_limit = vm->stack_limit;
  f->outer = current;
  current = f;
  vm->stack_limit = low_end(f) + RESERVE_BYTES;
  void* fake = valk_sanitizer_enter(&f->sanitized);
  transfer_t back = jump_fcontext(f->context, f);
  valk_sanitizer_left(&f->sanitized, fake);
  f->context = back.fctx;
  vm->stack_limit = outer_limit;
  current = f->outer;
  if (!f->finished) return true;
  give_back(f);
  return false;
}
