// The verifier: see verify.h. It walks each function once with a stack of steps; entering a scope
// marks what it binds as live, and a step left behind on the stack marks it dead again.
#include "cps/verify.h"

#include <unordered_map>
#include <unordered_set>

#include "cps/spelling.h"
#include "cps/traverse.h"
#include "cps/verify_captures.h"

namespace valkc {

namespace {

struct CheckRow {
  const char* name;
  const char* promise;
};
constexpr CheckRow CHECKS[] = {
#define CHECK(id, name, promise) {name, promise},
#include "cps/checks.def"
#undef CHECK
};

std::string quoted(const std::string& name, uint32_t id) {
  return "'" + name + "' (" + std::to_string(id) + ")";
}
std::string quoted(const Var* v) { return "variable " + quoted(v->name, v->id); }
std::string quoted(const Cont* k) { return "continuation " + quoted(k->name, k->id); }
std::string quoted(const Fun* f) { return "function " + quoted(f->name, f->id); }

/// A region is the body of a function, or of a reset, shift or try: what a continuation may not
/// leave.
using Region = uint32_t;

/// Where something was bound.
struct Binding {
  const Fun* fun = nullptr;
  Region region = 0;
  bool is_live = false;
};

class Verifier {
 public:
  explicit Verifier(const Program& program) : program_(program) {}
  std::vector<Violation> run();

 private:
  /// What remains to be done, last first. What a scope binds is bound when its step is reached, and
  /// dead again when the step left behind below it is.
  struct Step {
    const Fun* fun = nullptr;  ///< around it
    Region region = 0;
    const Term* term = nullptr;        ///< a term, or
    const Cont* cont_body = nullptr;   ///< the body of a continuation, or
    const Fun* fun_body = nullptr;     ///< the body of a function, or
    const PushTry* handler = nullptr;  ///< the handler of a try, or
    Binding* leave = nullptr;          ///< the end of a scope
  };

  void fail(Check check, const std::string& detail);
  void run_steps();
  void verify_top(const Fun* fun);
  void enter_fun(const Fun& fun);
  void enter_cont(const Cont& cont);
  void enter_handler(const PushTry& t);
  template <typename Delimiter>
  void enter_delimiter(const Delimiter& term);
  Step here() const { return {fun_, region_, nullptr, nullptr, nullptr, nullptr, nullptr}; }
  void visit(const Term& term);
  void visit_let(const Let& let);
  void visit_let_fun(const LetFun& let);
  void visit_let_cont(const LetCont& let);
  void visit_try(const PushTry& t);
  void visit_call(const Call& call);
  void visit_jump(const Jump& jump);
  void check_primitive(const Op& op);
  void check_op(const Op& op);

  template <typename T>
  void bind(const T* thing, std::unordered_map<const T*, Binding>& bindings);
  void bind_fun(const Fun* fun);
  void bind_opaque(const Cont* cont);
  void use(const Atom& atom);
  void use_cont(const Cont* cont, size_t values);
  void push(const Term* term);
  bool require(const void* part, const char* what);

  const Program& program_;
  std::vector<Violation> violations_;
  std::unordered_set<const Term*> seen_;
  std::unordered_set<const Global*> cells_;
  std::unordered_map<const Var*, Binding> vars_;
  std::unordered_map<const Cont*, Binding> conts_;
  std::unordered_map<const Fun*, Binding> funs_;
  std::vector<Step> todo_;
  const Fun* fun_ = nullptr;  ///< around the term being visited
  Region region_ = 0;
  Region last_region_ = 0;
  Span span_;
};

void Verifier::fail(Check check, const std::string& detail) {
  violations_.push_back({check, fun_, span_, detail});
}

bool Verifier::require(const void* part, const char* what) {
  if (!part) fail(Check::shape, std::string(what) + " is missing");
  return part != nullptr;
}

void Verifier::push(const Term* term) {
  if (!require(term, "a term")) return;
  Step step = here();
  step.term = term;
  todo_.push_back(step);
}

// ---- binding ------------------------------------------------------------------------------------

/// Marks `thing` as live until the steps now on the stack above its own are done.
template <typename T>
void Verifier::bind(const T* thing, std::unordered_map<const T*, Binding>& bindings) {
  if (!require(thing, "a bound name")) return;
  const auto [at, is_new] = bindings.try_emplace(thing);
  if (!is_new) {
    const bool is_var = std::is_same_v<T, Var>;
    return fail(is_var ? Check::bound_once : Check::tree, quoted(thing) + " is bound twice");
  }
  at->second = {fun_, region_, true};
  Step step = here();
  step.leave = &at->second;
  todo_.push_back(step);
}

void Verifier::bind_fun(const Fun* fun) {
  bind(fun, funs_);
  if (fun && require(fun->self, "the self variable of a function")) bind<Var>(fun->self, vars_);
}

void Verifier::bind_opaque(const Cont* cont) {
  bind(cont, conts_);
  if (!cont) return;
  if (!cont->is_opaque()) fail(Check::cont_opaque, quoted(cont) + " has a body, but is opaque");
  if (cont->params.size() > 1)
    fail(Check::cont_arity, quoted(cont) + " is opaque and takes one value");
}

// ---- use ----------------------------------------------------------------------------------------

void Verifier::use(const Atom& atom) {
  if (atom.kind == AtomKind::constant) {
    require(atom.constant, "a constant");
  } else if (atom.kind == AtomKind::primitive) {
    require(atom.primitive, "a builtin");
  } else if (atom.kind == AtomKind::var && require(atom.var, "a variable")) {
    const auto at = vars_.find(atom.var);
    if (at == vars_.end() || !at->second.is_live)
      fail(Check::scope, quoted(atom.var) + " is not bound here");
  } else if (atom.kind == AtomKind::fun && require(atom.fun, "a function")) {
    const auto at = funs_.find(atom.fun);
    if (at == funs_.end() || !at->second.is_live)
      fail(Check::scope, quoted(atom.fun) + " is not bound here");
  }
}

/// A use of `cont` that hands it that many values.
void Verifier::use_cont(const Cont* cont, size_t values) {
  if (!require(cont, "a continuation")) return;
  const auto at = conts_.find(cont);
  if (at == conts_.end() || !at->second.is_live)
    return fail(Check::cont_scope, quoted(cont) + " is not bound here");
  if (at->second.fun != fun_)
    fail(Check::cont_function, quoted(cont) + " belongs to " + quoted(at->second.fun));
  else if (at->second.region != region_)
    fail(Check::cont_delimiter, quoted(cont) + " is outside of this delimiter or try");
  const size_t wanted = cont->is_opaque() ? 1 : cont->params.size();
  if (values != wanted)
    fail(Check::cont_arity,
         quoted(cont) + " takes " + std::to_string(wanted) + ", given " + std::to_string(values));
}

// ---- terms --------------------------------------------------------------------------------------

void Verifier::check_primitive(const Op& op) {
  if (!require(op.primitive, "a builtin")) return;
  const std::string name(op.primitive->name);
  if (!op.primitive->accepts(static_cast<int>(op.args.size())))
    fail(Check::primitive_arity, name + " does not take " + std::to_string(op.args.size()));
  if (op.primitive->has(EFFECT_SUSPENDS)) fail(Check::primitive_suspends, name + " suspends");
}

void Verifier::check_op(const Op& op) {
  const Operator* row = find_operator(op.kind);
  if (!row) return check_primitive(op);
  if (op.args.size() != static_cast<size_t>(row->operands))
    fail(Check::primitive_arity,
         std::string(row->name) + " does not take " + std::to_string(op.args.size()));
  if (row->has_global && require(op.global, "a global") && !cells_.count(op.global))
    fail(Check::global_cell, "global '" + op.global->name + "' has no cell");
}

void Verifier::visit_let(const Let& let) {
  check_op(let.op);
  bind<Var>(let.var, vars_);
  push(let.next);
}

void Verifier::visit_let_fun(const LetFun& let) {
  for (const Fun* f : let.funs) bind_fun(f);
  push(let.next);
  for (size_t i = let.funs.size(); i-- > 0;) {
    if (!let.funs[i]) continue;
    Step step = here();
    step.fun_body = let.funs[i];
    todo_.push_back(step);
  }
}

void Verifier::visit_let_cont(const LetCont& let) {
  for (const Cont* k : let.conts) bind(k, conts_);
  for (size_t i = let.conts.size(); i-- > 0;) {
    if (!let.conts[i]) continue;
    Step step = here();
    step.cont_body = let.conts[i];
    todo_.push_back(step);
  }
  push(let.next);
}

void Verifier::enter_cont(const Cont& cont) {
  for (const Var* v : cont.params) bind(v, vars_);
  if (cont.is_opaque()) return fail(Check::cont_opaque, quoted(&cont) + " has no body");
  push(cont.body);
}

void Verifier::visit_try(const PushTry& t) {
  use_cont(t.cont, 1);
  Step step = here();
  step.handler = &t;
  todo_.push_back(step);
  region_ = ++last_region_;
  bind_opaque(t.end);
  push(t.body);
}

void Verifier::enter_handler(const PushTry& t) {
  bind<Var>(t.var, vars_);
  push(t.handler);
}

/// The body of a reset or shift: a region of its own, which ends in `bottom`.
template <typename Delimiter>
void Verifier::enter_delimiter(const Delimiter& term) {
  use_cont(term.cont, 1);
  region_ = ++last_region_;
  bind_opaque(term.bottom);
  push(term.body);
}

void Verifier::enter_fun(const Fun& fun) {
  fun_ = &fun;
  region_ = ++last_region_;
  span_ = fun.span;
  for (const Var* v : fun.params) bind(v, vars_);
  if (fun.rest) bind<Var>(fun.rest, vars_);
  bind_opaque(fun.ret);
  push(fun.body);
}

void Verifier::visit(const Term& term) {
  if (!seen_.insert(&term).second) return fail(Check::tree, "a term stands in two places");
  each_atom(term, [&](const Atom& a) { use(a); });
  switch (term.kind) {
    case TermKind::let:
      return visit_let(static_cast<const Let&>(term));
    case TermKind::let_fun:
      return visit_let_fun(static_cast<const LetFun&>(term));
    case TermKind::let_cont:
      return visit_let_cont(static_cast<const LetCont&>(term));
    case TermKind::jump:
      return use_cont(static_cast<const Jump&>(term).cont,
                      static_cast<const Jump&>(term).args.size());
    case TermKind::call:
      return use_cont(static_cast<const Call&>(term).cont, 1);
    case TermKind::reset:
      return enter_delimiter(static_cast<const PushReset&>(term));
    case TermKind::shift:
      bind<Var>(static_cast<const Shift&>(term).var, vars_);
      return enter_delimiter(static_cast<const Shift&>(term));
    case TermKind::try_:
      return visit_try(static_cast<const PushTry&>(term));
    case TermKind::if_:
      push(static_cast<const If&>(term).alternative);
      return push(static_cast<const If&>(term).consequent);
    case TermKind::raise:
      return;
  }
}

void Verifier::run_steps() {
  while (!todo_.empty()) {
    const Step step = todo_.back();
    todo_.pop_back();
    fun_ = step.fun;
    region_ = step.region;
    if (step.term) span_ = step.term->span;
    if (step.leave) step.leave->is_live = false;
    if (step.term) visit(*step.term);
    if (step.cont_body) enter_cont(*step.cont_body);
    if (step.fun_body) enter_fun(*step.fun_body);
    if (step.handler) enter_handler(*step.handler);
  }
}

// ---- the program --------------------------------------------------------------------------------

void Verifier::verify_top(const Fun* fun) {
  fun_ = fun;
  span_ = fun->span;
  if (require(fun->self, "the self variable of a function")) bind<Var>(fun->self, vars_);
  if (!fun->captures.empty()) fail(Check::top_level, quoted(fun) + " has captures");
  enter_fun(*fun);
  run_steps();
}

std::vector<Violation> Verifier::run() {
  cells_.insert(program_.globals.begin(), program_.globals.end());
  for (const Fun* f : program_.top_level) {
    if (!require(f, "a function") || f == program_.main) continue;
    if (!funs_.emplace(f, Binding{nullptr, 0, true}).second)
      fail(Check::tree, quoted(f) + " is bound twice");
  }
  for (const Fun* f : program_.top_level)
    if (f && f != program_.main) verify_top(f);
  if (require(program_.main, "the main function")) verify_top(program_.main);
  if (program_.stage == Stage::closed && violations_.empty())
    verify_captures(program_, violations_);
  return std::move(violations_);
}

}  // namespace

const char* check_name(Check check) { return CHECKS[static_cast<size_t>(check)].name; }
const char* check_promise(Check check) { return CHECKS[static_cast<size_t>(check)].promise; }

std::vector<Violation> verify(const Program& program) { return Verifier(program).run(); }

std::string describe(const Violation& v) {
  const std::string name = !v.fun ? "the program" : v.fun->name.empty() ? "a lambda" : v.fun->name;
  return std::string(check_name(v.check)) + ": in " + name + ": " + v.detail + " (" +
         check_promise(v.check) + ")";
}

}  // namespace valkc
