// The part of the verifier that concerns closed programs: captures are complete and minimal.
#pragma once

#include <vector>

#include "cps/verify.h"

namespace valkc {

/// Appends the violations of Check::captures. The program must be well formed otherwise.
void verify_captures(const Program& program, std::vector<Violation>& violations);

}  // namespace valkc
