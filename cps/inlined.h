// Where inlined code came from, so that backtraces show the calls that are no longer there.
#pragma once

#include <string>

#include "cps/ir.h"

namespace valkc {

/// Says that the terms of `body` (nested functions left out) stand in the place of `call` of `callee`.
/// Code that had been inlined into the body before is then inlined one level deeper.
void mark_inlined(Program& program, Term* body, const std::string& callee, Span call);

}  // namespace valkc
