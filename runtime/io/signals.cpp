// See signals.h; and signal/on and signal/off. A handler does not keep a program alive that has nothing left
// to do (io/loop.cpp).
#include "runtime/io/signals.h"

#include <signal.h>
#include <string.h>

#include <memory>

#include "runtime/io/arguments.h"
#include "runtime/io/uv.h"
#include "runtime/value/error.h"

/// Runs fn on arg in a new task below the root (runtime/control).
void valk_spawn_call(Vm* vm, Value fn, Value arg);

namespace {

struct Name {
  const char* name;
  int number;
};
constexpr Name kNames[] = {
#define SIGNAL(name) {#name, name},
#include "runtime/io/signals.def"
};

/// One handler. Freed when libuv has closed its watcher.
struct Watch {
  uv_signal_t watcher;
  ValkEvent event;
  ValkResource resource;
  ValkRoot function;
  ValkHandleId handle;
  bool has_handle;
  bool is_closing;
  int number;
  unsigned arrived;  ///< times not delivered yet
  Watch* next;       ///< of those that the program has
  Watch** link;
};

Watch* watches;  ///< of the program

template <class Part>
Watch* owner_of(Part* part, size_t offset) {
  return reinterpret_cast<Watch*>(reinterpret_cast<char*>(part) - offset);
}

void on_closed(uv_handle_t* handle) {
  std::unique_ptr<Watch> owned(static_cast<Watch*>(handle->data));
}

void stop(Vm* vm, Watch* w) {
  if (w->is_closing) return;
  w->is_closing = true;
  *w->link = w->next;
  if (w->next) w->next->link = w->link;
  valk_event_withdraw(&w->event);
  valk_resource_remove(&w->resource);
  valk_root_free(vm, w->function);
  uv_close(reinterpret_cast<uv_handle_t*>(&w->watcher), on_closed);
}

void close_handle(Vm* vm, void* native) { stop(vm, static_cast<Watch*>(native)); }

ValkHandleUse use_of(const void*) { return VALK_HANDLE_LASTING; }

const ValkHandleKind signal_kind = {"signal", close_handle, use_of};

void close_at_exit(Vm* vm, ValkResource* resource, bool) {
  Watch* w = owner_of(resource, offsetof(Watch, resource));
  if (w->has_handle) valk_handle_forget_id(vm, w->handle);
  stop(vm, w);
}

void on_signal(uv_signal_t* watcher, int) {
  Watch* w = static_cast<Watch*>(watcher->data);
  w->arrived++;
  valk_event_post(&w->event);
}

void deliver(Vm* vm, ValkEvent* event) {
  Watch* w = owner_of(event, offsetof(Watch, event));
  if (--w->arrived > 0) valk_event_post(event);
  const char* name = valk_signal_name(w->number);
  Value text = valk_make_string(vm, vm->sp, name, strlen(name));
  if (text != VALK_ERR) valk_spawn_call(vm, valk_root_get(vm, w->function), text);
}

}  // namespace

struct ValkSignalWatch {
  uv_signal_t watcher;
  void (*arrived)(int number);
};

ValkSignalWatch* valk_signal_watch(int number, void (*arrived)(int number)) {
  ValkSignalWatch* w = std::make_unique<ValkSignalWatch>().release();
  w->arrived = arrived;
  uv_signal_init(valk_uv_loop(), &w->watcher);
  w->watcher.data = w;
  auto call = [](uv_signal_t* watcher, int signal_number) {
    static_cast<ValkSignalWatch*>(watcher->data)->arrived(signal_number);
  };
  uv_signal_start(&w->watcher, call, number);
  return w;
}

void valk_signal_unwatch(ValkSignalWatch* watch) {
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->watcher), [](uv_handle_t* handle) {
    std::unique_ptr<ValkSignalWatch> owned(static_cast<ValkSignalWatch*>(handle->data));
  });
}

bool valk_signal_is_handled(int number) {
  for (Watch* w = watches; w; w = w->next)
    if (w->number == number) return true;
  return false;
}

bool valk_signals_are_handled() { return watches; }

const char* valk_signal_name(int number) {
  for (const Name& n : kNames)
    if (n.number == number) return n.name;
  return "SIG?";
}

int valk_argument_signal(Vm* vm, Value* sp, const char* name, int argument, Value v) {
  const char* what = "the name of a signal, such as \"SIGTERM\"";
  if (!valk_is_kind(v, VALK_KIND_STRING)) {
    valk_fail_type(vm, sp, name, argument, what, v);
    return 0;
  }
  for (const Name& n : kNames)
    if (valk_string_length(v) == strlen(n.name) &&
        !memcmp(valk_string_bytes(v), n.name, strlen(n.name)))
      return n.number;
  valk_fail_range(vm, sp, name, argument, what, v);
  return 0;
}

Value valk_signal_on(Vm* vm, Value* sp, Value name, Value function) {
  const char* self = "signal/on";
  int number = valk_argument_signal(vm, sp, self, 1, name);
  if (!number) return VALK_ERR;
  if (!valk_is_callable(function)) return valk_fail_type(vm, sp, self, 2, "a function", function);
  sp[0] = function;
  Watch* w = std::make_unique<Watch>().release();
  w->event.deliver = deliver;
  w->resource.close_at_exit = close_at_exit;
  w->number = number;
  w->function = valk_root_make(vm, function);
  uv_signal_init(valk_uv_loop(), &w->watcher);
  w->watcher.data = w;
  valk_resource_add(&w->resource);
  w->next = watches;
  if (w->next) w->next->link = &w->next;
  w->link = &watches;
  watches = w;
  int code = uv_signal_start(&w->watcher, on_signal, number);
  if (code < 0) {
    stop(vm, w);
    return valk_fail_code(vm, sp + 1, ":io", uv_err_name(code), "%s: %s: %s", self,
                          valk_signal_name(number), uv_strerror(code));
  }
  Value handle = valk_handle_make(vm, sp + 1, &signal_kind, w);
  if (handle == VALK_ERR) {
    stop(vm, w);
    return VALK_ERR;
  }
  w->handle = valk_handle_id(handle);
  w->has_handle = true;
  return handle;
}

Value valk_signal_off(Vm* vm, Value* sp, Value handle) {
  if (!valk_handle_is(handle, &signal_kind))
    return valk_fail_type(vm, sp, "signal/off", 1, "a <signal>", handle);
  void* native = valk_handle_native(vm, handle, &signal_kind);
  if (!native) return VALK_NIL;
  valk_handle_forget(vm, handle);
  close_handle(vm, native);
  return VALK_NIL;
}
