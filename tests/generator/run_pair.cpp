// Runs programs from standard input in one process, each by the evaluator and by the reference interpreter
// of the IR, the latter before and after every pass, and compares what they print.
//
// Input: programs, each headed by a line ";;;; NAME"; lines ";=> TEXT" say what it prints (without any, the
// interpreter's word before the passes is taken). Output: for each difference a line
// "FAILED NAME STAGE", what was expected and what came; "REJECTED NAME" for a program in which the compiler
// sees a name without binding, which only the evaluator can run; at the end counts. The exit status is 1
// if there was a difference.
//
//   run_pair [--evaluator-only | --interpreter-only] < programs
#include <stdio.h>
#include <string.h>

#include <iostream>
#include <memory>
#include <string>

#include "cps/convert.h"
#include "cps/interpret.h"
#include "cps/interpret_host.h"
#include "cps/pipeline.h"
#include "driver/resources.h"
#include "frontend/frontend.h"
#include "runtime/eval/compile_time.h"
#include "runtime/value/error.h"
#include "runtime/value/value.h"

namespace valkc {
namespace {

struct Case {
  std::string name, text, expected;
  bool has_expected = false;
};

/// Reads the next program; false at the end.
bool read_case(std::istream& in, Case& c) {
  static std::string header;
  c = {};
  if (header.empty() && !std::getline(in, header)) return false;
  c.name = header.substr(header.find(' ') + 1);
  header.clear();
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(";;;; ", 0) == 0) {
      header = line;
      break;
    }
    if (line.rfind(";=>", 0) != 0) {
      c.text += line + "\n";
      continue;
    }
    c.has_expected = true;
    c.expected += (line.size() > 4 ? line.substr(4) : "") + "\n";
  }
  return true;
}

struct Tally {
  int programs = 0, failures = 0, runs = 0, skipped = 0, rejected = 0;
};

void report(Tally& tally, const Case& c, const std::string& stage, const std::string& expected,
            const std::string& got) {
  tally.failures++;
  printf("FAILED %s %s\n--- expected\n%s--- got\n%s---\n", c.name.c_str(), stage.c_str(),
         expected.c_str(), got.c_str());
  fflush(stdout);
}

// ---- the interpreter ----------------------------------------------------------------------------

/// What a run shows; empty if the interpreter could not bring it to its end.
std::string outcome(const Program& program) {
  InterpretOptions options;
  options.max_steps = 3'000'000;
  options.heap_bytes = size_t{32} << 20;
  const InterpretResult result = interpret(program, options);
  if (result.ending == Ending::exhausted || result.ending == Ending::unsupported) return "";
  return result.output + (result.message.empty() ? "" : "error " + result.message + "\n");
}

bool has_verified(Tally& tally, const Case& c, const std::string& stage, const Program& program) {
  const std::vector<Violation> violations = verify(program);
  if (violations.empty()) return true;
  report(tally, c, stage, "a program that the verifier accepts\n", describe(violations[0]) + "\n");
  return false;
}

/// Runs the program at one stage; false if it is not worth going on.
bool check_stage(Tally& tally, Case& c, const std::string& stage, const Program& program) {
  if (!has_verified(tally, c, stage, program)) return false;
  const std::string got = outcome(program);
  if (got.empty() && !(c.has_expected && c.expected.empty())) {
    tally.skipped++;
    return true;
  }
  tally.runs++;
  if (!c.has_expected) {
    c.expected = got;
    c.has_expected = true;
  }
  if (got == c.expected) return true;
  report(tally, c, stage, c.expected, got);
  return false;
}

/// Is all that is wrong that names have no binding, which the language reports before the program runs?
bool is_rejected(const Diagnostics& diagnostics) {
  for (const Diagnostic& d : diagnostics.all())
    if (d.severity == Severity::error && d.id != Diag::unbound_name && d.id != Diag::unbound_set)
      return false;
  return diagnostics.has_errors();
}

/// A program before the passes. `core` owns the constants that `cps` mentions.
struct Converted {
  CoreProgram core;
  std::unique_ptr<Program> cps;
};

/// `cps` is null if the program does not compile.
Converted compile(Tally& tally, const Case& c) {
  static std::vector<LibrarySource> library = [] {
    std::vector<LibrarySource> files;
    for (const EmbeddedFile& file : library_sources())
      files.push_back({std::string(file.name), std::string(file.text)});
    return files;
  }();
  SourceMap sources;
  Diagnostics diagnostics;
  FrontendOptions options;
  options.library = library;
  options.main_path = c.name + ".valk";
  options.main_text = c.text;
  Converted result{compile_frontend(sources, diagnostics, options), nullptr};
  if (!diagnostics.has_errors()) {
    result.cps = convert_to_cps(result.core);
  } else if (is_rejected(diagnostics)) {
    tally.rejected++;
    printf("REJECTED %s\n", c.name.c_str());
  } else {
    report(tally, c, "frontend", c.expected, render_text(diagnostics, sources, false));
  }
  return result;
}

/// In terms: the passes that bound the size of functions have something to do.
constexpr size_t SMALL_FUNCTION = 30;

void run_interpreter(Tally& tally, Case& c) {
  const Converted converted = compile(tally, c);
  Program* program = converted.cps.get();
  if (!program || !check_stage(tally, c, "converted", *program)) return;
  if (tally.programs % 3 == 0) program->max_function_size = SMALL_FUNCTION;
  int number = 0;
  for (const Pass& pass : passes()) {
    pass.run(*program);
    const std::string stage = std::to_string(++number) + "." + std::string(pass.name);
    if (!check_stage(tally, c, stage, *program)) return;
  }
}

// ---- the evaluator ------------------------------------------------------------------------------

/// A machine for some hundred programs: what it has evaluated it keeps.
class Machines {
 public:
  std::string run(const std::string& name, const std::string& text) {
    if (++used_ % 200 == 0) machine_.reset();
    if (!machine_) {
      sources_ = std::make_unique<SourceMap>();
      machine_ = std::make_unique<CompileTimeMachine>(*sources_);
    }
    std::string output;
    machine_->run_on_stack([&] { output = run_here(name, text); });
    return output;
  }

 private:
  std::string run_here(const std::string& name, const std::string& text) {
    Evaluator& evaluator = machine_->evaluator();
    OutputCapture capture;
    const Value code = evaluator.compile_text(evaluator.free_stack(), name, text);
    Span where;
    std::string problem;
    if (code == VALK_ERR || evaluator.run(code) == VALK_ERR)
      problem = "error " + evaluator.take_error(where) + "\n";
    return capture.text() + problem;
  }

  int used_ = 0;
  std::unique_ptr<SourceMap> sources_;
  std::unique_ptr<CompileTimeMachine> machine_;
};

void run_evaluator(Tally& tally, Machines& machines, const Case& c) {
  if (!c.has_expected) return;
  const std::string got = machines.run(c.name, c.text);
  tally.runs++;
  if (got != c.expected) report(tally, c, "evaluator", c.expected, got);
}

int run_all(bool interprets, bool evaluates) {
  Tally tally;
  Machines machines;
  for (Case c; read_case(std::cin, c);) {
    tally.programs++;
    if (interprets) run_interpreter(tally, c);
    if (evaluates) run_evaluator(tally, machines, c);
  }
  printf("%d programs, %d runs, %d rejected, %d skipped, %d failures\n", tally.programs, tally.runs,
         tally.rejected, tally.skipped, tally.failures);
  return tally.failures ? 1 : 0;
}

}  // namespace
}  // namespace valkc

int main(int argc, char** argv) {
  const bool interprets = argc < 2 || strcmp(argv[1], "--evaluator-only") != 0;
  const bool evaluates = argc < 2 || strcmp(argv[1], "--interpreter-only") != 0;
  return valkc::run_all(interprets, evaluates);
}
