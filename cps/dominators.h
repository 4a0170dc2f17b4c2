// Dominators of a flow graph.
#pragma once

#include <cstdint>
#include <vector>

namespace valkc {

/// A graph whose nodes are numbered from 0, the root.
class FlowGraph {
 public:
  explicit FlowGraph(uint32_t nodes) : successors_(nodes) {}
  void add_edge(uint32_t from, uint32_t to) { successors_[from].push_back(to); }
  uint32_t size() const { return static_cast<uint32_t>(successors_.size()); }
  const std::vector<uint32_t>& successors(uint32_t node) const { return successors_[node]; }

 private:
  std::vector<std::vector<uint32_t>> successors_;
};

inline constexpr uint32_t UNREACHABLE = UINT32_MAX;

/// For each node, the child of the root that dominates it: every path from the root passes through
/// that node. The root's is itself; that of nodes which no path reaches is UNREACHABLE.
std::vector<uint32_t> compute_outermost_dominators(const FlowGraph& graph);

}  // namespace valkc
