// See dump.h.
#include "runtime/io/dump.h"

#include <signal.h>

#include "runtime/io/loop.h"
#include "runtime/io/signals.h"
#include "runtime/io/uv.h"

Value valk_async_dump(Vm* vm, Value* sp);

namespace {

struct Watch {
  uv_signal_t handle;
  ValkEvent event;
};
Watch watch;

void dump(Vm* vm, ValkEvent*) { valk_async_dump(vm, vm->sp); }

void on_signal(uv_signal_t*, int number) {
  if (!valk_signal_is_handled(number)) valk_event_post(&watch.event);
}

}  // namespace

void valk_dump_watch() {
  watch = Watch{};
  watch.event.deliver = dump;
  uv_signal_init(valk_uv_loop(), &watch.handle);
  uv_signal_start(&watch.handle, on_signal, SIGUSR1);
  uv_unref(reinterpret_cast<uv_handle_t*>(&watch.handle));
}
