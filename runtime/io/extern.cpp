// Externs: plain data to values and back, and operations that user code completes.
//
// valk_resume may be called from inside libuv, where no Lisp may run: it copies the data into an event,
// which the loop delivers. From another thread the same goes through a list under a mutex and a
// uv_async_t that is made when the first operation starts.
#include "runtime/io/extern.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/control/operation.h"
#include "runtime/io/loop.h"
#include "runtime/io/uv.h"
#include "runtime/value/value.h"

namespace {

constexpr int DEEPEST_LIST = 200;

/// A completion on its way to the loop.
struct Completion {
  ValkEvent event;  // first: the event is the completion
  ValkOpId op;
  ValkData data;
  Completion* next;
};

uv_mutex_t mutex;
uv_async_t wake;
bool wake_is_open = false;
Completion* from_threads = nullptr;

// ---- copies ----------------------------------------------------------------------------------------

void free_data(ValkData d) {
  free(const_cast<char*>(d.bytes));
  free(const_cast<char*>(d.error_kind));
  for (size_t i = 0; d.items && i < d.length; i++) free_data(d.items[i]);
  free(const_cast<ValkData*>(d.items));
}

char* copy_bytes(const char* bytes, size_t length) {
  char* copy = static_cast<char*>(malloc(length + 1));
  if (!copy) abort();
  memcpy(copy, bytes, length);
  copy[length] = 0;
  return copy;
}

ValkData copy_data(ValkData d, int depth = 0) {
  ValkData out = d;
  if (depth > DEEPEST_LIST) return valk_data_nil();
  if (d.bytes) out.bytes = copy_bytes(d.bytes, d.length);
  if (d.error_kind) out.error_kind = copy_bytes(d.error_kind, strlen(d.error_kind));
  if (!d.items) return out;
  ValkData* items = static_cast<ValkData*>(calloc(d.length + 1, sizeof(ValkData)));
  if (!items) abort();
  for (size_t i = 0; i < d.length; i++) items[i] = copy_data(d.items[i], depth + 1);
  out.items = items;
  return out;
}

// ---- data to values --------------------------------------------------------------------------------

Value to_value(Vm* vm, Value* sp, const ValkData& d);

Value list_value(Vm* vm, Value* sp, const ValkData& d) {
  sp[0] = VALK_NIL;
  for (size_t i = d.length; i-- > 0;) {
    Value item = to_value(vm, sp + 1, d.items[i]);
    if (item == VALK_ERR) return VALK_ERR;
    Value pair = valk_make_pair(vm, sp + 1, item, sp[0]);
    if (pair == VALK_ERR) return VALK_ERR;
    sp[0] = pair;
  }
  return sp[0];
}

Value to_value(Vm* vm, Value* sp, const ValkData& d) {
  switch (d.kind) {
    case VALK_DATA_INTEGER:
      return valk_make_integer(vm, sp, d.integer);
    case VALK_DATA_REAL:
      return valk_make_float(vm, sp, d.real);
    case VALK_DATA_STRING:
      return valk_make_string(vm, sp, d.bytes, d.length);
    case VALK_DATA_SYMBOL:
      if (d.length && d.bytes[0] == ':') return valk_make_keyword(vm, sp, d.bytes, d.length);
      return valk_make_symbol(vm, sp, d.bytes, d.length);
    case VALK_DATA_LIST:
      return list_value(vm, sp, d);
    case VALK_DATA_ERROR:
      return valk_make_error(vm, sp, d.error_kind, d.bytes, VALK_NIL);
    case VALK_DATA_NIL:
    case VALK_DATA_OTHER:
      break;
  }
  return VALK_NIL;
}

// ---- delivery --------------------------------------------------------------------------------------

void deliver(Vm* vm, ValkEvent* event) {
  Completion* c = reinterpret_cast<Completion*>(event);
  ValkOpId op = c->op;
  Value v = VALK_NIL;
  bool is_error = c->data.kind == VALK_DATA_ERROR;
  bool is_live = valk_op_is_live(vm, op);
  if (is_live) v = to_value(vm, vm->sp, c->data);
  free_data(c->data);
  free(c);
  if (!is_live) return;  // cancelled, which has released the loop, or said twice
  valk_loop_release();
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
  c->data = copy_data(data);
  return c;
}

void on_wake(uv_async_t*) {
  uv_mutex_lock(&mutex);
  Completion* list = from_threads;
  from_threads = nullptr;
  uv_mutex_unlock(&mutex);
  Completion* in_order = nullptr;
  while (list) {
    Completion* next = list->next;
    list->next = in_order;
    in_order = list;
    list = next;
  }
  for (; in_order; in_order = in_order->next) valk_event_post(&in_order->event);
}

void close_wake(Vm*, ValkResource* resource, bool) {
  if (wake_is_open) uv_close(reinterpret_cast<uv_handle_t*>(&wake), nullptr);
  wake_is_open = false;
  valk_resource_remove(resource);
}
ValkResource wake_resource = {close_wake, nullptr, nullptr};

void open_wake() {
  if (wake_is_open) return;
  uv_mutex_init(&mutex);
  uv_async_init(valk_uv_loop(), &wake, on_wake);
  uv_unref(reinterpret_cast<uv_handle_t*>(&wake));
  wake_is_open = true;
  valk_resource_add(&wake_resource);
}

}  // namespace

// ---- arguments -------------------------------------------------------------------------------------

struct ValkExternBlock {
  ValkExternBlock* next;
  ValkData items[1];
};

ValkExternCall valk_extern_begin(Vm* vm) { return {vm, nullptr, false}; }

static ValkData take(ValkExternCall* call, Value v, int depth);

static ValkData take_list(ValkExternCall* call, Value v, int depth) {
  size_t length = 0;
  for (Value p = v; valk_is_pair(p); p = valk_tail(p)) length++;
  size_t bytes = sizeof(ValkExternBlock) + length * sizeof(ValkData);
  ValkExternBlock* block = static_cast<ValkExternBlock*>(malloc(bytes));
  if (!block) abort();
  block->next = call->blocks;
  call->blocks = block;
  size_t i = 0;
  for (Value p = v; valk_is_pair(p); p = valk_tail(p))
    block->items[i++] = take(call, valk_head(p), depth + 1);
  return valk_data_list(block->items, length);
}

static ValkData take(ValkExternCall* call, Value v, int depth) {
  v = valk_unblock(v);
  if (valk_is_fix(v)) return valk_data_integer(VALK_INT(v));
  if (v == VALK_NIL) return valk_data_nil();
  if (valk_is_pair(v)) {
    if (depth < DEEPEST_LIST) return take_list(call, v, depth);
    call->is_too_deep = true;
    return valk_data_nil();
  }
  if (valk_is_kind(v, VALK_KIND_FLOAT)) return valk_data_real(valk_float_value(v));
  if (valk_is_kind(v, VALK_KIND_STRING))
    return valk_data_bytes(valk_string_bytes(v), valk_string_length(v));
  ValkData d = valk_data_nil();
  d.kind = VALK_DATA_OTHER;
  if (valk_is_kind(v, VALK_KIND_SYMBOL) || valk_is_kind(v, VALK_KIND_KEYWORD)) {
    d = valk_data_bytes(valk_symbol_bytes(v), valk_symbol_length(v));
    d.kind = VALK_DATA_SYMBOL;
  }
  return d;
}

ValkData valk_extern_take(ValkExternCall* call, Value v) { return take(call, v, 0); }

static void end_call(ValkExternCall* call) {
  while (call->blocks) {
    ValkExternBlock* next = call->blocks->next;
    free(call->blocks);
    call->blocks = next;
  }
}

Value valk_extern_give(ValkExternCall* call, Value* sp, ValkData result) {
  Value v = to_value(call->vm, sp, result);
  end_call(call);
  if (v == VALK_ERR || result.kind != VALK_DATA_ERROR) return v;
  return valk_throw(call->vm, sp, v);
}

void valk_extern_started(ValkExternCall* call) {
  end_call(call);
  open_wake();
  valk_loop_hold();
}

void valk_extern_cancel(Vm*, ValkOpId) { valk_loop_release(); }

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
  uv_mutex_lock(&mutex);
  c->next = from_threads;
  from_threads = c;
  uv_mutex_unlock(&mutex);
  uv_async_send(&wake);
}

void valk_fail_from_thread(ValkHandle handle, const char* kind, const char* message) {
  valk_resume_from_thread(handle, valk_data_error(kind, message));
}

}  // extern "C"
