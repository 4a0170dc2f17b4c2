// See fake_control.h.
#include "tests/fake_control.h"

#include <string.h>

#include <deque>
#include <vector>

#include "runtime/control/trace.h"
#include "runtime/gc/heap.h"
#include "runtime/io/loop.h"
#include "runtime/value/value.h"

namespace valk_test {
namespace {

struct Operation {
  void* native = nullptr;
  End end = End::kPending;
  Value value = VALK_NIL;
  std::string kind, message, code;
  std::function<void()> call;
};

struct Handle {
  const ValkHandleKind* kind;
  void* native;
};

struct Control {
  Vm vm{};
  std::deque<Operation> operations;
  std::deque<Handle> handles;
  std::vector<Value> roots;
  std::vector<size_t> free_roots;
  bool starting = false;
  std::function<void(Value, Value)> spawn;
  bool program_waits = false;
  std::vector<ValkOpId> ended;  ///< to be called by drain
};

Control& control() {
  static Control c;
  return c;
}

void visit_roots(Vm* vm, void*, ValkVisit visit) {
  for (Operation& op : control().operations) visit(vm, &op.value);
  for (Value& root : control().roots) visit(vm, &root);
}

Operation& operation(ValkOpId op) { return control().operations[op - 1]; }

void finish(ValkOpId id, End end) {
  operation(id).end = end;
  if (operation(id).call) control().ended.push_back(id);
  if (!control().starting) valk_drain(machine());
}

}  // namespace

Vm* machine() {
  Control& c = control();
  if (!c.vm.runtime) {
    ValkHeapOptions options = valk_heap_options_from_environment();
    options.stack_bytes = size_t{1} << 20;
    valk_heap_init(&c.vm, options);
    valk_gc_add_roots(&c.vm, visit_roots, nullptr);
  }
  return &c.vm;
}

ValkOpId start(Start start, Fix n) {
  control().operations.emplace_back();
  ValkOpId id = control().operations.size();
  Vm* vm = machine();
  bool outer = control().starting;
  control().starting = true;
  Value* sp = vm->sp;
  vm->sp = sp + n;
  start(vm, sp, n, id);
  vm->sp = sp;
  control().starting = outer;
  return id;
}

void cancel(Cancel cancel, ValkOpId op) {
  if (operation(op).end != End::kPending) return;
  cancel(machine(), op);
  operation(op).end = End::kCancelled;
}

void on_end(ValkOpId op, std::function<void()> call) { operation(op).call = std::move(call); }
End end_of(ValkOpId op) { return operation(op).end; }
Value value_of(ValkOpId op) { return operation(op).value; }
std::string error_kind(ValkOpId op) { return operation(op).kind; }
std::string error_message(ValkOpId op) { return operation(op).message; }
std::string error_code(ValkOpId op) { return operation(op).code; }

End wait(ValkOpId op) {
  while (end_of(op) == End::kPending && valk_loop_turn(machine(), true)) {
  }
  return end_of(op);
}

void turn_for(int milliseconds) {
  uint64_t end = valk_clock() + static_cast<uint64_t>(milliseconds) * 1000000;
  valk_loop_hold();
  while (valk_clock() < end) {
    ValkTimer timer{[](Vm*, ValkTimer*) {}, 0};
    valk_timer_start(&timer, end - valk_clock());
    valk_loop_turn(machine(), true);
    valk_timer_stop(&timer);
  }
  valk_loop_release();
}

void end_program() {
  valk_loop_close(machine());
  Control& c = control();
  for (Handle& handle : c.handles)
    if (handle.native) handle.kind->close(machine(), handle.native);
  c.handles.clear();
}

void set_program_waits(bool waits) { control().program_waits = waits; }
void on_spawn(std::function<void(Value, Value)> call) { control().spawn = std::move(call); }

Value string(const std::string& text) {
  return valk_make_string(machine(), machine()->sp, text.data(), text.size());
}

std::string text(Value string) { return {valk_string_bytes(string), valk_string_length(string)}; }

void store_options(int at, std::initializer_list<Option> options) {
  Vm* vm = machine();
  Value* sp = vm->sp + at;
  sp[0] = VALK_NIL;
  for (auto o = std::rbegin(options); o != std::rend(options); ++o) {
    sp[1] = o->is_text ? valk_make_string(vm, sp + 1, o->text.data(), o->text.size())
                       : VALK_FIX(o->number);
    sp[0] = valk_make_pair(vm, sp + 2, sp[1], sp[0]);
    sp[1] = valk_make_keyword(vm, sp + 1, o->key, strlen(o->key));
    sp[0] = valk_make_pair(vm, sp + 2, sp[1], sp[0]);
  }
}

}  // namespace valk_test

using namespace valk_test;

void valk_op_set_native(Vm*, ValkOpId op, void* native) { operation(op).native = native; }
void* valk_op_native(Vm*, ValkOpId op) { return operation(op).native; }
/// Start functions that are called without a row have no name.
const char* valk_op_name(Vm*, ValkOpId) { return "operation"; }
bool valk_op_is_live(Vm*, ValkOpId op) { return operation(op).end == End::kPending; }

void valk_op_complete(Vm*, ValkOpId op, Value value) {
  if (operation(op).end != End::kPending) return;
  operation(op).value = value;
  finish(op, End::kValue);
}

void valk_op_fail(Vm*, ValkOpId op, const char* kind, const char* message, Value data) {
  if (operation(op).end != End::kPending) return;
  operation(op).kind = kind;
  operation(op).message = message;
  Value code = valk_plist_get(data, ":code", VALK_NIL);
  if (code != VALK_NIL) operation(op).code = text(code);
  finish(op, End::kError);
}

void valk_op_fail_with(Vm*, ValkOpId op, Value error) {
  if (operation(op).end != End::kPending) return;
  Value kind = valk_object(error)[VALK_ERROR_KIND];
  operation(op).kind.assign(valk_symbol_bytes(kind), valk_symbol_length(kind));
  operation(op).message = text(valk_object(error)[VALK_ERROR_MESSAGE]);
  finish(op, End::kError);
}

void valk_op_complete_piece(Vm* vm, ValkOpId op, Value piece, ValkHandleId, Fix) {
  valk_op_complete(vm, op, piece);
}

void valk_op_complete_opened(Vm* vm, ValkOpId op, Value value, Value) {
  valk_op_complete(vm, op, value);
}

Value valk_handle_make(Vm* vm, Value* sp, const ValkHandleKind* kind, void* native) {
  control().handles.push_back({kind, native});
  Value* p = valk_alloc(vm, sp, 3);
  p[0] = VALK_HEADER(VALK_KIND_HANDLE, 3);
  p[1] = VALK_FIX(control().handles.size() - 1);
  p[2] = reinterpret_cast<Value>(kind);
  return valk_tag_object(p);
}

namespace {
Handle& handle(Value v) { return control().handles[static_cast<size_t>(valk_handle_id(v))]; }
}  // namespace

void* valk_handle_native(Vm*, Value v, const ValkHandleKind* kind) {
  return valk_handle_is(v, kind) ? handle(v).native : nullptr;
}
bool valk_handle_is(Value v, const ValkHandleKind* kind) {
  return valk_is_kind(v, VALK_KIND_HANDLE) && valk_object(v)[2] == reinterpret_cast<Value>(kind);
}
void valk_handle_forget(Vm*, Value v) { handle(v).native = nullptr; }
ValkHandleId valk_handle_id(Value v) {
  return static_cast<ValkHandleId>(VALK_INT(valk_object(v)[1]));
}
void valk_handle_forget_id(Vm*, ValkHandleId id) { control().handles[id].native = nullptr; }

ValkRoot valk_root_make(Vm*, Value value) {
  Control& c = control();
  if (c.free_roots.empty()) {
    c.roots.push_back(value);
    return c.roots.size() - 1;
  }
  size_t place = c.free_roots.back();
  c.free_roots.pop_back();
  c.roots[place] = value;
  return place;
}
Value valk_root_get(Vm*, ValkRoot root) { return control().roots[root]; }
void valk_root_set(Vm*, ValkRoot root, Value value) { control().roots[root] = value; }
void valk_root_free(Vm*, ValkRoot root) {
  control().roots[root] = VALK_NIL;
  control().free_roots.push_back(root);
}

void valk_spawn_call(Vm*, Value fn, Value argument) {
  if (control().spawn) control().spawn(fn, argument);
}

Value valk_spawn_task(Vm* vm, Value fn, Value argument) {
  valk_spawn_call(vm, fn, argument);
  return VALK_NIL;
}

bool valk_program_waits(Vm*) { return control().program_waits; }
void valk_task_cancel(Vm*, Value) {}

Value valk_async_dump(Vm*, Value*) { return VALK_NIL; }
Value valk_task_side(Vm*, Value*, Value) { return VALK_NIL; }
const ValkSite* valk_frame_site(Value) { return nullptr; }

// Nothing is traced.
bool valk_trace_is_on;
void valk_trace_flush() {}
void valk_trace_pause(bool, uint64_t, uint64_t) {}

void valk_drain(Vm*) {
  std::vector<ValkOpId> ended = std::move(control().ended);
  control().ended.clear();
  for (ValkOpId op : ended) operation(op).call();
}
