// See units.h. The cut is found in four steps: scan the terms for who names which continuation and how;
// turn into blocks what is jumped to across units, until nothing changes; solve what each piece of code
// needs of its surroundings, a least fixpoint over the jumps; and see to it that each unit holds a
// continuation through which it can raise.
#include "codegen/units.h"

namespace valkc {

Units::Units(const Program&, Fun* fun, Version version) : fun_(fun), version_(version) {
  bool suspending = version == Version::suspending;
  root_ = make(fun->body, {nullptr, fun->ret, suspending});
  root_->is_unit = true;
  root_->unit_kind = UnitKind::function;
  root_->params = fun->params;
  if (fun->rest) root_->params.push_back(fun->rest);
  for (Var* p : root_->params) note_var(p);
  for (Var* c : fun->captures) note_var(c);
  note_var(fun->self);
  conts_[fun->ret->id] = fun->ret;
  scan(fun->body, {root_, fun->ret, suspending});
  find_blocks();
  mark_loops();
  solve();
  require_homes();
  choose_primary();
}

Code* Units::of(const Cont* k) const {
  auto it = by_cont_.find(k);
  return it == by_cont_.end() ? nullptr : it->second;
}
Code* Units::of_handler(const PushTry* t) const { return by_handler_.at(t); }
Code* Units::of_reset(const PushReset* r) const { return by_reset_.at(r); }

/// Intervals in the tree of owners, so that "stands inside" is a comparison.
void Units::number_codes() {
  std::unordered_map<Code*, std::vector<Code*>> children;
  for (auto& c : codes_)
    if (c->owner) children[c->owner].push_back(c.get());
  uint32_t clock = 0;
  std::vector<std::pair<Code*, size_t>> path{{root_, 0}};
  root_->entered = clock++;
  while (!path.empty()) {
    auto& [c, next] = path.back();
    std::vector<Code*>& inner = children[c];
    if (next == inner.size()) {
      c->left = clock++;
      path.pop_back();
      continue;
    }
    Code* child = inner[next++];
    child->entered = clock++;
    path.push_back({child, 0});
  }
}

/// codes_ has owners before what they own.
void Units::assign_units() {
  for (auto& c : codes_) c->unit = c->is_unit ? c.get() : c->owner->unit;
}

Code* Units::make(Term* body, const Context& context) {
  codes_.push_back(std::make_unique<Code>());
  Code* c = codes_.back().get();
  c->body = body;
  c->owner = context.code;
  c->home = context.home;
  c->group = context.group;
  c->plain_try = context.plain_try;
  c->suspending = context.suspending;
  return c;
}

bool Units::suspends(const Call* c, bool in_suspending_code) const {
  return in_suspending_code && c->suspension != Suspension::direct;
}

Cont* Units::resolve(Cont* k) const {
  for (auto it = plain_ends_.find(k); it != plain_ends_.end(); it = plain_ends_.find(k))
    k = it->second->cont;
  return k;
}

uint32_t Units::id_of(const Atom& a) const {
  if (a.kind == AtomKind::var) return a.var->id;
  if (a.kind == AtomKind::fun && !a.fun->captures.empty()) return a.fun->self->id;
  return 0;
}

/// Does the term, outside of nested functions, do anything that needs its continuation as a frame?
bool Units::contains_control(Term* t, bool suspending) {
  auto it = control_.find(t);
  if (it != control_.end()) return it->second;
  Term* start = t;
  bool found = false;
  while (t && !found) {
    switch (t->kind) {
      case TermKind::let:
        t = static_cast<Let*>(t)->next;
        continue;
      case TermKind::let_fun:
        t = static_cast<LetFun*>(t)->next;
        continue;
      case TermKind::let_cont:
        for (Cont* k : static_cast<LetCont*>(t)->conts)
          found |= contains_control(k->body, suspending);
        t = static_cast<LetCont*>(t)->next;
        continue;
      case TermKind::if_:
        found |= contains_control(static_cast<If*>(t)->consequent, suspending);
        t = static_cast<If*>(t)->alternative;
        continue;
      case TermKind::try_:
        found |= contains_control(static_cast<PushTry*>(t)->handler, suspending);
        t = static_cast<PushTry*>(t)->body;
        continue;
      case TermKind::call:
        found |= suspends(static_cast<Call*>(t), suspending);
        break;
      case TermKind::reset:
      case TermKind::shift:
        found |= suspending;
        break;
      case TermKind::jump:
      case TermKind::raise:
        break;
    }
    break;
  }
  control_[start] = found;
  return found;
}

void Units::scan_cont_use(Cont* k, const Context& context, bool as_frame) {
  k = resolve(k);
  uses_.push_back({context.code, k, as_frame});
  Code* c = of(k);
  if (!c) return;
  if (as_frame) c->needs_frame = true;
}

void Units::scan(Term* t, Context context) {
  while (t) {
    switch (t->kind) {
      case TermKind::let: {
        auto* l = static_cast<Let*>(t);
        note_var(l->var);
        t = l->next;
        break;
      }
      case TermKind::let_fun: {
        auto* l = static_cast<LetFun*>(t);
        for (Fun* f : l->funs) note_var(f->self);
        t = l->next;
        break;
      }
      case TermKind::let_cont: {
        auto* l = static_cast<LetCont*>(t);
        Context bound = context;
        bound.group = l;
        for (Cont* k : l->conts) {
          Code* c = make(k->body, bound);
          c->cont = k;
          c->params = k->params;
          c->is_label = true;
          by_cont_[k] = c;
          conts_[k->id] = k;
          for (Var* p : k->params) note_var(p);
        }
        for (Cont* k : l->conts) {
          Context inner = context;
          inner.code = of(k);
          scan(k->body, inner);
        }
        t = l->next;
        break;
      }
      case TermKind::jump:
        return scan_cont_use(static_cast<Jump*>(t)->cont, context, false);
      case TermKind::call: {
        auto* c = static_cast<Call*>(t);
        return scan_cont_use(c->cont, context, suspends(c, context.suspending));
      }
      case TermKind::if_:
        scan(static_cast<If*>(t)->consequent, context);
        t = static_cast<If*>(t)->alternative;
        break;
      case TermKind::reset: {
        auto* r = static_cast<PushReset*>(t);
        conts_[r->bottom->id] = r->bottom;
        if (context.suspending) {
          scan_cont_use(r->cont, context, true);
          context.home = r->bottom;
          t = r->body;
          break;
        }
        scan_cont_use(r->cont, context, false);
        Code* c = make(r->body, {context.code, r->bottom, true});
        c->is_unit = true;
        c->unit_kind = UnitKind::reset_body;
        c->reset = r;
        by_reset_[r] = c;
        return scan(r->body, {c, r->bottom, true});
      }
      case TermKind::shift: {
        auto* s = static_cast<Shift*>(t);
        note_var(s->var);
        conts_[s->bottom->id] = s->bottom;
        scan_cont_use(s->cont, context, true);
        context.home = s->bottom;
        t = s->body;
        break;
      }
      case TermKind::try_: {
        auto* p = static_cast<PushTry*>(t);
        note_var(p->var);
        if (context.suspending && contains_control(p->body, true)) {
          reified_.insert(p);
          conts_[p->end->id] = p->end;
          scan_cont_use(p->cont, context, true);
          Code* h = make(p->handler, context);
          h->is_unit = true;
          h->unit_kind = UnitKind::handler;
          h->handled = p;
          h->params = {p->var};
          by_handler_[p] = h;
          Context inner = context;
          inner.code = h;
          scan(p->handler, inner);
          context.home = p->end;
        } else {
          plain_ends_[p->end] = p;
          try_parents_[p] = context.plain_try;
          scan(p->handler, context);
          context.plain_try = p;
        }
        t = p->body;
        break;
      }
      case TermKind::raise:
        return;
    }
  }
}

/// A frame is a unit. A label that is jumped to from another unit becomes a block, and so does the
/// body of a frame that is jumped to where the frame has not been made.
void Units::find_blocks() {
  for (auto& c : codes_) {
    if (!c->needs_frame) continue;
    c->is_unit = true;
    c->is_label = false;
    c->unit_kind = UnitKind::frame;
  }
  number_codes();
  for (bool changed = true; changed;) {
    changed = false;
    assign_units();
    for (const Use& use : uses_) {
      Code* to = of(use.to);
      if (!to || use.as_frame || to->needs_block) continue;
      Code* from_unit = unit_of(use.from);
      bool across = to->needs_frame ? is_local_frame(use.from, use.to) : unit_of(to) != from_unit;
      if (!across) continue;
      to->needs_block = true;
      to->is_unit = true;
      to->is_label = false;
      if (!to->needs_frame) to->unit_kind = UnitKind::block;
      changed = true;
    }
  }
  assign_units();
}

/// A label or block is a loop if its own body, or that of a code nested in it, jumps to it; mutually
/// recursive ones of one LetCont count each other's jumps as references, so that they keep labels.
void Units::mark_loops() {
  for (const Use& use : uses_) {
    Code* to = of(use.to);
    if (!to || use.as_frame) continue;
    to->references++;
    if (is_inside(use.from, to)) to->is_loop = true;
    if (!to->group || to->group->conts.size() < 2) continue;
    for (Cont* sibling : to->group->conts)
      if (sibling != use.to && is_inside(use.from, of(sibling))) to->references++;
  }
}

/// Also true inside the continuations that are bound together with k: they do not hold each other's
/// frames, which would be cyclic, but make them anew from what both need.
bool Units::is_local_frame(const Code* from, const Cont* k) const {
  Code* c = of(k);
  if (!c) return false;
  if (c->group)
    for (Cont* sibling : c->group->conts)
      if (is_inside(from, of(sibling))) return true;
  return unit_of(c->owner) == unit_of(from);
}

/// What a piece of code with these needs asks of `from`: frames made there count as what they hold.
void Units::held_needs(const Code* from, const IdSet& free, IdSet& out) const {
  for (uint32_t id : free) {
    Cont* held = cont(id);
    if (held && of(held)) {
      need_frame(from, held, out);
    } else {
      out.insert(id);
    }
  }
}

void Units::need_frame(const Code* from, Cont* k, IdSet& out) const {
  k = resolve(k);
  if (Code* c = of(k); c && is_local_frame(from, k)) {
    held_needs(from, c->free, out);
    return;
  }
  out.insert(k->id);
}

void Units::need_jump(const Code* from, Cont* k, IdSet& out) const {
  k = resolve(k);
  Code* c = of(k);
  if (!c) {
    if (unit_of(from)->suspending) out.insert(k->id);
    return;
  }
  if (c->needs_frame && !is_local_frame(from, k)) {
    out.insert(k->id);
    return;
  }
  held_needs(from, c->free, out);
}

void Units::atom_needs(const Atom& a, IdSet& out) const {
  if (uint32_t id = id_of(a)) out.insert(id);
}

/// Adds what t needs to `out`, and what it binds, in the straight code of c, to `bound`.
void Units::term_needs(Code* c, Term* t, IdSet& out, IdSet& bound) {
  while (t) {
    switch (t->kind) {
      case TermKind::let: {
        auto* l = static_cast<Let*>(t);
        for (const Atom& a : l->op.args) atom_needs(a, out);
        bound.insert(l->var->id);
        t = l->next;
        break;
      }
      case TermKind::let_fun: {
        auto* l = static_cast<LetFun*>(t);
        for (Fun* f : l->funs) {
          bound.insert(f->self->id);
          for (Var* v : f->captures) out.insert(v->id);
        }
        t = l->next;
        break;
      }
      case TermKind::let_cont:
        t = static_cast<LetCont*>(t)->next;
        break;
      case TermKind::jump: {
        auto* j = static_cast<Jump*>(t);
        for (const Atom& a : j->args) atom_needs(a, out);
        return need_jump(c, j->cont, out);
      }
      case TermKind::call: {
        auto* call = static_cast<Call*>(t);
        atom_needs(call->callee, out);
        for (const Atom& a : call->args) atom_needs(a, out);
        bool frame = suspends(call, c->suspending);
        return frame ? need_frame(c, call->cont, out) : need_jump(c, call->cont, out);
      }
      case TermKind::if_: {
        auto* i = static_cast<If*>(t);
        atom_needs(i->condition, out);
        term_needs(c, i->consequent, out, bound);
        t = i->alternative;
        break;
      }
      case TermKind::reset: {
        auto* r = static_cast<PushReset*>(t);
        if (!c->suspending) {
          Code* body = of_reset(r);
          out.insert(body->free.begin(), body->free.end());
          return need_jump(c, r->cont, out);
        }
        need_frame(c, r->cont, out);
        bound.insert(r->bottom->id);
        t = r->body;
        break;
      }
      case TermKind::shift: {
        auto* s = static_cast<Shift*>(t);
        need_frame(c, s->cont, out);
        bound.insert(s->var->id);
        bound.insert(s->bottom->id);
        t = s->body;
        break;
      }
      case TermKind::try_: {
        auto* p = static_cast<PushTry*>(t);
        if (is_reified(p)) {
          held_needs(c, of_handler(p)->free, out);
          need_frame(c, p->cont, out);
          bound.insert(p->end->id);
        } else {
          bound.insert(p->var->id);
          term_needs(c, p->handler, out, bound);
        }
        t = p->body;
        break;
      }
      case TermKind::raise:
        return atom_needs(static_cast<Raise*>(t)->error, out);
    }
  }
}

IdSet Units::needs(Code* c) {
  IdSet out, bound;
  for (Var* p : c->params) bound.insert(p->id);
  if (c->reset) bound.insert(c->reset->bottom->id);
  if (c->unit_kind == UnitKind::handler && c->is_unit) {
    Cont* k = resolve(c->handled->cont);
    out.insert(k->id);
  }
  if (auto it = forced_.find(c); it != forced_.end())
    out.insert(it->second.begin(), it->second.end());
  if (c->plain_try) {
    IdSet handler = handler_needs(c, c->plain_try);
    out.insert(handler.begin(), handler.end());
  }
  term_needs(c, c->body, out, bound);
  for (uint32_t id : bound) out.erase(id);
  return out;
}

IdSet Units::handler_needs(Code* c, const PushTry* t) {
  IdSet out, bound;
  for (; t; t = try_parents_.at(t)) {
    bound.insert(t->var->id);
    term_needs(c, t->handler, out, bound);
  }
  for (uint32_t id : bound) out.erase(id);
  return out;
}

/// Least fixpoint: inner codes come after outer ones in codes_, so going backwards converges fast.
void Units::solve() {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = codes_.size(); i-- > 0;) {
      Code* c = codes_[i].get();
      IdSet now = needs(c);
      if (now == c->free) continue;
      c->free = std::move(now);
      changed = true;
    }
  }
}

/// Each frame, block and handler must hold a continuation whose chain leads to its home, to raise
/// through and for backtraces.
void Units::require_homes() {
  bool forced = false;
  for (auto& c : codes_) {
    if (!c->is_unit || !c->suspending || c->unit_kind == UnitKind::function ||
        c->unit_kind == UnitKind::reset_body)
      continue;
    bool found = false;
    for (uint32_t id : c->free) {
      Cont* k = cont(id);
      if (!k) continue;
      Code* kc = of(k);
      found |= k == c->home || (kc && kc->home == c->home);
    }
    if (found) continue;
    forced_[c.get()].insert(c->home->id);
    forced = true;
  }
  if (forced) solve();
}

void Units::choose_primary() {
  for (auto& c : codes_) {
    if (!c->is_unit || c->unit_kind == UnitKind::function) continue;
    if (c->unit_kind == UnitKind::reset_body) {
      c->primary = c->reset->bottom->id;
      continue;
    }
    if (c->unit_kind == UnitKind::handler) {
      c->primary = resolve(c->handled->cont)->id;
      continue;
    }
    for (uint32_t id : c->free) {
      Cont* k = cont(id);
      if (!k) continue;
      Code* kc = of(k);
      if (k == c->home || (kc && kc->home == c->home)) c->primary = id;
    }
  }
}

}  // namespace valkc
