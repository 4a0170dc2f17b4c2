// UTF-8 by the table of well-formed byte sequences of the Unicode standard (table 3-7).
#include "frontend/utf8.h"

namespace valkc {

namespace {

struct Lead {
  unsigned char first, last;             ///< range of the first byte
  unsigned char second_min, second_max;  ///< range of the second
  size_t length;
};

constexpr Lead kLeads[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

unsigned char byte_at(std::string_view text, size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_continued(std::string_view text, const Lead& lead) {
  if (text.size() < lead.length) return false;
  if (byte_at(text, 1) < lead.second_min || byte_at(text, 1) > lead.second_max) return false;
  for (size_t i = 2; i < lead.length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return false;
  }
  return true;
}

}  // namespace

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  unsigned char first = byte_at(text, 0);
  if (first < 0x80) return 1;
  for (const Lead& lead : kLeads) {
    if (first >= lead.first && first <= lead.last)
      return is_continued(text, lead) ? lead.length : 0;
  }
  return 0;
}

bool append_utf8(std::string& out, uint32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return false;
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12), tail(6), tail(0);
  }
  return true;
}

}  // namespace valkc
