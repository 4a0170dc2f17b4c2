// The reference interpreter runs programs written as IR text: one test for each transition.
#include "cps/interpret.h"

#include <gtest/gtest.h>

#include "cps/convert_closures.h"
#include "cps/parse.h"
#include "cps/verify.h"

namespace valkc {
namespace {

/// What a program does, on one line: what it printed, then how it ended if not by value.
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

/// Runs the functions and terms given, before and after closure conversion.
std::string run(const std::string& parts) {
  SourceMap sources;
  Diagnostics diagnostics;
  Program program;
  const uint32_t file = sources.add("test.cps", "(program " + parts + ")");
  if (!parse_program(sources, file, diagnostics, program))
    return render_text(diagnostics, sources, false);
  for (const Violation& v : verify(program)) return describe(v);
  const std::string open = outcome(program);
  convert_closures(program);
  for (const Violation& v : verify(program)) return describe(v);
  const std::string closed = outcome(program);
  return open == closed ? open : open + " / closed: " + closed;
}

std::string run_main(const std::string& terms) { return run("(main () -> r " + terms + ")"); }

TEST(CpsInterpret, Straight) {
  EXPECT_EQ(
      run_main("(let x (%add 40 2)) (let p (print x \"s\" :k 'sym '(1 \"a\") ())) (jump r x)"),
      "42 s :k sym {1 \"a\"} () ");
}

TEST(CpsInterpret, Calls) {
  EXPECT_EQ(
      run("(fun fact (n) -> r (let t (%lt n 2)) (if t ((jump r 1)) ((let m (%sub n 1))"
          " (bind k (v) (call &fact (m) k)) (let p (%mul n v)) (jump r p))))"
          "(main () -> r (bind k (v) (call &fact (25) k)) (let p (print v &fact)) (jump r p))"),
      "15511210043330985984000000 <function fact> ");
}

TEST(CpsInterpret, PartialApplicationAndRest) {
  EXPECT_EQ(run("(fun f (a b & c) -> r (let p (print a b c)) (jump r p))"
                "(main () -> r (bind k (g) (call &f (1) k)) (bind j (v) (call g (2 3 4) j))"
                " (call g (5) r))"),
            "1 2 {3 4} 1 5 () ");
}

TEST(CpsInterpret, ArityAndTypeErrors) {
  EXPECT_EQ(run("(fun f (a) -> r (jump r a)) (main () -> r (call &f (1 2) r))"),
            "error :arity f takes 1 argument, not 2: (f a)");
  EXPECT_EQ(run("(fun f (a) -> r (jump r a)) (main () -> r (call &f () r))"),
            "error :arity f takes 1 argument, not 0: (f a)");
  EXPECT_EQ(run_main("(call 5 (1) r)"), "error :type 5 is not a function");
  EXPECT_EQ(run_main("(bind k (v) (call 5 () k)) (let p (print v)) (jump r p)"), "5 ");
}

TEST(CpsInterpret, BuiltinsAsValues) {
  EXPECT_EQ(run_main("(bind k (v) (call #+ (1 2 3) k)) (let p (print v #+)) (jump r p)"),
            "6 <function +> ");
}

TEST(CpsInterpret, ClosuresSeeEachOther) {
  EXPECT_EQ(run_main("(let z (%sub 0 0)) (letfun"
                     " (fun even (n) -> a (let t (%eq n z)) (if t ((jump a :yes)) ((let m (%sub n "
                     "1)) (call &odd (m) a))))"
                     " (fun odd (i) -> b (let t.1 (%eq i z)) (if t.1 ((jump b :no)) ((let m.1 "
                     "(%sub i 1)) (call &even (m.1) b)))))"
                     "(bind k (v) (call &even (1001) k)) (let p (print v)) (jump r p)"),
            ":no ");
}

TEST(CpsInterpret, Loop) {
  EXPECT_EQ(run_main("(letcont (loop (i sum) (let t (%lt i 1000)) (if t ((let i.1 (%add i 1)) (let "
                     "s (%add sum i))"
                     " (jump loop i.1 s)) ((let p (print sum)) (jump r p))))) (jump loop 0 0)"),
            "499500 ");
}

TEST(CpsInterpret, Globals) {
  EXPECT_EQ(
      run("(globals g) (main () -> r (let d (global-define @g 1)) (let x (global-get @g))"
          " (let s (global-set @g 2)) (let y (global-get @g)) (let p (print x y)) (jump r p))"),
      "1 2 ");
  EXPECT_EQ(run("(globals g) (main () -> r (let x (global-get @g)) (jump r x))").substr(0, 14),
            "error :unbound");
}

TEST(CpsInterpret, Blocks) {
  EXPECT_EQ(
      run_main("(letfun (fun \\ () -> c (jump c 7))) (let b (block '(+ 3 4) &\\)) (let h (head b))"
               " (let p (print h b)) (jump r p)"),
      "+ {+ 3 4} ");
}

TEST(CpsInterpret, UnassignedVariables) {
  EXPECT_EQ(run_main("(let u (unset)) (let c (%cell u)) (let v (%cell-get c)) (let a (is-unset v))"
                     " (let s (%cell-set c 3)) (let w (%cell-get c)) (let b (is-unset w)) (let p "
                     "(print a b w))"
                     " (jump r p)"),
            "1 0 3 ");
}

// (reset (+ 1 (shift k 42))) is 42; with (k (k 5)) it is 7.
TEST(CpsInterpret, ShiftAndReset) {
  const std::string open = "(bind j (v) (reset j b (bind c (x) (shift c k b.1 ";
  const std::string close = ")) (let y (%add 1 x)) (jump b y))) (let p (print v)) (jump r p)";
  EXPECT_EQ(run_main(open + "(jump b.1 42)" + close), "42 ");
  EXPECT_EQ(run_main(open + "(bind i (w) (call k (5) i)) (call k (w) b.1)" + close), "7 ");
  EXPECT_EQ(run_main(open + "(call k (5 6) b.1)" + close),
            "error :arity a continuation takes 1 argument, not 2");
}

TEST(CpsInterpret, ContinuationsOutliveTheirReset) {
  EXPECT_EQ(run_main("(bind j (k) (reset j b (bind c (x) (shift c k.1 b.1 (jump b.1 k.1)))"
                     " (let y (%add 1 x)) (jump b y)))"
                     " (bind i (v) (call k (10) i)) (bind h (w) (call k (20) h))"
                     " (let p (print v w k)) (jump r p)"),
            "11 21 <continuation> ");
}

TEST(CpsInterpret, ShiftAtTopLevelEndsTheProgram) {
  EXPECT_EQ(run_main("(bind c (x) (shift c k b (let p (print \"in\")) (jump b 1)))"
                     " (let q (print \"rest\" x)) (jump r q)"),
            "in ");
  EXPECT_EQ(
      run_main("(bind c (x) (shift c k b (call k (2) b))) (let q (print \"rest\" x)) (jump r q)"),
      "rest 2 ");
  EXPECT_EQ(run_main("(bind c (x) (shift c k b (bind i (v) (call k (1) i)) (jump b v)))"
                     " (let q (print \"rest\" x)) (jump r q)"),
            "unsupported the rest of the program as a task");
}

// drive: (fun {drive k v} {k v}) a hundred thousand times, through a tail call.
TEST(CpsInterpret, ManyTailResumes) {
  EXPECT_EQ(
      run("(fun drive (k v) -> r (call k (v) r))"
          "(main () -> r (bind done (x) (reset done b (letcont (loop (i) (let t (%lt i 100000))"
          " (if t ((bind c (n) (shift c k b.1 (let n.1 (%add i 1)) (call &drive (k n.1) b.1))) "
          "(jump loop n))"
          " ((jump b i))))) (jump loop 0))) (let p (print x)) (jump r p))"),
      "100000 ");
}

TEST(CpsInterpret, TryCatches) {
  EXPECT_EQ(run_main("(bind k (v) (try k end ((let x (%div 1 0)) (jump end x)) (e) (let m "
                     "(error/kind e)) (jump k m)))"
                     " (let p (print v)) (jump r p)"),
            ":div0 ");
  EXPECT_EQ(run_main("(bind k (v) (try k end ((raise 5)) (e) (let m (error/kind e)) (jump k m)))"
                     " (let p (print v)) (jump r p)"),
            ":type ");
  EXPECT_EQ(run_main("(try r end ((let x (error \"bad\")) (jump end x)) (e) (raise e))"),
            "error :error bad");
}

TEST(CpsInterpret, TryCoversCalls) {
  EXPECT_EQ(run("(fun f () -> r (let x (error :mine \"m\")) (jump r x))"
                "(main () -> r (bind k (v) (try k end ((call &f () end)) (e) (jump k e)))"
                " (let p (print v)) (jump r p))"),
            "Error: m ");
}

TEST(CpsInterpret, ErrorsPopDelimiters) {
  EXPECT_EQ(run_main("(bind k (v) (try k end ((reset end b (let x (error \"in\")) (jump b x))) (e) "
                     "(jump k 1)))"
                     " (bind j (w) (reset j b.1 (shift b.1 c b.2 (jump b.2 v)))) (let p (print w)) "
                     "(jump r p)"),
            "1 ");
}

// A call of a continuation in the place of the bottom pushes nothing, unless a handler waits there.
TEST(CpsInterpret, TryAroundATailResume) {
  EXPECT_EQ(
      run_main(
          "(bind j (v) (reset j b (bind c (x) (shift c k b.1 (try b.1 end ((call k (1) end)) (e)"
          " (jump b.1 :outer)))) (raise x))) (let p (print v)) (jump r p)"),
      ":outer ");
}

// The try inside the captured part works on each resume; the one around the shift body's reset does not
// see errors of the resumed part, since the caller's handlers are in force there.
TEST(CpsInterpret, HandlersTravelWithTheContinuation) {
  EXPECT_EQ(
      run_main("(bind j (k) (reset j b (try b end ((bind c (x) (shift c k.1 b.1 (jump b.1 k.1)))"
               " (let y (%div 6 x)) (jump end y)) (e) (jump b :caught))))"
               " (bind i (v) (call k (0) i)) (bind h (w) (call k (3) h)) (let p (print v w)) (jump "
               "r p)"),
      ":caught 2 ");
}

TEST(CpsInterpret, AsyncThrowRaisesAtTheShift) {
  EXPECT_EQ(run("(fun wait () -> r (shift r k b (jump b k)))"
                "(main () -> r (bind j (k) (reset j b (try b end ((call &wait () end)) (e) (jump b "
                ":caught))))"
                " (let x (%add 0 0)) (bind mk (err) (try mk end.1 ((let y (error \"boom\")) (jump "
                "end.1 y)) (e.1) (jump mk e.1)))"
                " (bind i (v) (call #async-throw (k err) i)) (let p (print v)) (jump r p))"),
            ":caught ");
}

TEST(CpsInterpret, MultiShotBindsAfresh) {
  EXPECT_EQ(
      run_main("(bind j (f) (reset j b (bind c (x) (shift c k b.1 (bind i (f1) (call k (1) i))"
               " (bind h (f2) (call k (2) h)) (let l (list f1 f2)) (jump b.1 l)))"
               " (letfun (fun get () -> q (jump q x))) (jump b &get)))"
               " (let f1.1 (fst f)) (let f2.1 (snd f)) (bind m (v) (call f1.1 () m)) (bind n (w) "
               "(call f2.1 () n))"
               " (let p (print v w)) (jump r p)"),
      "1 2 ");
}

TEST(CpsInterpret, ExitAndUnsupported) {
  EXPECT_EQ(run_main("(let p (print 1)) (let x (exit 3)) (jump r x)"), "1 exit 3");
  EXPECT_EQ(run_main("(call #%async (1 2) r)"), "unsupported %async");
  EXPECT_EQ(run_main("(letcont (loop () (jump loop))) (jump loop)"), "exhausted too many steps");
}

}  // namespace
}  // namespace valkc
