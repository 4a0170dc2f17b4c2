// See session.h.
#include "runtime/http2/session.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/http2/session_inside.h"
#include "runtime/http2/session_memory.h"
#include "runtime/io/limits.h"

namespace {

ValkHttp2Session* from(void* user_data) { return static_cast<ValkHttp2Session*>(user_data); }

ValkExchange* find(void* user_data, int32_t stream) {
  return valk_http2_find<ValkExchange>(from(user_data), stream);
}

void tell(void* user_data, ValkExchange* exchange) {
  ValkHttp2Session* s = from(user_data);
  s->calls->changed(s->owner, exchange);
}

int parse_status(std::string_view text) {
  int status = 0;
  for (char c : text) status = status * 10 + (c - '0');  // nghttp2 has checked that it is 3 digits
  return status;
}

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  bool is_response = frame->hd.type == NGHTTP2_HEADERS;
  from(user_data)->block = is_response ? find(user_data, frame->hd.stream_id) : nullptr;
  return 0;
}

int on_header(nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
              uint8_t, void* user_data) {
  ValkExchange* x = from(user_data)->block;
  if (!x) return 0;
  std::string_view n = valk_http2_view(name), v = valk_http2_view(value);
  if (n == ":status") {
    x->status = parse_status(v);
    return 0;
  }
  ValkHeldFields& fields = x->has_headers ? x->trailers : x->headers;
  size_t limit = x->has_headers ? valk_limit_response_trailers : valk_limit_response_headers;
  if (fields.bytes() + n.size() + v.size() > limit) {
    x->over_limit = true;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
  }
  fields.add(n, v, name, value);
  return 0;
}

/// A HEADERS frame is complete: an informational response is dropped, the final one recorded. False: it is
/// neither, which nghttp2 lets pass.
bool meet_headers(ValkExchange* x) {
  if (x->has_headers) return true;
  if (x->status < 100) return false;
  if (x->status < 200)
    x->headers.clear();
  else
    x->has_headers = true;
  return true;
}

int on_frame(nghttp2_session* ng, const nghttp2_frame* frame, void* user_data) {
  ValkHttp2Session* s = from(user_data);
  if (frame->hd.type == NGHTTP2_SETTINGS && !s->has_settings &&
      !(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
    s->has_settings = true;
    s->calls->ready(s->owner);
  }
  if (frame->hd.type == NGHTTP2_GOAWAY) s->calls->going_away(s->owner, frame->goaway.error_code);
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  bool is_block = frame->hd.type == NGHTTP2_HEADERS;
  ValkExchange* x = is_block ? s->block : find(user_data, frame->hd.stream_id);
  if (!x) return 0;
  if (is_block && !meet_headers(x)) {
    valk_http2_reset(s, x, NGHTTP2_PROTOCOL_ERROR);
    return 0;
  }
  if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) x->ended = true;
  if (!is_block) valk_http2_meet_data(ng, x);
  if (x->ended && !x->has_upload) return 0;  // both sides have ended: it closes now, which tells
  tell(user_data, x);
  return 0;
}

int on_data(nghttp2_session* ng, uint8_t, int32_t stream, const uint8_t* bytes, size_t length,
            void* user_data) {
  ValkExchange* x = find(user_data, stream);
  if (!x || x->over_limit) {
    nghttp2_session_consume(ng, stream, length);
    return 0;
  }
  if (x->body.size() + length > x->longest_body) {
    x->over_limit = true;
    nghttp2_session_consume(ng, stream, length);
    nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
    return 0;
  }
  valk_http2_keep(x, bytes, length);
  tell(user_data, x);
  return 0;
}

int on_close(nghttp2_session*, int32_t stream, uint32_t error, void* user_data) {
  ValkExchange* x = find(user_data, stream);
  if (!x) return 0;
  if (from(user_data)->block == x) from(user_data)->block = nullptr;
  valk_http2_meet_close(from(user_data), x, error);
  tell(user_data, x);
  return 0;
}

int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  if (frame->hd.type == NGHTTP2_GOAWAY) from(user_data)->farewell = frame->goaway.error_code;
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_RST_STREAM) return 0;
  ValkExchange* x = find(user_data, frame->hd.stream_id);
  if (!x) return 0;
  if (frame->hd.type == NGHTTP2_RST_STREAM) x->reset_here = true;
  x->sent = true;
  tell(user_data, x);
  return 0;
}

ssize_t read_upload(nghttp2_session*, int32_t, uint8_t* space, size_t room, uint32_t* flags,
                    nghttp2_data_source* source, void* user_data) {
  ValkExchange* x = static_cast<ValkExchange*>(source->ptr);
  bool is_all;
  ssize_t length = valk_http2_take_upload(x, space, room, flags, &is_all);
  if (length < 0) return length;
  if (is_all && x->upload_ended) *flags |= NGHTTP2_DATA_FLAG_EOF;
  tell(user_data, x);
  return length;
}

int send_upload(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t length,
                nghttp2_data_source* source, void* user_data) {
  ValkExchange* x = static_cast<ValkExchange*>(source->ptr);
  int code = valk_http2_send_upload(from(user_data), x, head, length);
  tell(user_data, x);
  return code;
}

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, send_upload);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
}

std::vector<nghttp2_nv> pairs;  // kept for its space: there is one thread

nghttp2_nv pair(std::string_view name, std::string_view value, int flags) {
  auto bytes = [](std::string_view s) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(s.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), static_cast<uint8_t>(flags)};
}

bool greet(nghttp2_session* ng) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, valk_limit_stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, valk_limit_response_headers},
  };
  return valk_http2_greet(ng, settings, sizeof settings / sizeof *settings,
                          valk_limit_connection_window);
}

}  // namespace

nghttp2_mem* valk_http2_memory;

const std::vector<nghttp2_nv>& valk_http2_pairs(const ValkFields& fields) {
  pairs.clear();
  for (size_t i = 0; i < fields.size(); i++)
    pairs.push_back(pair(fields.name(i), fields.value(i), NGHTTP2_NV_FLAG_NONE));
  return pairs;
}

const std::vector<nghttp2_nv>& valk_http2_pairs(std::span<const ValkField> fields) {
  pairs.resize(fields.size());
  nghttp2_nv* to = pairs.data();
  for (const ValkField& f : fields) {
    int flags = (f.name_stays ? NGHTTP2_NV_FLAG_NO_COPY_NAME : NGHTTP2_NV_FLAG_NONE) |
                (f.value_stays ? NGHTTP2_NV_FLAG_NO_COPY_VALUE : NGHTTP2_NV_FLAG_NONE);
    *to++ = pair(f.name, f.value, flags);
  }
  return pairs;
}

nghttp2_session* valk_http2_make(void* session, bool is_server,
                                 void (*set)(nghttp2_session_callbacks* callbacks)) {
  static nghttp2_session_callbacks* of_sides[2];  // nghttp2 copies both: they are made once
  static nghttp2_option* option;
  nghttp2_session_callbacks*& callbacks = of_sides[is_server];
  if (!callbacks) {
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return nullptr;
    set(callbacks);
  }
  if (!option) {
    if (nghttp2_option_new(&option) != 0) return nullptr;
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_outbound_ack(option, valk_limit_http2_replies);
  }
  nghttp2_session* ng = nullptr;
  auto make = is_server ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  make(&ng, callbacks, session, option,
       valk_http2_memory ? valk_http2_memory : valk_session_memory());
  return ng;
}

bool valk_http2_greet(nghttp2_session* ng, const nghttp2_settings_entry* settings, size_t count,
                      int32_t window) {
  return nghttp2_submit_settings(ng, NGHTTP2_FLAG_NONE, settings, count) == 0 &&
         nghttp2_session_set_local_window_size(ng, NGHTTP2_FLAG_NONE, 0, window) == 0;
}

ValkHttp2Session* valk_http2_session_client(const ValkHttp2Owner* calls, void* owner) {
  ValkHttp2Session* s = static_cast<ValkHttp2Session*>(calloc(1, sizeof(ValkHttp2Session)));
  if (!s) return nullptr;
  s->calls = calls;
  s->owner = owner;
  s->ng = valk_http2_make(s, false, set_callbacks);
  if (s->ng && greet(s->ng)) return s;
  valk_http2_session_free(s);
  return nullptr;
}

void valk_http2_session_free(ValkHttp2Session* session) {
  if (!session) return;
  nghttp2_session_del(session->ng);
  free(session);
}

void valk_http2_feed(ValkHttp2Session* session, const char* bytes, size_t length) {
  ssize_t taken =
      nghttp2_session_mem_recv(session->ng, reinterpret_cast<const uint8_t*>(bytes), length);
  if (taken >= 0) return;
  // Nothing that nghttp2 has said goodbye for by itself: a flood, or not HTTP/2 at all.
  uint32_t error = taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? NGHTTP2_PROTOCOL_ERROR
                   : taken == NGHTTP2_ERR_NOMEM          ? NGHTTP2_INTERNAL_ERROR
                                                         : NGHTTP2_ENHANCE_YOUR_CALM;
  nghttp2_session_terminate_session(session->ng, error);
}

void valk_http2_put(ValkHttp2Session* session, const uint8_t* bytes, size_t length) {
  while (length) {
    size_t room;
    char* to = session->sink->space(&room);
    size_t taken = length < room ? length : room;
    memcpy(to, bytes, taken);
    session->sink->filled(taken);
    bytes += taken;
    length -= taken;
  }
}

bool valk_http2_output(ValkHttp2Session* session, ValkHttp2Sink* sink) {
  session->sink = sink;
  while (!sink->is_full()) {
    const uint8_t* run;
    ssize_t length = nghttp2_session_mem_send(session->ng, &run);
    if (length < 0) return false;
    if (length == 0) break;
    valk_http2_put(session, run, static_cast<size_t>(length));
  }
  return true;
}

bool valk_http2_is_over(ValkHttp2Session* session) {
  return !nghttp2_session_want_read(session->ng) && !nghttp2_session_want_write(session->ng);
}

bool valk_http2_submit(ValkHttp2Session* session, ValkExchange* exchange,
                       std::span<const ValkField> fields) {
  const std::vector<nghttp2_nv>& pairs = valk_http2_pairs(fields);
  nghttp2_data_provider provider{{.ptr = exchange}, read_upload};
  int32_t stream = nghttp2_submit_request(session->ng, nullptr, pairs.data(), pairs.size(),
                                          exchange->has_upload ? &provider : nullptr, exchange);
  if (stream < 0) return false;
  exchange->stream = stream;
  return true;
}

void valk_http2_goodbye(ValkHttp2Session* session) {
  nghttp2_session_terminate_session(session->ng, NGHTTP2_NO_ERROR);
}

uint32_t valk_http2_farewell(const ValkHttp2Session* session) { return session->farewell; }

const char* valk_http2_error_name(uint32_t error) { return nghttp2_http2_strerror(error); }
