// Tables over variables, continuations and functions. Their ids are dense and share one counter, so a
// vector indexed by id is smaller and faster than a hash table when most of a program is in it.
#pragma once

#include <vector>

#include "cps/ir.h"

namespace valkc {

/// A T for each Var, Cont and Fun; a default one for those never touched. References stay valid
/// only until an id beyond the end is touched.
template <typename T>
class IdMap {
 public:
  explicit IdMap(const Program& program) : items_(program.next_id()) {}

  template <typename Node>
  T& operator[](const Node* node) {
    if (node->id >= items_.size()) items_.resize(node->id + node->id / 4 + 1);
    return items_[node->id];
  }
  template <typename Node>
  const T& operator[](const Node* node) const {
    static const T none{};
    return node->id < items_.size() ? items_[node->id] : none;
  }

 private:
  std::vector<T> items_;
};

}  // namespace valkc
