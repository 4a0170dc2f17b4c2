// quote, and quasiquote as calls that build the list: (cons a rest), (%splice spliced rest).
#include "frontend/forms.h"

namespace valkc {

namespace {

bool is_prefixed(const Datum& datum, std::string_view name) {
  return datum.is_sequence() && datum.items.size() == 2 && datum.items[0]->is_symbol(name);
}

class Template {
 public:
  explicit Template(Expander& expander) : x_(expander) {}

  /// `level` counts the quasiquotes around: an unquote belongs to the innermost one.
  Expr* expand(const Datum& datum, int level) {
    if (!datum.is_sequence() || !has_unquote(datum)) return x_.constant(datum);
    if (is_prefixed(datum, "unquote")) {
      return level == 1 ? x_.expand(*datum.items[1]) : nested(datum, level - 1);
    }
    if (is_prefixed(datum, "quasiquote")) return nested(datum, level + 1);
    return list(datum, level);
  }

 private:
  bool has_unquote(const Datum& datum) {
    if (!datum.is_sequence()) return false;
    for (const Datum* item : datum.items) {
      if (item->is_symbol("unquote") || item->is_symbol("unquote-splicing")) return true;
      if (has_unquote(*item)) return true;
    }
    return false;
  }

  /// A prefix form that stays in the result, with its operand at another level.
  Expr* nested(const Datum& datum, int level) {
    Expr* rest = cons(expand(*datum.items[1], level), x_.nil(datum.span), datum.span);
    return cons(x_.constant(*datum.items[0]), rest, datum.span);
  }

  Expr* cons(Expr* head, Expr* tail, Span span) {
    return x_.primitive_call("cons", {head, tail}, span);
  }

  /// The elements of a list, evaluated from left to right: each is kept in a
  /// temporary, and the list is then built from its end.
  Expr* list(const Datum& datum, int level) {
    std::vector<Expr*> steps;
    std::vector<Expr*> elements;
    for (const Datum* item : datum.items) elements.push_back(kept(element(*item, level), steps));
    Expr* result = x_.nil(datum.span);
    for (size_t i = elements.size(); i-- > 0;) {
      const Datum& item = *datum.items[i];
      bool is_spliced = level == 1 && is_prefixed(item, "unquote-splicing");
      if (is_spliced) {
        result = x_.primitive_call("%splice", {elements[i], result}, item.span);
      } else {
        result = cons(elements[i], result, item.span);
      }
    }
    steps.push_back(result);
    return steps.size() == 1 ? result : x_.exprs.make(ExprKind::seq, datum.span, std::move(steps));
  }

  Expr* element(const Datum& item, int level) {
    if (!is_prefixed(item, "unquote-splicing")) return expand(item, level);
    return level == 1 ? x_.expand(*item.items[1]) : nested(item, level - 1);
  }

  Expr* kept(Expr* value, std::vector<Expr*>& steps) {
    if (value->kind == ExprKind::constant) return value;
    uint32_t temp = x_.exprs.new_temp();
    steps.push_back(x_.bind_temp(temp, value));
    return x_.temp(temp, value->span);
  }

  Expander& x_;
};

}  // namespace

Expr* expand_quote(Expander& x, const Datum& form) { return x.constant(*form.items[1]); }

Expr* expand_quasiquote(Expander& x, const Datum& form) {
  const Datum& datum = *form.items[1];
  if (is_prefixed(datum, "unquote-splicing")) {
    return x.malformed(form, "there is no list here that ,@ could splice into");
  }
  return Template(x).expand(datum, 1);
}

}  // namespace valkc
