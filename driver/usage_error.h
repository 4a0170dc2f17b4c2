// What is wrong with the command line, found after it was parsed.
#pragma once

#include <stdexcept>

namespace valkc {

/// what() is a sentence for the user; status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace valkc
