// Outlining: the reverse of inlining. What is too large for C++ compilers, which take more than linear
// time on large functions, becomes several functions.
//
// Input:       CPS.
// Output:      CPS.
// Requires:    what verify() checks. Best after pack_variables, which bounds what a piece captures.
// Establishes: where a function has more than Program::max_function_size terms (functions inside it not
//              counted), each part of that size that goes on to one place only is a local function.
// Invalidates: counts of uses; that no small function is called from one place only.
// Paper:       the reverse of Fluet and Weeks, "Contification Using Dominators" (ICFP 2001): a part that
//              always goes on to one continuation is the body of a function that always returns there.
//
// A piece captures the variables that it uses and is called with the continuation that it goes on to. At
// the end of a function, which is where most of a long one is, that is a tail call. A loop is cut behind
// its exit, or whole, but not within, since its body goes on to two places: its head and its exit.
//
// Parts are measured from the inside out, and what has been cut out counts for one term: the work is linear
// in the size of the program. Backtraces do not show pieces: calls of them have no place in the source.
#include "cps/outline.h"

#include <algorithm>

#include "cps/slots.h"

namespace valkc {

namespace {

/// Calls f(Term**) for the place of every term directly inside this one, bodies of functions left out.
template <typename F>
void each_own_child_slot(Term& term, F f) {
  if (term.kind == TermKind::let_fun) return f(next_slot(term));
  each_child_slot(term, f);
}

/// One function being cut.
class Outliner {
 public:
  Outliner(Program& program, Fun* fun) : program_(program), fun_(fun) {}
  /// Appends the functions found inside, but for the pieces made here, to `inner`.
  void run(std::vector<Fun*>& inner);

 private:
  /// A term with all that stands inside it.
  struct Part {
    Term** slot;
    uint32_t parent;                     ///< its index: a part stands behind the one around it
    bool is_entry;                       ///< of a continuation or branch, where little lives
    size_t size = 1;                     ///< in terms
    std::vector<const Cont*> goes_to{};  ///< by id: what it uses and does not bind
  };

  void find_parts(std::vector<Fun*>& inner);
  void measure(Part& part);
  void add_to_parent(Part& part);
  bool is_cut(const Part& part) const;
  void cut(Term** slot, Cont* cont);
  void return_instead(Fun* piece, const Cont* cont);
  void bind_pass(Term** slot, Cont* pass, Cont* to);

  Program& program_;
  Fun* fun_;
  std::vector<Part> parts_;
};

void Outliner::find_parts(std::vector<Fun*>& inner) {
  parts_.push_back({&fun_->body, 0, false});
  for (uint32_t i = 0; i < parts_.size(); i++) {
    Term& term = **parts_[i].slot;
    if (term.kind == TermKind::let_fun)
      for (Fun* f : static_cast<LetFun&>(term).funs) inner.push_back(f);
    each_own_child_slot(term, [&](Term** child) {
      parts_.push_back({child, i, child != next_slot(term)});
    });
  }
}

// ---- measuring ----------------------------------------------------------------------------------

bool is_before(const Cont* a, const Cont* b) { return a->id < b->id; }

void insert(std::vector<const Cont*>& conts, const Cont* k) {
  const auto at = std::lower_bound(conts.begin(), conts.end(), k, is_before);
  if (at == conts.end() || *at != k) conts.insert(at, k);
}

void erase(std::vector<const Cont*>& conts, const Cont* k) {
  const auto at = std::lower_bound(conts.begin(), conts.end(), k, is_before);
  if (at != conts.end() && *at == k) conts.erase(at);
}

/// What the term itself adds to what its parts have given.
void Outliner::measure(Part& part) {
  const Term& term = **part.slot;
  switch (term.kind) {
    case TermKind::let_cont:
      for (const Cont* k : static_cast<const LetCont&>(term).conts) erase(part.goes_to, k);
      break;
    case TermKind::reset:
      erase(part.goes_to, static_cast<const PushReset&>(term).bottom);
      break;
    case TermKind::shift:
      erase(part.goes_to, static_cast<const Shift&>(term).bottom);
      break;
    case TermKind::try_:
      erase(part.goes_to, static_cast<const PushTry&>(term).end);
      break;
    default:
      break;
  }
  each_cont_use(term, [&](const Cont* k) { insert(part.goes_to, k); });
}

void Outliner::add_to_parent(Part& part) {
  Part& parent = parts_[part.parent];
  parent.size += part.size;
  if (parent.goes_to.size() < part.goes_to.size()) std::swap(parent.goes_to, part.goes_to);
  for (const Cont* k : part.goes_to) insert(parent.goes_to, k);
  part.goes_to = {};
}

/// In the middle of a straight line more may live than at an entry, so an entry is waited for.
bool Outliner::is_cut(const Part& part) const {
  const size_t limit = program_.max_function_size;
  if (part.size <= limit || (!part.is_entry && part.size <= 2 * limit)) return false;
  if (part.goes_to.size() != 1) return false;
  const Cont* to = part.goes_to[0];
  return to->is_opaque() || to->params.size() <= 1;
}

// ---- cutting ------------------------------------------------------------------------------------

/// Binds, around the term in `slot`, a continuation that passes its value on, or drops it if `to` takes
/// none.
void Outliner::bind_pass(Term** slot, Cont* pass, Cont* to) {
  Jump* jump = program_.make<Jump>(TermKind::jump, Span{});
  jump->cont = to;
  pass->params = {program_.make_var("value")};
  if (to->is_opaque()) jump->args = {Atom(pass->params[0])};
  pass->body = jump;
  LetCont* let = program_.make<LetCont>(TermKind::let_cont, Span{});
  let->conts = {pass};
  let->next = *slot;
  *slot = let;
}

/// In the body of a piece: what went on to `cont` returns. What was no tail call stays none, so that
/// backtraces show it: the result passes through a continuation that has no place in the source. Only
/// calls of other pieces, which backtraces do not show, become tail calls.
void Outliner::return_instead(Fun* piece, const Cont* cont) {
  Cont* pass = program_.make_cont(cont->name, Span{});
  bool is_passed = false;
  const auto replace = [&](Term& term) {
    each_cont_slot(term, [&](Cont*& used) {
      if (used != cont) return;
      const bool is_jump = term.kind == TermKind::jump;
      const bool is_tail = is_jump || cont == fun_->ret || !term.span.is_known();
      used = is_tail ? piece->ret : pass;
      is_passed |= !is_tail;
      if (is_jump && static_cast<Jump&>(term).args.empty())
        static_cast<Jump&>(term).args = {Atom(program_.data.integer(0, term.span))};
    });
  };
  std::vector<Term*> todo{piece->body};
  while (!todo.empty()) {
    Term& term = *todo.back();
    todo.pop_back();
    replace(term);
    each_own_child_slot(term, [&](Term** child) { todo.push_back(*child); });
  }
  if (is_passed) bind_pass(&piece->body, pass, piece->ret);
}

/// The term in `slot`, which goes on to `cont` only, becomes a piece and a call of it.
void Outliner::cut(Term** slot, Cont* cont) {
  const Span span = (*slot)->span;
  Fun* piece = program_.make_fun(fun_->name, span);
  piece->ret = program_.make_cont("return", span);
  piece->body = *slot;
  return_instead(piece, cont);
  Call* call = program_.make<Call>(TermKind::call, Span{});
  call->callee = Atom(piece);
  call->cont = cont;
  LetFun* let = program_.make<LetFun>(TermKind::let_fun, span);
  let->funs = {piece};
  let->next = call;
  *slot = let;
  if (cont->is_opaque() || cont->params.size() == 1) return;
  call->cont = program_.make_cont(cont->name, cont->span);
  bind_pass(slot, call->cont, cont);
}

void Outliner::run(std::vector<Fun*>& inner) {
  find_parts(inner);
  if (parts_.size() <= program_.max_function_size) return;
  for (size_t i = parts_.size(); i-- > 1;) {
    Part& part = parts_[i];
    measure(part);
    if (is_cut(part)) {
      cut(part.slot, const_cast<Cont*>(part.goes_to[0]));
      part.size = 1;
    }
    add_to_parent(part);
  }
}

}  // namespace

void outline(Program& program) {
  if (program.max_function_size == 0) return;
  std::vector<Fun*> todo = program.top_level;
  if (std::find(todo.begin(), todo.end(), program.main) == todo.end()) todo.push_back(program.main);
  while (!todo.empty()) {
    Fun* fun = todo.back();
    todo.pop_back();
    Outliner(program, fun).run(todo);
  }
}

}  // namespace valkc
