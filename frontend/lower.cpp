// One function per kind of Expr; the meaning of names is in lower_names.cpp.
#include "frontend/lower.h"

namespace valkc {

const Core* Lowering::lower(const Expr& e) {
  switch (e.kind) {
    case ExprKind::constant:
      return constant(e.datum, e.span);
    case ExprKind::name:
      return name(e);
    case ExprKind::primitive:
      return primitive(e.text, e.span);
    case ExprKind::temp: {
      auto* ref = program_.make<CoreLocalRef>(CoreKind::local_ref, e.span);
      ref->local = temps_.at(e.temp);
      return ref;
    }
    case ExprKind::call:
      return call(e);
    case ExprKind::if_:
      return if_(e);
    case ExprKind::seq:
      return seq(e);
    case ExprKind::lambda:
      return lambda(e);
    case ExprKind::let:
      return let(e);
    case ExprKind::bind:
      return bind(e);
    case ExprKind::assign:
      return assign(e);
    case ExprKind::define:
      return define(e);
    case ExprKind::bind_temp:
      return bind_temp(e);
    case ExprKind::try_:
      return try_(e);
    case ExprKind::reset:
      return reset(e);
    case ExprKind::shift:
      return shift(e);
    case ExprKind::async:
      return async(e);
    case ExprKind::block:
      return block(e);
    case ExprKind::external:
      return external(e);
  }
  return nullptr;
}

const Core* Lowering::constant(const Datum* value, Span span) {
  auto* made = program_.make<CoreConst>(CoreKind::constant, span);
  made->value = value;
  return made;
}

const Core* Lowering::symbol(const std::string& name, Span span) {
  return constant(program_.data.text(DatumKind::symbol, name, span), span);
}

const Core* Lowering::primitive(std::string_view name, Span span) {
  auto* ref = program_.make<CorePrimitiveRef>(CoreKind::primitive_ref, span);
  ref->primitive = find_primitive(name);
  return ref;
}

const Core* Lowering::seq(const Expr& e) {
  auto* made = program_.make<CoreSeq>(CoreKind::seq, e.span);
  for (const Expr* item : e.items) made->items.push_back(lower(*item));
  return made;
}

const Core* Lowering::call(const Expr& e) {
  if (is_scheduler(e)) {
    warn_replaced("aio/start", e.span);
    return constant(program_.data.nil(e.span), e.span);
  }
  auto* made = program_.make<CoreCall>(CoreKind::call, e.span);
  made->callee = lower(*e.items[0]);
  for (size_t i = skip_scheduler(e); i < e.items.size(); ++i) {
    made->args.push_back(lower(*e.items[i]));
  }
  note_cause(*made);
  return made;
}

const Core* Lowering::if_(const Expr& e) {
  auto* made = program_.make<CoreIf>(CoreKind::if_, e.span);
  made->condition = lower(*e.items[0]);
  made->consequent = lower(*e.items[1]);
  made->alternative = lower(*e.items[2]);
  return made;
}

Local* Lowering::local_of(Variable& v) {
  if (!v.local) {
    v.local = program_.make_local(v.name, v.span);
    v.local->is_shared = v.is_shared;
  }
  return v.local;
}

Lambda* Lowering::function(const Expr& e) {
  auto* made = program_.make<Lambda>(CoreKind::lambda, e.span);
  made->name = e.text;
  for (Variable* v : e.resolution->variables) {
    Local* local = local_of(*v);
    if (v->is_parameter) {
      made->params.push_back(local);
    } else if (v->is_shared) {
      made->cells.push_back(local);
    }
  }
  if (e.has_rest) {
    made->rest = made->params.back();
    made->params.pop_back();
  }
  made->body = lower(*e.items[0]);
  return made;
}

const Core* Lowering::lambda(const Expr& e) { return function(e); }

const Core* Lowering::let(const Expr& e) {
  auto* frame = program_.make<CoreFrame>(CoreKind::frame, e.span);
  for (Variable* v : e.resolution->variables) {
    if (v->is_shared) frame->cells.push_back(local_of(*v));
  }
  auto* body = program_.make<CoreSeq>(CoreKind::seq, e.span);
  for (size_t i = 0; i < e.names.size(); ++i) {
    Variable* target = nullptr;
    for (Variable* v : e.resolution->variables) {
      if (v->name == e.names[i].text) target = v;
    }
    body->items.push_back(assignment(*target, lower(*e.items[i]), e.names[i].span));
  }
  body->items.push_back(lower(*e.items.back()));
  frame->body = body->items.size() == 1 ? body->items[0] : body;
  return frame;
}

const Core* Lowering::assignment(Variable& v, const Core* value, Span span) {
  Local* local = local_of(v);
  if (local->is_shared) {
    auto* made = program_.make<CoreAssign>(CoreKind::assign, span);
    made->local = local;
    made->value = value;
    return made;
  }
  auto* made = program_.make<CoreBind>(CoreKind::bind, span);
  made->local = local;
  made->value = value;
  return made;
}

const Core* Lowering::bind(const Expr& e) {
  return assignment(*e.resolution->target, lower(*e.items[0]), e.span);
}

const Core* Lowering::bind_temp(const Expr& e) {
  const Core* value = lower(*e.items[0]);
  Local* local = program_.make_local("t", e.span);
  temps_[e.temp] = local;
  auto* made = program_.make<CoreBind>(CoreKind::bind, e.span);
  made->local = local;
  made->value = value;
  return made;
}

const Core* Lowering::define(const Expr& e) {
  auto* made = program_.make<CoreDefineGlobal>(CoreKind::define_global, e.span);
  LibraryDefinition* definition =
      names_.library().contains(e.span) ? names_.library().find(e.names[0].text) : nullptr;
  made->global = definition ? names_.global_of(*definition) : names_.declare(e.names[0]);
  made->value = lower(*e.items[0]);
  return made;
}

const Core* Lowering::reset(const Expr& e) {
  auto* made = program_.make<CoreReset>(CoreKind::reset, e.span);
  made->is_async = e.is_async;
  made->body = lower(*e.items[0]);
  return made;
}

/// The k of a shift and the error of a catch are plain; if they are assigned, a cell takes their place.
Local* Lowering::plain_of(Variable& v) {
  Local* local = local_of(v);
  return local->is_shared ? program_.make_local(v.name, v.span) : local;
}

const Core* Lowering::in_cell(Variable& v, Local* plain, const Core* body, Span span) {
  Local* local = local_of(v);
  if (!local->is_shared) return body;
  auto* ref = program_.make<CoreLocalRef>(CoreKind::local_ref, v.span);
  ref->local = plain;
  auto* frame = program_.make<CoreFrame>(CoreKind::frame, span);
  auto* steps = program_.make<CoreSeq>(CoreKind::seq, span);
  steps->items = {assignment(v, ref, v.span), body};
  frame->cells = {local};
  frame->body = steps;
  return frame;
}

const Core* Lowering::shift(const Expr& e) {
  auto* made = program_.make<CoreShift>(CoreKind::shift, e.span);
  made->k = plain_of(*e.resolution->target);
  made->body = in_cell(*e.resolution->target, made->k, lower(*e.items[0]), e.span);
  return made;
}

const Core* Lowering::handler(const Expr& e, Local* error) {
  caught_.push_back(error);
  const Core* body = lower(*e.items[1]);
  caught_.pop_back();
  return in_cell(*e.resolution->target, error, body, e.span);
}

/// `error` in the text of a handler raises an error whose cause is what the handler has caught.
void Lowering::note_cause(CoreCall& call) {
  if (caught_.empty() || call.callee->kind != CoreKind::primitive_ref) return;
  const Primitive* callee = static_cast<const CorePrimitiveRef*>(call.callee)->primitive;
  if (!callee || callee->id != "error" || !callee->accepts(static_cast<int>(call.args.size())))
    return;
  auto* cause = program_.make<CoreLocalRef>(CoreKind::local_ref, call.span);
  cause->local = caught_.back();
  call.callee = primitive("%error-caused", call.callee->span);
  call.args.insert(call.args.begin(), cause);
}

const Core* Lowering::try_(const Expr& e) {
  auto* made = program_.make<CoreTry>(CoreKind::try_, e.span);
  made->body = lower(*e.items[0]);
  if (e.items[1]) {
    made->error = plain_of(*e.resolution->target);
    made->handler = handler(e, made->error);
  }
  if (e.items[2]) made->cleanup = lower(*e.items[2]);
  return made;
}

const Core* Lowering::async(const Expr& e) {
  auto* made = program_.make<CoreAsync>(CoreKind::async, e.span);
  made->body = function(*e.items[0]);
  if (e.items[1]) made->options = lower(*e.items[1]);
  return made;
}

const Core* Lowering::block(const Expr& e) {
  if (!blocks_are_code_ || e.items.empty()) return constant(e.datum, e.span);
  auto* code = program_.make<Lambda>(CoreKind::lambda, e.span);
  code->is_block = true;
  code->body = lower(*e.items[0]);
  auto* made = program_.make<CoreBlock>(CoreKind::block, e.span);
  made->data = e.datum;
  made->code = code;
  return made;
}

const Core* Lowering::external(const Expr& e) {
  Global* global = names_.declare(e.names[0]);
  global->external = std::make_unique<Extern>();
  global->external->symbol = e.text;
  global->external->arity = static_cast<int>(e.names.size()) - 1;
  global->external->is_operation = e.is_async;
  global->is_constant = true;
  return constant(program_.data.nil(e.span), e.span);
}

}  // namespace valkc
