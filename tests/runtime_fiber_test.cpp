// Fibers by themselves: switching, the pool, frames that are forgotten.
#include "runtime/control/fiber.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <fstream>
#include <vector>

namespace {

constexpr size_t kStack = size_t{64} << 10;

struct Counter {
  std::vector<int> seen;
  int leaves;
};

void count(void* data) {
  Counter* c = static_cast<Counter*>(data);
  for (int i = 0; i < c->leaves; i++) {
    c->seen.push_back(i);
    valk_fiber_leave();
  }
}

TEST(Fiber, GoesOnWhereItLeft) {
  Vm vm{};
  char limit = 0;
  vm.stack_limit = &limit;
  Counter c{{}, 3};
  ValkFiber* fiber = valk_fiber_take(kStack, 0, count, &c);
  ASSERT_NE(fiber, nullptr);
  EXPECT_TRUE(valk_fiber_enter(&vm, fiber));
  EXPECT_EQ(c.seen, (std::vector<int>{0}));
  EXPECT_TRUE(valk_fiber_enter(&vm, fiber));
  EXPECT_TRUE(valk_fiber_enter(&vm, fiber));
  EXPECT_EQ(valk_fiber_current(), nullptr);
  EXPECT_FALSE(valk_fiber_enter(&vm, fiber));
  EXPECT_EQ(c.seen, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(vm.stack_limit, &limit) << "the limit of the outer stack is put back";
}

TEST(Fiber, IsTakenAgainAfterItsEndAndAfterItWasDropped) {
  Vm vm{};
  Counter once{{}, 0}, waits{{}, 1};
  ValkFiber* fiber = valk_fiber_take(kStack, 4096, count, &once);
  EXPECT_FALSE(valk_fiber_enter(&vm, fiber));
  EXPECT_EQ(valk_fiber_take(kStack, 4096, count, &waits), fiber);
  EXPECT_TRUE(valk_fiber_enter(&vm, fiber));
  valk_fiber_drop(fiber);
  ASSERT_EQ(valk_fiber_take(kStack, 4096, count, &once), fiber);
  EXPECT_FALSE(valk_fiber_enter(&vm, fiber)) << "it begins anew";
}

struct Nested {
  Vm* vm;
  ValkFiber* inner;
  ValkFiber* seen_outside;
  ValkFiber* seen_inside;
};

void look(void* data) { static_cast<Nested*>(data)->seen_inside = valk_fiber_current(); }

void enter_inner(void* data) {
  Nested* n = static_cast<Nested*>(data);
  valk_fiber_enter(n->vm, n->inner);
  n->seen_outside = valk_fiber_current();
  valk_fiber_leave();
}

TEST(Fiber, EntersAnother) {
  Vm vm{};
  Nested n{&vm, nullptr, nullptr, nullptr};
  ValkFiber* inner = n.inner = valk_fiber_take(kStack, 0, look, &n);
  ValkFiber* outer = valk_fiber_take(kStack, 0, enter_inner, &n);
  EXPECT_TRUE(valk_fiber_enter(&vm, outer));
  EXPECT_EQ(n.seen_inside, inner);
  EXPECT_EQ(n.seen_outside, outer);
  EXPECT_FALSE(valk_fiber_enter(&vm, outer));
}

TEST(Fiber, HasExtraMemoryOfItsOwn) {
  Counter c{{}, 0};
  Vm vm{};
  ValkFiber* fiber = valk_fiber_take(kStack, size_t{1} << 20, count, &c);
  char* extra = static_cast<char*>(valk_fiber_extra(fiber));
  extra[0] = extra[(1 << 20) - 1] = 7;
  EXPECT_FALSE(valk_fiber_enter(&vm, fiber));
  EXPECT_EQ(extra[0], 7);
}

size_t most_mappings() {
  size_t number = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> number;
  return number;
}

/// A program that has made too many tasks that wait on stacks gets an error, and must be able to go on with it.
TEST(Fiber, LeavesMappingsToOthers) {
  size_t most = most_mappings();
  if (most == 0 || most > 200000) GTEST_SKIP() << "that would take too much memory";
  Counter c{{}, 0};
  std::vector<ValkFiber*> fibers;
  while (ValkFiber* fiber = valk_fiber_take(kStack, 0, count, &c)) fibers.push_back(fiber);
  EXPECT_GT(fibers.size(), most / 4);
  EXPECT_LE(fibers.size(), most / 2);
  const size_t page = 4096;
  // Each second page protected otherwise is 2000 mappings.
  char* pages =
      static_cast<char*>(mmap(nullptr, 2000 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  EXPECT_NE(pages, MAP_FAILED);
  for (size_t i = 0; pages != MAP_FAILED && i < 2000; i += 2)
    EXPECT_EQ(mprotect(pages + i * page, page, PROT_NONE), 0);
  if (pages != MAP_FAILED) munmap(pages, 2000 * page);
  for (ValkFiber* fiber : fibers) valk_fiber_drop(fiber);
}

}  // namespace
