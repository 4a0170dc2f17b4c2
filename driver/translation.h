// From Lisp source (or printed IR) to C++: the stages that run inside valkc, in order, with a stop at
// each of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cps/ir.h"
#include "driver/options.h"
#include "driver/phase.h"
#include "frontend/frontend.h"

namespace valkc {

struct PipelineResult;

/// One main file on its way. Throws FileError, InternalError and UsageError.
class Translation {
 public:
  /// `more`: further Lisp files of the same program, which run after the main one.
  Translation(const Options& options, Input input, std::vector<std::string> more,
              PhaseTimes& times);

  /// The text of `stage`, at most cpp; nothing if there were errors. Call once.
  std::optional<std::string> run(EmitStage stage);
  const Diagnostics& diagnostics() const { return diagnostics_; }
  const SourceMap& sources() const { return sources_; }
  /// Every file read so far, the main one first.
  std::vector<std::string> files() const;
  /// The name of the program: its main file without folder and suffix.
  std::string program_name() const;

 private:
  std::optional<std::string> run_reader(EmitStage stage);
  FrontendOptions frontend_options(MacroEvaluator& macros) const;
  double macro_seconds() const;
  std::string expand(SourceMap& sources, Diagnostics& diagnostics) const;
  bool run_frontend();
  bool parse_ir();
  std::string run_back_half(EmitStage stage);
  void run_pipeline(EmitStage stage);
  void check_result(const PipelineResult& result);
  std::string emit();
  void keep_frontend_forms();
  std::string printed();
  const std::string& keep(EmitStage stage, const std::string& text);

  const Options& options_;
  Input input_;
  std::vector<std::string> more_;
  PhaseTimes& times_;
  std::string text_;
  SourceMap sources_;
  Diagnostics diagnostics_;
  std::unique_ptr<CoreProgram> core_;
  std::unique_ptr<Program> program_;
};

/// The diagnostic options that the command line asks for; `problem` names a flag that is no warning.
DiagnosticOptions diagnostic_options(const Options& options, std::string& problem);

}  // namespace valkc
