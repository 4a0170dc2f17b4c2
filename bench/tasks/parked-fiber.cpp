// n Boost.Context fibers: each is made, parks itself, is resumed with a number, and ends. Stacks come from
// malloc, 16 KiB each, since each mapped one would need two of the system's mappings.
#include <vector>

#include "../await/fiber.h"
#include "../elapsed.h"

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    std::vector<FiberTask*> waiting;
    std::vector<FiberTask> tasks(count);
    long total = 0;
    auto body = [&waiting, &total](FiberTask& self) {
      waiting.push_back(&self);
      total += self.park();
    };
    for (FiberTask& task : tasks) spawn(task, body, boost::context::fixedsize_stack(16 << 10));
    run_until_idle();
    for (FiberTask* task : waiting) resume_with(task, 1);
    run_until_idle();
    return total;
  });
}
