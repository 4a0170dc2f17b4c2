// Requests that are sent again. A peer that refuses a stream, or leaves by GOAWAY before it, says that it has not
// acted on the request; neither has one that the request never reached. All else may have had its effect, and
// whether it may be repeated only the program knows.
#include "runtime/http2/client.h"
#include "runtime/http2/pool.h"
#include "runtime/io/limits.h"
#include "runtime/value/value.h"

namespace {

constexpr uint32_t kRefusedStream = 7;

/// The peer has not acted on it.
bool is_untouched(const ValkSend* send) {
  const ValkExchange& x = send->exchange;
  if (x.has_headers || x.resetting || x.reset_here || x.over_limit) return false;
  if (!x.sent) return x.closed || send->is_lost;
  return x.closed && x.error == kRefusedStream;
}

/// This side gave up on it, or the program on its connection: there is nothing to try again.
bool was_given_up(const ValkSend* send) { return send->failure.kind || send->client->abandoned; }

ValkOwnedSend renew(Vm* vm, ValkSend* old) {
  ValkOwnedSend fresh = old->target
                            ? valk_send_make_plain(old->target, old->method)
                            : valk_send_make(vm, valk_root_get(vm, *old->request), old->is_stream);
  fresh->timeout = old->timeout;
  fresh->deadline = old->deadline;
  fresh->retries = old->retries + 1;
  return fresh;
}

}  // namespace

bool valk_client_is_usable(const ValkClient* c) {
  return c->state == ValkClientState::kOpen && !c->going_away;
}

bool valk_send_can_retry(const ValkSend* send) {
  bool has_begun = send->upload.has_value();  // a function to write it, which runs once
  return !has_begun && send->retries < valk_limit_retries && is_untouched(send) &&
         !was_given_up(send);
}

void valk_send_retry(Vm* vm, ValkSend* send) {
  ValkClient* c = send->client;
  ValkOwnedSend fresh = renew(vm, send);
  ValkOpId op = send->op;
  send->has_op = false;
  valk_loop_release();
  valk_timer_stop(&send->total);
  valk_event_post(&send->event);  // which ends it
  if (valk_client_is_usable(c)) return valk_send_launch(vm, c, std::move(fresh), op);
  valk_pool_launch(vm, {c->host, c->port, c->options, c->pool_key}, std::move(fresh), op);
}
