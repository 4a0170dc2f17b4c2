// Code points as UTF-8.
#pragma once

#include <stdint.h>

#include "runtime/value/text.h"

/// Appends a code point. False: there is no such one (beyond 10FFFF, or a surrogate).
inline bool valk_add_utf8(ValkText* text, uint32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return false;
  if (c < 0x80) {
    text->add(static_cast<char>(c));
    return true;
  }
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
  text->add(static_cast<char>(lead[more] | c >> (6 * more)));
  while (more-- > 0) text->add(static_cast<char>(0x80 | (c >> (6 * more) & 0x3f)));
  return true;
}
