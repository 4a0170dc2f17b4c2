// Emission of terms: one function a kind. See unit_emitter.h.
#include <algorithm>

#include "codegen/unit_emitter.h"
#include "cps/fold.h"

namespace valkc {

namespace {

/// Longer lists are made by the runtime.
constexpr size_t MAX_INLINE_LIST = 16;

struct FastPath {
  std::string_view id;
  std::string_view test;  ///< FAST only
  std::string_view value;
  enum Kind { expression, fast, statement } kind;
};
const FastPath fast_paths[] = {
#define EXPRESSION(id, text) {#id, "", text, FastPath::expression},
#define FAST(id, test, value) {#id, test, value, FastPath::fast},
#define STATEMENT(id, text) {#id, "", text, FastPath::statement},
#include "codegen/fast_paths.def"
};
const std::string_view immediate_results[] = {
#define IMMEDIATE(id) #id,
#include "codegen/fast_paths.def"
};

const FastPath* find_fast_path(std::string_view id) {
  for (const FastPath& f : fast_paths)
    if (f.id == id) return &f;
  return nullptr;
}

}  // namespace

std::string expand(std::string_view pattern, const std::vector<std::string>& args,
                   const std::string& r) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); i++) {
    if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}') {
      char c = pattern[i + 1];
      out += c == 'r' ? r : args[static_cast<size_t>(c - '0')];
      i += 2;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

void UnitEmitter::term(Term* t, Where w) {
  position(t->span);
  mark_point(t, false);
  if (facts_) box_for(t, w);
  switch (t->kind) {
    case TermKind::let: {
      auto* l = static_cast<Let*>(t);
      let(l, w);
      return term(l->next, w);
    }
    case TermKind::let_fun: {
      auto* l = static_cast<LetFun*>(t);
      let_fun(l, w);
      return term(l->next, w);
    }
    case TermKind::let_cont:
      return term(static_cast<LetCont*>(t)->next, w);
    case TermKind::jump: {
      auto* j = static_cast<Jump*>(t);
      IdSet ids;
      for (const Atom& a : j->args)
        if (uint32_t id = units_.id_of(a)) ids.insert(id);
      return jump(j->cont, jump_arguments(j), w, t->span, ids);
    }
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
      return raise(static_cast<Raise*>(t), w);
  }
}

std::vector<std::string> UnitEmitter::arguments(const std::vector<Atom>& atoms) {
  std::vector<std::string> out;
  for (const Atom& a : atoms) out.push_back(atom(a));
  return out;
}

// ---- bindings -----------------------------------------------------------------------------------

void UnitEmitter::let(Let* l, const Where& w) {
  if (!facts_) return let_completely(l, w);
  const FastPlan plan = plan_operation(*l, known_, facts_->hints());
  if (stores_double(*l)) {
    let_double_store(l, w);
  } else if (plan.kind == FastPlan::none) {
    box_for_let(l, w);
    let_completely(l, w);
  } else {
    let_planned(l, plan, w);
  }
  UnitFacts::after_let(*l, plan, known_);
}

void UnitEmitter::let_completely(Let* l, const Where& w) {
  switch (l->op.kind) {
    case OpKind::primitive:
      return let_primitive(l, w);
    case OpKind::global_get:
    case OpKind::global_define:
    case OpKind::global_set:
      return let_global(l, w);
    case OpKind::block:
      return let_block(l, w);
    case OpKind::is_unset:
      immediates_.insert(l->var->id);
      return line(name(l->var->id) + " = valk_bool(" + atom(l->op.args[0]) + " == VALK_UNSET);");
    case OpKind::unset:
      immediates_.insert(l->var->id);
      return line(name(l->var->id) + " = VALK_UNSET;");
  }
}

void UnitEmitter::let_primitive(Let* l, const Where& w) {
  const Primitive& p = *l->op.primitive;
  std::string result = name(l->var->id);
  for (std::string_view id : immediate_results)
    if (id == p.id) immediates_.insert(l->var->id);
  const FastPath* fast = find_fast_path(p.id);
  std::vector<std::string> args = arguments(l->op.args);
  // Beside a fast version the complete one is rarely run, and half as long to compile without them.
  const bool inline_allowed = names_.options.level > 0 && !is_huge_ && !is_entered_at_points();
  if (fast && fast->kind == FastPath::expression)
    return line(result + " = " + expand(fast->value, args, result) + ";");
  if (fast && fast->kind == FastPath::statement) {
    line(expand(fast->value, args, result));
    return line(result + " = VALK_NIL;");
  }
  if (inline_allowed && let_name_test(l, result)) return;
  IdSet live = saved_at(l, w);
  if (inline_allowed && p.id == "list" && !args.empty() && args.size() <= MAX_INLINE_LIST)
    return let_list(l, w, live, result);
  if (!fast || !inline_allowed) return call_primitive(l, w, live, result);
  const FastPlan plan = facts_ ? plan_operation(*l, known_, facts_->hints()) : FastPlan{};
  std::string test = expand(facts_ ? fast_test(*l, plan, fast->test) : fast->test, args, result);
  std::vector<uint32_t> before = slots_;
  if (fast->value.empty()) {
    open("if (VALK_UNLIKELY(!(" + test + ")))");
  } else {
    line("if (VALK_LIKELY(" + test + ")) " + result + " = " + expand(fast->value, args, result) +
         ";");
    open("else");
  }
  call_primitive(l, w, live, result);
  close();
  forget_changed_slots(before);
}

/// After a branch in which slots may have been written: what they hold now is only known if it is the same.
/// What is above those that the branch knows belongs to whom it called.
void UnitEmitter::forget_changed_slots(std::vector<uint32_t> before) {
  std::swap(slots_, before);
  for (size_t i = 0; i < slots_.size(); i++)
    if (i >= before.size() || before[i] != slots_[i]) slots_[i] = 0;
}

/// == and != with a constant symbol or keyword; false if it is another operation.
bool UnitEmitter::let_name_test(const Let* l, const std::string& result) {
  if (!is_equality(*l->op.primitive) || l->op.args.size() != 2) return false;
  for (size_t i : {1, 0}) {
    const Atom& a = l->op.args[i];
    if (!a.is_constant()) continue;
    if (a.constant->kind != DatumKind::symbol && a.constant->kind != DatumKind::keyword) continue;
    const std::string sign = l->op.primitive->id == "eq2" ? "" : "!";
    line(result + " = valk_bool(" + sign + "valk_is_name(" + atom(l->op.args[1 - i]) + ", " +
         atom(a) + "));");
    return true;
  }
  return false;
}

/// A list of a few elements, made in one piece.
void UnitEmitter::let_list(Let* l, const Where& w, IdSet live, const std::string& result) {
  for (const Atom& a : l->op.args)
    if (uint32_t id = units_.id_of(a)) live.insert(id);
  drop_unmoved(live);
  const std::string words = std::to_string(2 * l->op.args.size());
  reserve(words, live, l->span, w);
  const std::vector<std::string> items = arguments(l->op.args);
  open("");
  line("Value* const p = valk_take(vm, " + words + ");");
  for (size_t i = 0; i < items.size(); i++) {
    const std::string next = std::to_string(2 * i + 2);
    line("p[" + std::to_string(2 * i) + "] = " + items[i] + ";");
    line("p[" + std::to_string(2 * i + 1) +
         "] = " + (i + 1 == items.size() ? "VALK_NIL" : "valk_tag_pair(p + " + next + ")") + ";");
  }
  line(result + " = valk_tag_pair(p);");
  close();
}

void UnitEmitter::call_primitive(Let* l, const Where& w, const IdSet& live,
                                 const std::string& result) {
  const Primitive& p = *l->op.primitive;
  std::vector<std::string> args = arguments(l->op.args);
  bool can_collect = p.has(EFFECT_ALLOCATES) || p.has(EFFECT_RAISES) || p.has(EFFECT_OPERATION);
  int n = 0;
  if (can_collect) {
    n = save(live);
  } else {
    uses_sp_ = true;
    n = static_cast<int>(live.size());
    if (!p.uses_registers()) n = save(live);
  }
  std::string top = "sp + " + std::to_string(n);
  std::string text;
  bool by_stack = !p.uses_registers() || p.has(EFFECT_OPERATION);
  if (by_stack) {
    for (size_t i = 0; i < args.size(); i++)
      line("sp[" + std::to_string(static_cast<size_t>(n) + i) + "] = " + args[i] + ";");
    slots_.resize(static_cast<size_t>(n));
  }
  if (p.has(EFFECT_OPERATION)) {
    text = "valk_op_call(vm, " + top + ", " + std::to_string(args.size()) + ", &" +
           names_.primitives.operation(p) + ")";
  } else if (by_stack) {
    text = names_.primitives.function(p) + "(vm, " + top + ", " + std::to_string(args.size()) + ")";
  } else {
    text = names_.primitives.function(p) + "(vm, " + top;
    for (const std::string& a : args) text += ", " + a;
    text += ")";
  }
  line(result + " = " + text + ";");
  if (can_collect) reload(live);
  if (p.has(EFFECT_RAISES) || p.has(EFFECT_ALLOCATES) || p.has(EFFECT_OPERATION))
    check(result, l->span, w);
  if (p.has(EFFECT_OPENS)) line("valk_handle_opened(" + result + ", " + site(l->span) + ");");
}

void UnitEmitter::let_global(Let* l, const Where& w) {
  const std::string& cell = names_.globals.at(l->op.global);
  std::string result = name(l->var->id);
  if (l->op.kind == OpKind::global_define) {
    line(cell + " = " + atom(l->op.args[0]) + ";");
    return line(result + " = VALK_NIL;");
  }
  IdSet live = saved_at(l, w);
  std::vector<uint32_t> before = slots_;
  open("if (VALK_UNLIKELY(" + cell + " == VALK_UNSET))");
  Datum symbol;
  symbol.kind = DatumKind::symbol;
  symbol.text = l->op.global->name;
  int n = save(live);
  const Primitive* unbound = find_primitive("%unbound");
  line(names_.primitives.function(*unbound) + "(vm, sp + " + std::to_string(n) + ", " +
       names_.constants.value(symbol) + ");");
  reload(live);
  error_exit(l->span, w);
  close();
  slots_ = before;
  for (uint32_t& s : slots_) s = 0;
  if (l->op.kind == OpKind::global_get) return line(result + " = " + cell + ";");
  line(cell + " = " + atom(l->op.args[0]) + ";");
  line(result + " = VALK_NIL;");
}

void UnitEmitter::let_block(Let* l, const Where& w) {
  IdSet live = saved_at(l, w);
  for (const Atom& a : l->op.args)
    if (uint32_t id = units_.id_of(a)) live.insert(id);
  drop_unmoved(live);
  reserve("3", live, l->span, w);
  std::string result = name(l->var->id);
  open("");
  line("Value* const b = valk_take(vm, 3);");
  line("b[0] = VALK_HEADER(VALK_KIND_BLOCK, 3);");
  line("b[1] = " + atom(l->op.args[0]) + ";");
  line("b[2] = " + atom(l->op.args[1]) + ";");
  line(result + " = valk_tag_object(b);");
  close();
}

/// One reservation for the group; then each closure is stored, and may point at those after it.
void UnitEmitter::let_fun(LetFun* l, const Where& w) {
  int words = 0;
  IdSet live = saved_at(l, w);
  std::vector<Fun*> dynamic;
  for (Fun* f : l->funs) {
    if (f->captures.empty()) continue;
    dynamic.push_back(f);
    words += 2 + static_cast<int>(f->captures.size());
    for (Var* v : f->captures) live.insert(v->id);
  }
  if (dynamic.empty()) return;
  for (Fun* f : dynamic) live.erase(f->self->id);
  drop_unmoved(live);
  reserve(std::to_string(words), live, l->span, w);
  make_closures(dynamic, words);
}

/// Stores closures that may capture each other; there is room. They are taken as one piece, since C++
/// compilers take quadratic time to tell the stores into many pieces apart.
void UnitEmitter::make_closures(const std::vector<Fun*>& funs, int words) {
  open("");
  line("Value* const c = valk_take(vm, " + std::to_string(words) + ");");
  const auto word = [](size_t i) { return "c[" + std::to_string(i) + "]"; };
  size_t at = 0;
  for (const Fun* f : funs) {
    line(name(f->self->id) + " = valk_tag_object(&" + word(at) + ");");
    at += 2 + f->captures.size();
  }
  at = 0;
  for (const Fun* f : funs) {
    const std::string size = std::to_string(2 + f->captures.size());
    line(word(at++) + " = VALK_HEADER(VALK_KIND_CLOSURE, " + size + ");");
    line(word(at++) + " = (Value)&fn_" + names_.funs.at(f) + ";");
    for (const Var* v : f->captures) line(word(at++) + " = " + value_name(v->id) + ";");
  }
  close();
}

// ---- jumps --------------------------------------------------------------------------------------

void UnitEmitter::assign_params(const std::vector<Var*>& params,
                                const std::vector<Argument>& args) {
  size_t n = std::min(params.size(), args.size());
  std::vector<Argument> values = args;
  for (size_t i = 0; i < n; i++) {
    if (!values[i].reads_memory) continue;
    std::string kept = double_temporary("kept");
    line(kept + " = " + values[i].text + ";");
    values[i].text = kept;
  }
  for (size_t i = 0; i < n; i++) {
    const std::string param = name(params[i]->id);
    // An argument that reads a parameter which an earlier assignment overwrites is kept aside.
    for (size_t j = i + 1; j < n; j++) {
      if (values[j].text != param) continue;
      std::string kept = values[j].is_double ? double_temporary("kept") : temporary("kept");
      line(kept + " = " + values[j].text + ";");
      values[j].text = kept;
    }
    if (values[i].text != param) line(param + " = " + values[i].text + ";");
  }
  for (size_t i = 0; i < n; i++) {
    boxes_.erase(params[i]->id);
    for (uint32_t& s : slots_)
      if (s == params[i]->id) s = 0;
  }
}

void UnitEmitter::jump(Cont* k, const std::vector<Argument>& args, const Where& w, Span span,
                       const IdSet& arg_ids) {
  k = units_.resolve(k);
  Code* c = units_.of(k);
  std::string first = args.empty() ? "VALK_NIL" : args[0].text;
  if (!c && !unit_->suspending) return line("return " + first + ";");
  if (!c) return line("VALK_RETURN(" + name(k->id) + ", " + first + ");");
  if (c->needs_frame && !units_.is_local_frame(w.code, k))
    return line("VALK_RETURN(" + name(k->id) + ", " + first + ");");
  if (c->needs_block) return go_block(c, args, w, span, arg_ids);
  go_label(c, args);
}

void UnitEmitter::go_label(Code* c, const std::vector<Argument>& args) {
  assign_params(c->params, args);
  bool first =
      !emitted_.count(c) && std::find(pending_.begin(), pending_.end(), c) == pending_.end();
  if (c->references == 1 && !c->is_loop) return enter_code(c);
  if (c->is_loop && first) {
    line(label(c) + ":");
    return enter_loop(c);
  }
  if (!loops_.empty() && loops_.back() == c) return line("continue;");
  line("goto " + label(c) + ";");
  if (first) pending_.push_back(c);
}

/// Emits the body of a label here.
void UnitEmitter::enter_code(Code* c) {
  emitted_.insert(c);
  Where w{c, c->plain_try, c->home};
  if (!live_done_[c]) {
    live(c->body, w);
    live_done_[c] = true;
  }
  if (c->is_loop || c->references != 1) {
    slots_.clear();
    boxes_.clear();
  }
  if (facts_) facts_->enter(c, known_);
  term(c->body, w);
}

void UnitEmitter::enter_loop(Code* c) {
  open("for (;;)");
  loops_.push_back(c);
  enter_code(c);
  loops_.pop_back();
  close();
}

void UnitEmitter::emit_pending() {
  while (!pending_.empty() || !pending_handlers_.empty()) {
    if (!pending_handlers_.empty()) {
      PushTry* t = pending_handlers_.back();
      pending_handlers_.pop_back();
      emit_handler(t);
      continue;
    }
    Code* c = pending_.back();
    pending_.pop_back();
    if (emitted_.count(c)) continue;
    slots_.clear();
    boxes_.clear();
    known_.forget();
    line(label(c) + ":");
    if (c->is_loop) {
      enter_loop(c);
    } else {
      enter_code(c);
    }
  }
}

/// A jump to code that is a C++ function of its own: what it needs travels as arguments.
void UnitEmitter::go_block(Code* c, const std::vector<Argument>& args, const Where& w, Span span,
                           const IdSet& arg_ids) {
  std::vector<Cont*> order;
  collect_frames(c->free, w, order);
  if (!order.empty()) {
    IdSet live = arg_ids;
    units_.need_jump(w.code, c->cont, live);
    add_target(live, w);
    make_frames(order, live, span, w);
  }
  std::vector<std::string> values;
  for (const Argument& a : args) values.push_back(a.text);
  values.resize(c->params.size(), "VALK_NIL");
  for (uint32_t id : c->free)
    if (id != c->primary) values.push_back(value_name(id));
  for (size_t i = 4; i < values.size(); i++)
    line("vm->args[" + std::to_string(i - 1) + "] = " + values[i] + ";");
  auto at = [&](size_t i) { return i < values.size() ? values[i] : std::string("0"); };
  line("VALK_GOTO(" + block_name(c) + ", " + name(c->primary) + ", " + at(0) + ", " + at(1) + ", " +
       at(2) + ", " + at(3) + ");");
}

// ---- control ------------------------------------------------------------------------------------

/// C++ compilers bound how deep blocks may nest: clang at 256.
constexpr int MAX_NESTING = 100;

void UnitEmitter::if_(If* i, const Where& w) {
  const bool is_always = i->condition.is_var() && is_double(i->condition.var->id);
  const std::string test = is_always ? "true" : "valk_is_true(" + atom(i->condition) + ")";
  // Neither branch comes out at its end, so deep in the source they need not nest in C++.
  const bool is_flat = indent_ > MAX_NESTING;
  const std::string otherwise = is_flat ? "else_" + std::to_string(++else_count_) : "";
  is_flat ? line("if (!" + test + ") goto " + otherwise + ";") : open("if (" + test + ")");
  std::vector<uint32_t> before = slots_;
  const std::unordered_map<uint32_t, std::string> boxes = boxes_;
  const size_t mark = known_.mark();
  if (facts_) facts_->take_branch(*i, true, known_);
  term(i->consequent, w);
  is_flat ? line(otherwise + ":;") : close();
  slots_ = before;
  boxes_ = boxes;
  known_.undo(mark);
  if (facts_) facts_->take_branch(*i, false, known_);
  term(i->alternative, w);
}

void UnitEmitter::reset(PushReset* r, Where w) {
  if (!unit_->suspending) return reset_direct(r, w);
  IdSet live = saved_at(r, w);
  std::vector<Cont*> order;
  collect_frames(r->cont, w, order);
  make_frames(order, live, r->span, w);
  int n = save(live);
  std::string bottom = name(r->bottom->id);
  line(bottom + " = " + (r->is_async ? "valk_push_async_reset" : "valk_push_reset") + "(vm, sp + " +
       std::to_string(n) + ", " + name(units_.resolve(r->cont)->id) + ");");
  reload(live);
  check(bottom, r->span, w);
  w.home = r->bottom;
  w.plain_try = nullptr;
  term(r->body, w);
}

/// Direct code: the body is suspending code in a frame of its own, run until it returns to C++.
void UnitEmitter::reset_direct(PushReset* r, const Where& w) {
  Code* body = units_.of_reset(r);
  has_direct_call_ = true;
  IdSet live = saved_at(r, w);
  IdSet all = live;
  for (uint32_t id : body->free) all.insert(id);
  drop_unmoved(all);
  std::string frame = temporary("body");
  reserve(std::to_string(frame_words(body) + (body->free.count(body->primary) ? 0 : 1)), all,
          r->span, w);
  open("");
  std::string words = std::to_string(3 + body->free.size());
  line("Value* const f = valk_take(vm, " + words + ");");
  line("f[0] = VALK_FRAME_HEADER(" + frame_descriptor(body) + ", " + words + ");");
  line("f[VALK_FRAME_CODE] = (Value)" + unit_name(body) + ";");
  line("f[VALK_FRAME_PARENT] = VALK_NIL;");
  int i = 3;
  for (uint32_t id : body->free) line("f[" + std::to_string(i++) + "] = " + value_name(id) + ";");
  line(frame + " = valk_tag_object(f);");
  close();
  int n = save(live);
  Cont* k = units_.resolve(r->cont);
  std::string result = temporary("t");
  line(result + " = valk_run_reset(vm, sp + " + std::to_string(n) + ", " + frame + ", " +
       (r->is_async ? "true" : "false") + ");");
  reload(live);
  check(result, r->span, w);
  pass_result(k, result, w, r->span);
}

void UnitEmitter::shift(Shift* s, Where w) {
  IdSet live = saved_at(s, w);
  std::vector<Cont*> order;
  collect_frames(s->cont, w, order);
  make_frames(order, live, s->span, w);
  int n = save(live);
  line(name(s->var->id) + " = valk_capture(vm, sp + " + std::to_string(n) + ", " +
       name(units_.resolve(s->cont)->id) + ");");
  reload(live);
  check(name(s->var->id), s->span, w);
  line(name(s->bottom->id) + " = valk_bottom(vm);");
  w.home = s->bottom;
  term(s->body, w);
}

void UnitEmitter::try_(PushTry* p, Where w) {
  if (!units_.is_reified(p)) {
    where_of_try_.emplace(p, w);
    known_at_try_[p] = known_;
    w.plain_try = p;
    return term(p->body, w);
  }
  Code* handler = units_.of_handler(p);
  IdSet live = saved_at(p, w);
  std::vector<Cont*> order;
  collect_frames(p->cont, w, order);
  collect_frames(handler->free, w, order);
  for (uint32_t id : handler->free)
    if (!units_.cont(id) || !units_.of(units_.cont(id))) live.insert(id);
  make_frames(order, live, p->span, w, frame_words(handler));
  fill_frame(handler, frame_descriptor(handler), "valk_pass_to_parent", name(p->end->id));
  w.home = p->end;
  term(p->body, w);
}

void UnitEmitter::emit_handler(PushTry* t) {
  slots_.clear();
  boxes_.clear();
  known_ = known_at_try_[t];
  line("catch_" + std::to_string(t->end->id) + ":");
  const Where w = where_of_try_.at(t);
  IdSet live_here = live(t->handler, w);
  live_here.erase(t->var->id);
  if (w.plain_try) {
    const IdSet& outer = handler_needs(w.plain_try, w.code);
    live_here.insert(outer.begin(), outer.end());
  }
  add_target(live_here, w);
  drop_unmoved(live_here);
  int n = save(live_here);
  line(name(t->var->id) + " = valk_catch(vm, sp + " + std::to_string(n) + ");");
  reload(live_here);
  term(t->handler, w);
}

void UnitEmitter::raise(Raise* r, const Where& w) {
  IdSet live = saved_at(r, w);
  int n = save(live);
  line("valk_rethrow(vm, sp + " + std::to_string(n) + ", " + atom(r->error) + ");");
  reload(live);
  // Without a site: this frame, and what it was inlined into, are in the trace already.
  error_exit(Span{}, w);
}

}  // namespace valkc
