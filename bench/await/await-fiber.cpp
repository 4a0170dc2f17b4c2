// One await of a Boost.Context fiber through a function that the compiler cannot see.
#include "../elapsed.h"
#include "fiber.h"

using Operation = void (*)(FiberTask*);

static void give_one(FiberTask* task) { resume_with(task, 1); }
static void give_two(FiberTask* task) { resume_with(task, 2); }
static Operation volatile operations[] = {give_one, give_two};

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    long total = 0;
    FiberTask task;
    spawn(task, [&total, count](FiberTask& self) {
      for (long n = count; n > 0; n--) {
        operations[n % 2](&self);
        total += self.park();
      }
    });
    run_until_idle();
    return 2 * total / count;
  });
}
