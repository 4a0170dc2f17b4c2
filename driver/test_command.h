// `valkc test`: compiles and runs test programs, and sums up what they report.
#pragma once

#include "driver/options.h"

namespace valkc {

/// Runs the files given, and every *_test.valk below the folders given (none: the current one), each in a
/// process of its own, options.jobs at once. A program passes if its status is 0; what one prints that does
/// not pass is shown. Gives STATUS_success if all passed and there was one. Throws FileError for an input
/// that does not exist.
int run_tests(const Options& options);

}  // namespace valkc
