// A C++20 generator, as each program of this family needs it.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

/// Owns its producer. `next` runs it to its next value; false when it has ended.
class Generator {
 public:
  struct promise_type {
    long value = 0;
    Generator get_return_object() {
      return Generator(std::coroutine_handle<promise_type>::from_promise(*this));
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

  Generator(Generator&& other) noexcept : producer_(std::exchange(other.producer_, nullptr)) {}
  Generator& operator=(Generator&&) = delete;
  ~Generator() {
    if (producer_) producer_.destroy();
  }

  bool next() {
    producer_.resume();
    return !producer_.done();
  }
  long value() const { return producer_.promise().value; }

 private:
  explicit Generator(std::coroutine_handle<promise_type> producer) : producer_(producer) {}

  std::coroutine_handle<promise_type> producer_;
};
