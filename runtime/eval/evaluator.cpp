// See evaluator.h: frontend, conversion, assembly, and the roots that keep it all together.
#include "runtime/eval/evaluator.h"

#include "cps/convert.h"
#include "cps/pipeline.h"
#include "driver/resources.h"
#include "frontend/reader.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/runtime.h"
#include "runtime/value/value.h"

/// What vm->runtime->evaluator points at.
struct ValkEvaluator : valkc::Evaluator {
  using Evaluator::Evaluator;
};

#define LIBRARY_FOLDER(name) static const char library_folder[] = name;
#include "runtime/library.def"

namespace valkc {

Evaluator& evaluator_of(Vm* vm) {
  if (!vm->runtime->evaluator) vm->runtime->evaluator = new ValkEvaluator(vm);
  return *vm->runtime->evaluator;
}

void forget_evaluator(Vm* vm) {
  delete vm->runtime->evaluator;
  vm->runtime->evaluator = nullptr;
}

Evaluator::Evaluator(Vm* vm) : vm_(vm), code_(vm) {
  for (const EmbeddedFile& file : library_sources())
    options_.library.push_back({library_folder + std::string(file.name), std::string(file.text)});
  const ValkProgram* program = vm->runtime->program;
  if (program && program->named)
    for (const ValkNamedGlobal* g = program->named; g->name; ++g) cells_[g->name] = g->cell;
  valk_gc_add_roots(vm, visit_roots, this);
}

FrontendSession& Evaluator::session() {
  if (session_) return *session_;
  session_ = std::make_unique<FrontendSession>(*sources_, options_);
  for (const auto& [name, cell] : cells_) session_->declare(name);
  for (const auto& [name, value] : constants_) session_->declare(name);
  if (!macros_.empty()) compile_macros();
  return *session_;
}

/// Nothing is wrong with them: the compiler has read the same.
void Evaluator::compile_macros() {
  Diagnostics diagnostics;
  auto step = std::make_unique<CoreProgram>();
  const uint32_t file = sources_->add("macros of the program", macros_);
  const std::vector<const Datum*> forms = read_all(*sources_, file, step->data, diagnostics);
  session_->compile(*step, forms, diagnostics);
  kept_steps_.push_back(std::move(step));
}

void Evaluator::visit_roots(Vm* vm, void* data, ValkVisit visit) {
  Evaluator* self = static_cast<Evaluator*>(data);
  for (ValkEvalGlobal& g : self->globals_) visit(vm, &g.own);
  for (auto& [name, value] : self->constants_) visit(vm, &value);
  for (Value& v : self->values_) visit(vm, &v);
  for (Early& early : self->early_) visit(vm, &early.before);
}

// ---- globals ------------------------------------------------------------------------------------

void Evaluator::define_constant(const std::string& name, Value v) { constants_[name] = v; }

const ValkEvalGlobal* Evaluator::find_global(const Global& global) {
  ValkEvalGlobal*& found = known_[&global];
  if (found) return found;
  ValkEvalGlobal& g = globals_.emplace_back();
  found = &g;
  g = {&g.own, VALK_UNSET, global.name.c_str(), false};
  if (global.is_library) return found;
  if (auto it = cells_.find(global.name); it != cells_.end()) g.cell = it->second;
  if (auto it = constants_.find(global.name); it != constants_.end()) {
    g.own = it->second;
    g.is_constant = true;
  }
  return found;
}

const ValkSite* Evaluator::site(Span span, const std::string& function) {
  return sites_.find(*sources_, span, function);
}

ValkAwaitPlace* Evaluator::await_place(Span span, const std::string& function,
                                       ValkSuspend builtin) {
  return sites_.await_place(*sources_, span, function, builtin);
}

// ---- values -------------------------------------------------------------------------------------

static std::string text_of(Value string) {
  return std::string(valk_string_bytes(string), valk_string_length(string));
}
static std::string name_of(Value symbol) {
  return std::string(valk_symbol_bytes(symbol), valk_symbol_length(symbol));
}

const Datum* Evaluator::to_datum(Value v, DatumArena& arena, Span span) {
  if (valk_is_fix(v)) return arena.integer(VALK_INT(v), span);
  if (valk_is_kind(v, VALK_KIND_SYMBOL)) return arena.text(DatumKind::symbol, name_of(v), span);
  if (valk_is_kind(v, VALK_KIND_KEYWORD)) return arena.text(DatumKind::keyword, name_of(v), span);
  if (valk_is_kind(v, VALK_KIND_STRING)) return arena.text(DatumKind::string, text_of(v), span);
  const bool is_block = valk_is_kind(v, VALK_KIND_BLOCK);
  if (v == VALK_NIL || valk_is_pair(v) || is_block) {
    Datum* list = arena.make(is_block ? DatumKind::block : DatumKind::list, span);
    list->is_value = true;
    for (Value rest = valk_unblock(v); valk_is_pair(rest); rest = valk_tail(rest))
      list->items.push_back(to_datum(valk_head(rest), arena, span));
    return list;
  }
  Datum* datum = arena.make(DatumKind::value, span);
  if (valk_is_float_value(v)) {
    datum->kind = DatumKind::real;
    datum->real = valk_float_value(v);
  } else {
    datum->integer = static_cast<int64_t>(values_.size());
    values_.push_back(v);
  }
  return datum;
}

Value Evaluator::list_at(Value* sp, const Datum& datum, bool keeps_blocks) {
  size_t n = datum.items.size();
  if (sp + n + 64 > vm_->sp_limit || valk_stack_is_low(vm_))
    return valk_stack_overflow(vm_, nullptr);
  for (size_t i = 0; i < n; ++i) {
    sp[i] = value_at(sp + i, *datum.items[i], keeps_blocks);
    if (sp[i] == VALK_ERR) return VALK_ERR;
  }
  sp[0] = valk_list_from(vm_, sp + n, sp, n, VALK_NIL);
  if (sp[0] == VALK_ERR || !keeps_blocks || datum.kind != DatumKind::block) return sp[0];
  Value* b = valk_alloc(vm_, sp + 1, 3);
  if (!b) return VALK_ERR;
  b[0] = VALK_HEADER(VALK_KIND_BLOCK, 3);
  b[1] = sp[0];
  b[2] = VALK_NIL;  // no code: its data is what counts
  return valk_tag_object(b);
}

const Datum* Evaluator::quote_as_code(const Datum& code, DatumArena& arena) {
  const Value v = value_at(free_stack(), code, true);
  if (v == VALK_ERR) return nullptr;
  Datum* datum = arena.make(DatumKind::value, code.span);
  datum->integer = static_cast<int64_t>(values_.size());
  values_.push_back(v);
  return datum;
}

Value Evaluator::value_at(Value* sp, const Datum& d, bool keeps_blocks) {
  switch (d.kind) {
    case DatumKind::integer:
      return valk_make_integer(vm_, sp, d.integer);
    case DatumKind::big_integer:
      return valk_parse_number(vm_, sp, d.text.data(), d.text.size());
    case DatumKind::real:
      return valk_make_float(vm_, sp, d.real);
    case DatumKind::string:
      return valk_make_string(vm_, sp, d.text.data(), d.text.size());
    case DatumKind::symbol:
      return valk_make_symbol(vm_, sp, d.text.data(), d.text.size());
    case DatumKind::keyword:
      return valk_make_keyword(vm_, sp, d.text.data(), d.text.size());
    case DatumKind::value:
      return values_[static_cast<size_t>(d.integer)];
    case DatumKind::list:
    case DatumKind::block:
      return list_at(sp, d, keeps_blocks);
  }
  return VALK_NIL;
}

Value Evaluator::make_value(const Datum& datum) { return value_at(sp_, datum); }

// ---- steps --------------------------------------------------------------------------------------

Value Evaluator::compile(Value* sp, std::unique_ptr<CoreProgram> step,
                         const std::vector<const Datum*>& forms, Diagnostics& diagnostics) {
  Value* outer = sp_;
  sp_ = sp;
  const Value code = compile_here(std::move(step), forms, diagnostics, false);
  sp_ = outer;
  return code;
}

Value Evaluator::compile_program(Value* sp, std::unique_ptr<CoreProgram> step,
                                 const std::vector<const Datum*>& forms, Diagnostics& diagnostics) {
  Value* outer = sp_;
  sp_ = sp;
  const size_t mark = early_.size();
  const Value code = compile_here(std::move(step), forms, diagnostics, true);
  end_early(mark);
  sp_ = outer;
  return code;
}

void Evaluator::define_early(const std::string& name) {
  const Global* global = session().own_global(name);
  if (!global) return;  // a name of the library's, which does not come back
  const ValkEvalGlobal* found = find_global(*global);
  early_.push_back({found->cell, *found->cell});
}

void Evaluator::end_early(size_t mark) {
  for (; early_.size() > mark; early_.pop_back()) *early_.back().cell = early_.back().before;
}

Value Evaluator::compile_here(std::unique_ptr<CoreProgram> step,
                              const std::vector<const Datum*>& forms, Diagnostics& diagnostics,
                              bool is_program) {
  session().compile(*step, forms, diagnostics, is_program);
  if (is_program && options_.macro_evaluator)
    options_.macro_evaluator->end_program(!diagnostics.has_errors());
  if (diagnostics.has_errors()) return VALK_NIL;
  std::unique_ptr<Program> program = convert_to_cps(*step);
  program->suspend_all = true;
  PassOptions passes;
  passes.level = 0;
  passes.verify = false;
  run_passes(*program, passes);
  assemble(*program, *this, code_.begin(sp_));
  if (session().has_new_macros()) kept_steps_.push_back(std::move(step));
  return code_.finish(sp_);
}

// ---- running ------------------------------------------------------------------------------------

Value Evaluator::run(Value code) {
  return valk_run_nested(vm_, free_stack(), valk_suspend_entry(code, 0), code, 0, 0, 0);
}

std::string Evaluator::take_error(Span& where) {
  const ValkSite* site =
      vm_->trace_count > 0 ? valk_trace_site(reinterpret_cast<Value>(vm_->trace[0])) : nullptr;
  where = sites_.span_of(site, where);
  const Value error = valk_catch(vm_, free_stack());
  if (!valk_is_error(error)) return "an error";
  const Value message = valk_object(error)[VALK_ERROR_MESSAGE];
  return valk_is_kind(message, VALK_KIND_STRING) ? text_of(message) : "an error";
}

// ---- what a program evaluates -------------------------------------------------------------------

Value Evaluator::finish(Value* sp, Value code, const Diagnostics& diagnostics) {
  for (const Diagnostic& report : diagnostics.all()) {
    if (report.severity != Severity::error) continue;
    const std::string place =
        report.span.is_known() ? sources_->describe(report.span) + ": " : std::string();
    return valk_fail(vm_, sp, ":syntax", "%s%s", place.c_str(), report.message.c_str());
  }
  return code;
}

Value Evaluator::compile_list(Value* sp, Value list) {
  Diagnostics diagnostics;
  auto step = std::make_unique<CoreProgram>();
  const size_t mark = values_mark();
  const Datum* form = to_datum(list, step->data);
  const Value code = compile_program(sp, std::move(step), {form}, diagnostics);
  forget_values(mark);
  return finish(sp, code, diagnostics);
}

/// A file that is loaded again, unchanged, is the same file.
uint32_t Evaluator::file_of(const std::string& path, const std::string& text) {
  uint32_t& file = loaded_[path];
  if (file == 0 || sources_->text(file) != text) file = sources_->add(path, text);
  return file;
}

Value Evaluator::compile_text(Value* sp, const std::string& path, const std::string& text) {
  Diagnostics diagnostics;
  auto step = std::make_unique<CoreProgram>();
  const uint32_t file = file_of(path, text);
  std::vector<const Datum*> forms = read_all(*sources_, file, step->data, diagnostics);
  if (diagnostics.has_errors()) return finish(sp, VALK_NIL, diagnostics);
  forms.push_back(step->data.nil({}));
  const Value code = compile_program(sp, std::move(step), forms, diagnostics);
  return finish(sp, code, diagnostics);
}

}  // namespace valkc
