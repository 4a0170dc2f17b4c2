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
  /// All functions of which that is so, outer ones first.
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

  const Program& program_;
  const Uses& uses_;
  IdMap<const Fun*> owner_;
  std::vector<Fun*> funs_;
  std::vector<Edge> edges_;
};

}  // namespace valkc
