// TCP in memory, for simulations (VALK_SIM): libuv's functions over sockets of one process.
//
// Bytes travel in segments of random length and arrive after random delays, in order within a direction.
// A sender may have a random window of bytes under way or unread; beyond it try_write gives EAGAIN and
// write waits. Some connections are doomed: reset after some bytes or some time, refused, or slow to be
// made. All draws come from the seed, all time is the virtual clock's, and callbacks are called by the
// loop alone (valk_timer), as libuv would call them from uv_run.
#include <arpa/inet.h>
#include <string.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/control/simulation.h"
#include "runtime/io/loop.h"
#include "runtime/io/network.h"

namespace {

constexpr uint64_t kMicrosecond = 1000;
constexpr uint64_t kMillisecond = 1000 * kMicrosecond;
constexpr uint64_t kSecond = 1000 * kMillisecond;
constexpr uint16_t kFirstPort = 40000;
constexpr size_t kSegment = 1460;
constexpr size_t kReadSize = 64 * 1024;

/// A socket is named by a number that is never used again, so that what is under way to one that has
/// gone finds nobody.
using Id = uint64_t;

struct Socket {
  Id id = 0;
  uv_tcp_t* handle = nullptr;
  Id peer = 0;                     ///< 0: none, or gone
  sockaddr_in6 local{}, remote{};  ///< large enough for both families
  bool is_connected = false;
  // Receiving.
  std::string inbox;
  bool ended = false;  ///< the peer's end has arrived
  int error = 0;       ///< the connection is broken: what reads and writes give
  uv_alloc_cb alloc = nullptr;
  uv_read_cb read = nullptr;  ///< null: not reading
  bool delivers = false;      ///< a delivery is under way
  bool told_end = false;
  // Sending.
  size_t window = 0;     ///< bytes that may be under way or unread
  size_t under_way = 0;  ///< and those that are
  uint64_t last_arrival = 0;
  uint64_t doom = UINT64_MAX;  ///< bytes after which the connection breaks
  uint64_t sent = 0;
  std::string outbox;  ///< of `writing`, what has not been sent
  uv_write_t* writing = nullptr;
  uv_write_cb written = nullptr;
  std::optional<int> write_result;  ///< set: its callback is about to be called
  uv_shutdown_t* shutting = nullptr;
  uv_shutdown_cb shut = nullptr;
  std::optional<int> shut_result;
  uv_connect_t* connecting = nullptr;
  uv_connect_cb connected = nullptr;
  // Listening.
  uv_connection_cb connection = nullptr;
  size_t backlog_limit = 0;
  std::deque<Id> backlog;
};

std::map<Id, std::unique_ptr<Socket>> sockets;
Id next_id = 1;
uint16_t next_port = kFirstPort;

Socket* find(Id id) {
  auto found = sockets.find(id);
  return found == sockets.end() ? nullptr : found->second.get();
}

/// The handle's word that libuv keeps for its users' own purposes names the socket.
void*& word_of(uv_handle_t* handle) { return handle->u.reserved[0]; }
Socket* socket_of(const void* handle) {
  const uv_handle_t* h = static_cast<const uv_handle_t*>(handle);
  return find(reinterpret_cast<Id>(h->u.reserved[0]));
}

// ---- things that happen later -------------------------------------------------------------------

enum class What {
  kSegment,  ///< bytes arrive
  kEnd,      ///< the peer's end arrives
  kReset,    ///< the connection breaks
  kWindow,   ///< there may be room to send
  kDeliver,  ///< the reader gets something
  kWritten,  ///< a write is confirmed
  kShut,     ///< the end of the sending side is confirmed
  kArrive,   ///< a request to connect arrives
  kAnswer,   ///< and its answer
  kClosed,   ///< the close of a handle is confirmed, after what it calls off
};

struct Later {
  ValkTimer timer;  // first: the timer is the event
  What what;
  Id socket;
  int status;
  Id from;  ///< who sent the bytes
  std::string bytes;
  std::unique_ptr<Socket> gone;  ///< kClosed: what was closed
  Later* next;                   ///< of all that are under way
  Later** link;
  uv_close_cb closed;
};

/// What is under way. When the program ends some of it still is, and stands here.
Later* under_way;

void happen(Vm* vm, ValkTimer* timer);

Later* later(What what, Id socket, uint64_t nanoseconds, int status = 0) {
  Later* l = std::make_unique<Later>().release();
  l->timer.fire = happen;
  l->what = what;
  l->socket = socket;
  l->status = status;
  l->next = under_way;
  if (l->next) l->next->link = &l->next;
  l->link = &under_way;
  under_way = l;
  valk_timer_start(&l->timer, nanoseconds);
  return l;
}

uint64_t between(uint64_t low, uint64_t high) { return low + valk_sim_below(high - low); }

/// Mostly short, sometimes long.
uint64_t draw_delay() {
  uint64_t kind = valk_sim_below(100);
  if (kind < 60) return between(10 * kMicrosecond, kMillisecond);
  if (kind < 95) return between(kMillisecond, 20 * kMillisecond);
  return between(20 * kMillisecond, 400 * kMillisecond);
}

/// The delay of the next thing in a direction: it arrives after what was sent before it.
uint64_t delay_in_order(Socket* from) {
  uint64_t now = valk_simulation.now;
  uint64_t arrival = now + draw_delay();
  if (arrival <= from->last_arrival) arrival = from->last_arrival + kMicrosecond;
  from->last_arrival = arrival;
  return arrival - now;
}

// ---- breaking -----------------------------------------------------------------------------------

void schedule_delivery(Socket* s, uint64_t nanoseconds) {
  if (s->delivers || !s->read) return;
  s->delivers = true;
  later(What::kDeliver, s->id, nanoseconds);
}

void confirm_write(Socket* s, uint64_t nanoseconds, int status) {
  if (!s->writing || s->write_result) return;
  s->outbox.clear();
  s->write_result = status;
  later(What::kWritten, s->id, nanoseconds);
}

void confirm_shutdown(Socket* s, uint64_t nanoseconds, int status) {
  if (!s->shutting || s->shut_result) return;
  s->shut_result = status;
  later(What::kShut, s->id, nanoseconds);
}

/// The connection is broken on this side: what was not read is lost.
void break_socket(Socket* s, int code) {
  if (s->error) return;
  s->error = code;
  s->inbox.clear();
  s->peer = 0;
  confirm_write(s, 0, code);
  confirm_shutdown(s, 0, code);
  schedule_delivery(s, 0);
}

/// A failure in the net: each side hears of it in its own time.
void break_connection(Socket* s) {
  for (Id id : {s->id, s->peer})
    if (id) later(What::kReset, id, draw_delay(), UV_ECONNRESET);
}

/// Decides how a connection behaves, and when it is to break, if it is.
void draw_fate(Socket* a, Socket* b) {
  a->window = between(1, 9) * 8192;
  b->window = between(1, 9) * 8192;
  if (!valk_sim_chance(valk_simulation.faults)) return;
  Socket* victim = valk_sim_below(2) ? a : b;
  if (valk_sim_below(2)) {
    victim->doom = valk_sim_below(valk_sim_below(2) ? 100 : 100000);
    return;
  }
  uint64_t when = between(kMillisecond, 3 * kSecond);
  for (Socket* s : {a, b}) later(What::kReset, s->id, when + draw_delay(), UV_ECONNRESET);
}

// ---- sending ------------------------------------------------------------------------------------

/// Sends what the window takes; gives the number of bytes.
size_t send(Socket* s, const char* bytes, size_t length) {
  size_t room = s->window > s->under_way ? s->window - s->under_way : 0;
  size_t count = length < room ? length : room;
  if (count > 1 && valk_sim_below(4) == 0) count = between(1, count + 1);
  for (size_t at = 0; at < count;) {
    size_t piece = count - at;
    size_t most = valk_sim_below(4) ? kReadSize : kSegment;
    if (piece > most) piece = most;
    if (piece > 1 && valk_sim_below(3) == 0) piece = between(1, piece + 1);
    Later* segment = later(What::kSegment, s->peer, delay_in_order(s));
    segment->bytes.assign(bytes + at, piece);
    segment->from = s->id;
    at += piece;
  }
  s->under_way += count;
  s->sent += count;
  if (s->sent > s->doom) {
    s->doom = UINT64_MAX;
    break_connection(s);
  }
  return count;
}

void send_end(Socket* s) {
  if (s->peer) later(What::kEnd, s->peer, delay_in_order(s));
  confirm_shutdown(s, between(0, kMillisecond), 0);
}

/// Goes on with a write, and then an end, that wait for the window.
void pump(Socket* s) {
  if (s->error) return;
  bool sends = s->writing && !s->write_result;
  if (sends) s->outbox.erase(0, send(s, s->outbox.data(), s->outbox.size()));
  if (sends && s->outbox.empty()) confirm_write(s, between(0, kMillisecond), 0);
  if (s->shutting && !s->shut_result && !s->writing) send_end(s);
}

void tell_written(Socket* s) {
  uv_write_t* request = s->writing;
  int status = *s->write_result;
  Id id = s->id;
  s->writing = nullptr;
  s->write_result.reset();
  s->written(request, status);
  if ((s = find(id))) pump(s);
}

void tell_shut(Socket* s) {
  uv_shutdown_t* request = s->shutting;
  int status = *s->shut_result;
  s->shutting = nullptr;
  s->shut_result.reset();
  s->shut(request, status);
}

// ---- receiving ----------------------------------------------------------------------------------

/// The reader has taken bytes: the peer's window opens, when it hears of it.
void open_window(Socket* s, size_t count) {
  Socket* peer = find(s->peer);
  if (!peer) return;
  peer->under_way -= count < peer->under_way ? count : peer->under_way;
  later(What::kWindow, peer->id, draw_delay());
}

void hand_over_bytes(Socket* s) {
  uv_buf_t buffer = uv_buf_init(nullptr, 0);
  s->alloc(reinterpret_cast<uv_handle_t*>(s->handle), kReadSize, &buffer);
  size_t count = s->inbox.size() < buffer.len ? s->inbox.size() : buffer.len;
  if (count > 1 && valk_sim_below(4) == 0) count = between(1, count + 1);
  memcpy(buffer.base, s->inbox.data(), count);
  s->inbox.erase(0, count);
  open_window(s, count);
  Id id = s->id;
  s->read(reinterpret_cast<uv_stream_t*>(s->handle), static_cast<ssize_t>(count), &buffer);
  if ((s = find(id))) schedule_delivery(s, valk_sim_below(2) * between(1, kMillisecond));
}

/// Gives the reader one thing: bytes, else the error, else the end.
void deliver(Socket* s) {
  s->delivers = false;
  if (!s->read) return;
  if (!s->inbox.empty()) return hand_over_bytes(s);
  if (s->told_end || !(s->error || s->ended)) return;
  s->told_end = true;
  uv_buf_t nothing = uv_buf_init(nullptr, 0);
  s->read(reinterpret_cast<uv_stream_t*>(s->handle), s->error ? s->error : UV_EOF, &nothing);
}

void receive(Socket* s, Later* l) {
  if (s->error) return;
  if (l->what == What::kEnd)
    s->ended = true;
  else
    s->inbox += l->bytes;
  schedule_delivery(s, 0);
}

// ---- connecting ---------------------------------------------------------------------------------

uint16_t port_of(const sockaddr_in6& address) { return ntohs(address.sin6_port); }

/// The port stands at the same place in both families.
void set_port(sockaddr_in6* address, uint16_t port) { address->sin6_port = htons(port); }

size_t size_of(const sockaddr* address) {
  return address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

sockaddr_in6 copy_address(const sockaddr* address) {
  sockaddr_in6 copy{};
  memcpy(&copy, address, size_of(address));
  return copy;
}

bool is_any(const sockaddr_in6& address) {
  if (address.sin6_family == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr);
  return reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr == 0;
}

bool is_same_host(const sockaddr_in6& a, const sockaddr_in6& b) {
  if (a.sin6_family != b.sin6_family) return false;
  if (a.sin6_family == AF_INET6) return memcmp(&a.sin6_addr, &b.sin6_addr, 16) == 0;
  return reinterpret_cast<const sockaddr_in*>(&a)->sin_addr.s_addr ==
         reinterpret_cast<const sockaddr_in*>(&b)->sin_addr.s_addr;
}

/// Who listens at an address.
Socket* find_listener(const sockaddr_in6& address) {
  for (auto& [id, s] : sockets) {
    if (!s->connection || port_of(s->local) != port_of(address)) continue;
    if (is_any(s->local) || is_same_host(s->local, address)) return s.get();
  }
  return nullptr;
}

bool is_taken(const sockaddr_in6& address) {
  for (auto& [id, s] : sockets)
    if (s->connection && port_of(s->local) == port_of(address) &&
        (is_any(s->local) || is_any(address) || is_same_host(s->local, address)))
      return true;
  return false;
}

Socket* make_socket() {
  Id id = next_id++;
  auto& s = sockets[id] = std::make_unique<Socket>();
  s->id = id;
  return s.get();
}

void answer(Socket* client, int status) { later(What::kAnswer, client->id, draw_delay(), status); }

/// The request to connect arrives at the listener.
void arrive(Socket* client) {
  Socket* listener = find_listener(client->remote);
  bool refuses = !listener || listener->backlog.size() >= listener->backlog_limit ||
                 valk_sim_chance(valk_simulation.faults / 2);
  if (refuses) return answer(client, UV_ECONNREFUSED);
  if (valk_sim_chance(valk_simulation.faults / 4)) {  // lost: no answer for a long time
    later(What::kAnswer, client->id, between(kSecond, 130 * kSecond), UV_ETIMEDOUT);
    return;
  }
  Socket* server = make_socket();
  server->local = client->remote;
  server->remote = client->local;
  server->peer = client->id;
  server->is_connected = true;
  client->peer = server->id;
  draw_fate(server, client);
  listener->backlog.push_back(server->id);
  answer(client, 0);
  listener->connection(reinterpret_cast<uv_stream_t*>(listener->handle), 0);
}

void take_answer(Socket* client, int status) {
  if (!client->connecting) return;
  uv_connect_t* request = client->connecting;
  client->connecting = nullptr;
  if (status == 0 && client->error) status = client->error;
  client->is_connected = status == 0;
  client->connected(request, status);
}

// ---- closing ------------------------------------------------------------------------------------

/// What the peer of a socket hears when it goes.
void leave_peer(Socket* s) {
  Socket* peer = find(s->peer);
  if (!peer) return;
  bool lost_something = !s->inbox.empty() || s->writing;
  if (lost_something)
    later(What::kReset, peer->id, delay_in_order(s), UV_ECONNRESET);
  else
    later(What::kEnd, peer->id, delay_in_order(s));
}

/// The requests of a handle that was closed are called off, and its close is confirmed.
void tell_closed(Socket* s, uv_close_cb closed) {
  if (s->connecting) s->connected(s->connecting, UV_ECANCELED);
  if (s->writing) s->written(s->writing, s->write_result.value_or(UV_ECANCELED));
  if (s->shutting) s->shut(s->shutting, s->shut_result.value_or(UV_ECANCELED));
  closed(reinterpret_cast<uv_handle_t*>(s->handle));
}

void forget_backlog(Socket* s) {
  for (Id id : s->backlog) {
    Socket* waiting = find(id);
    if (waiting && waiting->peer) later(What::kReset, waiting->peer, draw_delay(), UV_ECONNRESET);
    sockets.erase(id);
  }
}

// ---- what happens -------------------------------------------------------------------------------

/// Bytes arrive where nobody is any more: their sender hears a reset.
void reject(const Later& l) {
  if (l.what == What::kSegment && find(l.from))
    later(What::kReset, l.from, draw_delay(), UV_ECONNRESET);
}

void happen_to(Socket* s, Later* l) {
  switch (l->what) {
    case What::kSegment:
    case What::kEnd:
      return receive(s, l);
    case What::kReset:
      return break_socket(s, l->status);
    case What::kWindow:
      return pump(s);
    case What::kDeliver:
      return deliver(s);
    case What::kArrive:
      return arrive(s);
    case What::kAnswer:
      return take_answer(s, l->status);
    case What::kWritten:
      return tell_written(s);
    case What::kShut:
      return tell_shut(s);
    case What::kClosed:
      return;
  }
}

void happen(Vm*, ValkTimer* timer) {
  std::unique_ptr<Later> l(reinterpret_cast<Later*>(timer));
  *l->link = l->next;
  if (l->next) l->next->link = l->link;
  if (l->gone) return tell_closed(l->gone.get(), l->closed);
  if (Socket* s = find(l->socket)) return happen_to(s, l.get());
  reject(*l);
}

// ---- the table ----------------------------------------------------------------------------------

int init(uv_loop_t* loop, uv_tcp_t* handle, unsigned) {
  memset(static_cast<void*>(handle), 0, sizeof *handle);
  handle->loop = loop;
  handle->type = UV_TCP;
  handle->io_watcher.fd = -1;
  Socket* s = make_socket();
  s->handle = handle;
  word_of(reinterpret_cast<uv_handle_t*>(handle)) = reinterpret_cast<void*>(s->id);
  return 0;
}

int connect(uv_connect_t* request, uv_tcp_t* handle, const sockaddr* address, uv_connect_cb done) {
  Socket* s = socket_of(handle);
  request->handle = reinterpret_cast<uv_stream_t*>(handle);
  s->connecting = request;
  s->connected = done;
  s->remote = s->local = copy_address(address);
  set_port(&s->local, next_port++);
  later(What::kArrive, s->id, draw_delay());
  return 0;
}

int bind(uv_tcp_t* handle, const sockaddr* address, unsigned) {
  Socket* s = socket_of(handle);
  s->local = copy_address(address);
  if (port_of(s->local) == 0) set_port(&s->local, next_port++);
  return is_taken(s->local) ? UV_EADDRINUSE : 0;
}

int listen(uv_stream_t* handle, int backlog, uv_connection_cb connection) {
  Socket* s = socket_of(handle);
  s->connection = connection;
  s->backlog_limit = static_cast<size_t>(backlog);
  return 0;
}

int accept(uv_stream_t* server, uv_stream_t* client) {
  Socket* listener = socket_of(server);
  if (listener->backlog.empty()) return UV_EAGAIN;
  Id accepted = listener->backlog.front();
  listener->backlog.pop_front();
  uv_handle_t* handle = reinterpret_cast<uv_handle_t*>(client);
  sockets.erase(socket_of(client)->id);  // the one that init made
  word_of(handle) = reinterpret_cast<void*>(accepted);
  find(accepted)->handle = reinterpret_cast<uv_tcp_t*>(client);
  return 0;
}

int read_start(uv_stream_t* stream, uv_alloc_cb alloc, uv_read_cb read) {
  Socket* s = socket_of(stream);
  if (!s->is_connected) return UV_ENOTCONN;
  s->alloc = alloc;
  s->read = read;
  if (!s->inbox.empty() || s->ended || s->error) schedule_delivery(s, 0);
  return 0;
}

int read_stop(uv_stream_t* stream) {
  if (Socket* s = socket_of(stream)) s->read = nullptr;
  return 0;
}

int try_write(uv_stream_t* stream, const uv_buf_t* buffers, unsigned count) {
  Socket* s = socket_of(stream);
  if (s->error) return s->error == UV_ECONNRESET ? UV_EPIPE : s->error;
  if (!s->is_connected) return UV_EBADF;
  if (s->writing || count != 1) return UV_EAGAIN;
  size_t sent = send(s, buffers[0].base, buffers[0].len);
  return sent ? static_cast<int>(sent) : int{UV_EAGAIN};
}

int write(uv_write_t* request, uv_stream_t* stream, const uv_buf_t* buffers, unsigned count,
          uv_write_cb done) {
  Socket* s = socket_of(stream);
  if (s->error) return s->error;
  if (!s->is_connected || s->writing) return UV_EBADF;
  request->handle = stream;
  s->writing = request;
  s->written = done;
  for (unsigned i = 0; i < count; i++) s->outbox.append(buffers[i].base, buffers[i].len);
  later(What::kWindow, s->id, between(0, kMillisecond));
  return 0;
}

int shutdown(uv_shutdown_t* request, uv_stream_t* stream, uv_shutdown_cb done) {
  Socket* s = socket_of(stream);
  if (!s->is_connected || s->error) return UV_ENOTCONN;
  request->handle = stream;
  s->shutting = request;
  s->shut = done;
  if (!s->writing) send_end(s);
  return 0;
}

void close(uv_handle_t* handle, uv_close_cb closed) {
  auto found = sockets.find(socket_of(handle)->id);
  leave_peer(found->second.get());
  forget_backlog(found->second.get());
  Later* l = later(What::kClosed, 0, 0);
  l->closed = closed;
  l->gone = std::move(found->second);
  sockets.erase(found);
}

int no_delay(uv_tcp_t*, int) { return 0; }

int give_name(const sockaddr_in6& address, sockaddr* name, int* length) {
  size_t size = size_of(reinterpret_cast<const sockaddr*>(&address));
  if (static_cast<size_t>(*length) < size) return UV_EINVAL;
  memcpy(name, &address, size);
  *length = static_cast<int>(size);
  return 0;
}

int peer_name(const uv_tcp_t* handle, sockaddr* name, int* length) {
  Socket* s = socket_of(handle);
  if (!s || !s->is_connected || s->error) return UV_ENOTCONN;
  return give_name(s->remote, name, length);
}

int socket_name(const uv_tcp_t* handle, sockaddr* name, int* length) {
  Socket* s = socket_of(handle);
  return s ? give_name(s->local, name, length) : int{UV_EBADF};
}

}  // namespace

const ValkNetwork valk_simulated_network = {init,       connect,   bind,      listen,     accept,
                                            read_start, read_stop, try_write, write,      shutdown,
                                            close,      no_delay,  peer_name, socket_name};
