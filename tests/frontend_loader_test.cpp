// `load`: which files are read, in what order, and what is said of files that cannot be.
#include "frontend/loader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/frontend_testing.h"

namespace valkc {
namespace {

namespace fs = std::filesystem;
using Places = std::vector<std::string>;

/// A directory of its own for each test, removed afterwards.
class LoaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = fs::path(::testing::TempDir()) / ("valkc_loader_" + name);
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  void compile(const std::string& main, std::vector<std::string> include_dirs = {}) {
    FrontendOptions options;
    options.main_path = (root_ / main).string();
    for (const std::string& dir : include_dirs) {
      options.include_dirs.push_back((root_ / dir).string());
    }
    program_ = compile_frontend(sources_, diagnostics_, options);
  }

  std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const std::string& file : program_.files) {
      out.push_back(fs::path(file).lexically_relative(root_).string());
    }
    return out;
  }

  fs::path root_;
  SourceMap sources_;
  Diagnostics diagnostics_;
  CoreProgram program_;
};

TEST_F(LoaderTest, SplicesAFileOnce) {
  write("main.valk", "(load \"lib/a.valk\") (load \"lib/b.valk\") (print a b)");
  write("lib/a.valk", "(load \"b.valk\") (def {a} (+ b 1))");
  write("lib/b.valk", "(def {b} 1)");
  compile("main.valk");
  EXPECT_EQ(render_text(diagnostics_, sources_, false), "");
  EXPECT_EQ(files(), (std::vector<std::string>{"main.valk", "lib/a.valk", "lib/b.valk"}));
  EXPECT_EQ(print_core(program_, sources_),
            "(define-constant b 1)\n(define a (call prim:+ b 1))\n(call prim:print a b)\n");
}

TEST_F(LoaderTest, SearchesTheIncludeDirectories) {
  write("main.valk", "(load \"x.valk\") (x)");
  write("inc/x.valk", "(fun {x} {1})");
  compile("main.valk", {"nowhere", "inc"});
  EXPECT_FALSE(diagnostics_.has_errors());
}

TEST_F(LoaderTest, MacrosOfALoadedFileHoldAfterIt) {
  write("main.valk", "(load \"m.valk\") (twice (print 1))");
  write("m.valk", "(def {twice} (macro {e} {(do e e)}))");
  compile("main.valk");
  EXPECT_FALSE(diagnostics_.has_errors()) << render_text(diagnostics_, sources_, false);
}

TEST_F(LoaderTest, ReportsMissingFilesAndCycles) {
  write("main.valk", "(load \"none.valk\")\n(load \"a.valk\")");
  write("a.valk", "(load \"main.valk\")");
  compile("main.valk");
  EXPECT_EQ(places(diagnostics_, sources_), (Places{"1:7 VK0400", "1:7 VK0401"}));
  EXPECT_EQ(diagnostics_.all()[1].notes.size(), 1u);
}

TEST_F(LoaderTest, ReportsAMainFileThatCannotBeRead) {
  compile("none.valk");
  EXPECT_EQ(diagnostics_.error_count(), 1u);
}

}  // namespace
}  // namespace valkc
