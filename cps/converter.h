// The state of the conversion from Core to CPS: the hole that the next term fills, and what each local
// stands for there. Private to cps/convert.cpp (values, functions, calls, the program) and
// cps/convert_control.cpp (branches, handlers, delimiters).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cps/ir.h"
#include "cps/mentions.h"
#include "frontend/core.h"

namespace valkc {

/// What a local stands for at the current point.
struct Binding {
  Atom atom;
  bool is_cell = false;      ///< atom is a cell that holds the value
  bool maybe_unset = false;  ///< some path to this point has not bound it
};

/// One conversion of one program. Terms are made in `out`, which owns them.
class Converter {
 public:
  Converter(const CoreProgram& core, Program& out) : core_(core), out_(out) {}
  void run();

 private:
  // The hole: where the next term goes.
  void place(Term* t) { *hole_ = t; }
  Var* let(std::string name, Op op, Span span);
  Atom let_primitive(const Primitive* p, std::vector<Atom> args, Span span, std::string name = "t");
  Atom let_op(OpKind kind, std::vector<Atom> args, Span span, const char* name);
  void jump(Cont* k, std::vector<Atom> args, Span span);
  /// A continuation of one value, placed here; the hole moves into what follows it, and the caller
  /// later enters its body by `enter`.
  Cont* let_cont(std::string name, Span span, std::vector<Var*> params);
  void enter(Cont* k) { hole_ = &k->body; }

  // Values. `value` gives an atom, after which the hole is where evaluation goes on.
  Atom value(const Core* c);
  /// Ends the term: the value of c goes to k.
  void to_cont(const Core* c, Cont* k);
  /// Only for effect.
  void effect(const Core* c) { value(c); }

  Atom value_of_control(const Core* c);
  Atom local_ref(const CoreLocalRef* ref);
  Atom global_ref(const CoreGlobalRef* ref);
  Atom lambda(const Lambda* l);
  Atom bind(const CoreBind* b);
  Atom assign(const CoreAssign* a);
  Atom block(const CoreBlock* b);
  void call(const CoreCall* c, Cont* k);
  /// A call with its operands evaluated here, and not placed yet.
  Call* operands(const CoreCall* c);
  Call* operands(const CoreAsync* a);
  void place_call(Call* call, Cont* k);
  Atom long_list(const CoreCall& c);
  /// Calls of builtins that need no continuation; false if this is no such call.
  bool inline_call(const CoreCall* c, Atom& result);
  Atom fold_call(const Primitive* p, std::vector<Atom> args, Span span);
  void if_to(const CoreIf* i, Cont* k);
  Atom if_value(const CoreIf* i);
  void try_to(const CoreTry* t, Cont* k);
  void try_catch(const CoreTry* t, Cont* k);
  void try_finally(const CoreTry* t, Cont* k);
  void reset_to(const CoreReset* r, Cont* k);
  void shift_to(const CoreShift* s, Cont* k);
  void tell_constants();

  Fun* function(const Lambda* l);
  void make_cells(const std::vector<Local*>& cells, Span span);
  void spill_bindings(const Core* part, Span span);
  void spill_control(const Core* c);
  void set(const Local* l, Binding b);
  void undo(size_t mark);
  Atom nil(Span span) { return Atom(out_.data.nil(span)); }
  Atom integer(int64_t n, Span span) { return Atom(out_.data.integer(n, span)); }
  static const Primitive* primitive(std::string_view name) { return find_primitive(name); }

  struct Change {
    const Local* local;
    bool had;
    Binding before;
  };

  const CoreProgram& core_;
  Program& out_;
  Term** hole_ = nullptr;
  std::unordered_map<const Local*, Binding> env_;
  std::vector<Change> trail_;  ///< changes of env_, so that branches and functions can undo theirs
  std::unordered_map<const Global*, Fun*> constant_functions_;
  MentionCounter total_;
  std::unordered_map<const Local*, int> converted_;  ///< mentions met so far
};

}  // namespace valkc
