// The expander: data to Expr. One function per special form (forms.def), the rule for bodies
// (LANGUAGE 3.8), and macro calls.
//
// Forms and macros are recognised by name unless a local variable hides the name, so the expander
// keeps the set of local names that are visible; it does not otherwise resolve anything.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "frontend/diagnostics.h"
#include "frontend/expr.h"
#include "frontend/loader.h"
#include "frontend/macro_evaluator.h"

namespace valkc {

class Expander;

/// One row of forms.def.
struct SpecialForm {
  std::string_view name;
  int min_operands;
  int max_operands;  ///< -1: any number
  std::string_view synopsis;
  Expr* (*expand)(Expander&, const Datum& form);
};

const SpecialForm* find_form(std::string_view name);
/// All names of forms, for suggestions.
std::vector<std::string> form_names();

/// `(macro {a b} {template})`. A parameter may itself be a list of parameters, which the argument's
/// elements match: the library's `(gen/for {x g} {…})` is such a macro.
struct Macro {
  std::string name;
  const Datum* params = nullptr;  ///< checked by check_macro_params
  const Datum* body = nullptr;
  bool is_computed = false;  ///< by `defmacro`: `body` is code that makes the expansion
  bool is_broken = false;    ///< its expansion did not end: it expands to nothing from now on
  bool is_reported = false;  ///< and the user was told
};

/// A form that defines it.
std::string to_text(const Macro& macro);

class Expander {
 public:
  Expander(SourceMap& sources, Diagnostics& diagnostics, DatumArena& data, ExprArena& exprs,
           Loader& loader)
      : sources(sources), diagnostics(diagnostics), data(data), exprs(exprs), loader(loader) {}

  /// Expands the forms of a file, in order.
  void expand_all(const std::vector<const Datum*>& forms, std::vector<Expr*>& out);
  /// Expands one datum in the position of an expression.
  Expr* expand(const Datum& datum);
  /// Expands one datum where a form expects a body.
  Expr* expand_body(const Datum& datum);
  /// The body rule of forms that take several expressions, from operand `first` on.
  Expr* expand_bodies(const Datum& form, size_t first);

  // What the functions of forms use.

  /// Reports an error, or, in the code of a literal, keeps its message for poison().
  Diagnostic& report(Diag id, Span span, std::initializer_list<std::string_view> args = {});
  /// Stands for code that was reported: nothing, or code that raises the message when it runs.
  Expr* poison(Span span);
  Expr* malformed(const Datum& form, std::string_view reason);

  Expr* nil(Span span);
  Expr* constant(const Datum& datum);
  Expr* primitive_call(std::string_view name, std::vector<Expr*> args, Span span);
  Expr* temp(uint32_t temp, Span span);
  Expr* bind_temp(uint32_t temp, Expr* value);

  /// The names in `x`, `{x}` or `{x y}`; false if something else was found (reported).
  bool names_of(const Datum& datum, const Datum& form, std::vector<BoundName>& names);
  /// Parameters with an optional `& rest`, from `first` on.
  bool params_of(const Datum& list, const Datum& form, size_t first, std::vector<BoundName>& names,
                 bool& has_rest);
  /// A function: the body is expanded in a new frame.
  Expr* lambda(const std::vector<BoundName>& params, bool has_rest, const Datum& body, Span span);
  /// `def` of one name; checks that it is allowed and warns inside functions.
  Expr* define(const BoundName& name, Expr* value, const Datum& form);

  void define_macro(Macro macro);
  /// Are these parameters of a macro: names, lists of parameters, `& rest`? If not, reports it.
  bool check_macro_params(const Datum& params, const Datum& form);
  /// Makes a global of that name hide the macro from here on.
  void forget_macro(const std::string& name) { macros_.erase(name); }
  const std::unordered_map<std::string, Macro>& macros() const { return macros_; }

  bool at_top_level() const { return frame_depth_ == 0; }
  bool is_deferred() const { return deferred_depth_ > 0; }
  bool is_hidden(const std::string& name) const;
  /// A form or macro that `name` denotes here, not hidden by a local.
  const SpecialForm* visible_form(const Datum& datum) const;
  Macro* visible_macro(const Datum& datum);
  void hide(const std::string& name);

  /// While it lives, names that it hides are local; they are visible again after it.
  class LocalNames {
   public:
    explicit LocalNames(Expander& expander) : expander_(expander), size_(expander.hidden_.size()) {}
    ~LocalNames();
    LocalNames(const LocalNames&) = delete;
    LocalNames& operator=(const LocalNames&) = delete;

   private:
    Expander& expander_;
    size_t size_;
  };
  /// While it lives, code is in a frame (and a function).
  class Frame {
   public:
    Frame(Expander& expander, bool is_function);
    ~Frame();
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

   private:
    Expander& expander_;
    LocalNames names_;
    int was_function_;
  };
  /// Code of a loaded file is at top level, wherever its `load` stands.
  Expr* expand_loaded(const std::vector<const Datum*>& forms, Span span);

  SourceMap& sources;
  Diagnostics& diagnostics;
  DatumArena& data;
  ExprArena& exprs;
  Loader& loader;
  MacroEvaluator* macro_evaluator = nullptr;
  bool tells_definitions =
      false;  ///< to the macro evaluator: in a program, not in code that is evaluated

 private:
  Expr* expand_symbol(const Datum& datum);
  Expr* expand_list(const Datum& list);
  Expr* expand_call(const Datum& list);
  Expr* expand_form(const SpecialForm& form, const Datum& list);
  Expr* expand_literal(const Datum& block);
  void warn_quoted_symbols(const Datum& block);
  // macros.cpp
  Expr* expand_macro(Macro& macro, const Datum& call);
  bool is_runaway(Macro& macro, const Datum& call);
  Expr* expand_template(const Macro& macro, const Datum& call);
  Expr* expand_computed(const Macro& macro, const Datum& call);
  Expr* wrong_macro_arguments(const Macro& macro, const Datum& call);

  std::unordered_map<std::string, Macro> macros_;
  std::unordered_map<std::string, int> hidden_count_;
  std::vector<std::string> hidden_;
  Diagnostic deferred_report_;
  int frame_depth_ = 0;
  int function_depth_ = 0;
  int deferred_depth_ = 0;
  int macro_depth_ = 0;
  size_t exprs_before_macro_ = 0;
};

/// "an integer", "a string", "the symbol `x`", …: a datum in the words of a message.
std::string describe(const Datum& datum);

}  // namespace valkc
