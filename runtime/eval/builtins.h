// The builtins by their rows, for evaluated code. Mentioning this links in every builtin.
#pragma once

#include "frontend/primitives.h"
#include "runtime/valk.h"

namespace valkc {

/// What an instruction calls: the C++ function, or the ValkOp of an operation.
const void* builtin_function(const Primitive& p);
/// The builtin as a function value; static.
Value builtin_value(const Primitive& p);

}  // namespace valkc
