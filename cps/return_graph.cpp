// Who returns where: see return_graph.h. Dominators are from Fluet and Weeks, "Contification Using
// Dominators" (ICFP 2001).
#include "cps/return_graph.h"

#include "cps/dominators.h"
#include "cps/size.h"
#include "cps/traverse.h"

namespace valkc {

namespace {

/// Functions known to the whole program move only up to this size: C++ compilers take more than
/// linear time on large functions.
constexpr size_t MAX_MOVED_SIZE = 400;
/// How often it is looked for those that find no room. What is too large nevertheless is cut later.
constexpr int MAX_ROUNDS = 4;

}  // namespace

ReturnGraph::ReturnGraph(const Program& program, const Uses& uses)
    : program_(program), uses_(uses), owner_(program) {
  for (Fun* f : program.top_level)
    if (f != program.main) scan(f);
  scan(program.main);
}

void ReturnGraph::scan_term(const Term& term, const Fun* fun) {
  switch (term.kind) {
    case TermKind::call: {
      const Call& call = static_cast<const Call&>(term);
      if (call.callee.kind == AtomKind::fun && accepts(*call.callee.fun, call.args.size()))
        edges_.push_back({call.callee.fun, call.cont, fun});
      return;
    }
    case TermKind::reset:
      owner_[static_cast<const PushReset&>(term).bottom] = fun;
      return;
    case TermKind::shift:
      owner_[static_cast<const Shift&>(term).bottom] = fun;
      return;
    case TermKind::try_:
      owner_[static_cast<const PushTry&>(term).end] = fun;
      return;
    case TermKind::let_cont:
      for (const Cont* k : static_cast<const LetCont&>(term).conts) owner_[k] = fun;
      return;
    default:
      return;
  }
}

void ReturnGraph::scan(Fun* root) {
  struct Visit {
    const Fun* fun;
    const Term* term;
  };
  std::vector<Visit> todo;
  const auto enter = [&](Fun* fun, const Fun* owner) {
    owner_[fun] = owner;
    owner_[fun->ret] = fun;
    if (!uses_[fun].is_reached) return;
    funs_.push_back(fun);
    todo.push_back({fun, fun->body});
  };
  enter(root, nullptr);
  while (!todo.empty()) {
    const auto [fun, term] = todo.back();
    todo.pop_back();
    scan_term(*term, fun);
    if (term->kind == TermKind::let_fun)
      for (Fun* f : static_cast<const LetFun*>(term)->funs) enter(f, fun);
    if (term->kind != TermKind::let_cont) {
      each_child(*term, [&, fun = fun](const Term* t) { todo.push_back({fun, t}); });
      continue;
    }
    const LetCont& let = *static_cast<const LetCont*>(term);
    for (const Cont* k : let.conts)
      if (uses_[k].is_reached) todo.push_back({fun, k->body});
    todo.push_back({fun, let.next});
  }
}

/// Whether it is also entered by other ways than the calls seen, or should not move.
bool ReturnGraph::must_stay(const Fun* fun) const {
  if (fun == program_.main || fun->rest || uses_[fun].other != 0 || uses_[fun].direct == 0)
    return true;
  return !owner_[fun] && is_larger(fun->body, MAX_MOVED_SIZE);
}

std::vector<ReturnGraph::Target> ReturnGraph::find_targets(const IdMap<char>& refused) const {
  // Nodes: the root, the functions, the continuations of calls.
  IdMap<uint32_t> node(program_);
  std::vector<Cont*> conts;
  uint32_t count = 1;
  for (const Fun* f : funs_) node[f] = count++;
  const auto is_tail = [&](const Edge& e) { return e.cont == e.from->ret; };
  for (const Edge& e : edges_) {
    if (is_tail(e) || node[e.cont] != 0) continue;
    node[e.cont] = count++;
    conts.push_back(e.cont);
  }
  FlowGraph graph(count);
  for (const Fun* f : funs_)
    if (must_stay(f) || refused[f]) graph.add_edge(0, node[f]);
  for (const Cont* k : conts) graph.add_edge(0, node[k]);
  for (const Edge& e : edges_) {
    graph.add_edge(is_tail(e) ? node[e.from] : node[e.cont], node[e.callee]);
    // `main` runs its code once, and may suspend where the function would not.
    if (e.from == program_.main && !owner_[e.callee]) graph.add_edge(0, node[e.callee]);
  }
  std::vector<uint32_t> outermost = compute_outermost_dominators(graph);
  // What only calls itself is dead, but still there: what it calls returns to it too.
  size_t dead = 0;
  for (const Fun* f : funs_)
    if (outermost[node[f]] == UNREACHABLE) graph.add_edge(0, node[f]), dead++;
  if (dead > 0) outermost = compute_outermost_dominators(graph);
  std::vector<Target> targets;
  for (Fun* f : funs_) {
    const uint32_t to = outermost[node[f]];
    if (to == node[f]) continue;
    targets.push_back({f, to <= funs_.size() ? funs_[to - 1]->ret : conts[to - 1 - funs_.size()]});
  }
  return targets;
}

// ---- how many fit -------------------------------------------------------------------------------

/// The function known to the whole program that `fun` is, or stands in.
const Fun* ReturnGraph::outermost(const Fun* fun) const {
  while (owner_[fun]) fun = owner_[fun];
  return fun;
}

/// Those of `targets` that find no room, known to the whole program all: others stand already in what
/// they move around in. The functions that move into one are a tree, which is cut from its leaves: each
/// part of it is as large as it may become, and stays together.
std::vector<const Fun*> ReturnGraph::find_too_many(const std::vector<Target>& targets) const {
  const size_t limit = program_.max_function_size;
  std::vector<const Fun*> too_many;
  IdMap<const Fun*> moves_to(program_);
  IdMap<uint32_t> waits_for(program_);  // for so many that move to it
  IdMap<size_t> size(program_);
  std::vector<const Fun*> ready;
  for (const Target& t : targets) {
    if (owner_[t.fun]) continue;
    moves_to[t.fun] = outermost(owner_[t.cont]);
    waits_for[moves_to[t.fun]]++;
  }
  for (const Target& t : targets)
    if (!owner_[t.fun] && waits_for[t.fun] == 0) ready.push_back(t.fun);
  const auto size_of = [&](const Fun* f) -> size_t& {
    if (size[f] == 0) size[f] = compute_size(f->body, limit);
    return size[f];
  };
  while (!ready.empty()) {
    const Fun* f = ready.back();
    ready.pop_back();
    const Fun* to = moves_to[f];
    if (size_of(to) + size_of(f) > limit)
      too_many.push_back(f);
    else
      size_of(to) += size_of(f);
    if (--waits_for[to] == 0 && moves_to[to]) ready.push_back(to);
  }
  return too_many;
}

/// Where one is refused, those that it calls in tail position return to it: they are looked at anew.
std::vector<ReturnGraph::Target> ReturnGraph::find_targets() const {
  IdMap<char> refused(program_);
  for (int round = 0;; round++) {
    std::vector<Target> targets = find_targets(refused);
    if (program_.max_function_size == 0 || round == MAX_ROUNDS) return targets;
    const std::vector<const Fun*> too_many = find_too_many(targets);
    if (too_many.empty()) return targets;
    for (const Fun* f : too_many) refused[f] = true;
  }
}

}  // namespace valkc
