// http2/fetch: a request without a client, over the pool's connections. lib/http2.valk has made a function of a
// :body that is neither.
#include <stddef.h>

#include <memory>

#include "runtime/http2/client.h"
#include "runtime/http2/message.h"
#include "runtime/http2/pool.h"
#include "runtime/http2/url.h"
#include "runtime/io/arguments.h"
#include "runtime/io/options.h"
#include "runtime/value/value.h"

Value valk_http2_request(Vm* vm, Value* sp, Value method, Value scheme, Value authority,
                         Value path);
Value valk_http2_request_add_header(Vm* vm, Value* sp, Value request, Value name, Value value);
Value valk_http2_request_body(Vm* vm, Value* sp, Value request, Value body);

namespace {

constexpr char kName[] = "http2/fetch";

/// What a program can say of a fetch. The values are used before anything is allocated.
struct Options {
  std::string method = "GET";
  Value headers = VALK_NIL;
  Value body = VALK_NIL;
  uint64_t timeout = 0;
  ValkClientOptions client;
};

bool read_options(Vm* vm, Value* sp, Value list, Options* o) {
  valk_client_set_defaults(&o->client);
  const ValkOption table[] = {
      {.key = ":method", .text = &o->method},
      {.key = ":headers", .value = &o->headers},
      {.key = ":body", .value = &o->body},
      {.key = ":timeout-ms", .nanoseconds = &o->timeout},
      {.key = ":ca-file", .text = &o->client.ca_file},
      {.key = ":cert-file", .text = &o->client.cert_file},
      {.key = ":key-file", .text = &o->client.key_file},
      {.key = ":server-name", .text = &o->client.server_name},
      {.key = ":insecure-skip-verify", .flag = &o->client.skip_verification},
  };
  return valk_read_options(vm, sp, kName, list, table, sizeof table / sizeof *table);
}

Value make_text(Vm* vm, Value* sp, const std::string& text) {
  return valk_make_string(vm, sp, text.data(), text.size());
}

/// A request object of the URL and method at sp[0], VALK_ERR with an error raised if that fails.
Value make_request(Vm* vm, Value* sp, const ValkUrl& url, const std::string& method) {
  const std::string* parts[] = {&method, nullptr, &url.authority, &url.path};
  const std::string scheme = url.is_secure ? "https" : "http";
  parts[1] = &scheme;
  for (int i = 0; i < 4; i++) {
    sp[i] = make_text(vm, sp + i, *parts[i]);
    if (sp[i] == VALK_ERR) return VALK_ERR;
  }
  return valk_http2_request(vm, sp + 4, sp[0], sp[1], sp[2], sp[3]);
}

bool is_field(Value v) {
  return valk_is_pair(v) && valk_is_pair(valk_tail(v)) && valk_tail(valk_tail(v)) == VALK_NIL;
}

/// Adds the headers in the list at sp[1] and the body at sp[2] to the request at sp[0].
bool fill_request(Vm* vm, Value* sp) {
  while (valk_is_pair(sp[1])) {
    Value field = valk_unblock(valk_head(sp[1]));
    if (!is_field(field)) break;
    Value name = valk_head(field), value = valk_head(valk_tail(field));
    if (valk_http2_request_add_header(vm, sp + 3, sp[0], name, value) == VALK_ERR) return false;
    sp[1] = valk_tail(sp[1]);
  }
  if (sp[1] != VALK_NIL) {
    valk_fail(vm, sp + 3, ":type", "%s: :headers must be a list of {name value}", kName);
    return false;
  }
  return sp[2] == VALK_NIL || valk_http2_request_body(vm, sp + 3, sp[0], sp[2]) != VALK_ERR;
}

/// Reads all arguments into a send; null with an error raised.
ValkOwnedSend read_arguments(Vm* vm, Value* sp, Fix n, ValkUrl* url, Options* o) {
  Value* top = sp + n;
  if (!valk_argument_name(vm, top, kName, 1, sp[0], 65536)) return nullptr;
  const char* wrong = valk_url_read({valk_string_bytes(sp[0]), valk_string_length(sp[0])}, url);
  if (wrong) {
    valk_fail(vm, top, ":range", "%s: argument 1 is no URL: %s", kName, wrong);
    return nullptr;
  }
  if (!read_options(vm, top, n > 1 ? sp[1] : VALK_NIL, o)) return nullptr;
  top[0] = VALK_NIL;
  top[1] = valk_unblock(o->headers);
  top[2] = o->body;
  top[0] = make_request(vm, top + 3, *url, o->method);
  if (top[0] == VALK_ERR || !fill_request(vm, top)) return nullptr;
  if (!valk_request_fits(vm, top + 1, top[0])) return nullptr;
  return valk_send_make(vm, top[0], false);
}

}  // namespace

void valk_http2_fetch(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  ValkUrl url;
  Options options;
  ValkOwnedSend send = read_arguments(vm, sp, n, &url, &options);
  if (!send) return valk_op_fail_raised(vm, sp + n, op);
  options.client.tls = url.is_secure;
  valk_send_allow(send.get(), options.timeout);
  static const std::string shared;
  valk_pool_launch(vm, {url.host, url.port, options.client, shared}, std::move(send), op);
}
