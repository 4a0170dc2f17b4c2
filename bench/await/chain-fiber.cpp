// A chain of nested calls on a fiber: the innermost of 100 functions awaits, and the value goes back.
#include "../elapsed.h"
#include "fiber.h"

using Operation = void (*)(FiberTask*);
static void give_one(FiberTask* task) { resume_with(task, 1); }
static Operation volatile operation = give_one;

static long descend(FiberTask& self, long level);
static long (*volatile next)(FiberTask&, long) = descend;

/// Calls the next level through `next`, so that the levels are not made one.
static long descend(FiberTask& self, long level) {
  if (level > 0) return 1 + next(self, level - 1);
  operation(&self);
  return self.park();
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    long total = 0;
    FiberTask task;
    spawn(task, [&total, n](FiberTask& self) {
      for (long left = n; left > 0; left--) total += next(self, 100);
    });
    run_until_idle();
    return total / n;
  });
}
