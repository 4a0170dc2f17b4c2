// The questions that valkc answers from its tables, without compiling anything.
#pragma once

#include <optional>
#include <string>

#include "driver/options.h"

namespace valkc {

/// The text that the flags ask for (--help, --version, --explain, --list-…); nothing if none of them
/// was given. Throws UsageError.
std::optional<std::string> requested_listing(const Options& options);

}  // namespace valkc
