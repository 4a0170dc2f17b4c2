// What a handler gives becomes the response: whole, streamed by a function of a writer, or an error. The
// order of calls stands in lib/http2.valk.
#include <stdio.h>

#include <charconv>
#include <list>
#include <string>
#include <vector>

#include "runtime/http2/dates.h"
#include "runtime/http2/server.h"
#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/value/error.h"
#include "runtime/value/text.h"

/// The stream of a request, null if it is over; *fine false: v is no request, :type raised.
ValkServerStream* valk_stream_of_request(Vm* vm, Value* sp, const char* name, Value v, bool* fine);

// The same on a request: send_body.cpp.
extern const ValkHandleKind valk_upload_kind;
void valk_upload_write(Vm* vm, Value* sp, Fix n, ValkOpId op);

namespace {

constexpr uint32_t kInternalError = 2, kCancel = 8;
constexpr Fix kSmallestStatus = 200, kLargestStatus = 599;

std::string_view text(Value s) { return {valk_string_bytes(s), valk_string_length(s)}; }
bool is_string(Value v) { return valk_is_kind(v, VALK_KIND_STRING); }

/// What a response says, read and checked before anything of it is sent. Its fields refer to the strings of the
/// program, which do not move meanwhile: reading and sending one runs no Lisp and allocates nothing in its heap.
/// One is kept for the space of its fields: there is one thread.
struct Answer {
  Fix status = 200;
  std::vector<ValkField> headers;  ///< with :status, whose value is set last
  std::vector<ValkField> trailers;
  std::list<std::string> lowered;  ///< names that were not in lower case
  bool has_date = false;
  bool has_length = false;
  Value body = VALK_NIL;  ///< string, function, what one is read from, or nil

  void clear() {
    status = 200;
    headers.clear();
    headers.push_back({":status", "", true, true});
    trailers.clear();
    if (!lowered.empty()) lowered.clear();
    has_date = has_length = false;
    body = VALK_NIL;
  }
};
Answer answer;

bool refuse(Vm* vm, Value* sp, const char* what) {
  valk_fail(vm, sp, ":type", "the handler's response: %s", what);
  return false;
}

bool read_field(Vm* vm, Value* sp, Value field, Answer* a, std::vector<ValkField>* fields) {
  field = valk_unblock(field);
  Value rest = valk_is_pair(field) ? valk_unblock(valk_tail(field)) : VALK_NIL;
  if (!valk_is_pair(rest) || !is_string(valk_head(field)) || !is_string(valk_head(rest)))
    return refuse(vm, sp, "a header must be {\"name\" \"value\"}");
  std::string_view name = text(valk_head(field)), value = text(valk_head(rest));
  if (!valk_field_is_token(name)) return refuse(vm, sp, "this is not the name of a header");
  if (!valk_field_is_lower(name)) name = a->lowered.emplace_back(valk_field_lower(name));
  if (valk_field_is_forbidden(name))
    return refuse(vm, sp, "HTTP/2 has no headers about the connection");
  if (!valk_field_is_value(value))
    return refuse(vm, sp, "a header's value must not hold line ends or NUL");
  fields->push_back({name, value});
  return true;
}

bool read_fields(Vm* vm, Value* sp, Value list, Answer* a, std::vector<ValkField>* fields) {
  list = valk_unblock(list);
  if (list != VALK_NIL && !valk_is_pair(list))
    return refuse(vm, sp, ":headers and :trailers must be lists of {\"name\" \"value\"}");
  for (; valk_is_pair(list); list = valk_tail(list))
    if (!read_field(vm, sp, valk_head(list), a, fields)) return false;
  return true;
}

bool read_headers(Vm* vm, Value* sp, Value list, Answer* a) {
  if (!read_fields(vm, sp, list, a, &a->headers)) return false;
  for (const ValkField& f : a->headers) {
    if (f.name == "date") a->has_date = true;
    if (f.name == "content-length") a->has_length = true;
  }
  return true;
}

bool read_status(Vm* vm, Value* sp, Value v, Fix* status) {
  if (!valk_is_fix(v) || VALK_INT(v) < kSmallestStatus || VALK_INT(v) > kLargestStatus)
    return refuse(vm, sp, ":status must be an integer from 200 to 599");
  *status = VALK_INT(v);
  return true;
}

bool read_body(Vm* vm, Value* sp, Value v, Value* body) {
  if (v != VALK_NIL && !is_string(v) && !valk_is_callable(v) && !valk_is_body_source(v))
    return refuse(vm, sp,
                  ":body must be a string, a function of a writer, a channel, or what has a body");
  *body = v;
  return true;
}

bool read_part(Vm* vm, Value* sp, Value key, Value v, Answer* a) {
  if (valk_is_keyword(key, ":status")) return read_status(vm, sp, v, &a->status);
  if (valk_is_keyword(key, ":headers")) return read_headers(vm, sp, v, a);
  if (valk_is_keyword(key, ":trailers")) return read_fields(vm, sp, v, a, &a->trailers);
  if (valk_is_keyword(key, ":body")) return read_body(vm, sp, v, &a->body);
  return refuse(vm, sp, "it has keys other than :status :headers :body :trailers");
}

/// Reads a response; nothing here collects unless it fails.
bool read_answer(Vm* vm, Value* sp, Value response, Answer* a) {
  Value list = valk_unblock(response);
  if (is_string(list)) {
    a->body = list;
    return true;
  }
  if (!valk_is_pair(list)) return refuse(vm, sp, "it is neither a string nor a property list");
  for (; valk_is_pair(list); list = valk_tail(valk_tail(list))) {
    if (!valk_is_pair(valk_tail(list)))
      return refuse(vm, sp, "it is not a list of keywords and values");
    if (!read_part(vm, sp, valk_head(list), valk_head(valk_tail(list)), a)) return false;
  }
  return true;
}

// ---- sending ------------------------------------------------------------------------------------

ValkSecondText date(kValkHttpDate);

/// Adds the fields that the program has not given. `digits` has room for a length, and lasts as long as they.
template <size_t N>
void complete_fields(Answer* a, bool may_have_length, char (&digits)[N]) {
  a->headers[0].value = valk_status_text(static_cast<int>(a->status));
  if (!a->has_date) a->headers.push_back({"date", date.now(), true});
  if (a->has_length || !may_have_length || (a->body != VALK_NIL && !is_string(a->body))) return;
  size_t length = is_string(a->body) ? valk_string_length(a->body) : 0;
  char* end = std::to_chars(digits, digits + N, length).ptr;
  a->headers.push_back({"content-length", {digits, static_cast<size_t>(end - digits)}, true});
}

/// Submits the response; true if a function is to write its body.
bool send(Vm* vm, ValkServerStream* s, Answer* a) {
  ValkServerExchange& x = s->exchange;
  bool is_empty = a->status == 204 || a->status == 304;
  bool has_body = !is_empty && !x.is_head;
  bool streams = has_body && a->body != VALK_NIL && !is_string(a->body);
  s->status = static_cast<int>(a->status);
  char digits[24];
  complete_fields(a, !is_empty, digits);
  if (has_body && is_string(a->body)) valk_body_add(vm, &x.upload, &s->loan, a->body);
  if (!x.is_head)
    for (const ValkField& f : a->trailers) x.trailers.add(f.name, f.value);
  x.has_body = streams || !x.upload.empty() || x.trailers.size() != 0;
  x.upload_ended = !streams;
  if (!valk_server_respond(s->connection->session, &x, a->headers))
    valk_stream_reset(s, kInternalError);
  valk_server_flush_soon(s->connection);
  return streams;
}

bool is_gone(const ValkServerStream* s) {
  return !s || s->exchange.closed || s->connection->state >= ValkServerState::kClosing;
}

// ---- failures -----------------------------------------------------------------------------------

void log_failure(Vm* vm, const ValkServerStream* s, Value error) {
  valk_metric_add(kValkMetricHandlerFailures);
  std::string_view method = s ? s->exchange.request.find(":method") : "a request";
  std::string_view path = s ? s->exchange.request.find(":path") : "";
  fprintf(stderr, "http2: the handler of %.*s %.*s failed:\n", static_cast<int>(method.size()),
          method.data(), static_cast<int>(path.size()), path.data());
  valk_report_error(vm, error);
}

bool is_kind(Value error, const char* kind) {
  return valk_is_error(error) && valk_is_keyword(valk_object(error)[VALK_ERROR_KIND], kind);
}

// ---- writers ------------------------------------------------------------------------------------

ValkOpId take_writer(ValkServerStream* s) {
  ValkOpId op = *s->writer.op;
  s->writer.op.reset();
  valk_loop_release();
  return op;
}

}  // namespace

Value valk_http2_begin(Vm* vm, Value* sp, Value request) {
  bool fine;
  ValkServerStream* s = valk_stream_of_request(vm, sp, "%http2/begin", request, &fine);
  if (!fine) return VALK_ERR;
  if (!s) return VALK_FIX(0);
  s->begun = true;
  if (!s->cancelled) return VALK_FIX(1);
  s->done = true;
  valk_event_post(&s->event);
  return VALK_FIX(0);
}

Value valk_http2_respond(Vm* vm, Value* sp, Value request, Value response) {
  bool fine;
  ValkServerStream* s = valk_stream_of_request(vm, sp, "%http2/respond", request, &fine);
  if (!fine) return VALK_ERR;
  answer.clear();
  if (!read_answer(vm, sp, response, &answer)) return VALK_ERR;
  if (is_gone(s) || s->exchange.responded) return VALK_NIL;
  return send(vm, s, &answer) ? answer.body : VALK_NIL;
}

Value valk_http2_respond_failure(Vm* vm, Value* sp, Value request, Value error) {
  bool fine;
  ValkServerStream* s = valk_stream_of_request(vm, sp, "%http2/fail", request, &fine);
  if (!fine) return VALK_ERR;
  bool is_too_large = s && s->too_large && is_kind(error, ":limit");
  bool was_cancelled = (!s || s->cancelled) && is_kind(error, ":cancelled");
  if (!is_too_large && !was_cancelled) log_failure(vm, s, error);
  if (is_gone(s)) return VALK_NIL;
  if (!s->exchange.responded)
    valk_stream_answer(s, is_too_large ? 413 : 500);
  else if (!s->exchange.complete)
    valk_stream_reset(s, kInternalError);
  return VALK_NIL;
}

Value valk_http2_done(Vm* vm, Value* sp, Value request) {
  bool fine;
  ValkServerStream* s = valk_stream_of_request(vm, sp, "%http2/done", request, &fine);
  if (!fine) return VALK_ERR;
  if (!s) return VALK_NIL;
  ValkServerExchange& x = s->exchange;
  s->done = true;
  x.drops_body = true;
  x.body.clear();
  if (s->connection->session && x.unconsumed) {
    valk_http2_consume(s->connection->session, &x, x.unconsumed);
    valk_server_flush_soon(s->connection);
  }
  if (!is_gone(s) && !x.responded) valk_stream_answer(s, 500);
  if (!is_gone(s) && !x.upload_ended) valk_stream_reset(s, kCancel);
  valk_event_post(&s->event);
  return VALK_NIL;
}

Value valk_http2_body_end(Vm* vm, Value* sp, Value request) {
  bool fine;
  ValkServerStream* s = valk_stream_of_request(vm, sp, "%http2/body-end", request, &fine);
  if (!fine) return VALK_ERR;
  if (is_gone(s)) return VALK_NIL;
  s->exchange.upload_ended = true;
  valk_http2_resume(s->connection->session, &s->exchange);
  valk_server_flush_soon(s->connection);
  return VALK_NIL;
}

void valk_stream_write(Vm* vm, ValkServerStream* s) {
  ValkServerExchange& x = s->exchange;
  if (is_gone(s)) {
    ValkOpId op = take_writer(s);
    valk_event_post(&s->event);
    return valk_op_fail_code(vm, vm->sp, op, ":closed", valk_http2_error_name(x.error),
                             "the client has gone before the response's end");
  }
  if (x.upload.size() >= valk_limit_server_writer_ahead) return;
  ValkOpId op = take_writer(s);
  valk_event_post(&s->event);
  valk_op_complete(vm, op, VALK_NIL);
}

void valk_http2_body_write(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  const char* name = valk_op_name(vm, op);
  if (valk_handle_is(sp[0], &valk_upload_kind)) return valk_upload_write(vm, sp, n, op);
  void* native = valk_argument_handle(vm, sp + n, name, 1, sp[0], &valk_stream_kind);
  if (!native || !valk_argument_string(vm, sp + n, name, 2, sp[1]))
    return valk_op_fail_raised(vm, sp + n, op);
  ValkServerStream* s = static_cast<ValkServerStream*>(native);
  if (is_gone(s) || s->exchange.upload_ended || s->writer.op)
    return valk_op_fail_code(vm, sp + n, op, ":closed", nullptr, "%s: %s", name,
                             s->writer.op ? "another write is under way" : "the body has ended");
  valk_body_add(vm, &s->exchange.upload, &s->loan, sp[1]);
  valk_http2_resume(s->connection->session, &s->exchange);
  valk_server_flush_soon(s->connection);
  s->writer.op = op;
  valk_op_set_native(vm, op, &s->writer);
  valk_loop_hold();
  valk_event_post(&s->event);
}

void valk_http2_body_write_cancel(Vm* vm, ValkOpId op) {
  ValkBodyWriter* writer = static_cast<ValkBodyWriter*>(valk_op_native(vm, op));
  if (!writer || writer->op != op) return;
  writer->op.reset();
  valk_loop_release();
  valk_event_post(writer->event);
}
