// What the parameters of continuations receive from jumps: the question that phi nodes pose.
#pragma once

#include "cps/id_map.h"
#include "cps/ir.h"

namespace valkc {

/// What the jumps of a program pass for one parameter. Passing a parameter to itself, as loops do,
/// does not count.
struct Incoming {
  enum class Kind : uint8_t { none, one, many };
  Kind kind = Kind::none;
  Atom atom;                  ///< if one
  bool may_be_unset = false;  ///< some jump may pass the mark of an unassigned variable
};

/// For every parameter of a continuation. Linear; does not recurse. Jumps that can never run count.
IdMap<Incoming> compute_incoming(const Program& program);

}  // namespace valkc
