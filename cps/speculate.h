// The choice of functions that get a fast version. See speculate.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Sets Fun::has_fast_version.
void speculate(Program& program);

}  // namespace valkc
