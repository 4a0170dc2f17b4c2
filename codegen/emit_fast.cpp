// The fast version of a unit: see unit_emitter.h and facts.h.
//
// It does what the complete version does as long as values are of the kinds that facts.h plans with. When
// one is not, nothing has happened yet of the operation at hand: what is needed from there on is put on the
// shadow stack, and the complete version goes on from the same point, to the end. So no path comes back
// from a slow operation, and what has been checked stays checked.
#include "codegen/unit_emitter.h"

#include <algorithm>
#include <cstdio>

namespace valkc {

namespace {

struct Row {
  std::string_view id, test, value;
};
const Row integer_rows[] = {
#define INTEGER(id, test, value) {#id, test, value},
#include "codegen/fast_paths.def"
};
const Row floating_rows[] = {
#define FLOATING(id, value) {#id, "", value},
#include "codegen/fast_paths.def"
};
const Row guarded_rows[] = {
#define FAST(id, test, value) {#id, test, value},
#include "codegen/fast_paths.def"
};

const Row known_rows[] = {
#define KNOWN(id, test) {#id, test, ""},
#include "codegen/fast_paths.def"
};

const Row element_rows[] = {
#define ELEMENT(id, test, known) {#id, test, known},
#include "codegen/fast_paths.def"
};

template <size_t N>
const Row& row_of(const Row (&rows)[N], std::string_view id) {
  return *std::find_if(rows, rows + N, [&](const Row& r) { return r.id == id; });
}

std::string double_literal(double d) {
  if (d != d) return "__builtin_nan(\"\")";
  if (d - d != 0) return d > 0 ? "__builtin_inf()" : "(-__builtin_inf())";
  char text[64];
  std::snprintf(text, sizeof text, d < 0 || (d == 0 && 1 / d < 0) ? "(%a)" : "%a", d);
  return text;
}

}  // namespace

Points::Point& Points::at(const Term* t, bool after_call) {
  Point& point = (after_call ? after_ : before_)[t];
  if (point.number == 0) {
    order_.push_back(&point);
    point.number = static_cast<int>(order_.size());
  }
  return point;
}

Points::Point* Points::find(const Term* t, bool after_call) {
  auto& points = after_call ? after_ : before_;
  auto it = points.find(t);
  return it == points.end() ? nullptr : &it->second;
}

// ---- what need not be saved ---------------------------------------------------------------------

bool UnitEmitter::stays_put(uint32_t id) const {
  if (immediates_.count(id)) return true;
  if (is_double(id)) return !boxes_.count(id);
  const Var* v = units_.var(id);
  constexpr Types moving = TYPES_ALL & ~(TYPES_FIXNUM | TYPES_NIL);
  return v && (known_.of(v) & moving) == 0;
}

void UnitEmitter::drop_unmoved(IdSet& ids) const {
  std::erase_if(ids, [&](uint32_t id) { return stays_put(id); });
}

// ---- doubles ------------------------------------------------------------------------------------

std::string UnitEmitter::double_temporary(const std::string& base) {
  std::string made = temporary(base + "_d");
  declared_.pop_back();
  declared_doubles_.push_back(made);
  return made;
}

/// An operand of arithmetic on doubles that is known to be a float or a fixnum.
std::string UnitEmitter::double_of(const Atom& a) {
  if (a.is_constant()) {
    const Datum& d = *a.constant;
    return double_literal(d.kind == DatumKind::real ? d.real : static_cast<double>(d.integer));
  }
  if (is_double(a.var->id)) return name(a.var->id);
  if (known_.of(a.var) == TYPES_FIXNUM) return "(double)VALK_INT(" + name(a.var->id) + ")";
  return "valk_double(" + name(a.var->id) + ")";
}

/// From here on, on this path, these variables are Values too. `live` must survive.
void UnitEmitter::box(const IdSet& ids, const IdSet& live, Span span, const Where& w) {
  std::vector<uint32_t> wanted;
  for (uint32_t id : ids)
    if (is_double(id) && !boxes_.count(id)) wanted.push_back(id);
  if (wanted.empty()) return;
  IdSet kept = live;
  drop_unmoved(kept);
  reserve(std::to_string(wanted.size()) + " * VALK_FLOAT_WORDS", kept, span, w);
  for (uint32_t id : wanted) {
    const std::string boxed = temporary(units_.var(id)->name);
    line(boxed + " = valk_take_float(vm, " + name(id) + ");");
    boxes_[id] = boxed;
  }
}

/// Makes the boxes that a term needs, but for a Let, which knows better.
void UnitEmitter::box_for(Term* t, const Where& w) {
  if (t->kind == TermKind::let || t->kind == TermKind::let_cont || t->kind == TermKind::if_) return;
  IdSet needed = after_[t];
  const IdSet after = needed;
  IdSet boxed;
  auto add = [&](const Atom& a) {
    if (uint32_t id = units_.id_of(a)) needed.insert(id), boxed.insert(id);
  };
  switch (t->kind) {
    case TermKind::let_fun:
      for (Fun* f : static_cast<LetFun*>(t)->funs)
        for (Var* v : f->captures) boxed.insert(v->id);
      break;
    case TermKind::jump: {
      auto* j = static_cast<Jump*>(t);
      const Code* to = units_.of(units_.resolve(j->cont));
      const bool is_label = to && to->is_label;
      for (size_t i = 0; i < j->args.size(); i++) {
        const bool stays = is_label && i < to->params.size() && is_double(to->params[i]->id);
        if (stays && j->args[i].is_var()) needed.insert(j->args[i].var->id);
        if (!stays) add(j->args[i]);
      }
      if (!is_label) boxed.insert(after.begin(), after.end());
      break;
    }
    case TermKind::call: {
      auto* c = static_cast<Call*>(t);
      add(c->callee);
      for (const Atom& a : c->args) add(a);
      if (units_.suspends(c, unit_->suspending)) boxed.insert(after.begin(), after.end());
      break;
    }
    case TermKind::raise:
      add(static_cast<Raise*>(t)->error);
      break;
    case TermKind::try_:
      if (!units_.is_reified(static_cast<PushTry*>(t))) return;
      [[fallthrough]];
    default:
      needed = live(t, w);
      boxed = needed;
      break;
  }
  box(boxed, needed, t->span, w);
}

void UnitEmitter::box_for_let(Let* l, const Where& w) {
  IdSet boxed, needed = after_[l];
  for (const Atom& a : l->op.args)
    if (uint32_t id = units_.id_of(a)) needed.insert(id), boxed.insert(id);
  box(boxed, needed, l->span, w);
}

std::vector<UnitEmitter::Argument> UnitEmitter::jump_arguments(Jump* j) {
  const Code* to = units_.of(units_.resolve(j->cont));
  std::vector<Argument> out;
  for (size_t i = 0; i < j->args.size(); i++) {
    const Atom& a = j->args[i];
    const bool as_double =
        to && to->is_label && i < to->params.size() && is_double(to->params[i]->id);
    const bool is_plain = a.is_constant() || (a.is_var() && is_double(a.var->id));
    if (as_double)
      out.push_back({double_of(a), true, !is_plain});
    else
      out.push_back({atom(a)});
  }
  return out;
}

// ---- leaving ------------------------------------------------------------------------------------

/// Goes on in the complete version: before `t`, or after the call `t` has given `result`.
void UnitEmitter::leave(Term* t, const IdSet& live, bool after_call, const std::string& result,
                        const Where& w) {
  uses_sp_ = true;
  Points::Point& point = points_.at(t, after_call);
  if (point.ids.empty()) {
    for (bool doubles : {false, true}) {
      for (uint32_t id : live)
        if (is_double(id) == doubles) point.ids.push_back(id);
      if (!doubles) point.values = point.ids.size();
    }
  }
  point.has_result = after_call;
  size_t slot = 0;
  auto put = [&](const std::string& value) {
    line("sp[" + std::to_string(slot++) + "] = " + value + ";");
  };
  // Doubles stand last: making objects of them moves what is not on the stack.
  for (uint32_t id : point.ids)
    if (!is_double(id)) put(name(id));
  if (after_call) put(result);
  for (uint32_t id : point.ids) {
    if (!is_double(id)) continue;
    const std::string place = std::to_string(slot);
    put("valk_make_float(vm, sp + " + place + ", " + name(id) + ")");
    line("if (sp[" + place + "] == VALK_ERR) { " + error_text(t->span, w) + " }");
  }
  go_to_complete(point.number);
}

void UnitEmitter::leave_if(const std::string& condition, Let* l, const Where& w) {
  if (condition.empty()) return;
  open("if (VALK_UNLIKELY(" + condition + "))");
  IdSet needed = after_[l];
  for (const Atom& a : l->op.args)
    if (uint32_t id = units_.id_of(a)) needed.insert(id);
  leave(l, needed, false, "", w);
  close();
}

/// In the complete version: where the fast one enters.
void UnitEmitter::mark_point(const Term* t, bool after_call) {
  if (facts_) return;
  const Points::Point* point = points_.find(t, after_call);
  if (!point) return;
  slots_.clear();
  line("at_" + std::to_string(point->number) + ":;");
}

/// The head of the complete version: fetches what the fast one has put on the stack, in its order.
void UnitEmitter::complete_head() {
  open("switch (a0)");
  for (const Points::Point* point : points_.all()) {
    line("case VALK_FIX(" + std::to_string(point->number) + "):");
    size_t slot = 0;
    auto get = [&](const std::string& variable) {
      line("  " + variable + " = sp[" + std::to_string(slot++) + "];");
    };
    for (size_t i = 0; i < point->values; i++) get(name(point->ids[i]));
    if (point->has_result) get(point->result);
    for (size_t i = point->values; i < point->ids.size(); i++) get(name(point->ids[i]));
    line("  goto at_" + std::to_string(point->number) + ";");
  }
  line("default: __builtin_unreachable();");
  close();
}

// ---- operations ---------------------------------------------------------------------------------

/// The condition that an operand is not what the plan expects, as far as that is not known.
std::string UnitEmitter::unknown_operands(const Let& l, const FastPlan& plan) {
  std::vector<std::string> fixnums;
  std::string text;
  auto also = [&](const std::string& condition) {
    text += (text.empty() ? "" : " || ") + condition;
  };
  for (size_t i = 0; i < l.op.args.size() && i < 2; i++) {
    const Atom& a = l.op.args[i];
    if (!a.is_var() || is_double(a.var->id)) continue;
    if ((known_.of(a.var) & ~plan.expected[i]) == 0) continue;
    if (i == 1 && a == l.op.args[0]) continue;
    const std::string v = name(a.var->id);
    if (plan.expected[i] == TYPES_FIXNUM) fixnums.push_back(v);
    if (plan.expected[i] == TYPES_FLOAT) also("!valk_is_double(" + v + ")");
    if (plan.expected[i] == TYPES_LIST) also("!valk_is_pair_or_nil(" + v + ")");
  }
  if (fixnums.size() == 1) also("!valk_is_fix(" + fixnums[0] + ")");
  if (fixnums.size() == 2) also("!valk_both_fix(" + fixnums[0] + ", " + fixnums[1] + ")");
  return text;
}

/// The test of a row FAST, less what is known of the kind of the first argument.
std::string_view UnitEmitter::fast_test(const Let& l, const FastPlan& plan,
                                        std::string_view test) const {
  if (plan.expected[0] == TYPES_ALL || !l.op.args[0].is_var()) return test;
  if ((known_.of(l.op.args[0].var) & ~plan.expected[0]) != 0) return test;
  for (const Row& row : known_rows)
    if (row.id == l.op.primitive->id) return row.test;
  return plan.kind == FastPlan::guarded ? "" : test;
}

/// An operation by a row FAST: leaves where its test fails.
void UnitEmitter::let_guarded(Let* l, const FastPlan& plan, const Where& w) {
  box_for_let(l, w);
  const Row& row = row_of(guarded_rows, l->op.primitive->id);
  const std::vector<std::string> args = arguments(l->op.args);
  const std::string result = name(l->var->id);
  const std::string_view test = fast_test(*l, plan, row.test);
  if (!test.empty()) leave_if("!(" + expand(test, args, result) + ")", l, w);
  if (!row.value.empty()) line(result + " = " + expand(row.value, args, result) + ";");
}

/// The test of a row ELEMENT, which carries the operation out. {2} of a store is the double.
std::string UnitEmitter::element_test(const Let& l) {
  const Row& row = row_of(element_rows, l.op.primitive->id);
  const bool is_known = (known_.of(l.op.args[0]) & ~TYPES_VECTOR) == 0;
  std::vector<std::string> args{atom(l.op.args[0]), atom(l.op.args[1])};
  if (l.op.args.size() > 2) args.push_back(double_of(l.op.args[2]));
  return expand(is_known ? row.value : row.test, args, name(l.var->id));
}

/// Whether an element is stored from a double, and nothing needs the object that it would be as a value.
bool UnitEmitter::stores_double(const Let& l) const {
  if (l.op.kind != OpKind::primitive || l.op.primitive->id != "vec_set") return false;
  const auto holds_double = [&](size_t i) {
    return l.op.args[i].is_var() && is_double(l.op.args[i].var->id);
  };
  return holds_double(2) && !holds_double(0) && !holds_double(1) && unused_.count(&l) != 0;
}

/// Makes an object of the double only for a vector that does not hold floats.
void UnitEmitter::let_double_store(Let* l, const Where& w) {
  const std::vector<uint32_t> before = slots_;
  const std::unordered_map<uint32_t, std::string> boxes = boxes_;
  open("if (!" + element_test(*l) + ")");
  box_for_let(l, w);
  let_completely(l, w);
  close();
  boxes_ = boxes;
  forget_changed_slots(before);
}

void UnitEmitter::let_planned(Let* l, const FastPlan& plan, const Where& w) {
  const std::string_view id = l->op.primitive->id;
  const std::string result = name(l->var->id);
  if (plan.kind == FastPlan::guarded) return let_guarded(l, plan, w);
  if (plan.kind == FastPlan::reading_float) {
    box_for_let(l, w);
    return leave_if("!" + element_test(*l), l, w);
  }
  std::string slow = unknown_operands(*l, plan);
  if (plan.kind == FastPlan::nil_test) {
    leave_if(slow, l, w);
    return line(result + " = valk_bool(" + atom(l->op.args[0]) + " == VALK_NIL);");
  }
  if (plan.kind == FastPlan::integer) {
    const Row& row = row_of(integer_rows, id);
    const std::vector<std::string> args = arguments(l->op.args);
    if (!row.test.empty()) slow += (slow.empty() ? "" : " || ") + expand(row.test, args, result);
    leave_if(slow, l, w);
    if (!row.value.empty()) line(result + " = " + expand(row.value, args, result) + ";");
    return;
  }
  leave_if(slow, l, w);
  UnitFacts::after_let(*l, plan, known_);
  std::vector<std::string> args;
  for (const Atom& a : l->op.args) args.push_back(double_of(a));
  line(result + " = " + expand(row_of(floating_rows, id).value, args, result) + ";");
}

// ---- arrivals -----------------------------------------------------------------------------------

static std::string test_of_kind(Types kind) {
  if (kind == TYPES_FIXNUM) return "valk_is_fix";
  return kind == TYPES_FLOAT ? "valk_is_double" : "valk_is_vector";
}

/// Checks the parameters that will be needed as numbers or vectors: of functions and loops, which keep them. A frame's
/// code uses what it is given at once, or passes it on.
void UnitEmitter::arrive(const IdSet& live, const Where& w) {
  if (unit_->unit_kind != UnitKind::function && unit_->unit_kind != UnitKind::block) return;
  std::string integers, text;
  for (const Var* p : unit_->params) {
    const Types kinds = plan_arrival(p, known_, facts_->hints());
    if (kinds == TYPES_ALL || known_.of(p) == kinds) continue;
    if (kinds == TYPES_FIXNUM) integers += (integers.empty() ? "" : " | ") + name(p->id);
    if (kinds == TYPES_FLOAT || kinds == TYPES_VECTOR)
      text += (text.empty() ? "!" : " || !") + test_of_kind(kinds) + "(" + name(p->id) + ")";
  }
  if (!integers.empty()) text += (text.empty() ? "" : " || ") + ("!valk_is_fix(" + integers + ")");
  if (!text.empty()) {
    IdSet needed = live;
    if (w.plain_try) {
      const IdSet& handler = handler_needs(w.plain_try, w.code);
      needed.insert(handler.begin(), handler.end());
    }
    add_target(needed, w);
    open("if (VALK_UNLIKELY(" + text + "))");
    leave(unit_->body, needed, false, "", w);
    close();
  }
  facts_->arrive(known_);
}

/// Checks the result of a direct call: `to` is the parameter of the label that takes it, or null.
void UnitEmitter::arrive_result(Call* c, const Var* to, const std::string& result, const Where& w) {
  Facts fresh;
  const Types kinds = to ? plan_arrival(to, fresh, facts_->hints()) : TYPES_ALL;
  if (kinds == TYPES_ALL || to->types == kinds) return check(result, c->span, w);
  open("if (VALK_UNLIKELY(!" + test_of_kind(kinds) + "(" + result + ")))");
  line("if (" + result + " == VALK_ERR) { " + error_text(c->span, w) + " }");
  leave(c, after_[c], true, result, w);
  close();
}

}  // namespace valkc
