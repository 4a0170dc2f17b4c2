// What the parameters of continuations receive from jumps, and those of functions from known calls:
// the question that phi nodes pose.
#pragma once

#include "cps/id_map.h"
#include "cps/ir.h"

namespace valkc {

/// What the jumps or known calls of a program pass for one parameter. Passing a parameter to itself, as loops do,
/// does not count.
struct Incoming {
  enum class Kind : uint8_t { none, one, many };
  Kind kind = Kind::none;
  Atom atom;                  ///< if one
  bool may_be_unset = false;  ///< some jump may pass the mark of an unassigned variable
};

/// For every parameter. Linear; does not recurse. Jumps and calls that can never run count.
IdMap<Incoming> compute_incoming(const Program& program);

}  // namespace valkc
