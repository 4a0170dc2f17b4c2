// http2/listen, http2/server-port and http2/stop: the server as the program holds it.
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runtime/control/simulation.h"
#include "runtime/http2/server.h"
#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/io/options.h"
#include "runtime/value/value.h"

namespace {

constexpr char kName[] = "http2/listen";
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;
constexpr uint32_t kCancel = 8;

ValkHttp2Server* from(void* owner) { return static_cast<ValkHttp2Server*>(owner); }

template <size_t offset, class Part>
ValkHttp2Server* owner_of(Part* part) {
  return reinterpret_cast<ValkHttp2Server*>(reinterpret_cast<char*>(part) - offset);
}

/// The options that are not limits.
struct Options {
  std::string host = "127.0.0.1", cert_file, key_file, access_log;
  uint16_t port = 0;
  bool tls = true, dev_cert = false;
  uint64_t workers = 1;
  uint64_t ticket_key = valk_limit_server_ticket_key * kNanosecondsPerMillisecond;
  std::vector<ValkTlsPair> certs;
};

// ---- ending -------------------------------------------------------------------------------------

void on_grace_over(Vm*, ValkTimer* timer) {
  valk_http2_server_cut(owner_of<offsetof(ValkHttp2Server, grace)>(timer));
}

void on_leave_over(Vm*, ValkTimer* timer) {
  ValkHttp2Server* s = owner_of<offsetof(ValkHttp2Server, leave)>(timer);
  valk_http2_server_drain(s, s->grace_time);
}

void end_stop(Vm* vm, ValkHttp2Server* s) {
  ValkOpId op = *s->stop_op;
  s->stop_op.reset();
  valk_loop_release();
  valk_op_complete(vm, op, VALK_NIL);
}

void free_if_unused(Vm* vm, ValkHttp2Server* s) {
  if (s->listener || s->connections || s->has_handle || s->stop_op || s->is_live) return;
  valk_event_withdraw(&s->event);
  valk_timer_stop(&s->grace);
  valk_timer_stop(&s->leave);
  valk_access_log_close(s->log);
  valk_resource_remove(&s->resource);
  if (s->has_handler) valk_root_free(vm, s->handler);
  valk_tls_server_free(s->tls);
  std::unique_ptr<ValkHttp2Server> owned(s);
}

void deliver(Vm* vm, ValkEvent* event) {
  ValkHttp2Server* s = owner_of<offsetof(ValkHttp2Server, event)>(event);
  if (s->drains && !s->listener && !s->connections) {
    valk_timer_stop(&s->grace);
    valk_http2_server_discharge(s);
    if (s->stop_op) {
      valk_event_post(event);
      return end_stop(vm, s);
    }
  }
  free_if_unused(vm, s);
}

void close_handle(Vm*, void* native) {
  ValkHttp2Server* s = from(native);
  s->has_handle = false;
  valk_http2_server_drain(s, s->grace_time);
}

/// One that was stopped, by a signal too, needs no closing.
ValkHandleUse use_of(const void* native) {
  return static_cast<const ValkHttp2Server*>(native)->drains ? VALK_HANDLE_GONE : VALK_HANDLE_BUSY;
}

const ValkHandleKind server_kind = {"http2-server", close_handle, use_of};

/// What was answered is still sent; what was not never will be.
void abandon(Vm* vm, ValkServerStream* stream) {
  valk_stream_detach(vm, stream);
  if (!stream->exchange.responded || !stream->exchange.upload_ended)
    valk_stream_reset(stream, kCancel);
}

void close_at_exit(Vm* vm, ValkResource* resource, bool force) {
  ValkHttp2Server* s = owner_of<offsetof(ValkHttp2Server, resource)>(resource);
  if (s->has_handle) valk_handle_forget_id(vm, s->handle);
  s->has_handle = false;
  if (s->has_handler) valk_root_free(vm, s->handler);
  s->has_handler = false;
  if (s->stop_op) {
    valk_op_set_native(vm, *s->stop_op, nullptr);
    s->stop_op.reset();
    valk_loop_release();
  }
  for (ValkServerConnection* c = s->connections; c; c = c->next)
    for (ValkServerStream* t = c->streams; t; t = t->next) abandon(vm, t);
  valk_http2_server_drain(s, valk_limit_exit_linger * kNanosecondsPerMillisecond);
  if (force) valk_http2_server_cut(s);
}

// ---- starting -----------------------------------------------------------------------------------

void on_accepted(void* owner, ValkTcp* tcp) { valk_server_accept(from(owner), tcp); }

void on_listener_closed(void* owner) {
  from(owner)->listener = nullptr;
  valk_event_post(&from(owner)->event);
}

void set_defaults(ValkHttp2Server* s) {
  auto time = [](uint64_t ms) { return ms * kNanosecondsPerMillisecond; };
  s->limits = {.streams = valk_limit_server_streams,
               .body = valk_limit_server_body,
               .header_bytes = valk_limit_server_header_bytes,
               .header_fields = valk_limit_server_header_fields,
               .connections = valk_limit_server_connections,
               .per_address = valk_limit_server_per_address,
               .handshake = time(valk_limit_server_handshake),
               .headers = time(valk_limit_server_headers),
               .body_idle = time(valk_limit_server_body_idle),
               .write_progress = time(valk_limit_server_write_progress),
               .idle = time(valk_limit_server_idle),
               .stream_window = valk_limit_server_stream_window,
               .connection_window = valk_limit_server_connection_window};
  s->grace_time = time(valk_limit_server_grace);
}

/// Reads :certs, a list of {"cert-file" "key-file"}, the key's optional.
bool read_pairs(Vm* vm, Value* sp, Value list, std::vector<ValkTlsPair>* pairs) {
  for (list = valk_unblock(list); valk_is_pair(list); list = valk_tail(list)) {
    Value pair = valk_unblock(valk_head(list));
    std::string files[2];
    size_t count = 0;
    for (; valk_is_pair(pair) && count < 2; pair = valk_tail(pair))
      if (valk_is_kind(valk_head(pair), VALK_KIND_STRING))
        files[count++] = {valk_string_bytes(valk_head(pair)), valk_string_length(valk_head(pair))};
    if (count && pair == VALK_NIL) {
      pairs->push_back({files[0], files[1]});
      continue;
    }
    valk_fail(vm, sp, ":type", "%s: :certs must be a list of {\"cert-file\" \"key-file\"}", kName);
    return false;
  }
  return true;
}

bool read_options(Vm* vm, Value* sp, Value list, Options* o, ValkHttp2Server* s) {
  ValkServerLimits& l = s->limits;
  Value certs = VALK_NIL;
  const ValkOption table[] = {
      {.key = ":host", .text = &o->host},
      {.key = ":port", .port = &o->port},
      {.key = ":tls", .flag = &o->tls},
      {.key = ":cert-file", .text = &o->cert_file},
      {.key = ":key-file", .text = &o->key_file},
      {.key = ":certs", .value = &certs},
      {.key = ":dev-cert", .flag = &o->dev_cert},
      {.key = ":workers", .count = &o->workers},
      {.key = ":ticket-key-ms", .nanoseconds = &o->ticket_key},
      {.key = ":access-log", .text = &o->access_log},
      {.key = ":drain-delay-ms", .nanoseconds = &s->leave_time},
      {.key = ":grace-ms", .nanoseconds = &s->grace_time},
      {.key = ":max-streams", .count = &l.streams},
      {.key = ":max-body", .count = &l.body},
      {.key = ":max-header-bytes", .count = &l.header_bytes},
      {.key = ":max-header-fields", .count = &l.header_fields},
      {.key = ":max-connections", .count = &l.connections},
      {.key = ":max-connections-per-address", .count = &l.per_address},
      {.key = ":stream-window", .count = &l.stream_window},
      {.key = ":connection-window", .count = &l.connection_window},
      {.key = ":handshake-timeout-ms", .nanoseconds = &l.handshake},
      {.key = ":headers-timeout-ms", .nanoseconds = &l.headers},
      {.key = ":body-timeout-ms", .nanoseconds = &l.body_idle},
      {.key = ":write-timeout-ms", .nanoseconds = &l.write_progress},
      {.key = ":idle-timeout-ms", .nanoseconds = &l.idle},
  };
  if (!valk_read_options(vm, sp, kName, list, table, sizeof table / sizeof *table)) return false;
  if (o->workers <= valk_limit_workers) return read_pairs(vm, sp, certs, &o->certs);
  valk_fail(vm, sp, ":range", "%s: :workers must be at most %d", kName,
            static_cast<int>(valk_limit_workers));
  return false;
}

bool prepare_tls(Vm* vm, Value* sp, const Options& o, ValkHttp2Server* s) {
  if (!o.tls) return true;
  char error[512] = "there is none of :cert-file, :certs and :dev-cert, and :tls is not 0";
  std::vector<ValkTlsPair> pairs;
  if (!o.cert_file.empty()) pairs.push_back({o.cert_file, o.key_file});
  pairs.insert(pairs.end(), o.certs.begin(), o.certs.end());
  if (!pairs.empty())
    s->tls = valk_tls_server_new(pairs, o.ticket_key, error, sizeof error);
  else if (o.dev_cert)
    s->tls = valk_tls_server_dev(o.ticket_key, error, sizeof error);
  if (s->tls) return true;
  valk_fail(vm, sp, ":tls", "%s: %s", kName, error);
  return false;
}

/// Goes on in as many processes, unless this is one of them.
bool divide(Vm* vm, Value* sp, const Options& o, ValkAddress* address) {
  if (o.workers == 1 || valk_is_worker() || valk_is_simulated()) return true;
  if (valk_tcp_any_open()) {
    valk_fail(vm, sp, ":range",
              "%s: with :workers it must come before connections and other servers", kName);
    return false;
  }
  const char *code, *message;
  unsigned slot;
  unsigned count = static_cast<unsigned>(o.workers);
  int held = valk_tcp_reserve(address, &code, &message);
  if (held >= 0 && valk_metrics_share(valk_workers_slots(count))) {
    valk_workers_hold_socket(held);
    if (valk_workers_start(vm, count, &valk_http2_worker_calls, &slot, &code, &message)) {
      valk_metrics_take(slot);
      return true;
    }
  }
  valk_fail_code(vm, sp, ":io", code, "%s: %s port %d: %s", kName, o.host.c_str(), o.port, message);
  return false;
}

bool open_log(Vm* vm, Value* sp, const Options& o, ValkHttp2Server* s) {
  if (o.access_log.empty()) return true;
  s->log = valk_access_log_open(o.access_log);
  if (s->log) return true;
  int error = errno;
  valk_fail_code(vm, sp, ":io", valk_errno_name(error), "%s: the access log %s: %s", kName,
                 o.access_log.c_str(), strerror(error));
  return false;
}

bool bind(Vm* vm, Value* sp, const Options& o, ValkHttp2Server* s) {
  ValkAddress address;
  if (!valk_argument_listen_address(vm, sp, kName, o.host, o.port, &address)) return false;
  if (!prepare_tls(vm, sp, o, s) || !open_log(vm, sp, o, s)) return false;
  if (!divide(vm, sp, o, &address)) return false;
  if (valk_is_worker()) valk_http2_server_reload(s);  // it may be a late one
  const char *code, *message;
  s->listener = valk_tcp_listen(&address, on_accepted, on_listener_closed, s, &code, &message);
  if (s->listener) return true;
  valk_fail_code(vm, sp, ":io", code, "%s: %s port %d: %s", kName, o.host.c_str(), o.port, message);
  return false;
}

/// Listens; from here on the server frees itself.
Value begin(Vm* vm, Value* sp, ValkHttp2Server* s, Value handler) {
  s->event.deliver = deliver;
  s->grace.fire = on_grace_over;
  s->leave.fire = on_leave_over;
  s->resource.close_at_exit = close_at_exit;
  s->handler = valk_root_make(vm, handler);
  s->has_handler = s->listens = true;
  valk_http2_server_enlist(s);
  valk_resource_add(&s->resource);
  Value handle = valk_handle_make(vm, sp, &server_kind, s);
  if (handle == VALK_ERR) {
    valk_http2_server_drain(s, 0);
    return VALK_ERR;
  }
  s->handle = valk_handle_id(handle);
  s->has_handle = true;
  return handle;
}

}  // namespace

void valk_http2_server_drain(ValkHttp2Server* s, uint64_t grace) {
  if (s->listens) valk_tcp_listener_close(s->listener);
  s->listens = false;
  valk_timer_stop(&s->leave);
  s->drains = true;
  for (ValkServerConnection* c = s->connections; c; c = c->next) valk_server_drain(c);
  bool is_set = s->grace.place && valk_timer_due(&s->grace) <= valk_clock() + grace;
  if (!is_set) valk_timer_start(&s->grace, grace);
  valk_event_post(&s->event);
}

void valk_http2_server_reload(ValkHttp2Server* s) {
  char error[512];
  if (s->tls && !valk_tls_server_reload(s->tls, error, sizeof error))
    fprintf(stderr, "http2: the certificates in use are kept: %s\n", error);
  if (s->log) valk_access_log_reopen(s->log);
}

void valk_http2_server_cut(ValkHttp2Server* s) {
  if (!s->drains) valk_http2_server_drain(s, 0);
  for (ValkServerConnection* c = s->connections; c; c = c->next) valk_server_cut(c);
}

void valk_http2_server_leave(ValkHttp2Server* s) {
  if (s->drains || s->leaves) return;
  s->leaves = true;
  if (s->leave_time)
    valk_timer_start(&s->leave, s->leave_time);
  else
    valk_http2_server_drain(s, s->grace_time);
}

Value valk_http2_listen(Vm* vm, Value* sp, Value opts, Value handler) {
  Options options;
  auto s = std::make_unique<ValkHttp2Server>();
  sp[0] = handler;
  set_defaults(s.get());
  if (!read_options(vm, sp + 1, opts, &options, s.get())) return VALK_ERR;
  if (!bind(vm, sp + 1, options, s.get())) {
    valk_tls_server_free(s->tls);
    valk_access_log_close(s->log);
    return VALK_ERR;
  }
  return begin(vm, sp + 1, s.release(), sp[0]);
}

Value valk_http2_server_port(Vm* vm, Value* sp, Value server) {
  void* native = valk_argument_handle(vm, sp, "http2/server-port", 1, server, &server_kind);
  if (!native) return VALK_ERR;
  return VALK_FIX(valk_tcp_listener_port(from(native)->listener));
}

void valk_http2_stop(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  uint64_t grace;
  void* native = valk_argument_handle(vm, sp + n, name, 1, sp[0], &server_kind);
  if (!native || !valk_argument_duration(vm, sp + n, name, 2, sp[1], &grace))
    return valk_op_fail_raised(vm, sp + n, op);
  ValkHttp2Server* s = from(native);
  valk_handle_forget(vm, sp[0]);
  s->has_handle = false;
  s->stop_op = op;
  valk_op_set_native(vm, op, s);
  valk_loop_hold();
  valk_http2_server_drain(s, grace);
}

void valk_http2_stop_cancel(Vm* vm, ValkOpId op) {
  ValkHttp2Server* s = from(valk_op_native(vm, op));
  if (!s || s->stop_op != op) return;
  s->stop_op.reset();
  valk_loop_release();
  valk_event_post(&s->event);
}
