// Types: the kinds of value that each variable can hold, over all runs.
//
// Input:       CPS.
// Output:      the same, with Var::types set.
// Requires:    what verify() checks.
// Establishes: a variable never holds a value of a kind that its types leave out.
// Invalidates: nothing.
// Paper:       a monovariant flow analysis whose unknown functions are one class: Shivers, "Control-Flow
//              Analysis of Higher-Order Languages" (1991), 0CFA, cut down to known calls; solved by a
//              worklist over the terms that mention what has changed.
//
// Parameters of a function hold what its calls pass if all its calls are known, and anything if it is
// also used as a value. A call gives what its callee returns, which is kept at the callee's `ret`.
#include "cps/infer_types.h"

#include "cps/id_map.h"
#include "cps/traverse.h"
#include "cps/types.h"

namespace valkc {

namespace {

class TypeInference {
 public:
  explicit TypeInference(Program& program)
      : program_(program), types_(program), readers_(program), owner_(program), vars_(program) {}
  void run();

 private:
  void scan(const Fun& fun);
  void scan_term(const Term& term);
  void read_by(const Term& term);
  template <typename Node>
  void add(const Node* node, Types types);
  void add_all(const Fun& fun);
  Types types_of_atom(const Atom& a) const;
  void flow(const Term& term);
  void flow_call(const Call& call);
  void give(const Cont* k, Types types);
  void note(Var* v) { vars_[v] = v; }

  Program& program_;
  IdMap<Types> types_;  ///< of variables, and at the `ret` of a function what it returns
  IdMap<std::vector<const Term*>> readers_;  ///< the terms to look at again when it changes
  IdMap<const Fun*> owner_;                  ///< whose `ret` this is
  IdMap<Var*> vars_;
  std::vector<const Fun*> funs_;
  std::vector<const Term*> todo_;
};

template <typename Node>
void TypeInference::add(const Node* node, Types types) {
  Types& known = types_[node];
  if ((known | types) == known) return;
  known |= types;
  for (const Term* t : readers_[node]) todo_.push_back(t);
}

Types TypeInference::types_of_atom(const Atom& a) const {
  if (a.is_var()) return types_[a.var];
  return a.is_constant() ? types_of(*a.constant) : TYPES_OTHER;
}

/// It may be called from anywhere, with anything.
void TypeInference::add_all(const Fun& fun) {
  for (const Var* p : fun.params) add(p, TYPES_ALL);
}

/// A continuation receives a value: of a function's `ret` it is what the function returns.
void TypeInference::give(const Cont* k, Types types) {
  if (!k->is_opaque()) {
    for (const Var* p : k->params) add(p, types);
  } else if (owner_[k]) {
    add(k, types);
  }
}

// ---- who reads what -----------------------------------------------------------------------------

void TypeInference::read_by(const Term& term) {
  each_atom(term, [&](const Atom& a) {
    if (a.is_var()) readers_[a.var].push_back(&term);
  });
  if (term.kind != TermKind::call) return;
  const Call& call = static_cast<const Call&>(term);
  if (call.callee.kind == AtomKind::fun) readers_[call.callee.fun->ret].push_back(&term);
}

bool is_exact_call(const Call& call) {
  if (call.callee.kind != AtomKind::fun) return false;
  const Fun& f = *call.callee.fun;
  return !f.rest && f.params.size() == call.args.size();
}

void TypeInference::scan_term(const Term& term) {
  read_by(term);
  todo_.push_back(&term);
  const bool is_exact =
      term.kind == TermKind::call && is_exact_call(static_cast<const Call&>(term));
  bool is_callee = is_exact;
  each_atom(term, [&](const Atom& a) {
    if (a.kind == AtomKind::fun && !is_callee) add_all(*a.fun);
    is_callee = false;
  });
  switch (term.kind) {
    case TermKind::let:
      note(static_cast<const Let&>(term).var);
      break;
    case TermKind::let_fun:
      for (const Fun* f : static_cast<const LetFun&>(term).funs) scan(*f);
      break;
    case TermKind::let_cont:
      for (const Cont* k : static_cast<const LetCont&>(term).conts)
        for (Var* p : k->params) note(p);
      break;
    case TermKind::shift:
      note(static_cast<const Shift&>(term).var);
      add(static_cast<const Shift&>(term).var, TYPES_OTHER);
      give(static_cast<const Shift&>(term).cont, TYPES_ALL);
      break;
    case TermKind::reset:
      give(static_cast<const PushReset&>(term).cont, TYPES_ALL);
      break;
    case TermKind::try_:
      note(static_cast<const PushTry&>(term).var);
      add(static_cast<const PushTry&>(term).var, TYPES_ALL);
      give(static_cast<const PushTry&>(term).cont, TYPES_ALL);
      break;
    default:
      break;
  }
}

void TypeInference::scan(const Fun& fun) {
  funs_.push_back(&fun);
  owner_[fun.ret] = &fun;
  note(fun.self);
  add(fun.self, TYPES_OTHER);
  for (Var* p : fun.params) note(p);
  if (fun.rest) {
    note(fun.rest);
    add(fun.rest, TYPES_LIST);
  }
  std::vector<const Term*> todo{fun.body};
  while (!todo.empty()) {
    const Term* term = todo.back();
    todo.pop_back();
    scan_term(*term);
    each_child(*term, [&](const Term* t) { todo.push_back(t); });
  }
}

// ---- what flows ---------------------------------------------------------------------------------

void TypeInference::flow_call(const Call& call) {
  if (!is_exact_call(call)) return give(call.cont, TYPES_ALL);
  const Fun& f = *call.callee.fun;
  for (size_t i = 0; i < call.args.size(); i++) add(f.params[i], types_of_atom(call.args[i]));
  give(call.cont, types_[f.ret]);
}

void TypeInference::flow(const Term& term) {
  if (term.kind == TermKind::call) return flow_call(static_cast<const Call&>(term));
  if (term.kind == TermKind::jump) {
    const Jump& jump = static_cast<const Jump&>(term);
    if (jump.cont->is_opaque())
      return give(jump.cont, jump.args.empty() ? TYPES_NIL : types_of_atom(jump.args[0]));
    for (size_t i = 0; i < jump.args.size() && i < jump.cont->params.size(); i++)
      add(jump.cont->params[i], types_of_atom(jump.args[i]));
    return;
  }
  if (term.kind != TermKind::let) return;
  const Let& let = static_cast<const Let&>(term);
  std::vector<Types> args;
  for (const Atom& a : let.op.args) args.push_back(types_of_atom(a));
  add(let.var, result_types(let.op, args));
}

void TypeInference::run() {
  for (const Fun* f : program_.top_level)
    if (f != program_.main) scan(*f);
  scan(*program_.main);
  for (const Fun* f : funs_)
    if (!readers_[f->self].empty()) add_all(*f);
  while (!todo_.empty()) {
    const Term* term = todo_.back();
    todo_.pop_back();
    flow(*term);
  }
  for (uint32_t id = 0; id < program_.next_id(); id++) {
    const Var key{.id = id, .name = {}};
    if (Var* v = vars_[&key]) v->types = types_[v];
  }
}

}  // namespace

void infer_types(Program& program) { TypeInference(program).run(); }

}  // namespace valkc
