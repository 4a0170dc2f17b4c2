// See transfer.h.
#include "runtime/http2/transfer.h"

#include "runtime/http2/session_inside.h"

namespace {

constexpr size_t kFrameHead = 9;
constexpr size_t kLong = 1024;  // bytes of a body whose copying costs more than a call

}  // namespace

void valk_http2_keep(ValkTransfer* x, const uint8_t* bytes, size_t length) {
  x->body.append(reinterpret_cast<const char*>(bytes), length);
  (x->consumes_at_once ? x->taken : x->unconsumed) += length;
}

void valk_http2_meet_data(nghttp2_session* ng, ValkTransfer* x) {
  size_t length = x->taken;
  x->taken = 0;
  if (length == 0) return;
  if (x->ended)  // its own window is of no use any more
    nghttp2_session_consume_connection(ng, length);
  else
    nghttp2_session_consume(ng, x->stream, length);
}

void valk_http2_meet_close(ValkHttp2Session* session, ValkTransfer* x, uint32_t error) {
  if (session->last == x) session->last = nullptr;
  x->closed = true;
  x->error = error;
  size_t length = x->unconsumed + x->taken;
  if (length) nghttp2_session_consume_connection(session->ng, length);
  x->unconsumed = x->taken = 0;
}

ssize_t valk_http2_take_upload(ValkTransfer* x, uint8_t* space, size_t room, uint32_t* flags,
                               bool* is_all) {
  x->waits = x->upload.empty() && !x->upload_ended;
  if (x->waits) return NGHTTP2_ERR_DEFERRED;
  size_t length = x->upload.size() < room ? x->upload.size() : room;
  *is_all = length == x->upload.size();
  if (length >= kLong)
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  else
    x->upload.take(space, length);
  return static_cast<ssize_t>(length);
}

int valk_http2_send_upload(ValkHttp2Session* session, ValkTransfer* x, const uint8_t* head,
                           size_t length) {
  if (session->sink->is_full()) return NGHTTP2_ERR_WOULDBLOCK;
  if (x->upload.size() < length) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  valk_http2_put(session, head, kFrameHead);
  while (length) {
    size_t room;
    char* to = session->sink->space(&room);
    size_t taken = x->upload.take(reinterpret_cast<uint8_t*>(to), room < length ? room : length);
    session->sink->filled(taken);
    length -= taken;
  }
  return 0;
}

void valk_http2_reset(ValkHttp2Session* session, ValkTransfer* x, uint32_t error) {
  // A second reset of a request that still waits for its stream would be sent, for a stream that the
  // peer has never heard of.
  if (x->closed || x->stream < 0 || x->resetting) return;
  x->resetting = true;
  nghttp2_submit_rst_stream(session->ng, NGHTTP2_FLAG_NONE, x->stream, error);
}

void valk_http2_consume(ValkHttp2Session* session, ValkTransfer* x, size_t length) {
  if (length > x->unconsumed) length = x->unconsumed;
  x->unconsumed -= length;
  if (length && !x->closed) nghttp2_session_consume(session->ng, x->stream, length);
}

void valk_http2_resume(ValkHttp2Session* session, ValkTransfer* x) {
  if (x->closed || !x->waits) return;
  x->waits = false;
  nghttp2_session_resume_data(session->ng, x->stream);
}
