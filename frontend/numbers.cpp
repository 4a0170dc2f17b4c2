// Which runs of characters are numbers (LANGUAGE 1 and 8), and what they denote.
#include <cstdlib>
#include <limits>
#include <string>

#include "frontend/lexer.h"

namespace valkc {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

/// The number of leading characters of `text` that satisfy `accepts`.
template <typename Accepts>
size_t span_of(std::string_view text, Accepts accepts) {
  size_t n = 0;
  while (n < text.size() && accepts(text[n])) ++n;
  return n;
}

/// True for `e` or `E`, an optional sign and digits, and nothing after them.
bool is_exponent(std::string_view text) {
  if (text.empty() || (text[0] | 32) != 'e') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && span_of(text, is_digit) == text.size();
}

/// digits `.` digits with optional exponent, or digits exponent; without the sign.
bool is_real(std::string_view text) {
  size_t whole = span_of(text, is_digit);
  if (whole == 0) return false;
  text.remove_prefix(whole);
  if (text.empty() || text[0] != '.') return is_exponent(text);
  text.remove_prefix(1);
  size_t fraction = span_of(text, is_digit);
  if (fraction == 0) return false;
  text.remove_prefix(fraction);
  return text.empty() || is_exponent(text);
}

/// Digits of base 16 to digits of base 10: groups of nine decimal digits, least first.
std::string decimal_of_hex(std::string_view hex) {
  constexpr uint64_t kGroup = 1000000000;
  std::vector<uint32_t> groups{0};
  for (char c : hex) {
    uint64_t carry = is_digit(c) ? c - '0' : (c | 32) - 'a' + 10;
    for (uint32_t& group : groups) {
      uint64_t value = group * uint64_t{16} + carry;
      group = static_cast<uint32_t>(value % kGroup);
      carry = value / kGroup;
    }
    if (carry > 0) groups.push_back(static_cast<uint32_t>(carry));
  }
  std::string out = std::to_string(groups.back());
  for (size_t i = groups.size() - 1; i-- > 0;) {
    std::string digits = std::to_string(groups[i]);
    out += std::string(9 - digits.size(), '0') + digits;
  }
  return out;
}

/// Value of at most 19 decimal digits if it fits the 63 bits of a fixnum with this sign.
bool fits_fixnum(std::string_view digits, bool is_negative, int64_t& value) {
  if (digits.size() > 19) return false;
  uint64_t magnitude = 0;
  for (char c : digits) magnitude = magnitude * 10 + static_cast<uint64_t>(c - '0');
  constexpr uint64_t kLimit = uint64_t{1} << 62;
  if (magnitude > (is_negative ? kLimit : kLimit - 1)) return false;
  value = is_negative ? -static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude);
  return true;
}

void set_integer(std::string_view digits, bool is_negative, Token& token) {
  digits.remove_prefix(
      std::min(span_of(digits, [](char c) { return c == '0'; }), digits.size() - 1));
  token.atom = DatumKind::integer;
  if (fits_fixnum(digits, is_negative, token.integer)) return;
  token.atom = DatumKind::big_integer;
  token.text = (is_negative ? "-" : "") + std::string(digits);
}

}  // namespace

void classify_run(std::string_view run, Token& token) {
  bool is_negative = run.starts_with('-');
  std::string_view digits = run.substr(is_negative ? 1 : 0);
  std::string_view hex =
      digits.starts_with("0x") || digits.starts_with("0X") ? digits.substr(2) : "";
  if (!digits.empty() && span_of(digits, is_digit) == digits.size()) {
    set_integer(digits, is_negative, token);
  } else if (!hex.empty() && span_of(hex, is_hex_digit) == hex.size()) {
    set_integer(decimal_of_hex(hex), is_negative, token);
  } else if (is_real(digits)) {
    token.atom = DatumKind::real;
    token.real = std::strtod(std::string(run).c_str(), nullptr);
  } else {
    token.atom = run.starts_with(':') ? DatumKind::keyword : DatumKind::symbol;
    token.text = run;
  }
}

}  // namespace valkc
