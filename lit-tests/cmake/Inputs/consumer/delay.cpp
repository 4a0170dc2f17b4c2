// The callback of the design notes, in user code: an operation that a libuv timer completes by calling
// the continuation that it was given.
#include <uv.h>

#include <new>

#include "runtime/valk_ext.h"

namespace {

struct Delay {
  uv_timer_t timer;
  ValkHandle continuation;
  int64_t milliseconds;
};

void on_time(uv_timer_t* timer) {
  Delay* delay = static_cast<Delay*>(timer->data);
  valk_resume(delay->continuation, valk_data_integer(delay->milliseconds));
  uv_close(reinterpret_cast<uv_handle_t*>(timer),
           [](uv_handle_t* handle) { delete static_cast<Delay*>(handle->data); });
}

}  // namespace

// (extern {delay ms k} :async "consumer_delay")
extern "C" void consumer_delay(ValkData milliseconds, ValkHandle k) {
  if (milliseconds.kind != VALK_DATA_INTEGER || milliseconds.integer < 0) {
    valk_fail(k, ":type", "delay takes milliseconds");
    return;
  }
  Delay* delay = new Delay{{}, k, milliseconds.integer};
  uv_timer_init(valk_uv_loop(), &delay->timer);
  delay->timer.data = delay;
  uv_timer_start(&delay->timer, on_time, static_cast<uint64_t>(milliseconds.integer), 0);
}

// (extern {twice text} "consumer_twice")
extern "C" ValkData consumer_twice(ValkData text) {
  if (text.kind != VALK_DATA_STRING) return valk_data_error(":type", "twice takes a string");
  static char out[64];
  size_t n = text.length < 32 ? text.length : 32;
  for (size_t i = 0; i < 2 * n; i++) out[i] = text.bytes[i % n];
  return valk_data_bytes(out, 2 * n);
}
