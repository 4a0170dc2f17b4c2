// Both sides of HTTP/2 in one process, without sockets: what one puts out is what the other takes in, in pieces
// and at times that the test chooses.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "runtime/http2/server_session.h"
#include "runtime/http2/session_inside.h"
#include "runtime/io/limits.h"

namespace valk_test {

constexpr uint64_t kSecond = 1000000000;

inline ValkServerLimits generous_limits() {
  return {.streams = 100,
          .body = 1 << 20,
          .header_bytes = 65536,
          .header_fields = 256,
          .connections = 10,
          .per_address = 10,
          .handshake = 0,
          .headers = 0,
          .body_idle = 0,
          .write_progress = 0,
          .idle = 0,
          .stream_window = valk_limit_server_stream_window,
          .connection_window = valk_limit_server_connection_window};
}

/// A server's session with its exchanges; a test answers what has come by hand.
struct Server {
  ValkServerLimits limits = generous_limits();
  ValkHttp2Session* session = nullptr;
  std::vector<std::unique_ptr<ValkServerExchange>> exchanges;
  uint64_t now = kSecond;
  bool is_ready = false, noticed = false;

  Server() {
    static constexpr ValkServerCalls calls = {
        [](void* owner) {
          Server* s = static_cast<Server*>(owner);
          s->exchanges.push_back(std::make_unique<ValkServerExchange>());
          return s->exchanges.back().get();
        },
        [](void*, ValkServerExchange*) {},
        [](void* owner) { static_cast<Server*>(owner)->is_ready = true; },
        [](void* owner) { static_cast<Server*>(owner)->noticed = true; }};
    session = valk_server_session(&calls, this, &limits);
  }
  ~Server() { valk_http2_session_free(session); }
  Server(const Server&) = delete;

  void feed(const std::string& bytes) {
    valk_server_feed(session, bytes.data(), bytes.size(), now);
  }
  void respond(ValkServerExchange* x, const std::string& body, bool ends = true) {
    const ValkField fields[] = {{":status", "200", true, true}};
    x->has_body = true;
    x->upload.copy(body);
    x->upload_ended = ends;
    valk_server_respond(session, x, fields);
  }
};

/// A client's session.
struct Client {
  ValkHttp2Session* session = nullptr;
  bool is_ready = false, going_away = false;
  std::map<const ValkExchange*, std::pair<std::string, std::string>> wanted;  ///< method and path

  Client() {
    static constexpr ValkHttp2Owner calls = {
        [](void*, ValkExchange*) {},
        [](void* owner) { static_cast<Client*>(owner)->is_ready = true; },
        [](void* owner, uint32_t) { static_cast<Client*>(owner)->going_away = true; }};
    session = valk_http2_session_client(&calls, this);
  }
  ~Client() { valk_http2_session_free(session); }
  Client(const Client&) = delete;

  void feed(const std::string& bytes) { valk_http2_feed(session, bytes.data(), bytes.size()); }
  std::unique_ptr<ValkExchange> request(const std::string& method, const std::string& path) {
    auto x = std::make_unique<ValkExchange>();
    x->longest_body = SIZE_MAX;
    wanted[x.get()] = {method, path};
    return x;
  }
  bool submit(ValkExchange* x) {
    const auto& [method, path] = wanted[x];
    const ValkField fields[] = {
        {":method", method}, {":scheme", "http"}, {":authority", "localhost"}, {":path", path}};
    return valk_http2_submit(session, x, fields);
  }
};

/// Keeps what a session says, up to a limit.
class Page : public ValkHttp2Sink {
 public:
  explicit Page(size_t limit) : limit_(limit) {}
  std::string text;

  char* space(size_t* length) override {
    *length = sizeof space_;
    return space_;
  }
  void filled(size_t length) override { text.append(space_, length); }
  bool is_full() const override { return text.size() >= limit_; }

 private:
  size_t limit_;
  char space_[1000];
};

/// What a session has to say now, hardly more than the limit; "" too if it is out of memory.
inline std::string output(ValkHttp2Session* session, size_t limit = SIZE_MAX) {
  Page page(limit);
  return valk_http2_output(session, &page) ? page.text : "";
}

/// Hands bytes over in pieces of at most `piece`.
template <class Side>
void hand_over(Side* to, const std::string& bytes, size_t piece) {
  for (size_t at = 0; at < bytes.size(); at += piece) to->feed(bytes.substr(at, piece));
}

/// Lets them talk until neither has more to say.
inline void talk(Client* client, Server* server, size_t piece = SIZE_MAX) {
  for (;;) {
    std::string up = output(client->session), down = output(server->session);
    if (up.empty() && down.empty()) return;
    hand_over(server, up, piece);
    hand_over(client, down, piece);
  }
}

// Frames by hand.

inline std::string frame(uint8_t type, uint8_t flags, uint32_t stream,
                         const std::string& payload = "") {
  size_t n = payload.size();
  std::string s = {static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n),
                   static_cast<char>(type), static_cast<char>(flags)};
  for (int shift = 24; shift >= 0; shift -= 8) s += static_cast<char>(stream >> shift);
  return s + payload;
}

inline std::string number(uint32_t n) {
  std::string s;
  for (int shift = 24; shift >= 0; shift -= 8) s += static_cast<char>(n >> shift);
  return s;
}

inline std::string hello() {
  return std::string(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN) +
         frame(NGHTTP2_SETTINGS, 0, 0);
}

/// HPACK of a GET of /.
inline std::string get_fields() { return std::string("\x82\x86\x84\x41\x01x", 6); }

}  // namespace valk_test
