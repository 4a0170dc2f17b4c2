// Requests as handlers get them, and the reading of their bodies. A request is a Lisp object that looks
// like a handle, as message.h says of the client's messages: it stays readable when its stream is gone.
#include <string.h>

#include "runtime/http2/message.h"
#include "runtime/http2/server.h"
#include "runtime/http2/url.h"
#include "runtime/io/arguments.h"
#include "runtime/value/value.h"

namespace {

/// The words of a request; the first are a handle's.
enum Field {
  kMethod = 3,
  kPath,   ///< without query
  kQuery,  ///< undecoded, or nil
  kAuthority,
  kScheme,
  kHeaders,  ///< list of {name value}
  kParams,   ///< of a route: list of {name value}
  kStream,   ///< handle
  kWords
};

const ValkHandleKind request_kind = {"http2-request", nullptr};

std::string_view text(Value s) { return {valk_string_bytes(s), valk_string_length(s)}; }

struct Parts {
  std::string_view method, path, authority, scheme;
};

/// Finds a request's pseudo-header fields.
void sort(const ValkFields& fields, Parts* p) {
  std::string_view host;
  for (size_t i = 0; i < fields.size(); i++) {
    std::string_view name = fields.name(i), value = fields.value(i);
    if (name == ":method") p->method = value;
    if (name == ":path") p->path = value;
    if (name == ":authority") p->authority = value;
    if (name == ":scheme") p->scheme = value;
    if (name == "host") host = value;
  }
  if (p->authority.empty()) p->authority = host;
}

bool set_string(Vm* vm, Value* slot, Value* sp, std::string_view s) {
  *slot = valk_make_string(vm, sp, s.data(), s.size());
  return *slot != VALK_ERR;
}

bool check(Vm* vm, Value* sp, const char* name, Value request) {
  if (valk_handle_is(request, &request_kind)) return true;
  valk_fail_type(vm, sp, name, 1, "a request of a server", request);
  return false;
}

Value get(Vm* vm, Value* sp, const char* name, Value request, Field field) {
  if (!check(vm, sp, name, request)) return VALK_ERR;
  return valk_object(request)[field];
}

/// A value of a list of {name value}, or nil.
Value look_up(Value list, std::string_view name) {
  for (; valk_is_pair(list); list = valk_tail(list)) {
    Value field = valk_head(list);
    if (text(valk_head(field)) == name) return valk_head(valk_tail(field));
  }
  return VALK_NIL;
}

ValkFields parse_query(std::string_view query) {
  ValkFields fields;
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query = end == query.npos ? "" : query.substr(end + 1);
    size_t equals = pair.find('=');
    if (pair.empty()) continue;
    fields.add(valk_url_decoded(pair.substr(0, equals), true),
               equals == pair.npos ? "" : valk_url_decoded(pair.substr(equals + 1), true));
  }
  return fields;
}

// ---- bodies -------------------------------------------------------------------------------------

ValkServerStream* stream_of(Vm* vm, Value request) {
  void* native = valk_handle_native(vm, valk_object(request)[kStream], &valk_stream_kind);
  return static_cast<ValkServerStream*>(native);
}

ValkOpId take_reader(ValkServerStream* s) {
  ValkOpId op = *s->reader;
  s->reader.reset();
  valk_loop_release();
  return op;
}

void deliver_bytes(Vm* vm, ValkServerStream* s) {
  ValkServerExchange& x = s->exchange;
  ValkOpId op = take_reader(s);
  Value piece = valk_make_string(vm, vm->sp, x.body.data(), x.body.size());
  if (s->connection->session) valk_http2_consume(s->connection->session, &x, x.unconsumed);
  std::string().swap(x.body);
  s->reading = {};
  valk_server_flush_soon(s->connection);
  valk_event_post(&s->event);
  if (piece == VALK_ERR) return valk_op_fail_raised(vm, vm->sp, op);
  valk_op_complete(vm, op, piece);
}

void refuse_body(Vm* vm, ValkServerStream* s) {
  s->too_large = true;
  s->exchange.drops_body = s->exchange.consumes_at_once = true;
  s->exchange.body.clear();
  if (s->connection->session)
    valk_http2_consume(s->connection->session, &s->exchange, s->exchange.unconsumed);
  ValkOpId op = take_reader(s);
  valk_event_post(&s->event);
  valk_op_fail_code(vm, vm->sp, op, ":limit", nullptr,
                    "req/body: the body has more than %llu bytes",
                    static_cast<unsigned long long>(s->body_limit));
}

/// What the client says that the body's length is, or 0.
uint64_t announced_length(const ValkServerExchange& x) {
  return strtoull(std::string(valk_fields_find(x.request, "content-length")).c_str(), nullptr, 10);
}

void send_continue(ValkServerStream* s) {
  ValkServerExchange& x = s->exchange;
  if (s->continued || x.ended || x.received) return;
  s->continued = true;
  if (valk_field_lower(valk_fields_find(x.request, "expect")) != "100-continue") return;
  valk_server_continue(s->connection->session, &x);
  valk_server_flush_soon(s->connection);
}

void start_reading(Vm* vm, Value* sp, Fix n, ValkOpId op, const char* name, bool whole) {
  if (!check(vm, sp + n, name, sp[0])) return valk_op_fail_raised(vm, sp + n, op);
  ValkServerStream* s = stream_of(vm, sp[0]);
  if (!s)
    return valk_op_fail_code(vm, sp + n, op, ":closed", nullptr, "%s: the request is over", name);
  if (s->reader)
    return valk_op_fail_code(vm, sp + n, op, ":closed", nullptr, "%s: another read is under way",
                             name);
  s->reader = op;
  s->reads_whole = whole;
  valk_op_set_native(vm, op, s);
  valk_loop_hold();
  valk_event_post(&s->event);
  if (!s->connection->session) return;
  if (whole && announced_length(s->exchange) <= s->body_limit) {
    s->exchange.consumes_at_once = true;
    valk_http2_consume(s->connection->session, &s->exchange, s->exchange.unconsumed);
    valk_server_flush_soon(s->connection);
  }
  send_continue(s);
}

}  // namespace

const ValkHandleKind valk_stream_kind = {"http2-stream", [](Vm*, void*) {}};

Value valk_server_request(Vm* vm, Value* sp, ValkServerStream* s) {
  Parts p;
  sort(s->exchange.request, &p);
  size_t mark = p.path.find('?');
  for (int i = 0; i < 7; i++) sp[i] = VALK_NIL;
  Value* free = sp + 7;
  if (!set_string(vm, &sp[0], free, p.method)) return VALK_ERR;
  if (!set_string(vm, &sp[1], free, p.path.substr(0, mark))) return VALK_ERR;
  if (mark != p.path.npos && !set_string(vm, &sp[2], free, p.path.substr(mark + 1)))
    return VALK_ERR;
  if (!set_string(vm, &sp[3], free, p.authority)) return VALK_ERR;
  if (!set_string(vm, &sp[4], free, p.scheme)) return VALK_ERR;
  sp[5] = valk_headers_list(vm, free, s->exchange.request);
  if (sp[5] == VALK_ERR) return VALK_ERR;
  sp[6] = valk_handle_make(vm, free, &valk_stream_kind, s);
  if (sp[6] == VALK_ERR) return VALK_ERR;
  s->handle = valk_handle_id(sp[6]);
  s->has_handle = true;
  Value* r = valk_alloc(vm, free, kWords);
  if (!r) return VALK_ERR;
  r[0] = VALK_HEADER(VALK_KIND_HANDLE, kWords);
  r[1] = VALK_FIX(-1);
  r[2] = reinterpret_cast<Value>(&request_kind);  // aligned, so the collector takes it for a fixnum
  for (int i = 0; i < 6; i++) r[kMethod + i] = sp[i];
  r[kParams] = VALK_NIL;
  r[kStream] = sp[6];
  return valk_tag_object(r);
}

ValkServerStream* valk_stream_of_request(Vm* vm, Value* sp, const char* name, Value request,
                                         bool* fine) {
  *fine = check(vm, sp, name, request);
  return *fine ? stream_of(vm, request) : nullptr;
}

void valk_stream_read(Vm* vm, ValkServerStream* s) {
  ValkServerExchange& x = s->exchange;
  uint64_t limit = s->body_limit;
  if (s->reads_whole && (x.body.size() > limit || announced_length(x) > limit))
    return refuse_body(vm, s);
  if (!s->reads_whole && !x.body.empty()) return deliver_bytes(vm, s);
  if (x.ended && s->reads_whole) return deliver_bytes(vm, s);
  if (x.ended) {
    valk_event_post(&s->event);
    return valk_op_complete(vm, take_reader(s), VALK_NIL);
  }
  if (!x.closed && s->connection->state < ValkServerState::kClosing) return;
  ValkOpId op = take_reader(s);
  valk_event_post(&s->event);
  valk_op_fail_code(vm, vm->sp, op, ":closed", valk_http2_error_name(x.error),
                    "the client has gone before the body's end");
}

Value valk_req_method(Vm* vm, Value* sp, Value r) { return get(vm, sp, "req/method", r, kMethod); }
Value valk_req_path(Vm* vm, Value* sp, Value r) { return get(vm, sp, "req/path", r, kPath); }
Value valk_req_authority(Vm* vm, Value* sp, Value r) {
  return get(vm, sp, "req/authority", r, kAuthority);
}
Value valk_req_headers(Vm* vm, Value* sp, Value r) {
  return get(vm, sp, "req/headers", r, kHeaders);
}
Value valk_http2_writer(Vm* vm, Value* sp, Value r) {
  return get(vm, sp, "%http2/writer", r, kStream);
}

Value valk_req_limit_body(Vm* vm, Value* sp, Value r, Value limit) {
  const char* name = "req/limit-body";
  if (!check(vm, sp, name, r)) return VALK_ERR;
  if (!valk_is_fix(limit) || VALK_INT(limit) < 0)
    return valk_fail_type(vm, sp, name, 2, "a number of bytes, 0 or more", limit);
  ValkServerStream* s = stream_of(vm, r);
  if (s) s->body_limit = static_cast<uint64_t>(VALK_INT(limit));
  return r;
}

Value valk_req_is_ready(Vm* vm, Value* sp, Value r) {
  if (!check(vm, sp, "req/ready?", r)) return VALK_ERR;
  ValkServerStream* s = stream_of(vm, r);
  return VALK_FIX(s && !s->connection->server->leaves && !s->connection->server->drains);
}

Value valk_req_address(Vm* vm, Value* sp, Value r) {
  if (!check(vm, sp, "req/address", r)) return VALK_ERR;
  ValkServerStream* s = stream_of(vm, r);
  if (!s) return VALK_NIL;
  return valk_make_string(vm, sp, s->connection->address.data(), s->connection->address.size());
}

Value valk_req_set_params(Vm* vm, Value* sp, Value r, Value params) {
  if (!check(vm, sp, "%req/set-params", r)) return VALK_ERR;
  valk_store(vm, r, kParams, params);
  return r;
}

Value valk_req_param(Vm* vm, Value* sp, Value r, Value name) {
  if (!check(vm, sp, "req/param", r)) return VALK_ERR;
  if (!valk_argument_string(vm, sp, "req/param", 2, name)) return VALK_ERR;
  return look_up(valk_object(r)[kParams], text(name));
}

Value valk_req_header(Vm* vm, Value* sp, Value r, Value name) {
  if (!check(vm, sp, "req/header", r)) return VALK_ERR;
  if (!valk_argument_string(vm, sp, "req/header", 2, name)) return VALK_ERR;
  std::string wanted = valk_field_lower(text(name)), joined;
  bool found = false;
  for (Value l = valk_object(r)[kHeaders]; valk_is_pair(l); l = valk_tail(l)) {
    Value field = valk_head(l);
    if (text(valk_head(field)) != wanted) continue;
    if (found) joined += wanted == "cookie" ? "; " : ", ";
    joined += text(valk_head(valk_tail(field)));
    found = true;
  }
  return found ? valk_make_string(vm, sp, joined.data(), joined.size()) : VALK_NIL;
}

Value valk_req_query(Vm* vm, Value* sp, Fix n) {
  if (!check(vm, sp + n, "req/query", sp[0])) return VALK_ERR;
  if (n > 1 && !valk_argument_string(vm, sp + n, "req/query", 2, sp[1])) return VALK_ERR;
  Value query = valk_object(sp[0])[kQuery];
  if (query == VALK_NIL) return VALK_NIL;
  ValkFields fields = parse_query(text(query));
  if (n == 1) return valk_fields_list(vm, sp + n, fields);
  for (size_t i = 0; i < fields.size(); i++)
    if (fields.name(i) == text(sp[1]))
      return valk_make_string(vm, sp + n, fields.value(i).data(), fields.value(i).size());
  return VALK_NIL;
}

void valk_req_body(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start_reading(vm, sp, n, op, "req/body", true);
}
void valk_req_body_read(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start_reading(vm, sp, n, op, "req/body-read", false);
}
void valk_req_read_cancel(Vm* vm, ValkOpId op) {
  ValkServerStream* s = static_cast<ValkServerStream*>(valk_op_native(vm, op));
  if (!s || s->reader != op) return;
  take_reader(s);
  valk_event_post(&s->event);
}
