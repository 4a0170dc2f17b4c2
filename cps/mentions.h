// How often each local is mentioned in a part of Core, and which locals that part binds: what the
// conversion needs to know before it can say whether a variable outlives the part.
#pragma once

#include <unordered_map>
#include <vector>

#include "frontend/core.h"

namespace valkc {

/// Counts mentions of each local, in all or in part of the program.
class MentionCounter {
 public:
  std::unordered_map<const Local*, int> mentions;
  /// Locals bound (by Bind) in the part, outside lambdas.
  std::vector<const Local*> bound;

  void count(const Core* c) { visit(c, 0); }

 private:
  void visit(const Core* c, int depth);
  void visit_all(const std::vector<const Core*>& items, int depth) {
    for (const Core* item : items) visit(item, depth);
  }
};

}  // namespace valkc
