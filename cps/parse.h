// Reads the printed form of the IR back (the form is described in print.h): `-x cps`, and golden tests
// that feed one pass. Total: any text gives a program or diagnostics.
#pragma once

#include "cps/ir.h"
#include "frontend/diagnostics.h"

namespace valkc {

/// Parses a file of the SourceMap into `program`, which must be empty. Spans are those of the printed
/// text. False, with at least one diagnostic, if anything is malformed; the program must then not be
/// used. Names are resolved by spelling alone within each top-level function: whether a use stands in
/// scope is the verifier's business. Bounded by memory, not by depth.
bool parse_program(const SourceMap& sources, uint32_t file, Diagnostics& diagnostics,
                   Program& program);

}  // namespace valkc
