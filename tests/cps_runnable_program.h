// Random programs that do something when they run: they print, count, fail, catch, capture and resume.
// Functions call only those made before them and loops count to a small number, so that most programs
// end soon; the interpreter's limit of steps cuts the others off.
#pragma once

#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "cps/ir.h"

namespace valkc {

/// Builds one program from a seed. The program obeys every rule of the verifier, and no builtin is given
/// what it does not check for.
class RunnableProgram {
 public:
  RunnableProgram(Program& program, uint32_t seed) : program_(program), random_(seed) {}

  void build() {
    for (const char* name : {"g", "h"}) {
      Global& g = program_.parsed_globals.emplace_back();
      g.name = name;
      program_.globals.push_back(&g);
    }
    for (int i = pick(4); i > 0; i--) {
      Fun* f = program_.make_fun("f" + std::to_string(i), {});
      add_params(f, pick(3));
      program_.top_level.push_back(f);
      fill(f);
      scope_.funs.push_back(f);
    }
    program_.main = program_.make_fun("main", {});
    for (const Global* g : program_.globals) start_.push_back(g);
    fill(program_.main);
    // The rest of the program is a continuation of another kind: most programs keep to plain ones.
    if (is_likely(80)) enclose(*program_.main);
  }

 private:
  static constexpr int DEPTH = 6;

  /// What may be mentioned at the current point.
  struct Scope {
    std::vector<Var*> values;
    std::vector<Var*> integers;  ///< those of `values` that are surely integers
    std::vector<Var*> cells;     ///< not among `values`: builtins on cells do not check
    std::vector<Var*> resumes;   ///< continuations as values
    std::vector<Fun*> funs;
    std::vector<Cont*> conts;
  };

  int pick(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool is_likely(int percent) { return pick(100) < percent; }
  template <typename T>
  T pick_from(const std::vector<T>& items) {
    return items[static_cast<size_t>(pick(static_cast<int>(items.size())))];
  }

  // ---- atoms ----
  Atom constant(int n) { return Atom(program_.data.integer(n, {})); }
  Atom integer() {
    if (scope_.integers.empty() || is_likely(40)) return constant(pick(7) - 2);
    return Atom(pick_from(scope_.integers));
  }
  Atom value() {
    const int kind = pick(20);
    if (kind == 0) return Atom(program_.data.nil({}));
    if (kind == 1) return Atom(program_.data.text(DatumKind::string, "s", {}));
    if (kind == 2) return Atom(program_.data.text(DatumKind::keyword, ":k", {}));
    if (kind == 3 && !scope_.funs.empty()) return Atom(pick_from(scope_.funs));
    if (kind == 4) return Atom(find_primitive("list"));
    if (kind < 14 && !scope_.values.empty()) return Atom(pick_from(scope_.values));
    return integer();
  }
  std::vector<Atom> values(size_t n) {
    std::vector<Atom> result;
    while (n-- > 0) result.push_back(value());
    return result;
  }

  // ---- bindings ----
  Var* let(Term**& hole, const char* primitive, std::vector<Atom> args) {
    Let* let = program_.make<Let>(TermKind::let, {});
    let->op.primitive = find_primitive(primitive);
    let->op.args = std::move(args);
    let->var = program_.make_var("t");
    *hole = let;
    hole = &let->next;
    return let->var;
  }
  void let_integer(Term**& hole) {
    static const char* const NAMES[] = {"%add", "%sub", "%mul", "%lt", "%eq"};
    Var* v = let(hole, NAMES[pick(5)], {integer(), integer()});
    scope_.integers.push_back(v);
    scope_.values.push_back(v);
  }
  void let_value(Term**& hole) {
    const int kind = pick(40);
    if (kind == 0) {
      let(hole, "error", {Atom(program_.data.text(DatumKind::string, "e", {}))});
    } else if (kind == 1) {
      scope_.values.push_back(let(hole, "%div", {integer(), integer()}));
    } else if (kind == 2) {
      scope_.values.push_back(let(hole, "%add", values(2)));
    } else if (kind < 12) {
      scope_.values.push_back(let(hole, "list", values(2)));
    } else if (kind < 18) {
      scope_.values.push_back(let(hole, kind < 15 ? "type" : "not", values(1)));
    } else {
      let(hole, "print", values(1 + static_cast<size_t>(pick(2))));
    }
  }
  void let_cell(Term**& hole) {
    if (scope_.cells.empty() || is_likely(30)) {
      scope_.cells.push_back(let(hole, "%cell", values(1)));
    } else if (is_likely(50)) {
      scope_.values.push_back(let(hole, "%cell-get", {Atom(pick_from(scope_.cells))}));
    } else {
      let(hole, "%cell-set", {Atom(pick_from(scope_.cells)), value()});
    }
  }
  void let_global(Term**& hole) {
    Let* let = program_.make<Let>(TermKind::let, {});
    let->op.kind = is_likely(50)   ? OpKind::global_define
                   : is_likely(80) ? OpKind::global_get
                                   : OpKind::global_set;
    let->op.global = pick_from(program_.globals);
    if (let->op.kind != OpKind::global_get) let->op.args = values(1);
    let->var = program_.make_var("g");
    scope_.values.push_back(let->var);
    *hole = let;
    hole = &let->next;
  }
  void define(Term**& hole, const Global* global) {
    Let* let = program_.make<Let>(TermKind::let, {});
    let->op.kind = OpKind::global_define;
    let->op.global = global;
    let->op.args = {integer()};
    let->var = program_.make_var("g");
    *hole = let;
    hole = &let->next;
  }
  void let_fun(Term**& hole) {
    LetFun* let = program_.make<LetFun>(TermKind::let_fun, {});
    Fun* f = program_.make_fun("local", {});
    add_params(f, pick(3));
    fill(f);
    let->funs = {f};
    scope_.funs.push_back(f);
    *hole = let;
    hole = &let->next;
  }
  Cont* make_cont(const char* name, int params) {
    Cont* k = program_.make_cont(name, {});
    for (int i = 0; i < params; i++) k->params.push_back(program_.make_var("x"));
    return k;
  }
  /// A continuation whose body stands here, and is in scope from here on.
  void let_join(Term**& hole, int depth) {
    LetCont* let = program_.make<LetCont>(TermKind::let_cont, {});
    Cont* k = make_cont("k", is_likely(70) ? 1 : pick(3));
    let->conts = {k};
    const Scope outer = scope_;
    scope_.values.insert(scope_.values.end(), k->params.begin(), k->params.end());
    k->body = body(depth);
    scope_ = outer;
    scope_.conts.push_back(k);
    *hole = let;
    hole = &let->next;
  }
  /// A loop: (loop i x) counts i up to a small number, then goes on with x.
  void let_loop(Term**& hole, int depth) {
    LetCont* let = program_.make<LetCont>(TermKind::let_cont, {});
    Cont* loop = make_cont("loop", 2);
    Cont* again = make_cont("again", 1);
    let->conts = {loop};
    *hole = let;
    const Scope outer = scope_;
    Term** body_hole = &loop->body;
    Var* less = this->let(body_hole, "%lt", {Atom(loop->params[0]), constant(1 + pick(4))});
    If* test = program_.make<If>(TermKind::if_, {});
    test->condition = Atom(less);
    *body_hole = test;
    scope_.values.push_back(loop->params[1]);
    test->alternative = jump(pick_near(scope_.conts));
    LetCont* inner = program_.make<LetCont>(TermKind::let_cont, {});
    inner->conts = {again};
    test->consequent = inner;
    Term** again_hole = &again->body;
    Var* next = this->let(again_hole, "%add", {Atom(loop->params[0]), constant(1)});
    Jump* back = program_.make<Jump>(TermKind::jump, {});
    back->cont = loop;
    back->args = {Atom(next), Atom(again->params[0])};
    *again_hole = back;
    scope_.integers.push_back(loop->params[0]);
    scope_.values.push_back(loop->params[0]);
    scope_.conts = {again};
    inner->next = body(depth);
    scope_ = outer;
    Jump* enter = program_.make<Jump>(TermKind::jump, {});
    enter->cont = loop;
    enter->args = {constant(0), value()};
    let->next = enter;
    hole = nullptr;
  }

  // ---- terms ----
  Term* body(int depth) {
    const Scope outer = scope_;
    Term* first = nullptr;
    Term** hole = &first;
    // The main program begins by defining the globals, so that most reads of them succeed.
    for (; !start_.empty(); start_.pop_back()) define(hole, start_.back());
    for (int i = pick(9); i > 0 && hole; i--) binding(hole, depth - 1);
    if (hole) *hole = transfer(depth - 1);
    scope_ = outer;
    return first;
  }
  void binding(Term**& hole, int depth) {
    const int kind = pick(16);
    if (kind < 3) return let_integer(hole);
    if (kind < 7) return let_value(hole);
    if (kind == 7) return let_cell(hole);
    if (kind == 8) return let_global(hole);
    if (depth <= 0) return let_integer(hole);
    if (kind == 9 && nesting_ < 3) return let_fun(hole);
    if (kind == 10 && is_likely(40)) return let_loop(hole, depth);
    let_join(hole, depth);
  }
  static size_t takes(const Cont* k) { return k->is_opaque() ? 1 : k->params.size(); }
  /// The end of the region takes one value, so there always is one.
  Cont* one_value_cont() {
    std::vector<Cont*> fit;
    for (Cont* k : scope_.conts)
      if (takes(k) == 1) fit.push_back(k);
    return pick_near(fit);
  }
  /// The one bound last, most of the time: else most code would never be reached.
  Cont* pick_near(const std::vector<Cont*>& conts) {
    return is_likely(80) ? conts.back() : pick_from(conts);
  }
  Term* jump(Cont* k) {
    Jump* jump = program_.make<Jump>(TermKind::jump, {});
    jump->cont = k;
    jump->args = values(takes(k));
    return jump;
  }
  Term* transfer(int depth) {
    const int kind = pick(depth > 0 ? 14 : 7);
    if (kind < 2) return jump(pick_near(scope_.conts));
    if (kind < 6) return call();
    if (kind == 6) return is_likely(10) ? raise() : jump(pick_near(scope_.conts));
    if (kind < 9) return reset_term(depth);
    if (kind < 11) return shift_term(depth);
    if (kind == 11) return try_term(depth);
    If* branch = program_.make<If>(TermKind::if_, {});
    branch->condition = integer();
    branch->consequent = body(depth);
    branch->alternative = body(depth);
    return branch;
  }
  Term* raise() {
    Raise* raise = program_.make<Raise>(TermKind::raise, {});
    raise->error = value();
    return raise;
  }
  Term* call() {
    Call* call = program_.make<Call>(TermKind::call, {});
    call->cont = one_value_cont();
    if (!scope_.funs.empty() && is_likely(60)) {
      Fun* f = pick_from(scope_.funs);
      call->callee = Atom(f);
      call->args = values(is_likely(98) ? f->params.size() : f->params.size() + 1);
    } else if (!scope_.resumes.empty() && is_likely(70)) {
      call->callee = Atom(pick_from(scope_.resumes));
      call->args = values(1);
    } else {
      call->callee = is_likely(90) ? Atom(find_primitive("list")) : value();
      call->args = values(static_cast<size_t>(pick(3)));
    }
    return call;
  }
  Term* reset_term(int depth) {
    PushReset* reset = program_.make<PushReset>(TermKind::reset, {});
    reset->cont = one_value_cont();
    reset->bottom = program_.make_cont("bottom", {});
    reset->body = region(reset->bottom, depth);
    return reset;
  }
  Term* shift_term(int depth) {
    Shift* shift = program_.make<Shift>(TermKind::shift, {});
    shift->cont = one_value_cont();
    shift->bottom = program_.make_cont("bottom", {});
    shift->var = program_.make_var("k");
    const Scope outer = scope_;
    scope_.resumes.push_back(shift->var);
    scope_.values.push_back(shift->var);
    shift->body = is_likely(25) ? region(shift->bottom, depth) : resuming(*shift, depth);
    scope_ = outer;
    return shift;
  }
  /// The body of a shift that resumes what it captured, and then goes on.
  Term* resuming(const Shift& shift, int depth) {
    LetCont* let = program_.make<LetCont>(TermKind::let_cont, {});
    Cont* k = make_cont("k", 1);
    let->conts = {k};
    Call* call = program_.make<Call>(TermKind::call, {});
    call->callee = Atom(shift.var);
    call->args = values(1);
    call->cont = k;
    let->next = call;
    scope_.values.push_back(k->params[0]);
    k->body = region(shift.bottom, depth);
    return let;
  }
  Term* try_term(int depth) {
    PushTry* t = program_.make<PushTry>(TermKind::try_, {});
    t->cont = one_value_cont();
    t->end = program_.make_cont("end", {});
    t->body = region(t->end, depth);
    t->var = program_.make_var("e");
    const Scope outer = scope_;
    scope_.values.push_back(t->var);
    t->handler = body(depth);
    scope_ = outer;
    return t;
  }
  Term* region(Cont* end, int depth) {
    const Scope outer = scope_;
    scope_.conts = {end};
    Term* term = body(depth);
    scope_ = outer;
    return term;
  }

  // ---- functions ----
  /// Puts a function's body into a reset.
  void enclose(Fun& f) {
    PushReset* reset = program_.make<PushReset>(TermKind::reset, {});
    reset->bottom = f.ret;
    reset->body = f.body;
    f.ret = program_.make_cont("return", {});
    reset->cont = f.ret;
    f.body = reset;
  }
  void add_params(Fun* f, int n) {
    while (n-- > 0) f->params.push_back(program_.make_var("p"));
  }
  void fill(Fun* f) {
    f->ret = program_.make_cont("return", {});
    nesting_++;
    const Scope outer = scope_;
    scope_.values.insert(scope_.values.end(), f->params.begin(), f->params.end());
    f->body = region(f->ret, DEPTH - 2 * nesting_);
    scope_ = outer;
    nesting_--;
  }

  Program& program_;
  std::mt19937 random_;
  Scope scope_;
  std::vector<const Global*> start_;  ///< globals that the next body defines first
  int nesting_ = 0;
};

}  // namespace valkc
