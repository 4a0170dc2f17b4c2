// Global names: the library, redefinition, constants, what the program reaches.
#include "frontend/globals.h"

#include <gtest/gtest.h>

#include "tests/frontend_testing.h"

namespace valkc {
namespace {

using Places = std::vector<std::string>;

const Global* find_global(const CoreProgram& program, const std::string& name, bool is_library) {
  for (const Global& g : program.globals()) {
    if (g.name == name && g.is_library == is_library) return &g;
  }
  return nullptr;
}

bool is_constant(const std::string& text, const std::string& name = "f") {
  Frontend f(text);
  EXPECT_FALSE(f.diagnostics.has_errors()) << f.errors();
  const Global* global = find_global(f.program, name, false);
  return global && global->is_constant && global->value;
}

TEST(Constants, AreTopLevelFunctionsAndData) {
  EXPECT_TRUE(is_constant("(fun {f x} {x})"));
  EXPECT_TRUE(is_constant("(def {f} 1)"));
  EXPECT_TRUE(is_constant("(= {f} {1 2})"));
  EXPECT_TRUE(is_constant("(fun {g} {f 1}) (fun {f x} {x}) (g)"));
  EXPECT_TRUE(is_constant("(print 1) (fun {f x} {f x}) (f 1)"));
}

TEST(Constants, ExcludeComputedAndChangingValues) {
  EXPECT_FALSE(is_constant("(def {f} (+ 1 2))"));
  EXPECT_FALSE(is_constant("(def {f} 1) (def {f} 2)"));
  EXPECT_FALSE(is_constant("(def {f} 1) (set! {f} 2)"));
  EXPECT_FALSE(is_constant("(if 1 {def {f} 1})"));
  EXPECT_FALSE(is_constant("(reset (def {f} 1))"));
  EXPECT_FALSE(is_constant("(fun {g} {def {f} 1}) (g)"));
}

TEST(Constants, ExcludeWhatMayBeReadEarlier) {
  EXPECT_FALSE(is_constant("(print f) (def {f} 1)"));
  EXPECT_FALSE(is_constant("(fun {g} {f 1}) (g) (fun {f x} {x})"));
  EXPECT_FALSE(is_constant("(def {h} (list (\\ {} {f 1}))) (fun {f x} {x})"));
  EXPECT_TRUE(is_constant("(fun {g} {f 1}) (print 1) (fun {f x} {x}) (g)"));
}

TEST(Library, OnlyReachableDefinitionsAreIncluded) {
  const std::string library =
      "(fun {twice f x} {f (f x)}) (fun {unused} {1}) (fun {four x} {twice %double x}) "
      "(fun {%double x} {* 2 x})";
  EXPECT_EQ(core_of("(print (four 1))", library),
            "(define-constant lib:twice (lambda twice (f.3 x.4) (call f.3 (call f.3 x.4))))\n"
            "(define-constant lib:four (lambda four (x.1) (call lib:twice lib:%double x.1)))\n"
            "(define-constant lib:%double (lambda %double (x.2) (call prim:* 2 x.2)))\n"
            "(call prim:print (call lib:four 1))\n");
}

TEST(Library, KeepsItsOwnWhenTheProgramRedefines) {
  const std::string library = "(fun {inc x} {+ x 1}) (fun {inc2 x} {inc (inc x)})";
  Frontend f("(print (inc 1)) (fun {inc x} {x}) (print (inc2 1))", library);
  EXPECT_NE(f.core().find("(call lib:inc (call lib:inc "), std::string::npos) << f.core();
  EXPECT_NE(f.core().find("(call prim:print (call inc 1))"), std::string::npos) << f.core();
  const Global* user = find_global(f.program, "inc", false);
  ASSERT_TRUE(user && user->initial);
  EXPECT_FALSE(user->is_constant) << "it is read before it is defined";
  EXPECT_EQ(static_cast<const CoreGlobalRef*>(user->initial)->global,
            find_global(f.program, "inc", true));
}

TEST(Library, InternalNamesAreInvisible) {
  EXPECT_EQ(places_of("(print %cell)"), Places{"1:8 VK0200"});
  EXPECT_EQ(places_of("(m 1)", "(def {m} (macro {a} {(%secret a)})) (fun {%secret a} {a})"),
            Places{});
}

TEST(Library, MacrosMayTakeListsApart) {
  const std::string library =
      "(def {each} (macro {{x l} body} {(%each (\\ {x} body) l)}))"
      "(fun {%each f l} {f l})";
  EXPECT_EQ(core_of("(each {i 5} {print i})", library),
            "(define-constant lib:%each (lambda %each (f.2 l.3) (call f.2 l.3)))\n"
            "(call lib:%each (lambda (i.1) (call prim:print i.1)) 5)\n");
  EXPECT_EQ(places_of("(each {i 5 6} {print i})", library), Places{"1:1 VK0107"});
}

TEST(Library, IsNotTouchedByTheProgramsMacrosAndAssignments) {
  const std::string library = "(fun {inc x} {+ x 1}) (fun {inc2 x} {inc (inc x)})";
  std::string core =
      core_of("(def {inc} (macro {a} {(print a)})) (inc 1) (print (inc2 1))", library);
  EXPECT_NE(core.find("(call lib:inc (call lib:inc "), std::string::npos) << core;
  core = core_of("(fun {f} {inc 1}) (set! {inc} f)", library);
  EXPECT_NE(core.find("(lambda f () (call inc 1))"), std::string::npos) << core;
}

TEST(Library, HoldsOnlyDefinitions) {
  Frontend f("1", "(print 1)");
  EXPECT_EQ(f.places(), Places{"1:1 VK0402"});
}

TEST(Names, SimilarOnesAreSuggested) {
  EXPECT_EQ(closest_name("prnt", {"print", "printf", "exit"}), "print");
  EXPECT_EQ(closest_name("pritn", {"print"}), "print");
  EXPECT_EQ(closest_name("zzz", {"print"}), "");
  EXPECT_EQ(closest_name("x", {"y"}), "");
}

TEST(Names, UnboundOnesAreErrorsButDeferredInLiterals) {
  EXPECT_EQ(places_of("(nope)\n(set! {nope} 1)"), (Places{"1:2 VK0200", "2:8 VK0201"}));
  EXPECT_EQ(places_of("(print {apple pear})"), Places{});
  std::string core =
      core_of("(def {run} (\\ {b} {eval b})) (run {apple 1}) (run {if})", "(fun {eval b} {b})");
  EXPECT_NE(core.find("(call prim:%unbound (quote apple))"), std::string::npos) << core;
  EXPECT_NE(core.find("(call prim:error :syntax"), std::string::npos) << core;
}

TEST(Blocks, HaveCodeOnlyIfEvalCanBeReached) {
  const std::string library = "(fun {eval b} {b}) (fun {run b} {eval b})";
  EXPECT_EQ(core_of("(print {f 1})", library), "(call prim:print (quote {f 1}))\n");
  EXPECT_NE(core_of("(run {print 1})", library).find("(block (quote {print 1})"),
            std::string::npos);
  EXPECT_EQ(core_of("(run {:a 1})", library).find("(block"), std::string::npos);
}

TEST(Calls, CertainArityErrorsAreReported) {
  EXPECT_EQ(places_of("(fun {f a b} {a})\n(f 1 2 3)\n(f)\n(f 1)"),
            (Places{"2:1 VK0300", "3:1 VK0300", "4:1 VK0501"}));
  EXPECT_EQ(places_of("(head)\n(print (cons 1))"), (Places{"1:1 VK0300", "2:8 VK0300"}));
  EXPECT_EQ(places_of("(fun {f} {(= {g} (\\ {x} {x})) (g 1 2)})"), Places{"1:31 VK0300"});
  EXPECT_EQ(places_of("((\\ {x} {x}) 1 2)"), Places{"1:1 VK0300"});
}

TEST(Calls, WhatAProgramMayCatchIsLeftToRunTime) {
  EXPECT_EQ(places_of("(print (try (head) (catch {e} (error/kind e))) (error? (head)))"), Places{});
}

TEST(Calls, OperationsThatNobodyStartsAreWarnedAbout) {
  EXPECT_EQ(places_of("(sleep-async 10)\n(print (sleep-async 10))"), Places{"1:1 VK0501"});
  EXPECT_EQ(places_of("(sleep-async 10 (\\ {v} {v}))"), Places{});
  EXPECT_EQ(places_of("(fun {f} {(sleep-async 10) 1})"), Places{"1:11 VK0501"});
  EXPECT_EQ(places_of("(fun {f} {sleep-async 10})"), Places{});
}

TEST(Calls, ExternsHaveAnArity) {
  EXPECT_EQ(places_of("(extern {add a b} \"my_add\")\n(print (add 1 2))\n(add 1)"),
            Places{"3:1 VK0300"});
  EXPECT_EQ(places_of("(extern {op a k} :async \"my_op\")\n(op 1)\n(op 1 print)\n(op)"),
            (Places{"2:1 VK0501", "4:1 VK0300"}));
  EXPECT_EQ(places_of("(fun {f} {(extern {g a} \"g\") 1})\n(extern {h k} :sync \"h\")"),
            (Places{"1:11 VK0113", "2:1 VK0100"}));
}

TEST(Legacy, TheSchedulerArgumentIsDropped) {
  Frontend f("(sleep-async aio 10 print) (sleep-async (aio/start) 10 print)");
  EXPECT_EQ(f.places(), (Places{"1:14 VK0502", "1:41 VK0502"}));
  EXPECT_EQ(f.core(),
            "(call prim:sleep-async 10 prim:print)\n(call prim:sleep-async 10 prim:print)\n");
  EXPECT_EQ(places_of("(def {aio} (aio/start)) (sleep-async aio 10 print)"),
            (Places{"1:12 VK0502", "1:38 VK0502"}));
}

TEST(Warnings, NameTheirPlace) {
  EXPECT_EQ(places_of("(fun {f} {(fun {g} {1}) (def {x} 1)})"),
            (Places{"1:11 VK0500", "1:25 VK0500"}));
  EXPECT_EQ(places_of("(let {(def {x} 1)})"), Places{});
  EXPECT_EQ(places_of("(def {p} 1) (print {:port p} '{:port p})"), Places{"1:27 VK0503"});
}

}  // namespace
}  // namespace valkc
