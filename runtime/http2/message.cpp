// See message.h. What goes into a request is checked here, where the program says it: nghttp2 would
// send it as it is, and the peer would reset the stream with no more than a number.
#include "runtime/http2/message.h"

#include <algorithm>
#include <charconv>

#include "runtime/http2/packed_fields.h"
#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/value/error.h"
#include "runtime/value/value.h"

namespace {

const ValkHandleKind request_kind = {"http2-request", nullptr};
const ValkHandleKind response_kind = {"http2-response", nullptr};

std::string_view text(Value s) { return {valk_string_bytes(s), valk_string_length(s)}; }

bool check_request(Vm* vm, Value* sp, const char* name, Value v) {
  if (valk_is_request(v)) return true;
  valk_fail_type(vm, sp, name, 1, "a request", v);
  return false;
}

bool check_response(Vm* vm, Value* sp, const char* name, Value v) {
  if (valk_is_response(v)) return true;
  valk_fail_type(vm, sp, name, 1, "a response", v);
  return false;
}

bool check_parts(Vm* vm, Value* sp, const Value* parts) {
  const char* name = "http2/request";
  for (int i = 0; i < 4; i++)
    if (!valk_argument_string(vm, sp, name, i + 1, parts[i])) return false;
  if (!valk_field_is_token(text(parts[0]))) {
    valk_fail_range(vm, sp, name, 1, "a method such as \"GET\"", parts[0]);
    return false;
  }
  for (int i = 1; i < 4; i++) {
    if (!text(parts[i]).empty() && valk_field_is_plain(text(parts[i]))) continue;
    valk_fail_range(vm, sp, name, i + 1, "visible ASCII and not empty", parts[i]);
    return false;
  }
  return true;
}

/// A message of that kind whose other words are nil. VALK_ERR if memory is exhausted.
Value make_message(Vm* vm, Value* sp, const ValkHandleKind* kind, Fix words) {
  Value* p = valk_alloc(vm, sp, words);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_HANDLE, words);
  p[1] = VALK_FIX(-1);
  p[2] = reinterpret_cast<Value>(kind);  // aligned, so the collector takes it for a fixnum
  for (Fix i = 3; i < words; i++) p[i] = VALK_NIL;
  return valk_tag_object(p);
}

/// Pushes the pair {name value} onto the list at sp[0]; false if memory is exhausted.
bool push_field(Vm* vm, Value* sp, std::string_view name, std::string_view value) {
  sp[1] = valk_make_string(vm, sp + 1, value.data(), value.size());
  if (sp[1] == VALK_ERR) return false;
  sp[1] = valk_make_pair(vm, sp + 2, sp[1], VALK_NIL);
  if (sp[1] == VALK_ERR) return false;
  sp[2] = valk_make_string(vm, sp + 2, name.data(), name.size());
  if (sp[2] == VALK_ERR) return false;
  sp[1] = valk_make_pair(vm, sp + 3, sp[2], sp[1]);
  if (sp[1] == VALK_ERR) return false;
  Value list = valk_make_pair(vm, sp + 2, sp[1], sp[0]);
  if (list == VALK_ERR) return false;
  sp[0] = list;
  return true;
}

/// Bytes of names and values.
size_t bytes_of_fields(const Value* request) {
  size_t bytes = 0;
  for (int i = 0; i < 4; i++) bytes += valk_string_length(request[VALK_REQUEST_METHOD + i]);
  for (Value l = request[VALK_REQUEST_HEADERS]; valk_is_pair(l); l = valk_tail(l)) {
    Value field = valk_head(l);
    bytes += valk_string_length(valk_head(field)) + valk_string_length(valk_head(valk_tail(field)));
  }
  return bytes;
}

bool has_field(std::span<const ValkField> fields, std::string_view name) {
  for (const ValkField& f : fields)
    if (f.name == name) return true;
  return false;
}

std::vector<ValkField> sent_fields;  // kept for its space: there is one thread
char length_digits[24];

/// Adds a request's own fields in the order in which the program added them.
void add_headers(Value list) {
  size_t first = sent_fields.size();
  for (; valk_is_pair(list); list = valk_tail(list)) {
    Value field = valk_head(list);
    sent_fields.push_back({text(valk_head(field)), text(valk_head(valk_tail(field)))});
  }
  std::reverse(sent_fields.begin() + static_cast<ptrdiff_t>(first), sent_fields.end());
}

template <class Fields>
Value make_list(Vm* vm, Value* sp, const Fields& fields) {
  sp[0] = VALK_NIL;
  for (size_t i = fields.size(); i-- > 0;)
    if (!push_field(vm, sp, fields.name(i), fields.value(i))) return VALK_ERR;
  return sp[0];
}

}  // namespace

bool valk_is_request(Value v) { return valk_handle_is(v, &request_kind); }
bool valk_is_response(Value v) { return valk_handle_is(v, &response_kind); }

bool valk_request_fits(Vm* vm, Value* sp, Value request) {
  if (bytes_of_fields(valk_object(request)) <= valk_limit_request_headers) return true;
  valk_fail(vm, sp, ":limit", "the request's header fields have more than %d bytes",
            static_cast<int>(valk_limit_request_headers));
  return false;
}

Value valk_request_copy(Vm* vm, Value* sp, Value request, Value client) {
  if (!valk_request_fits(vm, sp, request)) return VALK_ERR;
  sp[0] = request;
  sp[1] = client;
  Value copy = make_message(vm, sp + 2, &request_kind, VALK_REQUEST_WORDS);
  if (copy == VALK_ERR) return VALK_ERR;
  for (int i = VALK_REQUEST_METHOD; i < VALK_REQUEST_CLIENT; i++)
    valk_object(copy)[i] = valk_object(sp[0])[i];
  valk_object(copy)[VALK_REQUEST_CLIENT] = sp[1];
  return copy;
}

std::span<const ValkField> valk_request_fields(Value request) {
  const Value* r = valk_object(request);
  sent_fields.clear();
  sent_fields.push_back({":method", text(r[VALK_REQUEST_METHOD]), true});
  sent_fields.push_back({":scheme", text(r[VALK_REQUEST_SCHEME]), true});
  sent_fields.push_back({":authority", text(r[VALK_REQUEST_AUTHORITY]), true});
  sent_fields.push_back({":path", text(r[VALK_REQUEST_PATH]), true});
  add_headers(r[VALK_REQUEST_HEADERS]);
  if (!valk_is_kind(r[VALK_REQUEST_BODY], VALK_KIND_STRING) ||
      has_field(sent_fields, "content-length"))
    return sent_fields;
  size_t length = valk_string_length(r[VALK_REQUEST_BODY]);
  const char* end = std::to_chars(length_digits, std::end(length_digits), length).ptr;
  sent_fields.push_back({"content-length", {length_digits, end}, true});
  return sent_fields;
}

Value valk_fields_list(Vm* vm, Value* sp, const ValkFields& fields) {
  return make_list(vm, sp, fields);
}

Value valk_fields_list(Vm* vm, Value* sp, const ValkHeldFields& fields) {
  return make_list(vm, sp, fields);
}

Value valk_response_make(Vm* vm, Value* sp, ValkExchange* x, bool whole, Value stream) {
  sp[0] = stream;
  sp[1] = valk_packed_make(vm, sp + 1, x->headers);
  if (sp[1] == VALK_ERR) return VALK_ERR;
  sp[2] = valk_fields_list(vm, sp + 2, x->trailers);
  if (sp[2] == VALK_ERR) return VALK_ERR;
  sp[3] = VALK_NIL;
  if (whole) {
    sp[3] = valk_make_string(vm, sp + 3, x->body.data(), x->body.size());
    if (sp[3] == VALK_ERR) return VALK_ERR;
  }
  Value response = make_message(vm, sp + 4, &response_kind, VALK_RESPONSE_WORDS);
  if (response == VALK_ERR) return VALK_ERR;
  Value* r = valk_object(response);
  r[VALK_RESPONSE_STATUS] = VALK_FIX(x->status);
  r[VALK_RESPONSE_FIELDS] = sp[1];
  r[VALK_RESPONSE_HEADERS] = VALK_UNSET;
  r[VALK_RESPONSE_BODY] = sp[3];
  r[VALK_RESPONSE_TRAILERS] = sp[2];
  r[VALK_RESPONSE_STREAM] = sp[0];
  return response;
}

Value valk_http2_request(Vm* vm, Value* sp, Value method, Value scheme, Value authority,
                         Value path) {
  sp[0] = method;
  sp[1] = scheme;
  sp[2] = authority;
  sp[3] = path;
  if (!check_parts(vm, sp + 4, sp)) return VALK_ERR;
  Value request = make_message(vm, sp + 4, &request_kind, VALK_REQUEST_WORDS);
  if (request == VALK_ERR) return VALK_ERR;
  for (int i = 0; i < 4; i++) valk_object(request)[VALK_REQUEST_METHOD + i] = sp[i];
  return request;
}

Value valk_http2_request_add_header(Vm* vm, Value* sp, Value request, Value name, Value value) {
  const char* self = "http2/request-add-header";
  sp[0] = request;
  if (!check_request(vm, sp + 1, self, request)) return VALK_ERR;
  if (!valk_argument_string(vm, sp + 1, self, 2, name)) return VALK_ERR;
  if (!valk_argument_string(vm, sp + 1, self, 3, value)) return VALK_ERR;
  std::string lowered = valk_field_lower(text(name));
  std::string copied(text(value));
  if (!valk_field_is_token(lowered))
    return valk_fail_range(vm, sp + 1, self, 2, "a header name", name);
  if (valk_field_is_forbidden(lowered))
    return valk_fail(vm, sp + 1, ":range", "%s: HTTP/2 does not allow the header \"%s\"", self,
                     lowered.c_str());
  if (!valk_field_is_value(copied))
    return valk_fail_range(vm, sp + 1, self, 3, "without line ends and NUL", value);
  sp[1] = valk_object(request)[VALK_REQUEST_HEADERS];
  if (!push_field(vm, sp + 1, lowered, copied)) return VALK_ERR;
  valk_store(vm, sp[0], VALK_REQUEST_HEADERS, sp[1]);
  return sp[0];
}

Value valk_http2_request_body(Vm* vm, Value* sp, Value request, Value body) {
  const char* self = "http2/request-body";
  if (!check_request(vm, sp, self, request)) return VALK_ERR;
  if (!valk_is_kind(body, VALK_KIND_STRING) && !valk_is_callable(body))
    return valk_fail_type(vm, sp, self, 2,
                          "a string, a function of a writer, a channel or what has a body", body);
  valk_store(vm, request, VALK_REQUEST_BODY, body);
  return request;
}

Value valk_http2_response_status(Vm* vm, Value* sp, Value response) {
  if (!check_response(vm, sp, "http2/response-status", response)) return VALK_ERR;
  return valk_object(response)[VALK_RESPONSE_STATUS];
}

Value valk_http2_response_headers(Vm* vm, Value* sp, Value response) {
  if (!check_response(vm, sp, "http2/response-headers", response)) return VALK_ERR;
  Value known = valk_object(response)[VALK_RESPONSE_HEADERS];
  if (known != VALK_UNSET) return known;
  sp[0] = response;
  Value list = valk_packed_list(vm, sp + 1, valk_object(response)[VALK_RESPONSE_FIELDS]);
  if (list != VALK_ERR) valk_store(vm, sp[0], VALK_RESPONSE_HEADERS, list);
  return list;
}

Value valk_http2_response_body(Vm* vm, Value* sp, Value response) {
  if (!check_response(vm, sp, "http2/response-body", response)) return VALK_ERR;
  return valk_object(response)[VALK_RESPONSE_BODY];
}

Value valk_http2_response_trailers(Vm* vm, Value* sp, Value response) {
  if (!check_response(vm, sp, "http2/response-trailers", response)) return VALK_ERR;
  return valk_object(response)[VALK_RESPONSE_TRAILERS];
}

Value valk_http2_response_header(Vm* vm, Value* sp, Value response, Value name) {
  const char* self = "http2/response-header";
  if (!check_response(vm, sp, self, response)) return VALK_ERR;
  if (!valk_argument_string(vm, sp, self, 2, name)) return VALK_ERR;
  std::string wanted = valk_field_lower(text(name)), joined;
  bool found = false;
  Value packed = valk_object(response)[VALK_RESPONSE_FIELDS];
  for (ValkPackedWalk w{text(packed)}; w.next();) {
    if (w.name != wanted) continue;
    if (found) joined += ", ";
    joined += w.value;
    found = true;
  }
  return found ? valk_make_string(vm, sp, joined.data(), joined.size()) : VALK_NIL;
}
