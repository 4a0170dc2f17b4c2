// tcp/listen, tcp/port, tcp/stop, and tcp/close of both connections and servers.
#include <stddef.h>

#include <memory>

#include "runtime/io/arguments.h"
#include "runtime/io/connection.h"
#include "runtime/io/limits.h"
#include "runtime/io/options.h"
#include "runtime/value/value.h"

/// Runs fn on arg in a new task below the root (runtime/control).
void valk_spawn_call(Vm* vm, Value fn, Value arg);

/// A server. Freed when its listener and its connections are gone and nothing refers to it.
struct ValkTcpServer {
  ValkTcpListener* listener = nullptr;
  ValkEvent event{};
  ValkTimer grace{};
  ValkResource resource{};
  ValkRoot handler = 0;
  bool has_handler = false;  ///< it accepts connections, and holds the loop
  ValkHandleId handle = 0;
  bool has_handle = false;
  std::optional<ValkOpId> stop_op;
  ValkConnection* connections = nullptr;
  size_t count = 0;
};

namespace {

ValkTcpServer* from(void* owner) { return static_cast<ValkTcpServer*>(owner); }

void on_accepted(void* owner, ValkTcp* tcp) {
  ValkTcpServer* s = from(owner);
  ValkConnection* c = valk_connection_accept(tcp);
  if (s->count >= valk_limit_tcp_connections) return valk_connection_abort(c);
  c->server = s;
  c->next_of_server = s->connections;
  if (c->next_of_server) c->next_of_server->link_of_server = &c->next_of_server;
  c->link_of_server = &s->connections;
  s->connections = c;
  s->count++;
  valk_event_post(&s->event);
}

void on_listener_closed(void* owner) {
  from(owner)->listener = nullptr;
  valk_event_post(&from(owner)->event);
}

/// The oldest connection whose handler has not been started.
ValkConnection* find_new(ValkTcpServer* s) {
  ValkConnection* oldest = nullptr;
  for (ValkConnection* c = s->connections; c && !c->has_handler; c = c->next_of_server) oldest = c;
  return oldest;
}

void start_handler(Vm* vm, ValkTcpServer* s, ValkConnection* c) {
  c->has_handler = true;
  Value handle = valk_connection_handle(vm, vm->sp, c);
  if (handle == VALK_ERR) return;
  valk_spawn_call(vm, valk_root_get(vm, s->handler), handle);
}

/// Stops accepting; the loop is no longer held for it.
void stop_accepting(Vm* vm, ValkTcpServer* s) {
  if (!s->has_handler) return;
  s->has_handler = false;
  valk_root_free(vm, s->handler);
  valk_tcp_listener_close(s->listener);
  valk_loop_release();
}

void end_stop(Vm* vm, ValkTcpServer* s) {
  ValkOpId op = *s->stop_op;
  s->stop_op.reset();
  valk_timer_stop(&s->grace);
  valk_loop_release();
  valk_op_complete(vm, op, VALK_NIL);
}

void free_if_unused(ValkTcpServer* s) {
  if (s->listener || s->connections || s->has_handle || s->stop_op) return;
  valk_event_withdraw(&s->event);
  valk_timer_stop(&s->grace);
  valk_resource_remove(&s->resource);
  std::unique_ptr<ValkTcpServer> owned(s);
}

void deliver(Vm* vm, ValkEvent* event) {
  ValkTcpServer* s = reinterpret_cast<ValkTcpServer*>(reinterpret_cast<char*>(event) -
                                                      offsetof(ValkTcpServer, event));
  ValkConnection* fresh = s->has_handler ? find_new(s) : nullptr;
  if (fresh) {
    valk_event_post(event);
    return start_handler(vm, s, fresh);
  }
  if (s->stop_op && !s->listener && !s->connections) {
    valk_event_post(event);
    return end_stop(vm, s);
  }
  free_if_unused(s);
}

void close_connections(ValkTcpServer* s) {
  for (ValkConnection* c = s->connections; c; c = c->next_of_server) valk_connection_abort(c);
}

void on_grace_over(Vm*, ValkTimer* timer) {
  close_connections(reinterpret_cast<ValkTcpServer*>(reinterpret_cast<char*>(timer) -
                                                     offsetof(ValkTcpServer, grace)));
}

/// Connections that no handler has seen are closed with the server.
void close_unseen(ValkTcpServer* s) {
  for (ValkConnection* c = s->connections; c; c = c->next_of_server)
    if (!c->has_handler) valk_connection_abort(c);
}

void close_handle(Vm* vm, void* native) {
  ValkTcpServer* s = from(native);
  s->has_handle = false;
  stop_accepting(vm, s);
  close_unseen(s);
  valk_event_post(&s->event);
}

void close_at_exit(Vm* vm, ValkResource* resource, bool) {
  ValkTcpServer* s = reinterpret_cast<ValkTcpServer*>(reinterpret_cast<char*>(resource) -
                                                      offsetof(ValkTcpServer, resource));
  if (s->has_handle) valk_handle_forget_id(vm, s->handle);
  if (s->stop_op) {
    valk_op_set_native(vm, *s->stop_op, nullptr);
    s->stop_op.reset();
    valk_loop_release();
  }
  close_handle(vm, s);
}

ValkHandleUse use_of(const void* native) {
  bool accepts = static_cast<const ValkTcpServer*>(native)->has_handler;
  return accepts ? VALK_HANDLE_BUSY : VALK_HANDLE_GONE;
}

const ValkHandleKind server_kind = {"tcp-server", close_handle, use_of};

ValkTcpServer* make(Vm* vm, Value handler) {
  ValkTcpServer* s = std::make_unique<ValkTcpServer>().release();
  s->event.deliver = deliver;
  s->grace.fire = on_grace_over;
  s->resource.close_at_exit = close_at_exit;
  s->handler = valk_root_make(vm, handler);
  s->has_handler = true;
  valk_loop_hold();
  valk_resource_add(&s->resource);
  return s;
}

}  // namespace

void valk_tcp_server_leave(ValkConnection* c) {
  ValkTcpServer* s = c->server;
  *c->link_of_server = c->next_of_server;
  if (c->next_of_server) c->next_of_server->link_of_server = c->link_of_server;
  c->server = nullptr;
  s->count--;
  valk_event_post(&s->event);
}

Value valk_tcp_serve(Vm* vm, Value* sp, Value opts, Value handler) {
  const char* name = "tcp/listen";
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  const ValkOption options[] = {{.key = ":host", .text = &host}, {.key = ":port", .port = &port}};
  sp[0] = handler;
  if (!valk_is_callable(handler)) return valk_fail_type(vm, sp + 1, name, 2, "a function", handler);
  if (!valk_read_options(vm, sp + 1, name, opts, options, 2)) return VALK_ERR;
  ValkAddress address;
  if (!valk_argument_listen_address(vm, sp + 1, name, host, port, &address)) return VALK_ERR;
  const char *code, *message;
  ValkTcpServer* s = make(vm, sp[0]);
  s->listener = valk_tcp_listen(&address, on_accepted, on_listener_closed, s, &code, &message);
  if (!s->listener) {
    s->has_handler = false;
    valk_root_free(vm, s->handler);
    valk_loop_release();
    free_if_unused(s);
    return valk_fail_code(vm, sp + 1, ":io", code, "%s: %s port %d: %s", name, host.c_str(), port,
                          message);
  }
  Value handle = valk_handle_make(vm, sp + 1, &server_kind, s);
  if (handle == VALK_ERR) {
    close_handle(vm, s);
    return VALK_ERR;
  }
  s->handle = valk_handle_id(handle);
  s->has_handle = true;
  return handle;
}

Value valk_tcp_server_port(Vm* vm, Value* sp, Value server) {
  void* native = valk_argument_handle(vm, sp, "tcp/port", 1, server, &server_kind);
  if (!native) return VALK_ERR;
  return VALK_FIX(valk_tcp_listener_port(from(native)->listener));
}

void valk_tcp_stop(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  uint64_t grace;
  void* native = valk_argument_handle(vm, sp + n, name, 1, sp[0], &server_kind);
  if (!native || !valk_argument_duration(vm, sp + n, name, 2, sp[1], &grace))
    return valk_op_fail_raised(vm, sp + n, op);
  ValkTcpServer* s = from(native);
  valk_handle_forget(vm, sp[0]);
  s->stop_op = op;
  valk_op_set_native(vm, op, s);
  valk_loop_hold();
  valk_timer_start(&s->grace, grace);
  close_handle(vm, s);
}

void valk_tcp_stop_cancel(Vm* vm, ValkOpId op) {
  ValkTcpServer* s = from(valk_op_native(vm, op));
  if (!s || s->stop_op != op) return;
  s->stop_op.reset();
  valk_loop_release();
  valk_event_post(&s->event);
}

Value valk_tcp_release(Vm* vm, Value* sp, Value v) {
  for (const ValkHandleKind* kind : {&valk_connection_kind, &server_kind}) {
    if (!valk_handle_is(v, kind)) continue;
    void* native = valk_handle_native(vm, v, kind);
    if (!native) return VALK_NIL;
    valk_handle_forget(vm, v);
    kind->close(vm, native);
    return VALK_NIL;
  }
  return valk_fail_type(vm, sp, "tcp/close", 1, "a <tcp-connection> or <tcp-server>", v);
}
