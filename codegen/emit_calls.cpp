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

/// The C++ function of a direct call; `counts` tells whether vm->argc must be set.
std::string UnitEmitter::callee_direct(Call* c, std::string& self, bool& counts) {
  counts = false;
  self = c->callee.kind == AtomKind::fun && c->callee.fun->captures.empty() ? "0" : atom(c->callee);
  if (is_known_exact(c) && has_version(c->callee.fun, Version::direct))
    return version_name(names_, c->callee.fun, Version::direct);
  self = atom(c->callee);
  counts = c->args.size() >= 4;
  return "valk_direct_entry(" + self + ", " + std::to_string(entry_index(c->args.size())) + ")";
}

std::string UnitEmitter::callee_suspending(Call* c, std::string& self, bool& counts) {
  counts = false;
  self = c->callee.kind == AtomKind::fun && c->callee.fun->captures.empty() ? "0" : atom(c->callee);
  if (is_known_exact(c) && has_version(c->callee.fun, Version::suspending))
    return version_name(names_, c->callee.fun, Version::suspending);
  if (c->callee.kind == AtomKind::primitive && c->callee.primitive->has(EFFECT_SUSPENDS) &&
      c->callee.primitive->accepts(static_cast<int>(c->args.size()))) {
    self = "0";
    counts = c->callee.primitive->min_args != c->callee.primitive->max_args;
    return names_.primitives.function(*c->callee.primitive);
  }
  self = atom(c->callee);
  counts = c->args.size() >= 4;
  return "valk_suspend_entry(" + self + ", " + std::to_string(entry_index(c->args.size())) + ")";
}

/// Puts arguments from the fourth on, and their number, into the Vm; gives the text of the first three.
std::string UnitEmitter::pass_arguments(const std::vector<std::string>& args, bool counts) {
  for (size_t i = 3; i < args.size(); i++)
    line("vm->args[" + std::to_string(i) + "] = " + args[i] + ";");
  if (counts) line("vm->argc = " + std::to_string(args.size()) + ";");
  std::string text;
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
  std::string self;
  bool counts = false;
  bool is_tail = !unit_->suspending && k == fun_->ret && !w.plain_try;
  const Primitive* primitive =
      c->callee.kind == AtomKind::primitive ? c->callee.primitive : nullptr;
  if (names_.options.tasks_on_fibers && primitive && primitive->has(EFFECT_AWAITS))
    line("vm->await_site = " + site(c->span) + ";");
  if (is_tail) {
    std::string callee = callee_direct(c, self, counts);
    std::string args = pass_arguments(arguments(c->args), counts);
    uses_sp_ = true;
    return line("VALK_GOTO_DIRECT(" + callee + ", sp, " + self + args + ");");
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
    std::string callee = callee_direct(c, self, counts);
    std::string args = pass_arguments(arguments(c->args), counts);
    line(result + " = valk_called(vm, " + top + ", " + callee + "(vm, " + top + ", " + self + args +
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
  return p && p->has(EFFECT_AWAITS) && !p->has(EFFECT_CALLS) && c->args.size() == 1 &&
         units_.resolve(c->cont) == fun_->ret;
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
  std::string self;
  bool counts = false;
  std::string callee = callee_suspending(c, self, counts);
  if (is_tail_await(c)) {
    callee = "valk_await_tail";
    self = await_place(c);
  }
  std::string args = pass_arguments(arguments(c->args), counts);
  line("VALK_GOTO(" + callee + ", " + name(k->id) + ", " + self + args + ");");
}

}  // namespace valkc
