// Printing and parsing are each other's inverse, and parsing is total.
#include "cps/parse.h"

#include <gtest/gtest.h>

#include "cps/convert_closures.h"
#include "cps/print.h"
#include "cps/verify.h"
#include "tests/cps_random_program.h"

namespace valkc {
namespace {

/// The text's program printed again, or the diagnostics.
std::string reprint(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  Program program;
  const uint32_t file = sources.add("test.cps", text);
  if (!parse_program(sources, file, diagnostics, program))
    return render_text(diagnostics, sources, false);
  return print_program(program);
}

/// The first diagnostic of a text that must not parse, as "line:column message".
std::string first_error(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  Program program;
  const uint32_t file = sources.add("test.cps", text);
  if (parse_program(sources, file, diagnostics, program)) return "parsed";
  if (diagnostics.all().empty()) return "no diagnostic";
  const Diagnostic& first = diagnostics.all().front();
  const Position at = sources.position(first.span);
  return std::to_string(at.line) + ":" + std::to_string(at.column) + " " + first.message;
}

std::string violations(const Program& program) {
  std::string text;
  for (const Violation& v : verify(program)) text += describe(v) + "\n";
  return text;
}

TEST(CpsParse, PrintsWhatItParsed) {
  const std::string text =
      "(program\n"
      "  (globals counter x (x.1 \"x\"))\n"
      "  (fun fact (n & more) -> return\n"
      "    (let t (%lt n 2))\n"
      "    (if t\n"
      "      ((jump return 1))\n"
      "      ((let t.1 (%sub n 1))\n"
      "       (bind k (v)\n"
      "         (call &fact (t.1) k))\n"
      "       (let t.2 (%mul n v))\n"
      "       (jump return t.2))))\n"
      "  (fun.either f (g) -> return\n"
      "    (letfun\n"
      "      (fun \\ (x) -> return.1\n"
      "        (call.direct g (x ^\\) return.1)))\n"
      "    (letcont\n"
      "      (loop (i j)\n"
      "        (jump loop j i))\n"
      "      (done ()\n"
      "        (jump return &\\)))\n"
      "    (jump loop 0 'sym))\n"
      "  (main () -> return\n"
      "    (let t (global-get @counter))\n"
      "    (let t.1 (global-set @x.1 '(1 {a \"b\"})))\n"
      "    (bind k (v)\n"
      "      (try k end\n"
      "        ((reset end bottom\n"
      "           (shift bottom c bottom.1\n"
      "             (call c (#print) bottom.1))))\n"
      "        (e)\n"
      "        (raise e)))\n"
      "    (async-reset return bottom.2\n"
      "      (jump bottom.2 ()))))\n";
  EXPECT_EQ(reprint(text), text);
}

TEST(CpsParse, RenumbersNamesInOrderOfAppearance) {
  EXPECT_EQ(
      reprint(
          "(program (main () -> r.9 (let x.5 (unset)) (let x.2 (is-unset x.5)) (jump r.9 x.2)))"),
      "(program\n  (globals)\n  (main () -> r\n    (let x (unset))\n    (let x.1 (is-unset x))\n"
      "    (jump r x.1)))\n");
}

TEST(CpsParse, RoundTripOfRandomPrograms) {
  for (uint32_t seed = 0; seed < 120; seed++) {
    Program program;
    RandomProgram(program, seed).build();
    ASSERT_EQ(violations(program), "") << "seed " << seed << "\n" << print_program(program);
    const std::string text = print_program(program);
    ASSERT_EQ(reprint(text), text) << "seed " << seed;
    convert_closures(program);
    ASSERT_EQ(violations(program), "") << "seed " << seed << "\n" << print_program(program);
    const std::string closed = print_program(program);
    ASSERT_EQ(reprint(closed), closed) << "seed " << seed;
  }
}

TEST(CpsParse, ParsedProgramsVerify) {
  for (uint32_t seed = 0; seed < 100; seed++) {
    Program program;
    RandomProgram(program, seed).build();
    SourceMap sources;
    Diagnostics diagnostics;
    Program parsed;
    const uint32_t file = sources.add("test.cps", print_program(program));
    ASSERT_TRUE(parse_program(sources, file, diagnostics, parsed))
        << "seed " << seed << "\n"
        << render_text(diagnostics, sources, false);
    ASSERT_EQ(violations(parsed), "") << "seed " << seed;
  }
}

TEST(CpsParse, IsTotalOnDamagedText) {
  std::mt19937 random(1);
  for (uint32_t seed = 0; seed < 200; seed++) {
    Program program;
    RandomProgram(program, seed).build();
    std::string text = print_program(program);
    for (int i = 0; i < 3 && !text.empty(); i++) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text.erase(at, 1 + random() % 8);
          break;
        case 1:
          text.insert(at, 1, "(){}'\"; k&.\\"[random() % 12]);
          break;
        case 2:
          text.resize(at);
          break;
        default:
          text[at] = "()x&@#^ '"[random() % 9];
      }
    }
    SourceMap sources;
    Diagnostics diagnostics;
    Program parsed;
    const uint32_t file = sources.add("test.cps", text);
    if (parse_program(sources, file, diagnostics, parsed)) {
      verify(parsed);
      print_program(parsed);
    } else {
      EXPECT_TRUE(diagnostics.has_errors()) << text;
    }
  }
}

TEST(CpsParse, DeepNestingNeedsNoStack) {
  std::string text = "(program\n  (globals)\n  (main () -> return\n";
  std::string close;
  for (int i = 0; i < 100000; i++) {
    text += "(if 1 ((jump return 1)) (";
    close += "))";
  }
  text += "(jump return 2)" + close + "))";
  SourceMap sources;
  Diagnostics diagnostics;
  Program program;
  ASSERT_TRUE(parse_program(sources, sources.add("deep.cps", text), diagnostics, program));
  EXPECT_TRUE(verify(program).empty());
}

struct Malformed {
  const char* text;
  const char* error;
};

void PrintTo(const Malformed& m, std::ostream* out) { *out << m.text; }

class CpsParseMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(CpsParseMalformed, IsReportedAtItsPlace) {
  EXPECT_EQ(first_error(GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Each, CpsParseMalformed,
    testing::Values(
        Malformed{"", "0:0 malformed IR: expected one (program …)"},
        Malformed{"(program)", "1:1 malformed IR: expected a function (main () -> k term…)"},
        Malformed{"(program (main (", "1:17 the file ends inside an unclosed `(`"},
        Malformed{"(program (main () -> r))",
                  "1:10 malformed IR: the terms do not end in jump, call, if, reset, shift, try or "
                  "raise"},
        Malformed{"(program (main () -> r (jump r x)))", "1:32 malformed IR: nothing binds `x`"},
        Malformed{"(program (main () -> r (jump r &f)))", "1:32 malformed IR: nothing binds `&f`"},
        Malformed{"(program (main () -> r (jump k 1)))", "1:30 malformed IR: nothing binds `k`"},
        Malformed{"(program (main () -> r (let x (unset)) (let x (unset)) (jump r x)))",
                  "1:45 malformed IR: `x` is bound twice in this function"},
        Malformed{"(program (main () -> r (jump r 1) (jump r 2)))",
                  "1:35 malformed IR: this term is never reached"},
        Malformed{"(program (main () -> r (jump r @g)))",
                  "1:32 malformed IR: a global is read by global-get"},
        Malformed{"(program (main () -> r (let x (global-get @g)) (jump r x)))",
                  "1:43 malformed IR: expected a global of (globals …), as in @x"},
        Malformed{"(program (main () -> r (let x (no-such-builtin)) (jump r x)))",
                  "1:32 malformed IR: there is no operator `no-such-builtin`"},
        Malformed{"(program (main () -> r (jump r #no-such-builtin)))",
                  "1:32 malformed IR: there is no builtin `no-such-builtin`"},
        Malformed{"(program (main () -> r (if 1 (jump r 1))))",
                  "1:24 malformed IR: expected (if a (term…) (term…))"},
        Malformed{"(program (main () -> r (call.often &f () r)))",
                  "1:24 malformed IR: expected a term: let letfun bind letcont jump call if reset "
                  "async-reset shift try raise"},
        Malformed{"(program (main () -> r (jump r (1 2))))",
                  "1:32 malformed IR: expected an atom: x &f ^f #p 1 \"s\" :k () 'datum"},
        Malformed{"(program (main (& a b) -> r (jump r 1)))",
                  "1:17 malformed IR: expected & before the last parameter of a function"},
        Malformed{"(program (fun f () -> r (jump r 1)) (fun f () -> r (jump r 1)) (main () -> r "
                  "(jump r 1)))",
                  "1:42 malformed IR: `f` is bound twice"},
        Malformed{"(program (globals g g) (main () -> r (jump r 1)))",
                  "1:21 malformed IR: this global stands here twice"}));

}  // namespace
}  // namespace valkc
