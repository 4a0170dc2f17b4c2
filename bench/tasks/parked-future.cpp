// n threads: each is made, waits for a future, gets a number, and ends. Threads get 64 KiB of stack.
#include <vector>

#include "../await/future.h"
#include "../elapsed.h"

struct Waiter {
  pthread_t thread;
  Future future;
};

static void* wait(void* waiter) {
  return reinterpret_cast<void*>(await(&static_cast<Waiter*>(waiter)->future));
}

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    std::vector<Waiter> waiters(count);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (Waiter& waiter : waiters) {
      if (pthread_create(&waiter.thread, &attributes, wait, &waiter) == 0) continue;
      std::fprintf(stderr, "no more threads\n");
      std::exit(1);
    }
    for (Waiter& waiter : waiters) resolve(&waiter.future, 1);
    long total = 0;
    for (Waiter& waiter : waiters) {
      void* got;
      pthread_join(waiter.thread, &got);
      total += reinterpret_cast<long>(got);
    }
    return total;
  });
}
