// Copies of terms: see copy.h. Bindings follow each other in a loop, with a hole for what comes
// next, so that long straight programs do not recurse.
#include "cps/copy.h"

namespace valkc {

// ---- names --------------------------------------------------------------------------------------

Var* Copier::bind(const Var* var) {
  if (!var) return nullptr;
  Var* copy = program_.make_var(var->name);
  vars_[var] = Atom(copy);
  return copy;
}

Cont* Copier::bind_opaque(const Cont* cont) {
  Cont* copy = program_.make_cont(cont->name, cont->span);
  conts_[cont] = copy;
  for (const Var* p : cont->params) copy->params.push_back(bind(p));
  return copy;
}

Fun* Copier::bind_fun(const Fun& fun) {
  Fun* copy = program_.make_fun(fun.name, fun.span);
  funs_[&fun] = copy;
  vars_[fun.self] = Atom(copy->self);
  return copy;
}

Atom Copier::use(const Atom& atom) const {
  if (atom.kind == AtomKind::var) {
    const auto at = vars_.find(atom.var);
    return at == vars_.end() ? atom : at->second;
  }
  return atom.kind == AtomKind::fun ? Atom(use(atom.fun)) : atom;
}

Cont* Copier::use(Cont* cont) const {
  const auto at = conts_.find(cont);
  return at == conts_.end() ? cont : at->second;
}

Fun* Copier::use(Fun* fun) const {
  const auto at = funs_.find(fun);
  return at == funs_.end() ? fun : at->second;
}

std::vector<Atom> Copier::use(const std::vector<Atom>& atoms) const {
  std::vector<Atom> copies;
  copies.reserve(atoms.size());
  for (const Atom& a : atoms) copies.push_back(use(a));
  return copies;
}

// ---- functions ----------------------------------------------------------------------------------

void Copier::copy_into(const Fun& from, Fun& to) {
  for (const Var* p : from.params) to.params.push_back(bind(p));
  to.rest = bind(from.rest);
  to.ret = bind_opaque(from.ret);
  to.suspension = from.suspension;
  to.body = copy(from.body);
}

Fun* Copier::copy_fun(const Fun& fun) {
  Fun* copy = bind_fun(fun);
  copy_into(fun, *copy);
  return copy;
}

// ---- terms --------------------------------------------------------------------------------------

Term* Copier::copy_let(const Let& let, Term*** next) {
  Let* copy = program_.make<Let>(TermKind::let, let.span);
  copy->op = let.op;
  copy->op.args = use(let.op.args);
  copy->var = bind(let.var);
  *next = &copy->next;
  return copy;
}

Term* Copier::copy_let_fun(const LetFun& let, Term*** next) {
  LetFun* copy = program_.make<LetFun>(TermKind::let_fun, let.span);
  for (const Fun* f : let.funs) copy->funs.push_back(bind_fun(*f));
  for (size_t i = 0; i < let.funs.size(); i++) copy_into(*let.funs[i], *copy->funs[i]);
  *next = &copy->next;
  return copy;
}

Term* Copier::copy_let_cont(const LetCont& let, Term*** next) {
  LetCont* copy = program_.make<LetCont>(TermKind::let_cont, let.span);
  for (const Cont* k : let.conts) copy->conts.push_back(bind_opaque(k));
  for (size_t i = 0; i < let.conts.size(); i++)
    copy->conts[i]->body = this->copy(let.conts[i]->body);
  *next = &copy->next;
  return copy;
}

Term* Copier::copy_call(const Call& call) {
  Call* copy = program_.make<Call>(TermKind::call, call.span);
  copy->callee = use(call.callee);
  copy->args = use(call.args);
  copy->cont = use(call.cont);
  copy->suspension = call.suspension;
  return copy;
}

Term* Copier::copy_reset(const PushReset& reset) {
  PushReset* copy = program_.make<PushReset>(TermKind::reset, reset.span);
  copy->is_async = reset.is_async;
  copy->cont = use(reset.cont);
  copy->bottom = bind_opaque(reset.bottom);
  copy->body = this->copy(reset.body);
  return copy;
}

Term* Copier::copy_shift(const Shift& shift) {
  Shift* copy = program_.make<Shift>(TermKind::shift, shift.span);
  copy->cont = use(shift.cont);
  copy->var = bind(shift.var);
  copy->bottom = bind_opaque(shift.bottom);
  copy->body = this->copy(shift.body);
  return copy;
}

Term* Copier::copy_try(const PushTry& t) {
  PushTry* copy = program_.make<PushTry>(TermKind::try_, t.span);
  copy->cont = use(t.cont);
  copy->end = bind_opaque(t.end);
  copy->body = this->copy(t.body);
  copy->var = bind(t.var);
  copy->handler = this->copy(t.handler);
  return copy;
}

Term* Copier::copy_end(const Term& term) {
  switch (term.kind) {
    case TermKind::jump: {
      Jump* copy = program_.make<Jump>(TermKind::jump, term.span);
      copy->cont = use(static_cast<const Jump&>(term).cont);
      copy->args = use(static_cast<const Jump&>(term).args);
      return copy;
    }
    case TermKind::if_: {
      const If& branch = static_cast<const If&>(term);
      If* copy = program_.make<If>(TermKind::if_, term.span);
      copy->condition = use(branch.condition);
      copy->consequent = this->copy(branch.consequent);
      copy->alternative = this->copy(branch.alternative);
      return copy;
    }
    case TermKind::raise: {
      Raise* copy = program_.make<Raise>(TermKind::raise, term.span);
      copy->error = use(static_cast<const Raise&>(term).error);
      return copy;
    }
    case TermKind::call:
      return copy_call(static_cast<const Call&>(term));
    case TermKind::reset:
      return copy_reset(static_cast<const PushReset&>(term));
    case TermKind::shift:
      return copy_shift(static_cast<const Shift&>(term));
    case TermKind::try_:
      return copy_try(static_cast<const PushTry&>(term));
    default:
      return nullptr;  // bindings: copy()
  }
}

Term* Copier::copy(const Term* term) {
  Term* first = nullptr;
  Term** hole = &first;
  for (;;) {
    Term** next = nullptr;
    if (term->kind == TermKind::let) {
      *hole = copy_let(static_cast<const Let&>(*term), &next);
      term = static_cast<const Let*>(term)->next;
    } else if (term->kind == TermKind::let_fun) {
      *hole = copy_let_fun(static_cast<const LetFun&>(*term), &next);
      term = static_cast<const LetFun*>(term)->next;
    } else if (term->kind == TermKind::let_cont) {
      *hole = copy_let_cont(static_cast<const LetCont&>(*term), &next);
      term = static_cast<const LetCont*>(term)->next;
    } else {
      *hole = copy_end(*term);
      return first;
    }
    hole = next;
  }
}

}  // namespace valkc
