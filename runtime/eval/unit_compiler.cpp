// See unit_compiler.h. One function a kind of term, in the order of codegen/emit_terms.cpp.
#include "runtime/eval/unit_compiler.h"

#include <algorithm>

#include "runtime/eval/builtins.h"

namespace valkc {

// ---- operands -----------------------------------------------------------------------------------

int UnitCompiler::reg(uint32_t id) {
  auto [it, fresh_id] = registers_.try_emplace(id, register_count_);
  if (fresh_id) ++register_count_;
  return it->second;
}

int UnitCompiler::atom(const Atom& a) {
  switch (a.kind) {
    case AtomKind::var:
      return reg(a.var->id);
    case AtomKind::constant:
      return names_.constant(*a.constant);
    case AtomKind::fun:
      return a.fun->captures.empty() ? names_.fun_constants.at(a.fun) : reg(a.fun->self->id);
    case AtomKind::primitive:
      break;
  }
  auto [it, is_new] = names_.primitive_constants.try_emplace(a.primitive, 0);
  if (is_new) it->second = names_.add_constant(builtin_value(*a.primitive));
  return it->second;
}

UnitCompiler::Operands UnitCompiler::atoms(const std::vector<Atom>& list) {
  Operands out;
  for (const Atom& a : list) out.push_back(atom(a));
  return out;
}

/// The register of the continuation through which this point raises.
int UnitCompiler::target(const Where& w) const {
  uint32_t id = unit_->primary;
  if (unit_->unit_kind == UnitKind::function) id = fun_.ret->id;
  if (w.home != unit_->home) id = w.home->id;
  return const_cast<UnitCompiler*>(this)->reg(id);
}

int UnitCompiler::error_target(const Where& w) {
  if (!w.plain_try) return ~target(w);
  raises_.push_back({code_.size(), w.plain_try});
  if (seen_.insert(w.plain_try).second) pending_handlers_.push_back(w.plain_try);
  return 0;
}

ValkEvalInstruction& UnitCompiler::add(ValkEvalOp op, int d, const Operands& operands, Span span,
                                       const Where& w) {
  ValkEvalInstruction i{};
  i.op = op;
  i.d = d;
  i.first = static_cast<int>(operands_.size());
  i.count = static_cast<int>(operands.size());
  i.on_error = error_target(w);
  i.site = names_.site(span, fun_);
  operands_.insert(operands_.end(), operands.begin(), operands.end());
  code_.push_back(i);
  return code_.back();
}

// ---- bindings -----------------------------------------------------------------------------------

void UnitCompiler::term(Term* t, Where w) {
  for (;;) {
    switch (t->kind) {
      case TermKind::let:
        let(static_cast<Let*>(t), w);
        t = static_cast<Let*>(t)->next;
        continue;
      case TermKind::let_fun:
        let_fun(static_cast<LetFun*>(t), w);
        t = static_cast<LetFun*>(t)->next;
        continue;
      case TermKind::let_cont:
        t = static_cast<LetCont*>(t)->next;
        continue;
      case TermKind::jump:
        return jump(static_cast<Jump*>(t)->cont, atoms(static_cast<Jump*>(t)->args), w, t->span);
      case TermKind::call:
        return call(static_cast<Call*>(t), w);
      case TermKind::if_:
        return if_(static_cast<If*>(t), w);
      case TermKind::reset:
        return reset(static_cast<PushReset*>(t), w);
      case TermKind::shift:
        return shift(static_cast<Shift*>(t), w);
      case TermKind::try_:
        return try_(static_cast<PushTry*>(t), w);
      case TermKind::raise:
        // Without a site: the frame is in the trace already.
        add(VALK_EVAL_THROW, 0, {atom(static_cast<Raise*>(t)->error)}, Span{}, w);
        return;
    }
  }
}

void UnitCompiler::let(Let* l, const Where& w) {
  int d = reg(l->var->id);
  switch (l->op.kind) {
    case OpKind::primitive:
      return let_primitive(l, w);
    case OpKind::global_get:
    case OpKind::global_define:
    case OpKind::global_set:
      return let_global(l, w);
    case OpKind::block:
      add(VALK_EVAL_BLOCK, d, atoms(l->op.args), l->span, w);
      return;
    case OpKind::is_unset:
      add(VALK_EVAL_IS_UNSET, d, atoms(l->op.args), l->span, w);
      return;
    case OpKind::unset:
      add(VALK_EVAL_MOVE, d, {names_.add_constant(VALK_UNSET)}, l->span, w);
      return;
  }
}

void UnitCompiler::let_primitive(Let* l, const Where& w) {
  const Primitive& p = *l->op.primitive;
  ValkEvalOp op = p.uses_registers() ? VALK_EVAL_REGISTERS : VALK_EVAL_STACK;
  if (p.has(EFFECT_OPERATION)) op = VALK_EVAL_OPERATION;
  if (p.id == "not") op = VALK_EVAL_NOT;
  if (p.id == "cell_get") op = VALK_EVAL_CELL_GET;
  if (p.id == "cell_set") op = VALK_EVAL_CELL_SET;
  Operands args = atoms(l->op.args);
  add(op, reg(l->var->id), args, l->span, w).data = builtin_function(p);
  if (p.has(EFFECT_OPENS)) add(VALK_EVAL_OPENED, 0, {reg(l->var->id)}, l->span, w);
}

void UnitCompiler::let_global(Let* l, const Where& w) {
  ValkEvalOp op = VALK_EVAL_GLOBAL_GET;
  if (l->op.kind == OpKind::global_define) op = VALK_EVAL_GLOBAL_DEFINE;
  if (l->op.kind == OpKind::global_set) op = VALK_EVAL_GLOBAL_SET;
  add(op, reg(l->var->id), atoms(l->op.args), l->span, w).data =
      names_.environment.find_global(*l->op.global);
}

void UnitCompiler::let_fun(LetFun* l, const Where& w) {
  std::vector<ValkEvalClosure> group;
  int words = 0;
  for (Fun* f : l->funs) {
    if (f->captures.empty()) continue;
    Operands captures;
    for (Var* v : f->captures) captures.push_back(reg(v->id));
    int count = static_cast<int>(captures.size());
    const std::vector<int>& kept = names_.out.keep(std::move(captures));
    group.push_back({names_.fns.at(f), reg(f->self->id), kept.data(), count});
    words += valk_eval_closure_words(group.back());
  }
  if (group.empty()) return;
  const std::vector<ValkEvalClosure>& kept = names_.out.groups.emplace_back(std::move(group));
  add(VALK_EVAL_CLOSURES, 0, {}, l->span, w).data = &names_.out.group_heads.emplace_back(
      ValkEvalClosures{kept.data(), static_cast<int>(kept.size()), words});
}

// ---- jumps --------------------------------------------------------------------------------------

void UnitCompiler::jump(Cont* k, const Operands& args, const Where& w, Span span) {
  k = units_.resolve(k);
  Code* c = units_.of(k);
  bool is_held = !c || (c->needs_frame && !units_.is_local_frame(w.code, k));
  if (is_held) {
    int first = args.empty() ? names_.add_constant(VALK_NIL) : args[0];
    add(VALK_EVAL_RETURN, 0, {reg(k), first}, span, w);
  } else if (c->needs_block) {
    go_block(c, args, w, span);
  } else {
    go_label(c, args, w, span);
  }
}

void UnitCompiler::go_label(Code* c, const Operands& args, const Where& w, Span span) {
  size_t n = std::min(c->params.size(), args.size());
  Operands moves(args.begin(), args.begin() + static_cast<ptrdiff_t>(n));
  for (size_t i = 0; i < n; ++i) moves.push_back(reg(c->params[i]->id));
  if (n == 1) {
    add(VALK_EVAL_MOVE, moves[1], {moves[0]}, span, w);
  } else if (n > 1) {
    add(VALK_EVAL_MOVES, 0, moves, span, w);
  }
  gotos_.push_back({code_.size(), c});
  add(VALK_EVAL_GOTO, 0, {}, span, w);
  if (seen_.insert(c).second) pending_.push_back(c);
}

/// A jump into another unit: what it needs travels as operands.
void UnitCompiler::go_block(Code* c, const Operands& args, const Where& w, Span span) {
  std::vector<Cont*> order;
  collect_frames(c->free, w, order);
  make_frames(order, span, w);
  Operands values{reg(c->primary)};
  values.insert(values.end(), args.begin(), args.end());
  values.resize(1 + c->params.size(), names_.add_constant(VALK_NIL));
  for (uint32_t id : c->free)
    if (id != c->primary) values.push_back(reg(id));
  add(VALK_EVAL_ENTER, 0, values, span, w).data = made_.at(c);
}

void UnitCompiler::emit_label(Code* c) {
  label_at_[c] = static_cast<int>(code_.size());
  term(c->body, {c, c->plain_try, c->home});
}

void UnitCompiler::emit_handler(const PushTry* t) {
  const Where w = where_of_try_.at(t);
  handler_at_[t] = static_cast<int>(code_.size());
  add(VALK_EVAL_CATCH, reg(t->var->id), {}, t->span, w);
  term(t->handler, w);
}

void UnitCompiler::emit_pending() {
  while (!pending_.empty() || !pending_handlers_.empty()) {
    if (!pending_handlers_.empty()) {
      const PushTry* t = pending_handlers_.back();
      pending_handlers_.pop_back();
      emit_handler(t);
    } else {
      Code* c = pending_.back();
      pending_.pop_back();
      emit_label(c);
    }
  }
}

// ---- calls and control --------------------------------------------------------------------------

void UnitCompiler::call(Call* c, const Where& w) {
  Cont* k = units_.resolve(c->cont);
  std::vector<Cont*> order;
  collect_frames(k, w, order);
  make_frames(order, c->span, w);
  const Primitive* p = c->callee.kind == AtomKind::primitive ? c->callee.primitive : nullptr;
  bool is_direct = p && p->has(EFFECT_SUSPENDS) && p->accepts(static_cast<int>(c->args.size()));
  Operands operands{reg(k)};
  if (!is_direct) operands.push_back(atom(c->callee));
  for (int x : atoms(c->args)) operands.push_back(x);
  if (is_direct && p->awaits_only() && k == fun_.ret) {
    auto builtin = reinterpret_cast<ValkSuspend>(const_cast<void*>(builtin_function(*p)));
    add(VALK_EVAL_AWAIT_TAIL, 0, operands, c->span, w).data =
        names_.await_place(c->span, fun_, builtin);
    return;
  }
  ValkEvalOp op = is_direct ? VALK_EVAL_CALL_BUILTIN : VALK_EVAL_CALL;
  add(op, 0, operands, c->span, w).data = is_direct ? builtin_function(*p) : nullptr;
}

void UnitCompiler::if_(If* i, const Where& w) {
  size_t branch = code_.size();
  add(VALK_EVAL_UNLESS, 0, {atom(i->condition)}, i->span, w);
  term(i->consequent, w);
  code_[branch].target = static_cast<int>(code_.size());
  term(i->alternative, w);
}

void UnitCompiler::reset(PushReset* r, Where w) {
  std::vector<Cont*> order;
  collect_frames(r->cont, w, order);
  make_frames(order, r->span, w);
  ValkEvalOp op = r->is_async ? VALK_EVAL_ASYNC_RESET : VALK_EVAL_RESET;
  add(op, reg(r->bottom), {reg(units_.resolve(r->cont))}, r->span, w);
  w.home = r->bottom;
  w.plain_try = nullptr;
  term(r->body, w);
}

void UnitCompiler::shift(Shift* s, Where w) {
  std::vector<Cont*> order;
  collect_frames(s->cont, w, order);
  make_frames(order, s->span, w);
  add(VALK_EVAL_CAPTURE, reg(s->var->id), {reg(units_.resolve(s->cont))}, s->span, w);
  add(VALK_EVAL_BOTTOM, reg(s->bottom), {}, s->span, w);
  w.home = s->bottom;
  w.plain_try = nullptr;
  term(s->body, w);
}

void UnitCompiler::try_(PushTry* p, Where w) {
  if (!units_.is_reified(p)) {
    where_of_try_.emplace(p, w);
    w.plain_try = p;
    return term(p->body, w);
  }
  Code* handler = units_.of_handler(p);
  std::vector<Cont*> order;
  collect_frames(p->cont, w, order);
  collect_frames(handler->free, w, order);
  make_frames(order, p->span, w);
  add(VALK_EVAL_FRAME, reg(p->end), frame_operands(handler), p->span, w).data = made_.at(handler);
  w.home = p->end;
  term(p->body, w);
}

// ---- frames -------------------------------------------------------------------------------------

void UnitCompiler::collect_frames(Cont* k, const Where& w, std::vector<Cont*>& order) {
  k = units_.resolve(k);
  Code* c = units_.of(k);
  if (!c || !units_.is_local_frame(w.code, k)) return;
  if (std::find(order.begin(), order.end(), k) != order.end()) return;
  collect_frames(c->free, w, order);
  order.push_back(k);
}

void UnitCompiler::collect_frames(const IdSet& free, const Where& w, std::vector<Cont*>& order) {
  for (uint32_t id : free)
    if (Cont* held = units_.cont(id)) collect_frames(held, w, order);
}

UnitCompiler::Operands UnitCompiler::frame_operands(const Code* c) {
  Operands operands{reg(c->primary)};
  for (uint32_t id : c->free)
    if (id != c->primary) operands.push_back(reg(id));
  return operands;
}

void UnitCompiler::make_frames(const std::vector<Cont*>& order, Span span, const Where& w) {
  for (Cont* k : order) {
    Code* c = units_.of(k);
    add(VALK_EVAL_FRAME, reg(k), frame_operands(c), span, w).data = made_.at(c);
  }
}

// ---- the unit -----------------------------------------------------------------------------------

void UnitCompiler::compile() {
  term(unit_->body, {unit_, unit_->plain_try, unit_->home});
  emit_pending();
  for (auto [at, label] : gotos_) code_[at].target = label_at_.at(label);
  for (auto [at, t] : raises_) code_[at].on_error = handler_at_.at(t);
  finish();
}

void UnitCompiler::finish() {
  ValkEvalUnit& out = *made_.at(unit_);
  bool is_function = unit_->unit_kind == UnitKind::function;
  Operands params, free;
  for (const Var* p : unit_->params) params.push_back(reg(p->id));
  out.primary = reg(is_function ? fun_.ret->id : unit_->primary);
  out.self = is_function ? reg(fun_.self->id) : -1;
  if (is_function) {
    for (const Var* v : fun_.captures) free.push_back(reg(v->id));
  } else {
    for (uint32_t id : unit_->free)
      if (id != unit_->primary) free.push_back(reg(id));
  }
  out.param_count = static_cast<int>(params.size());
  out.free_count = static_cast<int>(free.size());
  out.params = names_.out.keep(std::move(params)).data();
  out.free = names_.out.keep(std::move(free)).data();
  out.operands = names_.out.keep(std::move(operands_)).data();
  out.code = names_.out.code.emplace_back(std::move(code_)).data();
  out.register_count = register_count_;
}

}  // namespace valkc
