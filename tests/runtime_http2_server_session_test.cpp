// The server's side of HTTP/2 as bytes in and bytes out, on a clock of the test's own.
#include <gtest/gtest.h>

#include "runtime/io/limits.h"
#include "tests/http2_conversation.h"

namespace {

using namespace valk_test;

/// A whole exchange with bodies both ways, in pieces of a size; gives all that came of it.
std::string converse(size_t piece) {
  Client client;
  Server server;
  auto x = client.request("POST", "/path?query");
  x->has_upload = true;
  x->upload.copy(std::string(100000, 'u'));
  client.submit(x.get());
  for (int i = 0; i < 100 && !x->closed; i++) {
    talk(&client, &server, piece);
    for (auto& s : server.exchanges) {
      valk_http2_consume(server.session, s.get(), s->unconsumed);
      if (!s->ended || s->responded) continue;
      s->trailers.add("x-last", "trailer");
      server.respond(s.get(), s->body);
    }
  }
  if (!x->ended || !x->closed || x->trailers.size() != 1) return "it did not end";
  return std::string(x->trailers.value(0)) + x->body;
}

TEST(ServerSession, AConversationIsTheSameInWhateverPieces) {
  std::string whole = converse(SIZE_MAX);
  EXPECT_EQ(whole, "trailer" + std::string(100000, 'u'));
  for (size_t piece : {1u, 2u, 9u, 10u, 1000u}) EXPECT_EQ(converse(piece), whole) << piece;
}

/// The last GOAWAY in the bytes: its error code; -1: there is none.
int farewell(const std::string& bytes) {
  int code = -1;
  for (size_t at = 0; at + 9 <= bytes.size();) {
    auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    size_t length = static_cast<size_t>(byte(0) << 16 | byte(1) << 8 | byte(2));
    if (byte(3) == NGHTTP2_GOAWAY) code = byte(9 + 7);
    at += 9 + length;
  }
  return code;
}

struct Flood {
  const char* name;
  std::string frames;
  uint64_t budget;
};

/// One connection gets so many of the frames at a time, then the seconds pass, then more of them.
int flood(const Flood& f, uint64_t first, uint64_t seconds, uint64_t then) {
  Server server;
  std::string out;
  server.feed(hello());
  for (uint64_t i = 0; i < first; i++) {
    server.feed(f.frames);
    out += output(server.session);
  }
  server.now += seconds * kSecond;
  for (uint64_t i = 0; i < then; i++) {
    server.feed(f.frames);
    out += output(server.session);
  }
  return farewell(out);
}

TEST(ServerSession, FloodsAreBudgetsThatFillUpWithTime) {
  const Flood floods[] = {
      {"PING", frame(NGHTTP2_PING, 0, 0, "12345678"), valk_limit_flood_pings},
      {"SETTINGS", frame(NGHTTP2_SETTINGS, 0, 0),
       valk_limit_flood_settings - 1},  // the first was hello's
      {"PRIORITY", frame(NGHTTP2_PRIORITY, 0, 1, number(0) + "x"), valk_limit_flood_priorities},
      {"unknown", frame(99, 0, 0, "x"), valk_limit_flood_unknown},
      {"WINDOW_UPDATE", frame(NGHTTP2_WINDOW_UPDATE, 0, 0, number(1)),
       valk_limit_flood_window_updates},
  };
  for (const Flood& f : floods) {
    EXPECT_EQ(flood(f, f.budget, 0, 0), -1) << f.name;
    EXPECT_EQ(flood(f, f.budget, 0, 1), NGHTTP2_ENHANCE_YOUR_CALM) << f.name;
    EXPECT_EQ(flood(f, f.budget, 1, valk_limit_flood_rate), -1) << f.name;
    EXPECT_EQ(flood(f, f.budget, 1, valk_limit_flood_rate + 1), NGHTTP2_ENHANCE_YOUR_CALM)
        << f.name;
  }
}

TEST(ServerSession, NothingIsReadAfterAFlood) {
  Server server;
  server.feed(hello());
  for (size_t i = 0; i <= valk_limit_flood_pings; i++)
    server.feed(frame(NGHTTP2_PING, 0, 0, "12345678"));
  server.feed(frame(NGHTTP2_HEADERS, 5, 1, get_fields()));
  EXPECT_TRUE(server.exchanges.empty());
  EXPECT_EQ(farewell(output(server.session)), NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_TRUE(valk_http2_is_over(server.session));
}

TEST(ServerSession, WhatIsUnfinishedIsKnownSinceItsFirstByte) {
  Server server;
  std::string headers = frame(NGHTTP2_HEADERS, 1, 1, get_fields());
  std::string more = frame(NGHTTP2_CONTINUATION, 0, 1), end = frame(NGHTTP2_CONTINUATION, 4, 1);
  server.feed(hello());
  EXPECT_EQ(valk_server_unfinished_since(server.session), 0u);
  uint64_t began = ++server.now;
  server.feed(headers.substr(0, 1));
  EXPECT_EQ(valk_server_unfinished_since(server.session), began);
  for (const std::string& bytes : {headers.substr(1), more, more.substr(0, 4), more.substr(4)}) {
    server.now += kSecond;
    server.feed(bytes);
    EXPECT_EQ(valk_server_unfinished_since(server.session), began);
  }
  server.feed(end);
  EXPECT_EQ(valk_server_unfinished_since(server.session), 0u);
}

TEST(ServerSession, AMalformedHeaderBlockMustEndTooAndThenOwesNothing) {
  Server server;
  server.feed(hello());
  server.feed(frame(NGHTTP2_HEADERS, 1, 1, std::string("\0\0\0", 3)));
  EXPECT_NE(valk_server_unfinished_since(server.session), 0u);
  server.feed(frame(NGHTTP2_CONTINUATION, 4, 1));
  EXPECT_EQ(valk_server_unfinished_since(server.session), 0u);
}

TEST(ServerSession, StreamsPassedOverCannotBeOpened) {
  for (uint32_t skipped : {1u, 3u, 5u, 9u}) {
    Server server;
    server.feed(hello() + frame(NGHTTP2_HEADERS, 5, 7, get_fields()) +
                frame(NGHTTP2_HEADERS, 5, 11, get_fields()));
    EXPECT_EQ(farewell(output(server.session)), -1);
    server.feed(frame(NGHTTP2_HEADERS, 5, skipped, get_fields()));
    EXPECT_EQ(farewell(output(server.session)), NGHTTP2_PROTOCOL_ERROR) << skipped;
  }
}

TEST(ServerSession, ShutsDownInTwoSteps) {
  Client client;
  Server server;
  auto x = client.request("GET", "/");
  client.submit(x.get());
  talk(&client, &server);
  valk_server_notice(server.session);
  talk(&client, &server);
  EXPECT_TRUE(client.going_away);
  EXPECT_TRUE(server.noticed);
  valk_server_refuse(server.session);
  talk(&client, &server);
  EXPECT_FALSE(valk_http2_is_over(server.session));
  server.respond(server.exchanges[0].get(), "in flight");
  talk(&client, &server);
  EXPECT_EQ(x->body, "in flight");
  EXPECT_TRUE(valk_http2_is_over(server.session));
}

/// A long response and a short one, written in two parts, to whoever takes few bytes at a time. `resets`: the
/// client gives up the long one in its midst, while a part of it waits for room.
void take_slowly(size_t limit, bool resets) {
  Client client;
  Server server;
  auto a = client.request("GET", "/long"), b = client.request("GET", "/short");
  client.submit(a.get());
  client.submit(b.get());
  talk(&client, &server);
  std::string body;
  for (int i = 0; i < 50000; i++) body += static_cast<char>('a' + i % 26);
  server.respond(server.exchanges[0].get(), body, false);
  server.respond(server.exchanges[1].get(), "short");
  for (int turn = 0; turn < 20000 && !(a->closed && b->closed); turn++) {
    client.feed(output(server.session, limit));
    if (turn == 5) {
      server.exchanges[0]->upload.copy(body);
      server.exchanges[0]->upload_ended = true;
      valk_http2_resume(server.session, server.exchanges[0].get());
    }
    if (turn == 1 && resets) valk_http2_reset(client.session, a.get(), NGHTTP2_CANCEL);
    server.feed(output(client.session));
  }
  EXPECT_EQ(b->body, "short") << limit;
  EXPECT_TRUE(a->closed);
  if (resets)
    EXPECT_FALSE(a->ended);
  else
    EXPECT_TRUE(a->ended && a->body == body + body) << limit << " " << a->body.size();
}

TEST(ServerSession, LongBodiesWaitForRoomInTheSink) {
  for (size_t limit : {1u, 900u, 4000u, 16384u, 40000u}) take_slowly(limit, false);
  for (size_t limit : {1u, 900u, 4000u}) take_slowly(limit, true);
}

}  // namespace
