// `valkc repl`: reads forms, evaluates them, prints what they give.
#pragma once

#include <string>
#include <vector>

namespace valkc {

/// Runs until the input ends or :quit is typed. On a terminal it has editing, history and completion; from
/// a pipe it prints results only. Gives the exit status: 1 if piped input had an error.
int run_repl(const std::vector<std::string>& include_dirs, bool color);

}  // namespace valkc
