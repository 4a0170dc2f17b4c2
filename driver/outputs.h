// Which files a compilation writes: names that the command line leaves open.
#pragma once

#include <string>

#include "driver/options.h"

namespace valkc {

/// Where the result goes. Without -o: text stages to standard output ("-"), NAME.s, NAME.o, a.out.
std::string output_path(const Options& options, const std::string& name);

/// Where --save-temps keeps the form of this stage.
std::string temp_path(const Options& options, const std::string& name, EmitStage stage);

/// Where -MD writes.
std::string depfile_path(const Options& options, const std::string& output);

}  // namespace valkc
