// The pass that turns assigned variables into immutable ones where it can. See convert_assigned.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS.
void convert_assigned(Program& program);

}  // namespace valkc
