// The same number of bare libuv timers, allocated, closed and freed one by one.
#include <uv.h>

#include "../elapsed.h"

static const long kCount = 100000;
static long fired;

static void on_closed(uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); }
static void on_timer(uv_timer_t* timer) {
  fired++;
  uv_close(reinterpret_cast<uv_handle_t*>(timer), on_closed);
}

int main() {
  return elapsed(
      [] {
        uv_loop_t* loop = uv_default_loop();
        for (long n = kCount; n > 0; n--) {
          uv_timer_t* timer = new uv_timer_t;
          uv_timer_init(loop, timer);
          uv_timer_start(timer, on_timer, static_cast<uint64_t>(n % 10), 0);
        }
        uv_run(loop, UV_RUN_DEFAULT);
        return fired;
      },
      kCount);
}
