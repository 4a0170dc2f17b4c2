// Connecting to a host of several addresses (RFC 8305, "happy eyeballs"): the families take turns, each address gets
// a head start over the next, the first to connect wins and the others are closed.
#pragma once

#include "runtime/io/tcp.h"

struct ValkTcpRace;

/// How a race ends: one of the two is called, once, from within libuv or the loop; it must not run Lisp. The race is
/// gone then.
struct ValkTcpRaceOwner {
  /// A connection, which the callee must give an owner by valk_tcp_adopt.
  void (*connected)(void* owner, ValkTcp* tcp);
  /// No address could be connected to; the error is the last one's.
  void (*failed)(void* owner, const char* code, const char* message);
};

/// Starts a race over at least one address; it ends later.
ValkTcpRace* valk_tcp_race(const ValkAddress* addresses, size_t count,
                           const ValkTcpRaceOwner* calls, void* owner);
/// Stops it: nothing is called.
void valk_tcp_race_cancel(ValkTcpRace* race);
