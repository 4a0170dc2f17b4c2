// Closure conversion: flat, safe for space.
//
// Input:       CPS.
// Output:      the same terms, stage closed: Fun::captures lists the free variables of each function.
// Requires:    the scoping rules that verify() checks.
// Establishes: inside its body a function refers only to its parameters, to what it binds, to its
//              captures and to its own `self`. A function without captures is static: it is one object
//              for the whole program, and referring to it captures nothing.
// Invalidates: nothing.
// Paper:       Shao and Appel, "Efficient and Safe-for-Space Closure Conversion" (TOPLAS 2000); only
//              the flat representation is used.
//
// Whether a function is static depends on those that it refers to, so the variables are found first,
// and "not static" is then propagated against the direction of the references.
#include "cps/convert_closures.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace valkc {
namespace {

/// What one function mentions and binds, its own body only; nested functions are kept apart.
struct Mentions {
  std::vector<Var*> vars;    ///< in order of first mention
  std::vector<Fun*> funs;    ///< referred to as values or callees
  std::vector<Fun*> nested;  ///< bound by a LetFun of this body
  std::unordered_set<Var*> bound;
  std::unordered_set<const void*> seen;
};

class ClosureConverter {
 public:
  explicit ClosureConverter(Program& program) : program_(program) {}
  void run();

 private:
  void scan(Fun* f);
  void scan_term(Term* t, Mentions& m);
  void mention(const Atom& a, Mentions& m);
  void find_dynamic();
  void capture(Fun* f);
  void add(Mentions& m, Var* v) {
    if (m.seen.insert(v).second) m.vars.push_back(v);
  }

  Program& program_;
  std::vector<Fun*> order_;  ///< inner functions before outer ones
  std::unordered_map<Fun*, Mentions> mentions_;
  std::unordered_set<Fun*> dynamic_;
};

void ClosureConverter::mention(const Atom& a, Mentions& m) {
  if (a.kind == AtomKind::var) add(m, a.var);
  if (a.kind == AtomKind::fun && m.seen.insert(a.fun).second) m.funs.push_back(a.fun);
}

void ClosureConverter::scan_term(Term* t, Mentions& m) {
  while (t) {
    switch (t->kind) {
      case TermKind::let: {
        auto* l = static_cast<Let*>(t);
        for (const Atom& a : l->op.args) mention(a, m);
        m.bound.insert(l->var);
        t = l->next;
        break;
      }
      case TermKind::let_fun: {
        auto* l = static_cast<LetFun*>(t);
        for (Fun* f : l->funs) {
          m.nested.push_back(f);
          m.bound.insert(f->self);
          scan(f);
        }
        t = l->next;
        break;
      }
      case TermKind::let_cont: {
        auto* l = static_cast<LetCont*>(t);
        for (Cont* k : l->conts) {
          for (Var* v : k->params) m.bound.insert(v);
          scan_term(k->body, m);
        }
        t = l->next;
        break;
      }
      case TermKind::jump:
        for (const Atom& a : static_cast<Jump*>(t)->args) mention(a, m);
        return;
      case TermKind::call: {
        auto* c = static_cast<Call*>(t);
        mention(c->callee, m);
        for (const Atom& a : c->args) mention(a, m);
        return;
      }
      case TermKind::if_: {
        auto* i = static_cast<If*>(t);
        mention(i->condition, m);
        scan_term(i->consequent, m);
        t = i->alternative;
        break;
      }
      case TermKind::reset:
        t = static_cast<PushReset*>(t)->body;
        break;
      case TermKind::shift: {
        auto* s = static_cast<Shift*>(t);
        m.bound.insert(s->var);
        t = s->body;
        break;
      }
      case TermKind::try_: {
        auto* p = static_cast<PushTry*>(t);
        m.bound.insert(p->var);
        scan_term(p->handler, m);
        t = p->body;
        break;
      }
      case TermKind::raise:
        mention(static_cast<Raise*>(t)->error, m);
        return;
    }
  }
}

void ClosureConverter::scan(Fun* f) {
  Mentions m;
  for (Var* p : f->params) m.bound.insert(p);
  if (f->rest) m.bound.insert(f->rest);
  m.bound.insert(f->self);
  scan_term(f->body, m);
  // A free variable of a nested function is one of this one's, unless this one binds it.
  for (Fun* g : m.nested) {
    for (Var* v : mentions_[g].vars) add(m, v);
    for (Fun* h : mentions_[g].funs)
      if (m.seen.insert(h).second) m.funs.push_back(h);
  }
  std::erase_if(m.vars, [&](Var* v) { return m.bound.count(v) != 0; });
  std::erase_if(m.funs, [&](Fun* g) { return g == f || m.bound.count(g->self) != 0; });
  order_.push_back(f);
  mentions_.emplace(f, std::move(m));
}

/// A function is dynamic if it has a free variable or refers to a dynamic function from outside.
void ClosureConverter::find_dynamic() {
  std::unordered_map<Fun*, std::vector<Fun*>> users;
  std::vector<Fun*> work;
  for (Fun* f : order_) {
    for (Fun* g : mentions_[f].funs) users[g].push_back(f);
    if (!mentions_[f].vars.empty() && dynamic_.insert(f).second) work.push_back(f);
  }
  while (!work.empty()) {
    Fun* g = work.back();
    work.pop_back();
    for (Fun* f : users[g])
      if (dynamic_.insert(f).second) work.push_back(f);
  }
}

void ClosureConverter::capture(Fun* f) {
  const Mentions& m = mentions_[f];
  f->captures = m.vars;
  for (Fun* g : m.funs)
    if (dynamic_.count(g) && !m.seen.count(g->self)) f->captures.push_back(g->self);
  f->is_closed = true;
}

void ClosureConverter::run() {
  for (Fun* f : program_.top_level) scan(f);
  scan(program_.main);
  find_dynamic();
  for (Fun* f : order_) capture(f);
  program_.stage = Stage::closed;
}

}  // namespace

void convert_closures(Program& program) { ClosureConverter(program).run(); }

}  // namespace valkc
