// See compile_time.h.
#include "runtime/eval/compile_time.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <new>

#include "runtime/control/control.h"
#include "runtime/control/stack.h"
#include "runtime/prims/output.h"
#include "runtime/value/value.h"

namespace valkc {

namespace {

/// The function that a macro is. No text can spell a symbol with a space.
std::string function_name(const std::string& macro) { return "defmacro " + macro; }

bool is_function_or_constant(const Datum& value) {
  if (!value.is_sequence()) return value.kind != DatumKind::symbol;
  if (value.items.empty() || value.kind == DatumKind::block) return true;
  return value.items[0]->is_symbol("\\") || value.items[0]->is_symbol("macro") ||
         value.items[0]->is_symbol("quote");
}

/// May compile-time code use what this form defines? Running it then has no effect but that.
bool is_definition(const Datum& form) {
  if (form.kind != DatumKind::list || form.items.size() != 3) return false;
  if (form.items[0]->is_symbol("fun") || form.items[0]->is_symbol("defmacro")) return true;
  bool is_def = form.items[0]->is_symbol("def") || form.items[0]->is_symbol("=");
  return is_def && is_function_or_constant(*form.items[2]);
}

/// What a definition other than a `defmacro` binds.
const std::string& name_of(const Datum& definition) {
  const Datum& header = *definition.items[1];
  return header.is_sequence() && !header.items.empty() ? header.items[0]->text : header.text;
}

/// (fun {defmacro-NAME parameter …} {code}) for (defmacro {NAME parameter …} {code}).
const Datum* function_of(const Datum& form, DatumArena& arena) {
  std::vector<const Datum*> header = form.items[1]->items;
  header[0] = arena.text(DatumKind::symbol, function_name(header[0]->text), header[0]->span);
  return arena.sequence(
      DatumKind::list,
      {arena.text(DatumKind::symbol, "fun", form.span),
       arena.sequence(DatumKind::block, header, form.items[1]->span), form.items[2]},
      form.span);
}

}  // namespace

// ---- macros -------------------------------------------------------------------------------------

void EvaluatedMacros::compile_form(const Datum& form) {
  Evaluator& evaluator = evaluator_();
  Diagnostics ignored;  // whoever compiles the program reports the same
  auto step = std::make_unique<CoreProgram>();
  const Datum* compiled = &form;
  if (form.items[0]->is_symbol("defmacro")) {
    compiled = function_of(form, step->data);
    evaluator.session().define_macro(form);
  } else {
    evaluator.define_early(name_of(form));
  }
  const Value code =
      evaluator.compile(evaluator.free_stack(), std::move(step), {compiled}, ignored);
  Span where;
  if (code == VALK_NIL) return;
  if (code == VALK_ERR || evaluator.run(code) == VALK_ERR) evaluator.take_error(where);
}

void EvaluatedMacros::compile_pending() {
  // Compiling one may expand macros, which comes back here.
  const std::vector<const Datum*> forms = std::move(pending_);
  pending_.clear();
  for (const Datum* form : forms)
    if (is_definition(*form)) compile_form(*form);
}

void EvaluatedMacros::end_program(bool is_good) {
  std::erase_if(pending_, [is_good](const Datum* form) {
    return !is_good || !is_definition(*form) || !form->items[0]->is_symbol("defmacro");
  });
}

/// The value of the call, or VALK_ERR with an error in flight; `problem` is set if it does not compile.
Value EvaluatedMacros::call(const std::string& macro, const std::vector<const Datum*>& arguments,
                            Expansion& problem) {
  Evaluator& evaluator = evaluator_();
  auto step = std::make_unique<CoreProgram>();
  std::vector<const Datum*> items{step->data.text(DatumKind::symbol, function_name(macro), Span{})};
  for (const Datum* argument : arguments) {
    items.push_back(evaluator.quote_as_code(*argument, step->data));
    if (!items.back()) return VALK_ERR;
  }
  const Datum* form = step->data.sequence(DatumKind::list, items, Span{});
  Diagnostics diagnostics;
  const Value code =
      evaluator.compile(evaluator.free_stack(), std::move(step), {form}, diagnostics);
  if (diagnostics.has_errors()) problem.problem = diagnostics.all().front().message;
  if (code == VALK_NIL || code == VALK_ERR) return VALK_ERR;
  return evaluator.run(code);
}

MacroEvaluator::Expansion EvaluatedMacros::expand(const std::string& macro,
                                                  const std::vector<const Datum*>& arguments,
                                                  DatumArena& arena, Span span) {
  compile_pending();
  Evaluator& evaluator = evaluator_();
  Expansion expansion;
  const size_t mark = evaluator.values_mark();
  const Value made = call(macro, arguments, expansion);
  if (made != VALK_ERR) {
    evaluator.forget_values(mark);
    expansion.code = evaluator.to_datum(made, arena, span);
  } else if (expansion.problem.empty()) {
    expansion.problem = evaluator.take_error(expansion.where);
  }
  return expansion;
}

// ---- the compiler's machine ---------------------------------------------------------------------

enum : size_t {
  MACHINE_STACK = size_t{256} << 20,
  MACHINE_HEAP = size_t{2} << 30,  ///< unless VALK_HEAP_MAX says more or less
};

void CompileTimeMachine::allow_seconds(double seconds) {
  evaluator();
  vm_->runtime->eval_steps = 1;
  vm_->runtime->eval_cpu_seconds =
      seconds > 0 ? static_cast<double>(std::clock()) / CLOCKS_PER_SEC + seconds : 0;
}

CompileTimeMachine::CompileTimeMachine(SourceMap& sources) : sources_(sources) {}

CompileTimeMachine::~CompileTimeMachine() {
  if (!vm_) return;
  valk_flush_output(vm_.get());
  forget_evaluator(vm_.get());
  valk_control_destroy(vm_.get());
  valk_heap_destroy(vm_.get());
}

Evaluator& CompileTimeMachine::evaluator() {
  if (vm_) return evaluator_of(vm_.get());
  vm_.reset(new Vm());
  ValkHeapOptions options = valk_heap_options_from_environment();
  if (options.max_bytes == 0)
    options.max_bytes = std::min(valk_available_memory() / 2, +MACHINE_HEAP);
  if (!valk_heap_init(vm_.get(), options) || !valk_control_init(vm_.get())) throw std::bad_alloc();
  static const ValkProgram program = {"valkc", VALK_NIL,           nullptr, 0,
                                      0,       valk_evaluate_list, nullptr};
  vm_->runtime->program = &program;
  Evaluator& made = evaluator_of(vm_.get());
  made.share_sources(sources_);
  return made;
}

void CompileTimeMachine::run_on_stack(const std::function<void()>& work) {
  evaluator();
  if (is_on_stack_) return work();
  is_on_stack_ = true;
  const auto body = [](void* data) { (*static_cast<const std::function<void()>*>(data))(); };
  const bool ran =
      valk_run_on_stack(vm_.get(), MACHINE_STACK, body, const_cast<std::function<void()>*>(&work));
  is_on_stack_ = false;
  if (!ran) throw std::bad_alloc();
}

CompileTimeMacros::CompileTimeMacros(SourceMap& sources, double seconds)
    : seconds_(seconds), machine_(sources), macros_([this]() -> Evaluator& {
        Evaluator& evaluator = machine_.evaluator();
        evaluator.options().macro_evaluator = this;
        return evaluator;
      }) {}

MacroEvaluator::Expansion CompileTimeMacros::expand(const std::string& macro,
                                                    const std::vector<const Datum*>& arguments,
                                                    DatumArena& arena, Span span) {
  Expansion expansion;
  machine_.allow_seconds(seconds_);
  machine_.run_on_stack([&] { expansion = macros_.expand(macro, arguments, arena, span); });
  return expansion;
}

}  // namespace valkc
