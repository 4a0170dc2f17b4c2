// A minimal C++20 task: starts at once, its frame ends with it. Resumed from one run queue, as a
// coroutine library over an event loop does it.
#pragma once

#include <coroutine>
#include <exception>

#include "run_queue.h"

inline RunQueue<std::coroutine_handle<>>& ready() {
  static RunQueue<std::coroutine_handle<>> queue;
  return queue;
}

inline void run_until_idle() {
  while (!ready().is_empty()) ready().pop().resume();
}

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

/// Where an operation leaves its result, and whom it makes ready.
struct Resumption {
  std::coroutine_handle<> waiting;
  long value = 0;
  void operator()(long v) {
    value = v;
    ready().push(waiting);
  }
};

/// Something that is started with what resumes its caller.
using Operation = void (*)(Resumption&);

/// Awaiting an operation that the compiler does not know.
struct Await {
  Operation start;
  Resumption resumption;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    resumption.waiting = waiting;
    start(resumption);
  }
  long await_resume() { return resumption.value; }
};
