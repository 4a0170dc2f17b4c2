// The interpreter's side of the runtime: a machine whose heap never collects (so that C++ may hold
// values anywhere), constants, builtins, and the objects that stand for what is interpreted.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cps/ir.h"
#include "runtime/value/value.h"

namespace valkc {

/// One Vm with its heap, for one run. Values stay valid as long as has_collected() is false.
class InterpretHost {
 public:
  explicit InterpretHost(size_t heap_bytes);
  ~InterpretHost();
  InterpretHost(const InterpretHost&) = delete;
  InterpretHost& operator=(const InterpretHost&) = delete;

  /// True once an object may have moved: every Value held outside the heap is then worthless.
  bool has_collected() const;

  /// The value of a constant; the same object each time.
  Value constant(const Datum& datum);
  /// False for builtins that the interpreter does not link: operations, tasks, input and output.
  static bool has(const Primitive& primitive);
  /// Calls a builtin that accepts that many arguments. VALK_ERR: the error is taken by take_error.
  Value call(const Primitive& primitive, const std::vector<Value>& args);

  // What is interpreted is known to the runtime by these objects; `index` is the interpreter's own.
  Value make_closure(const ValkFn* fn, uint64_t index);
  Value make_continuation(uint64_t index);
  Value make_partial(Value callee, const std::vector<Value>& given);
  Value make_block(Value list, Value code);
  Value make_list(const std::vector<Value>& items, size_t from);

  // These raise, in the words of the runtime; take_error then gives the error value.
  void raise(Value error);
  /// :arity. `max` -1: any number.
  void fail_count(const std::string& name, const std::string& signature, int min, int max,
                  size_t given);
  /// :type, of something called that is no function.
  void fail_not_callable(Value callee);
  /// :type, of an argument of a builtin.
  void fail_type(const char* name, int argument, const char* what, Value got);
  Value take_error();
  /// ":kind message" of an error value.
  std::string describe_error(Value error);

 private:
  Value* allocate(int kind, Fix words);
  Value make_constant(const Datum& datum);

  std::unique_ptr<Vm> vm_;
  uint64_t collections_ = 0;
  std::unordered_map<const Datum*, Value> constants_;
};

/// Standard output goes to a file in memory while this exists.
class OutputCapture {
 public:
  OutputCapture();
  ~OutputCapture();
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;
  /// What has been written so far.
  std::string text();

 private:
  int file_;
  int saved_;
};

}  // namespace valkc
