// The frontend as the driver calls it: text of a program to Core.
//
//   loader, reader   files to data
//   expander         data to Expr: macros and forms
//   classify         which variable a name means; let or shared
//   lower            Expr to Core: every name resolved
//   globals          which globals are constants
//   check_calls      arity of known functions, operations that nobody starts
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frontend/core.h"
#include "frontend/diagnostics.h"
#include "frontend/macro_evaluator.h"
#include "frontend/source.h"

namespace valkc {

/// One file of the library: its definitions, in Valkyria.
struct LibrarySource {
  std::string name;  ///< shown in positions
  std::string text;
};

struct FrontendOptions {
  std::string main_path;
  std::optional<std::string> main_text;  ///< if the file was read already; main_path is then a name
  std::vector<std::string> more_paths;   ///< further files of the program, after the main one
  std::vector<std::string> include_dirs;  ///< -I
  std::vector<LibrarySource> library;
  MacroEvaluator* macro_evaluator = nullptr;  ///< null: `defmacro` is refused
};

/// Reads, expands and resolves a whole program. What is wrong is reported; the result is to be used
/// only if `diagnostics` has no errors, but for its `files`.
CoreProgram compile_frontend(SourceMap& sources, Diagnostics& diagnostics,
                             const FrontendOptions& options);

/// `--emit=expanded`: the program's forms after expansion, one a line; without the library.
std::string print_expanded(SourceMap& sources, Diagnostics& diagnostics,
                           const FrontendOptions& options);

}  // namespace valkc
