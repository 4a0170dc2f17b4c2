// The pass that drops what the program never reaches. See eliminate_dead.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void eliminate_dead(Program& program);

}  // namespace valkc
