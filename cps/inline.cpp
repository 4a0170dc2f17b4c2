// Inlining: copies of small functions in place of known calls.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks. Best after contify, when loops are not recursive functions any more.
// Establishes: no call of a function that is small and not recursive, as far as the growth allowed to
//              the caller goes. A function that is given a known function and calls it counts as small
//              for longer, since then that call becomes known (`map` with a lambda becomes a loop).
//              A small recursive function has taken the place of its own calls: two levels of it halve
//              the time of fib and tak.
// Invalidates: counts of uses.
// Paper:       Peyton Jones and Marlow, "Secrets of the Glasgow Haskell Compiler Inliner" (JFP 2002).
//
// Functions are visited callees first, so that what is copied has been through this already. Nothing is
// visited again after it was copied, which bounds the work by the size of the result.
#include "cps/inline.h"

#include <algorithm>

#include "cps/call_graph.h"
#include "cps/copy.h"
#include "cps/fold.h"
#include "cps/inlined.h"
#include "cps/size.h"
#include "cps/slots.h"
#include "cps/uses.h"

namespace valkc {

namespace {

/// In terms. About as much as the call and the return cost.
constexpr size_t SMALL = 12;
/// If it is given a function that it calls.
constexpr size_t SMALL_WITH_FUNCTION = 60;
/// A recursive function takes the place of its own calls, and of those in the copies, as long as it
/// does not become larger than this, and not more often than that.
constexpr size_t MAX_UNROLLED_SIZE = 160;
constexpr int MAX_UNROLLINGS = 2;
/// What a function may grow by: as much again, and small ones up to this.
constexpr size_t FREE_GROWTH = 200;

class Inliner {
 public:
  explicit Inliner(Program& program)
      : program_(program),
        graph_(compute_call_graph(program)),
        size_(program),
        is_called_(program) {}
  void run();

 private:
  void visit(Fun* fun);
  void note_called(Fun* fun);
  bool is_worthwhile(const Call& call, const Fun& callee) const;
  Term* copy_body(const Call& call, const Fun& callee, const Term* body);
  void put_in_place(Term** slot, const Fun& callee, const Term* body);
  void unroll(Fun* fun);

  Program& program_;
  CallGraph graph_;
  IdMap<size_t> size_;        ///< of a function that has been visited; no more than the limit + 1
  IdMap<char> is_called_;     ///< of a variable
  const Fun* fun_ = nullptr;  ///< being visited
  size_t growth_ = 0;
};

bool Inliner::is_worthwhile(const Call& call, const Fun& callee) const {
  if (size_[&callee] == 0 || graph_.is_recursive[&callee]) return false;
  if (graph_.component[&callee] == graph_.component[fun_]) return false;
  if (!accepts(callee, call.args.size())) return false;
  if (size_[&callee] > growth_) return false;
  if (size_[&callee] <= SMALL) return true;
  if (size_[&callee] > SMALL_WITH_FUNCTION) return false;
  for (size_t i = 0; i < callee.params.size(); i++) {
    const bool is_function =
        call.args[i].kind == AtomKind::fun || call.args[i].kind == AtomKind::primitive;
    if (is_function && is_called_[callee.params[i]]) return true;
  }
  return false;
}

Term* Inliner::copy_body(const Call& call, const Fun& callee, const Term* body) {
  Copier copier(program_);
  const size_t named = callee.params.size();
  for (size_t i = 0; i < named; i++) copier.replace(callee.params[i], call.args[i]);
  copier.replace(callee.ret, call.cont);
  copier.replace(callee.self, call.callee);
  if (!callee.rest) return copier.copy(body);
  Let* let = program_.make<Let>(TermKind::let, call.span);
  let->var = program_.make_var(callee.rest->name);
  let->op.primitive = primitive_with_id("list");
  let->op.args.assign(call.args.begin() + static_cast<ptrdiff_t>(named), call.args.end());
  copier.replace(callee.rest, Atom(let->var));
  let->next = copier.copy(body);
  return let;
}

/// Replaces the call in `slot` by a copy of `body`, that of `callee`.
void Inliner::put_in_place(Term** slot, const Fun& callee, const Term* body) {
  const Call& call = static_cast<const Call&>(**slot);
  const Span site = call.cont == fun_->ret ? Span{} : call.span;
  *slot = copy_body(call, callee, body);
  mark_inlined(program_, *slot, callee.name, site);
}

/// The places where `fun` calls itself; none if it makes closures, of which each level would need more.
std::vector<Term**> find_self_calls(Fun* fun) {
  std::vector<Term**> calls, todo{&fun->body};
  while (!todo.empty()) {
    Term** slot = todo.back();
    todo.pop_back();
    if ((*slot)->kind == TermKind::let_fun) return {};
    each_child_slot(**slot, [&](Term** child) { todo.push_back(child); });
    if ((*slot)->kind != TermKind::call) continue;
    const Call& call = static_cast<const Call&>(**slot);
    if (call.callee == Atom(fun) && accepts(*fun, call.args.size())) calls.push_back(slot);
  }
  return calls;
}

/// Puts the body of a function in place of its own calls, which leaves fewer calls to do the same. (The
/// first copy is of the body as it was, so that each round adds one level.)
void Inliner::unroll(Fun* fun) {
  const size_t size = compute_size(fun->body, MAX_UNROLLED_SIZE);
  const Term* body = nullptr;
  size_t total = size;
  for (int i = 0; i < MAX_UNROLLINGS; i++) {
    const std::vector<Term**> calls = find_self_calls(fun);
    total += calls.size() * size;
    if (calls.empty() || total > MAX_UNROLLED_SIZE) return;
    if (!body) body = Copier(program_).copy(fun->body);
    for (Term** slot : calls) put_in_place(slot, *fun, body);
  }
}

/// Finds the variables that are called, in the function or in those inside it.
void Inliner::note_called(Fun* fun) {
  std::vector<Term*> todo{fun->body};
  while (!todo.empty()) {
    Term& term = *todo.back();
    todo.pop_back();
    if (term.kind == TermKind::call) {
      const Atom& callee = static_cast<const Call&>(term).callee;
      if (callee.is_var()) is_called_[callee.var] = true;
    }
    each_child_slot(term, [&](Term** child) { todo.push_back(*child); });
  }
}

void Inliner::visit(Fun* fun) {
  fun_ = fun;
  const size_t size = compute_size(fun->body, 10'000);
  growth_ = std::max(size, FREE_GROWTH);
  std::vector<Term**> todo{&fun->body};
  while (!todo.empty()) {
    Term** slot = todo.back();
    todo.pop_back();
    Term& term = **slot;
    if (term.kind == TermKind::call) {
      const Call& call = static_cast<const Call&>(term);
      if (call.callee.kind != AtomKind::fun || !is_worthwhile(call, *call.callee.fun)) continue;
      growth_ -= size_[call.callee.fun];
      put_in_place(slot, *call.callee.fun, call.callee.fun->body);
    } else if (term.kind == TermKind::let_fun) {
      todo.push_back(next_slot(term));  // functions inside have their own visit
    } else {
      each_child_slot(term, [&](Term** child) { todo.push_back(child); });
    }
  }
  size_[fun] = compute_size(fun->body, SMALL_WITH_FUNCTION);
  unroll(fun);
}

void Inliner::run() {
  const std::vector<Fun*> order = graph_.order;
  for (Fun* f : program_.top_level) note_called(f);
  note_called(program_.main);
  for (Fun* f : order) visit(f);
}

}  // namespace

void inline_calls(Program& program) { Inliner(program).run(); }

}  // namespace valkc
