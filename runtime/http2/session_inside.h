// What the two sides of HTTP/2, session.cpp and server_session.cpp, share of a session. Nothing else
// includes this.
#pragma once

#include <nghttp2/nghttp2.h>

#include <vector>

#include "runtime/http2/session.h"

/// Made by calloc; a side's own session begins with it.
struct ValkHttp2Session {
  nghttp2_session* ng;
  const ValkHttp2Owner* calls;  ///< of a client
  void* owner;
  bool has_settings;
  uint32_t farewell;  ///< the error code of the GOAWAY that was sent
};

/// What sessions allocate with; null: malloc. For tests.
extern nghttp2_mem* valk_http2_memory;

/// The fields as nghttp2 takes them; valid until they are changed, or this is called again.
const std::vector<nghttp2_nv>& valk_http2_pairs(const ValkFields& fields);
