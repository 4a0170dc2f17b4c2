// See pool.h.
#include "runtime/http2/pool.h"

#include <deque>
#include <memory>
#include <vector>

#include "runtime/io/arguments.h"
#include "runtime/io/limits.h"
#include "runtime/value/value.h"

namespace {

struct Pooled;
struct Waiting;

/// A timer that finds what it is for.
struct Alarm {
  ValkTimer timer;  // first: a timer is its alarm
  Waiting* waiting;
};

/// A request whose connection is not open yet. Its operation has no native object meanwhile.
struct Waiting {
  ValkOpId op;
  ValkOwnedSend send;
  Alarm alarm{};
  Pooled* pooled = nullptr;
};

struct Pooled {
  std::string key;
  ValkClient* client;
  std::deque<std::unique_ptr<Waiting>> waiting;
};

std::vector<std::unique_ptr<Pooled>> pool;

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

/// Drops a request that never reached a connection.
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

void fail(Vm* vm, ValkOpId op, const ValkFailure& f) {
  valk_op_fail_code(vm, vm->sp, op, f.kind, f.code.empty() ? nullptr : f.code.c_str(), "%s",
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
    return valk_send_launch(vm, client, std::move(w->send), w->op);
  ValkFailure why = client->failure.kind ? client->failure : valk_client_goaway(client);
  fail(vm, discard(vm, std::move(w)), why);
}

void on_timeout(Vm* vm, ValkTimer* timer) {
  Waiting* late = reinterpret_cast<Alarm*>(timer)->waiting;
  Pooled* p = late->pooled;
  size_t i = 0;
  while (p->waiting[i].get() != late) i++;
  ValkOpId op = discard(vm, take_waiting(p, i));
  fail(vm, op, {":timeout", "", "the exchange took too long, while connecting"});
}

bool have_same_peer(const ValkClientOptions& a, const ValkClientOptions& b) {
  return a.tls == b.tls && a.skip_verification == b.skip_verification && a.ca_file == b.ca_file &&
         a.cert_file == b.cert_file && a.key_file == b.key_file && a.server_name == b.server_name;
}

bool fits(const Pooled& p, const ValkOrigin& origin) {
  const ValkClient* c = p.client;
  if (p.key != origin.key || !is_usable(c)) return false;
  return !origin.key.empty() || (c->port == origin.port && c->host == origin.host &&
                                 have_same_peer(c->options, origin.options));
}

Pooled* pooled_for(const ValkOrigin& origin) {
  for (auto& p : pool)
    if (fits(*p, origin)) return p.get();
  ValkClient* client = valk_client_make(origin.host, origin.port, origin.options);
  client->pool_key = origin.key;
  client->unpool = unpool;
  client->settled = on_settled;
  pool.push_back(std::make_unique<Pooled>(Pooled{origin.key, client, {}}));
  Pooled* p = pool.back().get();
  valk_client_connect(client);
  return p;
}

void wait(Vm* vm, Pooled* p, ValkOwnedSend send, ValkOpId op) {
  auto w = std::make_unique<Waiting>();
  w->op = op;
  w->send = std::move(send);
  uint64_t deadline = w->send->deadline, now = valk_clock();
  w->pooled = p;
  w->alarm = {{on_timeout, 0}, w.get()};
  if (deadline) valk_timer_start(&w->alarm.timer, deadline > now ? deadline - now : 1);
  valk_loop_hold();
  valk_op_set_native(vm, w->op, nullptr);
  p->waiting.push_back(std::move(w));
}

}  // namespace

std::string valk_pool_key(const std::string& host, uint16_t port, const ValkClientOptions& o) {
  return host + " " + std::to_string(port) + (o.tls ? " tls " : " plain ") + o.ca_file + "\n" +
         o.cert_file + "\n" + o.key_file + "\n" + o.server_name + "\n" +
         (o.skip_verification ? "unverified" : "");
}

std::string valk_pool_private_key() {
  static uint64_t count;
  return "#" + std::to_string(++count);
}

void valk_pool_launch(Vm* vm, const ValkOrigin& origin, ValkOwnedSend send, ValkOpId op) {
  Pooled* p = pooled_for(origin);
  const ValkClient* c = p->client;
  bool is_open = c->state == ValkClientState::kOpen && p->waiting.empty();
  if (c->send_count + (is_open ? 0 : p->waiting.size()) >= valk_limit_waiting_requests) {
    valk_upload_detach(vm, send.get());
    return fail(vm, op, {":limit", "", "too many requests wait for this connection"});
  }
  if (is_open) return valk_send_launch(vm, p->client, std::move(send), op);
  wait(vm, p, std::move(send), op);
}

bool valk_pool_cancel(Vm* vm, ValkOpId op) {
  for (auto& p : pool)
    for (size_t i = 0; i < p->waiting.size(); i++)
      if (p->waiting[i]->op == op) {
        discard(vm, take_waiting(p.get(), i));
        return true;
      }
  return false;
}

void valk_pool_close(const std::string& key) {
  for (auto& p : pool) {
    if (p->key != key) continue;
    p->client->abandoned = true;
    valk_client_close(p->client, {":closed", "", "the client was closed"});
  }
}
