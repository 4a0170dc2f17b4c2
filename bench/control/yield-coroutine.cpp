// Yield and resume: a C++20 generator that is suspended at each element.
#include <coroutine>
#include <exception>

#include "../elapsed.h"

static const long kCount = 3000000;

struct Generator {
  struct promise_type {
    long value = 0;
    Generator get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(long v) noexcept {
      value = v;
      return {};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> producer;
};

static Generator produce(long n) {
  for (; n > 0; n--) co_yield n;
}

int main() {
  return elapsed(
      [] {
        volatile long count = kCount;
        Generator generator = produce(count);
        long total = 0;
        for (generator.producer.resume(); !generator.producer.done(); generator.producer.resume())
          total += generator.producer.promise().value;
        generator.producer.destroy();
        return total;
      },
      kCount);
}
