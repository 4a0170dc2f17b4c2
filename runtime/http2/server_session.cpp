// See server_session.h.
#include "runtime/http2/server_session.h"

#include <stdlib.h>
#include <string.h>

#include <new>

#include "runtime/http2/flood.h"
#include "runtime/http2/session_inside.h"
#include "runtime/io/limits.h"

namespace {

constexpr uint8_t kNoticePing[8] = {'g', 'o', 'a', 'w', 'a', 'y'};
constexpr size_t kFieldOverhead = 32;  // RFC 9113, 6.5.2

struct ServerSession {
  ValkHttp2Session base;  // first: what is common to both sides
  const ValkServerCalls* calls;
  const ValkServerLimits* limits;
  ValkFloodGauge gauge;
  ValkServerExchange* block;  ///< whose header block is under way, or was; null: nobody's
  size_t block_bytes;         ///< decoded from it
};

ServerSession* from(void* user_data) { return static_cast<ServerSession*>(user_data); }
ServerSession* inside(ValkHttp2Session* s) { return reinterpret_cast<ServerSession*>(s); }

ValkServerExchange* find(void* user_data, int32_t stream) {
  return valk_http2_find<ValkServerExchange>(&from(user_data)->base, stream);
}

void tell(ServerSession* s, ValkServerExchange* x) { s->calls->changed(s->base.owner, x); }

// ---- inwards ------------------------------------------------------------------------------------

int on_begin_headers(nghttp2_session* ng, const nghttp2_frame* frame, void* user_data) {
  ServerSession* s = from(user_data);
  s->block_bytes = 0;
  s->block = nullptr;
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
    s->block = find(user_data, frame->hd.stream_id);
    return 0;
  }
  ValkServerExchange* x = s->calls->opened(s->base.owner);
  if (!x) {
    nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
    return 0;
  }
  x->stream = frame->hd.stream_id;
  nghttp2_session_set_stream_user_data(ng, x->stream, x);
  s->block = x;
  return 0;
}

int on_header(nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
              uint8_t, void* user_data) {
  ServerSession* s = from(user_data);
  std::string_view n = valk_http2_view(name), v = valk_http2_view(value);
  size_t size = n.size() + v.size() + kFieldOverhead;
  s->block_bytes += size;
  if (s->block_bytes > s->limits->header_bytes * valk_limit_server_header_flood)
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  ValkServerExchange* x = s->block;
  if (!x) return 0;
  x->list_size += size;
  x->field_count++;
  if (x->list_size > s->limits->header_bytes || x->field_count > s->limits->header_fields)
    x->over_limit = true;
  if (x->over_limit || x->has_headers) return 0;
  if (v == "HEAD" && n == ":method") x->is_head = true;
  x->request.add(n, v, name, value);
  return 0;
}

int on_frame(nghttp2_session* ng, const nghttp2_frame* frame, void* user_data) {
  ServerSession* s = from(user_data);
  if (frame->hd.type == NGHTTP2_SETTINGS && !s->base.has_settings &&
      !(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
    s->base.has_settings = true;
    s->calls->ready(s->base.owner);
  }
  if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) &&
      memcmp(frame->ping.opaque_data, kNoticePing, sizeof kNoticePing) == 0)
    s->calls->noticed(s->base.owner);
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  bool is_block = frame->hd.type == NGHTTP2_HEADERS;
  ValkServerExchange* x = is_block ? s->block : find(user_data, frame->hd.stream_id);
  if (!x) return 0;
  if (is_block) x->has_headers = true;
  if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) x->ended = true;
  if (!is_block) valk_http2_meet_data(ng, x);
  tell(s, x);
  return 0;
}

/// Bytes of a body that nobody wants; too many of them are refused (RFC 9113, 8.1).
void drop(nghttp2_session* ng, ValkServerExchange* x, size_t length) {
  x->received += length;
  x->dropped += length;
  if (!x->complete || x->resetting || x->dropped <= valk_limit_server_dropped) return;
  x->resetting = true;
  nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, x->stream, NGHTTP2_NO_ERROR);
}

int on_data(nghttp2_session* ng, uint8_t, int32_t stream, const uint8_t* bytes, size_t length,
            void* user_data) {
  ValkServerExchange* x = find(user_data, stream);
  if (!x || x->drops_body) {
    nghttp2_session_consume(ng, stream, length);
    if (x) drop(ng, x, length);
    return 0;
  }
  x->received += length;
  valk_http2_keep(x, bytes, length);
  tell(from(user_data), x);
  return 0;
}

int on_close(nghttp2_session* ng, int32_t stream, uint32_t error, void* user_data) {
  ValkServerExchange* x = find(user_data, stream);
  if (!x) return 0;
  if (from(user_data)->block == x) from(user_data)->block = nullptr;
  valk_http2_meet_close(&from(user_data)->base, x, error);
  nghttp2_session_set_stream_user_data(ng, stream, nullptr);
  tell(from(user_data), x);
  return 0;
}

// ---- outwards -----------------------------------------------------------------------------------

/// The end of the response has left. A request that has not ended may go on for a while, and is dropped:
/// clients that are reset in the middle of a body tend to lose the response.
void meet_end(ServerSession* s, ValkServerExchange* x) {
  x->complete = true;
  tell(s, x);
}

int on_sent(nghttp2_session* ng, const nghttp2_frame* frame, void* user_data) {
  ServerSession* s = from(user_data);
  if (frame->hd.type == NGHTTP2_GOAWAY) s->base.farewell = frame->goaway.error_code;
  if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
      !s->gauge.spend(VALK_FLOOD_RESETS_SENT))
    nghttp2_session_terminate_session(ng, NGHTTP2_ENHANCE_YOUR_CALM);
  if (frame->hd.type == NGHTTP2_DATA) s->gauge.meet_data_sent();
  bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
              (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
  ValkServerExchange* x = ends ? find(user_data, frame->hd.stream_id) : nullptr;
  if (x) meet_end(s, x);
  return 0;
}

/// The body is at its end: DATA ends the stream, unless trailers do.
void end_upload(nghttp2_session* ng, ValkServerExchange* x, uint32_t* flags) {
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (x->trailers.size() == 0) return;
  const std::vector<nghttp2_nv>& fields = valk_http2_pairs(x->trailers);
  if (nghttp2_submit_trailer(ng, x->stream, fields.data(), fields.size()) == 0)
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
}

ssize_t read_upload(nghttp2_session* ng, int32_t, uint8_t* space, size_t room, uint32_t* flags,
                    nghttp2_data_source* source, void* user_data) {
  ValkServerExchange* x = static_cast<ValkServerExchange*>(source->ptr);
  bool is_all;
  ssize_t length = valk_http2_take_upload(x, space, room, flags, &is_all);
  if (length < 0) return length;
  x->sent += static_cast<size_t>(length);
  if (is_all && x->upload_ended) end_upload(ng, x, flags);
  if (x->upload.empty()) tell(from(user_data), x);
  return length;
}

int send_upload(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t length,
                nghttp2_data_source* source, void* user_data) {
  ValkServerExchange* x = static_cast<ValkServerExchange*>(source->ptr);
  int code = valk_http2_send_upload(&from(user_data)->base, x, head, length);
  if (x->upload.empty()) tell(from(user_data), x);
  return code;
}

// ---- making -------------------------------------------------------------------------------------

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, send_upload);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
}

bool greet(nghttp2_session* ng, const ValkServerLimits* limits) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(limits->streams)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(limits->stream_window)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits->header_bytes)},
  };
  return valk_http2_greet(ng, settings, sizeof settings / sizeof *settings,
                          static_cast<int32_t>(limits->connection_window));
}

}  // namespace

ValkHttp2Session* valk_server_session(const ValkServerCalls* calls, void* owner,
                                      const ValkServerLimits* limits) {
  void* space = calloc(1, sizeof(ServerSession));  // freed by valk_http2_session_free
  if (!space) return nullptr;
  ServerSession* s = ::new (space) ServerSession{};
  s->base.owner = owner;
  s->calls = calls;
  s->limits = limits;
  s->base.ng = valk_http2_make(s, true, set_callbacks);
  if (s->base.ng && greet(s->base.ng, limits)) return &s->base;
  valk_http2_session_free(&s->base);
  return nullptr;
}

void valk_server_feed(ValkHttp2Session* session, const char* bytes, size_t length, uint64_t now) {
  ValkFloodGauge& gauge = inside(session)->gauge;
  if (gauge.verdict()) return;
  size_t admitted = gauge.admit(bytes, length, now);
  valk_http2_feed(session, bytes, admitted);
  if (gauge.verdict()) nghttp2_session_terminate_session(session->ng, gauge.verdict());
}

uint64_t valk_server_unfinished_since(const ValkHttp2Session* session) {
  return reinterpret_cast<const ServerSession*>(session)->gauge.unfinished_since();
}

bool valk_server_respond(ValkHttp2Session* session, ValkServerExchange* x,
                         std::span<const ValkField> fields) {
  const std::vector<nghttp2_nv>& pairs = valk_http2_pairs(fields);
  nghttp2_data_provider provider{{.ptr = x}, read_upload};
  if (x->closed || x->resetting) return false;
  x->responded = true;
  return nghttp2_submit_response(session->ng, x->stream, pairs.data(), pairs.size(),
                                 x->has_body ? &provider : nullptr) == 0;
}

void valk_server_continue(ValkHttp2Session* session, ValkServerExchange* x) {
  if (x->closed || x->responded) return;
  const ValkField status[] = {{":status", "100", true, true}};
  const std::vector<nghttp2_nv>& pairs = valk_http2_pairs(status);
  nghttp2_submit_headers(session->ng, NGHTTP2_FLAG_NONE, x->stream, nullptr, pairs.data(),
                         pairs.size(), nullptr);
}

void valk_server_notice(ValkHttp2Session* session) {
  nghttp2_submit_shutdown_notice(session->ng);
  nghttp2_submit_ping(session->ng, NGHTTP2_FLAG_NONE, kNoticePing);
}

void valk_server_refuse(ValkHttp2Session* session) {
  nghttp2_submit_goaway(session->ng, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session->ng), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void valk_server_calm(ValkHttp2Session* session) {
  nghttp2_session_terminate_session(session->ng, NGHTTP2_ENHANCE_YOUR_CALM);
}
