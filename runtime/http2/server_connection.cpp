// The connection of a server: its state machine and its timers. See server.h.
#include <stddef.h>

#include "runtime/http2/server.h"
#include "runtime/http2/wire.h"
#include "runtime/io/limits.h"

namespace {

using State = ValkServerState;

constexpr size_t kChunk = 16 * 1024;  // one TLS record
constexpr uint64_t kNanosecondsPerMillisecond = 1000000;
constexpr uint64_t kShortestWatch = 5 * kNanosecondsPerMillisecond;
constexpr uint64_t kLongestWatch = 5000 * kNanosecondsPerMillisecond;
constexpr uint32_t kCancel = 8;

/// Space for plain bytes that come out of TLS. There is one thread, and it is not entered again while it
/// works.
char incoming[kChunk];

ValkServerConnection* from(void* owner) { return static_cast<ValkServerConnection*>(owner); }

ValkServerStream* stream_of(ValkServerExchange* x) {
  return reinterpret_cast<ValkServerStream*>(reinterpret_cast<char*>(x) -
                                             offsetof(ValkServerStream, exchange));
}

// ---- ending -------------------------------------------------------------------------------------

void drop_socket(ValkServerConnection* c) {
  if (c->state == State::kClosed) return;
  c->state = State::kClosed;
  valk_timer_stop(&c->timer);
  if (c->tcp) valk_tcp_close(c->tcp);
  for (ValkServerStream* s = c->streams; s; s = s->next) valk_stream_lost(s);
  valk_event_post(&c->event);
}

void flush(ValkServerConnection* c);

void end_sending(ValkServerConnection* c) {
  c->shut = true;
  if (c->tls) valk_tls_shutdown(c->tls);
  flush(c);
  valk_tcp_shutdown(c->tcp);
}

/// How long a closing connection may take. One that broke the rules need only see its GOAWAY; another one
/// may still be reading the last response.
uint64_t patience(const ValkServerConnection* c) {
  bool is_polite = c->session && valk_http2_farewell(c->session) == 0;
  uint64_t linger = valk_limit_server_linger * kNanosecondsPerMillisecond;
  uint64_t reading = c->server->limits.write_progress;
  return is_polite && reading > linger ? reading : linger;
}

/// Sends what is queued, then the end, then waits a while for the peer's: bytes that come when the socket
/// is closed make the system reset the connection, and what the peer has not read yet is lost. Most peers that
/// said goodbye close at once: the end is sent only after the next poll, if theirs has not come with it.
void close_softly(ValkServerConnection* c) {
  if (c->state >= State::kClosing) return;
  c->state = State::kClosing;
  for (ValkServerStream* s = c->streams; s; s = s->next) valk_stream_lost(s);
  c->heard = c->began = valk_clock();
  flush(c);
  if (c->state != State::kClosing) return;
  if (valk_tcp_queued(c->tcp) == 0) return valk_event_post(&c->event);
  valk_timer_start(&c->timer, patience(c));
}

/// True if a refused peer still sends, as it may for a while: the timer goes on.
bool lingers(ValkServerConnection* c) {
  uint64_t now = valk_clock();
  bool is_quiet = now - c->heard >= valk_limit_server_linger * kNanosecondsPerMillisecond;
  bool is_long = now - c->began >= valk_limit_server_longest_linger * kNanosecondsPerMillisecond;
  if (c->state != State::kClosing || is_quiet || is_long) return false;
  valk_timer_start(&c->timer, valk_limit_server_linger * kNanosecondsPerMillisecond);
  return true;
}

// ---- outwards -----------------------------------------------------------------------------------

void flush(ValkServerConnection* c) {
  if (c->flushing || !c->tcp || c->state == State::kClosed) return;
  c->flushing = true;
  bool fine = valk_wire_flush(c->tcp, c->tls, c->session);
  c->flushing = false;
  if (!fine) drop_socket(c);
}

/// The session is over, because the peer broke the protocol or everybody said goodbye; or TLS is.
void check(ValkServerConnection* c) {
  if (c->state >= State::kClosing) return;
  if (c->session && valk_http2_is_over(c->session)) return close_softly(c);
  if (!c->tls) return;
  ValkTlsState state = valk_tls_state(c->tls);
  if (state == ValkTlsState::kFailed || state == ValkTlsState::kEnded) close_softly(c);
}

void deliver_flush(Vm*, ValkEvent* event) {
  ValkServerConnection* c = reinterpret_cast<ValkServerConnection*>(
      reinterpret_cast<char*>(event) - offsetof(ValkServerConnection, flush_event));
  flush(c);
  check(c);
}

// ---- timers -------------------------------------------------------------------------------------

void refuse(ValkServerConnection* c) {
  if (c->refusing || !c->session || c->state >= State::kClosing) return;
  c->refusing = true;
  valk_server_refuse(c->session);
  valk_server_flush_soon(c);
}

/// True if a transfer that should go on has not brought enough bytes for so long.
bool stalls(ValkProgress* p, bool should_go_on, uint64_t bytes, uint64_t limit, uint64_t now) {
  if (!should_go_on || limit == 0 || p->since == 0 ||
      bytes - p->bytes >= valk_limit_server_progress) {
    *p = {should_go_on ? now : 0, bytes};
    return false;
  }
  return now - p->since >= limit;
}

void watch_stream(ValkServerStream* s, const ValkServerLimits& limits, uint64_t now) {
  ValkServerExchange& x = s->exchange;
  if (x.closed || x.resetting || x.stream < 0) return;
  bool uploads = !x.ended && x.unconsumed == 0 && x.has_headers;
  bool downloads = x.responded && !x.complete && (!x.upload.empty() || x.upload_ended);
  if (stalls(&s->reading, uploads, x.received, limits.body_idle, now) ||
      stalls(&s->writing, downloads, x.sent, limits.write_progress, now))
    valk_stream_reset(s, kCancel);
}

/// The connection as a whole: what no stream's progress shows.
bool is_stuck(ValkServerConnection* c, uint64_t now) {
  const ValkServerLimits& limits = c->server->limits;
  uint64_t unfinished = valk_server_unfinished_since(c->session);
  if (unfinished && limits.headers && now - unfinished >= limits.headers) return true;
  return stalls(&c->sending, valk_tcp_queued(c->tcp) != 0, valk_tcp_sent(c->tcp),
                limits.write_progress, now);
}

uint64_t watch_interval(const ValkServerLimits& limits) {
  uint64_t shortest = kLongestWatch;
  for (uint64_t limit : {limits.headers, limits.body_idle, limits.write_progress})
    if (limit && limit / 4 < shortest) shortest = limit / 4;
  return shortest < kShortestWatch ? kShortestWatch : shortest;
}

/// A timer that runs is not moved later, since most requests would: it looks again when it fires.
void wake_within(ValkServerConnection* c, uint64_t nanoseconds) {
  if (c->timer.place && valk_timer_due(&c->timer) <= valk_clock_lately() + nanoseconds) return;
  valk_timer_start(&c->timer, nanoseconds);
}

void watch(ValkServerConnection* c) {
  uint64_t now = valk_clock();
  if (is_stuck(c, now)) {
    valk_server_calm(c->session);
    flush(c);
    return drop_socket(c);
  }
  for (ValkServerStream* s = c->streams; s; s = s->next) watch_stream(s, c->server->limits, now);
  uint64_t idle = c->server->limits.idle;
  bool is_idle = !c->streams && valk_tcp_queued(c->tcp) == 0;
  if (is_idle && idle && now - c->began >= idle) return valk_server_drain(c);
  uint64_t wait = watch_interval(c->server->limits);
  if (is_idle && !valk_server_unfinished_since(c->session)) {
    if (!idle) return;
    wait = idle - (now - c->began);
  }
  valk_timer_start(&c->timer, wait);
}

void on_timer(Vm*, ValkTimer* timer) {
  ValkServerConnection* c = reinterpret_cast<ValkServerConnection*>(
      reinterpret_cast<char*>(timer) - offsetof(ValkServerConnection, timer));
  if (c->state != State::kOpen) return lingers(c) ? void() : drop_socket(c);
  if (c->noticed && !c->refusing) refuse(c);
  watch(c);
}

// ---- inwards ------------------------------------------------------------------------------------

ValkServerExchange* on_opened(void* owner) {
  ValkServerConnection* c = from(owner);
  if (c->stream_count >= c->server->limits.streams) return nullptr;
  return &valk_stream_open(c)->exchange;
}

void on_changed(void*, ValkServerExchange* x) { valk_stream_changed(stream_of(x)); }

void on_ready(void* owner) {
  ValkServerConnection* c = from(owner);
  if (c->state != State::kSettling) return;
  c->state = State::kOpen;
  valk_server_rest(c);
  if (c->server->drains) valk_server_drain(c);
}

void on_noticed(void* owner) { refuse(from(owner)); }

constexpr ValkServerCalls kSessionCalls = {on_opened, on_changed, on_ready, on_noticed};

void start_session(ValkServerConnection* c) {
  c->state = State::kSettling;
  c->session = valk_server_session(&kSessionCalls, c, &c->server->limits);
  if (!c->session) drop_socket(c);
}

void feed_tls(ValkServerConnection* c, const char* bytes, size_t length) {
  valk_tls_feed(c->tls, bytes, length);
  if (!c->session && valk_tls_state(c->tls) == ValkTlsState::kOpen) start_session(c);
  if (!c->session) return;
  uint64_t now = valk_clock();
  while (size_t count = valk_tls_read(c->tls, incoming, kChunk))
    valk_server_feed(c->session, incoming, count, now);
}

void on_received(void* owner, const char* bytes, size_t length) {
  ValkServerConnection* c = from(owner);
  c->heard = valk_clock_lately();
  if (c->state >= State::kClosing) return;
  if (c->tls)
    feed_tls(c, bytes, length);
  else
    valk_server_feed(c->session, bytes, length, valk_clock());
  if (c->session && valk_server_unfinished_since(c->session) && c->state == State::kOpen)
    wake_within(c, watch_interval(c->server->limits));
  valk_server_flush_soon(c);
}

void on_ended(void* owner) { drop_socket(from(owner)); }
void on_tcp_failed(void* owner, const char*, const char*) { drop_socket(from(owner)); }

void on_drained(void* owner) {
  ValkServerConnection* c = from(owner);
  if (c->state == State::kClosing && !c->shut) {
    flush(c);
    if (valk_tcp_queued(c->tcp) == 0) end_sending(c);
  } else if (c->state < State::kClosing) {
    flush(c);
    check(c);
  }
}

void on_tcp_closed(void* owner) {
  from(owner)->tcp = nullptr;
  valk_event_post(&from(owner)->event);
}

constexpr ValkTcpOwner kTcpCalls = {nullptr,       on_received, on_ended,
                                    on_tcp_failed, on_drained,  on_tcp_closed};

// ---- its life -----------------------------------------------------------------------------------

/// Counts a connection against the limits until it is gone, or refused: what is refused takes nobody's place.
void count(ValkServerConnection* c) {
  c->server->connection_count++;
  c->of_address = &c->server->per_address[c->address];
  ++*c->of_address;
}

void uncount(ValkServerConnection* c) {
  if (!c->of_address) return;
  c->server->connection_count--;
  if (--*c->of_address == 0) c->server->per_address.erase(c->address);
  c->of_address = nullptr;
}

/// The peer never got through the handshake, or broke the rules.
bool is_offender(const ValkServerConnection* c) {
  return !c->session || valk_http2_farewell(c->session) != 0;
}

void free_connection(ValkServerConnection* c) {
  ValkHttp2Server* server = c->server;
  valk_event_withdraw(&c->event);
  valk_event_withdraw(&c->flush_event);
  valk_timer_stop(&c->timer);
  if (is_offender(c)) valk_metric_add(kValkMetricConnectionsFailed);
  valk_http2_session_free(c->session);
  valk_tls_free(c->tls);
  uncount(c);
  *c->link = c->next;
  if (c->next) c->next->link = c->link;
  valk_metric_fall(kValkMetricConnectionsOpen);
  valk_event_post(&server->event);
  std::unique_ptr<ValkServerConnection> owned(c);
}

void deliver(Vm*, ValkEvent* event) {
  ValkServerConnection* c = reinterpret_cast<ValkServerConnection*>(
      reinterpret_cast<char*>(event) - offsetof(ValkServerConnection, event));
  if (c->state == State::kClosed && !c->tcp && !c->streams) return free_connection(c);
  if (c->state != State::kClosing || c->shut || valk_tcp_queued(c->tcp) != 0) return;
  valk_timer_start(&c->timer, patience(c));
  end_sending(c);
}

void link(ValkHttp2Server* server, ValkServerConnection* c) {
  c->server = server;
  c->next = server->connections;
  if (c->next) c->next->link = &c->next;
  c->link = &server->connections;
  server->connections = c;
  valk_metric_add(kValkMetricConnectionsOpen);
  valk_metric_add(kValkMetricConnectionsAccepted);
}

bool is_welcome(ValkHttp2Server* server, const ValkServerConnection* c) {
  return server->connection_count <= server->limits.connections &&
         *c->of_address <= server->limits.per_address && !server->drains;
}

}  // namespace

void valk_server_accept(ValkHttp2Server* server, ValkTcp* tcp) {
  ValkServerConnection* c = std::make_unique<ValkServerConnection>().release();
  char address[64];
  valk_tcp_peer(tcp, address, sizeof address);
  c->address = address;
  c->tcp = tcp;
  c->event.deliver = deliver;
  c->flush_event.deliver = deliver_flush;
  c->timer.fire = on_timer;
  link(server, c);
  count(c);
  valk_tcp_adopt(tcp, &kTcpCalls, c);
  if (!is_welcome(server, c)) {
    valk_metric_add(kValkMetricConnectionsRefused);
    uncount(c);
    return drop_socket(c);
  }
  if (server->tls)
    c->tls = valk_tls_accept(server->tls);
  else
    start_session(c);
  if (c->state == State::kClosed || (server->tls && !c->tls)) return drop_socket(c);
  if (server->limits.handshake) valk_timer_start(&c->timer, server->limits.handshake);
  valk_tcp_read_start(
      tcp);  // the client speaks first: this side's SETTINGS leave with what answers it
}

void valk_server_flush_soon(ValkServerConnection* c) {
  if (c->state != State::kClosed) valk_event_post_before_poll(&c->flush_event);
}

void valk_server_drain(ValkServerConnection* c) {
  if (c->noticed || c->state >= State::kClosing) return;
  if (c->state != State::kOpen)  // its first request may be on the way
    return valk_timer_start(&c->timer, valk_limit_server_goaway_delay * kNanosecondsPerMillisecond);
  c->noticed = true;
  valk_server_notice(c->session);
  valk_timer_start(&c->timer, valk_limit_server_goaway_delay * kNanosecondsPerMillisecond);
  valk_server_flush_soon(c);
}

void valk_server_cut(ValkServerConnection* c) {
  if (c->session && c->state < State::kClosing) {
    for (ValkServerStream* s = c->streams; s; s = s->next)
      if (!s->exchange.closed) valk_http2_reset(c->session, &s->exchange, kCancel);
    refuse(c);
    flush(c);
  }
  drop_socket(c);
}

void valk_server_rest(ValkServerConnection* c) {
  if (c->state == State::kClosed) return valk_event_post(&c->event);
  if (c->state != State::kOpen || (c->noticed && !c->refusing)) return;
  if (!c->streams) c->began = valk_clock_lately();
  uint64_t idle = c->server->limits.idle;
  if (c->streams || valk_server_unfinished_since(c->session))
    wake_within(c, watch_interval(c->server->limits));
  else if (idle)
    wake_within(c, idle);
  if (c->refusing && !c->streams) valk_server_flush_soon(c);
}
