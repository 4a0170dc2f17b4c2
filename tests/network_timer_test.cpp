// Timers and async/sleep: order, cancelling, many of them.
#include <gtest/gtest.h>

#include <vector>

#include "runtime/io/loop.h"
#include "tests/fake_control.h"

void valk_sleep(Vm*, Value*, Fix, ValkOpId);
void valk_sleep_cancel(Vm*, ValkOpId);

namespace {

using namespace valk_test;

struct Timers : testing::Test {
  void TearDown() override { end_program(); }
  ValkOpId sleep(Value ms) {
    machine()->sp[0] = ms;
    return start(valk_sleep, 1);
  }
};

TEST_F(Timers, SleepEndsNotBeforeItsTime) {
  uint64_t before = valk_clock();
  EXPECT_EQ(wait(sleep(VALK_FIX(20))), End::kValue);
  EXPECT_GE(valk_clock() - before, 20000000u);
  EXPECT_LT(valk_clock() - before, 200000000u);
}

TEST_F(Timers, NothingPendingEndsTheLoop) { EXPECT_FALSE(valk_loop_turn(machine(), true)); }

TEST_F(Timers, FireByTimeThenByCreation) {
  std::vector<int> order;
  ValkOpId late = sleep(VALK_FIX(30)), early = sleep(VALK_FIX(10)), zero = sleep(VALK_FIX(0));
  ValkOpId zero_too = sleep(VALK_FIX(0));
  on_end(late, [&] { order.push_back(4); });
  on_end(early, [&] { order.push_back(3); });
  on_end(zero, [&] { order.push_back(1); });
  on_end(zero_too, [&] { order.push_back(2); });
  wait(late);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(Timers, CancelledSleepNeverEnds) {
  ValkOpId cancelled = sleep(VALK_FIX(5)), other = sleep(VALK_FIX(10));
  cancel(valk_sleep_cancel, cancelled);
  EXPECT_EQ(wait(other), End::kValue);
  EXPECT_EQ(end_of(cancelled), End::kCancelled);
  EXPECT_FALSE(valk_loop_turn(machine(), true));
}

TEST_F(Timers, ATimerStartedByATimerWaitsForTheNextTurn) {
  int fired = 0;
  std::function<void()> again = [&] {
    if (++fired < 100) on_end(sleep(VALK_FIX(0)), again);
  };
  on_end(sleep(VALK_FIX(0)), again);
  valk_loop_turn(machine(), true);
  EXPECT_LT(fired, 3);
  while (valk_loop_turn(machine(), true)) {
  }
  EXPECT_EQ(fired, 100);
}

TEST_F(Timers, ManyInRandomOrderWithHalfOfThemCancelled) {
  std::vector<ValkOpId> ops;
  unsigned seed = 1;
  for (int i = 0; i < 5000; i++) {
    seed = seed * 1103515245 + 12345;
    ops.push_back(sleep(VALK_FIX((seed >> 16) % 50)));
  }
  for (size_t i = 0; i < ops.size(); i += 2) cancel(valk_sleep_cancel, ops[i]);
  while (valk_loop_turn(machine(), true)) {
  }
  for (size_t i = 0; i < ops.size(); i++)
    EXPECT_EQ(end_of(ops[i]), i % 2 ? End::kValue : End::kCancelled);
}

TEST_F(Timers, WrongArgumentsAreErrors) {
  EXPECT_EQ(error_kind(sleep(VALK_FIX(-1))), ":type");
  EXPECT_EQ(error_kind(sleep(VALK_NIL)), ":type");
}

TEST_F(Timers, ClosingTheLoopWithTimersRunningLeaksNothing) {
  ValkOpId op = sleep(VALK_FIX(100000));
  cancel(valk_sleep_cancel, op);
}

}  // namespace
