// Externs: plain data to values and back, and operations that user code completes.
//
// valk_resume may be called from inside libuv, where no Lisp may run: it copies the data into an event,
// which the loop delivers. From another thread the same goes through a list under a mutex and a
// uv_async_t that is made when the first operation starts.
#include "runtime/io/extern.h"

#include <pthread.h>
#include <stdlib.h>

#include <vector>

#include "runtime/control/operation.h"
#include "runtime/io/foreign.h"
#include "runtime/io/loop.h"
#include "runtime/io/uv.h"
#include "runtime/value/value.h"

namespace {

/// A completion on its way to the loop.
struct Completion {
  ValkEvent event;  // first: the event is the completion
  ValkOpId op;
  ValkData data;
  Completion* next;
};

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;  ///< of all of these
uv_async_t wake;
bool wake_is_open = false;
Completion* from_threads = nullptr;
size_t in_flight = 0;  ///< operations; while there are any, libuv must look at `wake`

void begin_operation() {
  valk_loop_hold();
  if (in_flight++ == 0) uv_ref(reinterpret_cast<uv_handle_t*>(&wake));
}

void end_operation() {
  valk_loop_release();
  if (--in_flight == 0) uv_unref(reinterpret_cast<uv_handle_t*>(&wake));
}

// ---- delivery --------------------------------------------------------------------------------------

void deliver(Vm* vm, ValkEvent* event) {
  Completion* c = reinterpret_cast<Completion*>(event);
  ValkOpId op = c->op;
  Value v = VALK_NIL;
  bool is_error = c->data.kind == VALK_DATA_ERROR;
  bool is_live = valk_op_is_live(vm, op);
  if (is_live) v = valk_data_value(vm, vm->sp, c->data, nullptr);
  valk_data_free(c->data);
  free(c);
  if (!is_live) return;  // cancelled, which has released the loop, or said twice
  end_operation();
  if (v == VALK_ERR) {
    valk_op_fail_with(vm, op, valk_catch(vm, vm->sp));
  } else if (is_error) {
    valk_op_fail_with(vm, op, v);
  } else {
    valk_op_complete(vm, op, v);
  }
}

Completion* make_completion(ValkOpId op, ValkData data) {
  Completion* c = static_cast<Completion*>(calloc(1, sizeof(Completion)));
  if (!c) abort();
  c->event.deliver = deliver;
  c->op = op;
  c->data = valk_data_copy(data);
  return c;
}

Completion* take_from_threads() {
  pthread_mutex_lock(&mutex);
  Completion* list = from_threads;
  from_threads = nullptr;
  pthread_mutex_unlock(&mutex);
  Completion* in_order = nullptr;
  while (list) {
    Completion* next = list->next;
    list->next = in_order;
    in_order = list;
    list = next;
  }
  return in_order;
}

void on_wake(uv_async_t*) {
  for (Completion* c = take_from_threads(); c; c = c->next) valk_event_post(&c->event);
}

void forget(Completion* c) {
  valk_data_free(c->data);
  free(c);
}

/// From here on what threads say is dropped.
void close_wake(Vm*, ValkResource* resource, bool) {
  pthread_mutex_lock(&mutex);
  if (wake_is_open) uv_close(reinterpret_cast<uv_handle_t*>(&wake), nullptr);
  wake_is_open = false;
  pthread_mutex_unlock(&mutex);
  for (Completion* c = take_from_threads(); c;) {
    Completion* next = c->next;
    forget(c);
    c = next;
  }
  valk_resource_remove(resource);
}
ValkResource wake_resource = {close_wake, nullptr, nullptr};

void open_wake() {
  if (wake_is_open) return;  // only this thread writes it
  uv_async_init(valk_uv_loop(), &wake, on_wake);
  uv_unref(reinterpret_cast<uv_handle_t*>(&wake));
  valk_resource_add(&wake_resource);
  pthread_mutex_lock(&mutex);
  wake_is_open = true;
  pthread_mutex_unlock(&mutex);
}

}  // namespace

// ---- calls -----------------------------------------------------------------------------------------

/// True with :limit raised.
static bool fail_if_too_deep(Vm* vm, Value* sp, const ValkDataArena& arena, const char* name) {
  if (!arena.is_too_deep) return false;
  valk_fail(vm, sp, ":limit", "%s: lists for C++ may be nested %d deep", name,
            int{VALK_DEEPEST_DATA});
  return true;
}

Value valk_extern_apply(Vm* vm, Value* sp, Fix n, const ValkExternFn* fn) {
  std::vector<ValkData> arguments;
  ValkDataArena arena;
  for (Fix i = 0; i < n; i++) arguments.push_back(valk_data_take(vm, &arena, sp[i]));
  Value v = VALK_ERR;
  if (!fail_if_too_deep(vm, sp + n, arena, fn->name)) {
    // The result may point into an argument, and that into the heap: a copy does not move.
    ValkData result = valk_data_copy(fn->apply(arguments.data()));
    v = valk_data_value(vm, sp + n, result, nullptr);
    valk_data_free(result);
    if (v != VALK_ERR && result.kind == VALK_DATA_ERROR) v = valk_throw(vm, sp + n, v);
  }
  valk_data_release(&arena);
  return v;
}

void valk_extern_start(Vm* vm, Value* sp, Fix n, ValkOpId op,
                       void (*start)(const ValkData* arguments, ValkHandle handle)) {
  std::vector<ValkData> arguments;
  ValkDataArena arena;
  for (Fix i = 0; i < n; i++) arguments.push_back(valk_data_take(vm, &arena, sp[i]));
  if (fail_if_too_deep(vm, sp + n, arena, "extern")) {
    valk_op_fail_with(vm, op, valk_catch(vm, sp + n));
  } else {
    open_wake();
    begin_operation();
    start(arguments.data(), op);
  }
  valk_data_release(&arena);
}

void valk_extern_cancel(Vm*, ValkOpId) { end_operation(); }

// ---- what user code calls --------------------------------------------------------------------------

extern "C" {

void valk_resume(ValkHandle handle, ValkData value) {
  valk_event_post(&make_completion(handle, value)->event);
}

void valk_fail(ValkHandle handle, const char* kind, const char* message) {
  valk_resume(handle, valk_data_error(kind, message));
}

void valk_resume_from_thread(ValkHandle handle, ValkData value) {
  Completion* c = make_completion(handle, value);
  pthread_mutex_lock(&mutex);
  bool is_open = wake_is_open;
  if (is_open) {
    c->next = from_threads;
    from_threads = c;
    uv_async_send(&wake);
  }
  pthread_mutex_unlock(&mutex);
  if (!is_open) forget(c);  // the program has ended
}

void valk_fail_from_thread(ValkHandle handle, const char* kind, const char* message) {
  valk_resume_from_thread(handle, valk_data_error(kind, message));
}

}  // extern "C"
