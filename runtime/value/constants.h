// Lisp constants that the runtime's own C++ mentions: static objects outside the heap.
#pragma once

#include <stddef.h>

#include "runtime/valk.h"

/// FNV-1a of a name: the hash word of symbols and keywords.
constexpr Value valk_name_hash(const char* name, size_t length) {
  Value hash = VALK_HASH_BASIS;
  for (size_t i = 0; i < length; ++i)
    hash = (hash ^ static_cast<unsigned char>(name[i])) * VALK_HASH_PRIME;
  return hash;
}

/// A static string of the bytes of a literal.
template <size_t N>
constexpr ValkStaticString<N> valk_static_string(const char (&text)[N]) {
  ValkStaticString<N> s{VALK_HEADER(VALK_KIND_STRING, 0), N - 1, {}};
  for (size_t i = 0; i < N; ++i) s.bytes[i] = text[i];
  return s;
}

/// A static keyword; the literal begins with a colon. All have the same type, so that they make tables.
using ValkConstantKeyword = ValkStaticSymbol<24>;
template <size_t N>
constexpr ValkConstantKeyword valk_static_keyword(const char (&name)[N]) {
  static_assert(N <= 24);
  ValkConstantKeyword k{VALK_HEADER(VALK_KIND_KEYWORD, 0), N - 1, valk_name_hash(name, N - 1), {}};
  for (size_t i = 0; i < N; ++i) k.bytes[i] = name[i];
  return k;
}
