// The pass that computes nothing twice. See eliminate_common.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void eliminate_common(Program& program);

}  // namespace valkc
