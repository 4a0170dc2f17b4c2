// Which binding each local name means, and whether a variable is let or shared (LANGUAGE 3.4).
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "frontend/core.h"
#include "frontend/expr.h"

namespace valkc {

/// Whether an assignment of a variable has run, as far as the text tells.
enum class Assigned : uint8_t { no, maybe, yes };

/// Code that may run other than in the flow around it, or be left in the middle: the body of try,
/// reset, shift, a function or a block. A variable bound in one is seen outside only through a cell.
struct Region {
  const Region* outer = nullptr;
};

struct Variable {
  std::string name;
  Span span;
  int assignments = 0;  ///< its parameter, `=` and `set!` in the whole frame
  bool is_parameter = false;
  bool is_shared = false;
  bool is_initializing = false;    ///< the value of its `let` binding is being evaluated
  const Region* region = nullptr;  ///< of its first assignment
  const void* function = nullptr;  ///< the function (or block) whose activation owns it
  // The flow at the point that classify has reached.
  Assigned assigned = Assigned::no;
  bool is_mentioned = false;
  Local* local = nullptr;  ///< made by lower
};

/// One candidate for the meaning of a name; the next one holds while this one is unassigned.
struct Reading {
  Variable* variable;
  Assigned assigned;
};

/// The names that one scope binds, for suggestions. Mentions share them: there are as many mentions as names.
struct VisibleNames {
  std::vector<std::string> names;
  const VisibleNames* outer = nullptr;
};

/// Those of a scope and the scopes around it, sorted; only of the nearest scopes if they are very many.
std::vector<std::string> list_names(const VisibleNames* scope);

/// What classify found out about an Expr.
struct Resolution {
  std::vector<Reading> readings;          ///< name: innermost first
  bool is_certain = false;                ///< name: the last reading is surely assigned
  const VisibleNames* visible = nullptr;  ///< name without readings: the locals in scope
  Variable* target = nullptr;             ///< bind, assign (null: a global), shift's k, try's error
  std::vector<Variable*> variables;  ///< lambda, let: all variables of the frame, parameters first
};

/// Owns what classify makes.
struct ResolutionArena {
  std::deque<Resolution> resolutions;
  std::deque<Variable> variables;
  std::deque<Region> regions;
  std::deque<VisibleNames> visible_names;
};

/// Fills `resolution` in every Expr under `root`, a top-level form. `blocks_are_code`: the code of
/// literals is part of the program.
void classify(Expr& root, bool blocks_are_code, ResolutionArena& arena);

}  // namespace valkc
