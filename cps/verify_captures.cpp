// Captures of a closed program. What a function must capture follows from what it mentions itself
// and from what the functions made in it capture; each function is compared with its own list, so
// that one wrong list is one violation and not a cascade.
#include "cps/verify_captures.h"

#include <algorithm>
#include <unordered_set>

#include "cps/traverse.h"

namespace valkc {

namespace {

using VarSet = std::unordered_set<const Var*>;

/// What one function mentions and binds, without the functions inside it.
struct Mentions {
  VarSet used;
  VarSet bound;
  std::vector<const Fun*> funs_made;
};

void add_bound(const Term& term, Mentions& m) {
  switch (term.kind) {
    case TermKind::let:
      m.bound.insert(static_cast<const Let&>(term).var);
      return;
    case TermKind::shift:
      m.bound.insert(static_cast<const Shift&>(term).var);
      return;
    case TermKind::try_:
      m.bound.insert(static_cast<const PushTry&>(term).var);
      return;
    case TermKind::let_cont:
      for (const Cont* k : static_cast<const LetCont&>(term).conts)
        m.bound.insert(k->params.begin(), k->params.end());
      return;
    case TermKind::let_fun:
      for (const Fun* f : static_cast<const LetFun&>(term).funs) {
        m.bound.insert(f->self);
        m.used.insert(f->captures.begin(), f->captures.end());
        m.funs_made.push_back(f);
      }
      return;
    default:
      return;
  }
}

Mentions compute_mentions(const Fun& fun) {
  Mentions m;
  m.bound.insert(fun.params.begin(), fun.params.end());
  m.bound.insert(fun.self);
  if (fun.rest) m.bound.insert(fun.rest);
  std::vector<const Term*> todo{fun.body};
  while (!todo.empty()) {
    const Term& term = *todo.back();
    todo.pop_back();
    each_atom(term, [&](const Atom& a) {
      if (a.kind == AtomKind::var) m.used.insert(a.var);
      // A function without captures is a constant.
      if (a.kind == AtomKind::fun && !a.fun->captures.empty()) m.used.insert(a.fun->self);
    });
    add_bound(term, m);
    each_child(term, [&](const Term* t) { todo.push_back(t); });
  }
  return m;
}

void verify_one(const Fun& fun, const Mentions& m, std::vector<Violation>& violations) {
  const auto fail = [&](const Var* v, const char* what) {
    violations.push_back({Check::captures, &fun, fun.span,
                          "variable '" + v->name + "' (" + std::to_string(v->id) + ") " + what});
  };
  if (!fun.is_closed)
    violations.push_back({Check::captures, &fun, fun.span, "the function has not been closed"});
  VarSet given;
  for (const Var* v : fun.captures) {
    if (!given.insert(v).second) fail(v, "is captured twice");
    if (!m.used.count(v) || m.bound.count(v)) fail(v, "is captured but not free");
  }
  std::vector<const Var*> missing;
  for (const Var* v : m.used)
    if (!m.bound.count(v) && !given.count(v)) missing.push_back(v);
  std::sort(missing.begin(), missing.end(),
            [](const Var* a, const Var* b) { return a->id < b->id; });
  for (const Var* v : missing) fail(v, "is free but not captured");
}

}  // namespace

void verify_captures(const Program& program, std::vector<Violation>& violations) {
  std::vector<const Fun*> todo{program.main};
  for (const Fun* f : program.top_level)
    if (f != program.main) todo.push_back(f);
  while (!todo.empty()) {
    const Fun* fun = todo.back();
    todo.pop_back();
    const Mentions m = compute_mentions(*fun);
    verify_one(*fun, m, violations);
    todo.insert(todo.end(), m.funs_made.begin(), m.funs_made.end());
  }
}

}  // namespace valkc
