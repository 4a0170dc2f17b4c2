// Visiting the children of a Core node, in order of evaluation.
#pragma once

#include "frontend/core.h"

namespace valkc {

/// Calls `visit(const Core&)` for each direct child; a Lambda's child is its body.
template <typename Visit>
void visit_children(const Core& core, Visit visit) {
  auto each = [&](const Core* child) {
    if (child) visit(*child);
  };
  switch (core.kind) {
    case CoreKind::constant:
    case CoreKind::global_ref:
    case CoreKind::primitive_ref:
      return;
    case CoreKind::local_ref:
      return each(static_cast<const CoreLocalRef&>(core).otherwise);
    case CoreKind::lambda:
      return each(static_cast<const Lambda&>(core).body);
    case CoreKind::call: {
      const auto& call = static_cast<const CoreCall&>(core);
      each(call.callee);
      for (const Core* arg : call.args) each(arg);
      return;
    }
    case CoreKind::if_: {
      const auto& branch = static_cast<const CoreIf&>(core);
      each(branch.condition), each(branch.consequent), each(branch.alternative);
      return;
    }
    case CoreKind::seq:
      for (const Core* item : static_cast<const CoreSeq&>(core).items) each(item);
      return;
    case CoreKind::bind:
      return each(static_cast<const CoreBind&>(core).value);
    case CoreKind::assign: {
      const auto& assign = static_cast<const CoreAssign&>(core);
      each(assign.value), each(assign.otherwise);
      return;
    }
    case CoreKind::define_global:
      return each(static_cast<const CoreDefineGlobal&>(core).value);
    case CoreKind::set_global:
      return each(static_cast<const CoreSetGlobal&>(core).value);
    case CoreKind::frame:
      return each(static_cast<const CoreFrame&>(core).body);
    case CoreKind::try_: {
      const auto& t = static_cast<const CoreTry&>(core);
      each(t.body), each(t.handler), each(t.cleanup);
      return;
    }
    case CoreKind::reset:
      return each(static_cast<const CoreReset&>(core).body);
    case CoreKind::shift:
      return each(static_cast<const CoreShift&>(core).body);
    case CoreKind::async: {
      const auto& async = static_cast<const CoreAsync&>(core);
      each(async.body), each(async.options);
      return;
    }
    case CoreKind::block:
      return each(static_cast<const CoreBlock&>(core).code);
  }
}

}  // namespace valkc
