// Who may be captured: see multi_shot.h. A function may if it shifts, if it calls one that may, or if
// it calls something unknown while anything in the program shifts or brings code along.
#include "cps/multi_shot.h"

#include "cps/traverse.h"

namespace valkc {

namespace {

/// Whether a builtin runs code in the continuation of its call. (A task's code is below a boundary of
/// its own, and await runs none.)
bool runs_code(const Primitive& primitive) {
  if (!primitive.has(EFFECT_SUSPENDS) || primitive.id == "async") return false;
  return !primitive.awaits_only();
}

class MultiShotFinder {
 public:
  explicit MultiShotFinder(const Program& program)
      : program_(program), may_(program), callers_(program) {}
  IdMap<char> run();

 private:
  void scan(const Fun* root);
  void visit(const Term& term, const Fun* fun);
  void visit_call(const Call& call, const Fun* fun);
  void mark(const Fun* fun);

  const Program& program_;
  IdMap<char> may_;
  IdMap<std::vector<const Fun*>> callers_;
  std::vector<const Fun*> calls_unknown_;
  std::vector<const Fun*> marked_;
  bool has_shift_ = false;
};

void MultiShotFinder::mark(const Fun* fun) {
  if (may_[fun]) return;
  may_[fun] = true;
  marked_.push_back(fun);
}

void MultiShotFinder::visit_call(const Call& call, const Fun* fun) {
  if (call.callee.kind == AtomKind::fun)
    callers_[call.callee.fun].push_back(fun);
  else if (call.callee.kind != AtomKind::primitive || runs_code(*call.callee.primitive))
    calls_unknown_.push_back(fun);
}

void MultiShotFinder::visit(const Term& term, const Fun* fun) {
  if (term.kind == TermKind::call) visit_call(static_cast<const Call&>(term), fun);
  if (term.kind == TermKind::shift) {
    has_shift_ = true;
    mark(fun);
  }
  // The evaluator runs code that this program has not seen.
  each_atom(term, [&](const Atom& a) {
    if (a.kind == AtomKind::primitive && runs_code(*a.primitive)) has_shift_ = true;
  });
}

void MultiShotFinder::scan(const Fun* root) {
  struct Visit {
    const Fun* fun;
    const Term* term;
  };
  std::vector<Visit> todo{{root, root->body}};
  while (!todo.empty()) {
    const auto [fun, term] = todo.back();
    todo.pop_back();
    visit(*term, fun);
    if (term->kind == TermKind::let_fun)
      for (const Fun* f : static_cast<const LetFun*>(term)->funs) todo.push_back({f, f->body});
    each_child(*term, [&, fun = fun](const Term* t) { todo.push_back({fun, t}); });
  }
}

IdMap<char> MultiShotFinder::run() {
  for (const Fun* f : program_.top_level)
    if (f != program_.main) scan(f);
  scan(program_.main);
  if (has_shift_)
    for (const Fun* f : calls_unknown_) mark(f);
  while (!marked_.empty()) {
    const Fun* fun = marked_.back();
    marked_.pop_back();
    for (const Fun* caller : callers_[fun]) mark(caller);
  }
  return std::move(may_);
}

}  // namespace

IdMap<char> compute_multi_shot(const Program& program) { return MultiShotFinder(program).run(); }

}  // namespace valkc
