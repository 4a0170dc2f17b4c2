// Connections that requests find by themselves: one for each origin and set of options, opened when a request
// comes and none is usable, shared by all requests that fit, closed by its idle timeout. http2/fetch uses it,
// and a client whose own connection has gone. The pool holds no handle, so a connection in it neither keeps the
// program alive nor needs closing.
#pragma once

#include "runtime/http2/client.h"

/// Where requests go, and how.
struct ValkOrigin {
  const std::string& host;
  uint16_t port;
  const ValkClientOptions& options;
  const std::string&
      key;  ///< a private key, or empty: shared by all to the same host with the same options
};

/// What tells a host, with the options that matter to its TLS sessions, from others.
std::string valk_pool_key(const std::string& host, uint16_t port, const ValkClientOptions& options);
/// A key that no other origin has, for a client of the program's own.
std::string valk_pool_private_key();
/// Sends a request on a connection to the origin, when there is one; op gets its outcome.
void valk_pool_launch(Vm* vm, const ValkOrigin& origin, ValkOwnedSend send, ValkOpId op);
/// Cancels the request of op if it still waits for its connection; false: it does not.
bool valk_pool_cancel(Vm* vm, ValkOpId op);
/// Closes the connections with this key.
void valk_pool_close(const std::string& key);
