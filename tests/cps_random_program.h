// Random well-formed IR, for property tests: every kind of term, nested functions, loops, and names that
// are hard to print. What a seed gives is fixed, so a failure is reproduced by its number.
#pragma once

#include <random>
#include <set>
#include <string>
#include <vector>

#include "cps/ir.h"

namespace valkc {

/// Builds one program from a seed. The program obeys every rule of the verifier; running it makes no
/// sense.
class RandomProgram {
 public:
  RandomProgram(Program& program, uint32_t seed) : program_(program), random_(seed) {}

  void build() {
    for (int i = pick(3); i >= 0; i--) add_global();
    for (int i = pick(4); i > 0; i--) {
      Fun* f = program_.make_fun(name(), span());
      program_.top_level.push_back(f);
      funs_.push_back(f);
    }
    for (Fun* f : program_.top_level) fill(f);
    program_.main = program_.make_fun("main", span());
    program_.main->ret = program_.make_cont("return", span());
    fill_body(program_.main);
  }

 private:
  static constexpr int DEPTH = 4;

  int pick(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  Span span() { return {}; }

  std::string name() {
    static const char* const NAMES[] = {"x", "y",  "x",  "k",  "loop", "x.1", "x.2.3", "",   "->",
                                        "&", "1+", "&x", ":k", "a b",  "-5",  "^f",    "#p", "@g"};
    return NAMES[pick(static_cast<int>(std::size(NAMES)))];
  }

  void add_global() {
    Global& g = program_.parsed_globals.emplace_back();
    g.name = name();
    program_.globals.push_back(&g);
  }

  const Datum* constant() {
    DatumArena& data = program_.data;
    switch (pick(9)) {
      case 0:
        return data.text(DatumKind::string, "a \"b\"\n;(", span());
      case 1:
        return data.text(DatumKind::symbol, "sym", span());
      case 2:
        return data.text(DatumKind::keyword, ":key", span());
      case 3:
        return data.nil(span());
      case 4:
        return data.text(DatumKind::big_integer, "-123456789012345678901234567890", span());
      case 5:
        return data.sequence(DatumKind::list, {data.integer(1, span()), data.nil(span())}, span());
      case 6:
        return data.sequence(DatumKind::block, {data.integer(2, span())}, span());
      case 7: {
        Datum* real = data.make(DatumKind::real, span());
        real->real = pick(2) ? 0.1 : -1e300 * 1e300;
        return real;
      }
      default:
        return data.integer(pick(2000) - 1000, span());
    }
  }

  const Primitive* primitive(bool for_let) {
    while (true) {
      const Primitive& p =
          primitives()[static_cast<size_t>(pick(static_cast<int>(primitives().size())))];
      if (!for_let || !p.has(EFFECT_SUSPENDS)) return &p;
    }
  }

  Atom atom() {
    switch (pick(8)) {
      case 0:
        return Atom(primitive(false));
      case 1:
        if (!funs_.empty())
          return Atom(funs_[static_cast<size_t>(pick(static_cast<int>(funs_.size())))]);
        return Atom(constant());
      case 2:
      case 3:
        return Atom(constant());
      default:
        if (vars_.empty()) return Atom(constant());
        return Atom(vars_[static_cast<size_t>(pick(static_cast<int>(vars_.size())))]);
    }
  }

  std::vector<Atom> atoms(int n) {
    std::vector<Atom> result;
    while (n-- > 0) result.push_back(atom());
    return result;
  }

  Op operation() {
    Op op;
    switch (pick(9)) {
      case 0:
        op.kind = OpKind::block;
        op.args = atoms(2);
        return op;
      case 1:
        op.kind = OpKind::is_unset;
        op.args = atoms(1);
        return op;
      case 2:
        op.kind = OpKind::unset;
        return op;
      case 3:
      case 4:
      case 5: {
        const int which = pick(3);
        op.kind = which == 0   ? OpKind::global_get
                  : which == 1 ? OpKind::global_define
                               : OpKind::global_set;
        op.global =
            program_.globals[static_cast<size_t>(pick(static_cast<int>(program_.globals.size())))];
        op.args = atoms(which == 0 ? 0 : 1);
        return op;
      }
      default:
        op.primitive = primitive(true);
        op.args = atoms(op.primitive->min_args + (op.primitive->max_args < 0 ? pick(3) : 0));
        return op;
    }
  }

  Var* variable() {
    vars_.push_back(program_.make_var(name()));
    return vars_.back();
  }

  /// A continuation in scope that takes one value.
  Cont* one_value_cont() {
    std::vector<Cont*> fit;
    for (Cont* k : conts_)
      if (k->params.size() == 1 || opaque_.count(k)) fit.push_back(k);
    return fit[static_cast<size_t>(pick(static_cast<int>(fit.size())))];
  }

  Cont* opaque(const char* name) {
    Cont* k = program_.make_cont(name, span());
    opaque_.insert(k);
    return k;
  }

  /// What is in scope, kept while a nested scope is built.
  struct Scope {
    RandomProgram& self;
    std::vector<Var*> vars = self.vars_;
    std::vector<Cont*> conts = self.conts_;
    std::vector<Fun*> funs = self.funs_;
    ~Scope() {
      self.vars_ = vars;
      self.conts_ = conts;
      self.funs_ = funs;
    }
  };

  Term* body(int depth) {
    Scope scope{*this};
    Term* first = nullptr;
    Term** hole = &first;
    for (int i = pick(4); i > 0 && depth > 0; i--) hole = binding(hole, depth - 1);
    *hole = transfer(depth - 1);
    return first;
  }

  Term** binding(Term** hole, int depth) {
    switch (pick(5)) {
      case 0:
        return let_fun(hole);
      case 1:
      case 2:
        return let_cont(hole, depth);
      default: {
        Let* let = program_.make<Let>(TermKind::let, span());
        let->op = operation();
        let->var = variable();
        *hole = let;
        return &let->next;
      }
    }
  }

  Term** let_fun(Term** hole) {
    LetFun* let = program_.make<LetFun>(TermKind::let_fun, span());
    *hole = let;
    for (int i = pick(2); i >= 0; i--) {
      let->funs.push_back(program_.make_fun(name(), span()));
      funs_.push_back(let->funs.back());
      if (pick(2)) vars_.push_back(let->funs.back()->self);
    }
    if (fun_depth_ < 2) {
      for (Fun* f : let->funs) fill(f);
    } else {
      for (Fun* f : let->funs) fill_trivial(f);
    }
    return &let->next;
  }

  Term** let_cont(Term** hole, int depth) {
    LetCont* let = program_.make<LetCont>(TermKind::let_cont, span());
    *hole = let;
    const std::vector<Cont*> outer = conts_;
    for (int i = pick(3); i >= 0; i--) {
      Cont* k = program_.make_cont(name(), span());
      let->conts.push_back(k);
      for (int p = pick(3); p > 0; p--) k->params.push_back(program_.make_var(name()));
    }
    const bool is_recursive = pick(2) != 0;
    if (is_recursive) conts_.insert(conts_.end(), let->conts.begin(), let->conts.end());
    for (Cont* k : let->conts) {
      Scope scope{*this};
      vars_.insert(vars_.end(), k->params.begin(), k->params.end());
      k->body = body(depth);
    }
    conts_ = outer;
    conts_.insert(conts_.end(), let->conts.begin(), let->conts.end());
    return &let->next;
  }

  Term* transfer(int depth) {
    switch (depth > 0 ? pick(8) : pick(3)) {
      case 0:
        return jump();
      case 1: {
        Call* call = program_.make<Call>(TermKind::call, span());
        call->callee = atom();
        call->args = atoms(pick(4));
        call->cont = one_value_cont();
        call->suspension = static_cast<Suspension>(pick(4));
        return call;
      }
      case 2: {
        Raise* raise = program_.make<Raise>(TermKind::raise, span());
        raise->error = atom();
        return raise;
      }
      case 3: {
        PushReset* reset = program_.make<PushReset>(TermKind::reset, span());
        reset->is_async = pick(2) != 0;
        reset->cont = one_value_cont();
        reset->bottom = opaque("bottom");
        reset->body = region(reset->bottom, depth);
        return reset;
      }
      case 4: {
        Shift* shift = program_.make<Shift>(TermKind::shift, span());
        shift->cont = one_value_cont();
        shift->bottom = opaque("bottom");
        Scope scope{*this};
        shift->var = variable();
        shift->body = region(shift->bottom, depth);
        return shift;
      }
      case 5:
        return try_term(depth);
      default: {
        If* branch = program_.make<If>(TermKind::if_, span());
        branch->condition = atom();
        branch->consequent = body(depth);
        branch->alternative = body(depth);
        return branch;
      }
    }
  }

  Term* jump() {
    Jump* jump = program_.make<Jump>(TermKind::jump, span());
    jump->cont = conts_[static_cast<size_t>(pick(static_cast<int>(conts_.size())))];
    jump->args = atoms(opaque_.count(jump->cont) ? 1 : static_cast<int>(jump->cont->params.size()));
    return jump;
  }

  Term* try_term(int depth) {
    PushTry* t = program_.make<PushTry>(TermKind::try_, span());
    t->cont = one_value_cont();
    t->end = opaque("end");
    t->body = region(t->end, depth);
    Scope scope{*this};
    t->var = variable();
    t->handler = body(depth);
    return t;
  }

  Term* region(Cont* end, int depth) {
    Scope scope{*this};
    conts_ = {end};
    return body(depth);
  }

  void fill(Fun* f) {
    f->ret = opaque("return");
    Scope scope{*this};
    fun_depth_++;
    f->suspension = static_cast<Suspension>(pick(4));
    for (int i = pick(3); i > 0; i--) f->params.push_back(variable());
    if (pick(3) == 0) f->rest = variable();
    if (pick(4) == 0) vars_.push_back(f->self);
    fill_body(f);
    fun_depth_--;
  }

  void fill_trivial(Fun* f) {
    f->ret = opaque("return");
    Jump* jump = program_.make<Jump>(TermKind::jump, span());
    jump->cont = f->ret;
    jump->args = {Atom(constant())};
    f->body = jump;
  }

  void fill_body(Fun* f) {
    opaque_.insert(f->ret);
    f->body = region(f->ret, DEPTH - fun_depth_);
  }

  Program& program_;
  std::mt19937 random_;
  std::vector<Var*> vars_;
  std::vector<Cont*> conts_;
  std::vector<Fun*> funs_;
  std::set<const Cont*> opaque_;
  int fun_depth_ = 0;
};

}  // namespace valkc
