// http2/fetch: a request without a client, over the pool's connections. lib/http2.valk has made a function of a
// :body that is neither.
#include <stddef.h>

#include <memory>

#include "runtime/http2/client.h"
#include "runtime/http2/message.h"
#include "runtime/http2/pool.h"
#include "runtime/http2/target.h"
#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/io/options.h"
#include "runtime/value/value.h"

Value valk_http2_request(Vm* vm, Value* sp, Value method, Value scheme, Value authority,
                         Value path);
Value valk_http2_request_add_header(Vm* vm, Value* sp, Value request, Value name, Value value);
Value valk_http2_request_body(Vm* vm, Value* sp, Value request, Value body);

namespace {

constexpr std::string_view kGet = "GET";
constexpr size_t kLongestUrl = 65536;
static_assert(kLongestUrl < valk_limit_request_headers);  // so that a URL alone always fits

/// What a program can say of a fetch. The values are used before anything is allocated. There is one, kept for the
/// space of its strings: there is one thread, and reading the options runs no Lisp.
struct Options {
  std::string method;  ///< empty: GET
  Value headers;
  Value body;
  uint64_t timeout;
  ValkClientOptions client;

  void clear() {
    headers = body = VALK_NIL;
    timeout = 0;
    valk_client_set_defaults(&client);
    method.clear();
    client.ca_file.clear();
    client.cert_file.clear();
    client.key_file.clear();
    client.server_name.clear();
    client.skip_verification = false;
  }
};
Options options;

bool read_options(Vm* vm, Value* sp, const char* name, Value list) {
  static const ValkOption table[] = {
      {.key = ":method", .text = &options.method},
      {.key = ":headers", .value = &options.headers},
      {.key = ":body", .value = &options.body},
      {.key = ":timeout-ms", .nanoseconds = &options.timeout},
      {.key = ":ca-file", .text = &options.client.ca_file},
      {.key = ":cert-file", .text = &options.client.cert_file},
      {.key = ":key-file", .text = &options.client.key_file},
      {.key = ":server-name", .text = &options.client.server_name},
      {.key = ":insecure-skip-verify", .flag = &options.client.skip_verification},
  };
  options.clear();
  return valk_read_options(vm, sp, name, list, table, sizeof table / sizeof *table);
}

/// A request object of a URL and a method, VALK_ERR with an error raised if that fails.
Value make_request(Vm* vm, Value* sp, const ValkUrl& url, std::string_view method) {
  const std::string_view parts[] = {method, url.is_secure ? "https" : "http", url.authority,
                                    url.path};
  for (int i = 0; i < 4; i++) {
    sp[i] = valk_make_string(vm, sp + i, parts[i].data(), parts[i].size());
    if (sp[i] == VALK_ERR) return VALK_ERR;
  }
  return valk_http2_request(vm, sp + 4, sp[0], sp[1], sp[2], sp[3]);
}

bool is_field(Value v) {
  return valk_is_pair(v) && valk_is_pair(valk_tail(v)) && valk_tail(valk_tail(v)) == VALK_NIL;
}

/// Adds the headers in the list at sp[1] and the body at sp[2] to the request at sp[0].
bool fill_request(Vm* vm, Value* sp, const char* name) {
  while (valk_is_pair(sp[1])) {
    Value field = valk_unblock(valk_head(sp[1]));
    if (!is_field(field)) break;
    Value key = valk_head(field), value = valk_head(valk_tail(field));
    if (valk_http2_request_add_header(vm, sp + 3, sp[0], key, value) == VALK_ERR) return false;
    sp[1] = valk_tail(sp[1]);
  }
  if (sp[1] != VALK_NIL) {
    std::string which = std::string(name) + ": option :headers";
    valk_fail_type(vm, sp + 3, which.c_str(), 0, "a list of {name value}", sp[1]);
    return false;
  }
  return sp[2] == VALK_NIL || valk_http2_request_body(vm, sp + 3, sp[0], sp[2]) != VALK_ERR;
}

/// A send of a request that is a Lisp value: with headers, a body or a method of its own. Null with an error raised.
ValkOwnedSend make_send(Vm* vm, Value* sp, const char* name, const ValkUrl& url) {
  sp[0] = VALK_NIL;
  sp[1] = valk_unblock(options.headers);
  sp[2] = options.body;
  sp[0] = make_request(vm, sp + 3, url, options.method.empty() ? kGet : options.method);
  if (sp[0] == VALK_ERR || !fill_request(vm, sp, name)) return nullptr;
  if (!valk_request_fits(vm, sp + 1, sp[0])) return nullptr;
  return valk_send_make(vm, sp[0], false);
}

/// Reads all arguments into a send; null with an error raised.
ValkOwnedSend read_arguments(Vm* vm, Value* sp, Fix n, const char* name, ValkTargetUse* target) {
  Value* top = sp + n;
  if (!valk_argument_name(vm, top, name, 1, sp[0], kLongestUrl)) return nullptr;
  const char* wrong;
  *target = valk_target({valk_string_bytes(sp[0]), valk_string_length(sp[0])}, &wrong);
  if (!*target) {
    valk_fail(vm, top, ":range", "%s: argument 1 must be a URL: %s", name, wrong);
    return nullptr;
  }
  if (!read_options(vm, top, name, n > 1 ? sp[1] : VALK_NIL)) return nullptr;
  if (options.headers != VALK_NIL || options.body != VALK_NIL)
    return make_send(vm, top, name, target->url());
  std::string_view method = options.method.empty() ? kGet : valk_method_text(options.method);
  return method.empty() ? make_send(vm, top, name, target->url())
                        : valk_send_make_plain(*target, method);
}

}  // namespace

void valk_http2_fetch(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  ValkTargetUse target;
  ValkOwnedSend send = read_arguments(vm, sp, n, valk_op_name(vm, op), &target);
  if (!send) return valk_op_fail_raised(vm, sp + n, op);
  const ValkUrl& url = target.url();
  options.client.tls = url.is_secure;
  valk_send_allow(send.get(), options.timeout);
  static const std::string shared;
  valk_pool_launch(vm, {url.host, url.port, options.client, shared}, std::move(send), op);
}
