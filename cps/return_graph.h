// Who returns where: the analysis behind contification.
//
// The nodes of the graph are functions and the continuations of calls. An edge leads to each function
// from where a call of it returns to: a continuation, or, for a tail call, the calling function, since
// the callee returns to where that does. All paths begin at the root, which leads to every continuation
// and to every function that may also be called otherwise. The child of the root that dominates a
// function is then the one place to return to, or the function itself if there is no such place.
#pragma once

#include <utility>
#include <vector>

#include "cps/id_map.h"
#include "cps/ir.h"
#include "cps/uses.h"

namespace valkc {

class ReturnGraph {
 public:
  /// Scans the code of `program` that is reached by `uses`. Linear; does not recurse.
  ReturnGraph(const Program& program, const Uses& uses);

  /// The function in whose body a local function or a continuation is bound; null: known to the
  /// whole program.
  template <typename Node>
  const Fun* owner(const Node* node) const {
    return owner_[node];
  }

  /// A function, and the one continuation that its calls from elsewhere return to.
  struct Target {
    Fun* fun;
    Cont* cont;
  };
  /// The functions of which that is so, outer ones first; but only as many as fit into those that they
  /// move to, by Program::max_function_size.
  std::vector<Target> find_targets() const;

 private:
  struct Edge {
    Fun* callee;
    Cont* cont;       ///< where the call returns to
    const Fun* from;  ///< the function that the call stands in
  };

  void scan(Fun* root);
  void scan_term(const Term& term, const Fun* fun);
  bool must_stay(const Fun* fun) const;
  std::vector<Target> find_targets(const IdMap<char>& refused) const;
  std::vector<const Fun*> find_too_many(const std::vector<Target>& targets) const;
  const Fun* outermost(const Fun* fun) const;

  const Program& program_;
  const Uses& uses_;
  IdMap<const Fun*> owner_;
  std::vector<Fun*> funs_;
  std::vector<Edge> edges_;
};

}  // namespace valkc
