// See tcp.h. A connection is freed only in the callback of uv_close. Bytes that the system does not
// take at once collect in one buffer while another is on its way.
#include "runtime/io/tcp.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

#include "runtime/io/limits.h"
#include "runtime/io/network.h"
#include "runtime/io/uv.h"
#include "runtime/io/workers.h"

namespace {

enum class State { kNew, kConnecting, kOpen, kFailed, kClosing };

size_t open_sockets;  ///< connections and listeners

/// A growing run of bytes.
struct Bytes {
  char* data;
  size_t length;
  size_t room;
};

void append(Bytes* bytes, const char* data, size_t length) {
  if (bytes->length + length > bytes->room) {
    size_t room = bytes->room ? bytes->room * 2 : 4096;
    while (room < bytes->length + length) room *= 2;
    char* grown = static_cast<char*>(valk_native_alloc(room));
    if (bytes->length) memcpy(grown, bytes->data, bytes->length);
    free(bytes->data);
    bytes->data = grown;
    bytes->room = room;
  }
  memcpy(bytes->data + bytes->length, data, length);
  bytes->length += length;
}

void release(Bytes* bytes) {
  free(bytes->data);
  *bytes = {};
}

}  // namespace

struct ValkTcp {
  uv_tcp_t handle;
  ValkEvent trouble;  ///< an error met while the owner was calling
  const ValkTcpOwner* calls;
  void* owner;
  State state;
  bool reading;
  bool shut;  ///< the owner has asked to end the sending side, after what is pending
  bool write_in_flight;
  int error;  ///< of writing
  uv_connect_t connect;
  uv_write_t write;
  uv_shutdown_t shutdown;
  uint64_t sent;  ///< bytes that the system has taken
  Bytes pending;
  Bytes sending;
};

struct ValkTcpListener {
  uv_tcp_t handle;
  void (*accepted)(void* owner, ValkTcp* tcp);
  void (*closed)(void* owner);
  void* owner;
  bool closing;
};

namespace {

uv_stream_t* stream(ValkTcp* tcp) { return reinterpret_cast<uv_stream_t*>(&tcp->handle); }
uv_handle_t* handle(ValkTcp* tcp) { return reinterpret_cast<uv_handle_t*>(&tcp->handle); }

ValkTcp* from_event(ValkEvent* event) {
  return reinterpret_cast<ValkTcp*>(reinterpret_cast<char*>(event) - offsetof(ValkTcp, trouble));
}

void fail(ValkTcp* tcp, int code) {
  if (tcp->state == State::kClosing || tcp->state == State::kFailed) return;
  tcp->state = State::kFailed;
  valk_network().read_stop(stream(tcp));
  tcp->calls->failed(tcp->owner, uv_err_name(code), uv_strerror(code));
}

void on_trouble(Vm*, ValkEvent* event) {
  ValkTcp* tcp = from_event(event);
  fail(tcp, tcp->error);
}

void fail_later(ValkTcp* tcp, int code) {
  tcp->error = code;
  valk_event_post(&tcp->trouble);
}

// ---- connecting ---------------------------------------------------------------------------------

void finish_close(ValkTcp* tcp) {
  const ValkTcpOwner* calls = tcp->calls;
  void* owner = tcp->owner;
  release(&tcp->pending);
  release(&tcp->sending);
  free(tcp);
  open_sockets--;
  calls->closed(owner);
}

void on_closed(uv_handle_t* closed) { finish_close(static_cast<ValkTcp*>(closed->data)); }

void init_handle(ValkTcp* tcp) {
  valk_network().init(valk_uv_loop(), &tcp->handle, AF_UNSPEC);
  tcp->handle.data = tcp;
}

void on_connected(uv_connect_t* request, int status) {
  ValkTcp* tcp = static_cast<ValkTcp*>(request->data);
  if (tcp->state != State::kConnecting) return;
  if (status < 0) return fail(tcp, status);
  tcp->state = State::kOpen;
  valk_network().no_delay(&tcp->handle, 1);
  tcp->calls->connected(tcp->owner);
}

// ---- reading and writing ------------------------------------------------------------------------

void on_buffer(uv_handle_t*, size_t, uv_buf_t* buffer) {
  size_t size;
  buffer->base = valk_read_buffer(&size);
  buffer->len = size;
}

void on_read(uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) {
  ValkTcp* tcp = static_cast<ValkTcp*>(from->data);
  if (tcp->state != State::kOpen || count == 0) return;
  if (count > 0) return tcp->calls->received(tcp->owner, buffer->base, static_cast<size_t>(count));
  valk_network().read_stop(from);
  if (count != UV_EOF) return fail(tcp, static_cast<int>(count));
  if (tcp->error) return fail(tcp, tcp->error);
  tcp->calls->ended(tcp->owner);
}

void on_shut(uv_shutdown_t* request, int status) {
  ValkTcp* tcp = static_cast<ValkTcp*>(request->data);
  if (tcp->state != State::kOpen) return;
  if (status < 0 && status != UV_ENOTCONN) return fail(tcp, status);
  tcp->calls->drained(tcp->owner);
}

void begin_shutdown(ValkTcp* tcp) {
  tcp->shutdown.data = tcp;
  int code = valk_network().shutdown(&tcp->shutdown, stream(tcp), on_shut);
  if (code < 0) fail_later(tcp, code);
}

void send_pending(ValkTcp* tcp);

/// A write failed. What the peer sent before is still worth reading, and reading meets the end by
/// itself; only a connection that does not read is told here.
void meet_write_error(ValkTcp* tcp, int code) {
  tcp->error = code;
  tcp->pending.length = 0;
  if (!tcp->reading) valk_event_post(&tcp->trouble);
}

void on_written(uv_write_t* request, int status) {
  ValkTcp* tcp = static_cast<ValkTcp*>(request->data);
  tcp->write_in_flight = false;
  if (status >= 0) tcp->sent += tcp->sending.length;
  tcp->sending.length = 0;
  if (tcp->state != State::kOpen) return;
  if (status < 0) return meet_write_error(tcp, status);
  if (tcp->pending.length) return send_pending(tcp);
  if (tcp->shut) return begin_shutdown(tcp);
  tcp->calls->drained(tcp->owner);
}

void send_pending(ValkTcp* tcp) {
  Bytes sending = tcp->pending;
  tcp->pending = tcp->sending;
  tcp->sending = sending;
  uv_buf_t buffer = uv_buf_init(sending.data, static_cast<unsigned>(sending.length));
  tcp->write.data = tcp;
  int code = valk_network().write(&tcp->write, stream(tcp), &buffer, 1, on_written);
  if (code < 0)
    meet_write_error(tcp, code);
  else
    tcp->write_in_flight = true;
}

size_t write_now(ValkTcp* tcp, const char* bytes, size_t length) {
  if (tcp->write_in_flight || tcp->pending.length) return 0;
  uv_buf_t buffer = uv_buf_init(const_cast<char*>(bytes), static_cast<unsigned>(length));
  int taken = valk_network().try_write(stream(tcp), &buffer, 1);
  if (taken >= 0) return static_cast<size_t>(taken);
  if (taken != UV_EAGAIN) meet_write_error(tcp, taken);
  return 0;
}

/// Writing to a connection that the peer has closed is an error, no more.
void ignore_broken_pipes() {
  static bool ignored;
  if (!ignored) signal(SIGPIPE, SIG_IGN);
  ignored = true;
}

ValkTcp* make(const ValkTcpOwner* calls, void* owner, State state) {
  ignore_broken_pipes();
  ValkTcp* tcp = static_cast<ValkTcp*>(valk_native_alloc(sizeof(ValkTcp)));
  memset(static_cast<void*>(tcp), 0, sizeof *tcp);
  tcp->trouble.deliver = on_trouble;
  tcp->calls = calls;
  tcp->owner = owner;
  tcp->state = state;
  init_handle(tcp);
  open_sockets++;
  return tcp;
}

// ---- listening ----------------------------------------------------------------------------------

void on_connection(uv_stream_t* server, int status) {
  ValkTcpListener* listener = static_cast<ValkTcpListener*>(server->data);
  if (status < 0 || listener->closing) return;
  ValkTcp* tcp = make(nullptr, nullptr, State::kOpen);
  if (valk_network().accept(server, stream(tcp)) < 0) {
    open_sockets--;
    valk_network().close(handle(tcp), [](uv_handle_t* closed) { free(closed->data); });
    return;
  }
  valk_network().no_delay(&tcp->handle, 1);
  listener->accepted(listener->owner, tcp);
}

int descriptor_of(ValkTcpListener* listener) {
  uv_os_fd_t descriptor = -1;
  uv_fileno(reinterpret_cast<uv_handle_t*>(&listener->handle), &descriptor);
  return descriptor;
}

/// Accepts what has connected already: closing the listener would reset it.
void take_waiting(ValkTcpListener* listener) {
  for (uint64_t i = 0; i < valk_limit_tcp_backlog; i++) {
    int descriptor =
        accept4(descriptor_of(listener), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    ValkTcp* tcp = make(nullptr, nullptr, State::kOpen);
    uv_tcp_open(&tcp->handle, descriptor);
    uv_tcp_nodelay(&tcp->handle, 1);
    listener->accepted(listener->owner, tcp);
  }
}

/// 0, or libuv's code of an error.
int set_shared(int descriptor) {
  int yes = 1;
  return setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) < 0 ? -errno : 0;
}

socklen_t size_of(const ValkAddress& address) {
  return address.any.sa_family == AF_INET6 ? sizeof address.v6 : sizeof address.v4;
}

int bind_to(const ValkAddress& address, bool shared, int* descriptor) {
  int yes = 1;
  *descriptor = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*descriptor < 0) return -errno;
  setsockopt(*descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  int status = shared ? set_shared(*descriptor) : 0;
  if (status < 0) return status;
  return bind(*descriptor, &address.any, size_of(address)) < 0 ? -errno : 0;
}

/// Nobody else listens there: sharing alone would let two programs have one port.
int bind_alone(const ValkAddress& address) {
  int descriptor;
  int status = bind_to(address, false, &descriptor);
  if (status == 0 && listen(descriptor, 1) < 0) status = -errno;
  if (descriptor >= 0) close(descriptor);
  return status;
}

int bind_shared(ValkAddress* address, int* descriptor) {
  int status = bind_to(*address, true, descriptor);
  socklen_t size = sizeof *address;
  if (status == 0 && getsockname(*descriptor, &address->any, &size) < 0) status = -errno;
  return status;
}

/// What uv_ip4_name does by printf: a server has it done for each connection.
void write_name(in_addr address, char* text) {
  uint8_t parts[4];
  memcpy(parts, &address, sizeof parts);
  for (uint8_t part : parts) {
    text = std::to_chars(text, text + 3, part).ptr;
    *text++ = '.';
  }
  text[-1] = 0;
}

void on_listener_closed(uv_handle_t* closed) {
  ValkTcpListener* listener = static_cast<ValkTcpListener*>(closed->data);
  if (listener->closed) listener->closed(listener->owner);
  free(listener);
  open_sockets--;
}

}  // namespace

ValkTcp* valk_tcp_new(const ValkTcpOwner* calls, void* owner) {
  return make(calls, owner, State::kNew);
}

void valk_tcp_connect(ValkTcp* tcp, const ValkAddress* address) {
  tcp->state = State::kConnecting;
  tcp->connect.data = tcp;
  int code = valk_network().connect(&tcp->connect, &tcp->handle, &address->any, on_connected);
  if (code < 0) fail_later(tcp, code);
}

void valk_tcp_read_start(ValkTcp* tcp) {
  if (tcp->state != State::kOpen || tcp->reading) return;
  tcp->reading = true;
  int code = valk_network().read_start(stream(tcp), on_buffer, on_read);
  if (code < 0) fail_later(tcp, code);
}

void valk_tcp_read_stop(ValkTcp* tcp) {
  if (tcp->state != State::kOpen || !tcp->reading) return;
  tcp->reading = false;
  valk_network().read_stop(stream(tcp));
}

void valk_tcp_write(ValkTcp* tcp, const char* bytes, size_t length) {
  if (tcp->state != State::kOpen || tcp->shut || tcp->error || length == 0) return;
  size_t taken = write_now(tcp, bytes, length);
  tcp->sent += taken;
  if (tcp->error || taken == length) return;
  append(&tcp->pending, bytes + taken, length - taken);
  if (!tcp->write_in_flight) send_pending(tcp);
}

size_t valk_tcp_queued(const ValkTcp* tcp) { return tcp->pending.length + tcp->sending.length; }

uint64_t valk_tcp_sent(const ValkTcp* tcp) { return tcp->sent; }

void valk_tcp_shutdown(ValkTcp* tcp) {
  if (tcp->state != State::kOpen || tcp->shut) return;
  tcp->shut = true;
  if (!tcp->write_in_flight) begin_shutdown(tcp);
}

void valk_tcp_close(ValkTcp* tcp) {
  if (tcp->state == State::kClosing) return;
  tcp->state = State::kClosing;
  valk_event_withdraw(&tcp->trouble);
  valk_network().close(handle(tcp), on_closed);
}

bool valk_tcp_any_open() { return open_sockets != 0; }

int valk_tcp_reserve(ValkAddress* address, const char** code, const char** message) {
  int descriptor = -1;
  int status = address->v4.sin_port ? bind_alone(*address) : 0;
  if (status == 0) status = bind_shared(address, &descriptor);
  if (status == 0) return descriptor;
  if (descriptor >= 0) close(descriptor);
  *code = uv_err_name(status);
  *message = uv_strerror(status);
  return -1;
}

ValkTcpListener* valk_tcp_listen(const ValkAddress* address,
                                 void (*accepted)(void* owner, ValkTcp* tcp),
                                 void (*closed)(void* owner), void* owner, const char** code,
                                 const char** message) {
  ValkTcpListener* listener =
      static_cast<ValkTcpListener*>(valk_native_alloc(sizeof(ValkTcpListener)));
  listener->accepted = accepted;
  listener->closed = closed;
  listener->owner = owner;
  listener->closing = false;
  open_sockets++;
  int status = valk_network().init(valk_uv_loop(), &listener->handle, address->any.sa_family);
  if (status < 0) valk_network().init(valk_uv_loop(), &listener->handle, AF_UNSPEC);
  listener->handle.data = listener;
  uv_stream_t* server = reinterpret_cast<uv_stream_t*>(&listener->handle);
  if (status == 0 && valk_is_worker()) status = set_shared(descriptor_of(listener));
  if (status == 0) status = valk_network().bind(&listener->handle, &address->any, 0);
  if (status == 0) status = valk_network().listen(server, valk_limit_tcp_backlog, on_connection);
  if (status == 0) return listener;
  *code = uv_err_name(status);
  *message = uv_strerror(status);
  listener->closed = nullptr;
  valk_tcp_listener_close(listener);
  return nullptr;
}

void valk_tcp_adopt(ValkTcp* tcp, const ValkTcpOwner* calls, void* owner) {
  tcp->calls = calls;
  tcp->owner = owner;
}

void valk_tcp_peer(const ValkTcp* tcp, char* text, size_t size) {
  ValkAddress address;
  int length = sizeof address;
  text[0] = 0;
  if (valk_network().peer_name(&tcp->handle, &address.any, &length) != 0) return;
  if (address.any.sa_family == AF_INET)
    write_name(address.v4.sin_addr, text);
  else
    uv_ip_name(&address.any, text, size);
}

uint16_t valk_tcp_listener_port(const ValkTcpListener* listener) {
  sockaddr_storage address{};
  int length = sizeof address;
  valk_network().socket_name(&listener->handle, reinterpret_cast<sockaddr*>(&address), &length);
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

void valk_tcp_listener_close(ValkTcpListener* listener) {
  if (listener->closing) return;
  if (listener->closed) take_waiting(listener);
  listener->closing = true;
  valk_network().close(reinterpret_cast<uv_handle_t*>(&listener->handle), on_listener_closed);
}
