// LANGUAGE 3.4: which variables are let and which are shared.
#include "frontend/classify.h"

#include <gtest/gtest.h>

#include "tests/frontend_testing.h"

namespace valkc {
namespace {

/// The body of `(fun {f c} {…})` in Core.
std::string body(const std::string& text) {
  std::string core = core_of("(fun {f c} {" + text + "})");
  std::string flat;
  for (char c : core) {
    if (c == '\n') c = ' ';
    if (c == ' ' && !flat.empty() && flat.back() == ' ') continue;
    flat += c;
  }
  const std::string head = "(define-constant f (lambda f (c.1) ";
  size_t end = flat.rfind("))");
  if (flat.compare(0, head.size(), head) != 0) return flat;
  return flat.substr(head.size(), end - head.size());
}

TEST(Classify, OneAssignmentIsLet) {
  EXPECT_EQ(body("(= {x} 1) (print x)"), "(seq (bind x.2 1) (call prim:print x.2))");
}

TEST(Classify, TwoAssignmentsAreShared) {
  EXPECT_EQ(body("(= {x} 1) (= {x} 2) x"), "(cells x.2) (seq (assign x.2 1) (assign x.2 2) x.2)");
  EXPECT_EQ(body("(= {x} 1) (set! {x} 2)"), "(cells x.2) (seq (assign x.2 1) (assign x.2 2))");
  EXPECT_EQ(body("(if c {(= {x} 1)} {(= {x} 2)}) x"),
            "(cells x.2) (seq (if c.1 (assign x.2 1) (assign x.2 2)) x.2)");
}

TEST(Classify, AssignedParametersAreShared) {
  EXPECT_EQ(core_of("(fun {f a} {(= {a} 2) a})"),
            "(define-constant f (lambda f (a.1) (seq (assign a.1 2) a.1)))\n");
}

TEST(Classify, AMentionBeforeTheAssignmentMakesItShared) {
  EXPECT_EQ(body("(print (\\ {} {x})) (= {x} 1)"),
            "(cells x.2) (seq (call prim:print (lambda () (or-unassigned x.2 (call prim:%unbound "
            "(quote x))))) (assign x.2 1))");
}

TEST(Classify, ItsOwnLambdaMayMentionIt) {
  EXPECT_EQ(body("(= {g} (\\ {n} {g n})) (g c)"),
            "(seq (bind g.2 (lambda g (n.3) (call g.2 n.3))) (call g.2 c.1))");
  EXPECT_EQ(body("(let {g (\\ {n} {g n})} {g c})"),
            "(frame (seq (bind g.3 (lambda g (n.2) (call g.3 n.2))) (call g.3 c.1)))");
}

TEST(Classify, AnUnassignedVariableFallsBackOnTheEnclosingOne) {
  EXPECT_EQ(body("(if c {(= {print} 1)}) print"),
            "(seq (if c.1 (bind print.2 1) ()) (or-unassigned print.2 prim:print))");
  EXPECT_EQ(body("(let {(if c {(= {c} 1)}) c})"),
            "(frame (cells c.2) (seq (if (or-unassigned c.2 c.1) (assign c.2 1) ()) (or-unassigned "
            "c.2 c.1)))");
}

TEST(Classify, AMentionInTheOtherBranchSeesTheEnclosingOne) {
  EXPECT_EQ(body("(if c {(= {print} 1)} {print 2})"),
            "(if c.1 (bind print.2 1) (call prim:print 2))");
  EXPECT_EQ(body("(if c {print 2} {(= {print} 1)})"),
            "(if c.1 (call prim:print 2) (bind print.2 1))");
}

TEST(Classify, LetBindsInOrder) {
  EXPECT_EQ(body("(let {c c} {c})"), "(frame (seq (bind c.2 c.1) c.2))");
  EXPECT_EQ(body("(let {a 1 a (+ a 1)} {a})"),
            "(frame (cells a.2) (seq (assign a.2 1) (assign a.2 (call prim:+ a.2 1)) a.2))");
}

TEST(Classify, WhatARegionAssignsIsSharedOutsideOfIt) {
  EXPECT_EQ(body("(reset (= {x} 1)) x"),
            "(cells x.2) (seq (reset (assign x.2 1)) (or-unassigned x.2 (call prim:%unbound (quote "
            "x))))");
  EXPECT_EQ(body("(reset (= {x} 1) x)"), "(reset (seq (bind x.2 1) x.2))");
  EXPECT_EQ(body("(try (= {x} 1) (catch {e} x))"),
            "(cells x.2) (try (assign x.2 1) (catch e.3 (or-unassigned x.2 (call prim:%unbound "
            "(quote x)))))");
}

TEST(Classify, AssignedContinuationsGetACell) {
  EXPECT_EQ(body("(shift k (set! {k} 1) k)"),
            "(shift k.3 (frame (cells k.2) (seq (assign k.2 k.3) (seq (assign k.2 1) k.2))))");
}

TEST(Classify, BlocksAssignTheFrameAroundThem) {
  std::string core =
      core_of("(fun {run b} {eval b}) (fun {f} {(run {= {x} 1}) x})", "(fun {eval b} {b})");
  EXPECT_NE(core.find("(cells x."), std::string::npos) << core;
  EXPECT_NE(core.find("(block (quote {= {x} 1}) (assign x."), std::string::npos) << core;
}

/// A frame of thousands of variables is mentioned in thousands of times.
TEST(Classify, MentionsOfGlobalsShareTheListOfWhatIsVisible) {
  ExprArena exprs;
  Expr* body = exprs.make(ExprKind::seq, Span{});
  for (int i = 0; i < 10; i++) {
    Expr* mention = exprs.make(ExprKind::name, Span{});
    mention->text = "print";
    body->items.push_back(mention);
  }
  Expr* lambda = exprs.make(ExprKind::lambda, Span{}, {body});
  lambda->names = {{"a", Span{}}, {"b", Span{}}};
  ResolutionArena arena;
  classify(*lambda, true, arena);
  EXPECT_EQ(arena.visible_names.size(), 1u);
  for (const Expr* mention : body->items)
    EXPECT_EQ(list_names(mention->resolution->visible), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace valkc
