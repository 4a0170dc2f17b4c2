// Name lookups, a bounded number at a time: they run in libuv's thread pool, which files share.
#pragma once

#include <netinet/in.h>

#include "runtime/io/loop.h"

union ValkAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// How a lookup ended. `code` is null, or a name such as "EAI_NONAME" with `message` in words.
struct ValkDnsResult {
  const char* code;
  const char* message;
  const ValkAddress* addresses;  ///< valid during the call
  size_t count;
};

struct ValkDnsLookup;
/// Looks a host up, or reads a numeric address at once, in the resolver's order. `done` is called once,
/// from within libuv (so it must not run Lisp) or, for numeric addresses, before this returns; then the
/// lookup is gone. Null if done was called already.
ValkDnsLookup* valk_dns_start(const char* host, uint16_t port,
                              void (*done)(void* owner, const ValkDnsResult* result), void* owner);
/// Stops a lookup: done is not called.
void valk_dns_cancel(ValkDnsLookup* lookup);
/// Reads a numeric address; false: it is none.
bool valk_read_numeric_address(const char* host, uint16_t port, ValkAddress* address);
/// The numeric form of an address without port; `size` at least INET6_ADDRSTRLEN.
void valk_address_text(const ValkAddress* address, char* text, size_t size);
