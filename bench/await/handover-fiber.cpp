// Two Boost.Context fibers hand a number to and fro through the run queue.
#include "../elapsed.h"
#include "fiber.h"

static const long kCount = 2000000;
static FiberTask* parked;

static long hand_over(FiberTask& self, long value) {
  FiberTask* other = std::exchange(parked, &self);
  if (other) resume_with(other, value);
  return self.park();
}

static long player(FiberTask& self, bool first) {
  long got = first ? hand_over(self, 0) : 1;
  while (got < kCount) got = hand_over(self, got + 1);
  FiberTask* other = std::exchange(parked, nullptr);
  if (other) resume_with(other, got);
  return got;
}

int main() {
  return elapsed(
      [] {
        long results[2];
        FiberTask tasks[2];
        spawn(tasks[0], [&](FiberTask& self) { results[0] = player(self, true); });
        spawn(tasks[1], [&](FiberTask& self) { results[1] = player(self, false); });
        run_until_idle();
        return results[1] - kCount;
      },
      kCount);
}
