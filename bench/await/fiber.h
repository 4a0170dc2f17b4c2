// Tasks as Boost.Context fibers: parking switches to the scheduler, which resumes what is ready.
#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <memory>
#include <utility>

#include "run_queue.h"

struct FiberTask {
  boost::context::fiber itself;  ///< where it goes on, while it is parked
  boost::context::fiber* scheduler = nullptr;
  long value = 0;  ///< what it was resumed with

  /// Parks until someone resumes it; gives the value.
  long park() {
    *scheduler = std::move(*scheduler).resume();
    return value;
  }
};

inline RunQueue<FiberTask*>& ready() {
  static RunQueue<FiberTask*> queue;
  return queue;
}

inline void resume_with(FiberTask* task, long value) {
  task->value = value;
  ready().push(task);
}

/// Makes a task that will run body(task) on a stack of its own, and makes it ready.
template <typename Body, typename Stack = boost::context::fixedsize_stack>
void spawn(FiberTask& task, Body body, Stack stack = Stack()) {
  auto run = [&task, body](boost::context::fiber&& scheduler) mutable {
    boost::context::fiber back = std::move(scheduler);
    task.scheduler = &back;
    body(task);
    return back;
  };
  task.itself = boost::context::fiber(std::allocator_arg, stack, run);
  ready().push(&task);
}

inline void run_until_idle() {
  while (!ready().is_empty()) {
    FiberTask* task = ready().pop();
    task->itself = std::move(task->itself).resume();
  }
}
