// Groups of continuations as small as they can be. Passes bind continuations together where that is
// simple and right; what follows reads better, and finds loops faster, if only cycles share a LetCont.
#pragma once

#include "cps/ir.h"

namespace valkc {

/// Splits each LetCont into nested ones, of which each binds a continuation alone or a cycle. Linear
/// but for sorting; recurses over nesting.
void split_conts(Program& program);

}  // namespace valkc
