// n C++20 coroutines: each is made, parks itself, is resumed with a number, and ends.
#include <vector>

#include "../await/coroutine.h"
#include "../elapsed.h"

struct Park {
  std::vector<Resumption*>& waiting;
  Resumption resumption;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    resumption.waiting = self;
    waiting.push_back(&resumption);
  }
  long await_resume() { return resumption.value; }
};

static Task task(std::vector<Resumption*>& waiting, long& total) {
  total += co_await Park{waiting, {}};
}

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    std::vector<Resumption*> waiting;
    long total = 0;
    for (long n = 0; n < count; n++) task(waiting, total);
    for (Resumption* k : waiting) (*k)(1);
    run_until_idle();
    return total;
  });
}
