// Two C++20 coroutines hand a number to and fro through the run queue.
#include "../elapsed.h"
#include "coroutine.h"

static const long kCount = 2000000;
static Resumption* parked;

struct HandOver {
  long value;
  Resumption resumption;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    Resumption* other = parked;
    resumption.waiting = waiting;
    parked = &resumption;
    if (other) (*other)(value);
  }
  long await_resume() { return resumption.value; }
};

static Task player(bool first, long& result) {
  long got = first ? co_await HandOver{0, {}} : 1;
  while (got < kCount) got = co_await HandOver{got + 1, {}};
  Resumption* other = parked;
  parked = nullptr;
  if (other) (*other)(got);
  result = got;
}

int main() {
  return elapsed(
      [] {
        long results[2];
        player(true, results[0]);
        player(false, results[1]);
        run_until_idle();
        return results[1] - kCount;
      },
      kCount);
}
