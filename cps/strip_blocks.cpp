// Literals that are data only.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks.
// Establishes: a block whose value reaches nothing but builtins that look at its elements is a constant list.
// Invalidates: counts of uses.
// Paper:       none: a reachability over the arcs from each variable to the parameters that it is passed for.
//
// A `{…}` literal is data, and code for an `eval` that gets hold of it. Most are only data: they are printed,
// counted, taken apart. Their code need not be there, and what it mentions need not be captured, which is why
// this pass comes before those that ask whether a variable is. A value is followed through variables, the
// parameters of continuations and of known functions, and builtins that make lists of their arguments or take
// lists apart (rows DATA and PARTS of fold.def); everything else may hand it to an `eval`.
#include "cps/strip_blocks.h"

#include "cps/fold.h"
#include "cps/id_map.h"
#include "cps/slots.h"

namespace valkc {

namespace {

class BlockStripper {
 public:
  explicit BlockStripper(Program& program)
      : program_(program), sources_(program), reaches_(program), value_(program) {}
  void run();

 private:
  template <typename F>
  void each_slot(F f);
  void look(const Term& term);
  void look_at_op(const Let& let);
  void look_at_call(const Call& call);
  void look_at_jump(const Jump& jump);
  /// Where the value of `to` goes, that of `from` goes too.
  void flow(const Atom& from, const Var* to);
  /// The value may be handed to anything.
  void escape(const Atom& atom);
  void escape_all(const std::vector<Atom>& atoms);
  void strip(Term** slot);

  Program& program_;
  IdMap<std::vector<const Var*>>
      sources_;          ///< of variables: those whose value goes where theirs goes
  IdMap<char> reaches_;  ///< variables whose value may reach an `eval`
  IdMap<Atom> value_;    ///< of variables that were stripped blocks; else null
  std::vector<const Var*> todo_;
  bool has_blocks_ = false, strips_ = false;
};

template <typename F>
void BlockStripper::each_slot(F f) {
  std::vector<Term**> slots{&program_.main->body};
  for (Fun* fun : program_.top_level)
    if (fun != program_.main) slots.push_back(&fun->body);
  while (!slots.empty()) {
    Term** slot = slots.back();
    slots.pop_back();
    f(slot);
    each_child_slot(**slot, [&](Term** child) { slots.push_back(child); });
  }
}

void BlockStripper::flow(const Atom& from, const Var* to) {
  if (from.is_var()) sources_[to].push_back(from.var);
}

void BlockStripper::escape(const Atom& atom) {
  if (!atom.is_var() || reaches_[atom.var]) return;
  reaches_[atom.var] = true;
  todo_.push_back(atom.var);
}

void BlockStripper::escape_all(const std::vector<Atom>& atoms) {
  for (const Atom& a : atoms) escape(a);
}

void BlockStripper::look_at_op(const Let& let) {
  const Op& op = let.op;
  has_blocks_ |= op.kind == OpKind::block;
  if (op.kind == OpKind::is_unset) return;
  if (op.kind != OpKind::primitive) return escape_all(op.args);
  if (reads_data_only(*op.primitive)) return;
  if (!gives_parts(*op.primitive)) return escape_all(op.args);
  for (const Atom& a : op.args) flow(a, let.var);
}

void BlockStripper::look_at_call(const Call& call) {
  escape(call.callee);
  bool is_known = call.callee.kind == AtomKind::fun && !call.callee.fun->rest &&
                  call.callee.fun->params.size() == call.args.size();
  if (!is_known) return escape_all(call.args);
  for (size_t i = 0; i < call.args.size(); ++i) flow(call.args[i], call.callee.fun->params[i]);
}

/// The value that leaves a function is not followed to its callers.
void BlockStripper::look_at_jump(const Jump& jump) {
  if (jump.cont->is_opaque()) return escape_all(jump.args);
  for (size_t i = 0; i < jump.args.size(); ++i) flow(jump.args[i], jump.cont->params[i]);
}

void BlockStripper::look(const Term& term) {
  switch (term.kind) {
    case TermKind::let:
      return look_at_op(static_cast<const Let&>(term));
    case TermKind::call:
      return look_at_call(static_cast<const Call&>(term));
    case TermKind::jump:
      return look_at_jump(static_cast<const Jump&>(term));
    case TermKind::if_:
      return;
    default:
      return each_atom(term, [&](const Atom& a) { escape(a); });
  }
}

/// Drops the blocks that begin the term at the slot, if they are data only, and puts their lists in its atoms.
void BlockStripper::strip(Term** slot) {
  while ((*slot)->kind == TermKind::let) {
    const Let& let = static_cast<const Let&>(**slot);
    if (let.op.kind != OpKind::block || reaches_[let.var]) break;
    value_[let.var] = let.op.args[0];
    strips_ = true;
    *slot = let.next;
  }
}

void BlockStripper::run() {
  each_slot([&](Term** slot) { look(**slot); });
  if (!has_blocks_) return;
  while (!todo_.empty()) {
    const Var* v = todo_.back();
    todo_.pop_back();
    for (const Var* source : sources_[v]) escape(Atom(const_cast<Var*>(source)));
  }
  each_slot([&](Term** slot) { strip(slot); });
  if (!strips_) return;
  each_slot([&](Term** slot) {
    each_atom_slot(**slot, [&](Atom& a) {
      if (a.is_var() && value_[a.var].constant) a = value_[a.var];
    });
  });
}

}  // namespace

void strip_blocks(Program& program) { BlockStripper(program).run(); }

}  // namespace valkc
