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

std::unique_ptr<ValkSend> renew(Vm* vm, ValkSend* old) {
  std::unique_ptr<ValkSend> fresh = valk_send_make(old->is_stream);
  fresh->exchange.request = std::move(old->exchange.request);
  fresh->exchange.has_upload = old->exchange.has_upload;
  fresh->timeout = old->timeout;
  fresh->deadline = old->deadline;
  fresh->retries = old->retries + 1;
  fresh->whole.swap(old->whole);
  if (fresh->whole)
    valk_body_add(vm, &fresh->exchange.upload, &fresh->loan, valk_root_get(vm, *fresh->whole));
  return fresh;
}

}  // namespace

bool valk_client_is_usable(const ValkClient* c) {
  return c->state == ValkClientState::kOpen && !c->going_away;
}

bool valk_send_can_retry(const ValkSend* send) {
  bool is_whole =
      send->exchange.upload_ended && !send->upload;  // no function has begun to write it
  return is_whole && send->retries < valk_limit_retries && is_untouched(send) &&
         !was_given_up(send);
}

void valk_send_retry(Vm* vm, ValkSend* send) {
  ValkClient* c = send->client;
  std::unique_ptr<ValkSend> fresh = renew(vm, send);
  ValkOpId op = send->op;
  Value handle = send->has_root ? valk_root_get(vm, send->client_root) : VALK_NIL;
  send->has_op = false;
  valk_loop_release();
  valk_timer_stop(&send->quiet);
  valk_timer_stop(&send->total);
  valk_event_post(&send->event);  // which ends it
  if (valk_client_is_usable(c)) return valk_send_launch(vm, c, std::move(fresh), op, handle);
  valk_pool_launch(vm, {c->host, c->port, c->options, c->pool_key}, std::move(fresh), op, handle);
}
