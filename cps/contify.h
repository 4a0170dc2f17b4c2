// The pass that turns functions into continuations, and recursion into loops. See contify.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void contify(Program& program);

}  // namespace valkc
