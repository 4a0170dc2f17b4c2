// A thread with a stack of its own; the thread that made it only waits. See big_stack.h.
#include "driver/big_stack.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstddef>

namespace valkc {
namespace {

constexpr size_t WANTED = size_t{16} << 30;
constexpr size_t LEAST = size_t{8} << 20;

struct Job {
  const std::function<int()>& work;
  int result = 0;
};

void* run_job(void* argument) {
  Job* job = static_cast<Job*>(argument);
  job->result = job->work();
  return nullptr;
}

/// Reserves a stack, smaller and smaller until the system agrees. Null: none.
void* reserve(size_t& bytes) {
  for (bytes = WANTED; bytes >= LEAST; bytes /= 2) {
    void* stack = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack != MAP_FAILED) return stack;
  }
  return nullptr;
}

bool run_in_thread(Job& job, void* stack, size_t bytes) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_t thread;
  const bool started = pthread_attr_setstack(&attributes, stack, bytes) == 0 &&
                       pthread_create(&thread, &attributes, run_job, &job) == 0;
  pthread_attr_destroy(&attributes);
  if (started) pthread_join(thread, nullptr);
  return started;
}

}  // namespace

int run_on_big_stack(const std::function<int()>& work) {
  Job job{work};
  size_t bytes = 0;
  void* stack = reserve(bytes);
  if (!stack || !run_in_thread(job, stack, bytes)) job.result = work();
  if (stack) munmap(stack, bytes);
  return job.result;
}

}  // namespace valkc
