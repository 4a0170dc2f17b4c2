// Expressions, bodies, literals and the bookkeeping of local names. The forms: expand_*.cpp.
#include "frontend/expander.h"

#include <algorithm>
#include <utility>

namespace valkc {

namespace {

bool is_constant_head(const Datum& datum) {
  return datum.kind != DatumKind::symbol && !datum.is_sequence();
}

bool accepts(const SpecialForm& form, size_t operands) {
  return static_cast<int>(operands) >= form.min_operands &&
         (form.max_operands < 0 || static_cast<int>(operands) <= form.max_operands);
}

std::string operand_count(const SpecialForm& form) {
  const int last = form.max_operands < 0 ? form.min_operands : form.max_operands;
  std::string text = std::to_string(form.min_operands);
  if (form.max_operands < 0) text = "at least " + text;
  if (form.max_operands > form.min_operands) text += " or " + std::to_string(form.max_operands);
  return text + (last == 1 ? " operand" : " operands");
}

}  // namespace

std::string describe(const Datum& datum) {
  switch (datum.kind) {
    case DatumKind::integer:
    case DatumKind::big_integer:
      return "an integer";
    case DatumKind::real:
      return "a float";
    case DatumKind::string:
      return "a string";
    case DatumKind::symbol:
      return "the symbol `" + datum.text + "`";
    case DatumKind::keyword:
      return "the keyword `" + datum.text + "`";
    case DatumKind::list:
      return datum.items.empty() ? "()" : "an expression";
    case DatumKind::block:
      return datum.items.empty() ? "{}" : "a list";
    case DatumKind::value:
      return "a value";
  }
  return "";
}

// ---- names ----

Expander::LocalNames::~LocalNames() {
  while (expander_.hidden_.size() > size_) {
    --expander_.hidden_count_[expander_.hidden_.back()];
    expander_.hidden_.pop_back();
  }
}

Expander::Frame::Frame(Expander& expander, bool is_function)
    : expander_(expander), names_(expander), was_function_(is_function ? 1 : 0) {
  ++expander_.frame_depth_;
  expander_.function_depth_ += was_function_;
}

Expander::Frame::~Frame() {
  --expander_.frame_depth_;
  expander_.function_depth_ -= was_function_;
}

void Expander::hide(const std::string& name) {
  hidden_.push_back(name);
  ++hidden_count_[name];
}

bool Expander::is_hidden(const std::string& name) const {
  auto found = hidden_count_.find(name);
  return found != hidden_count_.end() && found->second > 0;
}

const SpecialForm* Expander::visible_form(const Datum& datum) const {
  if (datum.kind != DatumKind::symbol || is_hidden(datum.text)) return nullptr;
  return find_form(datum.text);
}

Macro* Expander::visible_macro(const Datum& datum) {
  if (datum.kind != DatumKind::symbol || is_hidden(datum.text)) return nullptr;
  auto found = macros_.find(datum.text);
  return found == macros_.end() ? nullptr : &found->second;
}

void Expander::define_macro(Macro macro) {
  std::string name = macro.name;
  macros_[name] = std::move(macro);
}

// ---- reports ----

Diagnostic& Expander::report(Diag id, Span span, std::initializer_list<std::string_view> args) {
  if (!is_deferred()) return diagnostics.report(id, span, args);
  deferred_report_ = {};
  deferred_report_.message = format_message(diagnostic_kind(id).message, args);
  return deferred_report_;
}

Expr* Expander::poison(Span span) {
  if (!is_deferred()) return nil(span);
  Expr* kind = constant(*data.text(DatumKind::keyword, ":syntax", span));
  Expr* message = constant(*data.text(DatumKind::string, deferred_report_.message, span));
  return primitive_call("error", {kind, message}, span);
}

Expr* Expander::malformed(const Datum& form, std::string_view reason) {
  const Datum& head = *form.items[0];
  Diagnostic& diagnostic = report(Diag::malformed_form, form.span, {head.text, reason});
  if (const SpecialForm* known = find_form(head.text)) {
    diagnostic.hint("write " + std::string(known->synopsis));
  }
  return poison(form.span);
}

// ---- small nodes ----

Expr* Expander::nil(Span span) { return constant(*data.nil(span)); }

Expr* Expander::constant(const Datum& datum) {
  Expr* e = exprs.make(ExprKind::constant, datum.span);
  e->datum = &datum;
  return e;
}

Expr* Expander::primitive_call(std::string_view name, std::vector<Expr*> args, Span span) {
  Expr* callee = exprs.make(ExprKind::primitive, span);
  callee->text = name;
  args.insert(args.begin(), callee);
  return exprs.make(ExprKind::call, span, std::move(args));
}

Expr* Expander::temp(uint32_t temp, Span span) {
  Expr* e = exprs.make(ExprKind::temp, span);
  e->temp = temp;
  return e;
}

Expr* Expander::bind_temp(uint32_t temp, Expr* value) {
  Expr* e = exprs.make(ExprKind::bind_temp, value->span, {value});
  e->temp = temp;
  return e;
}

// ---- expressions ----

void Expander::expand_all(const std::vector<const Datum*>& forms, std::vector<Expr*>& out) {
  for (const Datum* form : forms) {
    if (diagnostics.is_exhausted()) return;
    out.push_back(expand(*form));
    if (tells_definitions && macro_evaluator) macro_evaluator->define(*form);
  }
}

Expr* Expander::expand_loaded(const std::vector<const Datum*>& forms, Span span) {
  auto hidden = std::exchange(hidden_, {});
  auto counts = std::exchange(hidden_count_, {});
  int frames = std::exchange(frame_depth_, 0);
  int functions = std::exchange(function_depth_, 0);
  Expr* all = exprs.make(ExprKind::seq, span);
  expand_all(forms, all->items);
  all->items.push_back(nil(span));
  hidden_ = std::move(hidden);
  hidden_count_ = std::move(counts);
  frame_depth_ = frames;
  function_depth_ = functions;
  return all;
}

Expr* Expander::expand(const Datum& datum) {
  switch (datum.kind) {
    case DatumKind::symbol:
      return expand_symbol(datum);
    case DatumKind::list:
      return datum.items.empty() ? constant(datum) : expand_list(datum);
    case DatumKind::block:
      return datum.items.empty() ? constant(datum) : expand_literal(datum);
    default:
      return constant(datum);
  }
}

Expr* Expander::expand_symbol(const Datum& datum) {
  if (visible_form(datum)) {
    report(Diag::form_as_value, datum.span, {datum.text});
    return poison(datum.span);
  }
  if (visible_macro(datum)) {
    report(Diag::macro_as_value, datum.span, {datum.text});
    return poison(datum.span);
  }
  Expr* e = exprs.make(ExprKind::name, datum.span);
  e->text = datum.text;
  e->is_deferred = is_deferred();
  return e;
}

Expr* Expander::expand_list(const Datum& list) {
  const Datum& head = *list.items[0];
  if (const SpecialForm* form = visible_form(head)) return expand_form(*form, list);
  if (Macro* macro = visible_macro(head)) return expand_macro(*macro, list);
  if ((head.is_symbol("unquote") || head.is_symbol("unquote-splicing")) && !is_hidden(head.text)) {
    report(Diag::unquote_outside, list.span, {head.text});
    return poison(list.span);
  }
  return expand_call(list);
}

Expr* Expander::expand_call(const Datum& list) {
  Expr* call = exprs.make(ExprKind::call, list.span);
  call->is_deferred = is_deferred();
  for (const Datum* item : list.items) call->items.push_back(expand(*item));
  return call;
}

Expr* Expander::expand_form(const SpecialForm& form, const Datum& list) {
  size_t operands = list.items.size() - 1;
  if (accepts(form, operands)) return form.expand(*this, list);
  return malformed(list, "it takes " + operand_count(form) + ", not " + std::to_string(operands));
}

// ---- bodies and literals ----

Expr* Expander::expand_body(const Datum& datum) {
  bool is_sequence = datum.is_value && !datum.items.empty() && datum.items[0]->is_sequence();
  if (datum.kind != DatumKind::block && !is_sequence) return expand(datum);
  if (datum.items.empty()) return constant(datum);
  const Datum& first = *datum.items[0];
  if (first.is_sequence()) {
    if (datum.items.size() == 1) return expand(first);
    Expr* seq = exprs.make(ExprKind::seq, datum.span);
    for (const Datum* item : datum.items) seq->items.push_back(expand(*item));
    return seq;
  }
  if (datum.items.size() == 1) return expand(first);
  if (is_constant_head(first)) {
    report(Diag::data_as_body, first.span, {describe(first)})
        .hint("for a list of data write {" + to_text(datum) + "} or (list …)");
    return poison(datum.span);
  }
  return expand_list(datum);
}

Expr* Expander::expand_bodies(const Datum& form, size_t first) {
  size_t count = form.items.size() - first;
  if (count == 0) return nil(form.span);
  if (count == 1) return expand_body(*form.items[first]);
  Expr* seq = exprs.make(ExprKind::seq, form.span);
  for (size_t i = first; i < form.items.size(); ++i) seq->items.push_back(expand(*form.items[i]));
  return seq;
}

/// A `{…}` in the position of a value. Data that begins with a constant is never useful as code (as a
/// body it would be an error, alone it is its own value), so it has none.
Expr* Expander::expand_literal(const Datum& block) {
  Expr* literal = exprs.make(ExprKind::block, block.span);
  literal->datum = &block;
  if (!is_deferred()) warn_quoted_symbols(block);
  // {1 2} can only be data; {1} is also code whose value is 1.
  if (block.items.size() > 1 && is_constant_head(*block.items[0])) return literal;
  LocalNames names(*this);
  ++deferred_depth_;
  literal->items.push_back(expand_body(block));
  --deferred_depth_;
  return literal;
}

/// In a property list, a bare symbol in the position of a value is most likely meant as a variable.
void Expander::warn_quoted_symbols(const Datum& block) {
  if (block.items[0]->kind != DatumKind::keyword) return;
  for (size_t i = 1; i < block.items.size(); i += 2) {
    const Datum& value = *block.items[i];
    if (value.kind != DatumKind::symbol || block.items[i - 1]->kind != DatumKind::keyword) continue;
    report(Diag::quoted_symbol, value.span, {value.text})
        .hint("write `{" + block.items[i - 1]->text + " ," + value.text + "} for its value");
  }
}

// ---- names that forms bind ----

bool Expander::names_of(const Datum& datum, const Datum& form, std::vector<BoundName>& names) {
  if (datum.kind == DatumKind::symbol) {
    names.push_back({datum.text, datum.span});
    return true;
  }
  if (!datum.is_sequence() || datum.items.empty()) {
    report(Diag::not_a_name, datum.span, {form.items[0]->text, describe(datum)});
    return false;
  }
  for (const Datum* item : datum.items) {
    if (item->kind != DatumKind::symbol) {
      report(Diag::not_a_name, item->span, {form.items[0]->text, describe(*item)});
      return false;
    }
    names.push_back({item->text, item->span});
  }
  return true;
}

bool Expander::params_of(const Datum& list, const Datum& form, size_t first,
                         std::vector<BoundName>& names, bool& has_rest) {
  std::unordered_set<std::string> seen;
  for (size_t i = first; i < list.items.size(); ++i) {
    const Datum& item = *list.items[i];
    if (item.is_symbol("&")) {
      has_rest = true;
      if (i + 2 == list.items.size()) continue;
      report(Diag::malformed_form, item.span,
             {form.items[0]->text, "`&` stands before the last parameter, which takes the rest"});
      return false;
    }
    if (item.kind != DatumKind::symbol) {
      report(Diag::not_a_name, item.span, {form.items[0]->text, describe(item)});
      return false;
    }
    if (!seen.insert(item.text).second) {
      report(Diag::duplicate_parameter, item.span, {item.text});
      return false;
    }
    names.push_back({item.text, item.span});
  }
  return true;
}

Expr* Expander::lambda(const std::vector<BoundName>& params, bool has_rest, const Datum& body,
                       Span span) {
  Expr* lambda = exprs.make(ExprKind::lambda, span);
  lambda->names = params;
  lambda->has_rest = has_rest;
  Frame frame(*this, true);
  for (const BoundName& param : params) hide(param.text);
  lambda->items.push_back(expand_body(body));
  return lambda;
}

Expr* Expander::define(const BoundName& name, Expr* value, const Datum& form) {
  if (find_form(name.text)) {
    report(Diag::redefined_form, name.span, {name.text});
    return poison(name.span);
  }
  if (function_depth_ > 0 && !is_deferred()) {
    diagnostics.report(Diag::global_def, form.span, {form.items[0]->text})
        .hint("for a local variable write (= {" + name.text + "} …)");
  }
  if (!is_deferred()) forget_macro(name.text);
  Expr* define = exprs.make(ExprKind::define, form.span, {value});
  define->names.push_back(name);
  if (value->kind == ExprKind::lambda && value->text.empty()) value->text = name.text;
  return define;
}

}  // namespace valkc
