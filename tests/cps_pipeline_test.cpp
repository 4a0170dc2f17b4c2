// The pipeline keeps the meaning of random programs that run: the reference interpreter gives the same
// outcome before and after every prefix of it.
#include "cps/pipeline.h"

#include <gtest/gtest.h>

#include "cps/interpret.h"
#include "cps/print.h"
#include "tests/cps_runnable_program.h"

namespace valkc {
namespace {

/// Everything that a run lets one see; "" if the interpreter could not bring it to its end.
std::string outcome(const Program& program) {
  InterpretOptions options;
  options.max_steps = 50000;
  options.heap_bytes = size_t{32} << 20;
  const InterpretResult result = interpret(program, options);
  if (result.ending == Ending::exhausted || result.ending == Ending::unsupported) return "";
  return result.output + std::to_string(static_cast<int>(result.ending)) + " " + result.message;
}

/// Runs the first `count` passes; the names of those that ran, or what went wrong.
std::string run_prefix(Program& program, size_t count) {
  PassOptions options;
  options.verify = true;
  for (const Pass& pass : passes().first(count)) options.only.emplace_back(pass.name);
  if (options.only.empty()) return "";
  const PipelineResult result = run_passes(program, options);
  return result.violations.empty() ? "" : result.broken_by + ": " + describe(result.violations[0]);
}

TEST(CpsPipeline, KeepsTheMeaningOfRandomPrograms) {
  int ended = 0;
  for (uint32_t seed = 0; seed < 300; seed++) {
    Program program;
    RunnableProgram(program, seed).build();
    const std::vector<Violation> violations = verify(program);
    ASSERT_TRUE(violations.empty()) << "seed " << seed << " " << describe(violations[0]);
    const std::string expected = outcome(program);
    if (expected.empty()) continue;
    ended++;
    for (size_t count = 1; count <= passes().size(); count++) {
      Program other;
      RunnableProgram(other, seed).build();
      const std::string before = print_program(other);
      ASSERT_EQ(run_prefix(other, count), "") << "seed " << seed << "\n" << before;
      const std::string got = outcome(other);
      ASSERT_TRUE(got == expected || got.empty())
          << "seed " << seed << ", after " << passes()[count - 1].name << "\nexpected " << expected
          << "\ngot " << got << "\n"
          << before << print_program(other);
    }
  }
  EXPECT_GT(ended, 200);
}

}  // namespace
}  // namespace valkc
