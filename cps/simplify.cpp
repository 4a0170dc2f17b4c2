// Shrinking reductions.
//
// Input:       CPS.
// Output:      CPS that is smaller, or the same.
// Requires:    what verify() checks.
// Establishes: no unused bindings without effects; no continuation that only jumps on; no continuation
//              or (but for those too large to move) known function with a single use, that use being a
//              jump or a call; no parameter of a continuation that is unused or always the same, nor
//              of a function of which all calls are known, if it is unused or a constant; no choice
//              on a constant, or on a variable already decided on the way.
// Invalidates: counts of uses; functions known to the whole program may disappear.
// Paper:       Appel and Jim, "Shrinking Lambda Expressions in Linear Time" (JFP 1997); Kennedy,
//              "Compiling with Continuations, Continued" (ICFP 2007).
//
// All uses of a continuation stand in the region (function, delimiter, try body) that binds it, so
// moving its body to its only jump moves nothing into or out of a try; nor does splicing the body of a
// function in place of a call, since the body runs under the handler of the call either way.
#include "cps/simplify.h"

#include <algorithm>

#include "cps/fold.h"
#include "cps/simplifier.h"
#include "cps/size.h"
#include "cps/split_conts.h"
#include "cps/traverse.h"

namespace valkc {

namespace {

/// Rounds beyond this find nothing in practice; it bounds the time on programs made to be slow.
constexpr int MAX_ROUNDS = 8;

}  // namespace

Simplifier::Simplifier(Program& program)
    : program_(program),
      uses_(compute_uses(program)),
      incoming_(compute_incoming(program)),
      known_(program) {}

// ---- names and counts ---------------------------------------------------------------------------

Atom Simplifier::resolve(Atom atom) {
  while (atom.is_var() && known_[atom.var].is_replaced) {
    Atom value = known_[atom.var].value;
    if (value.is_var() && known_[value.var].is_replaced) {
      // Halve the path, so that long chains are walked once.
      value = known_[value.var].value;
      known_[atom.var].value = value;
    }
    atom = value;
  }
  return atom;
}

Cont* Simplifier::resolve(Cont* cont) {
  while (Cont* next = known_[cont].alias) {
    if (Cont* after = known_[next].alias) known_[cont].alias = after;
    cont = next;
  }
  return cont;
}

void Simplifier::resolve_all(std::vector<Atom>& atoms) {
  for (Atom& a : atoms) a = resolve(a);
}

void Simplifier::use(const Atom& atom) {
  if (atom.is_var()) uses_[atom.var].direct++;
  if (atom.kind == AtomKind::fun) uses_[atom.fun].other++;
}

void Simplifier::release(const Atom& atom) {
  const Atom a = resolve(atom);
  if (a.is_var()) uses_[a.var].direct--;
  if (a.kind != AtomKind::fun) return;
  UseCount& count = uses_[a.fun];
  // Which of the two it was does not matter within a round: only the total is looked at.
  if (count.other)
    count.other--;
  else
    count.direct--;
}

void Simplifier::release(Cont* cont, bool is_jump) {
  UseCount& count = uses_[resolve(cont)];
  if (is_jump)
    count.direct--;
  else
    count.other--;
}

void Simplifier::replace(const Var* var, const Atom& with) {
  const Atom value = resolve(with);
  const uint32_t inherited = uses_[var].direct;
  if (value.is_var()) uses_[value.var].direct += inherited;
  if (value.kind == AtomKind::fun) uses_[value.fun].other += inherited;
  uses_[var].direct = 0;
  known_[var].value = value;
  known_[var].is_replaced = true;
  has_changed_ = true;
}

void Simplifier::replace(Cont* cont, Cont* with) {
  Cont* target = resolve(with);
  const UseCount inherited = uses_[cont];
  uses_[target].direct += inherited.direct;
  uses_[target].other += inherited.other;
  known_[cont].alias = target;
  has_changed_ = true;
}

void Simplifier::bind_arguments(const std::vector<Var*>& params, const std::vector<Atom>& args) {
  for (size_t i = 0; i < params.size(); i++) {
    replace(params[i], args[i]);
    release(args[i]);
  }
}

void Simplifier::erase(const Term* term) {
  has_changed_ = true;
  std::vector<const Term*> todo{term};
  const auto erase_body = [&](const auto* owner) {
    if (known_[owner].is_gone || !uses_[owner].is_reached) return;
    known_[owner].is_gone = true;
    todo.push_back(owner->body);
  };
  while (!todo.empty()) {
    const Term& t = *todo.back();
    todo.pop_back();
    each_atom(t, [&](const Atom& a) { release(a); });
    each_cont_use(t,
                  [&](const Cont* k) { release(const_cast<Cont*>(k), t.kind == TermKind::jump); });
    if (t.kind == TermKind::let_fun)
      for (const Fun* f : static_cast<const LetFun&>(t).funs) erase_body(f);
    if (t.kind != TermKind::let_cont) {
      each_child(t, [&](const Term* child) { todo.push_back(child); });
      continue;
    }
    for (const Cont* k : static_cast<const LetCont&>(t).conts) erase_body(k);
    todo.push_back(static_cast<const LetCont&>(t).next);
  }
}

std::optional<bool> Simplifier::truth_of(const Atom& atom) {
  if (!atom.is_var()) return known_truth(atom);
  if (const int8_t truth = known_[atom.var].truth) return truth > 0;
  return std::nullopt;
}

// ---- walking ------------------------------------------------------------------------------------

bool Simplifier::visit_end(Term** slot) {
  switch ((*slot)->kind) {
    case TermKind::jump:
      return visit_jump(slot);
    case TermKind::call:
      return visit_call(slot);
    case TermKind::if_:
      return visit_if(slot);
    case TermKind::reset:
      return visit_reset(slot);
    case TermKind::shift:
      return visit_shift(slot);
    case TermKind::try_:
      return visit_try(slot);
    case TermKind::raise: {
      Raise* raise = static_cast<Raise*>(*slot);
      raise->error = resolve(raise->error);
      return false;
    }
    default:
      return false;
  }
}

void Simplifier::leave(Term** slot) {
  switch ((*slot)->kind) {
    case TermKind::let:
      return leave_let(slot);
    case TermKind::let_fun:
      return leave_let_fun(slot);
    default:
      return leave_let_cont(slot);
  }
}

/// Bindings are passed on the way down, and looked at again, innermost first, on the way back: then
/// it is known what is left of their uses.
void Simplifier::simplify_term(Term** slot) {
  std::vector<Term**> bindings;
  for (;;) {
    Term* term = *slot;
    if (term->kind == TermKind::let) {
      if (visit_let(slot)) continue;
      bindings.push_back(slot);
      slot = &static_cast<Let*>(term)->next;
    } else if (term->kind == TermKind::let_fun) {
      for (Fun* f : static_cast<LetFun*>(term)->funs) drop_parameters(f);
      bindings.push_back(slot);
      slot = &static_cast<LetFun*>(term)->next;
    } else if (term->kind == TermKind::let_cont) {
      visit_let_cont(static_cast<LetCont&>(*term));
      bindings.push_back(slot);
      slot = &static_cast<LetCont*>(term)->next;
    } else if (!visit_end(slot)) {
      break;
    }
  }
  while (!bindings.empty()) {
    leave(bindings.back());
    bindings.pop_back();
  }
}

void Simplifier::simplify_fun(Fun* fun) {
  known_[fun].is_visited = true;
  simplify_term(&fun->body);
}

/// Visits a function known to the whole program, and all that stands in it.
void Simplifier::simplify_whole(Fun* fun) {
  fun_ = fun;
  const size_t limit = program_.max_function_size;
  room_ = limit == 0 ? SIZE_MAX : limit - std::min(limit, compute_size(fun->body, limit));
  simplify_fun(fun);
}

void Simplifier::simplify_top_level() {
  for (Fun* f : program_.top_level) drop_parameters(f);
  const auto visit = [&](bool is_once) {
    for (Fun* f : program_.top_level) {
      const bool wanted = is_once || f == program_.main || uses_[f].total() != 1;
      if (!wanted || known_[f].is_visited || known_[f].is_gone) continue;
      simplify_whole(f);
    }
  };
  visit(false);  // those used once may be spliced in here, and need no visit of their own
  if (!known_[program_.main].is_visited) simplify_whole(program_.main);
  visit(true);
}

bool Simplifier::run() {
  simplify_top_level();
  std::erase_if(program_.top_level, [&](const Fun* f) { return known_[f].is_gone; });
  return has_changed_;
}

void simplify(Program& program) {
  for (int round = 0; round < MAX_ROUNDS; round++)
    if (!Simplifier(program).run()) break;
  split_conts(program);
}

}  // namespace valkc
