// Contification: functions that always return to one place become continuations, which need no
// closure, no call and no return; self tail calls become loops.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks.
// Establishes: a function that is only called, always with the right number of arguments, and whose
//              calls all return to one continuation (tail calls among such functions aside), is a
//              continuation in the function that has that continuation. No function calls itself in
//              tail position.
// Invalidates: counts of uses; functions known to the whole program may disappear.
// Paper:       Fluet and Weeks, "Contification Using Dominators" (ICFP 2001).
//
// A continuation can only be named in the region (function, delimiter, try body) that binds it. So all
// calls that return to it stand in one region, and code that is moved there keeps its handlers.
#include "cps/contify.h"
#include "cps/inlined.h"

#include <algorithm>
#include <unordered_map>

#include "cps/return_graph.h"
#include "cps/traverse.h"

namespace valkc {

namespace {

class Contifier {
 public:
  explicit Contifier(Program& program)
      : program_(program),
        uses_(compute_uses(program)),
        graph_(program, uses_),
        cont_of_(program),
        alias_(program),
        stays_in_place_(program) {}
  void run();

 private:
  void plan_all(const std::vector<ReturnGraph::Target>& targets);
  void plan(const ReturnGraph::Target& target);
  bool is_bound_inside(const Fun* fun, const Cont* target) const;
  Cont* resolve(Cont* cont) const;

  void rewrite_fun(Fun* fun);
  void rewrite(Term** slot);
  void rewrite_let_fun(Term** slot);
  void rewrite_let_cont(Term** slot);
  void rewrite_call(Term** slot);
  void insert_at(Term** slot, const Cont* target);
  void insert(Term** slot, std::vector<Cont*> conts, Span span);
  void make_loop(Fun* fun);

  Program& program_;
  Uses uses_;
  ReturnGraph graph_;
  IdMap<Cont*> cont_of_;        ///< what a function becomes
  IdMap<Cont*> alias_;          ///< of the return continuation of such a function
  IdMap<char> stays_in_place_;  ///< it is bound where the function was
  std::unordered_map<const Cont*, std::vector<Cont*>>
      moved_to_;          ///< bound next to this one instead
  Cont* loop_ = nullptr;  ///< of the function being rewritten, once it has a self tail call
  Fun* fun_ = nullptr;
  std::vector<Term**> todo_;
  std::vector<Fun*> inner_;  ///< functions found inside the one being rewritten
};

// ---- planning -----------------------------------------------------------------------------------

Cont* Contifier::resolve(Cont* cont) const {
  Cont* target = alias_[cont];
  return target ? target : cont;
}

/// Whether `fun` is bound where `target` can be named (once those before it are in place).
bool Contifier::is_bound_inside(const Fun* fun, const Cont* target) const {
  const Fun* owner = graph_.owner(fun);
  if (!owner) return false;
  if (alias_[owner->ret] == target) return true;
  // Both are visible at some call, so that one is bound inside the other.
  return owner == graph_.owner(target) && uses_[target].bound_at < uses_[fun].bound_at;
}

void Contifier::plan(const ReturnGraph::Target& target) {
  Fun* fun = target.fun;
  Cont* cont = program_.make_cont(fun->name, fun->span);
  cont->params = fun->params;
  cont->body = fun->body;
  cont_of_[fun] = cont;
  mark_inlined(program_, fun->body, fun->name,
               target.cont->is_opaque() ? Span{} : target.cont->span);
  uses_[cont].is_reached = true;
  alias_[fun->ret] = target.cont;
  if (is_bound_inside(fun, target.cont))
    stays_in_place_[fun] = true;
  else
    moved_to_[target.cont].push_back(cont);
}

// ---- rewriting ----------------------------------------------------------------------------------

void Contifier::insert(Term** slot, std::vector<Cont*> conts, Span span) {
  LetCont* let = program_.make<LetCont>(TermKind::let_cont, span);
  let->conts = std::move(conts);
  let->next = *slot;
  *slot = let;
}

/// At the beginning of the region that ends in `target`: binds what returns there.
void Contifier::insert_at(Term** slot, const Cont* target) {
  if (const auto at = moved_to_.find(target); at != moved_to_.end())
    insert(slot, at->second, target->span);
}

void Contifier::rewrite_let_fun(Term** slot) {
  LetFun& let = static_cast<LetFun&>(**slot);
  std::vector<Cont*> conts;
  for (Fun* f : let.funs)
    if (stays_in_place_[f]) conts.push_back(cont_of_[f]);
  std::erase_if(let.funs,
                [&](const Fun* f) { return cont_of_[f] != nullptr || !uses_[f].is_reached; });
  // Functions that stay do not mention those that go, or these would return elsewhere.
  if (!conts.empty()) insert(&let.next, std::move(conts), let.span);
  inner_.insert(inner_.end(), let.funs.begin(), let.funs.end());
  if (!let.funs.empty()) return todo_.push_back(&let.next);
  *slot = let.next;
  todo_.push_back(slot);
}

void Contifier::rewrite_let_cont(Term** slot) {
  LetCont& let = static_cast<LetCont&>(**slot);
  std::erase_if(let.conts, [&](const Cont* k) { return !uses_[k].is_reached; });
  // A continuation may be the target of functions that its own body calls: they form one group.
  for (size_t i = 0, count = let.conts.size(); i < count; i++)
    if (const auto at = moved_to_.find(let.conts[i]); at != moved_to_.end())
      let.conts.insert(let.conts.end(), at->second.begin(), at->second.end());
  for (Cont* k : let.conts) todo_.push_back(&k->body);
  if (!let.conts.empty()) return todo_.push_back(&let.next);
  *slot = let.next;
  todo_.push_back(slot);
}

void Contifier::rewrite_call(Term** slot) {
  Call& call = static_cast<Call&>(**slot);
  call.cont = resolve(call.cont);
  if (call.callee.kind != AtomKind::fun) return;
  Fun* callee = call.callee.fun;
  Cont* cont = cont_of_[callee];
  if (callee == fun_ && call.cont == fun_->ret && !fun_->rest && accepts(*fun_, call.args.size())) {
    if (!loop_) loop_ = program_.make_cont(fun_->name.empty() ? "loop" : fun_->name, fun_->span);
    cont = loop_;
  }
  if (!cont) return;
  Jump* jump = program_.make<Jump>(TermKind::jump, call.span);
  jump->cont = cont;
  jump->args = std::move(call.args);
  *slot = jump;
}

void Contifier::rewrite(Term** slot) {
  switch ((*slot)->kind) {
    case TermKind::let_fun:
      return rewrite_let_fun(slot);
    case TermKind::let_cont:
      return rewrite_let_cont(slot);
    case TermKind::call:
      return rewrite_call(slot);
    case TermKind::jump: {
      Jump& jump = static_cast<Jump&>(**slot);
      jump.cont = resolve(jump.cont);
      return;
    }
    case TermKind::let:
      todo_.push_back(&static_cast<Let*>(*slot)->next);
      return;
    case TermKind::if_:
      todo_.push_back(&static_cast<If*>(*slot)->consequent);
      todo_.push_back(&static_cast<If*>(*slot)->alternative);
      return;
    case TermKind::reset: {
      PushReset& reset = static_cast<PushReset&>(**slot);
      reset.cont = resolve(reset.cont);
      insert_at(&reset.body, reset.bottom);
      todo_.push_back(&reset.body);
      return;
    }
    case TermKind::shift: {
      Shift& shift = static_cast<Shift&>(**slot);
      shift.cont = resolve(shift.cont);
      insert_at(&shift.body, shift.bottom);
      todo_.push_back(&shift.body);
      return;
    }
    case TermKind::try_: {
      PushTry& t = static_cast<PushTry&>(**slot);
      t.cont = resolve(t.cont);
      insert_at(&t.body, t.end);
      todo_.push_back(&t.body);
      todo_.push_back(&t.handler);
      return;
    }
    case TermKind::raise:
      return;
  }
}

/// The parameters become those of a loop around the body; the function gets new ones.
void Contifier::make_loop(Fun* fun) {
  Jump* enter = program_.make<Jump>(TermKind::jump, fun->span);
  enter->cont = loop_;
  loop_->params = std::move(fun->params);
  loop_->body = fun->body;
  fun->params.clear();
  for (const Var* p : loop_->params) {
    fun->params.push_back(program_.make_var(p->name));
    enter->args.push_back(Atom(fun->params.back()));
  }
  fun->body = enter;
  insert(&fun->body, {loop_}, fun->span);
}

void Contifier::rewrite_fun(Fun* fun) {
  fun_ = fun;
  loop_ = nullptr;
  insert_at(&fun->body, fun->ret);
  todo_.assign({&fun->body});
  inner_.clear();
  while (!todo_.empty()) {
    Term** slot = todo_.back();
    todo_.pop_back();
    rewrite(slot);
  }
  if (loop_) make_loop(fun);
  const std::vector<Fun*> inner = std::move(inner_);
  for (Fun* f : inner) rewrite_fun(f);
}

/// Plans a function after the one that it is bound in, which tells whether it can stay in place, and after
/// the one that it moves into, so that its calls say where all of them stood. Functions that only call each
/// other may stand around themselves.
void Contifier::plan_all(const std::vector<ReturnGraph::Target>& targets) {
  enum State : char { NEW, ENTERED, DONE };
  IdMap<const ReturnGraph::Target*> target_of(program_);
  for (const ReturnGraph::Target& t : targets) target_of[t.fun] = &t;
  IdMap<State> state(program_);
  std::vector<const Fun*> path;
  const auto enter = [&](const Fun* f) {
    if (f && state[f] == NEW) path.push_back(f);
  };
  for (const ReturnGraph::Target& target : targets) {
    enter(target.fun);
    while (!path.empty()) {
      const Fun* f = path.back();
      const ReturnGraph::Target* t = target_of[f];
      if (state[f] == NEW) {
        state[f] = ENTERED;
        if (t) enter(graph_.owner(t->cont));
        enter(graph_.owner(f));
        continue;
      }
      path.pop_back();
      if (t && state[f] == ENTERED) plan(*t);
      state[f] = DONE;
    }
  }
}

void Contifier::run() {
  plan_all(graph_.find_targets());
  // Calls in functions that nothing reaches were not looked at, so what they call may have gone.
  std::erase_if(program_.top_level, [&](const Fun* f) {
    return cont_of_[f] != nullptr || (f != program_.main && !uses_[f].is_reached);
  });
  for (Fun* f : program_.top_level)
    if (f != program_.main) rewrite_fun(f);
  rewrite_fun(program_.main);
}

}  // namespace

void contify(Program& program) { Contifier(program).run(); }

}  // namespace valkc
