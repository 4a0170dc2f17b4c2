// Numbers: results are exact or nearest, integers never wrap, text and number agree.
#include "runtime_vm.h"

namespace {

class NumbersTest : public RuntimeTest {
 protected:
  using Binary = Value (*)(Vm*, Value*, Value, Value);
  /// Both operands as text.
  std::string apply(Binary f, const std::string& a, const std::string& b) {
    Value* x = push(number(a));
    Value* y = push(number(b));
    std::string result = shown(f(vm(), sp_, *x, *y));
    sp_ -= 2;
    return result;
  }
  std::string again(const std::string& s) { return shown(number(s)); }
};

TEST_F(NumbersTest, AdditionPassesIntoBignumsAndBack) {
  EXPECT_EQ(apply(valk_add, "1", "2"), "3");
  EXPECT_EQ(apply(valk_add, "4611686018427387903", "1"), "4611686018427387904");
  EXPECT_EQ(apply(valk_add, "-4611686018427387904", "-1"), "-4611686018427387905");
  EXPECT_EQ(apply(valk_sub, "4611686018427387904", "1"), "4611686018427387903");
  EXPECT_TRUE(valk_is_fix(valk_sub(vm(), sp_, number("4611686018427387904"), VALK_FIX(1))));
  EXPECT_EQ(apply(valk_add, "99999999999999999999", "1"), "100000000000000000000");
}

TEST_F(NumbersTest, MultiplicationNeverWraps) {
  EXPECT_EQ(apply(valk_mul, "4294967296", "4294967296"), "18446744073709551616");
  EXPECT_EQ(apply(valk_mul, "-4611686018427387904", "-1"), "4611686018427387904");
  EXPECT_EQ(apply(valk_mul, "123456789012345678901234567890", "-987654321098765432109876543210"),
            "-121932631137021795226185032733622923332237463801111263526900");
}

TEST_F(NumbersTest, DivisionTruncatesTowardZero) {
  EXPECT_EQ(apply(valk_div, "7", "2"), "3");
  EXPECT_EQ(apply(valk_div, "-7", "2"), "-3");
  EXPECT_EQ(apply(valk_mod, "-7", "2"), "-1");
  EXPECT_EQ(apply(valk_mod, "7", "-2"), "1");
  EXPECT_EQ(apply(valk_div, "-4611686018427387904", "-1"), "4611686018427387904");
  EXPECT_EQ(apply(valk_div, "100000000000000000000", "-3"), "-33333333333333333333");
  EXPECT_EQ(apply(valk_mod, "-100000000000000000000", "3"), "-1");
  EXPECT_EQ(apply(valk_div, "1", "0"), "raised :div0 /: division by zero");
  EXPECT_EQ(apply(valk_mod, "1", "0"), "raised :div0 %: division by zero");
  EXPECT_EQ(apply(valk_div, "1.0", "0"), "inf");
  EXPECT_EQ(apply(valk_div, "-1", "0.0"), "-inf");
  EXPECT_EQ(apply(valk_div, "0.0", "0.0"), "nan");
  EXPECT_EQ(apply(valk_quotient, "9", "2"), "4");
}

TEST_F(NumbersTest, MixedArithmeticGivesFloats) {
  EXPECT_EQ(apply(valk_add, "1", "2.0"), "3.0");
  EXPECT_EQ(apply(valk_mul, "0.5", "3"), "1.5");
  EXPECT_EQ(apply(valk_mod, "7.5", "2"), "1.5");
}

TEST_F(NumbersTest, ComparisonIsExact) {
  EXPECT_EQ(apply(valk_lt, "9007199254740992.0", "9007199254740993"), "1");
  EXPECT_EQ(apply(valk_eq, "9007199254740992.0", "9007199254740993"), "0");
  EXPECT_EQ(apply(valk_eq, "1", "1.0"), "1");
  EXPECT_EQ(apply(valk_eq, "100000000000000000000", "1e20"), "1");
  EXPECT_EQ(apply(valk_gt, "100000000000000000001", "1e20"), "1");
  EXPECT_EQ(apply(valk_lt, "-5000000000000000000", "-4e18"), "1");
  EXPECT_EQ(apply(valk_lt, "3", "3.5"), "1");
  EXPECT_EQ(apply(valk_gt, "-3", "-3.5"), "1");
  Value* zero = push(real(0));
  Value* nan = push(valk_div(vm(), sp_, *zero, *zero));
  EXPECT_EQ(valk_lt(vm(), sp_, *nan, VALK_FIX(1)), VALK_FIX(0));
  EXPECT_EQ(valk_ge(vm(), sp_, *nan, VALK_FIX(1)), VALK_FIX(0));
  EXPECT_EQ(valk_eq(vm(), sp_, *nan, *nan), VALK_FIX(0));
}

TEST_F(NumbersTest, VariadicForms) {
  EXPECT_EQ(call(valk_add_all, {}), VALK_FIX(0));
  EXPECT_EQ(call(valk_mul_all, {}), VALK_FIX(1));
  EXPECT_EQ(call(valk_add_all, {VALK_FIX(1), VALK_FIX(2), VALK_FIX(3)}), VALK_FIX(6));
  EXPECT_EQ(call(valk_sub_all, {VALK_FIX(5)}), VALK_FIX(-5));
  EXPECT_EQ(call(valk_sub_all, {VALK_FIX(10), VALK_FIX(1), VALK_FIX(2)}), VALK_FIX(7));
  EXPECT_EQ(call(valk_lt_all, {VALK_FIX(1), VALK_FIX(2), VALK_FIX(3)}), VALK_FIX(1));
  EXPECT_EQ(call(valk_lt_all, {VALK_FIX(1), VALK_FIX(3), VALK_FIX(2)}), VALK_FIX(0));
  EXPECT_EQ(call(valk_eq_all, {VALK_FIX(1), VALK_FIX(1), VALK_FIX(1)}), VALK_FIX(1));
  EXPECT_EQ(call(valk_max, {VALK_FIX(1), VALK_FIX(9), VALK_FIX(3)}), VALK_FIX(9));
  EXPECT_EQ(call(valk_min, {VALK_FIX(4), VALK_FIX(2), VALK_FIX(3)}), VALK_FIX(2));
  Value x = string("x");
  EXPECT_EQ(shown(call(valk_add_all, {VALK_FIX(1), VALK_FIX(2), x})),
            "raised :type +: argument 3 must be a number, not \"x\"");
}

TEST_F(NumbersTest, FloatsPrintShortest) {
  for (const char* s :
       {"1.0", "0.1", "1e+100", "-2.5", "1e-07", "123456.789", "5e-324", "1.7976931348623157e+308",
        "0.30000000000000004", "-0.0", "3.14", "1234567.0", "9007199254740993.0"}) {
    std::string printed = again(s);
    if (std::string(s) == "9007199254740993.0") {
      EXPECT_EQ(printed, "9007199254740992.0");
    } else {
      EXPECT_EQ(printed, s);
    }
  }
  EXPECT_EQ(shown(real(1e22)), "1e+22");
  EXPECT_EQ(shown(real(100000.0)), "100000.0");
}

TEST_F(NumbersTest, TextThatIsNoNumberIsNil) {
  for (const char* s :
       {"", "-", "1+", "abc", "1.", ".5", "1e", "0x", "0xg", "1 ", " 1", "--1", "1.5.2"})
    EXPECT_EQ(number(s), VALK_NIL) << s;
  EXPECT_EQ(again("0xff"), "255");
  EXPECT_EQ(again("-0x10"), "-16");
  EXPECT_EQ(again("0xffffffffffffffffffff"), "1208925819614629174706175");
  EXPECT_EQ(again("-1e9"), "-1000000000.0");
  EXPECT_EQ(again("000000000000000000000007"), "7");
}

TEST_F(NumbersTest, PowersAndShifts) {
  EXPECT_EQ(apply(valk_pow, "2", "100"), "1267650600228229401496703205376");
  EXPECT_EQ(apply(valk_pow, "-2", "3"), "-8");
  EXPECT_EQ(apply(valk_pow, "2", "-1"), "0.5");
  EXPECT_EQ(apply(valk_pow, "2.0", "3"), "8.0");
  EXPECT_EQ(apply(valk_pow, "-1", "1000000001"), "-1");
  EXPECT_EQ(apply(valk_pow, "10", "1000000000000"), "raised :memory out of memory");
  const char* huge = "100000000000000000000000000000001";
  EXPECT_EQ(apply(valk_pow, "2", huge), "raised :memory out of memory");
  EXPECT_EQ(apply(valk_pow, "1", huge), "1");
  EXPECT_EQ(apply(valk_pow, "-1", huge), "-1");
  EXPECT_EQ(apply(valk_pow, "0", huge), "0");
  EXPECT_EQ(apply(valk_pow, "0", "0"), "1");
  EXPECT_EQ(apply(valk_pow, "-1", "0"), "1");
  EXPECT_EQ(apply(valk_bit_shr, "-5", huge), "-1");
  EXPECT_EQ(apply(valk_bit_shr, huge, huge), "0");
  EXPECT_EQ(apply(valk_bit_shl, "0", huge), "0");
  EXPECT_EQ(apply(valk_bit_shl, "1", huge), "raised :memory out of memory");
  EXPECT_EQ(apply(valk_bit_shl, "1", "70"), "1180591620717411303424");
  EXPECT_EQ(apply(valk_bit_shr, "1180591620717411303424", "70"), "1");
  EXPECT_EQ(apply(valk_bit_shr, "-5", "1"), "-3");
  EXPECT_EQ(apply(valk_bit_shl, "-3", "2"), "-12");
  EXPECT_EQ(apply(valk_bit_shl, "1", "100000000000000"), "raised :memory out of memory");
  EXPECT_EQ(apply(valk_bit_and, "-1", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(apply(valk_bit_xor, "5", "3"), "6");
  EXPECT_EQ(apply(valk_bit_or, "5", "3"), "7");
}

TEST_F(NumbersTest, Conversions) {
  EXPECT_EQ(shown(valk_int(vm(), sp_, real(-3.9))), "-3");
  EXPECT_EQ(shown(valk_int(vm(), sp_, real(1e20))), "100000000000000000000");
  EXPECT_EQ(shown(valk_int(vm(), sp_, real(1.0 / 0.0))),
            "raised :range int: argument 1 must be a finite number, not inf");
  EXPECT_EQ(shown(valk_float(vm(), sp_, number("9007199254740993"))), "9007199254740992.0");
  EXPECT_EQ(shown(valk_float(vm(), sp_, number("18446744073709551617"))), "1.8446744073709552e+19");
  EXPECT_EQ(shown(valk_floor(vm(), sp_, real(2.7))), "2");
  EXPECT_EQ(shown(valk_round(vm(), sp_, real(-2.5))), "-3");
  EXPECT_EQ(shown(valk_sqrt(vm(), sp_, VALK_FIX(16))), "4.0");
  EXPECT_EQ(shown(valk_abs(vm(), sp_, number("-4611686018427387904"))), "4611686018427387904");
}

TEST_F(NumbersTest, FactorialOfAThousand) {
  Value* product = push(VALK_FIX(1));
  for (Fix i = 1; i <= 1000; ++i) *product = valk_mul(vm(), sp_, *product, VALK_FIX(i));
  std::string digits = shown(*product);
  EXPECT_EQ(digits.size(), 2568u);
  EXPECT_EQ(digits.substr(0, 20), "40238726007709377354");
  for (Fix i = 1000; i >= 1; --i) *product = valk_div(vm(), sp_, *product, VALK_FIX(i));
  EXPECT_EQ(*product, VALK_FIX(1));
}

}  // namespace
