// From C++ to assembly, objects and executables: the part of a compilation that other programs do.
#pragma once

#include <string>
#include <vector>

#include "driver/options.h"
#include "driver/phase.h"

namespace valkc {

/// The generated code and what it is to become.
struct NativeJob {
  std::string program_name;
  std::string generated;             ///< text of the C++
  std::vector<std::string> natives;  ///< the user's C++ sources, objects, archives
  std::string output;
};

/// Compiles and, for exe, links, as options.emit says. Gives the exit status: 0, or 4 with the
/// command repeated and its inputs kept. Throws FileError and UsageError.
int build_native(const Options& options, const NativeJob& job, PhaseTimes& times);

}  // namespace valkc
