// valk_static.h: a part of valk.h, which includes it: objects that the compiler lays out itself.
//
// Constants are objects outside the heap; the collector neither moves nor marks them, and they hold
// no pointer into the heap.
#pragma once

#define VALK_STATIC(object_) ((Value) & (object_) + VALK_TAG_OBJECT)
#define VALK_STATIC_PAIR(object_) ((Value) & (object_) + VALK_TAG_PAIR)

struct ValkStaticPair {
  Value head, tail;
} __attribute__((aligned(16)));
struct ValkStaticFloat {
  Value header;
  double value;
} __attribute__((aligned(16)));
struct ValkStaticClosure {
  Value header;
  const ValkFn* fn;
} __attribute__((aligned(16)));
template <int N>
struct ValkStaticString {
  Value header;
  Value length;
  char bytes[N];
} __attribute__((aligned(16)));
template <int N>
struct ValkStaticSymbol {
  Value header;
  Value length;
  Value hash;
  char bytes[N];
} __attribute__((aligned(16)));
template <int N>
struct ValkStaticBignum {
  Value header;
  Value length;
  Value limbs[N];
} __attribute__((aligned(16)));
/// FNV-1a, 64 bits: the hash of a symbol's or keyword's name.
#define VALK_HASH_BASIS 0xcbf29ce484222325ull
#define VALK_HASH_PRIME 0x100000001b3ull
