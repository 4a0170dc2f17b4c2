// libFuzzer: any bytes, evaluated as a program. Whatever it does ends by a value or an error; what runs for too long or
// takes too much memory is stopped by the machine's own limits.
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <memory>
#include <string>

#include "cps/interpret_host.h"
#include "runtime/eval/compile_time.h"
#include "runtime/value/runtime.h"
#include "runtime/value/value.h"
#include "tests/fuzz/harmless.h"

namespace {

using namespace valkc;

constexpr int INPUTS_PER_MACHINE = 100;
constexpr double SECONDS = 0.5;

struct Machine {
  SourceMap sources;
  CompileTimeMachine machine{sources};
};

/// A machine serves some inputs: making one takes longer than running most of them.
CompileTimeMachine& machine() {
  static std::unique_ptr<Machine> current;
  static int used = 0;
  if (!current || used++ % INPUTS_PER_MACHINE == 0) {
    setenv("VALK_HEAP_MAX", "256M", 1);
    current.reset();
    current = std::make_unique<Machine>();
  }
  return current->machine;
}

void evaluate(CompileTimeMachine& machine, const std::string& text) {
  Evaluator& evaluator = machine.evaluator();
  machine.vm()->runtime->eval_cpu_seconds = static_cast<double>(clock()) / CLOCKS_PER_SEC + SECONDS;
  machine.vm()->runtime->eval_steps = 1;
  const Value code = evaluator.compile_text(evaluator.free_stack(), "input.valk", text);
  Span where;
  if (code == VALK_ERR || evaluator.run(code) == VALK_ERR) evaluator.take_error(where);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (!is_harmless(text)) return 0;
  OutputCapture nothing_is_shown;
  CompileTimeMachine& used = machine();
  used.run_on_stack([&] { evaluate(used, text); });
  return 0;
}
