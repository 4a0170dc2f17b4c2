// See url.h.
#include "runtime/http2/url.h"

namespace {

bool take_prefix(std::string_view* text, std::string_view prefix) {
  if (text->substr(0, prefix.size()) != prefix) return false;
  text->remove_prefix(prefix.size());
  return true;
}

/// A port number of digits, 1 to 65535; 0 if it is none.
uint16_t read_port(std::string_view digits) {
  unsigned port = 0;
  if (digits.empty() || digits.size() > 5) return 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return 0;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= UINT16_MAX ? static_cast<uint16_t>(port) : 0;
}

/// Splits host and port; an IPv6 address stands in brackets.
const char* read_authority(std::string_view text, ValkUrl* url) {
  if (text.find('@') != std::string_view::npos) return "it must not hold a user name";
  url->authority = text;
  size_t end = text.find(':');
  if (!text.empty() && text[0] == '[') {
    size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return "its address has no ]";
    url->host = text.substr(1, bracket - 1);
    end = bracket + 1;
    if (end < text.size() && text[end] != ':') return "its port is no number";
  } else {
    url->host = text.substr(0, end);
  }
  if (url->host.empty()) return "it has no host";
  if (end >= text.size()) return nullptr;
  url->port = read_port(text.substr(end + 1));
  return url->port ? nullptr : "its port is no number";
}

}  // namespace

const char* valk_url_read(std::string_view text, ValkUrl* url) {
  for (unsigned char c : text)
    if (c <= ' ' || c >= 0x7f) return "it must be visible ASCII";
  if (take_prefix(&text, "https://"))
    url->is_secure = true;
  else if (take_prefix(&text, "http://"))
    url->is_secure = false;
  else
    return "it must begin with https:// or http://";
  text = text.substr(0, text.find('#'));
  size_t end = 0;
  while (end < text.size() && text[end] != '/' && text[end] != '?') end++;
  url->port = url->is_secure ? 443 : 80;
  if (const char* wrong = read_authority(text.substr(0, end), url)) return wrong;
  url->path = text.substr(end);
  if (url->path.empty() || url->path[0] == '?') url->path.insert(0, "/");
  return nullptr;
}

namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string valk_url_decoded(std::string_view s, bool is_form) {
  std::string result;
  for (size_t i = 0; i < s.size(); i++) {
    bool coded = s[i] == '%' && i + 2 < s.size() && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0;
    if (coded)
      result += static_cast<char>(hex(s[i + 1]) * 16 + hex(s[i + 2]));
    else
      result += is_form && s[i] == '+' ? ' ' : s[i];
    if (coded) i += 2;
  }
  return result;
}
