// Requests as handlers get them, and the reading of their bodies. A request is a handle of its stream that
// stays readable when the stream is gone: it holds the fields, packed as they came, and makes Lisp values of
// them when they are asked for. Most handlers ask for one or two.
#include <string.h>

#include <charconv>

#include "runtime/http2/message.h"
#include "runtime/http2/packed_fields.h"
#include "runtime/http2/server.h"
#include "runtime/http2/url.h"
#include "runtime/io/arguments.h"
#include "runtime/value/value.h"

namespace {

/// The words of a request after a handle's own. Those that are VALK_UNSET have not been asked for yet.
enum Field {
  kFields = VALK_HANDLE_WORDS,  ///< a string: all fields, packed
  kMethod,
  kPath,   ///< without query
  kQuery,  ///< undecoded, or nil
  kAuthority,
  kHeaders,  ///< list of {name value}
  kParams,   ///< of a route: list of {name value}
  kWords
};

/// A read of the body was cancelled after it had its piece.
void give_back(Vm*, void* native, Value piece, Fix) {
  ValkServerStream* s = static_cast<ValkServerStream*>(native);
  if (s->done) return;
  s->exchange.body.insert(0, valk_string_bytes(piece), valk_string_length(piece));
  valk_event_post(&s->event);
}

const ValkHandleKind request_kind = {
    .name = "http2-request", .close = [](Vm*, void*) {}, .give_back = give_back};

std::string_view text(Value s) { return {valk_string_bytes(s), valk_string_length(s)}; }

// ---- what is asked for --------------------------------------------------------------------------

/// A part of the request as it stands in the packed fields; its data is null if there is none.
std::string_view find_part(std::string_view packed, Field field) {
  if (field == kMethod) return valk_packed_find(packed, ":method");
  if (field == kAuthority) {
    std::string_view authority = valk_packed_find(packed, ":authority");
    return authority.empty() ? valk_packed_find(packed, "host") : authority;
  }
  std::string_view path = valk_packed_find(packed, ":path");
  size_t mark = path.find('?');
  if (field == kPath) return path.substr(0, mark);
  return mark == path.npos ? std::string_view{} : path.substr(mark + 1);
}

/// A string of what is at `part` in the packed fields, which may move when room is made for it.
Value copy_part(Vm* vm, Value* sp, Value packed, std::string_view part) {
  size_t at = static_cast<size_t>(part.data() - valk_string_bytes(packed));
  sp[0] = packed;
  Value s = valk_make_string_space(vm, sp + 1, part.size());
  if (s == VALK_ERR) return VALK_ERR;
  memcpy(valk_string_bytes(s), valk_string_bytes(sp[0]) + at, part.size());
  return s;
}

Value make_part(Vm* vm, Value* sp, Value packed, Field field) {
  if (field == kHeaders) return valk_packed_list(vm, sp, packed);
  std::string_view part = find_part(text(packed), field);
  if (part.data()) return copy_part(vm, sp, packed, part);
  return field == kQuery ? VALK_NIL : valk_make_string(vm, sp, "", 0);
}

/// A word of the request at sp[0]; made if it has not been asked for before.
Value get_word(Vm* vm, Value* sp, Field field) {
  Value known = valk_object(sp[0])[field];
  if (known != VALK_UNSET) return known;
  Value made = make_part(vm, sp + 1, valk_object(sp[0])[kFields], field);
  if (made != VALK_ERR) valk_store(vm, sp[0], field, made);
  return made;
}

bool check(Vm* vm, Value* sp, const char* name, Value request) {
  if (valk_handle_is(request, &request_kind)) return true;
  valk_fail_type(vm, sp, name, 1, "a request of a server", request);
  return false;
}

Value get(Vm* vm, Value* sp, const char* name, Value request, Field field) {
  if (!check(vm, sp, name, request)) return VALK_ERR;
  sp[0] = request;
  return get_word(vm, sp, field);
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
  return static_cast<ValkServerStream*>(valk_handle_native(vm, request, &request_kind));
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
  valk_op_complete_piece(vm, op, piece, s->handle);
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
  std::string_view digits = x.request.find("content-length");  // nghttp2 has checked it
  uint64_t length = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return length;
}

void send_continue(ValkServerStream* s) {
  ValkServerExchange& x = s->exchange;
  if (s->continued || x.ended || x.received) return;
  s->continued = true;
  if (valk_field_lower(x.request.find("expect")) != "100-continue") return;
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
  const ValkHeldFields& fields = s->exchange.request;
  sp[0] = valk_packed_make(vm, sp, fields);
  if (sp[0] == VALK_ERR) return VALK_ERR;
  Value request = valk_handle_make_with(vm, sp + 1, &request_kind, s, kWords);
  if (request == VALK_ERR) return VALK_ERR;
  s->handle = valk_handle_id(request);
  s->has_handle = true;
  valk_object(request)[kFields] = sp[0];
  valk_object(request)[kParams] = VALK_NIL;
  return request;
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

bool valk_is_body_source(Value v) {
  return valk_is_kind(v, VALK_KIND_CHAN) || valk_is_response(v) || valk_handle_is(v, &request_kind);
}

Value valk_http2_body_kind(Vm* vm, Value* sp, Value body) {
  auto keyword = [&](const char* name) { return valk_make_keyword(vm, sp, name, strlen(name)); };
  if (valk_is_kind(body, VALK_KIND_CHAN)) return keyword(":channel");
  if (valk_is_response(body)) return keyword(":response");
  return valk_is_body_source(body) ? keyword(":request") : VALK_NIL;
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
  if (!check(vm, sp, "%http2/writer", r)) return VALK_ERR;
  ValkServerStream* s = stream_of(vm, r);
  Value writer = valk_handle_make(vm, sp, &valk_stream_kind, s);
  if (writer == VALK_ERR) return VALK_ERR;
  if (!s) {
    valk_handle_forget(vm, writer);
    return writer;
  }
  if (s->has_writer_handle) valk_handle_forget_id(vm, s->writer_handle);
  s->writer_handle = valk_handle_id(writer);
  s->has_writer_handle = true;
  return writer;
}

Value valk_want_request(Vm* vm, Value* sp, Value name, Value argument, Value x) {
  if (valk_handle_is(x, &request_kind)) return x;
  return valk_fail_type(vm, sp, valk_string_bytes(name), static_cast<int>(VALK_INT(argument)),
                        "a request of a server", x);
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
  for (ValkPackedWalk w{text(valk_object(r)[kFields])}; w.next();) {
    if (w.name != wanted || w.name[0] == ':') continue;
    if (found) joined += wanted == "cookie" ? "; " : ", ";
    joined += w.value;
    found = true;
  }
  return found ? valk_make_string(vm, sp, joined.data(), joined.size()) : VALK_NIL;
}

Value valk_req_query(Vm* vm, Value* sp, Fix n) {
  if (!check(vm, sp + n, "req/query", sp[0])) return VALK_ERR;
  if (n > 1 && !valk_argument_string(vm, sp + n, "req/query", 2, sp[1])) return VALK_ERR;
  sp[n] = sp[0];
  Value query = get_word(vm, sp + n, kQuery);
  if (query == VALK_NIL || query == VALK_ERR) return query;
  ValkFields fields = parse_query(text(query));
  if (n == 1) return valk_fields_list(vm, sp + n, fields);
  for (size_t i = 0; i < fields.size(); i++)
    if (fields.name(i) == text(sp[1]))
      return valk_make_string(vm, sp + n, fields.value(i).data(), fields.value(i).size());
  return VALK_NIL;
}

void valk_req_body(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start_reading(vm, sp, n, op, valk_op_name(vm, op), true);
}
void valk_req_body_read(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  start_reading(vm, sp, n, op, valk_op_name(vm, op), false);
}
void valk_req_read_cancel(Vm* vm, ValkOpId op) {
  ValkServerStream* s = static_cast<ValkServerStream*>(valk_op_native(vm, op));
  if (!s || s->reader != op) return;
  take_reader(s);
  valk_event_post(&s->event);
}
