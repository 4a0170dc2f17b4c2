// The pass that cuts large functions into pieces. See outline.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void outline(Program& program);

}  // namespace valkc
