// http2/fetch: a request without a client. Connections are pooled: one for each origin and set of TLS
// options, shared by all requests that fit, closed by its idle timeout. The pool holds no handle, so a
// connection in it neither keeps the program alive nor needs closing.
#include <stddef.h>

#include <memory>

#include "runtime/http2/client.h"
#include "runtime/http2/message.h"
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

struct Pooled;
struct Waiting;

/// A timer that finds what it is for.
struct Alarm {
  ValkTimer timer;  // first: a timer is its alarm
  Waiting* waiting;
};

/// A fetch whose connection is not open yet.
struct Waiting {
  ValkOpId op;
  std::unique_ptr<ValkSend> send;
  Alarm alarm{};
  uint64_t deadline = 0;  ///< of the monotonic clock; 0: none
  Pooled* pooled = nullptr;
};

struct Pooled {
  std::string key;
  ValkClient* client;
  std::vector<std::unique_ptr<Waiting>> waiting;
};

std::vector<std::unique_ptr<Pooled>> pool;

// ---- the pool -----------------------------------------------------------------------------------

Pooled* find_pooled(const ValkClient* client) {
  for (auto& p : pool)
    if (p->client == client) return p.get();
  return nullptr;
}

bool is_usable(const ValkClient* c) { return c->state <= ValkClientState::kOpen && !c->going_away; }

std::unique_ptr<Waiting> take_waiting(Pooled* p, size_t i) {
  std::unique_ptr<Waiting> w = std::move(p->waiting[i]);
  p->waiting.erase(p->waiting.begin() + static_cast<ptrdiff_t>(i));
  valk_timer_stop(&w->alarm.timer);
  valk_loop_release();
  return w;
}

/// Drops a fetch that never reached a connection.
ValkOpId discard(Vm* vm, std::unique_ptr<Waiting> w) {
  valk_upload_detach(vm, w->send.get());
  return w->op;
}

void unpool(Vm* vm, ValkClient* client) {
  client->unpool = nullptr;
  client->settled = nullptr;
  for (size_t i = 0; i < pool.size(); i++) {
    if (pool[i]->client != client) continue;
    while (!pool[i]->waiting.empty())
      valk_op_set_native(vm, discard(vm, take_waiting(pool[i].get(), 0)), nullptr);
    pool.erase(pool.begin() + static_cast<ptrdiff_t>(i));
    return;
  }
}

void launch(Vm* vm, ValkClient* client, Waiting* w) {
  if (w->deadline) {
    uint64_t now = valk_clock();
    w->send->timeout = w->deadline > now ? w->deadline - now : 1;
  }
  valk_send_launch(vm, client, std::move(w->send), w->op, VALK_NIL);
}

void fail(Vm* vm, Value* sp, ValkOpId op, const ValkFailure& f) {
  valk_op_fail_code(vm, sp, op, f.kind, f.code.empty() ? nullptr : f.code.c_str(), "%s",
                    f.message.c_str());
}

/// The connection is open, or has failed: those who wait for it go on, one a delivery, since the ends
/// of operations may run Lisp.
void on_settled(Vm* vm, ValkClient* client) {
  Pooled* p = find_pooled(client);
  if (!p || p->waiting.empty()) return;
  client->settled = on_settled;
  std::unique_ptr<Waiting> w = take_waiting(p, 0);
  if (client->state == ValkClientState::kOpen && !client->going_away)
    launch(vm, client, w.get());
  else
    fail(vm, vm->sp, discard(vm, std::move(w)),
         client->failure.kind ? client->failure : valk_client_goaway(client));
}

void on_timeout(Vm* vm, ValkTimer* timer) {
  Waiting* late = reinterpret_cast<Alarm*>(timer)->waiting;
  Pooled* p = late->pooled;
  size_t i = 0;
  while (p->waiting[i].get() != late) i++;
  ValkOpId op = discard(vm, take_waiting(p, i));
  fail(vm, vm->sp, op, {":timeout", "", "the exchange took too long, while connecting"});
}

Pooled* pooled_for(const ValkUrl& url, const ValkClientOptions& o) {
  std::string key = url.host + " " + std::to_string(url.port) +
                    (url.is_secure ? " tls " : " plain ") + o.ca_file + "\n" + o.cert_file + "\n" +
                    o.key_file + "\n" + o.server_name + "\n" +
                    (o.skip_verification ? "unverified" : "");
  for (auto& p : pool)
    if (p->key == key && is_usable(p->client)) return p.get();
  ValkClient* client = valk_client_make(url.host, url.port, o);
  client->unpool = unpool;
  client->settled = on_settled;
  pool.push_back(std::make_unique<Pooled>(Pooled{key, client, {}}));
  Pooled* p = pool.back().get();
  valk_client_connect(client);
  return p;
}

// ---- the request --------------------------------------------------------------------------------

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
  if (sp[2] != VALK_NIL && !valk_is_kind(sp[2], VALK_KIND_STRING)) {
    valk_fail_type(vm, sp + 3, "http2/fetch, option :body", 1, "a string", sp[2]);
    return false;
  }
  return sp[2] == VALK_NIL || valk_http2_request_body(vm, sp + 3, sp[0], sp[2]) != VALK_ERR;
}

/// Reads all arguments into a send; null with an error raised.
std::unique_ptr<ValkSend> read_arguments(Vm* vm, Value* sp, Fix n, ValkUrl* url, Options* o) {
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
  std::unique_ptr<ValkSend> send = valk_send_make(false);
  if (!valk_request_export(vm, top + 1, top[0], &send->exchange)) return nullptr;
  valk_upload_note(vm, send.get(), top[0]);
  return send;
}

}  // namespace

void valk_http2_fetch(Vm* vm, Value* sp, Fix n, ValkOpId op) {
  ValkUrl url;
  Options options;
  std::unique_ptr<ValkSend> send = read_arguments(vm, sp, n, &url, &options);
  if (!send) return valk_op_fail_raised(vm, sp + n, op);
  options.client.tls = url.is_secure;
  Pooled* p = pooled_for(url, options.client);
  std::unique_ptr<Waiting> w = std::make_unique<Waiting>();
  w->op = op;
  w->send = std::move(send);
  w->pooled = p;
  if (options.timeout) w->deadline = valk_clock() + options.timeout;
  if (p->client->state == ValkClientState::kOpen && p->waiting.empty())
    return launch(vm, p->client, w.get());
  w->alarm = {{on_timeout, 0, 0, 0}, w.get()};
  if (options.timeout) valk_timer_start(&w->alarm.timer, options.timeout);
  valk_loop_hold();
  valk_op_set_native(vm, op, w.get());
  p->waiting.push_back(std::move(w));
}

void valk_http2_fetch_cancel(Vm* vm, ValkOpId op) {
  for (auto& p : pool)
    for (size_t i = 0; i < p->waiting.size(); i++)
      if (p->waiting[i]->op == op) {
        discard(vm, take_waiting(p.get(), i));
        return;
      }
  valk_http2_send_cancel(vm, op);
}
