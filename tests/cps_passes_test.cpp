// The passes on CPS keep programs well formed and keep their meaning: on random programs, and on the
// corpus of whole programs, which the reference interpreter runs before and after.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cps/convert.h"
#include "cps/copy.h"
#include "cps/interpret.h"
#include "cps/parse.h"
#include "cps/pipeline.h"
#include "cps/print.h"
#include "cps/verify.h"
#include "frontend/frontend.h"
#include "tests/cps_random_program.h"

namespace valkc {
namespace {

std::string outcome(const Program& program) {
  InterpretOptions options;
  options.max_steps = 200'000;
  options.heap_bytes = size_t{64} << 20;
  const InterpretResult result = interpret(program, options);
  static const char* const ENDINGS[] = {"value", "error", "exit", "unsupported", "exhausted"};
  const std::string ending = ENDINGS[static_cast<int>(result.ending)];
  if (result.ending == Ending::exhausted) return ending;
  return result.output + ending + " " + std::to_string(result.status) + " " + result.message;
}

/// The first violation, or "".
std::string violation(const Program& program) {
  const std::vector<Violation> violations = verify(program);
  return violations.empty() ? "" : describe(violations.front());
}

/// The passes that golden tests and these feed with open programs.
std::vector<const Pass*> open_passes() {
  std::vector<const Pass*> result;
  for (const Pass& pass : passes())
    if ((pass.level > 0 || pass.name == "outline") && find_pass(pass.name) == &pass)
      result.push_back(&pass);
  return result;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> files_below(const char* folder) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path root = std::filesystem::path(VALKYRIA_SOURCE_DIR) / folder;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().extension() == ".valk") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// A program of the corpus, in Core.
struct Compiled {
  SourceMap sources;
  Diagnostics diagnostics;
  CoreProgram core;

  explicit Compiled(const std::filesystem::path& path) {
    FrontendOptions options;
    options.main_path = path.string();
    for (const auto& file : files_below("runtime/lib"))
      options.library.push_back({file.filename().string(), read_file(file)});
    core = compile_frontend(sources, diagnostics, options);
  }
};

/// Of so few terms that what bounds the size of functions has something to do.
constexpr size_t SMALL_FUNCTION = 12;

class RandomPrograms : public testing::TestWithParam<const Pass*> {};

TEST_P(RandomPrograms, StayWellFormed) {
  for (uint32_t seed = 1; seed <= 300; seed++) {
    Program program;
    RandomProgram(program, seed).build();
    const std::string text = print_program(program);
    if (seed % 2 == 0) program.max_function_size = SMALL_FUNCTION;
    GetParam()->run(program);
    ASSERT_EQ(violation(program), "") << "seed " << seed << "\n" << text << print_program(program);
  }
}

std::string pass_name(const testing::TestParamInfo<const Pass*>& info) {
  return std::string(info.param->name);
}

INSTANTIATE_TEST_SUITE_P(CpsPasses, RandomPrograms, testing::ValuesIn(open_passes()), pass_name);

class Corpus : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Corpus, KeepsItsMeaning) {
  Compiled compiled(GetParam());
  if (compiled.diagnostics.has_errors()) GTEST_SKIP() << "does not compile";
  const std::unique_ptr<Program> program = convert_to_cps(compiled.core);
  const std::string before = outcome(*program);
  PassOptions options;
  options.verify = true;
  for (const Pass& pass : passes()) {
    options.only = {std::string(pass.name)};
    if (pass.name == "outline") program->max_function_size = SMALL_FUNCTION;
    const PipelineResult result = run_passes(*program, options);
    ASSERT_TRUE(result.is_ok()) << result.broken_by << ": " << describe(result.violations.front());
    ASSERT_EQ(outcome(*program), before) << "after " << pass.name;
  }
}

std::string file_name(const testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  for (char& c : name)
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  return info.param.parent_path().filename().string() + "_" + name;
}

INSTANTIATE_TEST_SUITE_P(CpsPasses, Corpus, testing::ValuesIn(files_below("lit-tests/programs")),
                         file_name);

TEST(CpsCopy, GivesAnEqualProgramWithNamesOfItsOwn) {
  for (uint32_t seed = 1; seed <= 200; seed++) {
    Program program;
    RandomProgram(program, seed).build();
    const std::string before = print_program(program);
    for (Fun*& f : program.top_level) {
      Fun* copy = Copier(program).copy_fun(*f);
      f->body = copy->body;  // the original goes, so that no name is bound twice
      f->params = copy->params;
      f->rest = copy->rest;
      f->ret = copy->ret;
      std::swap(f->self, copy->self);
      Copier again(program);
      again.replace(copy, f);
      f->body = again.copy(f->body);
    }
    ASSERT_EQ(violation(program), "") << "seed " << seed << "\n" << before;
  }
}

}  // namespace
}  // namespace valkc
