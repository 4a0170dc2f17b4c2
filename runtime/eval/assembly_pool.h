// How long evaluated code lives: as long as something can run it.
//
// The instructions of an assembly lie outside the heap; what is of the heap in it, its constants, is a store
// whose first element is a small object, the token. Every closure and every frame of the code refers to the
// store, and so does the machine while it runs. The pool refers to the token weakly: when a collection finds
// it no more, no closure, frame or activation of the assembly is left, and the assembly is freed.
#pragma once

#include <memory>
#include <vector>

#include "runtime/eval/assembly.h"
#include "runtime/gc/heap.h"

namespace valkc {

class AssemblyPool {
 public:
  explicit AssemblyPool(Vm* vm);
  AssemblyPool(const AssemblyPool&) = delete;
  AssemblyPool& operator=(const AssemblyPool&) = delete;

  /// A new assembly, whose constants are roots until it is finished. May collect; everything below sp is
  /// kept.
  Assembly& begin(Value* sp);
  /// Makes what the new assembly has in the heap. Gives the closure of its code; VALK_ERR: an error is raised.
  Value finish(Value* sp);

 private:
  using Assemblies = std::vector<std::unique_ptr<Assembly>>;
  static void visit_roots(Vm* vm, void* data, ValkVisit visit);
  static void sweep(Vm* vm, void* data, ValkSurvivor survivor);
  Value make_store(Value* sp);
  Value make_closures(Value* sp, Value store);

  Vm* vm_;
  std::unique_ptr<Assembly> new_;  ///< under construction; or null
  Assemblies young_;               ///< whose tokens no collection has moved
  Assemblies old_;
  size_t young_weight_ = 0;
  size_t old_weight_ = 0;
  size_t old_limit_;  ///< a full collection is due when the old ones weigh more
};

}  // namespace valkc
