// FNV-1a with the standard's constants for 128 bits. See hash.h.
#include "driver/hash.h"

#include <cstdint>

namespace valkc {

void ContentHash::add(std::string_view text) {
  constexpr Wide PRIME = (Wide{1} << 88) | 0x13b;
  for (const char c : text) state_ = (state_ ^ static_cast<uint8_t>(c)) * PRIME;
  uint64_t length = text.size();
  for (int i = 0; i < 8; ++i, length >>= 8) state_ = (state_ ^ (length & 255)) * PRIME;
}

std::string ContentHash::hex() const {
  std::string text;
  for (int shift = 124; shift >= 0; shift -= 4)
    text += "0123456789abcdef"[static_cast<size_t>(state_ >> shift) & 15];
  return text;
}

std::string hash_of(std::string_view text) {
  ContentHash hash;
  hash.add(text);
  return hash.hex();
}

}  // namespace valkc
