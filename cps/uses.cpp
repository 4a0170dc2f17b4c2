// Counting uses: see uses.h.
#include "cps/uses.h"

#include "cps/traverse.h"

namespace valkc {

namespace {

class UseCounter {
 public:
  explicit UseCounter(const Program& program)
      : program_(program), uses_(program), fun_of_self_(program) {}
  Uses run();

 private:
  void reach(const Fun* fun);
  void reach(const Cont* cont);
  void bind(const Var* var) { uses_[var].bound_at = ++clock_; }
  void bind_parts(const Term& term);
  void use(const Atom& atom);
  void use_callee(const Call& call);
  void use_conts(const Term& term);
  void visit(const Term& term);

  const Program& program_;
  Uses uses_;
  IdMap<const Fun*> fun_of_self_;
  std::vector<const Term*> todo_;
  uint32_t clock_ = 0;
};

void UseCounter::reach(const Fun* fun) {
  if (uses_[fun].is_reached) return;
  uses_[fun].is_reached = true;
  for (const Var* p : fun->params) bind(p);
  if (fun->rest) bind(fun->rest);
  uses_[fun->ret].bound_at = ++clock_;
  todo_.push_back(fun->body);
}

void UseCounter::reach(const Cont* cont) {
  if (uses_[cont].is_reached || cont->is_opaque()) return;
  uses_[cont].is_reached = true;
  for (const Var* p : cont->params) bind(p);
  todo_.push_back(cont->body);
}

void UseCounter::use(const Atom& atom) {
  if (atom.kind == AtomKind::var) {
    uses_[atom.var].direct++;
    if (const Fun* fun = fun_of_self_[atom.var]) {
      uses_[fun].other++;
      reach(fun);
    }
  } else if (atom.kind == AtomKind::fun) {
    uses_[atom.fun].other++;
    reach(atom.fun);
  }
}

void UseCounter::use_callee(const Call& call) {
  if (call.callee.kind != AtomKind::fun || !accepts(*call.callee.fun, call.args.size())) return;
  uses_[call.callee.fun].direct++;
  uses_[call.callee.fun].other--;
}

void UseCounter::use_conts(const Term& term) {
  each_cont_use(term, [&](const Cont* k) {
    if (term.kind == TermKind::jump)
      uses_[k].direct++;
    else
      uses_[k].other++;
    reach(k);
  });
}

/// Numbers what the term binds.
void UseCounter::bind_parts(const Term& term) {
  const uint32_t now = ++clock_;
  switch (term.kind) {
    case TermKind::let:
      uses_[static_cast<const Let&>(term).var].bound_at = now;
      return;
    case TermKind::let_fun:
      for (const Fun* f : static_cast<const LetFun&>(term).funs) {
        uses_[f].bound_at = uses_[f->self].bound_at = now;
        fun_of_self_[f->self] = f;
      }
      return;
    case TermKind::let_cont:
      for (const Cont* k : static_cast<const LetCont&>(term).conts) uses_[k].bound_at = now;
      return;
    case TermKind::reset:
      uses_[static_cast<const PushReset&>(term).bottom].bound_at = now;
      return;
    case TermKind::shift:
      uses_[static_cast<const Shift&>(term).bottom].bound_at = now;
      uses_[static_cast<const Shift&>(term).var].bound_at = now;
      return;
    case TermKind::try_:
      uses_[static_cast<const PushTry&>(term).end].bound_at = now;
      uses_[static_cast<const PushTry&>(term).var].bound_at = now;
      return;
    default:
      return;
  }
}

void UseCounter::visit(const Term& term) {
  bind_parts(term);
  each_atom(term, [&](const Atom& a) { use(a); });
  if (term.kind == TermKind::call) use_callee(static_cast<const Call&>(term));
  use_conts(term);
  if (term.kind == TermKind::let_cont)  // the bodies wait until they are reached
    todo_.push_back(static_cast<const LetCont&>(term).next);
  else
    each_child(term, [&](const Term* t) { todo_.push_back(t); });
}

Uses UseCounter::run() {
  for (const Fun* f : program_.top_level) fun_of_self_[f->self] = f;
  reach(program_.main);
  for (const Fun* f : program_.top_level) reach(f);
  while (!todo_.empty()) {
    const Term* term = todo_.back();
    todo_.pop_back();
    visit(*term);
  }
  return std::move(uses_);
}

}  // namespace

Uses compute_uses(const Program& program) { return UseCounter(program).run(); }

}  // namespace valkc
