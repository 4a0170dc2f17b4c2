// What parameters receive: see incoming.h.
#include "cps/incoming.h"

#include "cps/traverse.h"

namespace valkc {

namespace {

class IncomingFinder {
 public:
  explicit IncomingFinder(const Program& program)
      : program_(program), incoming_(program), may_hold_unset_(program) {}
  IdMap<Incoming> run();

 private:
  void visit(const Term& term);
  void visit_jump(const Jump& jump);
  void visit_call(const Call& call);
  void receive(const Var* param, const Atom& atom);

  const Program& program_;
  IdMap<Incoming> incoming_;
  IdMap<char>
      may_hold_unset_;  ///< variables other than values of calls and parameters of functions
  std::vector<const Term*> todo_;
};

void IncomingFinder::receive(const Var* param, const Atom& atom) {
  if (atom == Atom(const_cast<Var*>(param))) return;
  Incoming& in = incoming_[param];
  if (in.kind == Incoming::Kind::none) {
    in.kind = Incoming::Kind::one;
    in.atom = atom;
  } else if (!(in.atom == atom)) {
    in.kind = Incoming::Kind::many;
  }
  if (atom.is_var() && may_hold_unset_[atom.var]) in.may_be_unset = true;
}

void IncomingFinder::visit_jump(const Jump& jump) {
  if (jump.cont->is_opaque()) return;
  for (size_t i = 0; i < jump.args.size() && i < jump.cont->params.size(); i++)
    receive(jump.cont->params[i], jump.args[i]);
}

void IncomingFinder::visit_call(const Call& call) {
  if (call.callee.kind != AtomKind::fun) return;
  const Fun& fun = *call.callee.fun;
  for (size_t i = 0; i < call.args.size() && i < fun.params.size(); i++)
    receive(fun.params[i], call.args[i]);
}

void IncomingFinder::visit(const Term& term) {
  if (term.kind == TermKind::jump) visit_jump(static_cast<const Jump&>(term));
  if (term.kind == TermKind::call) visit_call(static_cast<const Call&>(term));
  if (term.kind == TermKind::let) {
    const Let& let = static_cast<const Let&>(term);
    may_hold_unset_[let.var] = let.op.kind == OpKind::unset || (let.op.kind == OpKind::primitive &&
                                                                let.op.primitive->id == "cell_get");
  }
  if (term.kind == TermKind::let_cont)  // a parameter may have got the mark from a jump
    for (const Cont* k : static_cast<const LetCont&>(term).conts)
      for (const Var* p : k->params) may_hold_unset_[p] = true;
  if (term.kind == TermKind::let_fun)
    for (const Fun* f : static_cast<const LetFun&>(term).funs) todo_.push_back(f->body);
  each_child(term, [&](const Term* t) { todo_.push_back(t); });
}

IdMap<Incoming> IncomingFinder::run() {
  todo_.push_back(program_.main->body);
  for (const Fun* f : program_.top_level)
    if (f != program_.main) todo_.push_back(f->body);
  while (!todo_.empty()) {
    const Term* term = todo_.back();
    todo_.pop_back();
    visit(*term);
  }
  return std::move(incoming_);
}

}  // namespace

IdMap<Incoming> compute_incoming(const Program& program) { return IncomingFinder(program).run(); }

}  // namespace valkc
