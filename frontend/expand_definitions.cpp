// Forms that bind names: def = set! fun \ let extern, and load, which splices definitions.
#include "frontend/forms.h"

namespace valkc {

namespace {

/// Values that may be evaluated at any time without a difference: they need no temporary.
bool is_inert(const Expr& value) {
  return value.kind == ExprKind::constant || value.kind == ExprKind::lambda;
}

/// Binds each name to the value at its place. All values are evaluated before the first name is bound,
/// so that (= {a b} b a) swaps.
template <typename Bind>
Expr* bind_each(Expander& x, const Datum& form, const std::vector<BoundName>& names, Bind bind) {
  std::vector<Expr*> evaluated;
  std::vector<Expr*> bound;
  for (size_t i = 0; i < names.size(); ++i) {
    Expr* value = x.expand(*form.items[i + 2]);
    if (names.size() > 1 && !is_inert(*value)) {
      uint32_t temp = x.exprs.new_temp();
      evaluated.push_back(x.bind_temp(temp, value));
      value = x.temp(temp, value->span);
    }
    bound.push_back(bind(names[i], value));
  }
  if (bound.size() == 1) return bound[0];
  evaluated.insert(evaluated.end(), bound.begin(), bound.end());
  return x.exprs.make(ExprKind::seq, form.span, std::move(evaluated));
}

std::string counted(size_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

/// The names of a binding form, if there are as many as values.
bool binding_names(Expander& x, const Datum& form, std::vector<BoundName>& names) {
  if (!x.names_of(*form.items[1], form, names)) return false;
  size_t values = form.items.size() - 2;
  if (names.size() == values) return true;
  x.report(Diag::names_and_values, form.span,
           {counted(values, "value"), counted(names.size(), "name")});
  return false;
}

bool is_form_call(const Expander& x, const Datum& datum, std::string_view name) {
  return datum.kind == DatumKind::list && !datum.items.empty() && datum.items[0]->is_symbol(name) &&
         x.visible_form(*datum.items[0]);
}

/// `(def {name} (macro {a b} {template}))`.
Expr* define_macro(Expander& x, const Datum& form, const std::vector<BoundName>& names) {
  const Datum& macro = *form.items[2];
  if (names.size() != 1 || macro.items.size() != 3) return expand_macro(x, macro);
  if (find_form(names[0].text)) {
    x.report(Diag::redefined_form, names[0].span, {names[0].text});
    return x.poison(form.span);
  }
  Macro made;
  made.name = names[0].text;
  made.body = macro.items[2];
  made.params = macro.items[1];
  if (!made.params->is_sequence()) return x.malformed(macro, "its parameters stand in braces");
  if (!x.check_macro_params(*made.params, macro)) return x.poison(form.span);
  if (!x.is_deferred()) x.define_macro(std::move(made));
  return x.nil(form.span);
}

Expr* define_globals(Expander& x, const Datum& form) {
  std::vector<BoundName> names;
  if (!binding_names(x, form, names)) return x.poison(form.span);
  if (is_form_call(x, *form.items[2], "macro")) return define_macro(x, form, names);
  return bind_each(x, form, names,
                   [&](const BoundName& name, Expr* value) { return x.define(name, value, form); });
}

Expr* bind_in_frame(Expander& x, const BoundName& name, Expr* value, Span span) {
  x.hide(name.text);
  if (value->kind == ExprKind::lambda && value->text.empty()) value->text = name.text;
  Expr* bind = x.exprs.make(ExprKind::bind, span, {value});
  bind->names.push_back(name);
  return bind;
}

}  // namespace

Expr* expand_def(Expander& x, const Datum& form) { return define_globals(x, form); }

Expr* expand_bind(Expander& x, const Datum& form) {
  if (x.at_top_level()) return define_globals(x, form);
  std::vector<BoundName> names;
  if (!binding_names(x, form, names)) return x.poison(form.span);
  return bind_each(x, form, names, [&](const BoundName& name, Expr* value) {
    return bind_in_frame(x, name, value, form.span);
  });
}

Expr* expand_set(Expander& x, const Datum& form) {
  std::vector<BoundName> names;
  if (!binding_names(x, form, names)) return x.poison(form.span);
  return bind_each(x, form, names, [&](const BoundName& name, Expr* value) {
    Expr* assign = x.exprs.make(ExprKind::assign, form.span, {value});
    assign->is_deferred = x.is_deferred();
    assign->names.push_back(name);
    return assign;
  });
}

Expr* expand_fun(Expander& x, const Datum& form) {
  const Datum& header = *form.items[1];
  if (!header.is_sequence() || header.items.empty()) {
    return x.malformed(form, "the name and the parameters stand in braces");
  }
  std::vector<BoundName> params;
  bool has_rest = false;
  if (!x.params_of(header, form, 0, params, has_rest)) return x.poison(form.span);
  if (header.items[0]->is_symbol("&")) return x.malformed(form, "it lacks the function's name");
  BoundName name = params[0];
  params.erase(params.begin());
  // The macro of that name ends here, so that a recursive call is a call.
  if (!x.is_deferred()) x.forget_macro(name.text);
  return x.define(name, x.lambda(params, has_rest, *form.items[2], form.span), form);
}

Expr* expand_lambda(Expander& x, const Datum& form) {
  const Datum& list = *form.items[1];
  std::vector<BoundName> params;
  bool has_rest = false;
  if (!list.is_sequence()) return x.malformed(form, "its parameters stand in braces");
  if (!x.params_of(list, form, 0, params, has_rest)) return x.poison(form.span);
  return x.lambda(params, has_rest, *form.items[2], form.span);
}

Expr* expand_let(Expander& x, const Datum& form) {
  Expr* let = x.exprs.make(ExprKind::let, form.span);
  Expander::Frame frame(x, false);
  if (form.items.size() == 3) {
    const Datum& bindings = *form.items[1];
    if (!bindings.is_sequence() || bindings.items.size() % 2 != 0) {
      return x.malformed(form, "its bindings are pairs of a name and a value");
    }
    for (size_t i = 0; i < bindings.items.size(); i += 2) {
      const Datum& name = *bindings.items[i];
      if (name.kind != DatumKind::symbol) {
        x.report(Diag::not_a_name, name.span, {"let", describe(name)});
        return x.poison(form.span);
      }
      Expr* value = x.expand(*bindings.items[i + 1]);
      if (value->kind == ExprKind::lambda && value->text.empty()) value->text = name.text;
      let->items.push_back(value);
      let->names.push_back({name.text, name.span});
      x.hide(name.text);
    }
  }
  let->items.push_back(x.expand_body(*form.items.back()));
  return let;
}

Expr* expand_macro(Expander& x, const Datum& form) {
  x.report(Diag::macro_place, form.span);
  return x.poison(form.span);
}

Expr* expand_defmacro(Expander& x, const Datum& form) {
  if (!x.macro_evaluator) {
    x.report(Diag::expansion_time, form.span)
        .hint("write (def {name} (macro {a b} {template})) if substitution is enough");
    return x.poison(form.span);
  }
  if (!x.at_top_level() || x.is_deferred()) {
    x.report(Diag::defmacro_place, form.span);
    return x.poison(form.span);
  }
  const Datum& header = *form.items[1];
  if (!header.is_sequence() || header.items.empty() || header.items[0]->kind != DatumKind::symbol ||
      header.items[0]->text == "&") {
    return x.malformed(form, "the name and the parameters stand in braces");
  }
  Macro made;
  made.name = header.items[0]->text;
  made.params = x.data.sequence(DatumKind::block, {header.items.begin() + 1, header.items.end()},
                                header.span);
  made.body = form.items[2];
  made.is_computed = true;
  std::vector<BoundName> names;
  bool has_rest = false;
  if (!x.params_of(*made.params, form, 0, names, has_rest)) return x.poison(form.span);
  if (find_form(made.name)) {
    x.report(Diag::redefined_form, header.items[0]->span, {made.name});
    return x.poison(form.span);
  }
  if (!x.tells_definitions) x.macro_evaluator->define(form);
  x.define_macro(std::move(made));
  return x.nil(form.span);
}

Expr* expand_load(Expander& x, const Datum& form) {
  const Datum& path = *form.items[1];
  if (path.kind != DatumKind::string || x.is_deferred()) {
    // A computed path: the function `load`, which evaluates the file at run time.
    Expr* callee = x.exprs.make(ExprKind::name, form.items[0]->span);
    callee->text = "load";
    callee->is_deferred = x.is_deferred();
    return x.exprs.make(ExprKind::call, form.span, {callee, x.expand(path)});
  }
  auto forms = x.loader.enter(path.text, path.span);
  if (!forms) return x.nil(form.span);
  Expr* loaded = x.expand_loaded(*forms, form.span);
  x.loader.leave();
  return loaded;
}

Expr* expand_extern(Expander& x, const Datum& form) {
  if (!x.at_top_level() || x.is_deferred()) {
    x.report(Diag::extern_place, form.span);
    return x.poison(form.span);
  }
  const Datum& header = *form.items[1];
  const Datum& symbol = *form.items.back();
  bool is_async = form.items.size() == 4;
  bool has_rest = false;
  Expr* external = x.exprs.make(ExprKind::external, form.span);
  if (is_async && !(form.items[2]->kind == DatumKind::keyword && form.items[2]->text == ":async")) {
    return x.malformed(form, "the only option is :async");
  }
  if (symbol.kind != DatumKind::string) return x.malformed(form, "the C++ symbol is a string");
  if (!header.is_sequence() || header.items.empty()) {
    return x.malformed(form, "the name and the parameters stand in braces");
  }
  if (!x.params_of(header, form, 0, external->names, has_rest)) return x.poison(form.span);
  if (has_rest) return x.malformed(form, "it takes a fixed number of parameters");
  if (is_async && external->names.size() < 2) return x.malformed(form, "an operation takes k last");
  if (find_form(external->names[0].text)) {
    x.report(Diag::redefined_form, external->names[0].span, {external->names[0].text});
    return x.poison(form.span);
  }
  x.forget_macro(external->names[0].text);
  external->is_async = is_async;
  external->text = symbol.text;
  return external;
}

}  // namespace valkc
