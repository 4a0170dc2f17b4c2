// See interactive.h.
#include "runtime/eval/interactive.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "cps/convert.h"
#include "cps/pipeline.h"
#include "cps/print.h"
#include "frontend/reader.h"
#include "runtime/control/control.h"
#include "runtime/control/operation.h"
#include "runtime/io/signals.h"
#include "runtime/prims/output.h"
#include "runtime/value/runtime.h"
#include "runtime/value/value.h"

namespace valkc {

namespace {

/// To standard error, whole: once ^C is typed the terminal makes writers wait while it empties its buffers,
/// and a further signal ends such a write with nothing written (stdio would drop the text).
void report(const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = write(2, text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) return;
    if (n > 0) done += static_cast<size_t>(n);
  }
}

}  // namespace

InteractiveSession::InteractiveSession(std::vector<std::string> include_dirs)
    : machine_(sources_), macros_([this]() -> Evaluator& { return machine_.evaluator(); }) {
  machine_.evaluator().options().macro_evaluator = &macros_;
  machine_.evaluator().options().include_dirs = std::move(include_dirs);
}

bool InteractiveSession::is_incomplete(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  DatumArena arena;
  read_all(sources, sources.add("", text), arena, diagnostics);
  for (const Diagnostic& report : diagnostics.all())
    if (report.id == Diag::unclosed_delimiter || report.id == Diag::unclosed_string ||
        report.id == Diag::dangling_quote)
      return true;
  return false;
}

std::vector<const Datum*> InteractiveSession::read(const std::string& text,
                                                   Diagnostics& diagnostics) {
  const uint32_t file = sources_.add("input " + std::to_string(++input_count_), text);
  return read_all(sources_, file, data_, diagnostics);
}

bool InteractiveSession::has_problems(const Diagnostics& diagnostics, bool color) {
  valk_flush_output(machine_.vm());
  report(render_text(diagnostics, sources_, color));
  return diagnostics.has_errors();
}

bool InteractiveSession::evaluate(const std::string& text, bool color) {
  Diagnostics diagnostics;
  const std::vector<const Datum*> forms = read(text, diagnostics);
  if (has_problems(diagnostics, color)) return false;
  bool is_good = true;
  for (auto form = forms.begin(); form != forms.end() && is_good && !was_interrupted(); ++form)
    is_good = evaluate_form(**form, color);
  if (take_interrupt()) return report("interrupted\n"), false;
  return is_good;
}

bool InteractiveSession::evaluate_form(const Datum& form, bool color) {
  Evaluator& evaluator = machine_.evaluator();
  Diagnostics diagnostics;
  const Value code = evaluator.compile_program(
      evaluator.free_stack(), std::make_unique<CoreProgram>(), {&form}, diagnostics);
  if (has_problems(diagnostics, color)) return false;
  if (code != VALK_ERR) return run(code);
  valk_report_error(machine_.vm(), valk_catch(machine_.vm(), machine_.vm()->sp));
  return false;
}

// ---- interrupts ---------------------------------------------------------------------------------

namespace {

volatile int* interrupted;  ///< of the machine
void (*wake_loop)(int);     ///< libuv's handler, which ends a wait of the loop
pthread_t session_thread;   ///< whose system calls the signal is to interrupt

void on_interrupt(int signal) {
  if (!pthread_equal(pthread_self(), session_thread)) {
    pthread_kill(session_thread, signal);  // which comes back here, and counts once
    return;
  }
  *interrupted = 1;
  if (wake_loop) wake_loop(signal);
}

}  // namespace

/// The loop's own watch comes first, so that its handler is there to be called from ours.
void InteractiveSession::catch_interrupts() {
  Vm* vm = machine_.vm();
  interrupted = &vm->runtime->eval_interrupted;
  session_thread = pthread_self();
  valk_signal_watch(SIGINT, [](int) {});
  struct sigaction action {};
  sigaction(SIGINT, nullptr, &action);
  wake_loop = action.sa_handler;
  action.sa_handler = on_interrupt;
  action.sa_flags &= ~SA_RESTART;  // reading a line ends, too
  sigaction(SIGINT, &action, nullptr);
}

bool InteractiveSession::was_interrupted() const { return interrupted && *interrupted; }

bool InteractiveSession::take_interrupt() {
  const bool was = was_interrupted();
  if (was) *interrupted = 0;
  return was;
}

// ---- running ------------------------------------------------------------------------------------

namespace {

bool has_ended(Value task) { return valk_task_state(task) >= VALK_TASK_JOINING; }

enum class Wait { ended, deadlocked, interrupted };

/// Turns the loop until the body of the task at *slot has ended.
Wait run_until_ended(Vm* vm, Value* slot) {
  for (;;) {
    valk_drain(vm);
    if (has_ended(*slot)) return Wait::ended;
    if (vm->runtime->eval_interrupted) return Wait::interrupted;
    const bool idle = valk_queue_is_empty(vm);
    if (!valk_loop_turn(vm, idle) && valk_queue_is_empty(vm) && !has_ended(*slot))
      return Wait::deadlocked;
  }
}

/// The task that waits is cancelled; if it goes on all the same, it is left to itself.
void cancel_waiting(Vm* vm, Value* slot) {
  vm->runtime->eval_interrupted = 0;
  valk_task_cancel(vm, *slot);
  for (int turns = 0; turns < 100 && !has_ended(*slot); ++turns) {
    valk_drain(vm);
    valk_loop_turn(vm, false);
  }
  report("interrupted\n");
}

}  // namespace

/// The value at the end of the body, or the error, is shown.
bool InteractiveSession::conclude(Value task) {
  Vm* vm = machine_.vm();
  Value result = valk_task_get(task, VALK_TASK_K);
  if (valk_task_outcome(task) != VALK_OUTCOME_DONE) {
    if (!vm->runtime->eval_interrupted) valk_report_error(vm, result);
    return false;
  }
  if (result == VALK_NIL) return true;
  result = valk_to_string(vm, vm->sp, result, true);
  if (result == VALK_ERR) return false;
  valk_write_output(valk_string_bytes(result), valk_string_length(result));
  valk_write_output("\n", 1);
  return true;
}

bool InteractiveSession::run(Value code) {
  Vm* vm = machine_.vm();
  Value* slot = vm->sp;
  const Value root = valk_control(vm)->root;
  slot[0] = code;
  slot[1] = valk_task_make(vm, slot + 1, root, nullptr);
  if (slot[1] == VALK_ERR) return false;
  code = slot[0];
  slot[0] = slot[1];
  vm->sp = slot + 1;
  valk_task_add(*slot, VALK_TASK_AWAITED);  // this is who looks at its outcome
  vm->task = *slot;
  vm->segments = VALK_NIL;
  vm->boundary = VALK_STATIC(valk_boundary_of_scheduler);
  valk_drive(vm, valk_suspend_entry(code, 0), VALK_STATIC(valk_frame_of_task), code, 0, 0, 0);
  const Wait wait = run_until_ended(vm, slot);
  if (wait == Wait::interrupted) cancel_waiting(vm, slot);
  if (wait == Wait::deadlocked) report("error: this waits for something that can never happen\n");
  const bool is_good = wait == Wait::ended && conclude(*slot);
  valk_flush_output(vm);
  vm->sp = slot;
  vm->task = valk_control(vm)->root;
  return is_good;
}

// ---- looking inside -----------------------------------------------------------------------------

std::string InteractiveSession::show(const std::string& stage, const std::string& text,
                                     bool color) {
  Diagnostics diagnostics;
  const std::vector<const Datum*> forms = read(text, diagnostics);
  if (has_problems(diagnostics, color)) return "";
  CoreProgram step;
  FrontendSession& session = machine_.evaluator().session();
  session.compile(step, forms, diagnostics);
  session.forget_library_of_last_step();
  if (has_problems(diagnostics, color)) return "";
  if (stage == "core") return print_core(step, sources_);
  if (stage != "cps" && stage != "cps-opt") return "";
  std::unique_ptr<Program> program = convert_to_cps(step);
  PassOptions passes;
  if (stage == "cps-opt") run_passes(*program, passes);
  return print_program(*program);
}

std::vector<std::string> InteractiveSession::names() {
  return machine_.evaluator().session().names();
}

}  // namespace valkc
