// Dead functions and globals.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks.
// Establishes: every function known to the whole program is mentioned by code that `main` reaches; every
//              cell of a global is read or assigned by such code, but for programs that reach `eval`,
//              which finds globals by name.
// Invalidates: counts of uses.
// Paper:       none: marking from the root, as a collector does.
//
// The library is compiled into each program, so most of a small program is dead at first.
#include "cps/eliminate_dead.h"

#include <algorithm>
#include <unordered_set>

#include "cps/fold.h"
#include "cps/id_map.h"
#include "cps/slots.h"

namespace valkc {

namespace {

class DeadCodeEliminator {
 public:
  explicit DeadCodeEliminator(Program& program)
      : program_(program), is_live_(program), value_(program) {}
  void run();

 private:
  void reach(Fun* fun);
  void mark(Term& term);
  void sweep(Fun* fun);
  bool is_dead_define(const Term& term) const;

  Program& program_;
  IdMap<char> is_live_;  ///< functions
  IdMap<Atom> value_;    ///< of variables that were the result of a dead definition; else null
  std::unordered_set<const Global*> live_globals_;
  std::vector<Term*> todo_;
  bool has_eval_ = false;
};

void DeadCodeEliminator::reach(Fun* fun) {
  if (is_live_[fun]) return;
  is_live_[fun] = true;
  todo_.push_back(fun->body);
}

void DeadCodeEliminator::mark(Term& term) {
  static const Primitive* eval = primitive_with_id("eval");
  each_atom_slot(term, [&](const Atom& a) {
    if (a.kind == AtomKind::fun) reach(a.fun);
    if (a.kind == AtomKind::primitive && a.primitive == eval) has_eval_ = true;
  });
  if (term.kind == TermKind::let) {
    const Op& op = static_cast<Let&>(term).op;
    if (op.kind == OpKind::global_get || op.kind == OpKind::global_set)
      live_globals_.insert(op.global);
  }
  // Local functions are live with the code that binds them: dropping those is simplify's business.
  each_child_slot(term, [&](Term** child) { todo_.push_back(*child); });
}

bool DeadCodeEliminator::is_dead_define(const Term& term) const {
  if (term.kind != TermKind::let) return false;
  const Op& op = static_cast<const Let&>(term).op;
  return op.kind == OpKind::global_define && !live_globals_.count(op.global);
}

/// Drops the definitions of dead globals. The value of a definition is nil.
void DeadCodeEliminator::sweep(Fun* fun) {
  std::vector<Term**> slots{&fun->body};
  while (!slots.empty()) {
    Term** slot = slots.back();
    slots.pop_back();
    while (is_dead_define(**slot)) {
      const Let& let = static_cast<const Let&>(**slot);
      value_[let.var] = Atom(program_.data.nil(let.span));
      *slot = let.next;
    }
    each_atom_slot(**slot, [&](Atom& a) {
      if (a.is_var() && value_[a.var].constant) a = value_[a.var];
    });
    each_child_slot(**slot, [&](Term** child) { slots.push_back(child); });
  }
}

void DeadCodeEliminator::run() {
  reach(program_.main);
  while (!todo_.empty()) {
    Term* term = todo_.back();
    todo_.pop_back();
    mark(*term);
  }
  std::erase_if(program_.top_level,
                [&](const Fun* f) { return f != program_.main && !is_live_[f]; });
  if (has_eval_ || (program_.core && program_.core->needs_evaluator)) return;
  const auto is_dead = [&](const Global* g) { return !live_globals_.count(g); };
  if (std::none_of(program_.globals.begin(), program_.globals.end(), is_dead)) return;
  for (Fun* f : program_.top_level)
    if (f != program_.main) sweep(f);
  sweep(program_.main);
  std::erase_if(program_.globals, is_dead);
}

}  // namespace

void eliminate_dead(Program& program) { DeadCodeEliminator(program).run(); }

}  // namespace valkc
