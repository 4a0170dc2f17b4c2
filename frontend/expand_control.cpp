// Forms that decide what runs: if do select case and or, try and error?, and the delimiters.
#include "frontend/forms.h"

namespace valkc {

namespace {

Expr* make_if(Expander& x, Expr* condition, Expr* consequent, Expr* alternative, Span span) {
  return x.exprs.make(ExprKind::if_, span, {condition, consequent, alternative});
}

Expr* no_match(Expander& x, Span span) { return x.primitive_call("%nomatch", {}, span); }

bool is_otherwise(const Expander& x, const Datum& datum) {
  return datum.is_symbol("otherwise") && !x.is_hidden(datum.text);
}

/// The clauses of select and case, from operand `first` on, as a chain of conditionals from the last
/// to the first. `test` makes the condition of a clause from its key.
template <typename Test>
Expr* clauses(Expander& x, const Datum& form, size_t first, Test test) {
  struct Clause {
    Expr* condition;  ///< null: otherwise
    Expr* value;
    Span span;
  };
  std::vector<Clause> expanded;
  for (size_t i = first; i < form.items.size(); ++i) {
    const Datum& clause = *form.items[i];
    if (!clause.is_sequence() || clause.items.size() != 2) {
      x.report(Diag::malformed_form, clause.span,
               {form.items[0]->text, "a clause is a pair in braces"})
          .hint("write " + std::string(find_form(form.items[0]->text)->synopsis));
      return x.poison(clause.span);
    }
    const Datum& key = *clause.items[0];
    bool is_last = i + 1 == form.items.size();
    if (is_otherwise(x, key) && !is_last) return x.malformed(form, "`otherwise` comes last");
    Expr* condition = is_otherwise(x, key) ? nullptr : test(key);
    expanded.push_back({condition, x.expand_body(*clause.items[1]), clause.span});
  }
  Expr* chain = nullptr;
  for (size_t i = expanded.size(); i-- > 0;) {
    Clause& c = expanded[i];
    if (!chain && c.condition) chain = no_match(x, form.span);
    chain = c.condition ? make_if(x, c.condition, c.value, chain, c.span) : c.value;
  }
  return chain ? chain : no_match(x, form.span);
}

/// `and` and `or`: each operand but the last is kept in a temporary, tested, and is the value if it
/// decides.
Expr* short_circuit(Expander& x, const Datum& form, bool is_and) {
  size_t count = form.items.size() - 1;
  if (count == 0) return x.constant(*x.data.integer(is_and ? 1 : 0, form.span));
  std::vector<Expr*> operands;
  for (size_t i = 1; i <= count; ++i) operands.push_back(x.expand(*form.items[i]));
  Expr* value = operands.back();
  for (size_t i = count - 1; i-- > 0;) {
    Span span = operands[i]->span;
    uint32_t temp = x.exprs.new_temp();
    Expr* decided = x.temp(temp, span);
    Expr* chosen = make_if(x, x.temp(temp, span), is_and ? value : decided,
                           is_and ? decided : value, form.span);
    value = x.exprs.make(ExprKind::seq, form.span, {x.bind_temp(temp, operands[i]), chosen});
  }
  return value;
}

bool is_clause(const Expander& x, const Datum& datum, std::string_view name) {
  return datum.kind == DatumKind::list && !datum.items.empty() && datum.items[0]->is_symbol(name) &&
         !x.is_hidden(std::string(name));
}

/// `(catch {err} h…)`: appends the handler and the error's name.
bool expand_catch(Expander& x, const Datum& clause, Expr& form) {
  if (clause.items.size() < 2) {
    x.report(Diag::malformed_form, clause.span, {"catch", "it names the error: (catch {err} …)"});
    return false;
  }
  if (!x.names_of(*clause.items[1], clause, form.names)) return false;
  if (form.names.size() != 1) {
    x.report(Diag::malformed_form, clause.items[1]->span, {"catch", "it binds one name"});
    return false;
  }
  Expander::LocalNames names(x);
  x.hide(form.names[0].text);
  form.items.push_back(x.expand_bodies(clause, 2));
  return true;
}

/// The operands of a form without some at the end, as a form of their own.
const Datum& without_last(Expander& x, const Datum& form, size_t dropped) {
  std::vector<const Datum*> items(form.items.begin(),
                                  form.items.end() - static_cast<ptrdiff_t>(dropped));
  return *x.data.sequence(form.kind, std::move(items), form.span);
}

/// Evaluated data does not tell {:name "x"} from a call: what begins with a keyword is a property list.
Expr* expand_options(Expander& x, const Datum& options) {
  const bool is_plist =
      options.is_value && !options.items.empty() && options.items[0]->kind == DatumKind::keyword;
  return is_plist ? x.constant(options) : x.expand(options);
}

Expr* make_reset(Expander& x, const Datum& form, bool is_async) {
  Expr* reset = x.exprs.make(ExprKind::reset, form.span, {x.expand_bodies(form, 1)});
  reset->is_async = is_async;
  return reset;
}

}  // namespace

Expr* expand_if(Expander& x, const Datum& form) {
  Expr* condition = x.expand(*form.items[1]);
  Expr* consequent = x.expand_body(*form.items[2]);
  bool has_else = form.items.size() == 4;
  Expr* alternative = has_else ? x.expand_body(*form.items[3]) : x.nil(form.span);
  return make_if(x, condition, consequent, alternative, form.span);
}

Expr* expand_do(Expander& x, const Datum& form) {
  Expr* seq = x.exprs.make(ExprKind::seq, form.span);
  for (size_t i = 1; i < form.items.size(); ++i) seq->items.push_back(x.expand(*form.items[i]));
  return seq->items.size() == 1 ? seq->items[0] : seq;
}

Expr* expand_select(Expander& x, const Datum& form) {
  return clauses(x, form, 1, [&](const Datum& key) { return x.expand_body(key); });
}

Expr* expand_case(Expander& x, const Datum& form) {
  uint32_t subject = x.exprs.new_temp();
  Expr* bind = x.bind_temp(subject, x.expand(*form.items[1]));
  Expr* chain = clauses(x, form, 2, [&](const Datum& key) {
    return x.primitive_call("%eq", {x.temp(subject, key.span), x.expand_body(key)}, key.span);
  });
  return x.exprs.make(ExprKind::seq, form.span, {bind, chain});
}

Expr* expand_and(Expander& x, const Datum& form) { return short_circuit(x, form, true); }

Expr* expand_or(Expander& x, const Datum& form) { return short_circuit(x, form, false); }

Expr* expand_try(Expander& x, const Datum& form) {
  size_t end = form.items.size();
  const Datum* cleanup =
      end > 1 && is_clause(x, *form.items[end - 1], "finally") ? form.items[--end] : nullptr;
  const Datum* handler =
      end > 1 && is_clause(x, *form.items[end - 1], "catch") ? form.items[--end] : nullptr;
  const Datum& body = without_last(x, form, form.items.size() - end);
  Expr* made = x.exprs.make(ExprKind::try_, form.span, {x.expand_bodies(body, 1)});
  if (!handler) made->items.push_back(nullptr);
  if (handler && !expand_catch(x, *handler, *made)) return x.poison(form.span);
  made->items.push_back(cleanup ? x.expand_bodies(*cleanup, 1) : nullptr);
  return made;
}

Expr* expand_error_test(Expander& x, const Datum& form) {
  Expr* test = x.primitive_call("%error-value?", {x.expand(*form.items[1])}, form.span);
  Expr* raised = x.constant(*x.data.integer(1, form.span));
  Expr* made = x.exprs.make(ExprKind::try_, form.span, {test, raised, nullptr});
  made->names.push_back({"error", form.span});
  return made;
}

Expr* expand_reset(Expander& x, const Datum& form) { return make_reset(x, form, false); }

Expr* expand_async_reset(Expander& x, const Datum& form) { return make_reset(x, form, true); }

Expr* expand_shift(Expander& x, const Datum& form) {
  Expr* shift = x.exprs.make(ExprKind::shift, form.span);
  if (!x.names_of(*form.items[1], form, shift->names)) return x.poison(form.span);
  if (shift->names.size() != 1) return x.malformed(form, "it binds one name");
  Expander::LocalNames names(x);
  x.hide(shift->names[0].text);
  shift->items.push_back(x.expand_bodies(form, 2));
  return shift;
}

Expr* expand_async_shift(Expander& x, const Datum& form) { return expand_shift(x, form); }

Expr* expand_async(Expander& x, const Datum& form) {
  Expr* body = x.lambda({}, false, *form.items[1], form.span);
  Expr* options = form.items.size() == 3 ? expand_options(x, *form.items[2]) : nullptr;
  return x.exprs.make(ExprKind::async, form.span, {body, options});
}

}  // namespace valkc
