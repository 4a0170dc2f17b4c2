// See fields.h.
#include "runtime/http2/fields.h"

#include <ctype.h>
#include <string.h>

bool valk_field_is_token(std::string_view s) {
  if (s.empty()) return false;
  for (unsigned char c : s)
    if (!isalnum(c) && !(c && strchr("!#$%&'*+-.^_`|~", c))) return false;
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

std::string_view valk_fields_find(const ValkFields& fields, std::string_view name) {
  for (size_t i = 0; i < fields.size(); i++)
    if (fields.name(i) == name) return fields.value(i);
  return {};
}
