// libFuzzer: what a client may send to an HTTP/2 server. Byte 0 chooses in what pieces it comes, byte 1 what the
// server's program does meanwhile, the rest is the wire, the preface left out.
#include <stdlib.h>

#include "runtime/io/limits.h"
#include "tests/http2_conversation.h"

namespace {

using namespace valk_test;

void require(bool holds) {
  if (!holds) abort();
}

/// What a program may do to a stream at any time.
void act(Server* server, ValkServerExchange* x, unsigned choice) {
  switch (choice % 8) {
    case 0:
    case 1:
      if (!x->responded && x->has_headers) server->respond(x, std::string(3000, 'd'), choice & 8);
      return;
    case 2:
      x->upload.copy("more");
      return valk_http2_resume(server->session, x);
    case 3:
      x->upload_ended = true;
      return valk_http2_resume(server->session, x);
    case 4:
      return valk_http2_reset(server->session, x, NGHTTP2_CANCEL);
    case 5:
      x->drops_body = true;
      return valk_http2_consume(server->session, x, x->unconsumed);
    default:
      return valk_http2_consume(server->session, x, x->unconsumed / 2);
  }
}

/// What must hold whatever a client sends.
void check(const Server& server) {
  size_t open = 0, held = 0;
  for (const auto& x : server.exchanges) {
    open += !x->closed;
    held += x->unconsumed;
    require(x->unconsumed <= valk_limit_server_stream_window);
    require(x->request.bytes() <= server.limits.header_bytes);
    require(x->request.size() <= server.limits.header_fields);
  }
  require(open <= server.limits.streams);
  require(held <= valk_limit_server_connection_window);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  size_t piece = data[0] ? data[0] : SIZE_MAX;
  std::minstd_rand random(data[1] + 1u);
  std::string wire(reinterpret_cast<const char*>(data + 2), size - 2);
  Server server;
  server.feed(hello());
  for (size_t at = 0; at < wire.size(); at += piece < wire.size() ? piece : wire.size()) {
    server.feed(wire.substr(at, piece));
    if (random() % 4 == 0) server.now += kSecond;
    if (!server.exchanges.empty())
      act(&server, server.exchanges[random() % server.exchanges.size()].get(), random());
    output(server.session);
    check(server);
  }
  return 0;
}
