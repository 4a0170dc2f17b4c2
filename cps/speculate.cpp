// Speculation: which functions get a fast version beside the complete one.
//
// Input:       CPS.
// Output:      the same, with Fun::has_fast_version set.
// Requires:    what verify() checks.
// Establishes: every function is marked, but for very large ones, and the top level if it has no loop: what runs once is not
//              worth two versions. Code generation makes the complete version only where the fast one
//              can leave for it.
// Invalidates: nothing.
// Paper:       the fast version is what basic block versioning keeps of a program whose values have their
//              usual kinds: Chevalier-Boisvert and Feeley, "Simple and Effective Type Check Removal through
//              Lazy Basic Block Versioning" (ECOOP 2015). Ahead of time two versions are enough: one that
//              leaves, for good, for the complete one when a value is of another kind. See
//              docs/decisions/0008-two-versions-of-each-function.md.
#include "cps/speculate.h"

#include <unordered_set>

#include "cps/size.h"
#include "cps/traverse.h"

namespace valkc {

namespace {

/// Whether a continuation in `fun` jumps to itself, from inside its body.
bool has_loop(const Fun& fun) {
  struct Visit {
    const Term* term;
    const Cont* leave;
  };
  std::unordered_set<const Cont*> around;
  std::vector<Visit> todo{{fun.body, nullptr}};
  while (!todo.empty()) {
    const Visit v = todo.back();
    todo.pop_back();
    if (v.leave) {
      around.erase(v.leave);
      continue;
    }
    if (v.term->kind == TermKind::jump && around.count(static_cast<const Jump*>(v.term)->cont))
      return true;
    if (v.term->kind != TermKind::let_cont) {
      each_child(*v.term, [&](const Term* t) { todo.push_back({t, nullptr}); });
      continue;
    }
    const LetCont& let = static_cast<const LetCont&>(*v.term);
    todo.push_back({let.next, nullptr});
    for (const Cont* k : let.conts) {
      around.insert(k);
      todo.push_back({nullptr, k});
      todo.push_back({k->body, nullptr});
    }
  }
  return false;
}

/// Larger functions get no second version: the points at which the fast one leaves would each be an entry
/// of the complete one, which C++ compilers take more than linear time for. Nearly all that `outline` leaves is
/// smaller: two versions take less time than one that has both paths of each operation (docs/decisions/0012).
constexpr size_t MAX_TERMS = 700;

void mark_inner(Fun& fun);

void mark(Fun& fun) {
  fun.has_fast_version = !is_larger(fun.body, MAX_TERMS);
  mark_inner(fun);
}

/// Marks the functions that are bound in `fun`.
void mark_inner(Fun& fun) {
  std::vector<const Term*> todo{fun.body};
  while (!todo.empty()) {
    const Term* term = todo.back();
    todo.pop_back();
    if (term->kind == TermKind::let_fun)
      for (Fun* f : static_cast<const LetFun*>(term)->funs) mark(*f);
    each_child(*term, [&](const Term* t) { todo.push_back(t); });
  }
}

}  // namespace

void speculate(Program& program) {
  for (Fun* f : program.top_level)
    if (f != program.main) mark(*f);
  program.main->has_fast_version = has_loop(*program.main);
  mark_inner(*program.main);
}

}  // namespace valkc
