// Plain connections, servers and name lookups as operations.
#include <gtest/gtest.h>

#include <vector>

#include "runtime/io/loop.h"
#include "runtime/value/value.h"
#include "tests/fake_control.h"
#include "tests/peer.h"

void valk_dns_resolve(Vm*, Value*, Fix, ValkOpId);
void valk_dns_resolve_cancel(Vm*, ValkOpId);
void valk_tcp_open(Vm*, Value*, Fix, ValkOpId);
void valk_tcp_open_cancel(Vm*, ValkOpId);
void valk_tcp_receive(Vm*, Value*, Fix, ValkOpId);
void valk_tcp_receive_cancel(Vm*, ValkOpId);
void valk_tcp_send(Vm*, Value*, Fix, ValkOpId);
void valk_tcp_send_cancel(Vm*, ValkOpId);
void valk_tcp_finish(Vm*, Value*, Fix, ValkOpId);
void valk_tcp_stop(Vm*, Value*, Fix, ValkOpId);
Value valk_tcp_serve(Vm*, Value*, Value, Value);
Value valk_tcp_server_port(Vm*, Value*, Value);
Value valk_tcp_release(Vm*, Value*, Value);

namespace {

using namespace valk_test;

Value never_called(Vm*, Value*, Value, Value, Value, Value) { return VALK_NIL; }
const ValkFn handler_function = {
    "handler", "(handler c)",
    nullptr,   1,
    0,         {never_called, never_called, never_called, never_called, never_called},
    {},        never_called,
    nullptr};
ValkStaticClosure handler = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &handler_function};

enum { kConnection, kServer, kOther, kFree };

struct Tcp : testing::Test {
  Value* base = nullptr;
  void SetUp() override {
    base = machine()->sp;
    for (int i = 0; i < kFree; i++) base[i] = VALK_NIL;
    machine()->sp = base + kFree;
  }
  void TearDown() override {
    on_spawn(nullptr);
    machine()->sp = base;
    end_program();
  }
  ValkOpId connect(const std::string& host, int port) {
    machine()->sp[0] = string(host);
    machine()->sp[1] = VALK_FIX(port);
    return start(valk_tcp_open, 2);
  }
  void open(int port) {
    ValkOpId op = connect("127.0.0.1", port);
    ASSERT_EQ(wait(op), End::kValue) << error_message(op);
    base[kConnection] = value_of(op);
  }
  ValkOpId on(int slot, Start how) {
    machine()->sp[0] = base[slot];
    return start(how, 1);
  }
  ValkOpId write(int slot, const std::string& bytes) {
    machine()->sp[0] = base[slot];
    machine()->sp++;
    Value s = string(bytes);
    machine()->sp--;
    machine()->sp[1] = s;
    return start(valk_tcp_send, 2);
  }
  std::string read_all(int slot) {
    std::string all;
    for (;;) {
      ValkOpId op = on(slot, valk_tcp_receive);
      if (wait(op) != End::kValue) return all + " failed: " + error_kind(op);
      if (value_of(op) == VALK_NIL) return all;
      all += text(value_of(op));
    }
  }
  void serve() {
    store_options(0, {option(":port", 0)});
    Value* sp = machine()->sp;
    base[kServer] = valk_tcp_serve(machine(), sp + 1, sp[0], VALK_STATIC(handler));
    ASSERT_NE(base[kServer], VALK_ERR);
  }
  int server_port() {
    return static_cast<int>(
        VALK_INT(valk_tcp_server_port(machine(), machine()->sp, base[kServer])));
  }
  void close(int slot) { valk_tcp_release(machine(), machine()->sp, base[slot]); }
};

TEST_F(Tcp, EchoAndEnd) {
  open(peer_port("echo"));
  EXPECT_EQ(wait(write(kConnection, "hello ")), End::kValue);
  EXPECT_EQ(wait(write(kConnection, "world")), End::kValue);
  EXPECT_EQ(wait(on(kConnection, valk_tcp_finish)), End::kValue);
  EXPECT_EQ(read_all(kConnection), "hello world");
  ValkOpId late = write(kConnection, "x");
  EXPECT_EQ(error_kind(late), ":closed");
}

TEST_F(Tcp, WritersWaitAboveTheHighWaterMark) {
  open(peer_port("accepts"));  // never reads
  std::string large(30000000, 'x');
  ValkOpId first = write(kConnection, large), second = write(kConnection, "y");
  turn_for(30);
  EXPECT_EQ(end_of(first), End::kPending);
  cancel(valk_tcp_send_cancel, second);
  close(kConnection);
  EXPECT_EQ(wait(first), End::kError);
  EXPECT_EQ(error_kind(first), ":closed");
}

TEST_F(Tcp, RefusedAndUnknown) {
  ValkOpId op = connect("127.0.0.1", 1);
  EXPECT_EQ(wait(op), End::kError);
  EXPECT_EQ(error_kind(op), ":io");
  EXPECT_EQ(error_code(op), "ECONNREFUSED");
  op = connect("unknown.invalid", 1);
  EXPECT_EQ(wait(op), End::kError);
  EXPECT_EQ(error_kind(op), ":dns");
  // localhost may have two addresses, and the second be the one that answers
  op = connect("localhost", peer_port("echo"));
  EXPECT_EQ(wait(op), End::kValue);
}

TEST_F(Tcp, CloseSendsWhatIsQueued) {
  std::string received;
  size_t expected = 5000000;
  serve();
  on_spawn([&](Value, Value c) { base[kOther] = c; });
  open(server_port());
  write(kConnection, std::string(expected, 'q'));
  close(kConnection);
  close(kConnection);
  while (base[kOther] == VALK_NIL) ASSERT_TRUE(valk_loop_turn(machine(), true));
  EXPECT_EQ(read_all(kOther).size(), expected);
}

TEST_F(Tcp, ServerHandlesConnectionsAndStops) {
  serve();
  std::vector<ValkOpId> writes;
  on_spawn([&](Value fn, Value c) {
    EXPECT_EQ(fn, VALK_STATIC(handler));
    base[kOther] = c;
    writes.push_back(write(kOther, "welcome"));
    close(kOther);
  });
  for (int i = 0; i < 3; i++) {
    open(server_port());
    EXPECT_EQ(read_all(kConnection), "welcome");
  }
  machine()->sp[0] = base[kServer];
  machine()->sp[1] = VALK_FIX(1000);
  ValkOpId stop = start(valk_tcp_stop, 2);
  EXPECT_EQ(wait(stop), End::kValue);
  EXPECT_EQ(writes.size(), 3u);
}

TEST_F(Tcp, StopClosesWhatOutlivesTheGrace) {
  serve();
  on_spawn([&](Value, Value c) { base[kOther] = c; });
  open(server_port());
  while (base[kOther] == VALK_NIL) ASSERT_TRUE(valk_loop_turn(machine(), true));
  ValkOpId reader = on(kOther, valk_tcp_receive);
  machine()->sp[0] = base[kServer];
  machine()->sp[1] = VALK_FIX(20);
  ValkOpId stop = start(valk_tcp_stop, 2);
  EXPECT_EQ(wait(reader), End::kError);
  close(kOther);
  EXPECT_EQ(wait(stop), End::kValue);
}

TEST_F(Tcp, PortInUse) {
  serve();
  store_options(0, {option(":port", server_port())});
  Value* sp = machine()->sp;
  EXPECT_EQ(valk_tcp_serve(machine(), sp + 1, sp[0], VALK_STATIC(handler)), VALK_ERR);
}

TEST_F(Tcp, CancelledOperations) {
  ValkOpId connecting = connect("127.0.0.1", peer_port("accepts"));
  cancel(valk_tcp_open_cancel, connecting);
  open(peer_port("echo"));
  ValkOpId reader = on(kConnection, valk_tcp_receive);
  turn_for(5);
  cancel(valk_tcp_receive_cancel, reader);
  wait(write(kConnection, "still here"));
  ValkOpId next = on(kConnection, valk_tcp_receive);
  EXPECT_EQ(wait(next), End::kValue);
  EXPECT_EQ(text(value_of(next)), "still here");
}

TEST_F(Tcp, ReaderGetsTheEndOfALostConnection) {
  open(peer_port("closes"));
  EXPECT_EQ(read_all(kConnection), "");
}

TEST_F(Tcp, ResolvesNames) {
  machine()->sp[0] = string("localhost");
  ValkOpId op = start(valk_dns_resolve, 1);
  ASSERT_EQ(wait(op), End::kValue) << error_message(op);
  std::vector<std::string> found;
  for (Value l = value_of(op); valk_is_pair(l); l = valk_tail(l))
    found.push_back(text(valk_head(l)));
  EXPECT_NE(std::find(found.begin(), found.end(), "127.0.0.1"), found.end());
  machine()->sp[0] = string("::1");
  op = start(valk_dns_resolve, 1);
  wait(op);
  EXPECT_EQ(text(valk_head(value_of(op))), "::1");
}

TEST_F(Tcp, LookupsBeyondTheBoundWaitAndCanBeCancelled) {
  std::vector<ValkOpId> ops;
  for (int i = 0; i < 60; i++) {
    machine()->sp[0] = string("localhost");
    ops.push_back(start(valk_dns_resolve, 1));
  }
  for (int i = 0; i < 60; i += 2) cancel(valk_dns_resolve_cancel, ops[i]);
  for (int i = 1; i < 60; i += 2) EXPECT_EQ(wait(ops[i]), End::kValue);
}

TEST_F(Tcp, TheProgramMayEndWithEverythingUnderWay) {
  serve();
  open(server_port());
  on(kConnection, valk_tcp_receive);
  write(kConnection, std::string(10000000, 'x'));
  connect("localhost", peer_port("accepts"));
  machine()->sp[0] = string("localhost");
  ValkOpId op = start(valk_dns_resolve, 1);
  cancel(valk_dns_resolve_cancel, op);
}

}  // namespace
