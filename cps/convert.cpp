// Conversion of Core to CPS.
//
// Input:       Core (frontend/core.h).
// Output:      CPS (cps/ir.h).
// Establishes: every call names its continuation; reset, shift and try are explicit; let variables are
//              bound once, shared ones are cells; no administrative redexes: a continuation is made only
//              where control really has two ways in, or a call needs one.
// Paper:       Danvy and Filinski, "Representing Control" (1992), for the one-pass transformation; the
//              static continuation is here a hole in the term under construction, filled from left to
//              right, so that long straight programs do not nest C++ calls.
//
// Let variables that are bound in a branch become parameters of the join ("phi"); those bound in the
// body of a try or reset and mentioned outside of it go through a cell, because such a body returns one
// value only.
#include "cps/convert.h"

#include <algorithm>
#include <unordered_set>

#include "cps/converter.h"

namespace valkc {

void Converter::set(const Local* l, Binding b) {
  auto it = env_.find(l);
  trail_.push_back({l, it != env_.end(), it != env_.end() ? it->second : Binding{}});
  env_[l] = b;
}

void Converter::undo(size_t mark) {
  while (trail_.size() > mark) {
    Change& c = trail_.back();
    if (c.had) {
      env_[c.local] = c.before;
    } else {
      env_.erase(c.local);
    }
    trail_.pop_back();
  }
}

Var* Converter::let(std::string name, Op op, Span span) {
  Let* l = out_.make<Let>(TermKind::let, span);
  l->var = out_.make_var(std::move(name));
  l->op = std::move(op);
  place(l);
  hole_ = &l->next;
  return l->var;
}

Atom Converter::let_primitive(const Primitive* p, std::vector<Atom> args, Span span,
                              std::string name) {
  Op op;
  op.kind = OpKind::primitive;
  op.primitive = p;
  op.args = std::move(args);
  return Atom(let(std::move(name), std::move(op), span));
}

Atom Converter::let_op(OpKind kind, std::vector<Atom> args, Span span, const char* name) {
  Op op;
  op.kind = kind;
  op.args = std::move(args);
  return Atom(let(name, std::move(op), span));
}

void Converter::jump(Cont* k, std::vector<Atom> args, Span span) {
  Jump* j = out_.make<Jump>(TermKind::jump, span);
  j->cont = k;
  j->args = std::move(args);
  place(j);
}

Cont* Converter::let_cont(std::string name, Span span, std::vector<Var*> params) {
  LetCont* l = out_.make<LetCont>(TermKind::let_cont, span);
  Cont* k = out_.make_cont(std::move(name), span);
  k->params = std::move(params);
  l->conts.push_back(k);
  place(l);
  hole_ = &l->next;
  return k;
}

// ---- values -------------------------------------------------------------------------------------

Atom Converter::value(const Core* c) {
  switch (c->kind) {
    case CoreKind::constant:
      return Atom(static_cast<const CoreConst*>(c)->value);
    case CoreKind::local_ref:
      return local_ref(static_cast<const CoreLocalRef*>(c));
    case CoreKind::global_ref:
      return global_ref(static_cast<const CoreGlobalRef*>(c));
    case CoreKind::primitive_ref:
      return Atom(static_cast<const CorePrimitiveRef*>(c)->primitive);
    case CoreKind::lambda:
      return lambda(static_cast<const Lambda*>(c));
    case CoreKind::bind:
      return bind(static_cast<const CoreBind*>(c));
    case CoreKind::assign:
      return assign(static_cast<const CoreAssign*>(c));
    case CoreKind::block:
      return block(static_cast<const CoreBlock*>(c));
    case CoreKind::if_:
      return if_value(static_cast<const CoreIf*>(c));
    case CoreKind::seq: {
      auto& items = static_cast<const CoreSeq*>(c)->items;
      if (items.empty()) return nil(c->span);
      for (size_t i = 0; i + 1 < items.size(); i++) effect(items[i]);
      return value(items.back());
    }
    case CoreKind::frame: {
      auto* f = static_cast<const CoreFrame*>(c);
      make_cells(f->cells, f->span);
      return value(f->body);
    }
    case CoreKind::define_global: {
      auto* d = static_cast<const CoreDefineGlobal*>(c);
      if (d->global->is_constant && !d->global->external) return nil(c->span);
      Op op;
      op.kind = OpKind::global_define;
      op.global = d->global;
      op.args = {value(d->value)};
      let("t", std::move(op), c->span);
      return nil(c->span);
    }
    case CoreKind::set_global: {
      auto* d = static_cast<const CoreSetGlobal*>(c);
      Op op;
      op.kind = OpKind::global_set;
      op.global = d->global;
      op.args = {value(d->value)};
      let("t", std::move(op), c->span);
      return nil(c->span);
    }
    case CoreKind::call: {
      Atom result;
      if (inline_call(static_cast<const CoreCall*>(c), result)) return result;
      return value_of_control(c);
    }
    case CoreKind::try_:
    case CoreKind::reset:
    case CoreKind::shift:
    case CoreKind::async:
      return value_of_control(c);
  }
  return nil(c->span);
}

/// For forms that end the term: what follows becomes a continuation.
Atom Converter::value_of_control(const Core* c) {
  spill_control(c);
  // What the operands of a call bind can be mentioned afterwards: they stand before the continuation.
  Call* call = c->kind == CoreKind::call    ? operands(static_cast<const CoreCall*>(c))
               : c->kind == CoreKind::async ? operands(static_cast<const CoreAsync*>(c))
                                            : nullptr;
  Var* result = out_.make_var("t");
  Cont* k = let_cont("k", c->span, {result});
  if (call)
    place_call(call, k);
  else
    to_cont(c, k);
  enter(k);
  return Atom(result);
}

void Converter::to_cont(const Core* c, Cont* k) {
  switch (c->kind) {
    case CoreKind::call:
      return call(static_cast<const CoreCall*>(c), k);
    case CoreKind::if_:
      return if_to(static_cast<const CoreIf*>(c), k);
    case CoreKind::seq: {
      auto& items = static_cast<const CoreSeq*>(c)->items;
      if (items.empty()) return jump(k, {nil(c->span)}, c->span);
      for (size_t i = 0; i + 1 < items.size(); i++) effect(items[i]);
      return to_cont(items.back(), k);
    }
    case CoreKind::frame: {
      auto* f = static_cast<const CoreFrame*>(c);
      make_cells(f->cells, f->span);
      return to_cont(f->body, k);
    }
    case CoreKind::try_:
      return spill_control(c), try_to(static_cast<const CoreTry*>(c), k);
    case CoreKind::reset:
      return spill_control(c), reset_to(static_cast<const CoreReset*>(c), k);
    case CoreKind::shift:
      return spill_control(c), shift_to(static_cast<const CoreShift*>(c), k);
    case CoreKind::async:
      return place_call(operands(static_cast<const CoreAsync*>(c)), k);
    default: {
      Atom v = value(c);
      return jump(k, {v}, c->span);
    }
  }
}

Atom Converter::local_ref(const CoreLocalRef* ref) {
  converted_[ref->local]++;
  auto it = env_.find(ref->local);
  if (it == env_.end()) return ref->otherwise ? value(ref->otherwise) : nil(ref->span);
  Binding b = it->second;
  Atom atom = b.atom;
  if (b.is_cell) {
    atom = let_primitive(primitive("%cell-get"), {b.atom}, ref->span, ref->local->name);
  }
  if (!b.maybe_unset || !ref->otherwise) return atom;
  Atom unset = let_op(OpKind::is_unset, {atom}, ref->span, "unset");
  Var* result = out_.make_var(ref->local->name);
  Cont* join = let_cont("j", ref->span, {result});
  If* branch = out_.make<If>(TermKind::if_, ref->span);
  branch->condition = unset;
  place(branch);
  hole_ = &branch->consequent;
  Atom other = value(ref->otherwise);
  jump(join, {other}, ref->span);
  hole_ = &branch->alternative;
  jump(join, {atom}, ref->span);
  enter(join);
  return Atom(result);
}

Atom Converter::global_ref(const CoreGlobalRef* ref) {
  const Global* g = ref->global;
  if (g->is_constant && g->value) {
    if (auto it = constant_functions_.find(g); it != constant_functions_.end())
      return Atom(it->second);
    if (g->value->kind == CoreKind::constant)
      return Atom(static_cast<const CoreConst*>(g->value)->value);
    if (g->value->kind == CoreKind::primitive_ref)
      return Atom(static_cast<const CorePrimitiveRef*>(g->value)->primitive);
  }
  Op op;
  op.kind = OpKind::global_get;
  op.global = g;
  return Atom(let(g->name, std::move(op), ref->span));
}

Atom Converter::lambda(const Lambda* l) {
  LetFun* lf = out_.make<LetFun>(TermKind::let_fun, l->span);
  Fun* f = function(l);
  lf->funs.push_back(f);
  place(lf);
  hole_ = &lf->next;
  return Atom(f);
}

Atom Converter::bind(const CoreBind* b) {
  auto it = env_.find(b->local);
  if (it != env_.end() && it->second.is_cell) {  // spilled around a try or reset
    Atom cell = it->second.atom;
    Atom v = value(b->value);
    let_primitive(primitive("%cell-set"), {cell, v}, b->span);
    return nil(b->span);
  }
  if (b->value->kind == CoreKind::lambda) {
    auto* l = static_cast<const Lambda*>(b->value);
    LetFun* lf = out_.make<LetFun>(TermKind::let_fun, l->span);
    Fun* f = out_.make_fun(l->name.empty() ? b->local->name : l->name, l->span);
    lf->funs.push_back(f);
    place(lf);
    hole_ = &lf->next;
    set(b->local, {Atom(f), false, false});
    Fun* made = function(l);
    std::string name = f->name;
    // `function` makes its own Fun; graft it onto the one that its body may refer to.
    f->params = made->params;
    f->rest = made->rest;
    f->ret = made->ret;
    f->body = made->body;
    return nil(b->span);
  }
  Atom v = value(b->value);
  set(b->local, {v, false, false});
  return nil(b->span);
}

Atom Converter::assign(const CoreAssign* a) {
  Atom v = value(a->value);
  auto it = env_.find(a->local);
  if (it == env_.end()) return nil(a->span);
  const Atom cell = it->second.atom;
  if (!a->otherwise) {
    let_primitive(primitive("%cell-set"), {cell, v}, a->span);
    return nil(a->span);
  }
  Atom content = let_primitive(primitive("%cell-get"), {cell}, a->span, a->local->name);
  Atom unset = let_op(OpKind::is_unset, {content}, a->span, "unset");
  Cont* join = let_cont("j", a->span, {out_.make_var("t")});
  If* branch = out_.make<If>(TermKind::if_, a->span);
  branch->condition = unset;
  place(branch);
  hole_ = &branch->consequent;
  effect(a->otherwise);
  jump(join, {nil(a->span)}, a->span);
  hole_ = &branch->alternative;
  let_primitive(primitive("%cell-set"), {cell, v}, a->span);
  jump(join, {nil(a->span)}, a->span);
  enter(join);
  return nil(a->span);
}

Atom Converter::block(const CoreBlock* b) {
  if (!b->code) return Atom(b->data);
  Atom code = lambda(b->code);
  return let_op(OpKind::block, {Atom(b->data), code}, b->span, "block");
}

void Converter::make_cells(const std::vector<Local*>& cells, Span span) {
  for (Local* l : cells) {
    Atom unset = let_op(OpKind::unset, {}, span, "unset");
    Atom cell = let_primitive(primitive("%cell"), {unset}, span, l->name);
    set(l, {cell, true, true});
  }
}
// ---- functions ----------------------------------------------------------------------------------

Fun* Converter::function(const Lambda* l) {
  Fun* f = out_.make_fun(l->name, l->span);
  Term** outer = hole_;
  size_t mark = trail_.size();
  f->ret = out_.make_cont("return", l->span);
  hole_ = &f->body;
  auto parameter = [&](Local* p) {
    Var* v = out_.make_var(p->name);
    set(p, {Atom(v), false, false});
    return v;
  };
  for (Local* p : l->params) f->params.push_back(parameter(p));
  if (l->rest) f->rest = parameter(l->rest);
  auto box = [&](Local* p) {
    if (!p || !p->is_shared) return;
    Atom cell = let_primitive(primitive("%cell"), {env_[p].atom}, l->span, p->name);
    set(p, {cell, true, false});
  };
  for (Local* p : l->params) box(p);
  box(l->rest);
  make_cells(l->cells, l->span);
  to_cont(l->body, f->ret);
  undo(mark);
  hole_ = outer;
  return f;
}

// ---- calls --------------------------------------------------------------------------------------

namespace {

struct FoldRow {
  std::string_view id;
  std::string_view binary;
  bool is_left;
};
const FoldRow* find_fold(std::string_view id) {
  static const bool LEFT = true, CHAIN2 = false;
  static const FoldRow rows[] = {
#define FOLD(id, binary, how) {#id, #binary, how},
#include "runtime/prims.def"
      {"", "", LEFT}, {"", "", CHAIN2}};
  for (const FoldRow& row : rows)
    if (row.id == id && !id.empty()) return &row;
  return nullptr;
}
const Primitive* primitive_by_id(std::string_view id) {
  for (const Primitive& p : primitives())
    if (p.id == id) return &p;
  return nullptr;
}

}  // namespace

Atom Converter::fold_call(const Primitive* p, std::vector<Atom> args, Span span) {
  const FoldRow* fold = args.size() >= 2 ? find_fold(p->id) : nullptr;
  const Primitive* binary = fold ? primitive_by_id(fold->binary) : nullptr;
  if (!binary || (!fold->is_left && args.size() != 2))
    return let_primitive(p, std::move(args), span);
  Atom acc = args[0];
  for (size_t i = 1; i < args.size(); i++) acc = let_primitive(binary, {acc, args[i]}, span);
  return acc;
}

/// With more elements than that, what has been computed is kept in the list itself instead of in variables, of which
/// each step would save and restore as many as may live at once (pack_variables).
constexpr size_t MAX_LIST_VARIABLES = 40;

static bool is_long_list(const Primitive& p, const CoreCall& c) {
  const auto is_computed = [](const Core* a) { return a->kind != CoreKind::constant; };
  return p.id == "list" && c.args.size() > MAX_LIST_VARIABLES &&
         std::count_if(c.args.begin(), c.args.end(), is_computed) >
             static_cast<std::ptrdiff_t>(MAX_LIST_VARIABLES);
}

/// Back to front, then reversed: nothing is changed, so that a continuation that is resumed twice finds what it
/// found the first time.
Atom Converter::long_list(const CoreCall& c) {
  Atom list(out_.data.nil(c.span));
  for (const Core* a : c.args) list = let_primitive(primitive("cons"), {value(a), list}, c.span);
  return let_primitive(primitive("reverse"), {list}, c.span);
}

bool Converter::inline_call(const CoreCall* c, Atom& result) {
  if (c->callee->kind == CoreKind::constant && c->args.empty()) {  // (5) yields 5
    result = value(c->callee);
    return true;
  }
  if (c->callee->kind != CoreKind::primitive_ref) return false;
  const Primitive* p = static_cast<const CorePrimitiveRef*>(c->callee)->primitive;
  if (p->has(EFFECT_SUSPENDS) || !p->accepts(static_cast<int>(c->args.size()))) return false;
  if (is_long_list(*p, *c)) {
    result = long_list(*c);
    return true;
  }
  std::vector<Atom> args;
  for (const Core* a : c->args) args.push_back(value(a));
  result = fold_call(p, std::move(args), c->span);
  return true;
}

void Converter::call(const CoreCall* c, Cont* k) {
  Atom result;
  if (inline_call(c, result)) return jump(k, {result}, c->span);
  place_call(operands(c), k);
}

Call* Converter::operands(const CoreCall* c) {
  Call* call = out_.make<Call>(TermKind::call, c->span);
  call->callee = value(c->callee);
  for (const Core* a : c->args) call->args.push_back(value(a));
  return call;
}

void Converter::place_call(Call* call, Cont* k) {
  call->cont = k;
  place(call);
}

// ---- program ------------------------------------------------------------------------------------

/// The evaluator finds variables by their cells, but constants and macros have none. What is told to it here is
/// reachable for every later pass.
void Converter::tell_constants() {
  for (const Global& g : core_.globals()) {
    if (!g.is_constant || g.is_library) continue;
    CoreGlobalRef ref;
    ref.kind = CoreKind::global_ref;
    ref.global = const_cast<Global*>(&g);
    Atom name(out_.data.text(DatumKind::symbol, g.name, Span{}));
    let_primitive(primitive("%define-constant"), {name, global_ref(&ref)}, Span{});
  }
  if (core_.macros.empty()) return;
  Atom text(out_.data.text(DatumKind::string, core_.macros, Span{}));
  let_primitive(primitive("%define-macros"), {text}, Span{});
}

void Converter::run() {
  out_.core = &core_;
  std::unordered_set<const Core*> defined;  // a constant's value stands in its definition
  for (const Core* form : core_.body) {
    total_.count(form);
    if (form->kind == CoreKind::define_global)
      defined.insert(static_cast<const CoreDefineGlobal*>(form)->value);
  }
  for (const Global& g : core_.globals())
    if (g.is_constant && g.value && !defined.count(g.value)) total_.count(g.value);

  // Functions known to the whole program exist before any of their bodies is converted.
  std::vector<std::pair<Fun*, const Lambda*>> pending;
  for (const Global& g : core_.globals()) {
    bool is_function = g.is_constant && g.value && g.value->kind == CoreKind::lambda;
    if (is_function) {
      Fun* f = out_.make_fun(g.name, g.value->span);
      constant_functions_[&g] = f;
      out_.top_level.push_back(f);
      pending.push_back({f, static_cast<const Lambda*>(g.value)});
    } else if (!g.is_constant || !g.value || g.external) {
      out_.globals.push_back(&g);
    }
  }
  for (auto& [f, l] : pending) {
    Fun* made = function(l);
    f->params = made->params;
    f->rest = made->rest;
    f->ret = made->ret;
    f->body = made->body;
  }

  Fun* main = out_.make_fun("main", Span{});
  main->ret = out_.make_cont("return", Span{});
  out_.main = main;
  hole_ = &main->body;
  for (const Global* g : out_.globals) {
    if (!g->initial) continue;
    Op op;
    op.kind = OpKind::global_define;
    op.global = g;
    op.args = {value(g->initial)};
    let("t", std::move(op), g->span);
  }
  make_cells(core_.cells, Span{});
  if (core_.needs_evaluator) tell_constants();
  for (size_t i = 0; i < core_.body.size(); i++) {
    if (core_.gives_value && i + 1 == core_.body.size()) return to_cont(core_.body[i], main->ret);
    effect(core_.body[i]);
  }
  jump(main->ret, {nil(Span{})}, Span{});
}

std::unique_ptr<Program> convert_to_cps(const CoreProgram& core) {
  auto program = std::make_unique<Program>();
  Converter(core, *program).run();
  return program;
}

}  // namespace valkc
