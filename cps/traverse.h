// Traversal: what one term mentions, and which terms stand inside it. The facts about the shape of
// the ten kinds of term that printer, verifier and analyses share, so that each of them only says
// what it does with an atom or a continuation.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Calls f(const Atom&) for every atom that the term itself mentions (not those of terms inside
/// it).
template <typename F>
void each_atom(const Term& term, F f) {
  const auto all = [&f](const std::vector<Atom>& atoms) {
    for (const Atom& a : atoms) f(a);
  };
  switch (term.kind) {
    case TermKind::let:
      return all(static_cast<const Let&>(term).op.args);
    case TermKind::jump:
      return all(static_cast<const Jump&>(term).args);
    case TermKind::call:
      f(static_cast<const Call&>(term).callee);
      return all(static_cast<const Call&>(term).args);
    case TermKind::if_:
      return f(static_cast<const If&>(term).condition);
    case TermKind::raise:
      return f(static_cast<const Raise&>(term).error);
    default:
      return;
  }
}

/// Calls f(const Cont*) for every continuation that the term itself uses (not those that it binds).
template <typename F>
void each_cont_use(const Term& term, F f) {
  switch (term.kind) {
    case TermKind::jump:
      return f(static_cast<const Jump&>(term).cont);
    case TermKind::call:
      return f(static_cast<const Call&>(term).cont);
    case TermKind::reset:
      return f(static_cast<const PushReset&>(term).cont);
    case TermKind::shift:
      return f(static_cast<const Shift&>(term).cont);
    case TermKind::try_:
      return f(static_cast<const PushTry&>(term).cont);
    default:
      return;
  }
}

/// Calls f(const Term*) for every term directly inside this one, in printed order, except the
/// bodies of the functions of a LetFun. May be called with null if the program is malformed.
template <typename F>
void each_child(const Term& term, F f) {
  switch (term.kind) {
    case TermKind::let:
      return f(static_cast<const Let&>(term).next);
    case TermKind::let_fun:
      return f(static_cast<const LetFun&>(term).next);
    case TermKind::let_cont:
      for (const Cont* k : static_cast<const LetCont&>(term).conts) f(k->body);
      return f(static_cast<const LetCont&>(term).next);
    case TermKind::if_:
      f(static_cast<const If&>(term).consequent);
      return f(static_cast<const If&>(term).alternative);
    case TermKind::reset:
      return f(static_cast<const PushReset&>(term).body);
    case TermKind::shift:
      return f(static_cast<const Shift&>(term).body);
    case TermKind::try_:
      f(static_cast<const PushTry&>(term).body);
      return f(static_cast<const PushTry&>(term).handler);
    default:
      return;
  }
}

}  // namespace valkc
