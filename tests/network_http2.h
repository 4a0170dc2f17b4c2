// What the tests of the HTTP/2 client share: a client on a peer, requests, and what came of them.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "runtime/control/operation.h"
#include "runtime/io/loop.h"
#include "runtime/value/value.h"
#include "tests/fake_control.h"
#include "tests/peer.h"

void valk_http2_connect(Vm*, Value*, Fix, ValkOpId);
void valk_http2_connect_cancel(Vm*, ValkOpId);
void valk_http2_send(Vm*, Value*, Fix, ValkOpId);
void valk_http2_send_stream(Vm*, Value*, Fix, ValkOpId);
void valk_http2_send_cancel(Vm*, ValkOpId);
void valk_http2_body_read(Vm*, Value*, Fix, ValkOpId);
void valk_http2_body_read_cancel(Vm*, ValkOpId);
void valk_http2_fetch(Vm*, Value*, Fix, ValkOpId);
Value valk_http2_request(Vm*, Value*, Value, Value, Value, Value);
Value valk_http2_request_add_header(Vm*, Value*, Value, Value, Value);
Value valk_http2_request_body(Vm*, Value*, Value, Value);
Value valk_http2_response_status(Vm*, Value*, Value);
Value valk_http2_response_body(Vm*, Value*, Value);
Value valk_http2_response_header(Vm*, Value*, Value, Value);
Value valk_http2_response_trailers(Vm*, Value*, Value);
Value valk_http2_close(Vm*, Value*, Value);

namespace valk_test {

/// Slots of the shadow stack that the tests use; operations get what lies above.
enum { kClient, kRequest, kTemporary, kFree };

struct Http2 : testing::Test {
  Value* base = nullptr;

  void SetUp() override {
    base = machine()->sp;
    for (int i = 0; i < kFree; i++) base[i] = VALK_NIL;
    machine()->sp = base + kFree;
  }
  void TearDown() override {
    machine()->sp = base;
    end_program();
  }

  ValkOpId connect(const std::string& peer, std::initializer_list<Option> options,
                   const std::string& host = "127.0.0.1") {
    Value* sp = machine()->sp;
    sp[0] = string(host);
    sp[1] = VALK_FIX(peer_port(peer));
    machine()->sp = sp + 2;
    store_options(0, options);
    machine()->sp = sp;
    return start(valk_http2_connect, 3);
  }
  /// A connected client, kept in its slot.
  void open(const std::string& peer, std::initializer_list<Option> options) {
    ValkOpId op = connect(peer, options);
    ASSERT_EQ(wait(op), End::kValue) << error_kind(op) << " " << error_message(op);
    base[kClient] = value_of(op);
  }
  void open_plain() { open("plain", {option(":tls", 0)}); }

  Value request(const std::string& method, const std::string& path) {
    Value* sp = machine()->sp;
    sp[0] = string(method);
    machine()->sp = sp + 1;
    sp[1] = string("http");
    machine()->sp = sp + 2;
    sp[2] = string("localhost");
    machine()->sp = sp + 3;
    sp[3] = string(path);
    machine()->sp = sp;
    return base[kRequest] = valk_http2_request(machine(), sp + 4, sp[0], sp[1], sp[2], sp[3]);
  }
  void set_body(const std::string& body) {
    Value b = string(body);
    valk_http2_request_body(machine(), machine()->sp, base[kRequest], b);
  }
  Value add_header(const std::string& name, const std::string& value) {
    base[kTemporary] = string(name);
    Value v = string(value);
    return valk_http2_request_add_header(machine(), machine()->sp, base[kRequest], base[kTemporary],
                                         v);
  }
  ValkOpId send(Start how = valk_http2_send) {
    machine()->sp[0] = base[kRequest];
    machine()->sp[1] = base[kClient];
    return start(how, 2);
  }
  ValkOpId get(const std::string& path) {
    request("GET", path);
    return send();
  }
  void expect_hello() {
    ValkOpId op = get("/hello");
    wait(op);
    EXPECT_EQ(body(op), "hello");
  }
  ValkOpId read_body(Value response) {
    machine()->sp[0] = response;
    return start(valk_http2_body_read, 1);
  }
  std::string body(ValkOpId op) {
    if (end_of(op) != End::kValue) return "failed: " + error_kind(op) + " " + error_message(op);
    return text(valk_http2_response_body(machine(), machine()->sp, value_of(op)));
  }
  Fix status(ValkOpId op) {
    return VALK_INT(valk_http2_response_status(machine(), machine()->sp, value_of(op)));
  }
  std::string header(ValkOpId op, const std::string& name) {
    Value n = string(name);
    Value v = valk_http2_response_header(machine(), machine()->sp, value_of(op), n);
    return v == VALK_NIL ? "(none)" : text(v);
  }
  void expect_error(ValkOpId op, const std::string& kind, const std::string& code,
                    const std::string& message) {
    EXPECT_EQ(wait(op), End::kError);
    EXPECT_EQ(error_kind(op), kind) << error_message(op);
    EXPECT_EQ(error_code(op), code) << error_message(op);
    EXPECT_NE(error_message(op).find(message), std::string::npos) << error_message(op);
  }
  void expect_tls_error(const std::string& peer, const std::string& message) {
    expect_error(connect(peer, {option(":ca-file", certificate("ca.pem"))}), ":tls", "", message);
  }
};

}  // namespace valk_test
