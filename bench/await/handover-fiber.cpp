// Two Boost.Context fibers hand a number to and fro through the run queue.
#include "../elapsed.h"
#include "fiber.h"

static FiberTask* parked;

static long hand_over(FiberTask& self, long value) {
  FiberTask* other = std::exchange(parked, &self);
  if (other) resume_with(other, value);
  return self.park();
}

static long player(FiberTask& self, bool first, long count) {
  long got = first ? hand_over(self, 0) : 1;
  while (got < count) got = hand_over(self, got + 1);
  FiberTask* other = std::exchange(parked, nullptr);
  if (other) resume_with(other, got);
  return got;
}

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    long results[2];
    FiberTask tasks[2];
    spawn(tasks[0], [&](FiberTask& self) { results[0] = player(self, true, count); });
    spawn(tasks[1], [&](FiberTask& self) { results[1] = player(self, false, count); });
    run_until_idle();
    return results[1] - count;
  });
}
