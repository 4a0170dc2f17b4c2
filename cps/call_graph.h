// Which function mentions which: recursion, and an order in which callees come before their callers.
#pragma once

#include <vector>

#include "cps/id_map.h"
#include "cps/ir.h"

namespace valkc {

struct CallGraph {
  /// All functions, local ones too: each after those that it calls or binds, but for cycles.
  std::vector<Fun*> order;
  /// Functions of one cycle have the same number; others have numbers of their own, from 1.
  IdMap<uint32_t> component;
  /// Whether calling it may call it again, by known calls and through the functions inside it.
  IdMap<char> is_recursive;

  explicit CallGraph(const Program& program) : component(program), is_recursive(program) {}
};

/// Linear; recurses as deep as chains of calls are long.
CallGraph compute_call_graph(const Program& program);

}  // namespace valkc
