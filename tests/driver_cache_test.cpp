// The cache of `valkc run`: found while nothing changed, forgotten when anything did.
#include "driver/cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "driver/files.h"
#include "driver/process.h"

namespace valkc {
namespace {

class Cache : public testing::Test {
 protected:
  Cache() {
    setenv("XDG_CACHE_HOME", dir_.path().c_str(), 1);
    write_file(source_, "(print 1)");
  }
  ~Cache() override { unsetenv("XDG_CACHE_HOME"); }

  /// An executable as the compiler would leave it.
  std::string build(const RunCache& cache) {
    write_file(cache.fresh_path(), "#!/bin/sh\n");
    std::filesystem::permissions(cache.fresh_path(), std::filesystem::perms::owner_all);
    return cache.fresh_path();
  }

  TempDir dir_;
  std::string source_ = dir_.path() + "/main.valk";
};

TEST_F(Cache, FindsWhatItStored) {
  const RunCache cache;
  ASSERT_TRUE(cache.is_usable());
  EXPECT_EQ(cache.find("request"), "");
  const std::string kept = cache.store("request", {source_}, build(cache));
  EXPECT_EQ(cache.find("request"), kept);
  EXPECT_EQ(cache.find("another request"), "");
}

TEST_F(Cache, ForgetsWhenASourceChanges) {
  const RunCache cache;
  cache.store("request", {source_}, build(cache));
  write_file(source_, "(print 2)");
  EXPECT_EQ(cache.find("request"), "");
  write_file(source_, "(print 1)");
  EXPECT_NE(cache.find("request"), "");
}

TEST_F(Cache, ForgetsWhenASourceOrTheExecutableGoes) {
  const RunCache cache;
  const std::string kept = cache.store("request", {source_}, build(cache));
  std::filesystem::remove(kept);
  EXPECT_EQ(cache.find("request"), "");
  cache.store("request", {source_}, build(cache));
  std::filesystem::remove(source_);
  EXPECT_EQ(cache.find("request"), "");
}

TEST_F(Cache, IsNotThereWithoutAFolder) {
  setenv("XDG_CACHE_HOME", "/dev/null/nowhere", 1);
  EXPECT_FALSE(RunCache().is_usable());
}

}  // namespace
}  // namespace valkc
