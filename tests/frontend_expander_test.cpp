// Bodies, forms, quasiquote and macros, as `--emit=expanded` shows them.
#include "frontend/expander.h"

#include <gtest/gtest.h>

#include "tests/frontend_testing.h"

namespace valkc {
namespace {

using Places = std::vector<std::string>;

TEST(Body, FollowsItsRule) {
  EXPECT_EQ(expanded("(\\ {} {})"), "(\\ {} {})\n");
  EXPECT_EQ(expanded("(\\ {x} {x})"), "(\\ {x} x)\n");
  EXPECT_EQ(expanded("(\\ {x} {+ x 1})"), "(\\ {x} (+ x 1))\n");
  EXPECT_EQ(expanded("(\\ {x} {(f) (g)})"), "(\\ {x} (do (f) (g)))\n");
  EXPECT_EQ(expanded("(\\ {x} {{:a 1}})"), "(\\ {x} {:a 1})\n");
  EXPECT_EQ(expanded("(\\ {x} (f x))"), "(\\ {x} (f x))\n");
  EXPECT_EQ(expanded("(if 1 {f 2} x)"), "(if 1 (f 2) x)\n");
  EXPECT_EQ(places_of("(if 1 {:a 2})"), Places{"1:8 VK0102"});
}

TEST(Body, OfSeveralExpressionsKeepsBlocksAsData) {
  EXPECT_EQ(expanded("(reset {f 1})"), "(reset (f 1))\n");
  EXPECT_EQ(expanded("(reset {f 1} (g))"), "(reset (do {f 1} (g)))\n");
  EXPECT_EQ(expanded("(do {f 1})"), "{f 1}\n");
  EXPECT_EQ(expanded("(shift {k} {(k 1)})"), "(shift k (k 1))\n");
}

TEST(Forms, DefinitionsAreGlobalAndAssignmentsLocal) {
  EXPECT_EQ(expanded("(= {x} 1)"), "(def {x} 1)\n");
  EXPECT_EQ(expanded("(fun {f x & r} {x})"), "(def {f} (\\ {x & r} x))\n");
  EXPECT_EQ(expanded("(\\ {x} {= {y} x})"), "(\\ {x} (= {y} x))\n");
  EXPECT_EQ(expanded("(let {(= {y} 1)})"), "(let {} (= {y} 1))\n");
  EXPECT_EQ(expanded("(def {a b} 1 2)"), "(do (def {a} 1) (def {b} 2))\n");
  EXPECT_EQ(expanded("(def {a b} (f) 2)"), "(do (= {%t1} (f)) (def {a} %t1) (def {b} 2))\n");
  EXPECT_EQ(expanded("(def x 1)"), "(def {x} 1)\n");
}

TEST(Forms, ConditionalsBecomeIf) {
  EXPECT_EQ(expanded("(select {a 1} {otherwise 2})"), "(if a 1 2)\n");
  EXPECT_EQ(expanded("(select {a 1})"), "(if a 1 (%nomatch))\n");
  EXPECT_EQ(expanded("(case x {1 'a} {otherwise (f)})"),
            "(do (= {%t1} x) (if (%eq %t1 1) (quote a) (f)))\n");
  EXPECT_EQ(expanded("(or a b)"), "(do (= {%t1} a) (if %t1 %t1 b))\n");
  EXPECT_EQ(expanded("(and a b)"), "(do (= {%t1} a) (if %t1 b %t1))\n");
  EXPECT_EQ(expanded("(and) (or)"), "1\n0\n");
}

TEST(Forms, TryTakesItsClauses) {
  EXPECT_EQ(expanded("(try (f) (g) (catch {e} (h) e) (finally (i)))"),
            "(try (do (f) (g)) (catch {e} (do (h) e)) (finally (i)))\n");
  EXPECT_EQ(expanded("(try {f 1} (catch e {h e}))"), "(try (f 1) (catch {e} (h e)))\n");
  EXPECT_EQ(expanded("(error? (f))"), "(try (%error-value? (f)) (catch {error} 1))\n");
}

TEST(Forms, AreHiddenByLocals) {
  EXPECT_EQ(expanded("(\\ {if} {if 1 2})"), "(\\ {if} (if 1 2))\n");
  EXPECT_EQ(places_of("(\\ {if} {(if)})"), Places{});
  EXPECT_EQ(places_of("(def {if} 1)"), Places{"1:7 VK0104"});
  EXPECT_EQ(places_of("(fun {try x} {x})"), Places{"1:7 VK0104"});
  EXPECT_EQ(places_of("(print if)"), Places{"1:8 VK0105"});
}

TEST(Forms, MalformedOnesAreReportedWithTheirSynopsis) {
  EXPECT_EQ(
      places_of("(if)\n(let {x} {x})\n(def {a} 1 2)\n(\\ {x x} 1)\n(= {1} 2)\n(shift)"),
      (Places{"1:1 VK0100", "2:1 VK0100", "3:1 VK0103", "4:7 VK0111", "5:5 VK0101", "6:1 VK0100"}));
  EXPECT_EQ(places_of("(select {1})\n(\\ {& a b} 1)\n(defmacro {m a} {a})\n(macro {a} {a})"),
            (Places{"1:9 VK0100", "2:5 VK0100", "3:1 VK0112", "4:1 VK0109"}));
  EXPECT_EQ(places_of("(print ,x)"), Places{"1:8 VK0110"});
}

TEST(Quasiquote, BuildsLists) {
  EXPECT_EQ(expanded("`(a b)"), "(quote (a b))\n");
  EXPECT_EQ(expanded("`(1 ,x)"), "(do (= {%t1} x) (cons 1 (cons %t1 ())))\n");
  EXPECT_EQ(expanded("`{,@x 2}"), "(do (= {%t1} x) (%splice %t1 (cons 2 ())))\n");
  EXPECT_EQ(expanded("`,x"), "x\n");
  EXPECT_EQ(expanded("`(a `(b ,(c ,x)))"),
            expanded("`(a (quasiquote (b (unquote (c (unquote x))))))"));
}

TEST(Macro, SubstitutesItsArguments) {
  const std::string await = "(def {wait} (macro {expr} {(shift k expr)}))";
  EXPECT_EQ(expanded(await + "(print (wait (sleep 10 k)))"),
            "()\n(print (shift k (sleep 10 k)))\n");
  EXPECT_EQ(expanded("(def {m} (macro {f x} {f x})) (m (g) 1)"), "()\n((g) 1)\n");
  EXPECT_EQ(expanded("(def {m} (macro {x & r} {(list x r)})) (m 1 2 3)"), "()\n(list 1 2 3)\n");
  EXPECT_EQ(expanded("(def {m} (macro {a} {(if a a)})) (m {f 2})"), "()\n(if {f 2} (f 2) ())\n")
      << "the argument stands where the template has a body";
}

TEST(Macro, HoldsFromItsDefinitionOn) {
  EXPECT_EQ(expanded("(m 1) (def {m} (macro {a} {a})) (m 1) (fun {m a} {a}) (m 1)"),
            "(m 1)\n()\n1\n(def {m} (\\ {a} a))\n(m 1)\n");
  EXPECT_EQ(expanded("(def {m} (macro {a} {a})) (\\ {m} {m 1})"), "()\n(\\ {m} (m 1))\n");
}

TEST(Macro, ReportsMisuse) {
  const std::string m = "(def {m} (macro {a} {(list a)}))\n";
  EXPECT_EQ(places_of(m + "(m)\n(print m)"), (Places{"2:1 VK0107", "3:8 VK0106"}));
  EXPECT_EQ(places_of("(def {m} (macro {a} {(m a) (m a)}))\n(m 1)\n(m 2)"), Places{"2:1 VK0108"});
}

TEST(Macro, ARunawayInALiteralIsReportedWhereItIsCalled) {
  EXPECT_EQ(places_of("(def {m} (macro {a} {(m a)}))\n(print {m 1})\n(m 1)"), Places{"3:1 VK0108"});
}

TEST(Macro, CallsMayBeNestedDeeply) {
  std::string text = "(def {m} (macro {x} {+ 1 x}))";
  for (int i = 0; i < 1000; ++i) text += "(m ";
  EXPECT_EQ(places_of(text + "1" + std::string(1000, ')')), Places{});
}

TEST(Macro, ErrorsInExpandedCodeShowBothPlaces) {
  Frontend f("(def {m} (macro {a} {(list a nope)}))\n(m 1)");
  EXPECT_EQ(f.errors(),
            "main.valk:1:30: error: `nope` has no binding [VK0200]\n"
            "  (def {m} (macro {a} {(list a nope)}))\n"
            "                               ^~~~\n"
            "main.valk:2:1: note: expanded from macro `m`\n"
            "  (m 1)\n"
            "  ^~~~~\n");
}

}  // namespace
}  // namespace valkc
