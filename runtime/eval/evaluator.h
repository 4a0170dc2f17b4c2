// The evaluator of one Vm: lists and text to code that the machine runs, and the globals that such code
// shares with the compiled program.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontend/frontend.h"
#include "frontend/session.h"
#include "runtime/eval/assembly_pool.h"
#include "runtime/eval/site_table.h"
#include "runtime/gc/heap.h"

/// ValkProgram::evaluate.
void valk_evaluate_list(VALK_SUSPEND_PARAMS);

namespace valkc {

class Evaluator : public EvalEnvironment {
 public:
  explicit Evaluator(Vm* vm);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Of the session, which is made on first use.
  FrontendOptions& options() { return options_; }
  SourceMap& sources() { return *sources_; }
  /// Positions are shown from this map instead of one of its own; before first use.
  void share_sources(SourceMap& sources) { sources_ = &sources; }

  /// The code of one step, a closure of no arguments that gives the value of the last form. What is wrong
  /// is in `diagnostics`; VALK_NIL then. VALK_ERR: an error is raised, as :memory.
  /// `step.data` holds the forms. Everything below sp is kept.
  Value compile(Value* sp, std::unique_ptr<CoreProgram> step,
                const std::vector<const Datum*>& forms, Diagnostics& diagnostics);
  /// The same for a program, or a part of one, in which a macro may call what is defined above it.
  Value compile_program(Value* sp, std::unique_ptr<CoreProgram> step,
                        const std::vector<const Datum*>& forms, Diagnostics& diagnostics);
  /// A macro needs this global before the program that is being compiled has run its definition: until the
  /// program is compiled it has the value that it is given now, and then again the one it had.
  void define_early(const std::string& name);
  /// The same for a list, as one expression, and for the text of a file, whose value is nil. What is
  /// wrong is raised as :syntax.
  Value compile_list(Value* sp, Value list);
  Value compile_text(Value* sp, const std::string& path, const std::string& text);

  /// A value as a datum of `arena`, whose spans are unknown. Values that no text spells are kept in a
  /// table; see values_mark. Does not allocate on the heap.
  const Datum* to_datum(Value v, DatumArena& arena, Span span = {});
  /// A datum that, as an expression, gives the data of `code`: its { … } are blocks, so that to_datum tells
  /// them from ( … ) when they come back. Null: an error is raised.
  const Datum* quote_as_code(const Datum& code, DatumArena& arena);
  /// The shadow stack from here on is free.
  Value* free_stack() const { return sp_ ? sp_ : vm_->sp; }
  size_t values_mark() const { return values_.size(); }
  void forget_values(size_t mark) { values_.resize(mark); }

  /// Runs code until it ends, with nothing that could be captured around it. The value or VALK_ERR; raised
  /// errors are left in vm->error.
  Value run(Value code);
  /// Where the error in flight was raised, if evaluated code did; then takes it out of the machine.
  std::string take_error(Span& where);

  void define_constant(const std::string& name, Value v);
  /// The definitions in `text` are compiled when something is evaluated.
  void define_macros(std::string text) { macros_ = std::move(text); }
  Value make_value(const Datum& datum) override;
  const ValkEvalGlobal* find_global(const Global& global) override;
  const ValkSite* site(Span span, const std::string& function) override;
  ValkAwaitPlace* await_place(Span span, const std::string& function, ValkSuspend builtin) override;
  FrontendSession& session();

 private:
  /// A global that is defined early, and the value it is to have again; a root.
  struct Early {
    Value* cell;
    Value before;
  };

  static void visit_roots(Vm* vm, void* data, ValkVisit visit);
  void compile_macros();
  Value compile_here(std::unique_ptr<CoreProgram> step, const std::vector<const Datum*>& forms,
                     Diagnostics& diagnostics, bool is_program);
  Value value_at(Value* sp, const Datum& datum, bool keeps_blocks = false);
  uint32_t file_of(const std::string& path, const std::string& text);
  Value list_at(Value* sp, const Datum& datum, bool keeps_blocks);
  void end_early(size_t mark);
  Value finish(Value* sp, Value code, const Diagnostics& diagnostics);

  Vm* vm_;
  Value* sp_ = nullptr;  ///< free shadow stack while a step is compiled; else null
  FrontendOptions options_;
  std::string macros_;  ///< of the compiled program
  SourceMap own_sources_;
  SourceMap* sources_ = &own_sources_;
  std::unique_ptr<FrontendSession> session_;
  std::unordered_map<std::string, uint32_t> loaded_;  ///< the last text of each path
  std::unordered_map<std::string, Value*> cells_;     ///< of the compiled program
  std::unordered_map<std::string, Value> constants_;  ///< of the compiled program; roots
  std::unordered_map<const Global*, ValkEvalGlobal*> known_;
  std::deque<ValkEvalGlobal> globals_;  ///< `own` are roots
  SiteTable sites_;
  AssemblyPool code_;
  std::vector<std::unique_ptr<CoreProgram>> kept_steps_;  ///< they define macros
  std::vector<Value> values_;                             ///< roots
  std::vector<Early> early_;                              ///< of programs being compiled
};

/// That of vm, made on first use.
Evaluator& evaluator_of(Vm* vm);
/// Destroys it; nothing that it has made may run any more.
void forget_evaluator(Vm* vm);

}  // namespace valkc
