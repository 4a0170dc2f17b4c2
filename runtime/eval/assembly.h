// A program for the machine: everything that the instructions of one evaluated step point at.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "cps/ir.h"
#include "runtime/eval/code.h"

namespace valkc {

/// What a program under construction needs of the evaluator: what outlives the program, and values.
class EvalEnvironment {
 public:
  virtual ~EvalEnvironment() = default;
  /// The value of a constant. Allocates; VALK_ERR: an error is raised.
  virtual Value make_value(const Datum& datum) = 0;
  virtual const ValkEvalGlobal* find_global(const Global& global) = 0;
  /// Where a computation of `function` stands; null: nobody knows. It lives as long as the evaluator, for
  /// the traces of errors keep it when the code is gone.
  virtual const ValkSite* site(Span span, const std::string& function) = 0;
  /// What a task waits at that awaits there in tail position. It lives as long, for the task may be there.
  virtual ValkAwaitPlace* await_place(Span span, const std::string& function,
                                      ValkSuspend builtin) = 0;
};

/// A function that captures nothing, and which constant its closure is.
struct PlainFunction {
  const ValkEvalFn* fn;
  size_t index;
};

/// One step, compiled; see assembly_pool.h for how long it lives. (Lists, because an empty one costs
/// nothing.)
struct Assembly {
  Assembly() = default;
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  std::list<ValkEvalUnit> units;
  std::list<std::vector<ValkEvalInstruction>> code;
  std::list<std::vector<int>> registers;
  std::list<ValkEvalFn> fns;
  std::list<std::vector<ValkEvalClosure>> groups;
  std::list<ValkEvalClosures> group_heads;
  std::list<std::string> strings;
  std::vector<Value> constants{VALK_NIL};  ///< while it is made: the first is the token's place
  std::vector<PlainFunction> plain;        ///< the closures that are still to be made
  size_t main = 0;                         ///< the constant that is the step's code
  bool has_failed = false;                 ///< a constant could not be made: an error is raised
  Value token = VALK_NIL;                  ///< weak: when nothing refers to it, the code is garbage
  size_t weight = 0;                       ///< a measure of its memory

  const std::vector<int>& keep(std::vector<int> ints) {
    return registers.emplace_back(std::move(ints));
  }
  const char* keep(std::string text) { return strings.emplace_back(std::move(text)).c_str(); }
};

/// Compiles a closed program whose every function suspends. The assembly's constants must be roots already.
void assemble(const Program& program, EvalEnvironment& environment, Assembly& out);

}  // namespace valkc
