// See fields.h.
#include "runtime/http2/fields.h"

namespace {

constexpr int kLowestStatus = 100, kStatusCount = 500;

/// The digits of every status, since constants need not be copied into each response.
struct Statuses {
  char digits[kStatusCount][3];
  constexpr Statuses() : digits{} {
    for (int i = 0; i < kStatusCount; i++)
      for (int place = 2, n = kLowestStatus + i; place >= 0; place--, n /= 10)
        digits[i][place] = static_cast<char>('0' + n % 10);
  }
};
constexpr Statuses kStatuses;

/// Characters of a token (RFC 9110, 5.6.2).
struct Tokens {
  bool has[256];
  constexpr Tokens() : has{} {
    for (unsigned char c = '0'; c <= '9'; c++) has[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; c++) has[c] = has[c - 'a' + 'A'] = true;
    for (char c : std::string_view("!#$%&'*+-.^_`|~")) has[static_cast<unsigned char>(c)] = true;
  }
};
constexpr Tokens kTokens;

}  // namespace

bool valk_field_is_token(std::string_view s) {
  for (unsigned char c : s)
    if (!kTokens.has[c]) return false;
  return !s.empty();
}

bool valk_field_is_lower(std::string_view s) {
  for (char c : s)
    if (c >= 'A' && c <= 'Z') return false;
  return true;
}

bool valk_field_is_plain(std::string_view s) {
  for (unsigned char c : s)
    if (c <= ' ' || c >= 0x7f) return false;
  return true;
}

bool valk_field_is_value(std::string_view s) {
  for (unsigned char c : s)
    if (c == '\r' || c == '\n' || c == 0) return false;
  return true;
}

bool valk_field_is_forbidden(std::string_view name) {
  for (const char* bad :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
    if (name == bad) return true;
  return false;
}

std::string valk_field_lower(std::string_view s) {
  std::string result(s);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return result;
}

std::string_view valk_method_text(std::string_view method) {
  for (std::string_view usual : {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"})
    if (method == usual) return usual;
  return {};
}

std::string_view valk_status_text(int status) {
  return {kStatuses.digits[status - kLowestStatus], 3};
}
