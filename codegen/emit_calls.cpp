// Emission of calls: of known functions by name, of values by the entries of their descriptors. See
// unit_emitter.h.
#include "codegen/unit_emitter.h"

namespace valkc {

static bool is_known_exact(const Call* c) {
  if (c->callee.kind != AtomKind::fun) return false;
  const Fun* f = c->callee.fun;
  return !f->rest && f->params.size() == c->args.size();
}

static int entry_index(size_t n) { return n < 4 ? static_cast<int>(n) : 4; }

/// A function that is called by its name: what stands in the register for itself.
UnitEmitter::Callee UnitEmitter::known_callee(const Call* c, Version v) {
  const Fun* f = c->callee.fun;
  Callee callee{version_name(names_, f, v), "0"};
  callee.takes_fourth = passes_in_self(names_, f);
  if (!f->captures.empty()) callee.self = atom(c->callee);
  return callee;
}

/// A function that is found in the descriptor of a value.
UnitEmitter::Callee UnitEmitter::value_callee(const Call* c, const std::string& entry) {
  const size_t n = c->args.size();
  const std::string self = atom(c->callee);
  Callee callee{entry + "(" + self + ", " + std::to_string(entry_index(n)) + ")", self};
  callee.counts = n >= 4;
  return callee;
}

UnitEmitter::Callee UnitEmitter::callee_direct(const Call* c) {
  if (is_known_exact(c) && has_version(c->callee.fun, Version::direct))
    return known_callee(c, Version::direct);
  return value_callee(c, "valk_direct_entry");
}

UnitEmitter::Callee UnitEmitter::callee_suspending(const Call* c) {
  if (is_known_exact(c) && has_version(c->callee.fun, Version::suspending))
    return known_callee(c, Version::suspending);
  if (c->callee.kind == AtomKind::primitive && c->callee.primitive->has(EFFECT_SUSPENDS) &&
      c->callee.primitive->accepts(static_cast<int>(c->args.size()))) {
    Callee callee{names_.primitives.function(*c->callee.primitive), "0"};
    callee.counts = c->callee.primitive->min_args != c->callee.primitive->max_args;
    return callee;
  }
  return value_callee(c, "valk_suspend_entry");
}

/// Puts the arguments that no register is left for, and their number, into the Vm; gives the text of the others.
std::string UnitEmitter::pass_arguments(const Callee& callee,
                                        const std::vector<std::string>& args) {
  for (size_t i = callee.takes_fourth ? 4 : 3; i < args.size(); i++)
    line("vm->args[" + std::to_string(i) + "] = " + args[i] + ";");
  if (callee.counts) line("vm->argc = " + std::to_string(args.size()) + ";");
  std::string text = ", " + (callee.takes_fourth ? args[3] : callee.self);
  for (size_t i = 0; i < 3; i++) text += ", " + (i < args.size() ? args[i] : std::string("0"));
  return text;
}

void UnitEmitter::call(Call* c, const Where& w) {
  if (units_.suspends(c, unit_->suspending)) return call_suspending(c, w);
  call_direct(c, w);
}

/// A call of a function that takes exactly its parameters; it leaves no tail call pending.
std::string UnitEmitter::exact_call(const Call* c, const std::string& top) {
  const Fun* f = c->callee.fun;
  std::string text = version_name(names_, f, Version::direct) + "(vm, " + top;
  if (!f->captures.empty()) text += ", " + atom(c->callee);
  for (const std::string& a : arguments(c->args)) text += ", " + a;
  return text + ")";
}

void UnitEmitter::call_direct(Call* c, const Where& w) {
  Cont* k = units_.resolve(c->cont);
  Code* target = units_.of(k);
  bool is_tail = !unit_->suspending && k == fun_->ret && !w.plain_try;
  const Primitive* primitive =
      c->callee.kind == AtomKind::primitive ? c->callee.primitive : nullptr;
  if (names_.options.tasks_on_fibers && primitive && primitive->has(EFFECT_AWAITS))
    line("vm->await_site = " + site(c->span) + ";");
  if (is_tail) {
    const Callee callee = callee_direct(c);
    const std::string args = pass_arguments(callee, arguments(c->args));
    uses_sp_ = makes_tail_calls_ = true;
    return line("VALK_GOTO_DIRECT(" + callee.function + ", sp" + args + ");");
  }
  has_direct_call_ = true;
  IdSet live = saved_at(c, w);
  int n = save(live);
  bool is_param = target && target->is_label && target->params.size() == 1;
  const bool is_shared = is_param && !is_double(target->params[0]->id);
  std::string result = is_shared ? name(target->params[0]->id) : temporary("t");
  std::string top = "sp + " + std::to_string(n);
  if (is_known_exact(c) && has_version(c->callee.fun, Version::direct) &&
      names_.exact.count(c->callee.fun)) {
    line(result + " = " + exact_call(c, top) + ";");
  } else {
    const Callee callee = callee_direct(c);
    const std::string args = pass_arguments(callee, arguments(c->args));
    line(result + " = valk_called(vm, " + top + ", " + callee.function + "(vm, " + top + args +
         "));");
  }
  reload(live);
  if (Points::Point* point = facts_ ? nullptr : points_.find(c, true)) point->result = result;
  arrive_result(c, is_param && facts_ ? target->params[0] : nullptr, result, w);
  mark_point(c, true);
  pass_result(k, result, w, c->span);
}

/// Goes on with the result of a direct call.
void UnitEmitter::pass_result(Cont* k, const std::string& result, const Where& w, Span span) {
  Code* to = units_.of(k);
  const bool is_taken_as_double =
      to && to->is_label && !to->params.empty() && is_double(to->params[0]->id);
  if (!is_taken_as_double) return jump(k, {{result}}, w, span, {});
  jump(k, {{"valk_double(" + result + ")", true, true}}, w, span, {});
}

/// An await after which nothing of the function is left to do: no frame tells where it waits.
bool UnitEmitter::is_tail_await(const Call* c) const {
  const Primitive* p = c->callee.kind == AtomKind::primitive ? c->callee.primitive : nullptr;
  return p && p->awaits_only() && c->args.size() == 1 && units_.resolve(c->cont) == fun_->ret;
}

/// The static frame that tells it instead.
std::string UnitEmitter::await_place(const Call* c) {
  const std::string where = site(c->span);  // "&site_N", or "nullptr"
  const std::string place = "await_at_" + where.substr(where[0] == '&');
  if (names_.described.insert(place).second)
    names_.descriptors += "static ValkAwaitPlace " + place + " = VALK_AWAIT_PLACE(" + where + ", " +
                          std::string(c->callee.primitive->symbol) + ");\n";
  return "(Value)&" + place;
}

void UnitEmitter::call_suspending(Call* c, const Where& w) {
  Cont* k = units_.resolve(c->cont);
  IdSet live;
  if (uint32_t id = units_.id_of(c->callee)) live.insert(id);
  for (const Atom& a : c->args)
    if (uint32_t id = units_.id_of(a)) live.insert(id);
  std::vector<Cont*> order;
  collect_frames(k, w, order);
  add_target(live, w);
  make_frames(order, live, c->span, w);
  Callee callee = callee_suspending(c);
  if (is_tail_await(c)) {
    callee.function = "valk_await_tail";
    callee.self = await_place(c);
  }
  const std::string args = pass_arguments(callee, arguments(c->args));
  line("VALK_GOTO(" + callee.function + ", " + name(k->id) + args + ");");
}

}  // namespace valkc
