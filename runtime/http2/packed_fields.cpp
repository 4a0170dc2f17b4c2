// See packed_fields.h.
#include "runtime/http2/packed_fields.h"

#include <stdint.h>
#include <string.h>

#include "runtime/http2/message.h"
#include "runtime/value/value.h"

namespace {

/// What stands before the bytes of a field's name and value.
struct Lengths {
  uint32_t name, value;
};

/// Copies bytes and gives where they end. Most are few, and then the call of memcpy is what costs.
char* put(char* to, std::string_view bytes) {
  const char* from = bytes.data();
  size_t n = bytes.size();
  if (n > 16) {
    memcpy(to, from, n);
  } else if (n >= 8) {
    memcpy(to, from, 8);
    memcpy(to + n - 8, from + n - 8, 8);
  } else if (n >= 4) {
    memcpy(to, from, 4);
    memcpy(to + n - 4, from + n - 4, 4);
  } else {
    for (size_t i = 0; i < n; i++) to[i] = from[i];
  }
  return to + n;
}

void pack(const ValkHeldFields& fields, char* to) {
  for (size_t i = 0; i < fields.size(); i++) {
    std::string_view name = fields.name(i), value = fields.value(i);
    Lengths lengths{static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size())};
    memcpy(to, &lengths, sizeof lengths);
    to = put(put(to + sizeof lengths, name), value);
  }
}

}  // namespace

Value valk_packed_make(Vm* vm, Value* sp, const ValkHeldFields& fields) {
  Value s = valk_make_string_space(vm, sp, fields.bytes() + fields.size() * sizeof(Lengths));
  if (s != VALK_ERR) pack(fields, valk_string_bytes(s));
  return s;
}

Value valk_packed_list(Vm* vm, Value* sp, Value packed) {
  ValkFields fields;
  for (ValkPackedWalk w{{valk_string_bytes(packed), valk_string_length(packed)}}; w.next();)
    if (w.name[0] != ':') fields.add(w.name, w.value);
  return valk_fields_list(vm, sp, fields);
}

std::string_view valk_packed_find(std::string_view packed, std::string_view name) {
  for (ValkPackedWalk w{packed}; w.next();)
    if (w.name == name) return w.value;
  return {};
}

bool ValkPackedWalk::next() {
  if (left.empty()) return false;
  Lengths lengths;
  memcpy(&lengths, left.data(), sizeof lengths);
  name = left.substr(sizeof lengths, lengths.name);
  value = left.substr(sizeof lengths + lengths.name, lengths.value);
  left.remove_prefix(sizeof lengths + lengths.name + lengths.value);
  return true;
}
