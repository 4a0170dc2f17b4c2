// Closure conversion. See convert_closures.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input: CPS. Output: closed CPS: every Fun lists its captures, and a Fun without captures is static.
void convert_closures(Program& program);

}  // namespace valkc
