// A session of a read-eval-print loop, without the reading and printing of a terminal: text to values, one
// form after the other, in a machine of its own. Each form runs as a task, so it may await.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/eval/compile_time.h"

namespace valkc {

class InteractiveSession {
 public:
  /// `include_dirs`: where loaded files are looked for besides the current folder.
  explicit InteractiveSession(std::vector<std::string> include_dirs);

  /// Is `text` the beginning of something longer: an open delimiter, string or quote?
  static bool is_incomplete(const std::string& text);

  /// Runs work on the machine's stack, where all that follows must be called.
  void run_on_stack(const std::function<void()>& work) { machine_.run_on_stack(work); }
  /// From now on SIGINT does not end the process but what is being evaluated, or a wait of it.
  void catch_interrupts();
  /// Was there a SIGINT that nothing has answered yet?
  bool was_interrupted() const;
  /// The same; from now on it counts as answered.
  bool take_interrupt();
  /// Evaluates every form of the text. Values other than nil are written to standard output, errors and
  /// diagnostics to standard error. False if there were any; the forms after it are not evaluated. A SIGINT
  /// that came before, or comes meanwhile, is answered by ending it with "interrupted".
  bool evaluate(const std::string& text, bool color);
  /// The forms of the text at a stage: "core", "cps" or "cps-opt"; nothing is run. Empty if
  /// there is no such stage, or something is wrong, which is then reported.
  std::string show(const std::string& stage, const std::string& text, bool color);
  /// Every name that may be typed.
  std::vector<std::string> names();

 private:
  bool evaluate_form(const Datum& form, bool color);
  bool run(Value code);
  bool conclude(Value task);
  bool has_problems(const Diagnostics& diagnostics, bool color);
  std::vector<const Datum*> read(const std::string& text, Diagnostics& diagnostics);

  SourceMap sources_;
  DatumArena data_;
  CompileTimeMachine machine_;
  EvaluatedMacros macros_;
  int input_count_ = 0;
};

}  // namespace valkc
