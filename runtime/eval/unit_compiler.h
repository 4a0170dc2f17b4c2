// Compiles one unit (codegen/units.h) to instructions: what codegen/unit_emitter.h does for C++, without
// liveness, since the registers themselves are roots.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codegen/units.h"
#include "runtime/eval/assembly.h"

namespace valkc {

/// What the units of one program share.
struct AssemblyNames {
  const Program& program;
  EvalEnvironment& environment;
  Assembly& out;
  std::unordered_map<const Fun*, ValkEvalFn*> fns;
  std::unordered_map<const Fun*, int> fun_constants;  ///< of functions that capture nothing
  std::unordered_map<const Datum*, int> datum_constants;
  std::unordered_map<const Primitive*, int> primitive_constants;

  int add_constant(Value v) {
    out.constants.push_back(v);
    return ~static_cast<int>(out.constants.size() - 1);
  }
  int constant(const Datum& datum);
  const ValkSite* site(Span span, const Fun& fun) { return environment.site(span, fun.name); }
  ValkAwaitPlace* await_place(Span span, const Fun& fun, ValkSuspend builtin) {
    return environment.await_place(span, fun.name, builtin);
  }
};

class UnitCompiler {
 public:
  using UnitMap = std::unordered_map<const Code*, ValkEvalUnit*>;
  UnitCompiler(AssemblyNames& names, Units& units, Code* unit, const UnitMap& made)
      : names_(names), units_(units), unit_(unit), fun_(*units.fun()), made_(made) {}
  void compile();

 private:
  struct Where {
    Code* code;
    const PushTry* plain_try;
    Cont* home;
  };
  using Operands = std::vector<int>;

  int reg(uint32_t id);
  int fresh() { return register_count_++; }
  int reg(const Cont* k) { return reg(k->id); }
  int atom(const Atom& a);
  Operands atoms(const std::vector<Atom>& atoms);
  ValkEvalInstruction& add(ValkEvalOp op, int d, const Operands& operands, Span span,
                           const Where& w);
  int error_target(const Where& w);
  int target(const Where& w) const;

  void term(Term* t, Where w);
  void let(Let* l, const Where& w);
  void let_primitive(Let* l, const Where& w);
  void let_global(Let* l, const Where& w);
  void let_fun(LetFun* l, const Where& w);
  void jump(Cont* k, const Operands& args, const Where& w, Span span);
  void go_label(Code* c, const Operands& args, const Where& w, Span span);
  void go_block(Code* c, const Operands& args, const Where& w, Span span);
  void call(Call* c, const Where& w);
  void if_(If* i, const Where& w);
  void reset(PushReset* r, Where w);
  void shift(Shift* s, Where w);
  void try_(PushTry* p, Where w);
  void collect_frames(Cont* k, const Where& w, std::vector<Cont*>& order);
  void collect_frames(const IdSet& free, const Where& w, std::vector<Cont*>& order);
  void make_frames(const std::vector<Cont*>& order, Span span, const Where& w);
  Operands frame_operands(const Code* c);
  void emit_label(Code* c);
  void emit_handler(const PushTry* t);
  void emit_pending();
  void finish();

  AssemblyNames& names_;
  Units& units_;
  Code* unit_;
  Fun& fun_;
  const UnitMap& made_;
  std::vector<ValkEvalInstruction> code_;
  Operands operands_;
  int register_count_ = VALK_EVAL_CONSTANTS + 1;
  std::unordered_map<uint32_t, int> registers_;
  std::unordered_map<const Code*, int> label_at_;
  std::unordered_map<const PushTry*, int> handler_at_;
  std::vector<std::pair<size_t, const Code*>> gotos_;      ///< instructions whose target is a label
  std::vector<std::pair<size_t, const PushTry*>> raises_;  ///< whose on_error is a handler
  std::vector<Code*> pending_;
  std::vector<const PushTry*> pending_handlers_;
  std::unordered_set<const void*> seen_;
  std::unordered_map<const PushTry*, Where> where_of_try_;
};

}  // namespace valkc
