// Conversion of Core to CPS. See convert.cpp.
#pragma once

#include <memory>

#include "cps/ir.h"

namespace valkc {

/// Input: resolved Core. Output: a Program in stage cps that satisfies verify(). The Program refers to
/// the globals and constants of `core`, which must outlive it.
std::unique_ptr<Program> convert_to_cps(const CoreProgram& core);

}  // namespace valkc
