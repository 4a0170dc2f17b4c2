// The pass that copies small functions to where they are called. See inline.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void inline_calls(Program& program);

}  // namespace valkc
