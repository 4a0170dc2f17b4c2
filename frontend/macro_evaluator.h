// Who runs the code of `defmacro` while a program is compiled. The frontend knows this interface only; the
// evaluator (runtime/eval) implements it.
#pragma once

#include <string>
#include <vector>

#include "frontend/datum.h"

namespace valkc {

class MacroEvaluator {
 public:
  /// What a macro made of a call, or why it made nothing.
  struct Expansion {
    const Datum* code = nullptr;  ///< null: it failed
    std::string problem;
    Span where;  ///< of the problem, in the macro's code; may be unknown
  };

  virtual ~MacroEvaluator() = default;
  /// A top-level form that compile-time code after it may use: a `fun`, a `def` of a function, a constant
  /// or a macro, a `defmacro`. Others are ignored. The form must outlive the evaluator.
  virtual void define(const Datum& form) = 0;
  /// The program that the last forms belong to has been compiled, and is going to run them itself; or it
  /// has errors, and the forms go away.
  virtual void end_program(bool) {}
  /// Runs the macro of that name, which was defined here, on the data of a call. The code is made in
  /// `arena` and has the span `span`.
  virtual Expansion expand(const std::string& macro, const std::vector<const Datum*>& arguments,
                           DatumArena& arena, Span span) = 0;
};

}  // namespace valkc
