// The reference interpreter of the IR, for tests: what a program means, as an abstract machine, without
// any of the cleverness that makes it fast. Running it before and after a pass shows whether the pass
// kept the meaning; running it against the compiled program shows whether the code generator did.
//
// It works on the runtime's own values and calls the runtime's own builtins, so only control is
// modelled here: see interpret.cpp. Tasks and operations are not: a program that needs them ends as
// `unsupported`.
#pragma once

#include <cstdint>
#include <string>

#include "cps/ir.h"

namespace valkc {

struct InterpretOptions {
  uint64_t max_steps = 5'000'000;  ///< terms executed; memory is only freed at the end of the run
  size_t heap_bytes = size_t{256} << 20;  ///< a run that allocates more ends as `exhausted`
};

enum class Ending : uint8_t {
  value,        ///< the program returned
  error,        ///< an error that nothing caught
  exit,         ///< (exit n)
  unsupported,  ///< reached what the interpreter does not model
  exhausted,    ///< too many steps, or too much memory
};

struct InterpretResult {
  Ending ending = Ending::value;
  int status = 0;       ///< exit status of the program
  std::string output;   ///< what it printed
  std::string message;  ///< error: ":kind message"; unsupported, exhausted: what it was
  uint64_t steps = 0;
};

/// Runs a program that verify() accepts, of either stage. In closed programs functions see what they
/// capture and nothing else. Not reentrant: standard output is redirected during the run.
InterpretResult interpret(const Program& program, const InterpretOptions& options = {});

}  // namespace valkc
