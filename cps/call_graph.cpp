// The call graph: see call_graph.h. Cycles are found as in Tarjan, "Depth-First Search and Linear Graph
// Algorithms" (1972).
#include "cps/call_graph.h"

#include <algorithm>

#include "cps/slots.h"

namespace valkc {

namespace {

class CallGraphFinder {
 public:
  CallGraphFinder(const Program& program, CallGraph& graph)
      : program_(program), graph_(graph), number_(program) {}
  void run();

 private:
  uint32_t visit(Fun* fun);
  std::vector<Fun*> successors(Fun* fun) const;
  void finish(Fun* fun);

  const Program& program_;
  CallGraph& graph_;
  IdMap<uint32_t> number_;  ///< in order of visits, from 1
  std::vector<Fun*> open_;  ///< visited, and not yet given a component
  uint32_t visited_ = 0;
  uint32_t components_ = 0;
};

/// What `fun` calls, and the functions bound in it, whose own calls are theirs.
std::vector<Fun*> CallGraphFinder::successors(Fun* fun) const {
  std::vector<Fun*> found;
  std::vector<Term*> todo{fun->body};
  while (!todo.empty()) {
    Term& term = *todo.back();
    todo.pop_back();
    each_atom(term, [&](const Atom& a) {
      if (a.kind == AtomKind::fun) found.push_back(a.fun);
    });
    if (term.kind == TermKind::let_fun) {
      const LetFun& let = static_cast<const LetFun&>(term);
      found.insert(found.end(), let.funs.begin(), let.funs.end());
      todo.push_back(let.next);
    } else {
      each_child_slot(term, [&](Term** child) { todo.push_back(*child); });
    }
  }
  return found;
}

/// All of the cycle that `fun` closes stand above it on the stack.
void CallGraphFinder::finish(Fun* fun) {
  components_++;
  const auto begin = std::find(open_.rbegin(), open_.rend(), fun).base() - 1;
  const bool is_cycle = open_.end() - begin > 1;
  for (auto f = begin; f != open_.end(); ++f) {
    graph_.component[*f] = components_;
    if (is_cycle) graph_.is_recursive[*f] = true;
    graph_.order.push_back(*f);
  }
  open_.erase(begin, open_.end());
}

/// Gives the least number of a function that is still open and that `fun` reaches.
uint32_t CallGraphFinder::visit(Fun* fun) {
  const uint32_t number = number_[fun] = ++visited_;
  uint32_t least = number;
  open_.push_back(fun);
  for (Fun* next : successors(fun)) {
    if (next == fun) graph_.is_recursive[fun] = true;
    if (number_[next] == 0)
      least = std::min(least, visit(next));
    else if (graph_.component[next] == 0)
      least = std::min(least, number_[next]);
  }
  if (least == number) finish(fun);
  return least;
}

void CallGraphFinder::run() {
  for (Fun* f : program_.top_level)
    if (number_[f] == 0) visit(f);
  if (number_[program_.main] == 0) visit(program_.main);
}

}  // namespace

CallGraph compute_call_graph(const Program& program) {
  CallGraph graph(program);
  CallGraphFinder(program, graph).run();
  return graph;
}

}  // namespace valkc
