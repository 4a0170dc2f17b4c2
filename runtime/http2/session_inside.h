// What the two sides of HTTP/2, session.cpp and server_session.cpp, share of a session. Nothing else
// includes this.
#pragma once

#include <nghttp2/nghttp2.h>

#include <span>
#include <vector>

#include "runtime/http2/session.h"

/// Made by calloc; a side's own session begins with it.
struct ValkHttp2Session {
  nghttp2_session* ng;
  const ValkHttp2Owner* calls;  ///< of a client
  void* owner;
  ValkExchange* block;  ///< of a client: whose header block is under way, or was; null: nobody's
  void* last;           ///< the exchange that was last looked up; null: none, or it has closed
  ValkHttp2Sink* sink;  ///< of valk_http2_output, while that is called
  bool has_settings;
  uint32_t farewell;  ///< the error code of the GOAWAY that was sent
};

/// What sessions allocate with, for tests; null: session_memory.h.
extern nghttp2_mem* valk_http2_memory;

/// The fields as nghttp2 takes them; valid until they are changed, or this is called again.
const std::vector<nghttp2_nv>& valk_http2_pairs(const ValkFields& fields);
const std::vector<nghttp2_nv>& valk_http2_pairs(std::span<const ValkField> fields);

/// The bytes of a name or value that nghttp2 has decoded.
inline std::string_view valk_http2_view(nghttp2_rcbuf* owner) {
  nghttp2_vec bytes = nghttp2_rcbuf_get_buf(owner);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

/// nghttp2's session for a side's session, with the options of both; the callbacks that both have are set
/// by `set_callbacks`. Null: out of memory.
nghttp2_session* valk_http2_make(void* session, bool is_server,
                                 void (*set_callbacks)(nghttp2_session_callbacks* callbacks));
/// Puts this side's SETTINGS and the connection's window in the output. False: out of memory.
bool valk_http2_greet(nghttp2_session* ng, const nghttp2_settings_entry* settings, size_t count,
                      int32_t window);

/// The exchange of a stream, or null. Most calls are about the stream that the one before was about, and looking
/// it up costs more than all else that some do.
template <class Exchange>
Exchange* valk_http2_find(ValkHttp2Session* session, int32_t stream) {
  Exchange* last = static_cast<Exchange*>(session->last);
  if (last && last->stream == stream) return last;
  session->last = nghttp2_session_get_stream_user_data(session->ng, stream);
  return static_cast<Exchange*>(session->last);
}

// transfer.cpp
/// Bytes of the body have come: keeps them.
void valk_http2_keep(ValkTransfer* transfer, const uint8_t* bytes, size_t length);
/// A frame of the body is complete: of what consumes_at_once the window opens.
void valk_http2_meet_data(nghttp2_session* ng, ValkTransfer* transfer);
/// The session forgets the stream.
void valk_http2_meet_close(ValkHttp2Session* session, ValkTransfer* transfer, uint32_t error);
/// Puts bytes into the session's sink.
void valk_http2_put(ValkHttp2Session* session, const uint8_t* bytes, size_t length);
/// Gives nghttp2 bytes of the upload, or NGHTTP2_ERR_DEFERRED. If they are many it says by a flag that they stay
/// where they are until valk_http2_send_upload. `is_all`: nothing is left after them.
ssize_t valk_http2_take_upload(ValkTransfer* transfer, uint8_t* space, size_t room, uint32_t* flags,
                               bool* is_all);
/// Puts a frame's head and so many bytes of the upload into the sink; gives nghttp2's code.
int valk_http2_send_upload(ValkHttp2Session* session, ValkTransfer* transfer, const uint8_t* head,
                           size_t length);
