// Connecting to hosts of several addresses, some of which refuse or say nothing.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "runtime/io/limits.h"
#include "runtime/io/tcp_race.h"
#include "tests/fake_control.h"
#include "tests/peer.h"

namespace {

using namespace valk_test;

ValkAddress address(const char* text, int port) {
  ValkAddress a{};
  bool fine = valk_read_numeric_address(text, static_cast<uint16_t>(port), &a);
  EXPECT_TRUE(fine);
  return a;
}

/// A port at which connects wait for ever: its queue of connections is full and nobody takes them.
struct Silent {
  int listener;
  std::vector<int> waiting;
  int port;

  Silent() {
    listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener, reinterpret_cast<sockaddr*>(&place), sizeof place);
    listen(listener, 0);
    socklen_t size = sizeof place;
    getsockname(listener, reinterpret_cast<sockaddr*>(&place), &size);
    port = ntohs(place.sin_port);
    for (int i = 0; i < 4; i++) {
      int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      connect(s, reinterpret_cast<sockaddr*>(&place), sizeof place);
      waiting.push_back(s);
    }
  }
  ~Silent() {
    for (int s : waiting) close(s);
    close(listener);
  }
};

struct Race : testing::Test {
  std::string end;  ///< "connected", an error's name, or "" while it goes on
  ValkTcp* tcp = nullptr;

  ValkTcpRace* start(const std::vector<ValkAddress>& addresses) {
    static constexpr ValkTcpOwner unused = {nullptr, nullptr, nullptr,
                                            nullptr, nullptr, [](void*) {}};
    static constexpr ValkTcpRaceOwner calls = {
        [](void* owner, ValkTcp* won) {
          static_cast<Race*>(owner)->end = "connected";
          static_cast<Race*>(owner)->tcp = won;
          valk_tcp_adopt(won, &unused, owner);
        },
        [](void* owner, const char* code, const char*) { static_cast<Race*>(owner)->end = code; }};
    return valk_tcp_race(addresses.data(), addresses.size(), &calls, this);
  }
  /// Its end, and whether it took as long as a head start.
  void expect(const std::vector<ValkAddress>& addresses, const std::string& expected, bool waits) {
    uint64_t began = valk_clock();
    start(addresses);
    for (int i = 0; i < 200 && end.empty(); i++) turn_for(10);
    EXPECT_EQ(end, expected);
    EXPECT_EQ(valk_clock() - began >= valk_limit_connect_attempt * uint64_t{1000000}, waits);
  }
  void TearDown() override {
    if (tcp) valk_tcp_close(tcp);
    turn_for(10);
    end_program();
  }
};

TEST_F(Race, TheFirstThatAnswersWins) {
  expect({address("127.0.0.1", peer_port("echo")), address("127.0.0.1", 1)}, "connected", false);
}

TEST_F(Race, ARefusalStartsTheNextAtOnce) {
  expect({address("::1", 1), address("127.0.0.1", 1), address("127.0.0.1", peer_port("echo"))},
         "connected", false);
}

TEST_F(Race, SilenceCostsAHeadStartAndNoMore) {
  Silent silent;
  expect({address("127.0.0.1", silent.port), address("127.0.0.1", peer_port("echo"))}, "connected",
         true);
}

TEST_F(Race, IsLostWhenAllHaveRefused) {
  expect({address("127.0.0.1", 1), address("127.0.0.1", 2)}, "ECONNREFUSED", false);
}

TEST_F(Race, CanBeCancelled) {
  Silent silent;
  valk_tcp_race_cancel(
      start({address("127.0.0.1", silent.port), address("127.0.0.1", silent.port)}));
  turn_for(20);
  EXPECT_EQ(end, "");
}

}  // namespace
