// Running code while a program is compiled: the macro evaluator of the compiler, in a machine of its own;
// and that of evaluated code, in the machine that evaluates.
#pragma once

#include <functional>
#include <memory>
#include <unordered_set>

#include "frontend/macro_evaluator.h"
#include "runtime/eval/evaluator.h"

namespace valkc {

/// Macros run by an evaluator. Definitions are compiled when the first expansion needs them.
class EvaluatedMacros : public MacroEvaluator {
 public:
  explicit EvaluatedMacros(std::function<Evaluator&()> evaluator)
      : evaluator_(std::move(evaluator)) {}

  void define(const Datum& form) override { pending_.push_back(&form); }
  void end_program(bool is_good) override;
  Expansion expand(const std::string& macro, const std::vector<const Datum*>& arguments,
                   DatumArena& arena, Span span) override;

 private:
  void compile_pending();
  void compile_form(const Datum& form);
  Value call(const std::string& macro, const std::vector<const Datum*>& arguments,
             Expansion& problem);

  std::function<Evaluator&()> evaluator_;
  std::vector<const Datum*> pending_;
};

/// A machine with an evaluator, its own heap and stack.
class CompileTimeMachine {
 public:
  /// Positions in its code are those of `sources`.
  explicit CompileTimeMachine(SourceMap& sources);
  ~CompileTimeMachine();
  CompileTimeMachine(const CompileTimeMachine&) = delete;
  CompileTimeMachine& operator=(const CompileTimeMachine&) = delete;

  /// Made on first use.
  Evaluator& evaluator();
  /// Runs work on the machine's stack.
  void run_on_stack(const std::function<void()>& work);
  /// What is evaluated from now on is stopped with :limit after so many seconds of work; 0: never.
  void allow_seconds(double seconds);
  Vm* vm() { return vm_.get(); }

 private:
  SourceMap& sources_;
  std::unique_ptr<Vm> vm_;
  bool is_on_stack_ = false;
};

/// The compiler's macro evaluator.
class CompileTimeMacros : public MacroEvaluator {
 public:
  /// An expansion fails that takes more than so many seconds of work; 0: any number.
  CompileTimeMacros(SourceMap& sources, double seconds);
  void define(const Datum& form) override { macros_.define(form); }
  Expansion expand(const std::string& macro, const std::vector<const Datum*>& arguments,
                   DatumArena& arena, Span span) override;

 private:
  double seconds_;
  CompileTimeMachine machine_;
  EvaluatedMacros macros_;
};

}  // namespace valkc
