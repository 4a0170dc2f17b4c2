// The C++ side of main.valk's externs: a plain function, and an operation that ends in a callback of
// libuv. What the operation holds on to is its own; the handle k names the continuation.
#include <uv.h>

#include <string>

#include "runtime/valk_ext.h"

namespace {

struct Later {
  uv_timer_t timer;
  ValkHandle k;
  std::string text;
};

void on_time(uv_timer_t* timer) {
  Later* later = static_cast<Later*>(timer->data);
  uv_close(reinterpret_cast<uv_handle_t*>(timer),
           [](uv_handle_t* handle) { delete static_cast<Later*>(handle->data); });
  if (later->text.empty()) {
    valk_fail(later->k, ":consumer", "nothing to say");
  } else {
    valk_resume(later->k, valk_data_bytes(later->text.data(), later->text.size()));
  }
}

}  // namespace

extern "C" ValkData consumer_twice(ValkData number) {
  return valk_data_integer(2 * number.integer);
}

extern "C" void consumer_later(ValkData milliseconds, ValkData text, ValkHandle k) {
  Later* later = new Later{{}, k, std::string(text.bytes, text.length)};
  uv_timer_init(valk_uv_loop(), &later->timer);
  later->timer.data = later;
  uv_timer_start(&later->timer, on_time, static_cast<uint64_t>(milliseconds.integer), 0);
}
