// Hashing of keys: equal keys, such as 1 and 1.0, have equal hashes. Strings are hashed with a seed that
// differs between runs, so that nobody outside can choose keys that collide; order does not depend on it.
#include <math.h>
#include <string.h>

#include "runtime/control/simulation.h"
#include "runtime/value/number.h"
#include "runtime/value/stack.h"
#include "runtime/value/table.h"

static Value mix(Value x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}

static Value seed() {
  static Value value = valk_fresh_seed();
  return value;
}

static Value hash_bytes(const char* bytes, size_t length) {
  Value hash = seed() ^ length * VALK_HASH_PRIME;
  for (; length >= 8; bytes += 8, length -= 8) {
    Value word;
    memcpy(&word, bytes, 8);
    hash = mix(hash ^ word);
  }
  Value last = 0;
  memcpy(&last, bytes, length);
  return mix(hash ^ last);
}

static Value hash_double(double d) {
  if (d >= -0x1p62 && d < 0x1p62 && d == trunc(d)) return mix(VALK_FIX(static_cast<Fix>(d)));
  Value bits;
  memcpy(&bits, &d, sizeof bits);
  return mix(bits);
}

/// The hash of what is compared by identity: something of it that stays when it moves.
static Value hash_identity(Value v) {
  const Value* p = valk_object(v);
  return mix(valk_header_kind(p[0]) ^ (valk_is_fix(p[1]) ? p[1] : 0));
}

/// What is no list. False: a mutable kind.
static bool hash_leaf(Value v, Value* hash) {
  if (!valk_is_object(v)) {
    *hash = mix(v);
    return true;
  }
  switch (valk_header_kind(*valk_object(v))) {
    case VALK_KIND_VECTOR:
    case VALK_KIND_TABLE:
    case VALK_KIND_REF:
      return false;
    case VALK_KIND_FLOAT:
      *hash = hash_double(valk_float_value(v));
      return true;
    case VALK_KIND_BIGNUM:
      *hash = hash_double(valk_to_double(v));
      return true;
    case VALK_KIND_STRING:
      *hash = hash_bytes(valk_string_bytes(v), valk_string_length(v));
      return true;
    case VALK_KIND_SYMBOL:
    case VALK_KIND_KEYWORD:
      *hash = mix(valk_object(v)[2]);
      return true;
    case VALK_KIND_CLOSURE:
    case VALK_KIND_HANDLE:
      *hash = hash_identity(v);
      return true;
    default:
      *hash = mix(valk_header_kind(*valk_object(v)));
      return true;
  }
}

bool valk_hash(Value key, Value* hash) {
  key = valk_unblock(key);
  if (!valk_is_pair(key)) return hash_leaf(key, hash);
  ValkStack<Value> work;
  *hash = 1;
  work.push(key);
  while (!work.is_empty()) {
    Value list = work.pop();
    for (; valk_is_pair(list); list = valk_tail(list)) {
      Value element = valk_unblock(valk_head(list));
      Value h = 0;
      if (valk_is_pair(element)) {
        if (!work.push(element)) return false;
      } else if (!hash_leaf(element, &h)) {
        return false;
      }
      *hash = mix(*hash * 31 + h);
    }
  }
  return true;
}
