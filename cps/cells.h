// Where the cells of assigned variables are made, read and written.
//
// A spine is a run of bindings that ends in a transfer of control: whoever begins it executes all of
// it, once, with nothing in between. A body (of a function, a continuation, a branch, a delimiter) is
// one spine. What stands in the bodies that a binding binds is said to stand at that binding.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "cps/id_map.h"
#include "cps/ir.h"

namespace valkc {

struct Spine {
  Spine* outer = nullptr;  ///< the spine that this one stands in
  uint32_t position = 0;   ///< of the binding in `outer` at which it stands
  uint32_t depth = 0;
  Term** start = nullptr;
  const Fun* fun = nullptr;    ///< whose body it is part of
  const Cont* cont = nullptr;  ///< whose body it begins; null: another kind of body
  /// Runs at most once for each run of `outer`, unless captured, and under the same handler: a branch,
  /// a handler, a continuation that does not reach itself. (`is_loop` is known when the whole body has been seen.)
  bool is_once = false;
  bool is_loop = false;
  uint32_t length = 0;           ///< bindings passed so far: the position of the next one
  bool is_at_functions = false;  ///< while it is walked: the binding there is a LetFun
};

/// A use of a cell.
struct CellUse {
  Let* let = nullptr;
  const Spine* spine = nullptr;
  uint32_t position = 0;  ///< of the binding on the cell's own spine at which it stands
};

struct Cell {
  Let* creation = nullptr;
  Spine* spine = nullptr;
  uint32_t position = 0;
  std::vector<CellUse> reads;
  std::vector<CellUse> writes;
  bool escapes = false;           ///< used otherwise than by reading and writing
  const Spine* common = nullptr;  ///< the innermost spine in which all uses stand
};

/// A binding that is no LetFun and that mentions a function bound on the same spine.
struct FunMention {
  uint32_t position = 0;
  const Let* let = nullptr;  ///< null: a LetCont
};

/// Where a local function is bound.
struct FunPlace {
  const Spine* spine = nullptr;
  uint32_t position = 0;
  std::vector<FunMention> mentions;  ///< in order
};

/// Where a variable is bound by a Let.
struct Definition {
  const Spine* spine = nullptr;
  uint32_t position = 0;
};

/// The bindings of functions of one spine.
struct FunBinding {
  LetFun* let = nullptr;
  uint32_t position = 0;
};

/// All cells of a program, in the order in which they are made.
struct Cells {
  std::deque<Spine> spines;
  std::deque<Cell> cells;
  IdMap<FunPlace> funs;
  IdMap<Definition> definitions;
  /// Of spines on which functions are bound, in order.
  std::unordered_map<const Spine*, std::vector<FunBinding>> fun_bindings;

  explicit Cells(const Program& program) : funs(program), definitions(program) {}
};

/// Linear but for the nesting of what lies between a cell and its uses.
Cells compute_cells(Program& program);

/// Whether the operation is one of %cell, %cell-get, %cell-set.
bool is_cell_new(const Op& op);
bool is_cell_get(const Op& op);
bool is_cell_set(const Op& op);

}  // namespace valkc
