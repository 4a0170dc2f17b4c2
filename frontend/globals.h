// Analyses over a whole Core program.
#pragma once

#include <unordered_map>

#include "frontend/core.h"
#include "frontend/diagnostics.h"
#include "frontend/names.h"

namespace valkc {

/// Decides Global::is_constant and sets `value`, as core.h defines it. Input: program.body complete.
void compute_constant_globals(CoreProgram& program);

/// Can a list made at run time reach an `eval`, or a computed path a `load`? Then the evaluator must be
/// linked in. Blocks need none: their code is compiled. Input: constant globals are known.
bool needs_evaluator(const CoreProgram& program, const Library& library);

/// Reports calls of known functions with a number of arguments that cannot succeed, and operations in
/// statement position, in the user's code.
void check_calls(const CoreProgram& program, const Library& library, Diagnostics& diagnostics);

}  // namespace valkc
