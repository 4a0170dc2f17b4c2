// The connection of a client: its state machine.
#include <stddef.h>
#include <stdio.h>

#include <memory>

#include "runtime/http2/client.h"
#include "runtime/http2/pool.h"
#include "runtime/http2/wire.h"
#include "runtime/io/limits.h"

namespace {

using State = ValkClientState;

constexpr size_t kChunk = 16 * 1024;  // one TLS record
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;

/// Space for plain bytes that come out of TLS. There is one thread, and it is not entered again while it
/// works.
char incoming[kChunk];

ValkClient* from(void* owner) { return static_cast<ValkClient*>(owner); }

ValkFailure failure(const char* kind, const char* code, std::string message) {
  return {kind, code ? code : "", std::move(message)};
}

std::string place(const ValkClient* c) { return c->host + ":" + std::to_string(c->port); }

bool is_connecting(const ValkClient* c) { return c->state < State::kOpen; }

// ---- ending -------------------------------------------------------------------------------------

void lose_sends(ValkClient* c) {
  for (ValkSend* send = c->sends; send; send = send->next) valk_send_lost(send);
}

void drop_socket(ValkClient* c) {
  c->state = State::kClosed;
  valk_timer_stop(&c->timer);
  valk_timer_stop(&c->watch);
  if (c->lookup) valk_dns_cancel(c->lookup);
  c->lookup = nullptr;
  if (c->race) valk_tcp_race_cancel(c->race);
  c->race = nullptr;
  if (c->tcp) valk_tcp_close(c->tcp);
  lose_sends(c);
  valk_event_post(&c->event);
}

void end_sending(ValkClient* c) {
  c->shut = true;
  if (c->tls) valk_tls_shutdown(c->tls);
  valk_client_flush(c);
  valk_tcp_shutdown(c->tcp);
}

/// In `closing`: goes on once all that was queued has left.
void continue_closing(ValkClient* c) {
  valk_client_flush(c);
  if (valk_tcp_queued(c->tcp) == 0) end_sending(c);
}

// ---- inwards ------------------------------------------------------------------------------------

void on_changed(void*, ValkExchange* exchange) {
  valk_send_changed(reinterpret_cast<ValkSend*>(reinterpret_cast<char*>(exchange) -
                                                offsetof(ValkSend, exchange)));
}

void on_ready(void* owner) {
  ValkClient* c = from(owner);
  if (c->state != State::kSettling) return;
  c->state = State::kOpen;
  valk_timer_stop(&c->timer);
  valk_event_post(&c->event);
}

void on_going_away(void* owner, uint32_t error) {
  ValkClient* c = from(owner);
  c->going_away = true;
  c->goaway_error = error;
  valk_event_post(&c->event);
}

constexpr ValkHttp2Owner kSessionCalls = {on_changed, on_ready, on_going_away};

bool start_session(ValkClient* c) {
  c->session = valk_http2_session_client(&kSessionCalls, c);
  c->state = State::kSettling;
  if (c->session) return true;
  valk_client_fail(c, failure(":memory", nullptr, "no memory for an HTTP/2 session"));
  return false;
}

void fail_protocol(ValkClient* c) {
  const char* code = valk_http2_error_name(valk_http2_farewell(c->session));
  const char* what =
      c->state == State::kSettling ? " does not speak HTTP/2" : " broke the protocol";
  valk_client_fail(c, failure(":http2", code, place(c) + what + " (" + code + ")"));
}

/// If the session has nothing more to do: the peer took its leave, or broke the protocol. To be asked
/// after a flush, since the session is not over before its own goodbye has left.
void check_session(ValkClient* c) {
  if (!valk_http2_is_over(c->session) || c->state >= State::kClosing) return;
  if (c->going_away && valk_http2_farewell(c->session) == 0)
    valk_client_fail(c, valk_client_goaway(c));
  else
    fail_protocol(c);
}

void check_tls(ValkClient* c) {
  ValkTlsState state = valk_tls_state(c->tls);
  if (state == ValkTlsState::kFailed) {
    valk_wire_flush_tls(c->tcp, c->tls);  // the alert
    valk_client_fail(c, failure(":tls", nullptr, place(c) + ": " + valk_tls_error(c->tls)));
  } else if (state == ValkTlsState::kEnded) {
    valk_client_fail(c, failure(":http2", "CONNECTION_LOST", place(c) + " closed the connection"));
  }
}

/// What must be sent before the session is looked at: it is not over before its own goodbye has left.
void flush_and_check(ValkClient* c) {
  valk_client_flush(c);
  if (c->session) check_session(c);
  if (c->tls && c->state < State::kClosing) check_tls(c);
}

void feed_tls(ValkClient* c, const char* bytes, size_t length) {
  valk_tls_feed(c->tls, bytes, length);
  if (!c->session && valk_tls_state(c->tls) == ValkTlsState::kOpen && !start_session(c)) return;
  while (size_t count = valk_tls_read(c->tls, incoming, kChunk))
    valk_http2_feed(c->session, incoming, count);
}

void on_received(void* owner, const char* bytes, size_t length) {
  ValkClient* c = from(owner);
  if (c->state >= State::kClosing) return;
  valk_clock();  // for valk_clock_lately
  if (c->tls)
    feed_tls(c, bytes, length);
  else
    valk_http2_feed(c->session, bytes, length);
  flush_and_check(c);
}

void on_ended(void* owner) {
  ValkClient* c = from(owner);
  if (c->tls) valk_tls_feed_end(c->tls);
  if (c->tls && c->state < State::kClosing) check_tls(c);
  valk_client_fail(c, failure(":http2", "CONNECTION_LOST", place(c) + " closed the connection"));
}

void on_tcp_failed(void* owner, const char* code, const char* message) {
  ValkClient* c = from(owner);
  valk_client_fail(c, failure(":io", code, place(c) + ": " + message));
}

void on_drained(void* owner) {
  ValkClient* c = from(owner);
  if (c->state != State::kClosing) return valk_client_flush(c);
  if (c->shut) return drop_socket(c);
  continue_closing(c);
}

void on_tcp_closed(void* owner) {
  ValkClient* c = from(owner);
  c->tcp = nullptr;
  valk_event_post(&c->event);
}

// ---- connecting ---------------------------------------------------------------------------------

ValkTls* make_tls(ValkClient* c, char* error, size_t size) {
  const ValkClientOptions& o = c->options;
  const std::string& name = o.server_name.empty() ? c->host : o.server_name;
  const std::string key = valk_pool_key(c->host, c->port, o);
  ValkTlsOptions options{name.c_str(),       o.ca_file.c_str(),   o.cert_file.c_str(),
                         o.key_file.c_str(), o.skip_verification, key.c_str()};
  return valk_tls_client(&options, error, size);
}

void begin(ValkClient* c) {
  valk_tcp_read_start(c->tcp);
  if (!c->options.tls) {
    if (start_session(c)) valk_client_flush(c);
    return;
  }
  char error[512];
  c->tls = make_tls(c, error, sizeof error);
  if (!c->tls) return valk_client_fail(c, failure(":tls", nullptr, place(c) + ": " + error));
  c->state = State::kHandshaking;
  valk_client_flush(c);
}

constexpr ValkTcpOwner kTcpCalls = {nullptr,       on_received, on_ended,
                                    on_tcp_failed, on_drained,  on_tcp_closed};

void on_connected(void* owner, ValkTcp* tcp) {
  ValkClient* c = from(owner);
  c->race = nullptr;
  c->tcp = tcp;
  valk_tcp_adopt(tcp, &kTcpCalls, c);
  begin(c);
}

void on_not_connected(void* owner, const char* code, const char* message) {
  from(owner)->race = nullptr;
  on_tcp_failed(owner, code, message);
}

constexpr ValkTcpRaceOwner kRaceCalls = {on_connected, on_not_connected};

void on_resolved(void* owner, const ValkDnsResult* result) {
  ValkClient* c = from(owner);
  c->lookup = nullptr;
  if (result->code) {
    std::string message = "the name " + c->host + " cannot be resolved: " + result->message;
    return valk_client_fail(c, failure(":dns", result->code, message));
  }
  c->state = State::kConnecting;
  c->race = valk_tcp_race(result->addresses, result->count, &kRaceCalls, c);
}

const char* const kPhases[] = {"the name lookup", "the TCP connect", "the TLS handshake",
                               "the wait for SETTINGS"};

/// The timer of idleness runs on while requests come and go: that is cheaper than to stop it for each.
void end_idleness(ValkClient* c) {
  if (c->sends) return;
  uint64_t limit = c->options.idle_timeout, silence = valk_clock() - c->idle_since;
  if (silence < limit) return valk_timer_start(&c->timer, limit - silence);
  valk_client_close(
      c, failure(":closed", nullptr,
                 "the connection to " + place(c) + " was idle for too long and is closed"));
}

void on_timer(Vm*, ValkTimer* timer) {
  ValkClient* c =
      reinterpret_cast<ValkClient*>(reinterpret_cast<char*>(timer) - offsetof(ValkClient, timer));
  if (is_connecting(c)) {
    std::string ms = std::to_string(c->options.connect_timeout / kNanosecondsPerMillisecond);
    std::string phase = kPhases[static_cast<int>(c->state)];
    return valk_client_fail(
        c, failure(":timeout", nullptr,
                   "connecting to " + place(c) + " took longer than " + ms + " ms, in " + phase));
  }
  if (c->state == State::kOpen) return end_idleness(c);
  drop_socket(c);
}

void be_idle(ValkClient* c) {
  c->idle_since = valk_clock();
  if (!c->timer.place) valk_timer_start(&c->timer, c->options.idle_timeout);
}

void close_at_exit(Vm* vm, ValkResource* resource, bool force) {
  ValkClient* c = reinterpret_cast<ValkClient*>(reinterpret_cast<char*>(resource) -
                                                offsetof(ValkClient, resource));
  valk_client_detach(vm, c);
  if (force)
    drop_socket(c);
  else
    valk_client_close(c, failure(":closed", nullptr, "the program ends"));
  valk_event_post(&c->event);
}

}  // namespace

ValkClient* valk_client_new(const char* host, uint16_t port, const ValkClientOptions& options) {
  ValkClient* c = std::make_unique<ValkClient>().release();
  c->host = host;
  c->port = port;
  c->options = options;
  c->timer.fire = on_timer;
  c->watch.fire = valk_send_watch;
  c->flush_event.deliver = [](Vm*, ValkEvent* event) {
    valk_client_flush(reinterpret_cast<ValkClient*>(reinterpret_cast<char*>(event) -
                                                    offsetof(ValkClient, flush_event)));
  };
  c->resource.close_at_exit = close_at_exit;
  valk_resource_add(&c->resource);
  return c;
}

void valk_client_connect(ValkClient* c) {
  if (c->options.connect_timeout) valk_timer_start(&c->timer, c->options.connect_timeout);
  c->lookup = valk_dns_start(c->host.c_str(), c->port, on_resolved, c);
}

void valk_client_fail(ValkClient* c, ValkFailure why) {
  if (c->state == State::kClosed) return;
  if (!c->failure.kind) c->failure = std::move(why);
  drop_socket(c);
}

void valk_client_close(ValkClient* c, ValkFailure why) {
  if (c->state >= State::kClosing) return;
  if (c->state != State::kOpen) return valk_client_fail(c, std::move(why));
  c->failure = std::move(why);
  c->state = State::kClosing;
  lose_sends(c);
  valk_http2_goodbye(c->session);
  valk_timer_start(&c->timer, valk_limit_close_linger * kNanosecondsPerMillisecond);
  continue_closing(c);
}

void valk_client_flush(ValkClient* c) {
  if (c->flushing || !c->tcp || c->state == State::kClosed) return;
  c->flushing = true;
  valk_clock();  // for valk_clock_lately: when requests leave
  bool fine = valk_wire_flush(c->tcp, c->tls, c->session);
  c->flushing = false;
  if (!fine) valk_client_fail(c, failure(":memory", nullptr, "no memory for HTTP/2 frames"));
}

ValkFailure valk_client_goaway(const ValkClient* c) {
  const char* code = valk_http2_error_name(c->goaway_error);
  const char* kind = c->goaway_error == 0 ? ":closed" : ":http2";
  return failure(kind, code, place(c) + " accepts no more requests (GOAWAY, " + code + ")");
}

void valk_client_flush_soon(ValkClient* c) { valk_event_post_before_poll(&c->flush_event); }

void valk_client_rest(ValkClient* c) {
  if (c->state != State::kOpen || c->send_count != 0) return;
  if (c->going_away)
    valk_client_close(c, valk_client_goaway(c));
  else if (c->options.idle_timeout)
    be_idle(c);
}

void valk_client_release(ValkClient* c) {
  if (c->state != State::kClosed || c->tcp || c->sends) return;
  if (c->has_handle || c->has_connect_op || c->unpool) return;
  valk_event_withdraw(&c->event);
  valk_event_withdraw(&c->flush_event);
  valk_timer_stop(&c->timer);
  valk_timer_stop(&c->watch);
  valk_resource_remove(&c->resource);
  valk_http2_session_free(c->session);
  valk_tls_free(c->tls);
  std::unique_ptr<ValkClient> owned(c);
}
