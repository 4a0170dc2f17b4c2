// Failing allocations, one by one: whichever of nghttp2's fails, a conversation ends, and nothing leaks.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/http2/session_memory.h"
#include "tests/http2_conversation.h"

namespace {

using namespace valk_test;

/// Counts allocations, and lets one or all from a number on fail.
struct Memory {
  nghttp2_mem calls{this, allocate, release, allocate_zeroed, reallocate};
  size_t count = 0;
  size_t first_failure = SIZE_MAX, last_failure = SIZE_MAX;
  long live = 0;

  Memory() { valk_http2_memory = &calls; }
  ~Memory() { valk_http2_memory = nullptr; }
  Memory(const Memory&) = delete;

  bool fails() {
    count++;
    return count >= first_failure && count <= last_failure;
  }
  static Memory* from(void* m) { return static_cast<Memory*>(m); }
  static void* keep(void* m, void* made) {
    from(m)->live += made != nullptr;
    return made;
  }
  static void* allocate(size_t size, void* m) {
    return from(m)->fails() ? nullptr : keep(m, malloc(size));
  }
  static void* allocate_zeroed(size_t n, size_t size, void* m) {
    return from(m)->fails() ? nullptr : keep(m, calloc(n, size));
  }
  static void* reallocate(void* old, size_t size, void* m) {
    if (from(m)->fails()) return nullptr;
    void* made = realloc(old, size);
    if (!old) keep(m, made);
    return made;
  }
  static void release(void* old, void* m) {
    from(m)->live -= old != nullptr;
    free(old);
  }
};

/// Requests with bodies both ways, one of them reset; true if all came through.
bool converse() {
  Client client;
  Server server;
  if (!client.session || !server.session) return false;
  std::vector<std::unique_ptr<ValkExchange>> exchanges;
  for (int i = 0; i < 4; i++) {
    auto x = client.request("POST", "/some/path");
    x->has_upload = true;
    x->upload.copy(std::string(30000, 'u'));
    if (!client.submit(x.get())) return false;
    exchanges.push_back(std::move(x));
  }
  for (int i = 0; i < 20; i++) {
    talk(&client, &server);
    if (i == 0) valk_http2_reset(client.session, exchanges[3].get(), NGHTTP2_CANCEL);
    for (auto& s : server.exchanges) {
      valk_http2_consume(server.session, s.get(), s->unconsumed);
      if (!s->ended || s->responded) continue;
      s->trailers.add("x-last", "trailer");
      server.respond(s.get(), s->body);
    }
  }
  valk_http2_goodbye(client.session);
  talk(&client, &server);
  for (int i = 0; i < 3; i++)
    if (!exchanges[i]->ended || exchanges[i]->body.size() != 30000) return false;
  return true;
}

TEST(Http2Memory, EachAllocationMayFail) {
  for (bool only_one : {true, false}) {
    size_t failure = 0;
    for (bool fine = false; !fine;) {
      Memory memory;
      memory.first_failure = ++failure;
      memory.last_failure = only_one ? failure : SIZE_MAX;
      fine = converse() && memory.count < failure;
      ASSERT_EQ(memory.live, 0) << "allocation " << failure << " leaks";
    }
    EXPECT_GT(failure, 50u);
  }
}

/// Blocks hold what was asked for, whatever they were before, and do not overlap.
TEST(Http2Memory, KeptBlocksHoldWhatIsAskedFor) {
  nghttp2_mem* memory = valk_session_memory();
  if (!memory) GTEST_SKIP() << "malloc itself is used";
  for (int round = 0; round < 3; round++) {
    std::vector<char*> blocks;
    for (size_t size = 0; size < 700; size++) {
      char* block = static_cast<char*>(round == 2 ? memory->calloc(1, size, nullptr)
                                                  : memory->malloc(size, nullptr));
      for (size_t i = 0; round == 2 && i < size; i++) ASSERT_EQ(block[i], 0);
      memset(block, static_cast<int>(size), size);
      blocks.push_back(block);
    }
    for (size_t size = 0; size < 700; size++) {
      for (size_t i = 0; i < size; i++) ASSERT_EQ(blocks[size][i], static_cast<char>(size));
      blocks[size] = static_cast<char*>(memory->realloc(blocks[size], size + 100, nullptr));
      for (size_t i = 0; i < size; i++) ASSERT_EQ(blocks[size][i], static_cast<char>(size));
      memory->free(blocks[size], nullptr);
    }
  }
}

TEST(Http2Memory, AFreedBlockIsTheNextOfItsSize) {
  nghttp2_mem* memory = valk_session_memory();
  if (!memory) GTEST_SKIP() << "malloc itself is used";
  void* first = memory->malloc(100, nullptr);
  memory->free(first, nullptr);
  void* larger = memory->malloc(200, nullptr);
  void* second = memory->malloc(90, nullptr);
  EXPECT_EQ(first, second);
  memory->free(larger, nullptr);
  memory->free(second, nullptr);
}

}  // namespace
