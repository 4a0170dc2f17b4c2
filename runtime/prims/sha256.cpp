// SHA-256 (FIPS 180-4), so that a digest does not need OpenSSL.
#include <stdio.h>
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/value.h"

static const uint32_t rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void expand(const unsigned char* block, uint32_t* w) {
  for (int i = 0; i < 16; ++i)
    w[i] = static_cast<uint32_t>(block[4 * i]) << 24 |
           static_cast<uint32_t>(block[4 * i + 1]) << 16 |
           static_cast<uint32_t>(block[4 * i + 2]) << 8 | block[4 * i + 3];
  for (int i = 16; i < 64; ++i) {
    uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
}

static void compress(uint32_t* state, const unsigned char* block) {
  uint32_t w[64], s[8];
  expand(block, w);
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; ++i) {
    uint32_t e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
    uint32_t a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
    uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    uint32_t first = s[7] + e + choice + rounds[i] + w[i];
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += first;
    s[0] = first + a + majority;
  }
  for (int i = 0; i < 8; ++i) state[i] += s[i];
}

/// A digest under way, as programs hold it: a string of the chaining value, the count of bytes so far, and
/// those that do not fill a block. It is a value like any other, so a continuation may go on from it twice.
struct Progress {
  uint32_t state[8];
  uint64_t count;
  unsigned char rest[64];  ///< count % 64 bytes
};
static const size_t kFixedBytes = sizeof(uint32_t) * 8 + sizeof(uint64_t);

static void start(Progress* p) {
  static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(p->state, initial, sizeof initial);
  p->count = 0;
}

static void add(Progress* p, const unsigned char* bytes, size_t length) {
  size_t held = p->count % 64;
  p->count += length;
  if (held) {
    size_t taken = length < 64 - held ? length : 64 - held;
    memcpy(p->rest + held, bytes, taken);
    if (held + taken < 64) return;
    compress(p->state, p->rest);
    bytes += taken;
    length -= taken;
  }
  for (; length >= 64; bytes += 64, length -= 64) compress(p->state, bytes);
  if (length) memcpy(p->rest, bytes, length);
}

static Value finish(Vm* vm, Value* sp, Progress* p) {
  uint64_t bits = p->count * 8;
  unsigned char padding[72] = {0x80};
  size_t zeros = (119 - p->count % 64) % 64;
  for (size_t i = 0; i < 8; ++i)
    padding[1 + zeros + 7 - i] = static_cast<unsigned char>(bits >> (8 * i));
  add(p, padding, 1 + zeros + 8);
  char hex[65];
  for (int i = 0; i < 8; ++i) snprintf(hex + 8 * i, 9, "%08x", p->state[i]);
  return valk_make_string(vm, sp, hex, 64);
}

static Value give(Vm* vm, Value* sp, const Progress* p) {
  char bytes[sizeof(Progress)];
  memcpy(bytes, p->state, sizeof p->state);
  memcpy(bytes + sizeof p->state, &p->count, sizeof p->count);
  memcpy(bytes + kFixedBytes, p->rest, p->count % 64);
  return valk_make_string(vm, sp, bytes, kFixedBytes + p->count % 64);
}

static bool take(Value v, Progress* p) {
  if (!valk_is_kind(v, VALK_KIND_STRING) || valk_string_length(v) < kFixedBytes) return false;
  const char* bytes = valk_string_bytes(v);
  memcpy(p->state, bytes, sizeof p->state);
  memcpy(&p->count, bytes + sizeof p->state, sizeof p->count);
  if (valk_string_length(v) != kFixedBytes + p->count % 64) return false;
  memcpy(p->rest, bytes + kFixedBytes, p->count % 64);
  return true;
}

static const unsigned char* bytes_of(Value s) {
  return reinterpret_cast<const unsigned char*>(valk_string_bytes(s));
}

Value valk_sha256(Vm* vm, Value* sp, Value s) {
  if (!valk_is_kind(s, VALK_KIND_STRING)) return valk_fail_type(vm, sp, "sha256", 1, "a string", s);
  Progress p;
  start(&p);
  add(&p, bytes_of(s), valk_string_length(s));
  return finish(vm, sp, &p);
}

Value valk_sha256_start(Vm* vm, Value* sp) {
  Progress p;
  start(&p);
  return give(vm, sp, &p);
}

Value valk_sha256_add(Vm* vm, Value* sp, Value digest, Value s) {
  Progress p;
  if (!take(digest, &p))
    return valk_fail_type(vm, sp, "sha256/add", 1, "a digest of sha256/start", digest);
  if (!valk_is_kind(s, VALK_KIND_STRING))
    return valk_fail_type(vm, sp, "sha256/add", 2, "a string", s);
  add(&p, bytes_of(s), valk_string_length(s));
  return give(vm, sp, &p);
}

Value valk_sha256_end(Vm* vm, Value* sp, Value digest) {
  Progress p;
  if (!take(digest, &p))
    return valk_fail_type(vm, sp, "sha256/end", 1, "a digest of sha256/start", digest);
  return finish(vm, sp, &p);
}
