// A chain of C++20 coroutines: each level awaits the next one, a thousand deep; the deepest really waits,
// and whoever awaits a level goes on through the run queue, as everybody does.
#include "../elapsed.h"
#include "coroutine.h"

static const long kDepth = 1000;

class Level {
 public:
  struct promise_type {
    Resumption waiter;
    long value = 0;
    Level get_return_object() { return Level(Handle::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept {
      if (waiter.waiting) waiter(value);
      return {};
    }
    void return_value(long v) { value = v; }
    void unhandled_exception() { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  explicit Level(Handle handle) : handle_(handle) {}
  Level(Level&& other) : handle_(other.handle_) { other.handle_ = nullptr; }
  ~Level() {
    if (handle_) handle_.destroy();
  }
  bool await_ready() { return handle_.done(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    handle_.promise().waiter.waiting = waiting;
  }
  long await_resume() { return handle_.promise().value; }

 private:
  Handle handle_;
};

struct Yield {
  Resumption resumption;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    resumption.waiting = waiting;
    resumption(0);
  }
  void await_resume() {}
};

static Level level(long n) {
  if (n == 0) {
    co_await Yield{};
    co_return 0;
  }
  co_return 1 + co_await level(n - 1);
}

static Task go(long rounds, long& total) {
  for (long n = 0; n < rounds; n++) total += co_await level(kDepth);
}

int main(int, char** argv) {
  return elapsed(argv, [](long rounds) {
    long total = 0;
    go(rounds, total);
    run_until_idle();
    return total;
  });
}
