// A frontend that goes on: the steps of a read-eval-print loop, of `eval` and of compile-time code, each
// of which sees what those before it have defined.
//
// Nothing is known of the steps to come, so no global is a constant, and a name that nothing defines yet
// is a global whose cell is unset: reading it is an error when it happens.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/core.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"

namespace valkc {

class FrontendSession {
 public:
  /// `sources` outlives the session. Of the options: library, include_dirs and macro_evaluator.
  FrontendSession(SourceMap& sources, FrontendOptions options);
  ~FrontendSession();
  FrontendSession(const FrontendSession&) = delete;
  FrontendSession& operator=(const FrontendSession&) = delete;

  /// A global that exists outside of the session, under this name.
  Global* declare(const std::string& name);
  /// The global of that name, made unless it exists. Null if the library has the name, and no step.
  Global* own_global(const std::string& name);

  /// Compiles one step: `forms`, which live in step.data or longer, become step.body, after the
  /// definitions of the library that they are the first to mention. Globals live as long as the session.
  /// What is wrong is reported; the step is to be used only if there are no errors. In a program macros may
  /// call the functions that are defined above them in it, so the macro evaluator hears of those.
  void compile(CoreProgram& step, const std::vector<const Datum*>& forms, Diagnostics& diagnostics,
               bool is_program = false);

  /// What the last step was the first to mention of the library has not run: a later step defines it.
  void forget_library_of_last_step();
  /// Every name that a step could mention: forms, macros, globals, the library, builtins.
  std::vector<std::string> names() const;
  /// Makes the macro of a well-formed (defmacro …), which must live as long as the session.
  void define_macro(const Datum& form);
  /// Did the last step define macros? Its data must then live as long as the session.
  bool has_new_macros() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace valkc
