// One await of a C++20 coroutine through a function that the compiler cannot see, and the run queue.
#include "../elapsed.h"
#include "coroutine.h"

static void give_one(Resumption& k) { k(1); }
static void give_two(Resumption& k) { k(2); }
static Operation volatile operations[] = {give_one, give_two};

static Task loop(long n, long& total) {
  for (; n > 0; n--) total += co_await Await{operations[n % 2], {}};
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    long total = 0;
    loop(n, total);
    run_until_idle();
    return 2 * total / n;
  });
}
