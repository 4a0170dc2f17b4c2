// A chain of nested awaits: the innermost of 100 coroutines awaits, and the value goes back through all.
#include <coroutine>
#include <exception>
#include <utility>

#include "../elapsed.h"
#include "coroutine.h"

/// A coroutine that begins when it is awaited, and hands its value and control to who awaits it.
class Level {
 public:
  struct promise_type {
    long value = 0;
    std::coroutine_handle<> waiting;
    struct HandBack {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        return self.promise().waiting;
      }
      void await_resume() noexcept {}
    };
    Level get_return_object() {
      return Level(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    HandBack final_suspend() noexcept { return {}; }
    void return_value(long v) { value = v; }
    void unhandled_exception() { std::terminate(); }
  };

  Level(Level&& other) noexcept : itself_(std::exchange(other.itself_, nullptr)) {}
  Level& operator=(Level&&) = delete;
  ~Level() {
    if (itself_) itself_.destroy();
  }

  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
    itself_.promise().waiting = waiting;
    return itself_;
  }
  long await_resume() { return itself_.promise().value; }

 private:
  explicit Level(std::coroutine_handle<promise_type> itself) : itself_(itself) {}

  std::coroutine_handle<promise_type> itself_;
};

static void give_one(Resumption& k) { k(1); }
static Operation volatile operation = give_one;

static Level descend(long level) {
  if (level == 0) co_return co_await Await{operation, {}};
  co_return 1 + co_await descend(level - 1);
}

static Task loop(long n, long& total) {
  for (; n > 0; n--) total += co_await descend(100);
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    long total = 0;
    loop(n, total);
    run_until_idle();
    return total / n;
  });
}
