// Conversion of branches, handlers and delimiters: the forms after which control has two ways on, or
// another continuation. The pass's description is in cps/convert.cpp.
#include <algorithm>

#include "cps/converter.h"

namespace valkc {

// ---- spilling -----------------------------------------------------------------------------------

/// Gives a cell to each let variable that is bound in `part` and mentioned outside of it.
void Converter::spill_bindings(const Core* part, Span span) {
  MentionCounter inside;
  inside.count(part);
  for (const Local* l : inside.bound) {
    if (l->is_shared || env_.count(l)) continue;
    if (total_.mentions[l] <= inside.mentions[l]) continue;
    Atom unset = let_op(OpKind::unset, {}, span, "unset");
    Atom cell = let_primitive(primitive("%cell"), {unset}, span, l->name);
    set(l, {cell, true, true});
  }
}

/// The parts of these forms run under another continuation than what follows them.
void Converter::spill_control(const Core* c) {
  if (c->kind == CoreKind::try_) {
    auto* t = static_cast<const CoreTry*>(c);
    for (const Core* part : {t->body, t->handler, t->cleanup})
      if (part) spill_bindings(part, c->span);
  } else if (c->kind == CoreKind::reset) {
    spill_bindings(static_cast<const CoreReset*>(c)->body, c->span);
  } else if (c->kind == CoreKind::shift) {
    spill_bindings(static_cast<const CoreShift*>(c)->body, c->span);
  }
}
// ---- branches -----------------------------------------------------------------------------------

void Converter::if_to(const CoreIf* i, Cont* k) {
  If* branch = out_.make<If>(TermKind::if_, i->span);
  branch->condition = value(i->condition);
  place(branch);
  size_t mark = trail_.size();
  hole_ = &branch->consequent;
  to_cont(i->consequent, k);
  undo(mark);
  hole_ = &branch->alternative;
  to_cont(i->alternative, k);
  undo(mark);
}

Atom Converter::if_value(const CoreIf* i) {
  Atom condition = value(i->condition);
  Var* result = out_.make_var("t");
  Cont* join = let_cont("j", i->span, {result});
  If* branch = out_.make<If>(TermKind::if_, i->span);
  branch->condition = condition;
  place(branch);

  size_t mark = trail_.size();
  struct Arm {
    Atom value;
    Term** hole;
    std::unordered_map<const Local*, Binding> bound;
  };
  std::vector<const Local*> order;  // deterministic: in order of first binding
  auto convert_arm = [&](const Core* c, Term** hole) {
    Arm arm;
    hole_ = hole;
    arm.value = value(c);
    arm.hole = hole_;
    for (size_t t = mark; t < trail_.size(); t++) {
      const Local* l = trail_[t].local;
      if (!arm.bound.count(l) && std::find(order.begin(), order.end(), l) == order.end())
        order.push_back(l);
      arm.bound[l] = env_[l];
    }
    undo(mark);
    return arm;
  };
  Arm yes = convert_arm(i->consequent, &branch->consequent);
  Arm no = convert_arm(i->alternative, &branch->alternative);

  std::vector<Atom> yes_args{yes.value}, no_args{no.value};
  std::vector<std::pair<const Local*, Binding>> joined;
  for (const Local* l : order) {
    if (total_.mentions[l] == converted_[l]) continue;  // nothing after this mentions it
    bool is_cell =
        (yes.bound.count(l) && yes.bound[l].is_cell) || (no.bound.count(l) && no.bound[l].is_cell);
    if (is_cell) continue;  // a cell made inside an arm belongs to that arm
    Var* phi = out_.make_var(l->name);
    join->params.push_back(phi);
    bool maybe_unset = false;
    auto argument = [&](Arm& arm) {
      auto it = arm.bound.find(l);
      if (it != arm.bound.end()) {
        maybe_unset |= it->second.maybe_unset;
        return it->second.atom;
      }
      if (auto outer = env_.find(l); outer != env_.end()) {
        maybe_unset |= outer->second.maybe_unset;
        return outer->second.atom;
      }
      maybe_unset = true;
      hole_ = arm.hole;
      Atom unset = let_op(OpKind::unset, {}, i->span, "unset");
      arm.hole = hole_;
      return unset;
    };
    yes_args.push_back(argument(yes));
    no_args.push_back(argument(no));
    joined.push_back({l, Binding{Atom(phi), false, maybe_unset}});
  }
  hole_ = yes.hole;
  jump(join, yes_args, i->span);
  hole_ = no.hole;
  jump(join, no_args, i->span);
  enter(join);
  for (auto& [l, b] : joined) set(l, b);
  return Atom(result);
}

// ---- control ------------------------------------------------------------------------------------

void Converter::try_to(const CoreTry* t, Cont* k) {
  if (t->cleanup) return try_finally(t, k);
  if (t->handler) return try_catch(t, k);
  to_cont(t->body, k);
}

void Converter::try_catch(const CoreTry* t, Cont* k) {
  PushTry* push = out_.make<PushTry>(TermKind::try_, t->span);
  push->cont = k;
  push->end = out_.make_cont("end", t->span);
  push->var = out_.make_var(t->error ? t->error->name : "e");
  place(push);
  size_t mark = trail_.size();
  hole_ = &push->body;
  to_cont(t->body, push->end);
  undo(mark);
  hole_ = &push->handler;
  if (t->error) {
    set(t->error, {Atom(push->var), false, false});
    if (t->error->is_shared) {
      Atom cell = let_primitive(primitive("%cell"), {Atom(push->var)}, t->span, t->error->name);
      set(t->error, {cell, true, false});
    }
  }
  to_cont(t->handler, k);
  undo(mark);
}

/// The cleanup stands once, in a continuation of the value (or error) and of whether it is an error:
///   letcont finish(v, failed) = try { cleanup } then if failed raise v else k(v)
///                               catch e2: raise (if failed e2 with v attached else e2)
///   try { body } then finish(v, 0) catch e: finish(e, 1)
void Converter::try_finally(const CoreTry* t, Cont* k) {
  Span span = t->span;
  Var* v = out_.make_var("v");
  Var* failed = out_.make_var("failed");
  Cont* finish = let_cont("finish", span, {v, failed});
  Term** after_finish = hole_;
  size_t mark = trail_.size();

  enter(finish);
  Var* ignored = out_.make_var("t");
  Cont* done = let_cont("done", span, {ignored});
  PushTry* guard = out_.make<PushTry>(TermKind::try_, span);
  guard->cont = done;
  guard->end = out_.make_cont("end", span);
  guard->var = out_.make_var("e");
  place(guard);
  hole_ = &guard->body;
  let_primitive(primitive("%finally-enter"), {}, span);
  Atom last = value(t->cleanup);
  jump(guard->end, {last}, span);
  undo(mark);
  auto raise = [&](Atom e) {
    Raise* r = out_.make<Raise>(TermKind::raise, span);
    r->error = e;
    place(r);
  };
  hole_ = &guard->handler;
  let_primitive(primitive("%finally-exit"), {}, span);
  If* replaces = out_.make<If>(TermKind::if_, span);
  replaces->condition = Atom(failed);
  place(replaces);
  hole_ = &replaces->consequent;
  raise(let_primitive(primitive("%attach"), {Atom(guard->var), Atom(v)}, span, "e"));
  hole_ = &replaces->alternative;
  raise(Atom(guard->var));
  enter(done);
  let_primitive(primitive("%finally-exit"), {}, span);
  If* branch = out_.make<If>(TermKind::if_, span);
  branch->condition = Atom(failed);
  place(branch);
  hole_ = &branch->consequent;
  raise(Atom(v));
  hole_ = &branch->alternative;
  jump(k, {Atom(v)}, span);

  hole_ = after_finish;
  Var* value_var = out_.make_var("v");
  Cont* ok = let_cont("ok", span, {value_var});
  Term** after_ok = hole_;
  enter(ok);
  jump(finish, {Atom(value_var), integer(0, span)}, span);
  hole_ = after_ok;
  PushTry* push = out_.make<PushTry>(TermKind::try_, span);
  push->cont = ok;
  push->end = out_.make_cont("end", span);
  push->var = out_.make_var("e");
  place(push);
  hole_ = &push->body;
  if (t->handler) {
    try_catch(t, push->end);
  } else {
    to_cont(t->body, push->end);
  }
  undo(mark);
  hole_ = &push->handler;
  jump(finish, {Atom(push->var), integer(1, span)}, span);
}

void Converter::reset_to(const CoreReset* r, Cont* k) {
  PushReset* push = out_.make<PushReset>(TermKind::reset, r->span);
  push->is_async = r->is_async;
  push->cont = k;
  push->bottom = out_.make_cont("bottom", r->span);
  place(push);
  size_t mark = trail_.size();
  hole_ = &push->body;
  to_cont(r->body, push->bottom);
  undo(mark);
}

void Converter::shift_to(const CoreShift* s, Cont* k) {
  Shift* shift = out_.make<Shift>(TermKind::shift, s->span);
  shift->cont = k;
  shift->var = out_.make_var(s->k->name);
  shift->bottom = out_.make_cont("bottom", s->span);
  place(shift);
  size_t mark = trail_.size();
  hole_ = &shift->body;
  set(s->k, {Atom(shift->var), false, false});
  if (s->k->is_shared) {
    Atom cell = let_primitive(primitive("%cell"), {Atom(shift->var)}, s->span, s->k->name);
    set(s->k, {cell, true, false});
  }
  to_cont(s->body, shift->bottom);
  undo(mark);
}

Call* Converter::operands(const CoreAsync* a) {
  Call* call = out_.make<Call>(TermKind::call, a->span);
  call->callee = Atom(primitive("%async"));
  const Atom code = lambda(a->body);
  call->args = {code, a->options ? value(a->options) : nil(a->span)};
  return call;
}

}  // namespace valkc
