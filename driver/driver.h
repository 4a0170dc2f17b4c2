// The command valkc, from arguments to exit status.
#pragma once

#include <string>
#include <vector>

namespace valkc {

/// Does what the arguments (without the program's name) say and gives the exit status (statuses.def).
/// Everything goes through the process's own streams. Throws nothing. `valkc run` may not return.
int run_driver(const std::vector<std::string>& args);

}  // namespace valkc
