// The ceiling: an HTTP/2 server written against libuv, nghttp2 and OpenSSL and nothing else. It answers
// every request with one of two fixed bodies (`/large`: 1 MiB), does no accounting, has no limits and no
// timers; what a server in Lisp costs above it is what the language and the safety cost.
//
//   bare-server PORT [KEY.pem CERT.pem]     in clear without them
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include <memory>
#include <string>
#include <vector>

namespace {

constexpr size_t kRecord = 16 * 1024;
constexpr size_t kQueue =
    256 * 1024;  // bytes waiting for the socket before the session is asked for more

SSL_CTX* context = nullptr;
nghttp2_session_callbacks* callbacks = nullptr;
std::string large(1 << 20, 'x');
const std::string small = "hello, world\n";
char input[64 * 1024];
char plain[64 * 1024];
char outgoing[kRecord];

struct Connection {
  uv_tcp_t tcp;
  nghttp2_session* session = nullptr;
  SSL* ssl = nullptr;
  BIO* from_peer = nullptr;
  BIO* to_peer = nullptr;
  size_t queued = 0;
  bool closing = false;
};

struct Stream {
  const std::string* body = &small;
  size_t sent = 0;
};

struct Write {
  uv_write_t request;
  Connection* connection;
  std::vector<char> bytes;
};

void flush(Connection* c);

void close_connection(Connection* c) {
  if (c->closing) return;
  c->closing = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&c->tcp), [](uv_handle_t* handle) {
    std::unique_ptr<Connection> owned(static_cast<Connection*>(handle->data));
    nghttp2_session_del(owned->session);
    if (owned->ssl) SSL_free(owned->ssl);
  });
}

void write_socket(Connection* c, const char* bytes, size_t length) {
  uv_buf_t buffer = uv_buf_init(const_cast<char*>(bytes), static_cast<unsigned>(length));
  if (c->queued == 0) {
    int written = uv_try_write(reinterpret_cast<uv_stream_t*>(&c->tcp), &buffer, 1);
    if (written == static_cast<int>(length)) return;
    if (written > 0) {
      bytes += written;
      length -= static_cast<size_t>(written);
    }
  }
  auto write = std::make_unique<Write>();
  write->connection = c;
  write->bytes.assign(bytes, bytes + length);
  write->request.data = write.get();
  c->queued += length;
  buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(length));
  int status = uv_write(&write->request, reinterpret_cast<uv_stream_t*>(&c->tcp), &buffer, 1,
                        [](uv_write_t* request, int result) {
                          std::unique_ptr<Write> done(static_cast<Write*>(request->data));
                          done->connection->queued -= done->bytes.size();
                          if (result < 0) return close_connection(done->connection);
                          if (!done->connection->closing) flush(done->connection);
                        });
  if (status == 0) {
    write.release();
  } else {
    close_connection(c);
  }
}

void drain_tls(Connection* c) {
  char* bytes;
  long length = BIO_get_mem_data(c->to_peer, &bytes);
  if (length <= 0) return;
  write_socket(c, bytes, static_cast<size_t>(length));
  (void)BIO_reset(c->to_peer);
}

void write_plain(Connection* c, const char* bytes, size_t length) {
  if (length == 0) return;
  if (!c->ssl) return write_socket(c, bytes, length);
  SSL_write(c->ssl, bytes, static_cast<int>(length));
  drain_tls(c);
}

void flush(Connection* c) {
  size_t used = 0;
  while (c->queued < kQueue) {
    const uint8_t* bytes;
    ssize_t length = nghttp2_session_mem_send(c->session, &bytes);
    if (length <= 0) break;
    size_t size = static_cast<size_t>(length);
    if (used + size > kRecord) {
      write_plain(c, outgoing, used);
      used = 0;
    }
    if (size > kRecord) {
      write_plain(c, reinterpret_cast<const char*>(bytes), size);
    } else {
      memcpy(outgoing + used, bytes, size);
      used += size;
    }
  }
  write_plain(c, outgoing, used);
  if (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session) &&
      !c->queued)
    close_connection(c);
}

/// The value of a date field, made once a second: what is measured beside this sends one, as it must.
const char* date() {
  static time_t made;
  static char space[64];
  time_t now = time(nullptr);
  if (now != made) {
    tm parts;
    gmtime_r(&now, &parts);
    strftime(space, sizeof space, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made = now;
  }
  return space;
}

ssize_t read_body(nghttp2_session*, int32_t, uint8_t* to, size_t length, uint32_t* flags,
                  nghttp2_data_source* source, void*) {
  auto* stream = static_cast<Stream*>(source->ptr);
  size_t left = stream->body->size() - stream->sent;
  size_t size = left < length ? left : length;
  memcpy(to, stream->body->data() + stream->sent, size);
  stream->sent += size;
  if (stream->sent == stream->body->size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

nghttp2_nv field(const char* name, const char* value, size_t length) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name)),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value)), strlen(name), length,
          NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  auto stream = std::make_unique<Stream>();
  nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream.release());
  return 0;
}

int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
              size_t name_length, const uint8_t* value, size_t length, uint8_t, void*) {
  auto* stream =
      static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (stream && name_length == 5 && !memcmp(name, ":path", 5) && length == 6 &&
      !memcmp(value, "/large", 6))
    stream->body = &large;
  return 0;
}

int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  bool is_message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (!is_message || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
  auto* stream =
      static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (!stream) return 0;
  char length[24];
  int digits = snprintf(length, sizeof length, "%zu", stream->body->size());
  const char* now = date();
  nghttp2_nv fields[] = {field(":status", "200", 3), field("date", now, strlen(now)),
                         field("content-length", length, static_cast<size_t>(digits))};
  nghttp2_data_provider provider = {{.ptr = stream}, read_body};
  return nghttp2_submit_response(session, frame->hd.stream_id, fields, 3, &provider);
}

int on_close(nghttp2_session* session, int32_t id, uint32_t, void*) {
  std::unique_ptr<Stream> owned(
      static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id)));
  return 0;
}

bool feed(Connection* c, const char* bytes, size_t length) {
  return nghttp2_session_mem_recv(c->session, reinterpret_cast<const uint8_t*>(bytes), length) >= 0;
}

void take_input(Connection* c, const char* bytes, size_t length) {
  if (!c->ssl) {
    if (!feed(c, bytes, length)) return close_connection(c);
    return flush(c);
  }
  BIO_write(c->from_peer, bytes, static_cast<int>(length));
  for (;;) {
    int got = SSL_read(c->ssl, plain, sizeof plain);
    if (got <= 0) {
      int error = SSL_get_error(c->ssl, got);
      drain_tls(c);
      if (error != SSL_ERROR_WANT_READ) return close_connection(c);
      break;
    }
    if (!feed(c, plain, static_cast<size_t>(got))) return close_connection(c);
  }
  if (SSL_is_init_finished(c->ssl)) flush(c);
}

void on_connection(uv_stream_t* server, int status) {
  if (status < 0) return;
  auto owned = std::make_unique<Connection>();
  Connection* c = owned.get();
  uv_tcp_init(server->loop, &c->tcp);
  c->tcp.data = owned.release();
  nghttp2_session_server_new(&c->session, callbacks, c);
  nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100}};
  nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 1);
  if (context) {
    c->ssl = SSL_new(context);
    c->from_peer = BIO_new(BIO_s_mem());
    c->to_peer = BIO_new(BIO_s_mem());
    SSL_set_bio(c->ssl, c->from_peer, c->to_peer);
    SSL_set_accept_state(c->ssl);
  }
  uv_accept(server, reinterpret_cast<uv_stream_t*>(&c->tcp));
  uv_tcp_nodelay(&c->tcp, 1);
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&c->tcp),
      [](uv_handle_t*, size_t, uv_buf_t* buffer) { *buffer = uv_buf_init(input, sizeof input); },
      [](uv_stream_t* stream, ssize_t length, const uv_buf_t*) {
        auto* connection = static_cast<Connection*>(stream->data);
        if (length < 0) return close_connection(connection);
        take_input(connection, input, static_cast<size_t>(length));
      });
}

int select_h2(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in,
              unsigned in_length, void*) {
  static const unsigned char h2[] = "\x02h2";
  return SSL_select_next_proto(const_cast<unsigned char**>(out), length, h2, 3, in, in_length) ==
                 OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void make_context(const char* key, const char* certificate) {
  context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_use_certificate_chain_file(context, certificate);
  SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM);
  SSL_CTX_set_alpn_select_cb(context, select_h2, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return fprintf(stderr, "usage: bare-server PORT [KEY CERT]\n"), 2;
  if (argc == 4) make_context(argv[2], argv[3]);
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t server;
  uv_tcp_init(loop, &server);
  sockaddr_in address;
  uv_ip4_addr("127.0.0.1", atoi(argv[1]), &address);
  uv_tcp_bind(&server, reinterpret_cast<sockaddr*>(&address), 0);
  if (int status = uv_listen(reinterpret_cast<uv_stream_t*>(&server), 1024, on_connection))
    return fprintf(stderr, "listen: %s\n", uv_strerror(status)), 1;
  return uv_run(loop, UV_RUN_DEFAULT);
}
