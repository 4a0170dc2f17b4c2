// The pipeline inside valkc, in order. See translation.h.
#include "driver/translation.h"

#include "codegen/emit.h"
#include "cps/convert.h"
#include "cps/parse.h"
#include "cps/pipeline.h"
#include "cps/print.h"
#include "driver/files.h"
#include "driver/internal_error.h"
#include "driver/outputs.h"
#include "driver/resources.h"
#include "driver/usage_error.h"
#include "frontend/lexer.h"
#include "frontend/reader.h"
#include "runtime/eval/compile_time.h"

namespace valkc {

#define LIBRARY_FOLDER(name) static const char kLibraryFolder[] = name;
#include "runtime/library.def"

namespace {

constexpr const char* SUSPENSION_PASS = "analyze_suspension";
constexpr const char* CLOSING_PASS = "convert_closures";

bool is_ir(const Input& input) {
  if (input.language != Language::by_suffix) return input.language == Language::cps;
  return input.path.ends_with(".cps");
}

std::string shown_path(const Input& input) { return input.path == "-" ? "<stdin>" : input.path; }

/// What the pass pipeline is asked to do for a stage.
PassOptions pass_options(const Options& options, EmitStage stage) {
  PassOptions passes;
  passes.level = options.level;
  passes.only = options.passes;
  passes.disabled = options.disabled_passes;
  passes.print_after = options.print_after;
  passes.verify = options.verify || VERIFY_BY_DEFAULT;
  passes.time = options.time_passes;
  // What nothing is known of suspends: without the analysis everything does.
  if (options.suspend_all) passes.disabled.push_back(SUSPENSION_PASS);
  if (stage == EmitStage::cps_opt) passes.disabled.push_back(CLOSING_PASS);
  return passes;
}

void print_dump(const Pass& pass, int number, const Program& program) {
  const std::string text =
      "; after pass " + std::to_string(number) + ", " + std::string(pass.name) + "\n";
  write_file("/dev/stderr", text + print_program(program));
}

}  // namespace

DiagnosticOptions diagnostic_options(const Options& options, std::string& problem) {
  DiagnosticOptions result;
  result.warnings_are_errors = options.warnings_are_errors;
  result.no_warnings = options.no_warnings;
  result.max_errors = options.max_errors;
  for (const std::string& flag : options.warning_flags)
    // -Wall and -Wextra are typed by habit; every warning is on anyway.
    if (flag != "all" && flag != "extra" && !result.set_warning(flag))
      problem = "unknown warning `-W" + flag + "`";
  return result;
}

Translation::Translation(const Options& options, Input input, std::vector<std::string> more,
                         PhaseTimes& times)
    : options_(options), input_(std::move(input)), more_(std::move(more)), times_(times) {
  std::string problem;
  diagnostics_ = Diagnostics(diagnostic_options(options, problem));
  if (!problem.empty()) throw UsageError(problem);
  // A main file that cannot be read is an error of the command, not of the program.
  text_ = read_file(input_.path);
}

std::string Translation::program_name() const {
  return input_.path == "-" ? "program" : stem(input_.path);
}

std::vector<std::string> Translation::files() const {
  if (core_ && !core_->files.empty()) return core_->files;
  return {shown_path(input_)};
}

std::optional<std::string> Translation::run(EmitStage stage) {
  if (stage <= EmitStage::data) return run_reader(stage);
  if (is_ir(input_)) {
    if (stage < EmitStage::cps) throw UsageError("printed IR has no stage " + stage_name(stage));
    if (!parse_ir()) return std::nullopt;
    return run_back_half(stage);
  }
  if (stage == EmitStage::expanded) {
    std::string text = expand(sources_, diagnostics_);
    return diagnostics_.has_errors() ? std::nullopt : std::optional(std::move(text));
  }
  if (!run_frontend()) return std::nullopt;
  if (stage == EmitStage::core) return print_core(*core_, sources_);
  if (options_.save_temps) keep_frontend_forms();
  {
    const Phase phase(times_, "convert to CPS");
    program_ = convert_to_cps(*core_);
  }
  return run_back_half(stage);
}

/// --save-temps: the forms that nothing later needs. Expansion is done again, apart.
void Translation::keep_frontend_forms() {
  SourceMap sources;
  Diagnostics diagnostics;
  keep(EmitStage::expanded, expand(sources, diagnostics));
  keep(EmitStage::core, print_core(*core_, sources_));
}

std::optional<std::string> Translation::run_reader(EmitStage stage) {
  const Phase phase(times_, "reader");
  const uint32_t file = sources_.add(shown_path(input_), text_);
  DatumArena arena;
  std::string text = stage == EmitStage::tokens
                         ? print_tokens(sources_, file, diagnostics_)
                         : print_data(read_all(sources_, file, arena, diagnostics_));
  if (diagnostics_.has_errors()) return std::nullopt;
  return text;
}

FrontendOptions Translation::frontend_options(MacroEvaluator& macros) const {
  FrontendOptions frontend;
  frontend.main_path = shown_path(input_);
  if (input_.path == "-") frontend.main_text = text_;
  frontend.more_paths = more_;
  frontend.include_dirs = options_.include_dirs;
  frontend.macro_evaluator = &macros;
  for (const EmbeddedFile& file : library_sources())
    frontend.library.push_back(
        {std::string(kLibraryFolder) + std::string(file.name), std::string(file.text)});
  return frontend;
}

double Translation::macro_seconds() const { return static_cast<double>(options_.macro_seconds); }

std::string Translation::expand(SourceMap& sources, Diagnostics& diagnostics) const {
  const Phase phase(times_, "frontend");
  CompileTimeMacros macros(sources, macro_seconds());
  return print_expanded(sources, diagnostics, frontend_options(macros));
}

bool Translation::run_frontend() {
  const Phase phase(times_, "frontend");
  CompileTimeMacros macros(sources_, macro_seconds());
  core_ = std::make_unique<CoreProgram>(
      compile_frontend(sources_, diagnostics_, frontend_options(macros)));
  return !diagnostics_.has_errors();
}

bool Translation::parse_ir() {
  const Phase phase(times_, "parse IR");
  program_ = std::make_unique<Program>();
  const uint32_t file = sources_.add(shown_path(input_), text_);
  return parse_program(sources_, file, diagnostics_, *program_);
}

std::string Translation::run_back_half(EmitStage stage) {
  if (options_.save_temps && program_->stage == Stage::cps) keep(EmitStage::cps, printed());
  if (stage == EmitStage::cps && !options_.has_passes) return printed();
  program_->tasks_on_fibers = options_.tasks_on_fibers;
  program_->max_function_size = options_.function_size;
  if (program_->stage == Stage::cps) run_pipeline(stage);
  if (stage <= EmitStage::closed) return printed();
  if (options_.save_temps) keep(EmitStage::closed, printed());
  return keep(EmitStage::cpp, emit());
}

void Translation::run_pipeline(EmitStage stage) {
  const Phase phase(times_, "passes");
  PassOptions passes = pass_options(options_, stage);
  passes.print = print_dump;
  if (options_.has_passes && passes.only.empty()) return;
  check_result(run_passes(*program_, passes));
}

void Translation::check_result(const PipelineResult& result) {
  if (!result.unknown_pass.empty())
    throw UsageError("there is no pass `" + result.unknown_pass + "`");
  for (const PassTime& pass : result.times) times_.add("  " + std::string(pass.name), pass.seconds);
  if (result.violations.empty()) return;
  std::string text = "the IR is broken after " + result.broken_by;
  for (const Violation& violation : result.violations) text += "\n  " + describe(violation);
  throw InternalError(text);
}

std::string Translation::printed() { return print_program(*program_); }

std::string Translation::emit() {
  const Phase phase(times_, "emit C++");
  if (program_->stage != Stage::closed)
    throw UsageError("C++ is made of closed programs: --passes leaves out convert_closures");
  EmitOptions emit;
  emit.line_directives = options_.debug_info;
  emit.level = options_.level;
  emit.suspend_all = options_.suspend_all;
  emit.tasks_on_fibers = options_.tasks_on_fibers;
  emit.program_name = program_name();
  return emit_cpp(*program_, sources_, emit);
}

/// With --save-temps, writes the form of the program at this stage to its file.
const std::string& Translation::keep(EmitStage stage, const std::string& text) {
  if (options_.save_temps) write_file(temp_path(options_, program_name(), stage), text);
  return text;
}

}  // namespace valkc
