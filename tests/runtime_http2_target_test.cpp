// The URLs that http2/fetch has read and keeps: how many, how long ones, and that those in use stay as they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "runtime/http2/target.h"
#include "runtime/io/limits.h"

namespace {

std::string numbered(size_t i) { return "https://host:8443/item/" + std::to_string(i); }

ValkTargetUse read(const std::string& text) {
  const char* wrong = nullptr;
  ValkTargetUse target = valk_target(text, &wrong);
  EXPECT_EQ(wrong == nullptr, static_cast<bool>(target)) << text;
  return target;
}

TEST(Http2Target, TheSameUrlIsReadOnce) {
  ValkTargetUse first = read("https://example.org:8443/a?b#c");
  ValkTargetUse second = read("https://example.org:8443/a?b#c");
  EXPECT_EQ(first.get(), second.get());
  EXPECT_EQ(first.url().host, "example.org");
  EXPECT_EQ(first.url().port, 8443);
  EXPECT_EQ(first.url().path, "/a?b");
  EXPECT_NE(read("https://example.org:8443/a?b").get(), first.get());
}

TEST(Http2Target, WhatIsInUseStaysWhileOthersTakeItsPlace) {
  ValkTargetUse held = read("http://held.example/path");
  for (size_t i = 0; i < 100 * valk_limit_kept_urls; i++)
    EXPECT_EQ(read(numbered(i)).url().path, "/item/" + std::to_string(i));
  EXPECT_EQ(held.get()->users, 1u);  // the table has forgotten it
  EXPECT_EQ(held.url().authority, "held.example");
  EXPECT_FALSE(held.url().is_secure);
  EXPECT_EQ(held.url().port, 80);
}

TEST(Http2Target, OnlySoManyAreKept) {
  std::vector<ValkTarget*> found;
  size_t count = 100 * valk_limit_kept_urls, kept = 0;
  for (size_t i = 0; i < count; i++) {
    ValkTargetUse target = read(numbered(i));
    kept += target.get()->users == 2;
    found.push_back(target.get());
  }
  EXPECT_EQ(kept, count);
  std::sort(found.begin(), found.end());
  auto different = std::unique(found.begin(), found.end()) - found.begin();
  EXPECT_LE(different,
            static_cast<ptrdiff_t>(2 * valk_limit_kept_urls));  // their space is used again
}

TEST(Http2Target, LongOnesAreNotKept) {
  std::string text = "https://example.org/" + std::string(valk_limit_kept_url, 'x');
  ValkTargetUse target = read(text);
  EXPECT_EQ(target.get()->users, 1u);
  EXPECT_EQ(target.url().path.size(), valk_limit_kept_url + 1);
}

TEST(Http2Target, WhatIsNoUrlLeavesNothingBehind) {
  const char* wrong = nullptr;
  for (const char* text : {"", "x", "ftp://a/", "http://", "http://a:x/", "http://a b/"}) {
    EXPECT_FALSE(valk_target(text, &wrong));
    EXPECT_NE(wrong, nullptr);
    EXPECT_FALSE(valk_target(text, &wrong)) << text;
  }
  EXPECT_EQ(read("http://a/").url().host, "a");
}

}  // namespace
