// The client's side of HTTP/2 as a filter over bytes: what the peer sent goes in, what it shall be sent
// comes out, and in between are exchanges: a request and its response. There is no socket, no clock
// and no Lisp here. nghttp2's callbacks only change exchanges and tell that they did.
#pragma once

#include <span>

#include "runtime/http2/fields.h"
#include "runtime/http2/held_fields.h"
#include "runtime/http2/transfer.h"

/// What is plain data of an exchange.
struct ValkExchangeState {
  // The request.
  bool has_upload = false;
  bool sent = false;  ///< the request's headers have left
  // The response, as far as it has come.
  int status = 0;
  bool over_limit = false;  ///< it was reset because the response is larger than its limits
  bool reset_here = false;  ///< this side reset it: the response broke the protocol
  size_t longest_body = 0;  ///< that is allowed
};

/// A request and its response. Owned by the client; the session refers to it from valk_http2_submit
/// until `closed`.
struct ValkExchange : ValkTransfer, ValkExchangeState {
  ValkExchange() { consumes_at_once = true; }
  ValkHeldFields headers, trailers;  ///< of the response

  /// Makes it new, but for the space that it has.
  void reset() {
    ValkTransfer::reset();
    static_cast<ValkExchangeState&>(*this) = {};
    consumes_at_once = true;
    headers.clear();
    trailers.clear();
  }
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

/// Where output goes: space that is filled, piece after piece.
class ValkHttp2Sink {
 public:
  /// Where the next bytes are to be put: `length`, at least one.
  virtual char* space(size_t* length) = 0;
  /// So many were put there.
  virtual void filled(size_t length) = 0;
  /// It wants no more for now.
  virtual bool is_full() const = 0;

 protected:
  ~ValkHttp2Sink() = default;
};

struct ValkHttp2Session;

/// A session whose connection preface is in the output already.
ValkHttp2Session* valk_http2_session_client(const ValkHttp2Owner* calls, void* owner);
void valk_http2_session_free(ValkHttp2Session* session);
/// Bytes from the peer. If it broke the protocol the session is over once the output has been taken.
void valk_http2_feed(ValkHttp2Session* session, const char* bytes, size_t length);
/// Gives the sink what there is for the peer, until it is full. Long bodies go from where they are straight into
/// its space. False: out of memory.
bool valk_http2_output(ValkHttp2Session* session, ValkHttp2Sink* sink);
/// Nothing more is to come in either direction.
bool valk_http2_is_over(ValkHttp2Session* session);
/// Queues a request with these fields, pseudo-header fields first, which are used during the call only; nghttp2
/// holds it until the peer allows another stream. False: no more are allowed.
bool valk_http2_submit(ValkHttp2Session* session, ValkExchange* exchange,
                       std::span<const ValkField> fields);
/// Says goodbye: GOAWAY is put in the output.
void valk_http2_goodbye(ValkHttp2Session* session);
/// The error code of the GOAWAY that this side has sent.
uint32_t valk_http2_farewell(const ValkHttp2Session* session);
/// "REFUSED_STREAM" …
const char* valk_http2_error_name(uint32_t error);
