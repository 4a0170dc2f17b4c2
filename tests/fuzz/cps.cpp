// libFuzzer: any bytes, parsed as printed IR. What parses and keeps the rules of the IR is printed to a text that
// parses to the same, and keeps the rules through every pass.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <string>

#include "cps/parse.h"
#include "cps/pipeline.h"
#include "cps/print.h"
#include "cps/verify.h"

namespace {

using namespace valkc;

/// False if the text is no program that keeps the rules.
bool parse(const std::string& text, SourceMap& sources, Program& program) {
  Diagnostics diagnostics;
  const uint32_t file = sources.add("input.cps", text);
  return parse_program(sources, file, diagnostics, program) && verify(program).empty();
}

void check_printing(const Program& program) {
  SourceMap sources;
  Program again;
  const std::string text = print_program(program);
  if (!parse(text, sources, again) || print_program(again) != text) {
    fprintf(stderr, "does not read back:\n%s", text.c_str());
    abort();
  }
}

void check_passes(Program& program) {
  PassOptions options;
  options.verify = true;
  const PipelineResult result = run_passes(program, options);
  if (result.is_ok()) return;
  fprintf(stderr, "%s: %s\n", result.broken_by.c_str(), describe(result.violations[0]).c_str());
  abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  SourceMap sources;
  Program program;
  if (!parse(std::string(reinterpret_cast<const char*>(bytes), size), sources, program)) return 0;
  check_printing(program);
  if (program.stage == Stage::cps) check_passes(program);
  return 0;
}
