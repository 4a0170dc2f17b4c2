// Base64 (RFC 4648, standard alphabet, padded).
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/text.h"
#include "runtime/value/value.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Value valk_base64_encode(Vm* vm, Value* sp, Value s) {
  if (!valk_is_kind(s, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "base64/encode", 1, "a string", s);
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(valk_string_bytes(s));
  size_t length = valk_string_length(s);
  ValkText text;
  for (size_t i = 0; i < length; i += 3) {
    size_t n = length - i < 3 ? length - i : 3;
    uint32_t group = static_cast<uint32_t>(bytes[i]) << 16;
    if (n > 1) group |= static_cast<uint32_t>(bytes[i + 1]) << 8;
    if (n > 2) group |= bytes[i + 2];
    for (size_t k = 0; k < 4; ++k) text.add(k <= n ? alphabet[group >> (18 - 6 * k) & 63] : '=');
  }
  if (text.failed()) return valk_fail_memory(vm);
  return valk_make_string(vm, sp, text.bytes(), text.length());
}

/// Four characters to up to three bytes. False: malformed, or padded before the end.
static bool decode_group(const char* four, bool is_last, ValkText* text) {
  uint32_t group = 0;
  size_t padding = 0;
  for (int k = 0; k < 4; ++k) {
    const char* found = four[k] ? strchr(alphabet, four[k]) : nullptr;
    if (four[k] == '=' && is_last && k >= 2) {
      ++padding;
    } else if (!found || padding != 0) {
      return false;
    }
    group = group << 6 | static_cast<uint32_t>(found ? found - alphabet : 0);
  }
  for (size_t k = 0; k < 3 - padding; ++k) text->add(static_cast<char>(group >> (16 - 8 * k)));
  return true;
}

Value valk_base64_decode(Vm* vm, Value* sp, Value s) {
  if (!valk_is_kind(s, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "base64/decode", 1, "a string", s);
  const char* bytes = valk_string_bytes(s);
  size_t length = valk_string_length(s);
  ValkText text;
  bool valid = length % 4 == 0;
  for (size_t i = 0; valid && i < length; i += 4)
    valid = decode_group(bytes + i, i + 4 == length, &text);
  if (!valid) return valk_fail(vm, sp, ":parse", "base64/decode: argument 1 is not base64");
  return valk_make_string(vm, sp, text.bytes(), text.length());
}
