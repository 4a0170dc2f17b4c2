// Types of variables. See infer_types.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Sets Var::types of every variable.
void infer_types(Program& program);

}  // namespace valkc
