// A stand-in for runtime/control, for tests of the code that starts, reports and cancels operations:
// operations whose ends are recorded instead of resuming Lisp, and handles in a plain table.
#pragma once

#include <functional>
#include <string>

#include "runtime/control/operation.h"

namespace valk_test {

/// How an operation ended.
enum class End { kPending, kValue, kError, kCancelled };

/// The Vm of all tests in the process, with a heap.
Vm* machine();

using Start = void (*)(Vm*, Value*, Fix, ValkOpId);
using Cancel = void (*)(Vm*, ValkOpId);

/// Starts an operation whose arguments stand at machine()->sp[0..n).
ValkOpId start(Start start, Fix n);
void cancel(Cancel cancel, ValkOpId op);
/// Called when the operation ends, from where Lisp would run.
void on_end(ValkOpId op, std::function<void()> call);

End end_of(ValkOpId op);
/// The value it ended with; a root.
Value value_of(ValkOpId op);
/// ":io …" and its parts, if it ended with an error.
std::string error_kind(ValkOpId op);
std::string error_message(ValkOpId op);
std::string error_code(ValkOpId op);

/// Turns the loop until op has ended, or nothing can happen.
End wait(ValkOpId op);
/// Turns the loop for some time.
void turn_for(int milliseconds);
/// Closes all handles as a program's end does, and the loop; gives the number of handles that leaked.
void end_program();

/// Whether the program's tasks have not all ended: by default false.
void set_program_waits(bool waits);
/// What valk_spawn_call does: by default nothing.
void on_spawn(std::function<void(Value fn, Value argument)> call);

Value string(const std::string& text);
std::string text(Value string);
/// Stores a property list of options at machine()->sp[at] from keys and values.
struct Option {
  const char* key;
  std::string text;
  Fix number;
  bool is_text;
};
inline Option option(const char* key, const std::string& text) { return {key, text, 0, true}; }
inline Option option(const char* key, Fix number) { return {key, "", number, false}; }
void store_options(int at, std::initializer_list<Option> options);

}  // namespace valk_test
