// Literals that are data only.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks.
// Establishes: a block whose value reaches nothing but builtins that look at its elements is a constant list.
// Invalidates: counts of uses.
// Paper:       none: a reachability over the arcs from each variable to the parameters that it is passed for, and
//              from what a function returns to the continuations of its calls.
//
// A `{…}` literal is data, and code for an `eval` that gets hold of it. Most are only data: they are printed,
// counted, taken apart. Their code need not be there, and what it mentions need not be captured, which is why
// this pass comes before those that ask whether a variable is. A value is followed through variables, the
// parameters of continuations and of known functions, what functions return whose calls are all known, and builtins
// that make lists of their arguments or take lists apart (rows DATA and PARTS of fold.def); everything else may hand
// it to an `eval`.
#include "cps/strip_blocks.h"

#include "cps/fold.h"
#include "cps/id_map.h"
#include "cps/slots.h"

namespace valkc {

namespace {

class BlockStripper {
 public:
  explicit BlockStripper(Program& program)
      : program_(program),
        sources_(program.next_id()),
        reaches_(program.next_id()),
        value_(program) {}
  void run();

 private:
  template <typename F>
  void each_slot(F f);
  void note_self(const Fun& fun);
  void look(const Term& term);
  void look_at_op(const Let& let);
  void look_at_call(const Call& call);
  void look_at_jump(const Jump& jump);
  /// Where the value of the variable or opaque continuation `to` goes, that of `from` goes too.
  void flow(const Atom& from, uint32_t to);
  /// The value may be handed to anything.
  void escape(const Atom& atom);
  void escape(uint32_t id);
  void escape_all(const std::vector<Atom>& atoms);
  void strip(Term** slot);

  Program& program_;
  // By the ids of variables and, for what is passed to them, of opaque continuations.
  std::vector<std::vector<uint32_t>> sources_;  ///< those whose value goes where theirs goes
  std::vector<char> reaches_;                   ///< whether their value may reach an `eval`
  IdMap<Atom> value_;  ///< of variables that were stripped blocks; else null
  std::vector<uint32_t> todo_;
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

void BlockStripper::flow(const Atom& from, uint32_t to) {
  if (!from.is_var()) return escape(from);
  sources_[to].push_back(from.var->id);
}

void BlockStripper::escape(uint32_t id) {
  if (reaches_[id]) return;
  reaches_[id] = true;
  todo_.push_back(id);
}

/// Whoever gets hold of a function gets what it returns.
void BlockStripper::escape(const Atom& atom) {
  if (atom.is_var()) escape(atom.var->id);
  if (atom.kind == AtomKind::fun) escape(atom.fun->ret->id);
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
  for (const Atom& a : op.args) flow(a, let.var->id);
}

/// Where what is passed to the continuation arrives.
static uint32_t place_of(const Cont& cont, size_t index) {
  return cont.is_opaque() ? cont.id : cont.params[index]->id;
}

void BlockStripper::look_at_call(const Call& call) {
  bool is_known = call.callee.kind == AtomKind::fun && !call.callee.fun->rest &&
                  call.callee.fun->params.size() == call.args.size();
  if (!is_known) {
    escape(call.callee);
    return escape_all(call.args);
  }
  const Fun& fun = *call.callee.fun;
  for (size_t i = 0; i < call.args.size(); ++i) flow(call.args[i], fun.params[i]->id);
  if (call.cont->is_opaque() || !call.cont->params.empty())
    sources_[place_of(*call.cont, 0)].push_back(fun.ret->id);
}

void BlockStripper::look_at_jump(const Jump& jump) {
  for (size_t i = 0; i < jump.args.size(); ++i) flow(jump.args[i], place_of(*jump.cont, i));
}

/// A function may be mentioned by the variable of its closure.
void BlockStripper::note_self(const Fun& fun) { sources_[fun.self->id].push_back(fun.ret->id); }

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
    // What leaves the body of one of these by its end is not followed.
    case TermKind::reset:
      return escape(static_cast<const PushReset&>(term).bottom->id);
    case TermKind::shift:
      return escape(static_cast<const Shift&>(term).bottom->id);
    case TermKind::try_:
      return escape(static_cast<const PushTry&>(term).end->id);
    case TermKind::let_fun:
      for (const Fun* fun : static_cast<const LetFun&>(term).funs) note_self(*fun);
      return;
    default:
      return each_atom(term, [&](const Atom& a) { escape(a); });
  }
}

/// Drops the blocks that begin the term at the slot, if they are data only, and puts their lists in its atoms.
void BlockStripper::strip(Term** slot) {
  while ((*slot)->kind == TermKind::let) {
    const Let& let = static_cast<const Let&>(**slot);
    if (let.op.kind != OpKind::block || reaches_[let.var->id]) break;
    value_[let.var] = let.op.args[0];
    strips_ = true;
    *slot = let.next;
  }
}

void BlockStripper::run() {
  escape(program_.main->ret->id);
  for (const Fun* fun : program_.top_level) note_self(*fun);
  each_slot([&](Term** slot) { look(**slot); });
  if (!has_blocks_) return;
  while (!todo_.empty()) {
    const uint32_t id = todo_.back();
    todo_.pop_back();
    for (uint32_t source : sources_[id]) escape(source);
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
