// The server's side of HTTP/2 as a filter over bytes, as session.h is the client's: no socket, no clock
// and no Lisp. Time comes in with the bytes. All that a client can make this side do or keep is counted
// here (io/limits.def).
#pragma once

#include <span>
#include <string>

#include "runtime/http2/fields.h"
#include "runtime/http2/held_fields.h"
#include "runtime/http2/session.h"

/// What each server can set for itself; times in nanoseconds, 0: no limit.
struct ValkServerLimits {
  uint64_t streams, body, header_bytes, header_fields, connections, per_address;
  uint64_t handshake, headers, body_idle, write_progress, idle;
  uint64_t stream_window, connection_window;
};

/// What is plain data of an exchange.
struct ValkServerExchangeState {
  // The request.
  size_t list_size = 0;  ///< of header fields and trailers, as RFC 9113 counts
  size_t field_count = 0;
  bool over_limit = false;  ///< too many of them
  uint64_t received = 0;    ///< bytes of the body
  uint64_t dropped = 0;     ///< of them, those that nobody wanted
  bool drops_body = false;
  bool is_head = false;  ///< its method is HEAD
  // The response.
  uint64_t sent = 0;       ///< bytes of the body given to the connection
  bool has_body = false;   ///< there are DATA frames
  bool responded = false;  ///< the headers were submitted
  bool complete = false;   ///< the end has left
};

/// A request and its response. Owned by the connection; the session refers to it from `opened` until
/// `closed`.
struct ValkServerExchange : ValkTransfer, ValkServerExchangeState {
  ValkHeldFields request;  ///< pseudo-header fields too
  ValkFields trailers;     ///< of the response

  /// Makes it new, but for the space that it has.
  void reset() {
    ValkTransfer::reset();
    static_cast<ValkServerExchangeState&>(*this) = {};
    request.clear();
    trailers.clear();
  }
};

/// Called by the session, from within its own functions: they only record.
struct ValkServerCalls {
  /// A client opens a stream. Null: it is refused.
  ValkServerExchange* (*opened)(void* owner);
  /// Something of the exchange changed.
  void (*changed)(void* owner, ValkServerExchange* exchange);
  /// The client's first SETTINGS arrived.
  void (*ready)(void* owner);
  /// The client has answered the PING of valk_server_notice.
  void (*noticed)(void* owner);
};

/// A session whose SETTINGS are in the output already. Its owner feeds it by valk_server_feed, and uses
/// valk_http2_output, _is_over, _farewell, _goodbye and _session_free as for any; of exchanges those of
/// transfer.h.
ValkHttp2Session* valk_server_session(const ValkServerCalls* calls, void* owner,
                                      const ValkServerLimits* limits);
/// Bytes from the client at a time, in nanoseconds of the monotonic clock.
void valk_server_feed(ValkHttp2Session* session, const char* bytes, size_t length, uint64_t now);
/// When a header block began that has not ended, or another frame that is not DATA; 0: there is none.
uint64_t valk_server_unfinished_since(const ValkHttp2Session* session);
/// Submits the response with these fields, :status first, which are used during the call only. False: out of
/// memory, or the stream has gone.
bool valk_server_respond(ValkHttp2Session* session, ValkServerExchange* exchange,
                         std::span<const ValkField> fields);
/// Sends 100 (Continue).
void valk_server_continue(ValkHttp2Session* session, ValkServerExchange* exchange);
/// The first of two steps to a shutdown: says that no more requests are wanted, refuses none yet.
void valk_server_notice(ValkHttp2Session* session);
/// The second: requests that come after this are refused; those in flight go on.
void valk_server_refuse(ValkHttp2Session* session);
/// Ends with ENHANCE_YOUR_CALM.
void valk_server_calm(ValkHttp2Session* session);
