// Emission of C++ for a closed program. See emit.cpp.
#pragma once

#include <string>

#include "cps/ir.h"

namespace valkc {

struct EmitOptions {
  bool line_directives = false;  ///< #line with Lisp positions, for -g
  int level = 2;                 ///< -O: at 0 no fast path is inline
  bool suspend_all = false;      ///< for the heading comment only: the analysis has decided
  bool tasks_on_fibers = false;  ///< --async=fiber
  std::string program_name = "program";
};

/// The whole program as one C++ file that needs only runtime/valk.h. Deterministic: the same program
/// and options give the same bytes. Requires stage closed.
std::string emit_cpp(const Program& program, const SourceMap& sources, const EmitOptions& options);

}  // namespace valkc
