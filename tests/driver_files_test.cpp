// Files, depfiles and content hashes of the driver.
#include "driver/files.h"

#include <gtest/gtest.h>

#include "driver/hash.h"
#include "driver/process.h"

namespace valkc {
namespace {

TEST(Files, MakeRulesEscapeWhatMakeCaresAbout) {
  EXPECT_EQ(make_rule({"a b", "c$d"}, {"x#y.valk", "z.valk"}),
            "a\\ b c$$d: \\\n  x\\#y.valk \\\n  z.valk\n");
}

TEST(Files, WhatCannotBeReadIsNamed) {
  try {
    read_file("/no/such/file");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_STREQ(error.what(), "cannot read `/no/such/file`: No such file or directory");
  }
}

TEST(Files, BytesGoThroughUnchanged) {
  const TempDir dir;
  const std::string path = dir.path() + "/bytes", bytes("a\0b\r\n\xff", 6);
  write_if_changed(path, bytes);
  EXPECT_EQ(read_file(path), bytes);
}

TEST(Files, StemDropsFolderAndLastSuffix) {
  EXPECT_EQ(stem("src/main.test.valk"), "main.test");
  EXPECT_EQ(stem("main"), "main");
}

TEST(Hash, IsFnv1aOverTextAndLength) {
  EXPECT_EQ(hash_of("").size(), 32u);
  EXPECT_NE(hash_of("a"), hash_of("b"));
  ContentHash one, other;
  one.add("ab");
  one.add("c");
  other.add("a");
  other.add("bc");
  EXPECT_NE(one.hex(), other.hex());
}

TEST(Process, CommandsAreShownAsAShellReadsThem) {
  EXPECT_EQ(to_shell({"g++", "-DX=a b", "it's", ""}), "g++ '-DX=a b' 'it'\\''s' ''");
}

TEST(Process, ExitStatusesAndSignalsComeBack) {
  EXPECT_EQ(run_command({"sh", "-c", "exit 3"}), 3);
  EXPECT_EQ(run_command({"sh", "-c", "kill -9 $$"}), 137);
  EXPECT_EQ(run_command({"/no/such/program"}), 127);
}

TEST(Process, TemporaryFoldersGoAway) {
  std::string path;
  {
    const TempDir dir;
    path = dir.path();
    write_file(path + "/x", "y");
  }
  EXPECT_THROW(read_file(path + "/x"), FileError);
}

}  // namespace
}  // namespace valkc
