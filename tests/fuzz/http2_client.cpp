// libFuzzer: what a server may send to the HTTP/2 client while it has requests of all kinds under way. Byte 0
// chooses in what pieces it comes, byte 1 what the client's program does meanwhile, the rest is the wire.
#include <stdlib.h>

#include "runtime/io/limits.h"
#include "tests/http2_conversation.h"

namespace {

using namespace valk_test;

constexpr size_t kLongestBody = 100000;

void require(bool holds) {
  if (!holds) abort();
}

std::unique_ptr<ValkExchange> start(Client* client, unsigned kind) {
  auto x = client->request(kind % 3 == 0 ? "HEAD" : kind % 3 == 1 ? "POST" : "GET", "/");
  x->consumes_at_once = kind & 4;
  x->longest_body = kLongestBody;
  x->has_upload = kind % 3 == 1;
  x->upload_ended = kind & 8;
  x->upload.copy(std::string(x->has_upload ? 3000 : 0, 'u'));
  require(client->submit(x.get()));
  return x;
}

/// What a program may do to a request at any time.
void act(Client* client, ValkExchange* x, unsigned choice) {
  switch (choice % 6) {
    case 0:
      x->upload_ended = true;
      return valk_http2_resume(client->session, x);
    case 1:
      return valk_http2_reset(client->session, x, NGHTTP2_CANCEL);
    default:
      return valk_http2_consume(client->session, x, x->unconsumed / 2);
  }
}

void check(const ValkExchange& x) {
  require(x.body.size() <= kLongestBody);
  require(x.headers.bytes() <= valk_limit_response_headers);
  require(x.trailers.bytes() <= valk_limit_response_trailers);
  require(!x.ended || x.has_headers);
  require(!x.has_headers || (x.status >= 200 && x.status <= 999));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  size_t piece = data[0] ? data[0] : SIZE_MAX;
  std::minstd_rand random(data[1] + 1u);
  std::string wire(reinterpret_cast<const char*>(data + 2), size - 2);
  Client client;
  std::vector<std::unique_ptr<ValkExchange>> exchanges;
  for (unsigned kind = 0; kind < 16; kind++) exchanges.push_back(start(&client, kind));
  output(client.session);
  for (size_t at = 0; at < wire.size(); at += piece < wire.size() ? piece : wire.size()) {
    client.feed(wire.substr(at, piece));
    act(&client, exchanges[random() % exchanges.size()].get(), random());
    output(client.session);
    for (const auto& x : exchanges) check(*x);
  }
  return 0;
}
