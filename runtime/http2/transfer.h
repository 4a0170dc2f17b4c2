// What an exchange is on both sides of HTTP/2: a stream, a body that comes and a body that goes.
#pragma once

#include <string>

#include "runtime/http2/outgoing.h"

struct ValkHttp2Session;

/// What is plain data of a transfer.
struct ValkTransferState {
  // The body that comes.
  size_t unconsumed = 0;  ///< bytes of it for which the peer has not been given new window
  size_t taken = 0;       ///< bytes of a frame that has not ended, to be consumed when it has
  bool consumes_at_once = false;  ///< it is collected, or dropped: the window opens as bytes arrive
  bool ended = false;             ///< what the peer sends is complete
  // The body that goes.
  bool upload_ended = true;  ///< nothing more will come to it
  bool waits = false;        ///< nghttp2 waits for more of it
  // The stream.
  int32_t stream = -1;
  bool has_headers = false;  ///< the peer's have come
  bool resetting = false;    ///< valk_http2_reset was called
  bool closed = false;       ///< the session has forgotten it
  uint32_t error = 0;        ///< once closed: HTTP/2's error code
};

struct ValkTransfer : ValkTransferState {
  std::string body;     ///< of the body that comes, what nobody has taken yet
  ValkOutgoing upload;  ///< of the body that goes, what is there and was not sent yet

  /// Makes it new, but for the space that it has.
  void reset() {
    static_cast<ValkTransferState&>(*this) = {};
    if (body.capacity() > sizeof body) std::string().swap(body);
    body.clear();
    upload.clear();
  }
};

/// Resets the stream unless it is closed.
void valk_http2_reset(ValkHttp2Session* session, ValkTransfer* transfer, uint32_t error);
/// `length` bytes of the body were taken: the peer may send as many more.
void valk_http2_consume(ValkHttp2Session* session, ValkTransfer* transfer, size_t length);
/// `upload` has grown, or `upload_ended` was set.
void valk_http2_resume(ValkHttp2Session* session, ValkTransfer* transfer);
