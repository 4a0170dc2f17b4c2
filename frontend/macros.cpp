// Macro calls: the template with its parameters replaced by the code of the arguments. Not hygienic.
//
// The copy of the template carries an origin in its spans, so that a diagnostic shows the template and
// the call; arguments keep the spans of the call.
#include "frontend/expander.h"

namespace valkc {

namespace {

constexpr int kMaxDepth = 400;           ///< templates that call macros whose templates call …
constexpr size_t kMaxExprs = 4'000'000;  ///< made by one outermost expansion

/// What a parameter stands for: one datum, or the data of a rest parameter.
struct Bound {
  std::vector<const Datum*> data;
  bool is_rest = false;
};
using Bindings = std::unordered_map<std::string_view, Bound>;

/// Binds the names in `params` to the data `given` from `first` on; false if they do not match.
bool match(const Datum& params, const std::vector<const Datum*>& given, size_t first,
           Bindings& bindings) {
  size_t at = first;
  for (size_t i = 0; i < params.items.size(); ++i, ++at) {
    const Datum& param = *params.items[i];
    if (param.is_symbol("&")) {
      auto rest = given.begin() + static_cast<ptrdiff_t>(at);
      bindings[params.items[i + 1]->text] = {{rest, given.end()}, true};
      return true;
    }
    if (at >= given.size()) return false;
    if (param.kind == DatumKind::symbol) {
      bindings[param.text] = {{given[at]}, false};
    } else if (!given[at]->is_sequence() || !match(param, given[at]->items, 0, bindings)) {
      return false;
    }
  }
  return at == given.size();
}

class Substitution {
 public:
  Substitution(DatumArena& data, const Bindings& bindings, uint32_t origin)
      : data_(data), bindings_(bindings), origin_(origin) {}

  const Datum* apply(const Datum& datum) {
    if (const Bound* bound = binding(datum)) {
      if (!bound->is_rest) return bound->data.front();
      return data_.sequence(DatumKind::list, bound->data, placed(datum.span));
    }
    Datum* copy = data_.make(datum.kind, placed(datum.span));
    copy->integer = datum.integer;
    copy->real = datum.real;
    copy->text = datum.text;
    for (const Datum* item : datum.items) {
      const Bound* bound = binding(*item);
      if (bound && bound->is_rest) {
        copy->items.insert(copy->items.end(), bound->data.begin(), bound->data.end());
      } else {
        copy->items.push_back(apply(*item));
      }
    }
    return copy;
  }

 private:
  const Bound* binding(const Datum& datum) const {
    if (datum.kind != DatumKind::symbol) return nullptr;
    auto found = bindings_.find(datum.text);
    return found == bindings_.end() ? nullptr : &found->second;
  }

  Span placed(Span span) const {
    span.origin = origin_;
    return span;
  }

  DatumArena& data_;
  const Bindings& bindings_;
  uint32_t origin_;
};

}  // namespace

std::string to_text(const Macro& macro) {
  const std::string params = to_text(*macro.params);
  const std::string body = to_text(*macro.body);
  if (!macro.is_computed) return "(def {" + macro.name + "} (macro " + params + " " + body + "))";
  // {a b} becomes {NAME a b}.
  const std::string rest = macro.params->items.empty() ? "}" : " " + params.substr(1);
  return "(defmacro {" + macro.name + rest + " " + body + ")";
}

bool Expander::check_macro_params(const Datum& params, const Datum& form) {
  std::vector<BoundName> names;
  bool has_rest = false;
  Datum flat = params;
  for (const Datum*& item : flat.items) {
    if (!item->is_sequence()) continue;
    if (!check_macro_params(*item, form)) return false;
    // A list stands where a name could: checked, it is as good as one.
    item = data.text(DatumKind::symbol, to_text(*item), item->span);
  }
  return params_of(flat, form, 0, names, has_rest);
}

Expr* Expander::wrong_macro_arguments(const Macro& macro, const Datum& call) {
  report(Diag::macro_arguments, call.span, {macro.name})
      .hint("it takes " + to_text(*macro.params))
      .note(macro.params->span, "its parameters");
  return poison(call.span);
}

/// Calls nested in the source, (m (m (m 1))), are no sign of a runaway: what counts is through how
/// many templates the text of this call came.
bool Expander::is_runaway(Macro& macro, const Datum& call) {
  int depth = 0;
  Span outermost = call.span;
  for (; outermost.origin != 0; ++depth) outermost = sources.origin(outermost.origin).call;
  size_t made = exprs.size() - exprs_before_macro_;
  macro.is_broken = macro.is_broken || depth >= kMaxDepth || made >= kMaxExprs;
  if (!macro.is_broken || macro.is_reported) return macro.is_broken;
  // In the code of a literal nobody sees the report: the first call elsewhere makes it.
  macro.is_reported = !is_deferred();
  report(Diag::runaway_expansion, outermost, {macro.name}).note(macro.body->span, "its template");
  return true;
}

Expr* Expander::expand_macro(Macro& macro, const Datum& call) {
  if (macro_depth_ == 0) exprs_before_macro_ = exprs.size();
  if (is_runaway(macro, call)) return poison(call.span);
  ++macro_depth_;
  Expr* expanded = macro.is_computed ? expand_computed(macro, call) : expand_template(macro, call);
  --macro_depth_;
  return expanded;
}

/// The macro's code runs now, on the data of the call.
Expr* Expander::expand_computed(const Macro& macro, const Datum& call) {
  Bindings bindings;
  if (!match(*macro.params, call.items, 1, bindings)) return wrong_macro_arguments(macro, call);
  Span span = call.span;
  span.origin = sources.add_origin({macro.name, call.span, macro.body->span});
  const std::vector<const Datum*> arguments(call.items.begin() + 1, call.items.end());
  MacroEvaluator::Expansion expansion = macro_evaluator->expand(macro.name, arguments, data, span);
  // As for eval, a list made at compile time is one expression; a block literal keeps the body rule.
  if (expansion.code)
    return expansion.code->kind == DatumKind::list ? expand(*expansion.code)
                                                   : expand_body(*expansion.code);
  Span where = expansion.where.is_known() ? expansion.where : macro.body->span;
  report(Diag::macro_failed, call.span, {macro.name, expansion.problem}).note(where, "raised here");
  return poison(call.span);
}

/// The rule for bodies applies to the template as it is written, so that `{f x}` is a call whatever
/// code stands for f.
Expr* Expander::expand_template(const Macro& macro, const Datum& call) {
  Bindings bindings;
  if (!match(*macro.params, call.items, 1, bindings)) return wrong_macro_arguments(macro, call);
  Substitution substitution(data, bindings, sources.add_origin({macro.name, call.span}));
  const Datum& body = *macro.body;
  if (body.kind != DatumKind::block || body.items.empty()) return expand(*substitution.apply(body));
  if (body.items[0]->is_sequence()) return expand_body(*substitution.apply(body));
  if (body.items.size() == 1) return expand(*substitution.apply(*body.items[0]));
  const Datum& written = *substitution.apply(body);
  return expand(*data.sequence(DatumKind::list, written.items, written.span));
}

}  // namespace valkc
