// Which functions may be captured and resumed more than once: the question whether what stands before
// and after a call in a function's text runs equally often.
#pragma once

#include "cps/id_map.h"
#include "cps/ir.h"

namespace valkc {

/// For each function, whether a continuation that includes a part of its body may be captured by shift,
/// and so be called any number of times. Conservative, linear; does not recurse. (What await captures
/// is resumed once.)
IdMap<char> compute_multi_shot(const Program& program);

}  // namespace valkc
