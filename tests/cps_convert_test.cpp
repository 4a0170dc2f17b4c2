// Conversion keeps the meaning: programs in Valkyria go through the frontend and conversion, are checked
// by the verifier, and the reference interpreter must give what LANGUAGE.md says. Then the same after
// each level of the pipeline.
#include "cps/convert.h"

#include <gtest/gtest.h>

#include "cps/interpret.h"
#include "cps/pipeline.h"
#include "cps/print.h"
#include "frontend/frontend.h"

namespace valkc {
namespace {

/// What a run did, on one line: what it printed, then how it ended if not by value.
std::string outcome(const Program& program) {
  const InterpretResult result = interpret(program);
  std::string text = result.output;
  switch (result.ending) {
    case Ending::value:
      break;
    case Ending::error:
      text += "error " + result.message;
      break;
    case Ending::exit:
      text += "exit " + std::to_string(result.status);
      break;
    case Ending::unsupported:
      text += "unsupported " + result.message;
      break;
    case Ending::exhausted:
      text += "exhausted " + result.message;
      break;
  }
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

struct Compiled {
  SourceMap sources;
  Diagnostics diagnostics;
  CoreProgram core;
  std::unique_ptr<Program> program;

  explicit Compiled(const std::string& source) {
    FrontendOptions options;
    options.main_path = "test.valk";
    options.main_text = source;
    core = compile_frontend(sources, diagnostics, options);
    if (!diagnostics.has_errors()) program = convert_to_cps(core);
  }
};

/// The outcome at each -O, and without any pass; one text if they agree.
std::string run(const std::string& source) {
  Compiled plain(source);
  if (!plain.program) return render_text(plain.diagnostics, plain.sources, false);
  for (const Violation& v : verify(*plain.program))
    return describe(v) + "\n" + print_program(*plain.program);
  const std::string expected = outcome(*plain.program);
  for (int level = 0; level <= 2; level++) {
    Compiled other(source);
    PassOptions options;
    options.level = level;
    options.verify = true;
    const PipelineResult result = run_passes(*other.program, options);
    if (!result.violations.empty())
      return result.broken_by + " broke " + describe(result.violations[0]);
    const std::string got = outcome(*other.program);
    if (got != expected)
      return "without passes: " + expected + "\nat -O" + std::to_string(level) + ": " + got + "\n" +
             print_program(*other.program);
  }
  return expected;
}

struct Case {
  const char* source;
  const char* output;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.source; }

class CpsConvert : public testing::TestWithParam<Case> {};

TEST_P(CpsConvert, MeansWhatTheLanguageSays) {
  EXPECT_EQ(run(GetParam().source), GetParam().output) << GetParam().source;
}

INSTANTIATE_TEST_SUITE_P(
    Values, CpsConvert,
    testing::Values(
        Case{"(print 1 \"a\" 'x :k {1 2 {3}} {} 1.5)", "1 a x :k {1 2 {3}} () 1.5 "},
        Case{"(print (+ 1 2 3) (- 10 1 2) (* 2 3) (/ 7 2) (< 1 2) (== 1 1.0))", "6 7 6 3 1 1 "},
        Case{"(print (* 123456789012 1234567890123))", "152415787531905209728476 "},
        Case{"(print (if 0 {1} {2}) (if nil {1} {2}) (if \"\" {1} {2}) (if 0 {1}))", "2 2 1 () "},
        Case{"(print (and 1 2) (and 0 2) (or 0 3) (or nil 0) (not 0) (not 5))", "2 0 3 0 1 0 "},
        Case{"(print (select {0 1} {(== 1 1) 2} {otherwise 3}))", "2 "},
        Case{"(print (case 2 {1 :one} {2 :two} {otherwise :many}))", ":two "},
        Case{"(case 5 {1 :one})", "error :nomatch no branch applies"},
        Case{"(print (quasiquote (1 (unquote (+ 1 1)) 3)))", "{1 2 3} "}));

INSTANTIATE_TEST_SUITE_P(
    Functions, CpsConvert,
    testing::Values(
        Case{"(fun {fact n} {if (< n 2) {1} {* n (fact (- n 1))}}) (print (fact 10))", "3628800 "},
        Case{"(def {add} (\\ {a b} {+ a b})) (def {inc} (add 1)) (print (inc 41))", "42 "},
        Case{"(fun {f & xs} {xs}) (print (f) (f 1 2))", "() {1 2} "},
        Case{"(fun {f x & xs} {list x xs}) (print (f 1) (f 1 2 3))", "{1 ()} {1 {2 3}} "},
        Case{"(fun {f} {7}) (print (f) ((\\ {} {8})))", "7 8 "},
        Case{"(fun {even n} {if (== n 0) {1} {odd (- n 1)}})"
             "(fun {odd n} {if (== n 0) {0} {even (- n 1)}}) (print (even 5001))",
             "0 "},
        Case{"(def {compose} (\\ {f g} {\\ {x} {f (g x)}})) (print ((compose (\\ {x} {* x 2}) (\\ "
             "{x} {+ x 1})) 5))",
             "12 "},
        Case{"(fun {loop i} {if (< i 10000) {loop (+ i 1)} {i}}) (print (loop 0))", "10000 "}));

INSTANTIATE_TEST_SUITE_P(
    Frames, CpsConvert,
    testing::Values(
        Case{"(fun {f x} {(= {y} (* x 2)) (= {z} (+ y 1)) (list x y z)}) (print (f 5))",
             "{5 10 11} "},
        Case{"(fun {f n} {(= {i} 0) (= {step} (\\ {} {= {j} 1})) (set! {i} (+ i n)) i}) (print (f "
             "5))",
             "5 "},
        Case{"(fun {counter} {(= {n} 0) (\\ {} {(set! {n} (+ n 1)) n})})"
             "(def {a} (counter)) (def {b} (counter)) (a) (a) (print (a) (b))",
             "3 1 "},
        Case{"(fun {f} {(= {ev} (\\ {n} {if (== n 0) {1} {od (- n 1)}}))"
             " (= {od} (\\ {n} {if (== n 0) {0} {ev (- n 1)}})) (ev 7)}) (print (f))",
             "0 "},
        Case{"(def {x} 1) (fun {f} {(= {y} x) (= {x} 2) (list x y)}) (print (f))", "{2 1} "},
        Case{"(print (let {x 10 y 20} {+ x y}) (let {(= {z} 3) (* z z)}))", "30 9 "},
        Case{"(fun {f c} {(if c {= {x} 1} {= {x} 2}) x}) (print (f 1) (f 0))", "1 2 "},
        Case{"(def {x} 9) (fun {f c} {(if c {= {x} 1}) x}) (print (f 1) (f 0))", "1 9 "},
        Case{"(fun {f} {(try {= {x} 5} (catch {e} {0})) x}) (print (f))", "5 "},
        Case{"(print y) (def {y} 1)", "error :unbound y has no value"}));

INSTANTIATE_TEST_SUITE_P(
    Blocks, CpsConvert,
    testing::Values(
        Case{"(fun {unless c body} {if c {nil} {(eval body)}}) (print (unless 0 {+ 1 2}) (unless 1 "
             "{+ 1 2}))",
             "3 () "},
        Case{"(fun {f} {(= {n} 1) (= {run} (\\ {b} {(eval b)})) (run {= {n} 5}) n}) (print (f))",
             "5 "},
        Case{"(def {b} {+ 1 2}) (print b (head b) (len b) (eval b))", "{+ 1 2} + 3 3 "}));

INSTANTIATE_TEST_SUITE_P(
    Errors, CpsConvert,
    testing::Values(
        Case{"(print (try (/ 1 0) (catch {e} (error/kind e))))", ":div0 "},
        Case{"(error :mine \"bad\" 5)", "error :mine bad"},
        Case{"(print (try (error \"a\") (catch {e} {error/message e}) (finally {print \"f\"})))",
             "f a "},
        Case{"(print (try {(print 1) 2} (finally {print 3})))", "1 3 2 "},
        Case{"(try (error \"a\") (finally {print 3}))", "3 error :error a"},
        Case{"(print (try (try (error \"a\") (finally {error \"b\"})) (catch {e} {list "
             "(error/message e)"
             " (error/message (head (error/attached e)))})))",
             "{\"b\" \"a\"} "},
        Case{"(print (error? (/ 1 0)) (error? 1))", "1 0 "},
        Case{"(fun {f n} {if (== n 0) {error \"deep\"} {+ 1 (f (- n 1))}})"
             "(print (try (f 10) (catch {e} (error/message e))))",
             "deep "},
        Case{"(print (try (throw 5) (catch {e} {error/kind e})))", ":type "}));

INSTANTIATE_TEST_SUITE_P(
    Control, CpsConvert,
    testing::Values(
        Case{"(print (reset (+ 1 (shift k 42))) (reset (+ 1 (shift k (k (k 5))))))", "42 7 "},
        Case{"(def {saved} nil) (print (reset (+ 1 (shift k (def {saved} k) 10)))) (print (saved "
             "1) (saved 2))",
             "10 2 3 "},
        Case{"(fun {yield v} {shift k (cons v (k nil))}) (print (reset {(yield 1) (yield 2) (yield "
             "3) nil}))",
             "{1 2 3} "},
        Case{"(fun {f} {try {(shift k k) (error \"late\")} (catch {e} {error/message e})})"
             "(def {k} (reset (f))) (print (k 1) (k 2))",
             "late late "},
        Case{"(fun {f} {(= {x} (shift k k)) (\\ {} {x})}) (def {k} (reset (f))) (def {a} (k 1)) "
             "(def {b} (k 2)) "
             "(print (a) (b))",
             "1 2 "},
        Case{"(print (try (reset {(shift k (error \"body\"))}) (catch {e} {error/message e})))",
             "body "},
        Case{"(def {k} (reset (try (shift k k) (catch {e} {error/message e}))))"
             "(print (async-throw k (try (error \"in\") (catch {e} {e}))))",
             "in "},
        Case{"(shift k (print \"once\")) (print \"never\")", "once "},
        Case{"(print (async-reset (+ 1 (shift k (k 1)))))", "2 "},
        Case{"(fun {drive k v} {k v}) (fun {go i} {if (< i 20000) {(shift k (drive k i)) (go (+ i "
             "1))} {i}})"
             "(print (reset (go 0)))",
             "20000 "}));

}  // namespace
}  // namespace valkc
