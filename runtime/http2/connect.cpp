// http2/connect-async and http2/close: the client as the program holds it.
#include <stddef.h>
#include <stdio.h>

#include "runtime/http2/client.h"
#include "runtime/http2/pool.h"
#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/io/options.h"
#include "runtime/value/value.h"

namespace {

constexpr size_t kLongestHost = 255;
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;

void close_handle(Vm*, void* native) {
  ValkClient* c = static_cast<ValkClient*>(native);
  c->has_handle = false;
  c->abandoned = true;
  valk_pool_close(c->pool_key);
  valk_client_close(c, {":closed", "", "the client was closed"});
  valk_event_post(&c->event);
}

bool read_options(Vm* vm, Value* sp, const char* name, Value list, ValkClientOptions* o) {
  valk_client_set_defaults(o);
  const ValkOption table[] = {
      {.key = ":tls", .flag = &o->tls},
      {.key = ":ca-file", .text = &o->ca_file},
      {.key = ":cert-file", .text = &o->cert_file},
      {.key = ":key-file", .text = &o->key_file},
      {.key = ":server-name", .text = &o->server_name},
      {.key = ":insecure-skip-verify", .flag = &o->skip_verification},
      {.key = ":connect-timeout-ms", .nanoseconds = &o->connect_timeout},
      {.key = ":headers-timeout-ms", .nanoseconds = &o->headers_timeout},
      {.key = ":idle-timeout-ms", .nanoseconds = &o->idle_timeout},
      {.key = ":timeout-ms", .nanoseconds = &o->timeout},
  };
  return valk_read_options(vm, sp, name, list, table, sizeof table / sizeof *table);
}

void warn_unverified(const ValkClientOptions& o, const std::string& host, uint16_t port) {
  if (!o.tls || !o.skip_verification) return;
  fprintf(
      stderr,
      "warning: http2: the certificate of %s:%d is not verified (:insecure-skip-verify): whoever "
      "is on the way can read and change everything\n",
      host.c_str(), port);
}

void end_connect(ValkClient* c) {
  c->has_connect_op = false;
  valk_loop_release();
}

void report_failure(Vm* vm, ValkClient* c) {
  ValkOpId op = c->connect_op;
  end_connect(c);
  const ValkFailure& f = c->failure;
  valk_op_fail_code(vm, vm->sp, op, f.kind, f.code.empty() ? nullptr : f.code.c_str(), "%s",
                    f.message.c_str());
}

void report_client(Vm* vm, ValkClient* c) {
  ValkOpId op = c->connect_op;
  end_connect(c);
  Value handle = valk_handle_make(vm, vm->sp, &valk_client_kind, c);
  if (handle == VALK_ERR) {
    valk_client_fail(c, {":memory", "", "no memory for a client"});
    valk_op_fail_raised(vm, vm->sp, op);
    return;
  }
  c->handle = valk_handle_id(handle);
  c->has_handle = true;
  valk_client_rest(c);
  valk_op_complete_opened(vm, op, handle, handle);
}

/// The connection's state has changed. Reporting may run Lisp, which may close the client and turn the
/// loop: the client is touched no more after that, but for what the loop itself posts again.
void deliver(Vm* vm, ValkEvent* event) {
  ValkClient* c =
      reinterpret_cast<ValkClient*>(reinterpret_cast<char*>(event) - offsetof(ValkClient, event));
  if (c->has_connect_op && c->state >= ValkClientState::kOpen) {
    valk_event_post(event);  // looks again whether it can be freed
    return c->failure.kind ? report_failure(vm, c) : report_client(vm, c);
  }
  if (c->settled && c->state >= ValkClientState::kOpen) {
    valk_event_post(event);
    auto settled = c->settled;
    c->settled = nullptr;
    return settled(vm, c);
  }
  if (c->unpool && c->state == ValkClientState::kClosed) c->unpool(vm, c);
  valk_client_rest(c);
  valk_client_release(c);
}

}  // namespace

void valk_client_set_defaults(ValkClientOptions* o) {
  o->connect_timeout = valk_limit_connect_timeout * kNanosecondsPerMillisecond;
  o->headers_timeout = valk_limit_headers_timeout * kNanosecondsPerMillisecond;
  o->idle_timeout = valk_limit_idle_timeout * kNanosecondsPerMillisecond;
}

ValkClient* valk_client_make(const std::string& host, uint16_t port,
                             const ValkClientOptions& options) {
  warn_unverified(options, host, port);
  ValkClient* c = valk_client_new(host.c_str(), port, options);
  c->event.deliver = deliver;
  return c;
}

static ValkHandleUse use_of(const void* native) {
  const ValkClient* c = static_cast<const ValkClient*>(native);
  if (c->state == ValkClientState::kClosed) return VALK_HANDLE_GONE;
  return c->sends ? VALK_HANDLE_BUSY : VALK_HANDLE_IDLE;
}

const ValkHandleKind valk_client_kind = {"http2-client", close_handle, use_of};

void valk_client_detach(Vm* vm, ValkClient* c) {
  c->abandoned = true;
  if (c->has_connect_op) {
    valk_op_set_native(vm, c->connect_op, nullptr);
    end_connect(c);
  }
  if (c->has_handle) valk_handle_forget_id(vm, c->handle);
  c->has_handle = false;
  if (c->unpool) c->unpool(vm, c);
  for (ValkSend* send = c->sends; send; send = send->next) valk_send_detach(vm, send);
}

void valk_http2_connect(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  ValkClientOptions options;
  uint16_t port = 0;
  bool fine = valk_argument_name(vm, sp + n, name, 1, sp[0], kLongestHost) &&
              valk_argument_port(vm, sp + n, name, 2, sp[1], &port) &&
              read_options(vm, sp + n, name, n > 2 ? sp[2] : VALK_NIL, &options);
  if (!fine) return valk_op_fail_raised(vm, sp + n, op);
  std::string host(valk_string_bytes(sp[0]), valk_string_length(sp[0]));
  ValkClient* c = valk_client_make(host, port, options);
  c->pool_key = valk_pool_private_key();
  c->connect_op = op;
  c->has_connect_op = true;
  valk_loop_hold();
  valk_op_set_native(vm, op, c);
  valk_client_connect(c);
}

void valk_http2_connect_cancel(Vm* vm, ValkOpId op) {
  ValkClient* c = static_cast<ValkClient*>(valk_op_native(vm, op));
  if (!c) return;
  end_connect(c);
  valk_client_fail(c, {":cancelled", "", "connecting was cancelled"});
  valk_event_post(&c->event);
}

Value valk_http2_close(Vm* vm, Value* sp, Value client) {
  if (!valk_handle_is(client, &valk_client_kind))
    return valk_fail_type(vm, sp, "http2/close", 1, "a <http2-client>", client);
  void* native = valk_handle_native(vm, client, &valk_client_kind);
  if (!native) return VALK_NIL;
  valk_handle_forget(vm, client);
  close_handle(vm, native);
  return VALK_NIL;
}
