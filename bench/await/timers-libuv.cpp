// n timers at once on bare libuv: each waits for up to 100 ms and adds to a sum. The floor for whoever
// waits by libuv: no tasks; timers are allocated, closed and freed one by one.
#include <uv.h>

#include "../elapsed.h"

struct Sleeper {
  uv_timer_t timer;
  long n;
  long* total;
};

static void end(uv_handle_t* handle) { delete static_cast<Sleeper*>(handle->data); }

static void wake(uv_timer_t* timer) {
  auto* sleeper = static_cast<Sleeper*>(timer->data);
  *sleeper->total += sleeper->n % 10;
  uv_close(reinterpret_cast<uv_handle_t*>(timer), end);
}

int main(int, char** argv) {
  return elapsed(argv, [](long count) {
    long total = 0;
    uv_loop_t loop;
    uv_loop_init(&loop);
    for (long n = count; n > 0; n--) {
      auto* sleeper = new Sleeper{{}, n, &total};
      uv_timer_init(&loop, &sleeper->timer);
      sleeper->timer.data = sleeper;
      uv_timer_start(&sleeper->timer, wake, static_cast<uint64_t>(n * 7919 % 100), 0);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    return total;
  });
}
