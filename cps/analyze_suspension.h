// Suspension analysis. See analyze_suspension.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input: CPS. Marks each Call and each Fun direct, suspends or either. With Program::suspend_all
/// everything suspends.
void analyze_suspension(Program& program);

}  // namespace valkc
