// Expanded, classified code to Core: every name becomes a Local, a Global or a Primitive.
#pragma once

#include <unordered_map>

#include "frontend/classify.h"
#include "frontend/core.h"
#include "frontend/diagnostics.h"
#include "frontend/expr.h"
#include "frontend/names.h"

namespace valkc {

class Lowering {
 public:
  /// `blocks_are_code`: literals get their code.
  Lowering(CoreProgram& program, GlobalNames& names, Diagnostics& diagnostics, bool blocks_are_code)
      : program_(program),
        names_(names),
        diagnostics_(diagnostics),
        blocks_are_code_(blocks_are_code) {}

  /// Lowers a top-level form that has been classified. Unbound names are reported.
  const Core* lower(const Expr& e);
  /// A reference to what a global name denotes.
  const Core* global_ref(const GlobalName& found, Span span);

 private:
  const Core* constant(const Datum* value, Span span);
  const Core* symbol(const std::string& name, Span span);
  const Core* primitive(std::string_view name, Span span);
  const Core* unbound_call(const std::string& name, Span span);
  const Core* seq(const Expr& e);
  const Core* call(const Expr& e);
  const Core* if_(const Expr& e);
  const Core* lambda(const Expr& e);
  const Core* let(const Expr& e);
  const Core* bind(const Expr& e);
  const Core* bind_temp(const Expr& e);
  const Core* assign(const Expr& e);
  const Core* assign_reading(const Expr& e, size_t index, const Core* value);
  const Core* assign_global(const Expr& e, const Core* value);
  const Core* define(const Expr& e);
  const Core* try_(const Expr& e);
  const Core* reset(const Expr& e);
  const Core* shift(const Expr& e);
  const Core* async(const Expr& e);
  const Core* block(const Expr& e);
  const Core* external(const Expr& e);

  const Core* name(const Expr& e);
  const Core* reading(const Expr& e, size_t index);
  const Core* global_reading(const Expr& e);
  const Core* missing(const Expr& e);
  Diagnostic& report_unbound(Diag id, const std::string& name, Span span, const Resolution* found);

  Local* local_of(Variable& v);
  const Core* assignment(Variable& v, const Core* value, Span span);
  Local* plain_of(Variable& v);
  const Core* in_cell(Variable& v, Local* plain, const Core* body, Span span);
  const Core* handler(const Expr& e, Local* error);
  void note_cause(CoreCall& call);
  Lambda* function(const Expr& e);

  // legacy.cpp: what programs written for the interpreter may contain.
  bool is_scheduler(const Expr& e) const;
  bool is_scheduler_variable(const Expr& e) const;
  bool takes_scheduler(const Expr& callee) const;
  size_t skip_scheduler(const Expr& call);
  void warn_replaced(const std::string& name, Span span);

  CoreProgram& program_;
  GlobalNames& names_;
  Diagnostics& diagnostics_;
  bool blocks_are_code_;
  std::unordered_map<uint32_t, Local*> temps_;
  std::vector<Local*> caught_;  ///< by the handlers whose text is being lowered
};

}  // namespace valkc
