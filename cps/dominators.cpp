// Dominators by iteration over reverse postorder: Cooper, Harvey and Kennedy, "A Simple, Fast Dominance
// Algorithm" (2001). A pass over the graph is linear, and call graphs need two or three.
#include "cps/dominators.h"

#include <algorithm>

namespace valkc {

namespace {

/// The nodes that the root reaches, root first, each before its successors where there is no cycle.
std::vector<uint32_t> compute_order(const FlowGraph& graph) {
  struct Visit {
    uint32_t node;
    size_t next;
  };
  std::vector<uint32_t> order;
  std::vector<bool> is_seen(graph.size());
  std::vector<Visit> path{{0, 0}};
  is_seen[0] = true;
  while (!path.empty()) {
    Visit& v = path.back();
    const std::vector<uint32_t>& successors = graph.successors(v.node);
    if (v.next == successors.size()) {
      order.push_back(v.node);
      path.pop_back();
      continue;
    }
    const uint32_t next = successors[v.next++];
    if (is_seen[next]) continue;
    is_seen[next] = true;
    path.push_back({next, 0});
  }
  std::reverse(order.begin(), order.end());
  return order;
}

class DominatorFinder {
 public:
  explicit DominatorFinder(const FlowGraph& graph)
      : order_(compute_order(graph)),
        position_(graph.size(), UNREACHABLE),
        predecessors_(order_.size()),
        dominator_(order_.size(), UNREACHABLE) {
    for (uint32_t i = 0; i < order_.size(); i++) position_[order_[i]] = i;
    for (uint32_t i = 0; i < order_.size(); i++)
      for (const uint32_t to : graph.successors(order_[i]))
        predecessors_[position_[to]].push_back(i);
  }
  std::vector<uint32_t> run();

 private:
  /// The nearest position that dominates both.
  uint32_t meet(uint32_t a, uint32_t b) const {
    while (a != b) (a > b ? a : b) = dominator_[a > b ? a : b];
    return a;
  }
  bool update(uint32_t at);

  // Nodes are named by their position in the order.
  std::vector<uint32_t> order_;
  std::vector<uint32_t> position_;
  std::vector<std::vector<uint32_t>> predecessors_;
  std::vector<uint32_t> dominator_;
};

bool DominatorFinder::update(uint32_t at) {
  uint32_t found = UNREACHABLE;
  for (const uint32_t p : predecessors_[at])
    if (dominator_[p] != UNREACHABLE) found = found == UNREACHABLE ? p : meet(found, p);
  if (dominator_[at] == found) return false;
  dominator_[at] = found;
  return true;
}

std::vector<uint32_t> DominatorFinder::run() {
  dominator_[0] = 0;
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (uint32_t at = 1; at < order_.size(); at++) has_changed |= update(at);
  }
  std::vector<uint32_t> outermost(position_.size(), UNREACHABLE);
  outermost[0] = 0;
  for (uint32_t at = 1; at < order_.size(); at++)
    outermost[order_[at]] = dominator_[at] == 0 ? order_[at] : outermost[order_[dominator_[at]]];
  return outermost;
}

}  // namespace

std::vector<uint32_t> compute_outermost_dominators(const FlowGraph& graph) {
  return DominatorFinder(graph).run();
}

}  // namespace valkc
