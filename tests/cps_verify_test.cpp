// Each check of cps/checks.def fails on a minimal program that breaks its rule, and only that check.
#include "cps/verify.h"

#include <gtest/gtest.h>

#include "cps/parse.h"
#include "cps/print.h"
#include "cps/spelling.h"

namespace valkc {
namespace {

std::string names_of(const std::vector<Violation>& violations) {
  std::string names;
  for (const Violation& v : violations)
    names += (names.empty() ? "" : " ") + std::string(check_name(v.check));
  return names;
}

/// The names of the checks that the program of a text fails, in order.
std::string verify_text(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  Program program;
  if (!parse_program(sources, sources.add("test.cps", text), diagnostics, program))
    return render_text(diagnostics, sources, false);
  return names_of(verify(program));
}

struct Case {
  const char* text;
  const char* checks;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.text; }

class CpsVerify : public testing::TestWithParam<Case> {};

TEST_P(CpsVerify, NamesTheBrokenRule) {
  EXPECT_EQ(verify_text(GetParam().text), GetParam().checks) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    WellFormed, CpsVerify,
    testing::Values(
        Case{"(program (main () -> r (jump r 1)))", ""},
        Case{"(program (globals g) (main () -> r (let x (global-get @g)) (jump r x)))", ""},
        Case{"(program (main () -> r (letcont (loop (i) (jump loop i))) (jump loop 1)))", ""},
        Case{"(program (fun f (x & y) -> r (call &f (x ^f) r)) (main () -> r (call &f () r)))", ""},
        Case{"(program (main () -> r (letfun (fun f () -> r.1 (call &g () r.1))"
             " (fun g () -> r.2 (call &f () r.2))) (call &g () r)))",
             ""},
        Case{"(program (main () -> r (try r end ((jump end 1)) (e) (raise e))))", ""},
        Case{"(program (main () -> r (reset r b (shift b k c (call k (1) c)))))", ""},
        Case{"(program (stage closed) (main () -> r (captures) (let x (unset)) (letfun (fun f () ->"
             " r.1 (captures x) (jump r.1 x))) (call &f () r)))",
             ""}));

INSTANTIATE_TEST_SUITE_P(
    Scope, CpsVerify,
    testing::Values(
        Case{"(program (main () -> r (if 1 ((let x (unset)) (jump r x)) ((jump r x)))))", "scope"},
        Case{"(program (main () -> r (let x (is-unset x)) (jump r x)))", "scope"},
        Case{"(program (main () -> r (bind k (v) (jump k v)) (jump r v)))", "scope"},
        Case{"(program (main () -> r (letcont (k (v) (jump r v)) (j (w) (jump r v))) (jump j 1)))",
             "scope"},
        Case{"(program (main () -> r (try r end ((jump end e)) (e) (jump r e))))", "scope"},
        Case{"(program (main () -> r (if 1 ((letfun (fun f () -> q (jump q 1))) (call &f () r))"
             " ((call &f () r)))))",
             "scope"},
        Case{"(program (main () -> r (bind k (v) (jump k 1)) (jump k v)))", ""}));

INSTANTIATE_TEST_SUITE_P(
    Continuations, CpsVerify,
    testing::Values(
        Case{"(program (main () -> r (if 1 ((bind k (v) (jump k 1)) (jump r v)) ((jump k 1)))))",
             "cont-scope"},
        Case{"(program (main () -> r (letfun (fun f () -> q (jump r 1))) (call &f () r)))",
             "cont-function"},
        Case{"(program (main () -> r (reset r b (jump r 1))))", "cont-delimiter"},
        Case{"(program (main () -> r (shift r k b (jump r 1))))", "cont-delimiter"},
        Case{"(program (main () -> r (try r end ((jump r 1)) (e) (jump r e))))", "cont-delimiter"},
        Case{"(program (main () -> r (try r end ((jump end 1)) (e) (jump end e))))", "cont-scope"},
        Case{"(program (main () -> r (reset r b (call #print () r))))", "cont-delimiter"},
        Case{"(program (main () -> r (jump r)))", "cont-arity"},
        Case{"(program (main () -> r (jump r 1 2)))", "cont-arity"},
        Case{"(program (main () -> r (bind k (a b) (jump k 1)) (jump r a)))", "cont-arity"},
        Case{"(program (main () -> r (bind k () (call #print () k)) (jump r 1)))", "cont-arity"}));

INSTANTIATE_TEST_SUITE_P(
    Operators, CpsVerify,
    testing::Values(
        Case{"(program (main () -> r (let x (%add 1)) (jump r x)))", "primitive-arity"},
        Case{"(program (main () -> r (let x (unset 1)) (jump r x)))", "primitive-arity"},
        Case{"(program (main () -> r (let x (block 1)) (jump r x)))", "primitive-arity"}));

INSTANTIATE_TEST_SUITE_P(
    Closed, CpsVerify,
    testing::Values(
        Case{"(program (stage closed) (main () -> r (jump r 1)))", "captures"},
        Case{"(program (stage closed) (main () -> r (captures) (let x (unset)) (letfun (fun f () ->"
             " r.1 (captures) (jump r.1 x))) (call &f () r)))",
             "captures"},
        Case{"(program (stage closed) (main () -> r (captures) (let x (unset)) (letfun (fun f () ->"
             " r.1 (captures x) (jump r.1 1))) (call &f () r)))",
             "captures"},
        Case{"(program (stage closed) (main () -> r (captures) (let x (unset)) (letfun (fun f () ->"
             " r.1 (captures x x) (jump r.1 x))) (call &f () r)))",
             "captures"},
        Case{"(program (stage closed) (main () -> r (captures) (let x (unset)) (letfun"
             " (fun f () -> r.1 (captures x) (jump r.1 x))"
             " (fun g () -> r.2 (captures) (call &f () r.2))) (call &g () r)))",
             "captures"}));

/// A main function that returns 1, to be broken by hand in ways that text cannot express.
struct Small {
  Program program;
  Jump* jump = program.make<Jump>(TermKind::jump, {});
  Small() {
    program.main = program.make_fun("main", {});
    program.main->ret = program.make_cont("return", {});
    jump->cont = program.main->ret;
    jump->args = {Atom(program.data.integer(1, {}))};
    program.main->body = jump;
  }
  Let* add_let(Var* var) {
    Let* let = program.make<Let>(TermKind::let, {});
    let->op.kind = OpKind::unset;
    let->var = var;
    let->next = program.main->body;
    program.main->body = let;
    return let;
  }
  std::string verify() { return names_of(valkc::verify(program)); }
};

TEST(CpsVerifyByHand, SmallIsWellFormed) { EXPECT_EQ(Small().verify(), ""); }

TEST(CpsVerifyByHand, MissingParts) {
  Small s;
  s.program.main->body = nullptr;
  EXPECT_EQ(s.verify(), "shape");
  EXPECT_EQ(names_of(verify(Program())), "shape");
}

TEST(CpsVerifyByHand, MissingAtomsAreShape) {
  Small s;
  s.jump->args = {Atom(static_cast<Var*>(nullptr))};
  EXPECT_EQ(s.verify(), "shape");
}

TEST(CpsVerifyByHand, SharedTerm) {
  Small s;
  If* branch = s.program.make<If>(TermKind::if_, {});
  branch->condition = s.jump->args[0];
  branch->consequent = branch->alternative = s.jump;
  s.program.main->body = branch;
  EXPECT_EQ(s.verify(), "tree");
}

TEST(CpsVerifyByHand, CyclicTerms) {
  Small s;
  Let* let = s.add_let(s.program.make_var("x"));
  let->next = let;
  EXPECT_EQ(s.verify(), "tree");
}

TEST(CpsVerifyByHand, ContinuationBoundTwice) {
  Small s;
  PushReset* reset = s.program.make<PushReset>(TermKind::reset, {});
  reset->cont = reset->bottom = s.program.main->ret;
  reset->body = s.jump;
  s.program.main->body = reset;
  EXPECT_EQ(s.verify(), "tree cont-delimiter");
}

TEST(CpsVerifyByHand, VariableBoundTwice) {
  Small s;
  Var* x = s.program.make_var("x");
  s.add_let(x);
  s.add_let(x);
  EXPECT_EQ(s.verify(), "bound-once");
}

TEST(CpsVerifyByHand, OpaqueContinuationWithBody) {
  Small s;
  s.program.main->ret->body = s.program.make<Raise>(TermKind::raise, {});
  EXPECT_EQ(s.verify(), "cont-opaque cont-arity");
}

TEST(CpsVerifyByHand, BoundContinuationWithoutBody) {
  Small s;
  LetCont* let = s.program.make<LetCont>(TermKind::let_cont, {});
  let->conts = {s.program.make_cont("k", {})};
  let->next = s.jump;
  s.program.main->body = let;
  EXPECT_EQ(s.verify(), "cont-opaque");
}

TEST(CpsVerifyByHand, GlobalWithoutCell) {
  Small s;
  Global g;
  g.name = "g";
  Let* let = s.add_let(s.program.make_var("x"));
  let->op.kind = OpKind::global_get;
  let->op.global = &g;
  EXPECT_EQ(s.verify(), "global-cell");
}

TEST(CpsVerifyByHand, TopLevelFunctionWithCaptures) {
  Small s;
  s.program.main->captures = {s.program.make_var("x")};
  EXPECT_EQ(s.verify(), "top-level");
}

TEST(CpsVerifyByHand, SuspendingBuiltinInLet) {
  for (const Primitive& p : primitives()) {
    if (!p.has(EFFECT_SUSPENDS)) continue;
    Small s;
    Let* let = s.add_let(s.program.make_var("x"));
    let->op.kind = OpKind::primitive;
    let->op.primitive = &p;
    let->op.args.assign(static_cast<size_t>(p.min_args), s.jump->args[0]);
    EXPECT_EQ(s.verify(), "primitive-suspends") << p.name;
  }
}

TEST(CpsVerifyByHand, NoBuiltinIsNamedLikeAnOperator) {
  for (const Primitive& p : primitives()) EXPECT_EQ(find_operator(p.name), nullptr) << p.name;
}

TEST(CpsVerifyByHand, SaysWhereAndWhat) {
  Small s;
  s.jump->args.clear();
  const std::vector<Violation> violations = verify(s.program);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].fun, s.program.main);
  EXPECT_EQ(
      describe(violations[0]),
      "cont-arity: in main: continuation 'return' (3) takes 1, given 0 (a continuation receives as "
      "many values as it has parameters)");
}

}  // namespace
}  // namespace valkc
