// Core: the language after expansion and resolution.
//
// Macros are gone, bodies are expressions, every special form is a node and every name is a Local, a
// Global or a Primitive. What remains implicit is control: that is the business of cps/convert.
//
// Frames (LANGUAGE 3.4). A Lambda, a Frame and the body of an Async are frames. The resolver decides
// for each variable of a frame whether it is
//   let     one assignment, nothing mentions it earlier: each execution of its Bind makes a fresh
//           variable. A Bind may stand inside an If, so a later LocalRef may find it unassigned; it
//           then has `otherwise`;
//   shared  one cell per entry of the frame: it stands in the frame's `cells`, is written by Assign,
//           and is unassigned at entry unless it is a parameter.
// Every back end takes the resolver's word.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "frontend/datum.h"
#include "frontend/primitives.h"

namespace valkc {

struct Core;
struct Lambda;

struct Local {
  std::string name;
  Span span;
  bool is_shared = false;  ///< a cell; else let
  uint32_t id = 0;         ///< unique in the program
};

/// A function in C++ declared by (extern {name a b} "symbol").
struct Extern {
  std::string symbol;
  int arity = 0;
  bool is_operation = false;  ///< :async; the arity counts k
};

struct Global {
  std::string name;
  Span span;                ///< of its (first) definition
  bool is_library = false;  ///< defined in runtime/lib
  /// Exactly one definition, a top-level form outside every function and delimiter, whose value is a
  /// Lambda or a Const, and nothing can read it before that form has run. `value` is then set, and
  /// back ends may use it instead of the cell.
  bool is_constant = false;
  const Core* value = nullptr;
  /// What the cell holds before any definition has run: a library value that the program redefines.
  const Core* initial = nullptr;
  std::unique_ptr<Extern> external;  ///< set: an extern function; is_constant is then true
  uint32_t id = 0;
};

enum class CoreKind : uint8_t {
  constant,
  local_ref,
  global_ref,
  primitive_ref,
  lambda,
  call,
  if_,
  seq,
  bind,
  assign,
  define_global,
  set_global,
  frame,
  try_,
  reset,
  shift,
  async,
  block,
};

struct Core {
  CoreKind kind;
  Span span;
};

struct CoreConst : Core {
  const Datum* value = nullptr;  ///< list and block alike are lists; empty is nil
};
struct CoreLocalRef : Core {
  Local* local = nullptr;
  const Core* otherwise =
      nullptr;  ///< the enclosing binding, read while `local` is unassigned; null: cannot be
};
struct CoreGlobalRef : Core {
  Global* global = nullptr;
};
struct CorePrimitiveRef : Core {
  const Primitive* primitive = nullptr;
};
struct CoreCall : Core {
  const Core* callee = nullptr;
  std::vector<const Core*> args;
};
struct CoreIf : Core {
  const Core* condition = nullptr;
  const Core* consequent = nullptr;
  const Core* alternative = nullptr;  ///< never null
};
struct CoreSeq : Core {
  std::vector<const Core*> items;  ///< empty: nil; the value is the last one's
};
/// `(= {x} e)` for a let variable; value nil. `x` may stand free in a Lambda `value` (recursion).
struct CoreBind : Core {
  Local* local = nullptr;
  const Core* value = nullptr;
};
/// Assignment of a shared variable (`=` or `set!`); value nil.
struct CoreAssign : Core {
  Local* local = nullptr;
  const Core* value = nullptr;
  const Core* otherwise = nullptr;  ///< of a `set!`: done instead while `local` is unassigned
};
struct CoreDefineGlobal : Core {
  Global* global = nullptr;
  const Core* value = nullptr;
};
/// `set!` of a global: raises :unbound at run time if its definition has not run.
struct CoreSetGlobal : Core {
  Global* global = nullptr;
  const Core* value = nullptr;
};
/// The body of `let`: a frame in place.
struct CoreFrame : Core {
  std::vector<Local*> cells;  ///< shared variables, made (unassigned) at entry
  const Core* body = nullptr;
};
struct Lambda : Core {
  std::string name;            ///< for printing and traces: "" if anonymous
  std::vector<Local*> params;  ///< a shared parameter is moved into its cell at entry
  Local* rest = nullptr;       ///< & rest
  std::vector<Local*> cells;   ///< shared non-parameter variables of its frame
  const Core* body = nullptr;
  /// The code of a block literal: takes no arguments; its `=` binds in the frame around it.
  bool is_block = false;
};
struct CoreTry : Core {
  const Core* body = nullptr;
  Local* error = nullptr;         ///< null: no catch
  const Core* handler = nullptr;  ///< null: no catch
  const Core* cleanup = nullptr;  ///< null: no finally
};
struct CoreReset : Core {
  bool is_async = false;  ///< async-reset
  const Core* body = nullptr;
};
struct CoreShift : Core {
  Local* k = nullptr;
  const Core* body = nullptr;
};
/// `(async {block} [options])`: `body` takes no arguments and is a frame.
struct CoreAsync : Core {
  const Lambda* body = nullptr;
  const Core* options = nullptr;  ///< null: none
};
/// A `{…}` literal in value position: data, and code if some `eval` may reach it.
struct CoreBlock : Core {
  const Datum* data = nullptr;
  const Lambda* code = nullptr;  ///< null: data only
};

/// A whole executable: library definitions that are reachable, then the program, in the order in
/// which they run. Owns every node.
class CoreProgram {
 public:
  template <typename T>
  T* make(CoreKind kind, Span span) {
    auto node = std::make_shared<T>();
    node->kind = kind;
    node->span = span;
    T* raw = node.get();
    nodes_.push_back(std::move(node));
    return raw;
  }
  Local* make_local(std::string name, Span span) {
    Local& l = locals_.emplace_back();
    l.name = std::move(name);
    l.span = span;
    l.id = static_cast<uint32_t>(locals_.size());
    return &l;
  }
  Global* make_global(std::string name, Span span) {
    Global& g = globals_.emplace_back();
    g.name = std::move(name);
    g.span = span;
    g.id = static_cast<uint32_t>(globals_.size());
    return &g;
  }
  std::deque<Global>& globals() { return globals_; }
  const std::deque<Global>& globals() const { return globals_; }

  std::vector<const Core*> body;  ///< top-level forms in order of evaluation
  bool gives_value = false;       ///< the value of the last form is that of the whole
  bool needs_evaluator = false;   ///< a list made at run time may be evaluated
  std::string macros;         ///< if it is needed: the definitions of the program's macros, as text
  std::vector<Local*> cells;  ///< shared variables of top-level code outside frames (rare)
  std::vector<std::string> files;  ///< every file read, in order: for -MD
  DatumArena data;

 private:
  std::deque<std::shared_ptr<void>> nodes_;
  std::deque<Local> locals_;
  std::deque<Global> globals_;
};

/// Prints Core as indented S-expressions (`--emit=core`); names are made unique with their ids.
std::string print_core(const CoreProgram& program, const SourceMap& sources);

}  // namespace valkc
