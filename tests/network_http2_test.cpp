// The HTTP/2 client against a real peer: exchanges, multiplexing, and every way in which they fail.
#include "tests/network_http2.h"

namespace {

using namespace valk_test;

// ---- exchanges ----------------------------------------------------------------------------------

TEST_F(Http2, GetsAWholeResponse) {
  open_plain();
  ValkOpId op = get("/hello");
  ASSERT_EQ(wait(op), End::kValue) << error_message(op);
  EXPECT_EQ(status(op), 200);
  EXPECT_EQ(body(op), "hello");
  EXPECT_EQ(header(op, "Content-Type"), "text/plain");
  EXPECT_EQ(header(op, "x-twice"), "a, b");
  EXPECT_EQ(header(op, "x-absent"), "(none)");
}

TEST_F(Http2, GetsOverTls) {
  open("server", {option(":ca-file", certificate("ca.pem"))});
  ValkOpId op = get("/hello");
  wait(op);
  EXPECT_EQ(body(op), "hello");
}

TEST_F(Http2, GetsOverTls12AndByName) {
  ValkOpId op = connect("tls-1.2", {option(":ca-file", certificate("ca.pem"))}, "localhost");
  ASSERT_EQ(wait(op), End::kValue) << error_message(op);
  base[kClient] = value_of(op);
  op = get("/hello");
  wait(op);
  EXPECT_EQ(body(op), "hello");
}

TEST_F(Http2, ResumesTlsSessionsOfWhatWasVerifiedTheSameWay) {
  for (const char* peer : {"server", "tls-1.2"}) {
    for (const char* resumed : {"false", "true"}) {
      open(peer, {option(":ca-file", certificate("ca.pem")), option(":server-name", "127.0.0.1")});
      ValkOpId op = get("/resumed");
      wait(op);
      EXPECT_EQ(body(op), resumed) << peer;
      valk_http2_close(machine(), machine()->sp, base[kClient]);
    }
    expect_error(connect(peer, {}), ":tls", "", "unknown CA");
  }
}

TEST_F(Http2, SendsBodyAndHeaders) {
  open_plain();
  request("POST", "/echo");
  add_header("X-Given", "value");
  set_body("a body");
  ValkOpId op = send();
  wait(op);
  EXPECT_EQ(body(op), "a body");
  EXPECT_EQ(header(op, "x-given"), "value");
  EXPECT_EQ(header(op, "x-length"), "6");
  EXPECT_EQ(header(op, "x-method"), "POST");
}

TEST_F(Http2, LargeBodiesBothWaysOverTls) {
  open("server", {option(":ca-file", certificate("ca.pem"))});
  std::string large(5000000, 'z');
  request("POST", "/echo");
  set_body(large);
  ValkOpId op = send();
  wait(op);
  EXPECT_EQ(body(op), large);
}

TEST_F(Http2, BodyBeyondTheWindows) {
  open_plain();
  ValkOpId op = get("/bytes/40000000");
  wait(op);
  EXPECT_EQ(body(op).size(), 40000000u);
}

TEST_F(Http2, EmptyInformationalEarlyAndTrailers) {
  open_plain();
  ValkOpId empty = get("/empty"), informed = get("/information"), trailers = get("/trailers");
  request("POST", "/early");
  set_body(std::string(3000000, 'q'));
  ValkOpId early = send();
  ValkOpId missing = get("/nowhere");
  for (ValkOpId op : {empty, informed, trailers, early, missing}) wait(op);
  EXPECT_EQ(status(empty), 204);
  EXPECT_EQ(body(empty), "");
  EXPECT_EQ(body(informed), "informed");
  EXPECT_EQ(header(informed, "link"), "(none)");
  EXPECT_EQ(body(trailers), "with trailers");
  Value list = valk_http2_response_trailers(machine(), machine()->sp, value_of(trailers));
  EXPECT_EQ(text(valk_head(valk_head(list))), "x-sum");
  EXPECT_EQ(status(early), 413);
  EXPECT_EQ(body(early), "too much");
  EXPECT_EQ(status(missing), 404);
}

TEST_F(Http2, ManyExchangesShareTheConnection) {
  open_plain();
  std::vector<ValkOpId> ops;
  for (int i = 0; i < 500; i++) ops.push_back(get(i % 5 ? "/hello" : "/slow"));
  for (int i = 0; i < 500; i++) {
    wait(ops[i]);
    EXPECT_EQ(body(ops[i]), i % 5 ? "hello" : "slow");
  }
}

TEST_F(Http2, StreamsBeyondThePeersLimitWait) {
  open("few-streams", {option(":tls", 0)});
  std::vector<ValkOpId> ops;
  for (int i = 0; i < 12; i++) ops.push_back(get("/slow"));
  for (ValkOpId op : ops) {
    wait(op);
    EXPECT_EQ(body(op), "slow");
  }
  ValkOpId statistics = get("/statistics");
  wait(statistics);
  EXPECT_EQ(body(statistics), "most 3 resets 0");
}

TEST_F(Http2, StreamedBodyArrivesInPieces) {
  open_plain();
  request("GET", "/drip");
  ValkOpId op = send(valk_http2_send_stream);
  ASSERT_EQ(wait(op), End::kValue) << error_message(op);
  EXPECT_EQ(status(op), 200);
  std::string all;
  int pieces = 0;
  for (;;) {
    ValkOpId piece = read_body(value_of(op));
    ASSERT_EQ(wait(piece), End::kValue) << error_message(piece);
    if (value_of(piece) == VALK_NIL) break;
    all += text(value_of(piece));
    pieces++;
  }
  EXPECT_EQ(all, "dropdropdropdropdrop");
  EXPECT_GT(pieces, 1);
  ValkOpId again = read_body(value_of(op));
  EXPECT_EQ(value_of(again), VALK_NIL);
}

TEST_F(Http2, UnreadStreamHoldsThePeerBack) {
  open_plain();
  request("GET", "/bytes/20000000");
  ValkOpId op = send(valk_http2_send_stream);
  ASSERT_EQ(wait(op), End::kValue);
  turn_for(100);
  size_t total = 0, longest = 0;
  for (;;) {
    ValkOpId piece = read_body(value_of(op));
    ASSERT_EQ(wait(piece), End::kValue) << error_message(piece);
    if (value_of(piece) == VALK_NIL) break;
    longest = std::max(longest, text(value_of(piece)).size());
    total += text(value_of(piece)).size();
  }
  EXPECT_EQ(total, 20000000u);
  EXPECT_LE(longest, size_t{1} << 20);
}

// ---- failures -----------------------------------------------------------------------------------

TEST_F(Http2, RefusedConnection) {
  Value* sp = machine()->sp;
  sp[0] = string("127.0.0.1");
  sp[1] = VALK_FIX(1);
  expect_error(start(valk_http2_connect, 2), ":io", "ECONNREFUSED", "refused");
}

TEST_F(Http2, UnknownName) {
  ValkOpId op = connect("plain", {option(":tls", 0)}, "does-not-exist.invalid");
  EXPECT_EQ(wait(op), End::kError);
  EXPECT_EQ(error_kind(op), ":dns");
  EXPECT_NE(error_message(op).find("does-not-exist.invalid"), std::string::npos);
}

TEST_F(Http2, CertificatesThatAreNoGood) {
  expect_tls_error("expired", "has expired");
  expect_tls_error("not-yet", "not yet valid");
  expect_tls_error("wrong-host", "another host");
  expect_tls_error("wrong-usage", "usage");
  expect_tls_error("unknown-ca", "unknown CA");
  expect_tls_error("by-server", "issuer is not a CA");
  expect_tls_error("self-signed", "self-signed");
}

TEST_F(Http2, TheSystemsStoreDoesNotKnowTheTestCa) {
  expect_error(connect("server", {}), ":tls", "", "unknown CA");
}

TEST_F(Http2, ServerNameIsWhatIsVerified) {
  ValkOpId op = connect("wrong-host", {option(":ca-file", certificate("ca.pem")),
                                       option(":server-name", "elsewhere.test")});
  EXPECT_EQ(wait(op), End::kValue) << error_message(op);
}

TEST_F(Http2, HandshakesThatFail) {
  expect_tls_error("tls-1.1", "protocol version");
  expect_tls_error("no-alpn", "ALPN");
  expect_tls_error("other-alpn", "ALPN");
  expect_tls_error("closes-in-handshake", "during the TLS handshake");
  expect_tls_error("garbage", "does not speak TLS");
  expect_error(connect("server", {option(":ca-file", "/does/not/exist.pem")}), ":tls", "",
               "/does/not/exist.pem");
}

TEST_F(Http2, ClientCertificates) {
  ValkOpId with = connect("wants-client", {option(":ca-file", certificate("ca.pem")),
                                           option(":cert-file", certificate("client.pem")),
                                           option(":key-file", certificate("client.key"))});
  EXPECT_EQ(wait(with), End::kValue) << error_message(with);
  expect_tls_error("wants-client", "certificate");
}

TEST_F(Http2, VerificationCanBeSkippedWithAWarning) {
  testing::internal::CaptureStderr();
  ValkOpId op = connect("self-signed", {option(":insecure-skip-verify", 1)});
  EXPECT_EQ(wait(op), End::kValue);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("not verified"), std::string::npos);
}

TEST_F(Http2, PeersThatDoNotSpeakHttp2) {
  ValkOpId old = connect("http-1", {option(":tls", 0)});
  EXPECT_EQ(wait(old), End::kError);
  expect_error(connect("garbage", {option(":tls", 0)}), ":http2", "PROTOCOL_ERROR",
               "does not speak HTTP/2");
  ValkOpId op = connect("closes", {option(":tls", 0)});
  EXPECT_EQ(wait(op), End::kError);
}

TEST_F(Http2, ConnectTimesOut) {
  expect_error(connect("accepts", {option(":connect-timeout-ms", 30)}), ":timeout", "", "30 ms");
  expect_error(connect("accepts", {option(":tls", 0), option(":connect-timeout-ms", 30)}),
               ":timeout", "", "SETTINGS");
}

TEST_F(Http2, ResetsAndLostConnections) {
  open_plain();
  expect_error(get("/reset"), ":http2", "REFUSED_STREAM", "reset");
  expect_error(get("/reset-in-body"), ":http2", "INTERNAL_ERROR", "reset");
  expect_error(get("/short"), ":http2", "PROTOCOL_ERROR", "broke the protocol");
  expect_error(get("/drop"), ":http2", "CONNECTION_LOST", "closed the connection");
  expect_hello();
}

TEST_F(Http2, ARefusedRequestIsSentAgain) {
  open_plain();
  request("POST", "/refuse-once?x=send");
  set_body(std::string(10000, 'b'));
  ValkOpId op = send();
  wait(op);
  EXPECT_EQ(body(op), "accepted");
}

TEST_F(Http2, ARequestThatGoawayExcludesIsSentOnAnotherConnection) {
  open_plain();
  ValkOpId slow = get("/slow");
  request("POST", "/leave-once?x=send");
  set_body("a body");
  ValkOpId op = send();
  ValkOpId late = get("/hello");
  for (ValkOpId each : {slow, op, late}) wait(each);
  EXPECT_EQ(body(slow), "slow");
  EXPECT_EQ(body(op), "a body");
  EXPECT_EQ(body(late), "hello");
}

TEST_F(Http2, TheConnectionThatReplacesALostOneIsClosedWithTheClient) {
  open_plain();
  expect_error(get("/drop"), ":http2", "CONNECTION_LOST", "closed the connection");
  expect_hello();
  ValkOpId in_flight = get("/silent");
  turn_for(20);
  valk_http2_close(machine(), machine()->sp, base[kClient]);
  expect_error(in_flight, ":closed", "", "closed");
  expect_error(get("/hello"), ":closed", "", "closed");
}

TEST_F(Http2, GoawayWithAnError) {
  open_plain();
  ValkOpId op = get("/goaway");
  EXPECT_EQ(wait(op), End::kError);
  EXPECT_EQ(error_kind(op), ":http2") << error_message(op);
}

TEST_F(Http2, GoawayLetsTheLastOneEnd) {
  open_plain();
  ValkOpId last = get("/leave");
  wait(last);
  EXPECT_EQ(body(last), "last");
  expect_hello();
}

TEST_F(Http2, Timeouts) {
  open("plain",
       {option(":tls", 0), option(":headers-timeout-ms", 40), option(":idle-timeout-ms", 60)});
  expect_error(get("/silent"), ":timeout", "", "40 ms");
  expect_error(get("/stalls"), ":timeout", "", "60 ms");
  ValkOpId op = get("/hello");
  wait(op);
  EXPECT_EQ(body(op), "hello");
  ValkOpId statistics = get("/statistics");
  wait(statistics);
  EXPECT_EQ(body(statistics), "most 1 resets 2");
  turn_for(150);
  expect_hello();  // on another connection
}

TEST_F(Http2, TotalTimeout) {
  open("plain", {option(":tls", 0), option(":timeout-ms", 30)});
  expect_error(get("/silent"), ":timeout", "", "30 ms");
}

TEST_F(Http2, HeadersBeyondTheLimit) {
  open_plain();
  expect_error(get("/headers/40000"), ":limit", "", "header");
  ValkOpId op = get("/headers/1000");
  wait(op);
  EXPECT_EQ(header(op, "x-long").size(), 1000u);
}

// ---- closing and cancelling ---------------------------------------------------------------------

TEST_F(Http2, UseAfterClose) {
  open_plain();
  ValkOpId in_flight = get("/silent");
  valk_http2_close(machine(), machine()->sp, base[kClient]);
  valk_http2_close(machine(), machine()->sp, base[kClient]);
  expect_error(in_flight, ":closed", "", "closed");
  expect_error(get("/hello"), ":closed", "", "closed");
}

TEST_F(Http2, CancelledSendResetsTheStream) {
  open_plain();
  ValkOpId op = get("/silent");
  turn_for(20);
  cancel(valk_http2_send_cancel, op);
  ValkOpId statistics = get("/statistics");
  wait(statistics);
  EXPECT_EQ(body(statistics), "most 1 resets 1");
}

TEST_F(Http2, CancelledBeforeItWasSent) {
  open("few-streams", {option(":tls", 0)});
  std::vector<ValkOpId> ops;
  for (int i = 0; i < 6; i++) ops.push_back(get("/slow"));
  cancel(valk_http2_send_cancel, ops[5]);
  for (int i = 0; i < 5; i++) wait(ops[i]);
  EXPECT_EQ(body(ops[4]), "slow");
}

TEST_F(Http2, CancelledConnectCloses) {
  ValkOpId op = connect("accepts", {option(":tls", 0)});
  turn_for(10);
  cancel(valk_http2_connect_cancel, op);
  EXPECT_FALSE(valk_loop_turn(machine(), true) && valk_loop_turn(machine(), true) &&
               valk_loop_turn(machine(), true));
  ValkOpId at_once = connect("server", {}, "localhost");
  cancel(valk_http2_connect_cancel, at_once);
}

TEST_F(Http2, CancelledReaderCanBeFollowedByAnother) {
  open_plain();
  request("GET", "/stalls");
  ValkOpId op = send(valk_http2_send_stream);
  ASSERT_EQ(wait(op), End::kValue);
  ValkOpId first = read_body(value_of(op));
  EXPECT_EQ(wait(first), End::kValue);
  ValkOpId second = read_body(value_of(op));
  expect_error(read_body(value_of(op)), ":closed", "", "under way");
  cancel(valk_http2_body_read_cancel, second);
  ValkOpId third = read_body(value_of(op));
  turn_for(20);
  EXPECT_EQ(end_of(third), End::kPending);
  valk_http2_close(machine(), machine()->sp, base[kClient]);
  expect_error(third, ":closed", "", "closed");
}

TEST_F(Http2, LispThatRunsAtADeliveryMayCloseAndSend) {
  open_plain();
  ValkOpId first = get("/hello"), second = get("/slow"), third = 0;
  on_end(first, [&] {
    third = get("/hello");
    EXPECT_EQ(wait(third), End::kValue);
    valk_http2_close(machine(), machine()->sp, base[kClient]);
  });
  expect_error(second, ":closed", "", "closed");
  EXPECT_EQ(body(first), "hello");
}

TEST_F(Http2, TheProgramMayEndWithEverythingUnderWay) {
  open_plain();
  get("/silent");
  request("GET", "/stalls");
  ValkOpId op = send(valk_http2_send_stream);
  wait(op);
  read_body(value_of(op));
  connect("accepts", {option(":tls", 0)});
  connect("server", {}, "localhost");
}

// ---- arguments ----------------------------------------------------------------------------------

TEST_F(Http2, WrongArguments) {
  EXPECT_EQ(request("G E T", "/"), VALK_ERR);
  EXPECT_EQ(request("GET", "/a b"), VALK_ERR);
  request("GET", "/");
  EXPECT_EQ(add_header("a b", "c"), VALK_ERR);
  EXPECT_EQ(add_header("transfer-encoding", "chunked"), VALK_ERR);
  EXPECT_EQ(add_header("a", "b\r\nc: d"), VALK_ERR);
  EXPECT_EQ(error_kind(connect("plain", {option(":tsl", 0)})), ":range");
  EXPECT_EQ(error_kind(connect("plain", {option(":ca-file", 0)})), ":type");
  EXPECT_EQ(error_kind(send()), ":type");
}

}  // namespace
