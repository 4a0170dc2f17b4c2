// The shrinking pass. See simplify.cpp.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Input and output: CPS. Repeats rounds, each linear, until one changes nothing (a fixed number at
/// most).
void simplify(Program& program);

}  // namespace valkc
