// The ceiling of clients: HTTP/2 against libuv, nghttp2 and OpenSSL and nothing else. One connection, a hundred
// requests under way, each answer's status looked at, its fields and body dropped; no limits, no timers.
//
//   bare-client http|https PORT REQUESTS     prints how many had the status 200
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kStreams = 100;
constexpr size_t kRecord = 16 * 1024;
constexpr int32_t kWindow = 1 << 24;

char input[64 * 1024], plain[64 * 1024], outgoing[kRecord];
uv_tcp_t tcp;
nghttp2_session* session;
SSL* ssl;
BIO *from_peer, *to_peer;
std::string scheme, authority;
long requests, started, good, ended;

[[noreturn]] void die(const char* what) {
  fprintf(stderr, "bare-client: %s\n", what);
  exit(1);
}

struct Write {
  uv_write_t request;
  std::vector<char> bytes;
};

void write_socket(const char* bytes, size_t length) {
  uv_buf_t buffer = uv_buf_init(const_cast<char*>(bytes), static_cast<unsigned>(length));
  int written = uv_try_write(reinterpret_cast<uv_stream_t*>(&tcp), &buffer, 1);
  if (written == static_cast<int>(length)) return;
  auto write = std::make_unique<Write>();
  write->bytes.assign(bytes + (written > 0 ? written : 0), bytes + length);
  write->request.data = write.get();
  buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  uv_write(&write.release()->request, reinterpret_cast<uv_stream_t*>(&tcp), &buffer, 1,
           [](uv_write_t* request, int) {
             std::unique_ptr<Write> done(static_cast<Write*>(request->data));
           });
}

void drain_tls() {
  char* bytes;
  long length = BIO_get_mem_data(to_peer, &bytes);
  if (length > 0) write_socket(bytes, static_cast<size_t>(length));
  (void)BIO_reset(to_peer);
}

void write_plain(const char* bytes, size_t length) {
  if (length == 0) return;
  if (!ssl) return write_socket(bytes, length);
  SSL_write(ssl, bytes, static_cast<int>(length));
  drain_tls();
}

void flush() {
  size_t used = 0;
  const uint8_t* bytes;
  for (ssize_t n; (n = nghttp2_session_mem_send(session, &bytes)) > 0;) {
    size_t size = static_cast<size_t>(n);
    if (used + size > kRecord) {
      write_plain(outgoing, used);
      used = 0;
    }
    memcpy(outgoing + used, bytes, size);
    used += size;
  }
  write_plain(outgoing, used);
}

nghttp2_nv field(const char* name, const std::string& value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name)),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), strlen(name), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

void start_request() {
  static const std::string get = "GET", path = "/";
  const nghttp2_nv fields[] = {field(":method", get), field(":scheme", scheme),
                               field(":authority", authority), field(":path", path)};
  nghttp2_submit_request(session, nullptr, fields, 4, nullptr, nullptr);
  started++;
}

int on_header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_length,
              const uint8_t* value, size_t length, uint8_t, void*) {
  if (name_length == 7 && !memcmp(name, ":status", 7) && length == 3 && !memcmp(value, "200", 3))
    good++;
  return 0;
}

int on_close(nghttp2_session*, int32_t, uint32_t, void*) {
  ended++;
  if (started < requests) start_request();
  return 0;
}

void start_session() {
  nghttp2_session_callbacks* callbacks;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  nghttp2_session_client_new(&session, callbacks, nullptr);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 1);
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kWindow);
  for (int i = 0; i < kStreams && started < requests; i++) start_request();
}

void feed(const char* bytes, size_t length) {
  if (nghttp2_session_mem_recv(session, reinterpret_cast<const uint8_t*>(bytes), length) < 0)
    die("the server broke the protocol");
}

void take_tls(const char* bytes, size_t length) {
  BIO_write(from_peer, bytes, static_cast<int>(length));
  if (!SSL_is_init_finished(ssl)) SSL_do_handshake(ssl);
  drain_tls();
  if (!SSL_is_init_finished(ssl)) return;
  if (!session) start_session();
  for (int got; (got = SSL_read(ssl, plain, sizeof plain)) > 0;)
    feed(plain, static_cast<size_t>(got));
}

void on_read(uv_stream_t*, ssize_t length, const uv_buf_t*) {
  if (length < 0) die("the connection has ended");
  if (ssl)
    take_tls(input, static_cast<size_t>(length));
  else
    feed(input, static_cast<size_t>(length));
  if (session) flush();
  if (ended == requests) uv_stop(uv_default_loop());
}

void start_tls() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  ssl = SSL_new(context);
  from_peer = BIO_new(BIO_s_mem());
  to_peer = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, from_peer, to_peer);
  SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  drain_tls();
}

void on_connected(uv_connect_t*, int status) {
  if (status < 0) die(uv_strerror(status));
  uv_tcp_nodelay(&tcp, 1);
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&tcp),
      [](uv_handle_t*, size_t, uv_buf_t* buffer) { *buffer = uv_buf_init(input, sizeof input); },
      on_read);
  if (scheme == "https") return start_tls();
  start_session();
  flush();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fprintf(stderr, "usage: bare-client http|https PORT REQUESTS\n"), 2;
  scheme = argv[1];
  authority = "127.0.0.1";
  requests = atol(argv[3]);
  uv_tcp_init(uv_default_loop(), &tcp);
  sockaddr_in address;
  uv_ip4_addr("127.0.0.1", atoi(argv[2]), &address);
  uv_connect_t connect;
  uv_tcp_connect(&connect, &tcp, reinterpret_cast<sockaddr*>(&address), on_connected);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  printf("%ld\n", good);
  return good == requests ? 0 : 1;
}
