// Macro calls: the template with its parameters replaced by the code of the arguments. Not hygienic.
//
// The copy of the template carries an origin in its spans, so that a diagnostic shows the template and
// the call; arguments keep the spans of the call.
#include "frontend/expander.h"

namespace valkc {

namespace {

constexpr int kMaxDepth = 400;           ///< nested expansions
constexpr size_t kMaxExprs = 4'000'000;  ///< made by one outermost expansion

using Bindings = std::unordered_map<std::string_view, std::vector<const Datum*>>;

class Substitution {
 public:
  Substitution(DatumArena& data, const Macro& macro, const Datum& call, uint32_t origin)
      : data_(data), origin_(origin) {
    size_t fixed = macro.params.size() - (macro.has_rest ? 1 : 0);
    for (size_t i = 0; i < fixed; ++i) bindings_[macro.params[i].text] = {call.items[i + 1]};
    if (!macro.has_rest) return;
    rest_ = macro.params.back().text;
    auto begin = call.items.begin() + static_cast<ptrdiff_t>(fixed) + 1;
    bindings_[rest_] = {begin, call.items.end()};
  }

  const Datum* apply(const Datum& datum) {
    if (const std::vector<const Datum*>* bound = binding(datum)) {
      if (datum.text != rest_) return bound->front();
      return data_.sequence(DatumKind::list, *bound, placed(datum.span));
    }
    Datum* copy = data_.make(datum.kind, placed(datum.span));
    copy->integer = datum.integer;
    copy->real = datum.real;
    copy->text = datum.text;
    for (const Datum* item : datum.items) {
      const std::vector<const Datum*>* bound = binding(*item);
      if (bound && item->text == rest_) {
        copy->items.insert(copy->items.end(), bound->begin(), bound->end());
      } else {
        copy->items.push_back(apply(*item));
      }
    }
    return copy;
  }

 private:
  const std::vector<const Datum*>* binding(const Datum& datum) const {
    if (datum.kind != DatumKind::symbol) return nullptr;
    auto found = bindings_.find(datum.text);
    return found == bindings_.end() ? nullptr : &found->second;
  }

  Span placed(Span span) const {
    span.origin = origin_;
    return span;
  }

  DatumArena& data_;
  uint32_t origin_;
  Bindings bindings_;
  std::string_view rest_;
};

}  // namespace

bool Expander::check_macro_arity(const Macro& macro, const Datum& call) {
  size_t given = call.items.size() - 1;
  size_t fixed = macro.params.size() - (macro.has_rest ? 1 : 0);
  if (given == fixed || (macro.has_rest && given > fixed)) return true;
  std::string takes = (macro.has_rest ? "at least " : "") + std::to_string(fixed);
  Diagnostic& diagnostic =
      report(Diag::macro_arity, call.span, {macro.name, takes, std::to_string(given)});
  if (macro.body) diagnostic.note(macro.body->span, "its template");
  return false;
}

bool Expander::is_runaway(Macro& macro, const Datum& call) {
  if (macro.is_broken) return true;
  if (macro_depth_ < kMaxDepth && exprs.size() - exprs_before_macro_ < kMaxExprs) return false;
  macro.is_broken = true;
  Span outermost = call.span;
  while (outermost.origin != 0) outermost = sources.origin(outermost.origin).call;
  report(Diag::runaway_expansion, outermost, {macro.name}).note(macro.body->span, "its template");
  return true;
}

Expr* Expander::expand_macro(Macro& macro, const Datum& call) {
  if (!check_macro_arity(macro, call)) return poison(call.span);
  if (macro_depth_ == 0) exprs_before_macro_ = exprs.size();
  if (is_runaway(macro, call)) return poison(call.span);
  ++macro_depth_;
  Expr* expanded = expand_template(macro, call);
  --macro_depth_;
  return expanded;
}

/// The rule for bodies applies to the template as it is written, so that `{f x}` is a call whatever
/// code stands for f.
Expr* Expander::expand_template(const Macro& macro, const Datum& call) {
  uint32_t origin = sources.add_origin({macro.name, call.span});
  Substitution substitution(data, macro, call, origin);
  const Datum& body = *macro.body;
  if (body.kind != DatumKind::block || body.items.empty()) return expand(*substitution.apply(body));
  if (body.items[0]->is_sequence()) return expand_body(*substitution.apply(body));
  if (body.items.size() == 1) return expand(*substitution.apply(*body.items[0]));
  const Datum& written = *substitution.apply(body);
  return expand(*data.sequence(DatumKind::list, written.items, written.span));
}

}  // namespace valkc
