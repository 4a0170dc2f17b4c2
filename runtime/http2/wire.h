// The way outwards, the same for clients and servers: what the session and TLS have for the peer goes to
// the socket, until they have no more or the socket has enough to do.
#pragma once

#include "runtime/http2/session.h"
#include "runtime/io/tcp.h"
#include "runtime/tls/tls.h"

/// Sends what TLS has for the peer.
void valk_wire_flush_tls(ValkTcp* tcp, ValkTls* tls);
/// Sends what there is. tls null: in clear; session null: there is none yet. False: out of memory.
bool valk_wire_flush(ValkTcp* tcp, ValkTls* tls, ValkHttp2Session* session);
