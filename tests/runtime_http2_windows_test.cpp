// Flow control: whatever is sent, read, reset or given up, in whatever order, no byte of a window is lost.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/http2_conversation.h"

namespace {

using namespace valk_test;

/// Two sides that do things at random.
struct Talk {
  Client client;
  Server server;
  std::mt19937 random;
  std::vector<std::unique_ptr<ValkExchange>> exchanges;

  explicit Talk(uint32_t seed) : random(seed) { talk(&client, &server); }

  size_t below(size_t n) { return random() % n; }

  void open() {
    auto x = client.request("POST", "/");
    x->has_upload = true;
    x->upload_ended = false;
    x->consumes_at_once = below(2);
    x->longest_body = below(3) ? SIZE_MAX : below(100000);
    client.submit(x.get());
    exchanges.push_back(std::move(x));
  }
  void act_as_client(ValkExchange* x) {
    switch (below(8)) {
      case 0:
      case 1:
        x->upload.copy(std::string(below(200000), 'u'));
        return valk_http2_resume(client.session, x);
      case 2:
        x->upload_ended = true;
        return valk_http2_resume(client.session, x);
      case 3:
        return valk_http2_reset(client.session, x, NGHTTP2_CANCEL);
      default:
        return valk_http2_consume(client.session, x, below(x->unconsumed + 1));
    }
  }
  void act_as_server(ValkServerExchange* x) {
    switch (below(10)) {
      case 0:
        if (!x->responded && x->has_headers)
          server.respond(x, std::string(below(200000), 'd'), false);
        return;
      case 1:
      case 2:
        x->upload.copy(std::string(below(200000), 'd'));
        return valk_http2_resume(server.session, x);
      case 3:
        x->upload_ended = true;
        return valk_http2_resume(server.session, x);
      case 4:
        return valk_http2_reset(server.session, x, NGHTTP2_CANCEL);
      case 5:
        x->drops_body = true;
        return valk_http2_consume(server.session, x, x->unconsumed);
      default:
        return valk_http2_consume(server.session, x, below(x->unconsumed + 1));
    }
  }
  /// One of the latest: the earlier ones have ended.
  template <class Exchanges>
  auto* any(const Exchanges& all) {
    size_t latest = std::min<size_t>(all.size(), 40);
    return all[all.size() - 1 - below(latest)].get();
  }
  void step() {
    if (below(3) == 0) open();
    if (!exchanges.empty()) act_as_client(any(exchanges));
    if (!server.exchanges.empty()) act_as_server(any(server.exchanges));
    if (below(3)) talk(&client, &server, 1 + below(20000));
    server.now += kSecond;
  }
  void end() {
    for (auto& x : exchanges) valk_http2_reset(client.session, x.get(), NGHTTP2_CANCEL);
    talk(&client, &server);
  }
  /// What one side may still send is what the other has room for.
  void expect_conserved() {
    EXPECT_EQ(nghttp2_session_get_remote_window_size(client.session->ng), room(server.session->ng));
    EXPECT_EQ(nghttp2_session_get_remote_window_size(server.session->ng), room(client.session->ng));
  }
  static int32_t room(nghttp2_session* ng) {
    return nghttp2_session_get_effective_local_window_size(ng) -
           nghttp2_session_get_effective_recv_data_length(ng);
  }
  /// Bytes that the sessions count as received and not read, against those that the exchanges hold.
  void expect_held() {
    size_t down = 0, up = 0;
    for (auto& x : exchanges) down += x->unconsumed;
    for (auto& x : server.exchanges) up += x->unconsumed;
    expect_between(client.session->ng, down);
    expect_between(server.session->ng, up);
  }
  /// WINDOW_UPDATE is put off until half a window can be given back.
  static void expect_between(nghttp2_session* ng, size_t held) {
    int64_t counted = nghttp2_session_get_effective_recv_data_length(ng);
    EXPECT_GE(counted, static_cast<int64_t>(held));
    EXPECT_LE(counted,
              static_cast<int64_t>(held) + nghttp2_session_get_effective_local_window_size(ng) / 2);
  }
};

TEST(Windows, AreConservedWhateverHappens) {
  for (uint32_t seed = 1; seed <= 4; seed++) {
    Talk t(seed);
    for (int i = 0; i < 3000; i++) {
      t.step();
      talk(&t.client, &t.server);
      t.expect_conserved();
      t.expect_held();
      if (HasFailure()) FAIL() << "seed " << seed << ", step " << i;
    }
    t.end();
    t.expect_conserved();
    t.expect_held();
    EXPECT_FALSE(valk_http2_farewell(t.server.session)) << seed;
  }
}

TEST(Windows, AReaderThatWaitsHoldsTheSenderAtTheWindow) {
  Client client;
  Server server;
  auto x = client.request("GET", "/");
  x->consumes_at_once = false;
  client.submit(x.get());
  talk(&client, &server);
  server.respond(server.exchanges[0].get(), std::string(5000000, 'd'));
  talk(&client, &server);
  size_t window = x->body.size();
  EXPECT_LT(window, 2000000u);
  valk_http2_consume(client.session, x.get(), window);
  talk(&client, &server);
  EXPECT_EQ(x->body.size(), 2 * window);
}

}  // namespace
