// http2/fetch against a real peer: requests that share the pool's connections.
#include "tests/network_http2.h"

namespace {

using namespace valk_test;

// ---- fetch --------------------------------------------------------------------------------------

struct Fetch : Http2 {
  std::string url(const std::string& peer, const std::string& path) {
    std::string scheme = peer == "plain" ? "http" : "https";
    return scheme + "://localhost:" + std::to_string(peer_port(peer)) + path;
  }
  ValkOpId fetch(const std::string& text, std::initializer_list<Option> options = {}) {
    Value* sp = machine()->sp;
    sp[0] = string(text);
    machine()->sp = sp + 1;
    store_options(0, options);
    machine()->sp = sp;
    return start(valk_http2_fetch, 2);
  }
};

TEST_F(Fetch, SharesOneConnection) {
  std::vector<ValkOpId> ops;
  for (int i = 0; i < 20; i++) ops.push_back(fetch(url("plain", "/slow")));
  for (ValkOpId op : ops) {
    wait(op);
    EXPECT_EQ(body(op), "slow");
  }
  ValkOpId statistics = fetch(url("plain", "/statistics"));
  wait(statistics);
  EXPECT_EQ(body(statistics), "most 20 resets 0");
}

TEST_F(Fetch, OverTlsWithMethodAndBody) {
  ValkOpId op = fetch(
      url("server", "/echo?a=b#c"),
      {option(":ca-file", certificate("ca.pem")), option(":method", "PUT"), option(":body", "x")});
  wait(op);
  EXPECT_EQ(body(op), "x");
  EXPECT_EQ(header(op, "x-method"), "PUT");
  expect_error(fetch(url("server", "/hello")), ":tls", "", "unknown CA");
}

TEST_F(Fetch, ANewConnectionAfterTheLastOneWasLost) {
  EXPECT_EQ(wait(fetch(url("plain", "/drop"))), End::kError);
  ValkOpId op = fetch(url("plain", "/hello"));
  wait(op);
  EXPECT_EQ(body(op), "hello");
}

TEST_F(Fetch, WhatThePeerHasNotActedOnIsSentAgain) {
  ValkOpId first = fetch(url("plain", "/hello"));
  wait(first);
  ValkOpId refused = fetch(url("plain", "/refuse-once?x=fetch"));
  wait(refused);
  EXPECT_EQ(body(refused), "accepted");
  ValkOpId left =
      fetch(url("plain", "/leave-once?x=fetch"),
            {option(":method", "POST"), option(":body", "b"), option(":timeout-ms", 5000)});
  wait(left);
  EXPECT_EQ(body(left), "b");
}

TEST_F(Fetch, TimeoutsAndCancelling) {
  ValkOpId connecting = fetch("http://localhost:" + std::to_string(peer_port("accepts")) + "/",
                              {option(":timeout-ms", 30)});
  expect_error(connecting, ":timeout", "", "connecting");
  expect_error(fetch(url("plain", "/silent"), {option(":timeout-ms", 30)}), ":timeout", "",
               "exchange");
  ValkOpId early = fetch("http://localhost:" + std::to_string(peer_port("accepts")) + "/");
  ValkOpId late = fetch(url("plain", "/silent"));
  turn_for(20);
  cancel(valk_http2_send_cancel, early);
  cancel(valk_http2_send_cancel, late);
}

TEST_F(Fetch, FailuresReachEveryoneWhoWaits) {
  ValkOpId one = fetch("http://127.0.0.1:1/"), two = fetch("http://127.0.0.1:1/x");
  expect_error(one, ":io", "ECONNREFUSED", "refused");
  expect_error(two, ":io", "ECONNREFUSED", "refused");
}

TEST_F(Fetch, WhatIsNoUrl) {
  for (const char* text : {"ftp://a/", "http://", "http://a:b/", "http://a:99999/", "http://u@h/",
                           "http://[::1/", "/path", "http://a b/"})
    EXPECT_EQ(error_kind(fetch(text)), ":range") << text;
}

TEST_F(Fetch, TheProgramMayEndWhileItConnects) {
  fetch("http://localhost:" + std::to_string(peer_port("accepts")) + "/");
  fetch(url("plain", "/silent"));
}

}  // namespace
