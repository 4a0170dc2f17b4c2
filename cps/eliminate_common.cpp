// Common subexpressions: an operation on the same arguments has the same value the second time.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks.
// Establishes: where the result of a builtin on some arguments is in scope, it is not computed again in
//              the same function, if the builtin depends on its arguments alone and its result has no
//              identity. One that raises would have raised the first time.
// Invalidates: counts of uses.
// Paper:       scope is dominance in this IR, so it is hash-consing with a scoped table; the usual
//              reference is Briggs, Cooper and Simpson, "Value Numbering" (SPE 1997).
//
// Values are not shared with the functions inside: they would have to be captured.
#include "cps/eliminate_common.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "cps/fold.h"
#include "cps/id_map.h"
#include "cps/slots.h"

namespace valkc {

namespace {

/// Whether two atoms are the same value in every run.
bool is_same(const Atom& a, const Atom& b) {
  if (a == b) return true;
  if (!a.is_constant() || !b.is_constant()) return false;
  const Datum &x = *a.constant, &y = *b.constant;
  // Reals only by identity: -0.0 and nan are not worth the care.
  return x.kind == y.kind && x.kind != DatumKind::real && !x.is_sequence() &&
         x.integer == y.integer && x.text == y.text;
}

struct Expression {
  const Primitive* primitive;
  std::vector<Atom> args;

  friend bool operator==(const Expression& a, const Expression& b) {
    return a.primitive == b.primitive &&
           std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(), is_same);
  }
};

struct ExpressionHash {
  size_t operator()(const Expression& e) const {
    size_t hash = e.primitive->index;
    for (const Atom& a : e.args) {
      size_t part = 0;
      if (!a.is_constant())
        part = std::hash<const void*>()(a.var);
      else if (a.constant->kind != DatumKind::real && !a.constant->is_sequence())
        part =
            std::hash<int64_t>()(a.constant->integer) ^ std::hash<std::string>()(a.constant->text);
      hash = hash * 31 + part;
    }
    return hash;
  }
};

class CommonEliminator {
 public:
  explicit CommonEliminator(Program& program) : program_(program), value_(program) {}
  void run();

 private:
  using Table = std::unordered_map<Expression, Var*, ExpressionHash>;

  void walk_fun(Fun* fun);
  void walk(Term** slot);
  void walk_scope(Term** slot);
  bool is_known(const Let& let);
  void resolve_atoms(Term& term);

  Program& program_;
  IdMap<Var*> value_;                     ///< of variables that are gone
  Table table_;                           ///< what is in scope
  std::vector<const Expression*> trail_;  ///< in the order in which it came
};

/// Whether the result depends on nothing but the arguments, and sharing it cannot be seen.
bool is_shareable(const Op& op) {
  if (op.kind != OpKind::primitive) return false;
  const Primitive& p = *op.primitive;
  if (p.has(EFFECT_WRITES) || p.has(EFFECT_SUSPENDS) || p.has(EFFECT_CALLS)) return false;
  if (p.has(EFFECT_READS))
    // == looks into what is mutable, but not when one side is a constant without parts.
    return is_equality(p) && std::any_of(op.args.begin(), op.args.end(), [](const Atom& a) {
             return a.is_constant() && !a.constant->is_sequence();
           });
  return !p.has(EFFECT_ALLOCATES) || is_arithmetic(p);
}

void CommonEliminator::resolve_atoms(Term& term) {
  each_atom_slot(term, [&](Atom& a) {
    if (a.is_var() && value_[a.var]) a = Atom(value_[a.var]);
  });
}

/// If the value is in scope already, its variable takes the place of this one; else it is from here on.
bool CommonEliminator::is_known(const Let& let) {
  if (!is_shareable(let.op)) return false;
  const auto [at, is_new] = table_.try_emplace({let.op.primitive, let.op.args}, let.var);
  if (is_new)
    trail_.push_back(&at->first);
  else
    value_[let.var] = at->second;
  return !is_new;
}

/// A body that sees what is in scope around it, and adds nothing to that.
void CommonEliminator::walk_scope(Term** slot) {
  const size_t mark = trail_.size();
  walk(slot);
  for (; trail_.size() > mark; trail_.pop_back()) table_.erase(table_.find(*trail_.back()));
}

void CommonEliminator::walk(Term** slot) {
  while (slot) {
    Term& term = **slot;
    resolve_atoms(term);
    if (term.kind == TermKind::let && is_known(static_cast<Let&>(term))) {
      *slot = static_cast<Let&>(term).next;
      continue;
    }
    Term** next = next_slot(term);
    if (term.kind == TermKind::let_fun) {
      for (Fun* f : static_cast<LetFun&>(term).funs) walk_fun(f);
    } else {
      each_child_slot(term, [&](Term** child) {
        if (child != next) walk_scope(child);
      });
    }
    slot = next;
  }
}

void CommonEliminator::walk_fun(Fun* fun) {
  Table outer;
  std::vector<const Expression*> outer_trail;
  std::swap(table_, outer);
  std::swap(trail_, outer_trail);
  walk(&fun->body);
  std::swap(table_, outer);
  std::swap(trail_, outer_trail);
}

void CommonEliminator::run() {
  for (Fun* f : program_.top_level)
    if (f != program_.main) walk_fun(f);
  walk_fun(program_.main);
}

}  // namespace

void eliminate_common(Program& program) { CommonEliminator(program).run(); }

}  // namespace valkc
