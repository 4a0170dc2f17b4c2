// tcp/connect tcp/read tcp/write tcp/shutdown and the closing of a connection.
//
// The socket's callbacks record; `deliver` looks at what was recorded and ends the operations that can
// end, one a time, posting itself again before each since Lisp runs there.
#include <stddef.h>

#include <algorithm>
#include <memory>

#include "runtime/io/arguments.h"
#include "runtime/io/connection.h"
#include "runtime/io/limits.h"
#include "runtime/io/options.h"
#include "runtime/value/value.h"

namespace {

constexpr uint64_t kNanosecondsPerMillisecond = 1000000;

void close_handle(Vm*, void* native);

ValkConnection* from(void* owner) { return static_cast<ValkConnection*>(owner); }

void post(ValkConnection* c) { valk_event_post(&c->event); }

/// Ends the socket with a failure; what was read before can still be read.
void fail(ValkConnection* c, ValkTcpFailure why) {
  if (c->failure.kind) return;
  c->failure = std::move(why);
  valk_connection_abort(c);
}

bool is_wanted(const ValkConnection* c) {
  return c->has_handle || c->connect_op || c->reader || c->finisher || !c->writers.empty();
}

// ---- what the socket tells ----------------------------------------------------------------------

void on_received(void* owner, const char* bytes, size_t length) {
  ValkConnection* c = from(owner);
  if (c->is_closing) return;
  c->incoming.append(bytes, length);
  if (c->incoming.size() >= valk_limit_tcp_read_ahead) valk_tcp_read_stop(c->tcp);
  if (c->reader) post(c);
}

void on_ended(void* owner) {
  from(owner)->ended = true;
  post(from(owner));
}

void on_failed(void* owner, const char* code, const char* message) {
  ValkConnection* c = from(owner);
  fail(c, {":io", code, c->place + ": " + message});
}

void on_drained(void* owner) {
  ValkConnection* c = from(owner);
  if (c->shut) c->is_shut = true;
  if (c->is_closing) {
    if (c->shut) return valk_connection_abort(c);
    c->shut = true;
    valk_tcp_shutdown(c->tcp);
  }
  post(c);
}

void on_closed(void* owner) {
  from(owner)->tcp = nullptr;
  post(from(owner));
}

constexpr ValkTcpOwner kCalls = {nullptr, on_received, on_ended, on_failed, on_drained, on_closed};

void on_connected(void* owner, ValkTcp* tcp) {
  ValkConnection* c = from(owner);
  c->race = nullptr;
  c->tcp = tcp;
  c->is_open = true;
  valk_tcp_adopt(tcp, &kCalls, c);
  valk_timer_stop(&c->timer);
  valk_tcp_read_start(tcp);
  post(c);
}

void on_not_connected(void* owner, const char* code, const char* message) {
  from(owner)->race = nullptr;
  on_failed(owner, code, message);
}

constexpr ValkTcpRaceOwner kRaceCalls = {on_connected, on_not_connected};

void on_resolved(void* owner, const ValkDnsResult* result) {
  ValkConnection* c = from(owner);
  c->lookup = nullptr;
  if (result->code)
    return fail(c, {":dns", result->code,
                    "the name in " + c->place + " cannot be resolved: " + result->message});
  c->race = valk_tcp_race(result->addresses, result->count, &kRaceCalls, c);
}

void on_timer(Vm*, ValkTimer* timer) {
  ValkConnection* c = reinterpret_cast<ValkConnection*>(reinterpret_cast<char*>(timer) -
                                                        offsetof(ValkConnection, timer));
  if (c->is_closing) return valk_connection_abort(c);
  std::string ms = std::to_string(c->connect_timeout / kNanosecondsPerMillisecond);
  fail(c, {":timeout", "", "connecting to " + c->place + " took longer than " + ms + " ms"});
}

// ---- delivery -----------------------------------------------------------------------------------

using Slot = std::optional<ValkOpId>;

ValkOpId take(Slot* slot) {
  ValkOpId op = slot->value_or(0);
  slot->reset();
  valk_loop_release();
  return op;
}

void report_failure(Vm* vm, ValkOpId op, const ValkTcpFailure& f) {
  valk_op_fail_code(vm, vm->sp, op, f.kind, f.code.empty() ? nullptr : f.code.c_str(), "%s",
                    f.message.c_str());
}

void deliver_connect(Vm* vm, ValkConnection* c) {
  ValkOpId op = take(&c->connect_op);
  if (c->failure.kind) return report_failure(vm, op, c->failure);
  Value handle = valk_connection_handle(vm, vm->sp, c);
  if (handle == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  valk_op_complete_opened(vm, op, handle, handle);
}

void deliver_read(Vm* vm, ValkConnection* c) {
  ValkOpId op = take(&c->reader);
  if (c->incoming.empty()) {
    if (c->failure.kind) return report_failure(vm, op, c->failure);
    return valk_op_complete(vm, op, VALK_NIL);
  }
  Value piece = valk_make_string(vm, vm->sp, c->incoming.data(), c->incoming.size());
  if (piece == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  c->incoming.clear();
  if (c->tcp && !c->ended) valk_tcp_read_start(c->tcp);
  valk_op_complete_piece(vm, op, piece, c->handle);
}

void deliver_write(Vm* vm, ValkConnection* c) {
  ValkOpId op = c->writers.front();
  c->writers.erase(c->writers.begin());
  valk_loop_release();
  if (c->failure.kind) return report_failure(vm, op, c->failure);
  valk_op_complete(vm, op, VALK_NIL);
}

void deliver_finish(Vm* vm, ValkConnection* c) {
  ValkOpId op = take(&c->finisher);
  if (c->failure.kind) return report_failure(vm, op, c->failure);
  valk_op_complete(vm, op, VALK_NIL);
}

void free_if_unused(ValkConnection* c) {
  if (c->tcp || c->lookup || is_wanted(c)) return;
  if (c->server) valk_tcp_server_leave(c);
  valk_event_withdraw(&c->event);
  valk_timer_stop(&c->timer);
  valk_resource_remove(&c->resource);
  std::unique_ptr<ValkConnection> owned(c);
}

using Delivery = void (*)(Vm*, ValkConnection*);

/// What can be delivered next, or null.
Delivery next_delivery(const ValkConnection* c) {
  bool over = c->failure.kind;
  if (c->connect_op && (c->is_open || over)) return deliver_connect;
  if (c->reader && (!c->incoming.empty() || c->ended || over)) return deliver_read;
  bool below = c->tcp && valk_tcp_queued(c->tcp) < valk_limit_tcp_high_water;
  if (!c->writers.empty() && (below || over)) return deliver_write;
  if (c->finisher && (c->is_shut || over)) return deliver_finish;
  return nullptr;
}

void deliver(Vm* vm, ValkEvent* event) {
  ValkConnection* c = reinterpret_cast<ValkConnection*>(reinterpret_cast<char*>(event) -
                                                        offsetof(ValkConnection, event));
  Delivery next = next_delivery(c);
  if (!next) return free_if_unused(c);
  post(c);
  next(vm, c);
}

// ---- closing ------------------------------------------------------------------------------------

void close_handle(Vm*, void* native) {
  ValkConnection* c = from(native);
  c->has_handle = false;
  valk_connection_close(c);
}

void give_back(Vm*, void* native, Value piece, Fix) {
  ValkConnection* c = from(native);
  c->incoming.insert(0, valk_string_bytes(piece), valk_string_length(piece));
  post(c);
}

void forget_op(Vm* vm, Slot* slot) {
  if (*slot) valk_op_set_native(vm, take(slot), nullptr);
}

void close_at_exit(Vm* vm, ValkResource* resource, bool force) {
  ValkConnection* c = reinterpret_cast<ValkConnection*>(reinterpret_cast<char*>(resource) -
                                                        offsetof(ValkConnection, resource));
  forget_op(vm, &c->connect_op);
  forget_op(vm, &c->reader);
  forget_op(vm, &c->finisher);
  for (ValkOpId writer : c->writers) {
    valk_op_set_native(vm, writer, nullptr);
    valk_loop_release();
  }
  c->writers.clear();
  if (c->has_handle) valk_handle_forget_id(vm, c->handle);
  c->has_handle = false;
  if (force)
    valk_connection_abort(c);
  else
    valk_connection_close(c);
  post(c);
}

// ---- starting -----------------------------------------------------------------------------------

ValkConnection* make() {
  ValkConnection* c = std::make_unique<ValkConnection>().release();
  c->event.deliver = deliver;
  c->timer.fire = on_timer;
  c->resource.close_at_exit = close_at_exit;
  valk_resource_add(&c->resource);
  return c;
}

ValkConnection* argument(Vm* vm, Value* sp, Fix n, ValkOpId op, const char* name) {
  void* native = valk_argument_handle(vm, sp + n, name, 1, sp[0], &valk_connection_kind);
  if (!native) valk_op_fail_raised(vm, sp + n, op);
  return from(native);
}

/// Puts an operation in a slot of the connection; false if another one is there.
bool occupy(Vm* vm, Value* sp, ValkConnection* c, Slot* slot, ValkOpId op, const char* name) {
  if (*slot) {
    valk_op_fail_code(vm, sp, op, ":closed", nullptr, "%s: another one is under way", name);
    return false;
  }
  *slot = op;
  valk_op_set_native(vm, op, c);
  valk_loop_hold();
  post(c);
  return true;
}

void cancel(Vm* vm, ValkOpId op, Slot ValkConnection::*slot) {
  ValkConnection* c = from(valk_op_native(vm, op));
  if (c && c->*slot == op) take(&(c->*slot));
}

}  // namespace

static ValkHandleUse use_of(const void* native) {
  const ValkConnection* c = static_cast<const ValkConnection*>(native);
  if (c->reader || c->finisher || !c->writers.empty()) return VALK_HANDLE_BUSY;
  return c->tcp && !c->failure.kind ? VALK_HANDLE_IDLE : VALK_HANDLE_GONE;
}

const ValkHandleKind valk_connection_kind = {
    .name = "tcp-connection", .close = close_handle, .use = use_of, .give_back = give_back};

ValkConnection* valk_connection_accept(ValkTcp* tcp) {
  ValkConnection* c = make();
  c->place = "the peer";
  c->tcp = tcp;
  c->is_open = true;
  valk_tcp_adopt(tcp, &kCalls, c);
  valk_tcp_read_start(tcp);
  return c;
}

Value valk_connection_handle(Vm* vm, Value* sp, ValkConnection* c) {
  Value handle = valk_handle_make(vm, sp, &valk_connection_kind, c);
  if (handle == VALK_ERR) {
    valk_connection_abort(c);
    return VALK_ERR;
  }
  c->handle = valk_handle_id(handle);
  c->has_handle = true;
  return handle;
}

void valk_connection_abort(ValkConnection* c) {
  if (!c->failure.kind) c->failure = {":closed", "", "the connection is closed"};
  valk_timer_stop(&c->timer);
  if (c->lookup) valk_dns_cancel(c->lookup);
  c->lookup = nullptr;
  if (c->race) valk_tcp_race_cancel(c->race);
  c->race = nullptr;
  if (c->tcp) valk_tcp_close(c->tcp);
  post(c);
}

void valk_connection_close(ValkConnection* c) {
  post(c);
  if (c->is_closing) return;
  c->is_closing = true;
  c->incoming.clear();
  if (!c->is_open || c->failure.kind) return valk_connection_abort(c);
  c->failure = {":closed", "", "the connection was closed"};
  valk_timer_start(&c->timer, valk_limit_close_linger * kNanosecondsPerMillisecond);
  if (c->is_shut) return valk_connection_abort(c);
  if (c->shut || valk_tcp_queued(c->tcp)) return;  // on_drained goes on
  c->shut = true;
  valk_tcp_shutdown(c->tcp);
}

void valk_tcp_open(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  uint64_t timeout = valk_limit_connect_timeout * kNanosecondsPerMillisecond;
  const ValkOption options[] = {{.key = ":connect-timeout-ms", .nanoseconds = &timeout}};
  uint16_t port = 0;
  if (!valk_argument_name(vm, sp + n, name, 1, sp[0], 255) ||
      !valk_argument_port(vm, sp + n, name, 2, sp[1], &port) ||
      !valk_read_options(vm, sp + n, name, n > 2 ? sp[2] : VALK_NIL, options, 1))
    return valk_op_fail_raised(vm, sp + n, op);
  ValkConnection* c = make();
  std::string host(valk_string_bytes(sp[0]), valk_string_length(sp[0]));
  c->place = host + ":" + std::to_string(port);
  c->connect_timeout = timeout;
  occupy(vm, sp + n, c, &c->connect_op, op, name);
  if (timeout) valk_timer_start(&c->timer, timeout);
  c->lookup = valk_dns_start(host.c_str(), port, on_resolved, c);
}

void valk_tcp_open_cancel(Vm* vm, ValkOpId op) {
  ValkConnection* c = from(valk_op_native(vm, op));
  if (!c) return;
  take(&c->connect_op);
  valk_connection_abort(c);
}

void valk_tcp_receive(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  if (ValkConnection* c = argument(vm, sp, n, op, name))
    occupy(vm, sp + n, c, &c->reader, op, name);
}
void valk_tcp_receive_cancel(Vm* vm, ValkOpId op) { cancel(vm, op, &ValkConnection::reader); }

void valk_tcp_send(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  ValkConnection* c = argument(vm, sp, n, op, name);
  if (!c) return;
  if (!valk_argument_string(vm, sp + n, name, 2, sp[1])) return valk_op_fail_raised(vm, sp + n, op);
  if (c->shut)
    return valk_op_fail_code(vm, sp + n, op, ":closed", nullptr, "%s: after tcp/shutdown", name);
  if (c->tcp && !c->failure.kind)
    valk_tcp_write(c->tcp, valk_string_bytes(sp[1]), valk_string_length(sp[1]));
  c->writers.push_back(op);
  valk_op_set_native(vm, op, c);
  valk_loop_hold();
  post(c);
}

void valk_tcp_send_cancel(Vm* vm, ValkOpId op) {
  ValkConnection* c = from(valk_op_native(vm, op));
  if (!c) return;
  auto writer = std::find(c->writers.begin(), c->writers.end(), op);
  if (writer == c->writers.end()) return;
  c->writers.erase(writer);
  valk_loop_release();
}

void valk_tcp_finish(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  ValkConnection* c = argument(vm, sp, n, op, name);
  if (!c || !occupy(vm, sp + n, c, &c->finisher, op, name)) return;
  if (c->shut || c->failure.kind) return;
  c->shut = true;
  valk_tcp_shutdown(c->tcp);
}
void valk_tcp_finish_cancel(Vm* vm, ValkOpId op) { cancel(vm, op, &ValkConnection::finisher); }
