// The client's side of HTTP/2 as a filter over bytes: what the peer sent goes in, what it shall be sent
// comes out, and in between are exchanges: a request and its response. There is no socket, no clock
// and no Lisp here. nghttp2's callbacks only change exchanges and tell that they did.
#pragma once

#include "runtime/http2/fields.h"
#include "runtime/http2/outgoing.h"

/// A request and its response. Owned by the client; the session refers to it from valk_http2_submit
/// until `closed`.
struct ValkExchange {
  // The request.
  ValkFields request;   ///< pseudo-header fields first
  ValkOutgoing upload;  ///< the body, or what is there of it
  bool has_upload = false;
  bool upload_ended = true;  ///< nothing more will come to it
  bool waits = false;        ///< nghttp2 waits for more of it
  // The response, as far as it has come.
  int status = 0;
  ValkFields headers;
  ValkFields trailers;
  std::string body;       ///< what nobody has taken yet
  size_t unconsumed = 0;  ///< bytes of the body for which the peer has not been given new window
  // How far it is.
  int32_t stream = -1;
  bool sent = false;  ///< the request's headers have left
  bool has_headers = false;
  bool ended = false;       ///< the response is complete
  bool closed = false;      ///< the session has forgotten it
  bool resetting = false;   ///< valk_http2_reset was called
  bool over_limit = false;  ///< it was reset because the response is larger than its limits
  bool reset_here = false;  ///< this side reset it: the response broke the protocol
  uint32_t error = 0;       ///< once closed: HTTP/2's error code
  // What is allowed.
  size_t longest_body = 0;
  bool consumes_at_once = true;  ///< the whole body is collected: the window opens as bytes arrive
};

/// Called by the session, from within its own functions: they only record.
struct ValkHttp2Owner {
  /// Something of the exchange changed: headers, body, end, or it is closed.
  void (*changed)(void* owner, ValkExchange* exchange);
  /// The peer's first SETTINGS arrived.
  void (*ready)(void* owner);
  /// The peer said that it accepts no more requests on this connection.
  void (*going_away)(void* owner, uint32_t error);
};

struct ValkHttp2Session;

/// A session whose connection preface is in the output already.
ValkHttp2Session* valk_http2_session_client(const ValkHttp2Owner* calls, void* owner);
void valk_http2_session_free(ValkHttp2Session* session);
/// Bytes from the peer. If it broke the protocol the session is over once the output has been taken.
void valk_http2_feed(ValkHttp2Session* session, const char* bytes, size_t length);
/// The next run of bytes for the peer, valid until the next call; 0: none now, -1: out of memory.
long valk_http2_output(ValkHttp2Session* session, const char** bytes);
/// Nothing more is to come in either direction.
bool valk_http2_is_over(ValkHttp2Session* session);
/// Queues a request; nghttp2 holds it until the peer allows another stream. False: no more are allowed.
bool valk_http2_submit(ValkHttp2Session* session, ValkExchange* exchange);
/// Resets the exchange's stream unless it is closed.
void valk_http2_reset(ValkHttp2Session* session, ValkExchange* exchange, uint32_t error);
/// The program took `length` bytes of the body: the peer may send as many more.
void valk_http2_consume(ValkHttp2Session* session, ValkExchange* exchange, size_t length);
/// `upload` has grown, or `upload_ended` was set.
void valk_http2_resume(ValkHttp2Session* session, ValkExchange* exchange);
/// Says goodbye: GOAWAY is put in the output.
void valk_http2_goodbye(ValkHttp2Session* session);
/// The error code of the GOAWAY that this side has sent.
uint32_t valk_http2_farewell(const ValkHttp2Session* session);
/// "REFUSED_STREAM" …
const char* valk_http2_error_name(uint32_t error);
