// Copies of terms. The terms of a program are a tree and every variable is bound once, so whoever
// wants to have a term twice (inlining, cloning) makes a copy with names of its own.
#pragma once

#include <unordered_map>

#include "cps/ir.h"

namespace valkc {

/// Makes copies in one program. Everything that a copied term binds gets a new name; what is free in
/// it stays, unless `replace` has said otherwise. One Copier makes one copy: names are remembered.
class Copier {
 public:
  explicit Copier(Program& program) : program_(program) {}

  /// Free uses of `var`, `cont` or `fun` become uses of `with`.
  void replace(const Var* var, Atom with) { vars_[var] = with; }
  void replace(const Cont* cont, Cont* with) { conts_[cont] = with; }
  void replace(const Fun* fun, Fun* with) { funs_[fun] = with; }

  /// The copy of `term`, owned by the program. Linear; recursion only as deep as the nesting.
  Term* copy(const Term* term);
  /// A copy of a function with its body; uses of `fun` inside become uses of the copy.
  Fun* copy_fun(const Fun& fun);

 private:
  Var* bind(const Var* var);
  Cont* bind_opaque(const Cont* cont);
  Fun* bind_fun(const Fun& fun);
  void copy_into(const Fun& from, Fun& to);
  Atom use(const Atom& atom) const;
  Cont* use(Cont* cont) const;
  Fun* use(Fun* fun) const;
  std::vector<Atom> use(const std::vector<Atom>& atoms) const;

  Term* copy_let(const Let& let, Term*** next);
  Term* copy_let_fun(const LetFun& let, Term*** next);
  Term* copy_let_cont(const LetCont& let, Term*** next);
  Term* copy_end(const Term& term);
  Term* copy_call(const Call& call);
  Term* copy_reset(const PushReset& reset);
  Term* copy_shift(const Shift& shift);
  Term* copy_try(const PushTry& t);

  Program& program_;
  std::unordered_map<const Var*, Atom> vars_;
  std::unordered_map<const Cont*, Cont*> conts_;
  std::unordered_map<const Fun*, Fun*> funs_;
};

}  // namespace valkc
