// TCP connections for native code: bytes in, bytes out, without libuv in sight. The Lisp operations
// (tcp_ops.cpp) and the HTTP/2 client stand on this.
#pragma once

#include "runtime/io/dns.h"
#include "runtime/io/loop.h"

/// What a connection tells its owner. All are called from within libuv or from the function that the
/// owner called: they only record, and must not run Lisp. Error codes are names such as "ECONNRESET".
struct ValkTcpOwner {
  void (*connected)(void* owner);
  /// Bytes arrived; they are valid during the call.
  void (*received)(void* owner, const char* bytes, size_t length);
  /// The peer will send no more.
  void (*ended)(void* owner);
  /// Connecting, reading or writing failed; nothing more will come. `code` "ECONNREFUSED" ….
  void (*failed)(void* owner, const char* code, const char* message);
  /// Everything that was queued has been given to the system.
  void (*drained)(void* owner);
  /// The connection is gone: the last call. Comes after valk_tcp_close, and from libuv only.
  void (*closed)(void* owner);
};

struct ValkTcp;

/// A connection that does not exist yet: to be connected, and in the end closed, by its owner.
ValkTcp* valk_tcp_new(const ValkTcpOwner* calls, void* owner);
/// Connects to an address (to a host: tcp_race.h). Ends in connected or failed, later.
void valk_tcp_connect(ValkTcp* tcp, const ValkAddress* address);
/// Reading is off at first.
void valk_tcp_read_start(ValkTcp* tcp);
void valk_tcp_read_stop(ValkTcp* tcp);
/// Sends bytes; what the system does not take at once is copied and queued.
void valk_tcp_write(ValkTcp* tcp, const char* bytes, size_t length);
/// Bytes that the system has not taken yet.
size_t valk_tcp_queued(const ValkTcp* tcp);
/// Bytes that the system has taken so far.
uint64_t valk_tcp_sent(const ValkTcp* tcp);
/// Ends the sending side after everything queued. Tells drained when that is done.
void valk_tcp_shutdown(ValkTcp* tcp);
/// Closes at once; what is queued is dropped. Only `closed` is called after this. Repeatable.
void valk_tcp_close(ValkTcp* tcp);
/// Takes connections: `accepted` is called with a new connection, which the callee must give an owner by
/// valk_tcp_adopt. Null with the error's name and message if the address cannot be had.
struct ValkTcpListener;
ValkTcpListener* valk_tcp_listen(const ValkAddress* address,
                                 void (*accepted)(void* owner, ValkTcp* tcp),
                                 void (*closed)(void* owner), void* owner, const char** code,
                                 const char** message);
/// The process has connections or listeners.
bool valk_tcp_any_open();
/// Binds the address so that workers can share it, and nobody else has it; a port of 0 in it is replaced.
/// The descriptor, held and never listened on; -1 with the error's name and message.
int valk_tcp_reserve(ValkAddress* address, const char** code, const char** message);
void valk_tcp_adopt(ValkTcp* tcp, const ValkTcpOwner* calls, void* owner);
/// The numeric address of the peer, without port; "" if it is gone. `size` is at least 64.
void valk_tcp_peer(const ValkTcp* tcp, char* text, size_t size);
uint16_t valk_tcp_listener_port(const ValkTcpListener* listener);
/// Stops listening; connections that wait to be accepted still are. `closed` comes later, from libuv.
void valk_tcp_listener_close(ValkTcpListener* listener);
