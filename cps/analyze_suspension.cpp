// Suspension analysis: which functions and calls may need their continuation as a value.
//
// Input:       CPS.
// Output:      the same, with Call::suspension and Fun::suspension set.
// Requires:    the scoping rules that verify() checks.
// Establishes: direct code never reaches a shift or await that would capture its native frame.
// Invalidates: nothing.
// Paper:       effect inference with effect polymorphism in function parameters, after Talpin and
//              Jouvelot, "The Type and Effect Discipline" (1994); flow of unknown functions is one
//              class, in the spirit of Steensgaard.
//
// There are two effects, and each delimiter stops its own: shift is stopped by every delimiter, await
// only by an async boundary. The effect of a function is a set of
//   shift, await              it does so itself, outside the delimiters in its body
//   unknown shift, await      it calls a function that the analysis does not know
//   resumes                   it calls a continuation: its shifts are its own, but it may await
//   parameter (f, i)          it calls what parameter i of f stands for: `map` has no effect of its own
// At a call of a known function, parameters are replaced by the effects of the arguments. The unknown
// effects are real if a function with the effect escapes: is stored, returned, or given to unknown code.
//
// A function that calls an unknown or continuation value in tail position is compiled in both versions
// where continuations exist, because only the suspending one keeps `(fun {drive k v} {k v})` in constant
// memory; so is one that contains a reset, whose direct version enters a nested run.
#include "cps/analyze_suspension.h"

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace valkc {
namespace {

using Parameter = std::pair<Fun*, int>;
struct ParameterOrder {
  bool operator()(const Parameter& a, const Parameter& b) const {
    return a.first->id != b.first->id ? a.first->id < b.first->id : a.second < b.second;
  }
};
using Parameters = std::set<Parameter, ParameterOrder>;

/// What a call or a body may do to the continuation around it.
struct Effects {
  bool shift = false, await = false;
  bool unknown_shift = false, unknown_await = false;
  bool resumes = false;
  Parameters shift_of, await_of;

  bool add(const Effects& e) {
    Effects before = *this;
    shift |= e.shift;
    await |= e.await;
    unknown_shift |= e.unknown_shift;
    unknown_await |= e.unknown_await;
    resumes |= e.resumes;
    shift_of.insert(e.shift_of.begin(), e.shift_of.end());
    await_of.insert(e.await_of.begin(), e.await_of.end());
    return !(before == *this);
  }
  bool operator==(const Effects&) const = default;
  Effects inside_reset() const {
    Effects e = *this;
    e.shift = e.unknown_shift = false;
    e.shift_of.clear();
    return e;
  }
};

Effects unknown_effects() {
  Effects e;
  e.unknown_shift = e.unknown_await = true;
  return e;
}

enum class Delimiter : uint8_t { none, reset, async_reset };

struct CallSite {
  Call* call;
  Fun* in;
  Delimiter delimiter;  ///< between the call and the end of the function around it
  bool is_tail;         ///< its continuation is opaque
};

class SuspensionAnalysis {
 public:
  explicit SuspensionAnalysis(Program& program) : program_(program) {}
  void run();

 private:
  void scan_fun(Fun* f);
  void scan(Term* t, Fun* f, Delimiter d);
  void value_use(const Atom& a);
  void scan_let(Let* l);
  void scan_call(Call* c, Fun* f, Delimiter d);
  Effects effects_of_value(const Atom& a);
  Effects call_effects(const Call* c);
  Effects instantiate(const Effects& e, Fun* f, const std::vector<Atom>& args);
  void solve_effects();
  void solve_escapes();
  void escape(const Atom& a);
  bool may_shift(const Effects& e) const { return e.shift || (e.unknown_shift && unknown_shifts_); }
  bool may_await(const Effects& e) const {
    return e.await || (e.unknown_await && unknown_awaits_) || (e.resumes && awaits_);
  }
  bool suspends(const Effects& e) const { return may_shift(e) || may_await(e); }
  static bool is_open(const Effects& e) { return !e.shift_of.empty() || !e.await_of.empty(); }
  /// With --async=fiber awaiting itself is no effect: the machine stack waits. What calls unknown code stays
  /// one, since its tail calls want continuations.
  bool awaits(const Primitive* p) const {
    return p->has(EFFECT_AWAITS) && !(program_.tasks_on_fibers && p->awaits_only());
  }
  void solve_preferences();
  void mark();
  void mark_all();
  static bool is_exact(const Call* c) {
    if (c->callee.kind != AtomKind::fun) return false;
    const Fun* f = c->callee.fun;
    return f->rest ? c->args.size() >= f->params.size() : c->args.size() == f->params.size();
  }

  Program& program_;
  std::vector<Fun*> funs_;
  std::vector<CallSite> calls_;
  std::unordered_map<const Var*, Parameter> parameters_;
  std::unordered_set<const Var*> continuations_;  ///< bound by a Shift
  std::unordered_map<Fun*, Effects> own_;         ///< shifts of the body
  std::unordered_map<Fun*, Effects> effects_;
  std::unordered_set<Fun*> resets_;  ///< contain a delimiter
  std::vector<Atom> stored_;         ///< values that flow to unknown places
  std::unordered_set<Fun*> escaping_;
  Parameters leaking_;
  std::vector<Fun*> new_escapes_;
  std::unordered_set<Fun*> prefers_suspending_;
  bool shifts_ = false, awaits_ = false;
  bool unknown_shifts_ = false, unknown_awaits_ = false;
};

// ---- collection ---------------------------------------------------------------------------------

void SuspensionAnalysis::scan_fun(Fun* f) {
  funs_.push_back(f);
  int i = 0;
  for (Var* p : f->params) parameters_[p] = {f, i++};
  scan(f->body, f, Delimiter::none);
}

void SuspensionAnalysis::scan_let(Let* l) {
  // Continuations given to operations run as tasks of their own: inside a boundary.
  bool contained = l->op.kind == OpKind::primitive && l->op.primitive->has(EFFECT_OPERATION);
  if (contained) return;
  for (const Atom& a : l->op.args) value_use(a);
}

void SuspensionAnalysis::value_use(const Atom& a) {
  if (a.kind == AtomKind::fun || a.kind == AtomKind::var) stored_.push_back(a);
  if (a.kind == AtomKind::primitive && a.primitive->has(EFFECT_SUSPENDS)) {
    if (awaits(a.primitive)) unknown_awaits_ = true;
    if (a.primitive->has(EFFECT_CALLS)) unknown_shifts_ = true;
  }
}

void SuspensionAnalysis::scan_call(Call* c, Fun* f, Delimiter d) {
  calls_.push_back({c, f, d, c->cont->is_opaque()});
  if (c->callee.kind == AtomKind::primitive) {
    const Primitive* p = c->callee.primitive;
    if (awaits(p)) awaits_ = true;
    bool contained = p->has(EFFECT_SUSPENDS) && !p->has(EFFECT_CALLS);  // %async, await-async
    if (contained) return;
    for (const Atom& a : c->args) value_use(a);
    return;
  }
  if (is_exact(c)) {
    const Fun* g = c->callee.fun;
    for (size_t i = g->params.size(); i < c->args.size(); i++) value_use(c->args[i]);
    return;  // the others flow to parameters: see solve_escapes
  }
  if (c->callee.kind == AtomKind::fun) value_use(c->callee);
  for (const Atom& a : c->args) value_use(a);
}

void SuspensionAnalysis::scan(Term* t, Fun* f, Delimiter d) {
  while (t) {
    switch (t->kind) {
      case TermKind::let:
        scan_let(static_cast<Let*>(t));
        t = static_cast<Let*>(t)->next;
        break;
      case TermKind::let_fun:
        for (Fun* g : static_cast<LetFun*>(t)->funs) scan_fun(g);
        t = static_cast<LetFun*>(t)->next;
        break;
      case TermKind::let_cont:
        for (Cont* k : static_cast<LetCont*>(t)->conts) scan(k->body, f, d);
        t = static_cast<LetCont*>(t)->next;
        break;
      case TermKind::jump:
        for (const Atom& a : static_cast<Jump*>(t)->args) value_use(a);
        return;
      case TermKind::call:
        return scan_call(static_cast<Call*>(t), f, d);
      case TermKind::if_:
        scan(static_cast<If*>(t)->consequent, f, d);
        t = static_cast<If*>(t)->alternative;
        break;
      case TermKind::reset: {
        auto* r = static_cast<PushReset*>(t);
        resets_.insert(f);
        if (r->is_async) d = Delimiter::async_reset;
        if (d == Delimiter::none) d = Delimiter::reset;
        t = r->body;
        break;
      }
      case TermKind::shift: {
        auto* s = static_cast<Shift*>(t);
        shifts_ = true;
        if (d == Delimiter::none) own_[f].shift = true;
        continuations_.insert(s->var);
        t = s->body;
        break;
      }
      case TermKind::try_:
        scan(static_cast<PushTry*>(t)->handler, f, d);
        t = static_cast<PushTry*>(t)->body;
        break;
      case TermKind::raise:
        return value_use(static_cast<Raise*>(t)->error);
    }
  }
}

// ---- effects ------------------------------------------------------------------------------------

/// What calling this value may do, as far as the place of the call can tell.
Effects SuspensionAnalysis::effects_of_value(const Atom& a) {
  Effects e;
  switch (a.kind) {
    case AtomKind::constant:
      return e;
    case AtomKind::primitive:
      e.await = awaits(a.primitive);
      e.unknown_shift = e.unknown_await = a.primitive->has(EFFECT_CALLS);
      return e;
    case AtomKind::fun:
      // Its own parameters will be bound by whoever calls it: unknown here.
      return instantiate(effects_[a.fun], a.fun, {});
    case AtomKind::var:
      break;
  }
  if (continuations_.count(a.var)) {
    e.resumes = true;
    return e;
  }
  if (auto it = parameters_.find(a.var); it != parameters_.end()) {
    e.shift_of.insert(it->second);
    e.await_of.insert(it->second);
    return e;
  }
  return unknown_effects();
}

/// The effects of f's body at a call with these arguments; missing ones are unknown.
Effects SuspensionAnalysis::instantiate(const Effects& e, Fun* f, const std::vector<Atom>& args) {
  Effects out = e;
  out.shift_of.clear();
  out.await_of.clear();
  auto argument = [&](const Parameter& p) {
    size_t i = static_cast<size_t>(p.second);
    return i < args.size() ? effects_of_value(args[i]) : unknown_effects();
  };
  for (const Parameter& p : e.shift_of) {
    if (p.first != f) {
      out.shift_of.insert(p);
      continue;
    }
    Effects a = argument(p);
    out.shift |= a.shift;
    out.unknown_shift |= a.unknown_shift;
    out.shift_of.insert(a.shift_of.begin(), a.shift_of.end());
  }
  for (const Parameter& p : e.await_of) {
    if (p.first != f) {
      out.await_of.insert(p);
      continue;
    }
    Effects a = argument(p);
    out.await |= a.await;
    out.unknown_await |= a.unknown_await;
    out.resumes |= a.resumes;
    out.await_of.insert(a.await_of.begin(), a.await_of.end());
  }
  return out;
}

Effects SuspensionAnalysis::call_effects(const Call* c) {
  if (c->callee.kind == AtomKind::primitive) {
    Effects e;
    const Primitive* p = c->callee.primitive;
    e.await = awaits(p) && !p->has(EFFECT_CALLS);
    if (p->has(EFFECT_CALLS)) {
      e = unknown_effects();
      e.resumes = true;
    }
    return e;
  }
  if (c->callee.kind != AtomKind::fun) return effects_of_value(c->callee);
  Fun* f = c->callee.fun;
  if (!is_exact(c)) return Effects{};  // a partial application, or an arity error
  return instantiate(effects_[f], f, c->args);
}

void SuspensionAnalysis::solve_effects() {
  for (Fun* f : funs_) effects_[f] = own_[f];
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = calls_.size(); i-- > 0;) {
      const CallSite& site = calls_[i];
      if (site.delimiter == Delimiter::async_reset) continue;
      Effects e = call_effects(site.call);
      if (site.delimiter == Delimiter::reset) e = e.inside_reset();
      changed |= effects_[site.in].add(e);
    }
  }
}

// ---- escapes ------------------------------------------------------------------------------------

void SuspensionAnalysis::escape(const Atom& a) {
  if (a.kind == AtomKind::fun) {
    if (escaping_.insert(a.fun).second) new_escapes_.push_back(a.fun);
  } else if (a.kind == AtomKind::var) {
    if (auto it = parameters_.find(a.var); it != parameters_.end()) leaking_.insert(it->second);
  }
}

/// Least fixpoint: functions given to leaking parameters escape, and a function that escapes leaks the
/// parameters that it calls.
void SuspensionAnalysis::solve_escapes() {
  for (const Atom& a : stored_) escape(a);
  for (size_t before = 0, now = 1; before != now;) {
    before = escaping_.size() + leaking_.size();
    for (const CallSite& site : calls_) {
      if (!is_exact(site.call)) continue;
      Fun* f = site.call->callee.fun;
      for (size_t i = 0; i < f->params.size(); i++)
        if (leaking_.count({f, static_cast<int>(i)})) escape(site.call->args[i]);
    }
    for (Fun* f : new_escapes_) {
      leaking_.insert(effects_[f].shift_of.begin(), effects_[f].shift_of.end());
      leaking_.insert(effects_[f].await_of.begin(), effects_[f].await_of.end());
    }
    new_escapes_.clear();
    now = escaping_.size() + leaking_.size();
  }
  for (Fun* f : escaping_) {
    unknown_shifts_ |= effects_[f].shift;
    unknown_awaits_ |= effects_[f].await || (effects_[f].resumes && awaits_);
  }
  unknown_awaits_ |= shifts_ && awaits_;  // a continuation may be anywhere, and may await
}

// ---- verdicts -----------------------------------------------------------------------------------

/// Functions that must not run in direct style when suspending code can call them: see above.
void SuspensionAnalysis::solve_preferences() {
  if (!shifts_ && !awaits_) return;
  for (Fun* f : resets_) prefers_suspending_.insert(f);
  for (bool changed = true; changed;) {
    changed = false;
    for (const CallSite& site : calls_) {
      if (!site.is_tail || site.delimiter != Delimiter::none || prefers_suspending_.count(site.in))
        continue;
      const Atom& callee = site.call->callee;
      bool unknown = callee.kind == AtomKind::var;
      bool known = is_exact(site.call) && prefers_suspending_.count(callee.fun);
      bool inexact = callee.kind == AtomKind::fun && !is_exact(site.call);
      if (unknown || known || inexact) changed |= prefers_suspending_.insert(site.in).second;
    }
  }
}

void SuspensionAnalysis::mark() {
  for (Fun* f : funs_) {
    const Effects& e = effects_[f];
    bool both = is_open(e) || prefers_suspending_.count(f);
    f->suspension = suspends(e) ? Suspension::suspends
                    : both      ? Suspension::either
                                : Suspension::direct;
  }
  Fun* main = program_.main;
  if (main->suspension == Suspension::either) main->suspension = Suspension::suspends;
  for (const CallSite& site : calls_) {
    Call* c = site.call;
    Effects e = call_effects(c);
    if (c->callee.kind == AtomKind::primitive && c->callee.primitive->has(EFFECT_SUSPENDS)) {
      // %async contains its effects, but is entered by passing the continuation where there is one.
      c->suspension = suspends(e) ? Suspension::suspends : Suspension::either;
      continue;
    }
    bool exact = is_exact(c);
    bool prefers = exact ? prefers_suspending_.count(c->callee.fun) != 0 : shifts_ || awaits_;
    bool has_reset = (exact && resets_.count(c->callee.fun) != 0) || e.resumes;
    if (suspends(e) || (exact && c->callee.fun->suspension == Suspension::suspends)) {
      c->suspension = Suspension::suspends;
    } else if (is_open(e) || has_reset || (prefers && site.is_tail)) {
      c->suspension = Suspension::either;
    } else {
      c->suspension = Suspension::direct;
    }
  }
}

void SuspensionAnalysis::mark_all() {
  for (Fun* f : funs_) f->suspension = Suspension::suspends;
  for (const CallSite& site : calls_) site.call->suspension = Suspension::suspends;
}

void SuspensionAnalysis::run() {
  for (Fun* f : program_.top_level) scan_fun(f);
  scan_fun(program_.main);
  if (program_.suspend_all) return mark_all();
  // Evaluated code may do anything, wherever it is called from.
  if (program_.core && program_.core->needs_evaluator)
    shifts_ = awaits_ = unknown_shifts_ = unknown_awaits_ = true;
  solve_effects();
  solve_escapes();
  solve_preferences();
  mark();
}

}  // namespace

void analyze_suspension(Program& program) { SuspensionAnalysis(program).run(); }

}  // namespace valkc
