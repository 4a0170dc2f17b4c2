// The pass that bounds how many variables live at once. See pack_variables.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void pack_variables(Program& program);

}  // namespace valkc
