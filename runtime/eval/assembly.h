// A program for the machine: everything that the instructions of one evaluated step point at.
#pragma once

#include <list>
#include <map>
#include <string>
#include <vector>

#include "cps/ir.h"
#include "frontend/source.h"
#include "runtime/eval/code.h"

namespace valkc {

/// Makes the values of constants, and finds globals, for a program under construction.
class EvalEnvironment {
 public:
  virtual ~EvalEnvironment() = default;
  /// The value of a constant. Allocates; VALK_ERR: an error is raised.
  virtual Value make_value(const Datum& datum) = 0;
  virtual const ValkEvalGlobal* find_global(const Global& global) = 0;
};

/// One step, compiled. It lives as long as closures or frames made of it may be called: for ever, unless it
/// is one unit, of which neither can be made. (Lists, because an empty one costs nothing.)
struct Assembly {
  Assembly() = default;
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  std::list<ValkEvalUnit> units;
  std::list<std::vector<ValkEvalInstruction>> code;
  std::list<std::vector<int>> registers;
  std::list<ValkEvalFn> fns;
  std::list<ValkStaticClosure> closures;  ///< of functions that capture nothing
  std::list<std::vector<ValkEvalClosure>> groups;
  std::list<ValkEvalClosures> group_heads;
  std::list<ValkSite> sites;
  std::list<std::string> strings;
  std::map<const ValkSite*, Span> spans;
  std::vector<Value> constants;  ///< roots
  Value main = VALK_NIL;         ///< the closure of the step's code
  bool is_old = false;           ///< a collection has visited the constants since they were made
  bool is_done = false;          ///< one unit, which has run
  bool has_failed = false;       ///< a constant could not be made: an error is raised

  const std::vector<int>& keep(std::vector<int> ints) {
    return registers.emplace_back(std::move(ints));
  }
  const char* keep(std::string text) { return strings.emplace_back(std::move(text)).c_str(); }
};

/// Compiles a closed program whose every function suspends. The assembly must be a root already.
void assemble(const Program& program, const SourceMap& sources, EvalEnvironment& environment,
              Assembly& out);

}  // namespace valkc
