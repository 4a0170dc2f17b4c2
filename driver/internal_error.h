// Errors of the compiler itself: which pass it was in, what it promised, and how to see it again.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace valkc {

/// A broken contract inside the compiler; what() says which.
struct InternalError : std::logic_error {
  using std::logic_error::logic_error;
};

/// Remembers the command line and turns fatal signals into a report and status 70.
void expect_crashes(const std::vector<std::string>& args);
/// Gives the calling thread a stack for the report of its own overflow.
void prepare_thread_for_crashes();
/// The name of what runs now, with static lifetime.
void enter_pass(const char* name);

/// Tells the user; gives the exit status.
int report_internal_error(const std::string& what);

}  // namespace valkc
