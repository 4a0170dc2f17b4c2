// The pass that takes the code off literals that no `eval` can reach. See strip_blocks.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void strip_blocks(Program& program);

}  // namespace valkc
