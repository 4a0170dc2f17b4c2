// See facts.h.
#include "codegen/facts.h"

#include <algorithm>
#include <string_view>

#include "cps/fold.h"
#include "cps/traverse.h"

namespace valkc {

// ---- facts --------------------------------------------------------------------------------------

Types Facts::of(const Var* v) const {
  auto it = known_.find(v->id);
  return it == known_.end() ? v->types : it->second;
}

Types Facts::of(const Atom& a) const {
  if (a.is_var()) return of(a.var);
  return a.is_constant() ? types_of(*a.constant) : TYPES_OTHER;
}

void Facts::set(const Var* v, Types types) {
  const Types before = of(v);
  if (types == before) return;
  trail_.push_back({v->id, before});
  known_[v->id] = types;
}

void Facts::learn(const Atom& a, Types types) {
  if (a.is_var()) set(a.var, of(a.var) & types);
}

void Facts::undo(size_t mark) {
  for (; trail_.size() > mark; trail_.pop_back()) known_[trail_.back().id] = trail_.back().before;
}

void Facts::forget() {
  known_.clear();
  trail_.clear();
}

// ---- hints --------------------------------------------------------------------------------------

namespace {

bool is_comparison(std::string_view id) {
  return id == "lt2" || id == "gt2" || id == "le2" || id == "ge2";
}
bool takes_vector(std::string_view id) {
  return id == "vec_get" || id == "vec_set" || id == "vec_len";
}
bool takes_integers(std::string_view id) { return id.starts_with("bit_") || id == "quotient"; }

}  // namespace

Hints::Hints(const Units& units, const Code* unit) {
  for (const auto& code : units.codes())
    if (Units::unit_of(code.get()) == unit) scan(units, code.get());
}

uint32_t Hints::find(uint32_t id) const {
  uint32_t root = id;
  for (auto it = parents_.find(root); it != parents_.end(); it = parents_.find(root))
    root = it->second;
  for (; id != root;) {
    uint32_t& parent = parents_[id];
    id = parent;
    parent = root;
  }
  return root;
}

void Hints::join(uint32_t a, uint32_t b) {
  a = find(a), b = find(b);
  if (a == b) return;
  parents_[b] = a;
  const Class gone = classes_[b];
  Class& kept = classes_[a];
  kept.computes |= gone.computes;
  kept.has_float |= gone.has_float;
  kept.has_integer |= gone.has_integer;
  kept.has_elements |= gone.has_elements;
  kept.is_tested |= gone.is_tested;
}

void Hints::note(uint32_t id, Types types) {
  if (types == TYPES_NONE) return;
  Class& c = classes_[find(id)];
  c.has_float |= types == TYPES_FLOAT;
  c.has_integer |= (types & ~TYPES_INTEGER) == 0;
  c.is_tested |= (types & TYPES_VECTOR) == 0;
}

void Hints::flow(const Var* to, const Atom& from) {
  if (from.is_constant()) return note(to->id, types_of(*from.constant));
  if (!from.is_var()) return;
  note(from.var->id, from.var->types);
  join(to->id, from.var->id);
}

/// It may be other things than a vector.
void Hints::note_tested(const Atom& a) {
  if (a.is_var()) classes_[find(a.var->id)].is_tested = true;
}

void Hints::note_compared(const Let& let) {
  for (size_t i : {0, 1}) {
    const Atom &x = let.op.args[i], &y = let.op.args[1 - i];
    if (!x.is_var()) continue;
    if (y.is_constant() && types_of(*y.constant) == TYPES_FIXNUM)
      selectors_[x.var->id]++;
    else
      mixed_.insert(x.var->id);
  }
}

/// The vector and the index of an operation on vectors; other operations tell that there are other kinds.
void Hints::scan_elements(const Let& let) {
  const std::string_view id = let.op.primitive->id;
  const std::vector<Atom>& args = let.op.args;
  if (!takes_vector(id)) {
    if (is_equality(*let.op.primitive)) note_compared(let);
    if (is_equality(*let.op.primitive) || id == "not" || id.starts_with("is_"))
      for (const Atom& a : args) note_tested(a);
    if (id.starts_with("is_") && args[0].is_var()) mixed_.insert(args[0].var->id);
    return;
  }
  if (args[0].is_var()) classes_[find(args[0].var->id)].has_elements = true;
  if (args.size() < 2 || !args[1].is_var()) return;
  note(args[1].var->id, TYPES_FIXNUM);
  classes_[find(args[1].var->id)].computes = true;
}

void Hints::scan_let(const Let& let) {
  if (let.op.kind != OpKind::primitive) return;
  const std::string_view id = let.op.primitive->id;
  const std::vector<Atom>& args = let.op.args;
  note(let.var->id, let.var->types);
  scan_elements(let);
  if (id == "head" || id == "tail" || id == "nth" || id == "fst" || id == "snd" || id == "trd")
    if (args.back().is_var()) lists_.insert(args.back().var->id);
  if (id == "sqrt" && args[0].is_var()) {
    note(args[0].var->id, TYPES_FLOAT);
    classes_[find(args[0].var->id)].computes = true;
  }
  const bool computes = is_float_arithmetic(*let.op.primitive);
  if (!computes && !is_comparison(id) && !takes_integers(id)) return;
  const Var* first = computes ? let.var : nullptr;
  for (const Atom& a : args) {
    if (a.is_constant() && types_of(*a.constant) == TYPES_FLOAT)
      for (const Atom& other : args)
        if (other.is_var()) note(other.var->id, TYPES_FLOAT);
    if (!a.is_var()) continue;
    note(a.var->id, takes_integers(id) ? TYPES_FIXNUM : a.var->types);
    if (first) join(first->id, a.var->id);
    first = a.var;
    classes_[find(a.var->id)].computes = true;
  }
}

/// The terms of one code: continuations bound in it are codes of their own.
void Hints::scan(const Units& units, const Code* code) {
  std::vector<const Term*> todo{code->body};
  while (!todo.empty()) {
    const Term* term = todo.back();
    todo.pop_back();
    if (term->kind == TermKind::let) scan_let(static_cast<const Let&>(*term));
    if (term->kind == TermKind::if_) note_tested(static_cast<const If&>(*term).condition);
    if (term->kind == TermKind::jump) {
      const Jump& jump = static_cast<const Jump&>(*term);
      for (size_t i = 0; i < jump.args.size() && i < jump.cont->params.size(); i++)
        flow(jump.cont->params[i], jump.args[i]);
    }
    if (term->kind == TermKind::let_cont) {
      todo.push_back(static_cast<const LetCont&>(*term).next);
    } else if (term->kind == TermKind::reset && !code->suspending) {
      continue;
    } else if (term->kind == TermKind::try_ &&
               units.is_reified(static_cast<const PushTry*>(term))) {
      todo.push_back(static_cast<const PushTry&>(*term).body);
    } else {
      each_child(*term, [&](const Term* t) { todo.push_back(t); });
    }
  }
}

bool Hints::is_integer(const Var* v) const {
  auto it = classes_.find(find(v->id));
  return it != classes_.end() && it->second.computes && !it->second.has_float;
}

bool Hints::is_float(const Var* v) const {
  auto it = classes_.find(find(v->id));
  return it != classes_.end() && it->second.computes && it->second.has_float &&
         !it->second.has_integer;
}

bool Hints::is_vector(const Var* v) const {
  auto it = classes_.find(find(v->id));
  return it != classes_.end() && it->second.has_elements && !it->second.is_tested &&
         !it->second.computes;
}

bool Hints::is_selector(const Var* v) const {
  constexpr int SEVERAL = 3;
  auto it = selectors_.find(v->id);
  return it != selectors_.end() && it->second >= SEVERAL && !mixed_.count(v->id);
}

// ---- plans --------------------------------------------------------------------------------------

namespace {

bool may_be(Types types, Types kinds) { return (types & kinds) != 0; }

bool is_hinted_float(const Atom& a, const Hints& hints) {
  return a.is_var() && hints.is_float(a.var);
}
bool is_hinted_integer(const Atom& a, const Hints& hints) {
  return a.is_constant() || (a.is_var() && hints.is_integer(a.var));
}

FastPlan on_integers(Types result) {
  return {FastPlan::integer, {TYPES_FIXNUM, TYPES_FIXNUM}, result};
}

/// What the other side of an operation on floats is checked to be.
Types float_operand(Types types) {
  if (types == TYPES_FIXNUM) return TYPES_FIXNUM;
  return may_be(types, TYPES_FLOAT) ? TYPES_FLOAT : TYPES_FIXNUM;
}

/// Comparisons are exact: an integer must be one that a double can hold.
bool compares_exactly(const Atom& a, Types expected) {
  constexpr int64_t limit = int64_t{1} << 53;
  if (expected == TYPES_FLOAT) return true;
  return a.is_constant() && a.constant->integer >= -limit && a.constant->integer <= limit;
}

FastPlan compare_floats(const Atom& x, const Atom& y, Types a, Types b) {
  a = float_operand(a), b = float_operand(b);
  if (!compares_exactly(x, a) || !compares_exactly(y, b)) return {};
  return {FastPlan::comparing_floats, {a, b}, TYPES_FIXNUM};
}

FastPlan on_floats(Types a, Types b) {
  return {FastPlan::floating, {float_operand(a), float_operand(b)}, TYPES_FLOAT};
}

bool is_fixnum_or_float(Types types) { return types == TYPES_FLOAT || types == TYPES_FIXNUM; }

/// == and != only assume what is known, or what the rest of the function suggests: they take any values.
FastPlan plan_equality(const Let& let, const Facts& facts, const Hints& hints) {
  const Atom &x = let.op.args[0], &y = let.op.args[1];
  const Types a = facts.of(x), b = facts.of(y);
  if (is_fixnum_or_float(a) && is_fixnum_or_float(b) && (a | b) != TYPES_FIXNUM)
    return compare_floats(x, y, a, b);
  if (!may_be(a, TYPES_FIXNUM) || !may_be(b, TYPES_FIXNUM)) return {};
  const bool is_guessed = is_hinted_integer(x, hints) && is_hinted_integer(y, hints);
  const bool is_known = a == TYPES_FIXNUM && b == TYPES_FIXNUM;
  const bool selects =
      (x.is_var() && hints.is_selector(x.var)) || (y.is_var() && hints.is_selector(y.var));
  if (is_known || selects || (is_guessed && (a == TYPES_FIXNUM || b == TYPES_FIXNUM)))
    return on_integers(TYPES_FIXNUM);
  return {};
}

/// One or two numbers, of which those that are not known are taken for integers unless something suggests
/// floats.
FastPlan plan_arithmetic(const Let& let, const Facts& facts, const Hints& hints) {
  const std::string_view id = let.op.primitive->id;
  const Atom &x = let.op.args.front(), &y = let.op.args.back();
  const Types a = facts.of(x), b = facts.of(y);
  if (!may_be(a, TYPES_FIXNUM | TYPES_FLOAT) || !may_be(b, TYPES_FIXNUM | TYPES_FLOAT)) return {};
  const bool may_be_floats = may_be(a | b, TYPES_FLOAT) && id != "mod" && !takes_integers(id);
  const bool may_be_fixnums = may_be(a, TYPES_FIXNUM) && may_be(b, TYPES_FIXNUM);
  const bool is_float = a == TYPES_FLOAT || b == TYPES_FLOAT;
  const bool is_guessed = is_hinted_float(x, hints) || is_hinted_float(y, hints);
  if (may_be_floats && (is_float || is_guessed || !may_be_fixnums))
    return is_comparison(id) ? compare_floats(x, y, a, b) : on_floats(a, b);
  return may_be_fixnums ? on_integers(TYPES_FIXNUM) : FastPlan{};
}

/// Whether the fast version leaves where the test of the builtin's row FAST fails.
bool is_guarded(std::string_view id) {
  static const std::unordered_set<std::string_view> tested = {
#define FAST(id, test, value) #id,
#include "codegen/fast_paths.def"
  };
  static const std::unordered_set<std::string_view> staying = {
#define STAYS(id) #id,
#include "codegen/fast_paths.def"
  };
  return tested.count(id) != 0 && staying.count(id) == 0;
}

FastPlan plan_conversion(const Facts& facts, const Atom& x) {
  const Types types = facts.of(x);
  if (!may_be(types, TYPES_FIXNUM | TYPES_FLOAT)) return {};
  const Types expected = may_be(types, TYPES_FIXNUM) ? TYPES_FIXNUM : TYPES_FLOAT;
  return {FastPlan::floating, {expected, TYPES_ALL}, TYPES_FLOAT};
}

/// Stores do not leave if they have to be remembered: they go on, and a kind that is wrong raises.
FastPlan plan_elements(const Let& let, const Facts& facts, const Hints& hints) {
  const std::vector<Atom>& args = let.op.args;
  if (!may_be(facts.of(args[0]), TYPES_VECTOR)) return {};
  if (args.size() > 1 && !may_be(facts.of(args[1]), TYPES_FIXNUM)) return {};
  if (let.op.primitive->id == "vec_get" && hints.is_float(let.var) &&
      may_be(let.var->types, TYPES_FLOAT))
    return {FastPlan::reading_float, {TYPES_VECTOR, TYPES_FIXNUM}, TYPES_FLOAT};
  const FastPlan::Kind kind =
      let.op.primitive->id == "vec_set" ? FastPlan::none : FastPlan::guarded;
  return {kind, {TYPES_VECTOR, args.size() > 1 ? TYPES_FIXNUM : TYPES_ALL}, TYPES_ALL};
}

FastPlan plan_nil_test(const Facts& facts, const Hints& hints, const Atom& x) {
  const Types types = facts.of(x);
  const bool is_list = may_be(types, TYPES_LIST) && (types & ~TYPES_LIST) == 0;
  if (!is_list && !(x.is_var() && hints.is_list(x.var) && may_be(types, TYPES_LIST))) return {};
  return {FastPlan::nil_test, {TYPES_LIST, TYPES_ALL}, TYPES_FIXNUM};
}

Types result_by_facts(const Let& let, const Facts& facts) {
  std::vector<Types> args;
  for (const Atom& a : let.op.args) args.push_back(facts.of(a));
  return result_types(let.op, args) & let.var->types;
}

FastPlan plan_primitive(const Let& let, const Facts& facts, const Hints& hints) {
  if (let.op.args.empty()) return {};
  const Primitive& p = *let.op.primitive;
  const Atom& x = let.op.args[0];
  if (p.id == "is_nil") return plan_nil_test(facts, hints, x);
  if (p.id == "float") return plan_conversion(facts, x);
  if (p.id == "sqrt" && may_be(facts.of(x), TYPES_FLOAT))
    return {FastPlan::floating, {TYPES_FLOAT, TYPES_ALL}, TYPES_FLOAT};
  if (is_equality(p)) return plan_equality(let, facts, hints);
  if (is_float_arithmetic(p) || is_comparison(p.id) || takes_integers(p.id))
    return plan_arithmetic(let, facts, hints);
  if (takes_vector(p.id)) return plan_elements(let, facts, hints);
  if (!is_guarded(p.id)) return {};
  const bool is_list = p.id == "head" || p.id == "tail";
  if (is_list && !may_be(facts.of(x), TYPES_PAIR)) return {};
  return {FastPlan::guarded, {is_list ? TYPES_PAIR : TYPES_ALL, TYPES_ALL}, TYPES_ALL};
}

}  // namespace

FastPlan plan_operation(const Let& let, const Facts& facts, const Hints& hints) {
  FastPlan plan;
  if (let.op.kind == OpKind::primitive) plan = plan_primitive(let, facts, hints);
  if (plan.result == TYPES_ALL) plan.result = result_by_facts(let, facts);
  return plan;
}

Types plan_arrival(const Var* v, const Facts& facts, const Hints& hints) {
  const Types types = facts.of(v);
  if (hints.is_list(v)) return TYPES_ALL;
  if (hints.is_float(v) && may_be(types, TYPES_FLOAT)) return TYPES_FLOAT;
  if (hints.is_integer(v) && may_be(types, TYPES_FIXNUM)) return TYPES_FIXNUM;
  if (hints.is_vector(v) && may_be(types, TYPES_VECTOR)) return TYPES_VECTOR;
  return TYPES_ALL;
}

// ---- the analysis of a unit ---------------------------------------------------------------------

UnitFacts::UnitFacts(const Units& units, Code* unit)
    : units_(units), unit_(unit), hints_(units, unit) {
  scan_tests(units.fun()->body);
  solve();
}

void UnitFacts::scan_tests(const Term* root) {
  std::vector<const Term*> todo{root};
  while (!todo.empty()) {
    const Term* term = todo.back();
    todo.pop_back();
    if (term->kind == TermKind::let) {
      const Let& let = static_cast<const Let&>(*term);
      if (let.op.kind == OpKind::primitive && let.op.primitive->id.starts_with("is_"))
        tests_[let.var->id] = &let;
    }
    each_child(*term, [&](const Term* t) { todo.push_back(t); });
  }
}

void UnitFacts::after_let(const Let& let, const FastPlan& plan, Facts& facts) {
  for (size_t i = 0; i < 2 && i < let.op.args.size(); i++)
    facts.learn(let.op.args[i], plan.expected[i]);
  facts.set(let.var, plan.result);
}

void UnitFacts::take_branch(const If& i, bool truth, Facts& facts) const {
  if (!i.condition.is_var()) return;
  const Types false_kinds = TYPES_FIXNUM | TYPES_NIL;
  if (truth)
    facts.learn(i.condition, static_cast<Types>(~TYPES_NIL));
  else
    facts.learn(i.condition, false_kinds);
  auto it = tests_.find(i.condition.var->id);
  if (it == tests_.end()) return;
  const Atom& x = it->second->op.args[0];
  const std::string_view id = it->second->op.primitive->id;
  Types kinds = TYPES_ALL;
  if (id == "is_nil") kinds = TYPES_NIL;
  if (id == "is_float") kinds = TYPES_FLOAT;
  if (id == "is_integer") kinds = TYPES_INTEGER;
  if (id == "is_number") kinds = TYPES_NUMBER;
  if (kinds == TYPES_ALL) return;
  facts.learn(x, truth ? kinds : static_cast<Types>(TYPES_ALL & ~kinds));
}

void UnitFacts::arrive(Facts& facts) const {
  if (unit_->unit_kind != UnitKind::function && unit_->unit_kind != UnitKind::block) return;
  for (const Var* p : unit_->params) {
    const Types kinds = plan_arrival(p, facts, hints_);
    if (kinds != TYPES_ALL) facts.set(p, facts.of(p) & kinds);
  }
}

void UnitFacts::enter(const Code* label, Facts& facts) const {
  auto it = entries_.find(label);
  if (it == entries_.end()) return;
  for (const auto& [id, types] : it->second.types)
    if (Var* v = units_.var(id)) facts.set(v, types);
}

void UnitFacts::jump(Cont* k, const std::vector<Types>& args) {
  k = units_.resolve(k);
  const Code* to = units_.of(k);
  if (!to || !to->is_label || Units::unit_of(to) != unit_) return;
  Entry& entry = entries_[to];
  bool changed = !entry.is_reached;
  auto add = [&](uint32_t id, Types types) {
    auto [it, is_new] = entry.types.try_emplace(id, types);
    if (is_new || (it->second | types) == it->second) return;
    it->second |= types;
    changed = true;
  };
  for (size_t i = 0; i < to->params.size(); i++)
    add(to->params[i]->id, i < args.size() ? args[i] : TYPES_NIL);
  for (uint32_t id : to->free)
    if (const Var* v = units_.var(id)) add(id, facts_.of(v));
  entry.is_reached = true;
  if (changed) todo_.push_back(to);
}

void UnitFacts::walk_call(const Call& call) {
  if (units_.suspends(&call, unit_->suspending)) return;
  const Code* to = units_.of(units_.resolve(call.cont));
  if (!to || to->params.empty()) return;
  const Var* p = to->params[0];
  Facts fresh;
  jump(call.cont, {static_cast<Types>(p->types & plan_arrival(p, fresh, hints_))});
}

void UnitFacts::note_doubles(const Let& let, const FastPlan& plan) {
  doubles_.erase(let.var->id);
  if (plan.kind == FastPlan::floating || plan.kind == FastPlan::reading_float)
    doubles_.insert(let.var->id);
  if (plan.kind != FastPlan::floating && plan.kind != FastPlan::comparing_floats) return;
  for (const Atom& a : let.op.args)
    if (a.is_var()) computed_.insert(a.var->id);
}

void UnitFacts::walk(const Term* t) {
  while (t) {
    switch (t->kind) {
      case TermKind::let: {
        auto* l = static_cast<const Let*>(t);
        const FastPlan plan = plan_operation(*l, facts_, hints_);
        note_doubles(*l, plan);
        after_let(*l, plan, facts_);
        t = l->next;
        break;
      }
      case TermKind::let_fun:
        t = static_cast<const LetFun*>(t)->next;
        break;
      case TermKind::let_cont:
        t = static_cast<const LetCont*>(t)->next;
        break;
      case TermKind::jump: {
        auto* j = static_cast<const Jump*>(t);
        std::vector<Types> args;
        for (const Atom& a : j->args) args.push_back(facts_.of(a));
        return jump(j->cont, args);
      }
      case TermKind::call:
        return walk_call(static_cast<const Call&>(*t));
      case TermKind::if_: {
        auto* i = static_cast<const If*>(t);
        const size_t mark = facts_.mark();
        take_branch(*i, true, facts_);
        walk(i->consequent);
        facts_.undo(mark);
        take_branch(*i, false, facts_);
        t = i->alternative;
        break;
      }
      case TermKind::reset: {
        auto* r = static_cast<const PushReset*>(t);
        if (!unit_->suspending) return jump(r->cont, {TYPES_ALL});
        t = r->body;
        break;
      }
      case TermKind::shift:
        t = static_cast<const Shift*>(t)->body;
        break;
      case TermKind::try_: {
        auto* p = static_cast<const PushTry*>(t);
        if (!units_.is_reified(p)) {
          const size_t mark = facts_.mark();
          walk(p->handler);
          facts_.undo(mark);
        }
        t = p->body;
        break;
      }
      case TermKind::raise:
        return;
    }
  }
}

void UnitFacts::solve() {
  arrive(facts_);
  walk(unit_->body);
  while (!todo_.empty()) {
    const Code* c = todo_.back();
    todo_.pop_back();
    facts_.forget();
    enter(c, facts_);
    walk(c->body);
  }
  facts_.forget();
  choose_doubles();
}

/// Parameters of labels that always hold floats are held as doubles if the unit computes with them.
void UnitFacts::choose_doubles() {
  for (const auto& [code, entry] : entries_)
    for (const Var* p : code->params)
      if (computed_.count(p->id) && entry.types.at(p->id) == TYPES_FLOAT) doubles_.insert(p->id);
}

}  // namespace valkc
