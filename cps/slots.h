// Traversal for passes that rewrite: the places in a term where atoms and other terms stand.
#pragma once

#include "cps/traverse.h"

namespace valkc {

/// Calls f(Atom&) for every atom that the term itself mentions.
template <typename F>
void each_atom_slot(Term& term, F f) {
  each_atom(term, [&](const Atom& a) { f(const_cast<Atom&>(a)); });
}

/// Calls f(Cont*&) for every continuation that the term itself uses.
template <typename F>
void each_cont_slot(Term& term, F f) {
  switch (term.kind) {
    case TermKind::jump:
      return f(static_cast<Jump&>(term).cont);
    case TermKind::call:
      return f(static_cast<Call&>(term).cont);
    case TermKind::reset:
      return f(static_cast<PushReset&>(term).cont);
    case TermKind::shift:
      return f(static_cast<Shift&>(term).cont);
    case TermKind::try_:
      return f(static_cast<PushTry&>(term).cont);
    default:
      return;
  }
}

/// The place of what follows a binding; null: the term transfers control.
inline Term** next_slot(Term& term) {
  switch (term.kind) {
    case TermKind::let:
      return &static_cast<Let&>(term).next;
    case TermKind::let_fun:
      return &static_cast<LetFun&>(term).next;
    case TermKind::let_cont:
      return &static_cast<LetCont&>(term).next;
    default:
      return nullptr;
  }
}

/// Calls f(Term**) for the place of every term directly inside this one, bodies of functions included.
template <typename F>
void each_child_slot(Term& term, F f) {
  if (term.kind == TermKind::let_fun)
    for (Fun* fun : static_cast<LetFun&>(term).funs) f(&fun->body);
  if (term.kind == TermKind::let_cont)
    for (Cont* k : static_cast<LetCont&>(term).conts) f(&k->body);
  if (Term** next = next_slot(term)) return f(next);
  switch (term.kind) {
    case TermKind::if_:
      f(&static_cast<If&>(term).consequent);
      return f(&static_cast<If&>(term).alternative);
    case TermKind::reset:
      return f(&static_cast<PushReset&>(term).body);
    case TermKind::shift:
      return f(&static_cast<Shift&>(term).body);
    case TermKind::try_:
      f(&static_cast<PushTry&>(term).body);
      return f(&static_cast<PushTry&>(term).handler);
    default:
      return;
  }
}

}  // namespace valkc
