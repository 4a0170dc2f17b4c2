// The part of simplify that concerns what is bound: values, functions, continuations. The pass is
// described in simplify.cpp.
#include <algorithm>

#include "cps/fold.h"
#include "cps/simplifier.h"

namespace valkc {

// ---- values -------------------------------------------------------------------------------------

std::optional<Atom> Simplifier::value_of_is_unset(const Let& let) {
  const Atom& a = let.op.args[0];
  const auto truth = [&](bool b) { return Atom(program_.data.integer(b, let.span)); };
  if (!a.is_var()) return truth(false);
  if (const Let* definition = known_[a.var].definition) {
    if (definition->op.kind == OpKind::unset) return truth(true);
    const bool is_read = definition->op.kind == OpKind::primitive &&
                         definition->op.primitive == primitive_with_id("cell_get");
    return is_read ? std::nullopt : std::optional(truth(false));
  }
  return incoming_[a.var].may_be_unset ? std::nullopt : std::optional(truth(false));
}

/// What the variable stands for, if the operation need not run.
std::optional<Atom> Simplifier::value_of(Let& let) {
  if (let.op.kind == OpKind::is_unset) return value_of_is_unset(let);
  if (let.op.kind != OpKind::primitive) return std::nullopt;
  let.op.primitive = narrow(*let.op.primitive, let.op.args.size());
  return fold(*let.op.primitive, let.op.args, program_, let.span);
}

bool Simplifier::visit_let(Term** slot) {
  Let& let = static_cast<Let&>(**slot);
  resolve_all(let.op.args);
  known_[let.var].definition = &let;
  const std::optional<Atom> value = value_of(let);
  if (!value) return false;
  replace(let.var, *value);
  for (const Atom& a : let.op.args) release(a);
  *slot = let.next;
  return true;
}

void Simplifier::leave_let(Term** slot) {
  const Let& let = static_cast<Let&>(**slot);
  if (uses_[let.var].total() != 0 || !is_removable(let.op)) return;
  for (const Atom& a : let.op.args) release(a);
  *slot = let.next;
  has_changed_ = true;
}

// ---- functions ----------------------------------------------------------------------------------

void Simplifier::leave_let_fun(Term** slot) {
  LetFun& let = static_cast<LetFun&>(**slot);
  for (const bool is_once : {false, true})
    for (Fun* f : let.funs) {
      const uint32_t uses = uses_[f].total();
      if (known_[f].is_gone || known_[f].is_visited || uses == 0 || (uses == 1 && !is_once))
        continue;
      simplify_fun(f);
    }
  for (Fun* f : let.funs) {
    if (known_[f].is_gone || uses_[f].total() != 0) continue;
    known_[f].is_gone = true;
    has_changed_ = true;
    if (uses_[f].is_reached) erase(f->body);
  }
  std::erase_if(let.funs, [&](const Fun* f) { return known_[f].is_gone; });
  if (let.funs.empty()) *slot = let.next;
}

// ---- continuations ------------------------------------------------------------------------------

bool is_choice(const Cont& k) {
  if (k.is_opaque() || k.params.size() != 1 || k.body->kind != TermKind::if_) return false;
  const If& branch = static_cast<const If&>(*k.body);
  const Atom param(k.params[0]);
  const auto is_jump = [&](const Term* t) {
    if (t->kind != TermKind::jump) return false;
    const std::vector<Atom>& args = static_cast<const Jump*>(t)->args;
    return std::find(args.begin(), args.end(), param) == args.end();
  };
  return branch.condition == param && is_jump(branch.consequent) && is_jump(branch.alternative);
}

/// k(x…) = jump j(x…): everybody may go to j at once.
bool Simplifier::replace_by_target(Cont* k) {
  if (k->body->kind != TermKind::jump) return false;
  const Jump& jump = static_cast<const Jump&>(*k->body);
  Cont* target = resolve(jump.cont);
  const bool passes_all =
      std::equal(jump.args.begin(), jump.args.end(), k->params.begin(), k->params.end(),
                 [](const Atom& a, Var* p) { return a == Atom(p); });
  if (!passes_all || target == k || dropped_.count(target)) return false;
  release(target, true);
  replace(k, target);
  known_[k].is_gone = true;
  return true;
}

/// The value that `param` always has, if it is visible where what has the parameter is bound.
std::optional<Atom> Simplifier::only_value(const Var* param, uint32_t bound_at) {
  const Incoming& in = incoming_[param];
  if (in.kind != Incoming::Kind::one) return std::nullopt;
  const Atom value = resolve(in.atom);
  const auto is_visible = [&](const Atom& a) {
    if (a.is_var()) return uses_[a.var].bound_at < bound_at;
    return a.kind != AtomKind::fun || uses_[a.fun].bound_at < bound_at;
  };
  // Where the atom that was passed is visible, so is what has taken its place.
  if (!value.is_var() && value.kind != AtomKind::fun) return value;
  return is_visible(in.atom) ? std::optional(value) : std::nullopt;
}

/// Drops the parameters that no one needs, and returns which; empty: none.
std::vector<bool> Simplifier::drop_parameters(std::vector<Var*>& params, uint32_t bound_at,
                                              bool may_capture) {
  std::vector<bool> dropped;
  for (Var* p : params) {
    bool is_dropped = uses_[p].total() == 0;
    if (!is_dropped) {
      const std::optional<Atom> value = only_value(p, bound_at);
      is_dropped = value && (may_capture || !value->is_var());
      if (is_dropped) replace(p, *value);
    }
    dropped.push_back(is_dropped);
  }
  if (std::find(dropped.begin(), dropped.end(), true) == dropped.end()) return {};
  size_t i = 0;
  std::erase_if(params, [&](const Var*) { return dropped[i++]; });
  has_changed_ = true;
  return dropped;
}

/// Jumps drop their arguments when they are visited.
void Simplifier::drop_parameters(Cont* k) {
  if (uses_[k].other != 0) return;
  std::vector<bool> dropped = drop_parameters(k->params, uses_[k].bound_at, true);
  if (!dropped.empty()) dropped_[k] = std::move(dropped);
}

/// The same for functions of which all calls are known, but for what they would have to capture.
void Simplifier::drop_parameters(Fun* f) {
  if (f->rest || uses_[f].other != 0 || uses_[f].direct == 0) return;
  std::vector<bool> dropped = drop_parameters(f->params, uses_[f].bound_at, false);
  if (!dropped.empty()) dropped_[f] = std::move(dropped);
}

namespace {

/// The term of `k` after the continuations that it binds first.
Term* after_conts(const Cont& k) {
  Term* t = k.body;
  while (t->kind == TermKind::let_cont) t = static_cast<LetCont*>(t)->next;
  return t;
}

}  // namespace

/// A continuation of several jumps that only tests its parameter becomes a choice between jumps, so
/// that whoever knows the outcome (`and`, `or`, nested conditions) goes there directly. What it binds
/// before the test cannot mention the parameter, and is bound next to it instead.
void Simplifier::split_branches(LetCont& let, Cont* k) {
  if (uses_[k].other != 0 || uses_[k].direct < 2 || k->params.size() != 1 || is_choice(*k)) return;
  Term* test = after_conts(*k);
  if (test->kind != TermKind::if_ || uses_[k->params[0]].direct != 1) return;
  If& branch = static_cast<If&>(*test);
  if (!(branch.condition == Atom(k->params[0]))) return;
  for (Term* t = k->body; t != test; t = static_cast<LetCont*>(t)->next) {
    const std::vector<Cont*>& inner = static_cast<LetCont*>(t)->conts;
    for (const Cont* c : inner) uses_[c].bound_at = uses_[k].bound_at;
    let.conts.insert(let.conts.end(), inner.begin(), inner.end());
  }
  k->body = test;
  const auto move_out = [&](Term** side, const char* name) {
    if ((*side)->kind == TermKind::jump) return;
    Cont* target = program_.make_cont(name, (*side)->span);
    target->body = *side;
    let.conts.push_back(target);
    UseCount& count = uses_[target];
    count.direct = 1;
    count.is_reached = true;
    count.bound_at = uses_[k].bound_at;
    Jump* jump = program_.make<Jump>(TermKind::jump, branch.span);
    jump->cont = target;
    *side = jump;
  };
  move_out(&branch.consequent, "then");
  move_out(&branch.alternative, "else");
  has_changed_ = true;
}

void Simplifier::visit_let_cont(LetCont& let) {
  const size_t count = let.conts.size();  // splitting appends more
  for (size_t i = 0; i < count; i++) {
    Cont* k = let.conts[i];
    if (uses_[k].total() == 0 || replace_by_target(k)) continue;
    split_branches(let, k);
    drop_parameters(k);
  }
}

void Simplifier::leave_let_cont(Term** slot) {
  LetCont& let = static_cast<LetCont&>(**slot);
  const auto drop_unused = [&] {
    for (Cont* k : let.conts) {
      if (known_[k].is_gone || uses_[k].total() != 0) continue;
      known_[k].is_gone = true;
      has_changed_ = true;
      if (uses_[k].is_reached) erase(k->body);
    }
  };
  drop_unused();
  for (const bool is_once : {false, true})
    for (Cont* k : let.conts) {
      const uint32_t uses = uses_[k].total();
      if (known_[k].is_gone || known_[k].is_visited || uses == 0 || (uses == 1 && !is_once))
        continue;
      known_[k].is_visited = true;
      simplify_term(&k->body);
    }
  drop_unused();
  std::erase_if(let.conts, [&](const Cont* k) { return known_[k].is_gone; });
  if (let.conts.empty()) *slot = let.next;
}

}  // namespace valkc
