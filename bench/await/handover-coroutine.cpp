// Two C++20 coroutines hand a number to and fro through the run queue.
#include "../elapsed.h"
#include "coroutine.h"

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

static Task player(bool first, long count, long& result) {
  long got = first ? co_await HandOver{0, {}} : 1;
  while (got < count) got = co_await HandOver{got + 1, {}};
  Resumption* other = parked;
  parked = nullptr;
  if (other) (*other)(got);
  result = got;
}

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    long results[2];
    player(true, count, results[0]);
    player(false, count, results[1]);
    run_until_idle();
    return results[1] - count;
  });
}
