// One walk over Core, which counts mentions and collects bindings.
#include "cps/mentions.h"

namespace valkc {

void MentionCounter::visit(const Core* c, int depth) {
  if (!c) return;
  switch (c->kind) {
    case CoreKind::constant:
    case CoreKind::global_ref:
    case CoreKind::primitive_ref:
      return;
    case CoreKind::local_ref: {
      auto* ref = static_cast<const CoreLocalRef*>(c);
      mentions[ref->local]++;
      return visit(ref->otherwise, depth);
    }
    case CoreKind::lambda:
      return visit(static_cast<const Lambda*>(c)->body, depth + 1);
    case CoreKind::call: {
      auto* call = static_cast<const CoreCall*>(c);
      visit(call->callee, depth);
      return visit_all(call->args, depth);
    }
    case CoreKind::if_: {
      auto* i = static_cast<const CoreIf*>(c);
      visit(i->condition, depth);
      visit(i->consequent, depth);
      return visit(i->alternative, depth);
    }
    case CoreKind::seq:
      return visit_all(static_cast<const CoreSeq*>(c)->items, depth);
    case CoreKind::bind: {
      auto* bind = static_cast<const CoreBind*>(c);
      if (depth == 0) bound.push_back(bind->local);
      return visit(bind->value, depth);
    }
    case CoreKind::assign:
      visit(static_cast<const CoreAssign*>(c)->value, depth);
      return visit(static_cast<const CoreAssign*>(c)->otherwise, depth);
    case CoreKind::define_global:
      return visit(static_cast<const CoreDefineGlobal*>(c)->value, depth);
    case CoreKind::set_global:
      return visit(static_cast<const CoreSetGlobal*>(c)->value, depth);
    case CoreKind::frame:
      return visit(static_cast<const CoreFrame*>(c)->body, depth);
    case CoreKind::try_: {
      auto* t = static_cast<const CoreTry*>(c);
      visit(t->body, depth);
      visit(t->handler, depth);
      return visit(t->cleanup, depth);
    }
    case CoreKind::reset:
      return visit(static_cast<const CoreReset*>(c)->body, depth);
    case CoreKind::shift:
      return visit(static_cast<const CoreShift*>(c)->body, depth);
    case CoreKind::async: {
      auto* a = static_cast<const CoreAsync*>(c);
      visit(a->body, depth);
      return visit(a->options, depth);
    }
    case CoreKind::block:
      return visit(static_cast<const CoreBlock*>(c)->code, depth);
  }
}

}  // namespace valkc
