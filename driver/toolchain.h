// The C++ compiler: which one, and the commands that make binaries of generated code.
#pragma once

#include <string>
#include <vector>

#include "driver/options.h"
#include "driver/process.h"
#include "driver/resources.h"

namespace valkc {

struct Toolchain {
  CommandLine cxx;  ///< usually one word; more if $CXX is "ccache g++"
  bool is_clang = false;
  bool has_lld = false;
};

/// The first that exists of --cxx, $VALKC_CXX, $CXX, clang++, g++. What was asked for by name and does
/// not exist is not replaced by another: `cxx` is then empty and `problem` says why.
Toolchain find_toolchain(const Options& options, std::string& problem);

/// What a command is made from.
struct CommandMaker {
  const Toolchain& toolchain;
  const ResourceDirs& resources;
  const Options& options;

  /// Compiles generated C++ to `stage`: asm, obj, or exe, which links it with `others` (objects,
  /// archives) and the runtime in the same run.
  CommandLine compile(EmitStage stage, const std::string& generated,
                      const std::vector<std::string>& others, const std::string& output) const;
  /// Compiles one part (codegen/divide.h) of generated C++ to an object.
  CommandLine compile_part(const std::string& generated, int part, int parts,
                           const std::string& output) const;
  /// Links objects and archives with the runtime.
  CommandLine link(const std::vector<std::string>& objects, const std::string& output) const;
  /// Compiles a C++ file of the user to an object, under the ordinary rules of C++.
  CommandLine compile_native(const std::string& source, const std::string& output) const;
};

}  // namespace valkc
