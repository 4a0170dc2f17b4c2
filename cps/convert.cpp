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
#include <unordered_map>
#include <unordered_set>

namespace valkc {
namespace {

/// What a local stands for at the current point.
struct Binding {
  Atom atom;
  bool is_cell = false;      ///< atom is a cell that holds the value
  bool maybe_unset = false;  ///< some path to this point has not bound it
};

/// Counts mentions of each local, in all or in part of the program.
class MentionCounter {
 public:
  std::unordered_map<const Local*, int> mentions;
  /// Locals bound (by Bind) in the part, outside lambdas.
  std::vector<const Local*> bound;

  void count(const Core* c) { visit(c, 0); }

 private:
  void visit(const Core* c, int depth);
  void visit_all(const std::vector<const Core*>& items, int depth) {
    for (const Core* item : items) visit(item, depth);
  }
};

void MentionCounter::visit(const Core* c, int depth) {
  if (!c) return;
  switch (c->kind) {
    case CoreKind::constant:
    case CoreKind::global_ref:
    case CoreKind::primitive_ref:
      return;
    case CoreKind::local_ref: {
      auto* ref = static_cast<const CoreLocalRef*>(c);
      mentions[ref->local]++;
      return visit(ref->otherwise, depth);
    }
    case CoreKind::lambda:
      return visit(static_cast<const Lambda*>(c)->body, depth + 1);
    case CoreKind::call: {
      auto* call = static_cast<const CoreCall*>(c);
      visit(call->callee, depth);
      return visit_all(call->args, depth);
    }
    case CoreKind::if_: {
      auto* i = static_cast<const CoreIf*>(c);
      visit(i->condition, depth);
      visit(i->consequent, depth);
      return visit(i->alternative, depth);
    }
    case CoreKind::seq:
      return visit_all(static_cast<const CoreSeq*>(c)->items, depth);
    case CoreKind::bind: {
      auto* bind = static_cast<const CoreBind*>(c);
      if (depth == 0) bound.push_back(bind->local);
      return visit(bind->value, depth);
    }
    case CoreKind::assign:
      return visit(static_cast<const CoreAssign*>(c)->value, depth);
    case CoreKind::define_global:
      return visit(static_cast<const CoreDefineGlobal*>(c)->value, depth);
    case CoreKind::set_global:
      return visit(static_cast<const CoreSetGlobal*>(c)->value, depth);
    case CoreKind::frame:
      return visit(static_cast<const CoreFrame*>(c)->body, depth);
    case CoreKind::try_: {
      auto* t = static_cast<const CoreTry*>(c);
      visit(t->body, depth);
      visit(t->handler, depth);
      return visit(t->cleanup, depth);
    }
    case CoreKind::reset:
      return visit(static_cast<const CoreReset*>(c)->body, depth);
    case CoreKind::shift:
      return visit(static_cast<const CoreShift*>(c)->body, depth);
    case CoreKind::async: {
      auto* a = static_cast<const CoreAsync*>(c);
      visit(a->body, depth);
      return visit(a->options, depth);
    }
    case CoreKind::block:
      return visit(static_cast<const CoreBlock*>(c)->code, depth);
  }
}

class Converter {
 public:
  Converter(const CoreProgram& core, Program& out) : core_(core), out_(out) {}
  void run();

 private:
  // The hole: where the next term goes.
  void place(Term* t) { *hole_ = t; }
  Var* let(std::string name, Op op, Span span);
  Atom let_primitive(const Primitive* p, std::vector<Atom> args, Span span, std::string name = "t");
  Atom let_op(OpKind kind, std::vector<Atom> args, Span span, const char* name);
  void jump(Cont* k, std::vector<Atom> args, Span span);
  /// A continuation of one value, placed here; the hole moves into what follows it, and the caller
  /// later enters its body by `enter`.
  Cont* let_cont(std::string name, Span span, std::vector<Var*> params);
  void enter(Cont* k) { hole_ = &k->body; }

  // Values. `value` gives an atom, after which the hole is where evaluation goes on.
  Atom value(const Core* c);
  /// Ends the term: the value of c goes to k.
  void to_cont(const Core* c, Cont* k);
  /// Only for effect.
  void effect(const Core* c) { value(c); }

  Atom value_of_control(const Core* c);
  Atom local_ref(const CoreLocalRef* ref);
  Atom global_ref(const CoreGlobalRef* ref);
  Atom lambda(const Lambda* l);
  Atom bind(const CoreBind* b);
  Atom assign(const CoreAssign* a);
  Atom block(const CoreBlock* b);
  void call(const CoreCall* c, Cont* k);
  /// Calls of builtins that need no continuation; false if this is no such call.
  bool inline_call(const CoreCall* c, Atom& result);
  Atom fold_call(const Primitive* p, std::vector<Atom> args, Span span);
  void if_to(const CoreIf* i, Cont* k);
  Atom if_value(const CoreIf* i);
  void try_to(const CoreTry* t, Cont* k);
  void try_catch(const CoreTry* t, Cont* k);
  void try_finally(const CoreTry* t, Cont* k);
  void reset_to(const CoreReset* r, Cont* k);
  void shift_to(const CoreShift* s, Cont* k);
  void async_to(const CoreAsync* a, Cont* k);
  void tell_constants();

  Fun* function(const Lambda* l);
  void make_cells(const std::vector<Local*>& cells, Span span);
  void spill_bindings(const Core* part, Span span);
  void spill_control(const Core* c);
  void set(const Local* l, Binding b);
  void undo(size_t mark);
  Atom nil(Span span) { return Atom(out_.data.nil(span)); }
  Atom integer(int64_t n, Span span) { return Atom(out_.data.integer(n, span)); }
  static const Primitive* primitive(std::string_view name) { return find_primitive(name); }

  struct Change {
    const Local* local;
    bool had;
    Binding before;
  };

  const CoreProgram& core_;
  Program& out_;
  Term** hole_ = nullptr;
  std::unordered_map<const Local*, Binding> env_;
  std::vector<Change> trail_;  ///< changes of env_, so that branches and functions can undo theirs
  std::unordered_map<const Global*, Fun*> constant_functions_;
  MentionCounter total_;
  std::unordered_map<const Local*, int> converted_;  ///< mentions met so far
};

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
  Var* result = out_.make_var("t");
  Cont* k = let_cont("k", c->span, {result});
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
      return async_to(static_cast<const CoreAsync*>(c), k);
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
  let_primitive(primitive("%cell-set"), {it->second.atom, v}, a->span);
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

/// Gives a cell to each let variable that is bound in `part` and mentioned outside of it.
void Converter::spill_bindings(const Core* part, Span span) {
  MentionCounter inside;
  inside.count(part);
  for (const Local* l : inside.bound) {
    if (l->is_shared || env_.count(l)) continue;
    if (total_.mentions[l] <= inside.mentions[l]) continue;
    Atom unset = let_op(OpKind::unset, {}, span, "unset");
    Atom cell = let_primitive(primitive("%cell"), {unset}, span, l->name);
    set(l, {cell, true, true});
  }
}

/// The parts of these forms run under another continuation than what follows them.
void Converter::spill_control(const Core* c) {
  if (c->kind == CoreKind::try_) {
    auto* t = static_cast<const CoreTry*>(c);
    for (const Core* part : {t->body, t->handler, t->cleanup})
      if (part) spill_bindings(part, c->span);
  } else if (c->kind == CoreKind::reset) {
    spill_bindings(static_cast<const CoreReset*>(c)->body, c->span);
  } else if (c->kind == CoreKind::shift) {
    spill_bindings(static_cast<const CoreShift*>(c)->body, c->span);
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

Atom Converter::fold_call(const Primitive* p, std::vector<Atom> args, Span span) {
  const FoldRow* fold = args.size() >= 2 ? find_fold(p->id) : nullptr;
  const Primitive* binary = fold ? primitive_by_id(fold->binary) : nullptr;
  if (!binary || (!fold->is_left && args.size() != 2))
    return let_primitive(p, std::move(args), span);
  Atom acc = args[0];
  for (size_t i = 1; i < args.size(); i++) acc = let_primitive(binary, {acc, args[i]}, span);
  return acc;
}

bool Converter::inline_call(const CoreCall* c, Atom& result) {
  if (c->callee->kind == CoreKind::constant && c->args.empty()) {  // (5) yields 5
    result = value(c->callee);
    return true;
  }
  if (c->callee->kind != CoreKind::primitive_ref) return false;
  const Primitive* p = static_cast<const CorePrimitiveRef*>(c->callee)->primitive;
  if (p->has(EFFECT_SUSPENDS) || !p->accepts(static_cast<int>(c->args.size()))) return false;
  std::vector<Atom> args;
  for (const Core* a : c->args) args.push_back(value(a));
  result = fold_call(p, std::move(args), c->span);
  return true;
}

void Converter::call(const CoreCall* c, Cont* k) {
  Atom result;
  if (inline_call(c, result)) return jump(k, {result}, c->span);
  Call* call = out_.make<Call>(TermKind::call, c->span);
  call->callee = value(c->callee);
  for (const Core* a : c->args) call->args.push_back(value(a));
  call->cont = k;
  place(call);
}

// ---- branches -----------------------------------------------------------------------------------

void Converter::if_to(const CoreIf* i, Cont* k) {
  If* branch = out_.make<If>(TermKind::if_, i->span);
  branch->condition = value(i->condition);
  place(branch);
  size_t mark = trail_.size();
  hole_ = &branch->consequent;
  to_cont(i->consequent, k);
  undo(mark);
  hole_ = &branch->alternative;
  to_cont(i->alternative, k);
  undo(mark);
}

Atom Converter::if_value(const CoreIf* i) {
  Atom condition = value(i->condition);
  Var* result = out_.make_var("t");
  Cont* join = let_cont("j", i->span, {result});
  If* branch = out_.make<If>(TermKind::if_, i->span);
  branch->condition = condition;
  place(branch);

  size_t mark = trail_.size();
  struct Arm {
    Atom value;
    Term** hole;
    std::unordered_map<const Local*, Binding> bound;
  };
  std::vector<const Local*> order;  // deterministic: in order of first binding
  auto convert_arm = [&](const Core* c, Term** hole) {
    Arm arm;
    hole_ = hole;
    arm.value = value(c);
    arm.hole = hole_;
    for (size_t t = mark; t < trail_.size(); t++) {
      const Local* l = trail_[t].local;
      if (!arm.bound.count(l) && std::find(order.begin(), order.end(), l) == order.end())
        order.push_back(l);
      arm.bound[l] = env_[l];
    }
    undo(mark);
    return arm;
  };
  Arm yes = convert_arm(i->consequent, &branch->consequent);
  Arm no = convert_arm(i->alternative, &branch->alternative);

  std::vector<Atom> yes_args{yes.value}, no_args{no.value};
  std::vector<std::pair<const Local*, Binding>> joined;
  for (const Local* l : order) {
    if (total_.mentions[l] == converted_[l]) continue;  // nothing after this mentions it
    bool is_cell =
        (yes.bound.count(l) && yes.bound[l].is_cell) || (no.bound.count(l) && no.bound[l].is_cell);
    if (is_cell) continue;  // a cell made inside an arm belongs to that arm
    Var* phi = out_.make_var(l->name);
    join->params.push_back(phi);
    bool maybe_unset = false;
    auto argument = [&](Arm& arm) {
      auto it = arm.bound.find(l);
      if (it != arm.bound.end()) {
        maybe_unset |= it->second.maybe_unset;
        return it->second.atom;
      }
      if (auto outer = env_.find(l); outer != env_.end()) {
        maybe_unset |= outer->second.maybe_unset;
        return outer->second.atom;
      }
      maybe_unset = true;
      hole_ = arm.hole;
      Atom unset = let_op(OpKind::unset, {}, i->span, "unset");
      arm.hole = hole_;
      return unset;
    };
    yes_args.push_back(argument(yes));
    no_args.push_back(argument(no));
    joined.push_back({l, Binding{Atom(phi), false, maybe_unset}});
  }
  hole_ = yes.hole;
  jump(join, yes_args, i->span);
  hole_ = no.hole;
  jump(join, no_args, i->span);
  enter(join);
  for (auto& [l, b] : joined) set(l, b);
  return Atom(result);
}

// ---- control ------------------------------------------------------------------------------------

void Converter::try_to(const CoreTry* t, Cont* k) {
  if (t->cleanup) return try_finally(t, k);
  if (t->handler) return try_catch(t, k);
  to_cont(t->body, k);
}

void Converter::try_catch(const CoreTry* t, Cont* k) {
  PushTry* push = out_.make<PushTry>(TermKind::try_, t->span);
  push->cont = k;
  push->end = out_.make_cont("end", t->span);
  push->var = out_.make_var(t->error ? t->error->name : "e");
  place(push);
  size_t mark = trail_.size();
  hole_ = &push->body;
  to_cont(t->body, push->end);
  undo(mark);
  hole_ = &push->handler;
  if (t->error) {
    set(t->error, {Atom(push->var), false, false});
    if (t->error->is_shared) {
      Atom cell = let_primitive(primitive("%cell"), {Atom(push->var)}, t->span, t->error->name);
      set(t->error, {cell, true, false});
    }
  }
  to_cont(t->handler, k);
  undo(mark);
}

/// The cleanup stands once, in a continuation of the value (or error) and of whether it is an error:
///   letcont finish(v, failed) = try { cleanup } then if failed raise v else k(v)
///                               catch e2: raise (if failed e2 with v attached else e2)
///   try { body } then finish(v, 0) catch e: finish(e, 1)
void Converter::try_finally(const CoreTry* t, Cont* k) {
  Span span = t->span;
  Var* v = out_.make_var("v");
  Var* failed = out_.make_var("failed");
  Cont* finish = let_cont("finish", span, {v, failed});
  Term** after_finish = hole_;
  size_t mark = trail_.size();

  enter(finish);
  Var* ignored = out_.make_var("t");
  Cont* done = let_cont("done", span, {ignored});
  PushTry* guard = out_.make<PushTry>(TermKind::try_, span);
  guard->cont = done;
  guard->end = out_.make_cont("end", span);
  guard->var = out_.make_var("e");
  place(guard);
  hole_ = &guard->body;
  let_primitive(primitive("%finally-enter"), {}, span);
  Atom last = value(t->cleanup);
  jump(guard->end, {last}, span);
  undo(mark);
  auto raise = [&](Atom e) {
    Raise* r = out_.make<Raise>(TermKind::raise, span);
    r->error = e;
    place(r);
  };
  hole_ = &guard->handler;
  let_primitive(primitive("%finally-exit"), {}, span);
  If* replaces = out_.make<If>(TermKind::if_, span);
  replaces->condition = Atom(failed);
  place(replaces);
  hole_ = &replaces->consequent;
  raise(let_primitive(primitive("%attach"), {Atom(guard->var), Atom(v)}, span, "e"));
  hole_ = &replaces->alternative;
  raise(Atom(guard->var));
  enter(done);
  let_primitive(primitive("%finally-exit"), {}, span);
  If* branch = out_.make<If>(TermKind::if_, span);
  branch->condition = Atom(failed);
  place(branch);
  hole_ = &branch->consequent;
  raise(Atom(v));
  hole_ = &branch->alternative;
  jump(k, {Atom(v)}, span);

  hole_ = after_finish;
  Var* value_var = out_.make_var("v");
  Cont* ok = let_cont("ok", span, {value_var});
  Term** after_ok = hole_;
  enter(ok);
  jump(finish, {Atom(value_var), integer(0, span)}, span);
  hole_ = after_ok;
  PushTry* push = out_.make<PushTry>(TermKind::try_, span);
  push->cont = ok;
  push->end = out_.make_cont("end", span);
  push->var = out_.make_var("e");
  place(push);
  hole_ = &push->body;
  if (t->handler) {
    try_catch(t, push->end);
  } else {
    to_cont(t->body, push->end);
  }
  undo(mark);
  hole_ = &push->handler;
  jump(finish, {Atom(push->var), integer(1, span)}, span);
}

void Converter::reset_to(const CoreReset* r, Cont* k) {
  PushReset* push = out_.make<PushReset>(TermKind::reset, r->span);
  push->is_async = r->is_async;
  push->cont = k;
  push->bottom = out_.make_cont("bottom", r->span);
  place(push);
  size_t mark = trail_.size();
  hole_ = &push->body;
  to_cont(r->body, push->bottom);
  undo(mark);
}

void Converter::shift_to(const CoreShift* s, Cont* k) {
  Shift* shift = out_.make<Shift>(TermKind::shift, s->span);
  shift->cont = k;
  shift->var = out_.make_var(s->k->name);
  shift->bottom = out_.make_cont("bottom", s->span);
  place(shift);
  size_t mark = trail_.size();
  hole_ = &shift->body;
  set(s->k, {Atom(shift->var), false, false});
  if (s->k->is_shared) {
    Atom cell = let_primitive(primitive("%cell"), {Atom(shift->var)}, s->span, s->k->name);
    set(s->k, {cell, true, false});
  }
  to_cont(s->body, shift->bottom);
  undo(mark);
}

void Converter::async_to(const CoreAsync* a, Cont* k) {
  Atom code = lambda(a->body);
  Atom options = a->options ? value(a->options) : nil(a->span);
  Call* call = out_.make<Call>(TermKind::call, a->span);
  call->callee = Atom(primitive("%async"));
  call->args = {code, options};
  call->cont = k;
  place(call);
}

// ---- program ------------------------------------------------------------------------------------

/// The evaluator finds variables by their cells, but constants have none. What is told to it here is
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

}  // namespace

std::unique_ptr<Program> convert_to_cps(const CoreProgram& core) {
  auto program = std::make_unique<Program>();
  Converter(core, *program).run();
  return program;
}

}  // namespace valkc
