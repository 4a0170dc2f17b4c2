// See unit_emitter.h: names, liveness, collection points, heads. The terms are in emit_terms.cpp, the
// frames in emit_frames.cpp.
//
// At every point that may collect, what is needed afterwards stands on the shadow stack, in order of
// age, so that values that stay alive over several calls keep their slots and are stored once.
#include "codegen/unit_emitter.h"

#include <algorithm>

#include "cps/size.h"

namespace valkc {

bool has_version(const Fun* f, Version v) {
  switch (f->suspension) {
    case Suspension::direct:
      return v == Version::direct;
    case Suspension::either:
      return true;
    case Suspension::suspends:
    case Suspension::unknown:
      return v == Version::suspending;
  }
  return false;
}

bool passes_in_self(const ProgramNames& names, const Fun* f) {
  return f->captures.empty() && !f->rest && f->params.size() > 3 && names.exact.count(f) == 0;
}

std::string version_name(const ProgramNames& names, const Fun* f, Version v) {
  return (v == Version::direct ? "f_" : "s_") + names.funs.at(f);
}

std::string entry_name(const ProgramNames& names, const Fun* f, Version v) {
  const bool is_direct = v == Version::direct;
  if (passes_in_self(names, f) || (is_direct && names.exact.count(f) != 0))
    return (is_direct ? "e_" : "es_") + names.funs.at(f);
  return version_name(names, f, v);
}

/// A unit of more terms is huge.
constexpr size_t HUGE_TERMS = 600;
/// A unit of more terms has each way out once, which all go to.
constexpr size_t SHARED_EXIT_TERMS = 16;

UnitEmitter::UnitEmitter(ProgramNames& names, Units& units, Code* unit, Points& points,
                         const UnitFacts* facts)
    : names_(names),
      units_(units),
      unit_(unit),
      fun_(units.fun()),
      points_(points),
      facts_(facts),
      is_huge_(is_larger(unit->body, HUGE_TERMS)),
      shares_exits_(is_larger(unit->body, SHARED_EXIT_TERMS)) {}

// ---- text ---------------------------------------------------------------------------------------

/// Deeper code is not indented more, or its size would be quadratic.
constexpr int MAX_INDENT = 40;

void UnitEmitter::line(const std::string& text) {
  out_.append(static_cast<size_t>(std::min(indent_, MAX_INDENT)) * 2, ' ');
  out_ += text;
  out_ += '\n';
}

void UnitEmitter::position(Span span) {
  if (!names_.options.line_directives || !span.is_known()) return;
  uint32_t n = names_.source_map.position(span).line;
  if (n == current_line_) return;
  current_line_ = n;
  out_ += "#line " + std::to_string(n) + " " + cpp_string(names_.source_map.path(span.file)) + "\n";
}

// ---- names --------------------------------------------------------------------------------------

std::string UnitEmitter::temporary(const std::string& base) {
  std::string made = cpp_identifier(base);
  made += "_" + std::to_string(++base_counts_[made]);
  declared_.push_back(made);
  return made;
}

std::string UnitEmitter::name(uint32_t id) {
  auto it = names_of_.find(id);
  if (it != names_of_.end()) return it->second;
  std::string base = "v";
  if (Var* v = units_.var(id)) {
    base = v->name;
  } else if (Cont* k = units_.cont(id)) {
    base = k->name;
  }
  std::string made = is_double(id) ? double_temporary(base) : temporary(base);
  names_of_[id] = made;
  return made;
}

std::string UnitEmitter::value_name(uint32_t id) {
  return is_double(id) ? boxes_.at(id) : name(id);
}

std::string UnitEmitter::atom(const Atom& a) {
  switch (a.kind) {
    case AtomKind::var:
      return value_name(a.var->id);
    case AtomKind::constant:
      return names_.constants.value(*a.constant);
    case AtomKind::fun:
      if (a.fun->captures.empty()) return "VALK_STATIC(c_" + names_.funs.at(a.fun) + ")";
      return name(a.fun->self->id);
    case AtomKind::primitive:
      return names_.primitives.value(*a.primitive);
  }
  return "VALK_NIL";
}

std::string UnitEmitter::label(const Code* c) {
  return cpp_identifier(c->cont->name) + "_l" + std::to_string(c->cont->id);
}

std::string UnitEmitter::unit_name(const Code* c) {
  std::string base = names_.funs.at(fun_) + "_" + (units_.version() == Version::direct ? "d" : "s");
  switch (c->unit_kind) {
    case UnitKind::function:
      return version_name(names_, fun_, units_.version());
    case UnitKind::frame:
      return "k_" + base + std::to_string(c->cont->id);
    case UnitKind::block:
      return "b_" + base + std::to_string(c->cont->id);
    case UnitKind::handler:
      return "h_" + base + std::to_string(c->handled->end->id);
    case UnitKind::reset_body:
      return "r_" + base + std::to_string(c->reset->bottom->id);
  }
  return base;
}

/// The body of a frame that is also jumped to is a block; the frame's code then only enters it.
std::string UnitEmitter::block_name(const Code* c) {
  return "b_" + names_.funs.at(fun_) + "_" + (units_.version() == Version::direct ? "d" : "s") +
         std::to_string(c->cont->id);
}

std::string UnitEmitter::site(Span span) {
  return names_.sites.site(span, fun_->name, names_.program);
}

// ---- liveness -----------------------------------------------------------------------------------

const IdSet& UnitEmitter::handler_needs(const PushTry* t, Code* c) {
  auto it = handler_needs_.find(t);
  if (it == handler_needs_.end()) it = handler_needs_.emplace(t, units_.handler_needs(c, t)).first;
  return it->second;
}

/// The continuation through which suspending code raises at this point.
uint32_t UnitEmitter::target(const Where& w) const {
  if (w.home != unit_->home) return w.home->id;
  return unit_->unit_kind == UnitKind::function ? fun_->ret->id : unit_->primary;
}

void UnitEmitter::add_target(IdSet& ids, const Where& w) const {
  if (unit_->suspending) ids.insert(target(w));
}

/// Records what must survive the collection that t may cause.
IdSet UnitEmitter::note(Term* t, IdSet after, const Where& w) {
  if (w.plain_try) {
    const IdSet& h = handler_needs(w.plain_try, w.code);
    after.insert(h.begin(), h.end());
  }
  add_target(after, w);
  after_[t] = after;
  return after;
}

IdSet UnitEmitter::live(Term* t, const Where& w) {
  IdSet out;
  auto add = [&](const Atom& a) {
    if (uint32_t id = units_.id_of(a)) out.insert(id);
  };
  switch (t->kind) {
    case TermKind::let: {
      auto* l = static_cast<Let*>(t);
      out = live(l->next, w);
      if (out.erase(l->var->id) == 0) unused_.insert(l);
      out = note(t, std::move(out), w);
      for (const Atom& a : l->op.args) add(a);
      return out;
    }
    case TermKind::let_fun: {
      auto* l = static_cast<LetFun*>(t);
      out = live(l->next, w);
      for (Fun* f : l->funs) out.erase(f->self->id);
      for (Fun* f : l->funs)
        for (Var* v : f->captures) out.insert(v->id);
      for (Fun* f : l->funs) out.erase(f->self->id);
      return note(t, std::move(out), w);
    }
    case TermKind::let_cont:
      return live(static_cast<LetCont*>(t)->next, w);
    case TermKind::jump: {
      auto* j = static_cast<Jump*>(t);
      units_.need_jump(w.code, j->cont, out);
      out = note(t, std::move(out), w);
      for (const Atom& a : j->args) add(a);
      return out;
    }
    case TermKind::call: {
      auto* c = static_cast<Call*>(t);
      if (units_.suspends(c, unit_->suspending)) {
        units_.need_frame(w.code, c->cont, out);
      } else {
        units_.need_jump(w.code, c->cont, out);
      }
      out = note(t, std::move(out), w);
      add(c->callee);
      for (const Atom& a : c->args) add(a);
      return out;
    }
    case TermKind::if_: {
      auto* i = static_cast<If*>(t);
      out = live(i->consequent, w);
      IdSet other = live(i->alternative, w);
      out.insert(other.begin(), other.end());
      add(i->condition);
      return out;
    }
    case TermKind::reset: {
      auto* r = static_cast<PushReset*>(t);
      if (!unit_->suspending) {
        units_.need_jump(w.code, r->cont, out);
        out = note(t, std::move(out), w);
        const IdSet& body = units_.of_reset(r)->free;
        out.insert(body.begin(), body.end());
        return out;
      }
      Where inner = w;
      inner.home = r->bottom;
      inner.plain_try = nullptr;
      out = live(r->body, inner);
      out.erase(r->bottom->id);
      out = note(t, std::move(out), w);
      units_.need_frame(w.code, r->cont, out);
      return out;
    }
    case TermKind::shift: {
      auto* s = static_cast<Shift*>(t);
      Where inner = w;
      inner.home = s->bottom;
      out = live(s->body, inner);
      out.erase(s->var->id);
      out.erase(s->bottom->id);
      out = note(t, std::move(out), w);
      units_.need_frame(w.code, s->cont, out);
      return out;
    }
    case TermKind::try_: {
      auto* p = static_cast<PushTry*>(t);
      Where inner = w;
      if (units_.is_reified(p)) {
        inner.home = p->end;
        out = live(p->body, inner);
        out.erase(p->end->id);
        out = note(t, std::move(out), w);
        units_.held_needs(w.code, units_.of_handler(p)->free, out);
        units_.need_frame(w.code, p->cont, out);
        return out;
      }
      out = live(p->handler, w);
      out.erase(p->var->id);
      inner.plain_try = p;
      IdSet body = live(p->body, inner);
      out.insert(body.begin(), body.end());
      return note(t, std::move(out), w);
    }
    case TermKind::raise:
      out = note(t, std::move(out), w);
      add(static_cast<Raise*>(t)->error);
      return out;
  }
  return out;
}

IdSet UnitEmitter::saved_at(const Term* t, const Where& w) {
  auto it = after_.find(t);
  IdSet out = it == after_.end() ? IdSet{} : it->second;
  add_target(out, w);
  drop_unmoved(out);
  return out;
}

// ---- collection points --------------------------------------------------------------------------

int UnitEmitter::save(const IdSet& ids) {
  uses_sp_ = true;
  size_t slot = 0;
  for (uint32_t id : ids) {
    if (slot >= slots_.size()) slots_.resize(slot + 1, 0);
    if (slots_[slot] != id) {
      line("sp[" + std::to_string(slot) + "] = " + value_name(id) + ";");
      slots_[slot] = id;
    }
    slot++;
  }
  return static_cast<int>(slot);
}

void UnitEmitter::reload(const IdSet& ids) {
  size_t slot = 0;
  for (uint32_t id : ids) line(value_name(id) + " = sp[" + std::to_string(slot++) + "];");
  slots_.resize(slot);
}

void UnitEmitter::reserve(const std::string& words, const IdSet& live, Span span, const Where& w) {
  has_reservation_ = true;
  line("end = vm->hp + " + words + ";");
  open("if (VALK_UNLIKELY(end > vm->limit))");
  std::vector<uint32_t> before = slots_;
  int n = save(live);
  line("end = valk_make_room(vm, sp + " + std::to_string(n) + ", " + words + ");");
  reload(live);
  line("if (!end) { " + error_text(span, w) + " }");
  close();
  line("vm->hp = end - " + words + ";");
  forget_changed_slots(before);
}

// ---- heads --------------------------------------------------------------------------------------

std::string UnitEmitter::exact_parameters() {
  std::string text = "(Vm* vm, Value* sp";
  if (!fun_->captures.empty()) text += ", Value self";
  for (Var* p : unit_->params) text += ", Value " + name(p->id);
  return text + ")";
}

/// The uniform entry of an exact function, for its descriptor.
std::string UnitEmitter::exact_entry() {
  std::string text = "static Value " + entry_name(names_, fun_, Version::direct) +
                     "(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2)";
  names_.forward += text + ";\n";
  text += " {\n  return " + unit_name(unit_) + "(vm, sp";
  if (!fun_->captures.empty()) text += ", self";
  for (size_t i = 0; i < unit_->params.size(); i++)
    text += i < 3 ? ", a" + std::to_string(i) : ", vm->args[" + std::to_string(i) + "]";
  return text + ");\n}\n\n";
}

/// The entry of a function that has its fourth argument passed in the register for itself.
std::string UnitEmitter::fetching_entry() {
  const bool suspends = unit_->suspending;
  std::string text = suspends ? "static VALK_CODE void " : "static Value ";
  text += entry_name(names_, fun_, suspends ? Version::suspending : Version::direct);
  text += suspends ? "(Vm* vm, Value k" : "(Vm* vm, Value* sp";
  text += ", Value self, Value a0, Value a1, Value a2)";
  names_.forward += text + ";\n";
  return text + " {\n  " + (suspends ? "VALK_GOTO(" : "VALK_GOTO_DIRECT(") + unit_name(unit_) +
         (suspends ? ", k" : ", sp") + ", vm->args[3], a0, a1, a2);\n}\n\n";
}

std::string UnitEmitter::prototype() {
  if (is_entered_at_points()) {
    const bool is_direct = unit_->unit_kind == UnitKind::function && !unit_->suspending;
    return std::string("static ") +
           (makes_tail_calls_ || unit_->suspending ? "VALK_COMPLETE_TAIL " : "VALK_COMPLETE ") +
           (is_direct ? "Value " : "void ") + complete_name() +
           (is_direct ? "(Vm* vm, Value* sp" : "(Vm* vm, Value k") +
           ", Value self, Value a0, Value a1, Value a2)";
  }
  if (unit_->needs_block)
    return "static VALK_CODE void " + block_name(unit_) +
           "(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2)";
  if (is_exact_function()) return "static Value " + unit_name(unit_) + exact_parameters();
  if (unit_->unit_kind == UnitKind::function && !unit_->suspending)
    return "static Value " + unit_name(unit_) +
           "(Vm* vm, Value* sp, Value self, Value a0, Value a1, Value a2)";
  return "static VALK_CODE void " + unit_name(unit_) +
         "(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2)";
}

/// Registers of the uniform convention, then vm->args.
static std::string parameter_register(size_t i) {
  if (i < 3) return "a" + std::to_string(i);
  return "vm->args[" + std::to_string(i) + "]";
}

void UnitEmitter::head() {
  if (unit_->needs_block) return load_block_arguments();
  switch (unit_->unit_kind) {
    case UnitKind::function:
      names_of_[fun_->self->id] = "self";
      if (unit_->suspending) names_of_[fun_->ret->id] = "k";
      for (size_t i = 0; i < unit_->params.size(); i++) {
        if (is_exact_function()) {  // it is the C++ parameter itself
          name(unit_->params[i]->id);
          declared_.pop_back();
          continue;
        }
        const bool is_in_self = i == 3 && passes_in_self(names_, fun_);
        line(name(unit_->params[i]->id) + " = " + (is_in_self ? "self" : parameter_register(i)) +
             ";");
      }
      for (size_t i = 0; i < fun_->captures.size(); i++)
        line(name(fun_->captures[i]->id) + " = valk_object(self)[" + std::to_string(2 + i) + "];");
      return;
    case UnitKind::frame:
    case UnitKind::handler:
    case UnitKind::reset_body:
      load_captures();
      if (!unit_->params.empty()) line(name(unit_->params[0]->id) + " = self;");
      return;
    case UnitKind::block:
      load_block_arguments();
      return;
  }
}

/// A frame: {header, code, primary, the rest of its needs in order}.
void UnitEmitter::load_captures() {
  line(name(unit_->primary) + " = valk_object(k)[VALK_FRAME_PARENT];");
  int i = 3;
  for (uint32_t id : unit_->free) {
    if (id == unit_->primary) continue;
    line(name(id) + " = valk_object(k)[" + std::to_string(i++) + "];");
  }
}

/// Where the i-th argument of a block travels: self, a0, a1, a2, vm->args[3…].
static std::string block_register(size_t i) {
  if (i == 0) return "self";
  if (i < 4) return "a" + std::to_string(i - 1);
  return "vm->args[" + std::to_string(i - 1) + "]";
}

void UnitEmitter::load_block_arguments() {
  line(name(unit_->primary) + " = k;");
  size_t i = 0;
  for (Var* p : unit_->params) line(name(p->id) + " = " + block_register(i++) + ";");
  for (uint32_t id : unit_->free)
    if (id != unit_->primary) line(name(id) + " = " + block_register(i++) + ";");
}

/// The code of a frame whose body is a block: passes on what the frame holds.
std::string UnitEmitter::emit_frame_entry() {
  std::string text = "static VALK_CODE void " + unit_name(unit_) +
                     "(Vm* vm, Value k, Value self, Value a0, Value a1, Value a2)";
  names_.forward += text + ";\n";
  text += " {\n  const Value* const f = valk_object(k);\n";
  std::string registers[4] = {"0", "0", "0", "0"};
  size_t i = 0;
  auto put = [&](const std::string& value) {
    if (i < 4) {
      registers[i] = value;
    } else {
      text += "  vm->args[" + std::to_string(i - 1) + "] = " + value + ";\n";
    }
    i++;
  };
  if (!unit_->params.empty()) put("self");
  int slot = 3;
  for (uint32_t id : unit_->free)
    if (id != unit_->primary) put("f[" + std::to_string(slot++) + "]");
  return text + "  VALK_GOTO(" + block_name(unit_) + ", f[VALK_FRAME_PARENT], " + registers[0] +
         ", " + registers[1] + ", " + registers[2] + ", " + registers[3] + ");\n}\n\n";
}

/// The declarations of local variables of one type.
static std::string declaration(const std::string& type, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::string text = "  " + type;
  size_t column = 0;
  for (size_t i = 0; i < names.size(); i++) {
    if (column > 80) text += "\n     ", column = 0;
    text += (i ? ", " : " ") + names[i];
    column += names[i].size() + 2;
  }
  return text + ";\n";
}

void UnitEmitter::emit() {
  Where w{unit_, unit_->plain_try, unit_->home};
  IdSet needed = live(unit_->body, w);
  live_done_[unit_] = true;
  if (is_entered_at_points()) {
    names_of_[fun_->self->id] = "self";
    if (unit_->suspending && unit_->unit_kind == UnitKind::function) names_of_[fun_->ret->id] = "k";
  } else {
    head();
  }
  if (facts_) arrive(needed, w);
  std::string head_text;
  head_text.swap(out_);
  emitted_.insert(unit_);
  term(unit_->body, w);
  emit_pending();
  emit_shared_exits();
  if (is_entered_at_points()) {
    out_.swap(head_text);
    complete_head();
    out_.swap(head_text);
  }

  bool is_direct_function = unit_->unit_kind == UnitKind::function && !unit_->suspending;
  std::string text;
  if (fun_->span.is_known() && !is_entered_at_points())
    text += "// " + (fun_->name.empty() ? "(anonymous)" : fun_->name) + "  " +
            names_.source_map.describe(fun_->span) + "\n";
  text += prototype() + " {\n";
  text += declaration("Value", declared_) + declaration("double", declared_doubles_);
  if (has_reservation_) text += "  Value* end;\n";
  if (!failing_through_.empty()) text += "  const ValkSite* failed_at;\n";
  if (shares_leaving_) text += "  Value left_at;\n";
  if ((uses_sp_ || is_entered_at_points()) && !is_direct_function)
    text += "  Value* const sp = vm->sp;\n";
  if (is_direct_function && has_direct_call_ && !is_entered_at_points())
    text += "  if (VALK_UNLIKELY(valk_stack_is_low(vm))) return valk_stack_overflow(vm, " +
            site(fun_->span) + ");\n";
  text += head_text + out_ + "}\n\n";
  if (!is_entered_at_points()) {
    if (unit_->needs_frame && unit_->needs_block) text += emit_frame_entry();
    if (is_exact_function()) text += exact_entry();
    if (unit_->unit_kind == UnitKind::function && passes_in_self(names_, fun_))
      text += fetching_entry();
  }
  names_.bodies += text;
  names_.forward += prototype() + ";\n";
}

}  // namespace valkc
