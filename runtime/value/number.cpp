// Conversions between numbers and text, and exact comparison of mixed kinds.
#include "runtime/value/number.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/value/bignum.h"
#include "runtime/value/print.h"

const ValkBigOperations* valk_big = nullptr;

Value valk_make_integer(Vm* vm, Value* sp, int64_t i) {
  if (i >= VALK_FIX_MIN && i <= VALK_FIX_MAX) return VALK_FIX(i);
  return valk_big_from_int64(vm, sp, i);
}

double valk_to_double(Value number) {
  if (valk_is_fix(number)) return static_cast<double>(VALK_INT(number));
  if (valk_is_float_value(number)) return valk_float_value(number);
  return valk_big_to_double(number);
}

// ---- comparison ---------------------------------------------------------------------------------

static ValkOrder order(int sign) {
  return sign < 0 ? VALK_LESS : sign > 0 ? VALK_GREATER : VALK_EQUAL;
}

static ValkOrder compare_with_double(Value integer, double d) {
  if (isnan(d)) return VALK_UNORDERED;
  if (valk_is_bignum(integer)) return order(valk_big_compare_double(integer, d));
  if (d >= 0x1p62) return VALK_LESS;
  if (d < -0x1p62) return VALK_GREATER;
  Fix whole = static_cast<Fix>(d);
  Fix i = VALK_INT(integer);
  if (i != whole) return i < whole ? VALK_LESS : VALK_GREATER;
  double rest = d - static_cast<double>(whole);
  return rest > 0 ? VALK_LESS : rest < 0 ? VALK_GREATER : VALK_EQUAL;
}

ValkOrder valk_compare_numbers(Value a, Value b) {
  if (valk_both_fix(a, b)) {
    Fix x = static_cast<Fix>(a), y = static_cast<Fix>(b);
    return x < y ? VALK_LESS : x > y ? VALK_GREATER : VALK_EQUAL;
  }
  bool a_is_float = valk_is_float_value(a), b_is_float = valk_is_float_value(b);
  if (a_is_float && b_is_float) {
    double x = valk_float_value(a), y = valk_float_value(b);
    return x < y ? VALK_LESS : x > y ? VALK_GREATER : x == y ? VALK_EQUAL : VALK_UNORDERED;
  }
  if (b_is_float) return compare_with_double(a, valk_float_value(b));
  if (!a_is_float) return order(valk_big_compare(a, b));
  ValkOrder reversed = compare_with_double(b, valk_float_value(a));
  return reversed == VALK_UNORDERED ? reversed : static_cast<ValkOrder>(-reversed);
}

// ---- to text ------------------------------------------------------------------------------------

void valk_print_integer(ValkText* text, Value v) {
  if (valk_is_fix(v)) {
    text->add_format("%lld", static_cast<long long>(VALK_INT(v)));
  } else {
    valk_big_print(text, v);
  }
}

namespace {
/// Shortest decimal digits of a float: 0.DIGITS times ten to the (exponent + 1).
struct Decimal {
  char digits[20];
  int count;
  int exponent;
};
}  // namespace

/// d is positive. (frexp would link every program that prints with the library of mathematics.)
static bool is_power_of_two(double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  const uint64_t fraction = bits & ((uint64_t{1} << DBL_MANT_DIG >> 1) - 1);
  return d < DBL_MIN ? (bits & (bits - 1)) == 0 : fraction == 0;
}

/// Does the decimal in the buffer read back as d? Below a power of two doubles lie twice as close as above
/// it, so there the next decimal of 16 digits may, where the nearest one does not: it is taken then. (The
/// last digit is no 9, or 15 digits would have done.)
static bool reads_back(char* buffer, int precision, double d) {
  if (strtod(buffer, nullptr) == d) return true;
  if (precision != 16 || !is_power_of_two(d)) return false;
  ++buffer[precision];
  return strtod(buffer, nullptr) == d;
}

static Decimal shortest_decimal(double d) {
  // Every decimal of up to 15 digits survives the way through a double, so 15 digits without the
  // trailing zeros are the shortest form if there is one that short; else it has 16 or 17. Subnormal
  // numbers hold less, so for them every length is tried.
  char buffer[40];
  for (int precision = d < DBL_MIN ? 1 : 15;; ++precision) {
    snprintf(buffer, sizeof buffer, "%.*e", precision - 1, d);
    if (reads_back(buffer, precision, d) || precision == 17) break;
  }
  Decimal decimal{};
  const char* p = buffer;
  for (; *p != 'e'; ++p) {
    if (*p != '.') decimal.digits[decimal.count++] = *p;
  }
  decimal.exponent = atoi(p + 1);
  while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') --decimal.count;
  return decimal;
}

static void print_scientific(ValkText* text, const Decimal& d) {
  text->add(d.digits[0]);
  if (d.count > 1) {
    text->add('.');
    text->add(d.digits + 1, static_cast<size_t>(d.count - 1));
  }
  text->add_format("e%c%02d", d.exponent < 0 ? '-' : '+', abs(d.exponent));
}

static void print_fixed(ValkText* text, const Decimal& d, double magnitude) {
  if (d.exponent >= d.count - 1) {
    text->add_format("%.1f", magnitude);
  } else if (d.exponent >= 0) {
    text->add(d.digits, static_cast<size_t>(d.exponent + 1));
    text->add('.');
    text->add(d.digits + d.exponent + 1, static_cast<size_t>(d.count - d.exponent - 1));
  } else {
    text->add("0.");
    for (int i = -1; i > d.exponent; --i) text->add('0');
    text->add(d.digits, static_cast<size_t>(d.count));
  }
}

void valk_print_float(ValkText* text, double d) {
  if (isnan(d)) return text->add("nan");
  if (signbit(d)) text->add('-');
  if (isinf(d)) return text->add("inf");
  double magnitude = fabs(d);
  Decimal decimal = shortest_decimal(magnitude);
  // The bounds that people know from Python: 0.0001 and 1000000.0, but 1e-05 and 1e+16.
  if (decimal.exponent >= -4 && decimal.exponent < 16) {
    print_fixed(text, decimal, magnitude);
  } else {
    print_scientific(text, decimal);
  }
}

// ---- from text ----------------------------------------------------------------------------------

static size_t skip_digits(const char* text, size_t i) {
  while (isdigit(static_cast<unsigned char>(text[i]))) ++i;
  return i;
}

static Value parse_integer(Vm* vm, Value* sp, const char* digits, int base, bool negative) {
  if (strlen(digits) > 15) return valk_big_from_digits(vm, sp, digits, base, negative);
  Fix i = static_cast<Fix>(strtoull(digits, nullptr, base));
  return VALK_FIX(negative ? -i : i);
}

/// `text` ends with a NUL at `length`, and has no sign.
static Value parse_magnitude(Vm* vm, Value* sp, const char* text, size_t length, bool negative) {
  if (length > 2 && text[0] == '0' && text[1] == 'x') {
    for (size_t i = 2; i < length; ++i) {
      if (!isxdigit(static_cast<unsigned char>(text[i]))) return VALK_NIL;
    }
    return parse_integer(vm, sp, text + 2, 16, negative);
  }
  size_t i = skip_digits(text, 0);
  if (i == 0) return VALK_NIL;
  if (i == length) return parse_integer(vm, sp, text, 10, negative);
  if (text[i] == '.') {
    size_t fraction = i + 1;
    i = skip_digits(text, fraction);
    if (i == fraction) return VALK_NIL;
  }
  if (text[i] == 'e' || text[i] == 'E') {
    size_t exponent = i + 1;
    if (text[exponent] == '+' || text[exponent] == '-') ++exponent;
    i = skip_digits(text, exponent);
    if (i == exponent) return VALK_NIL;
  }
  if (i != length) return VALK_NIL;
  double d = strtod(text, nullptr);
  return valk_make_float(vm, sp, negative ? -d : d);
}

Value valk_parse_number(Vm* vm, Value* sp, const char* bytes, size_t length) {
  ValkText text;  // a copy that ends with a NUL and does not move
  text.add(bytes, length);
  const char* p = text.c_str();
  if (strlen(p) != length) return VALK_NIL;
  bool negative = *p == '-';
  return parse_magnitude(vm, sp, p + negative, length - negative, negative);
}
