// Builtins on strings. Results are put together outside the heap, so operands may be read in place.
#include <stdio.h>
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/print.h"

static bool is_string(Value v) { return valk_is_kind(v, VALK_KIND_STRING); }

/// VALK_ERR unless v is a string.
static Value want_string(Vm* vm, Value* sp, const char* name, int argument, Value v) {
  return is_string(v) ? VALK_NIL : valk_fail_type(vm, sp, name, argument, "a string", v);
}
#define WANT_STRING(name, argument, v) \
  if (want_string(vm, sp, name, argument, v) == VALK_ERR) return VALK_ERR

static Value finish(Vm* vm, Value* sp, const ValkText& text) {
  if (text.failed()) return valk_fail_memory(vm);
  return valk_make_string(vm, sp, text.bytes(), text.length());
}

namespace {
/// The bytes of a string; invalid after the next allocation.
struct Bytes {
  explicit Bytes(Value s) : at(valk_string_bytes(s)), length(valk_string_length(s)) {}
  const char* at;
  size_t length;
};
}  // namespace

/// Index of the first occurrence of `sub` at or after `from`, or s.length + 1.
static size_t find(const Bytes& s, const Bytes& sub, size_t from) {
  if (from > s.length) return s.length + 1;
  const void* found = memmem(s.at + from, s.length - from, sub.at, sub.length);
  return found ? static_cast<size_t>(static_cast<const char*>(found) - s.at) : s.length + 1;
}

Value valk_str(Vm* vm, Value* sp, Fix n) {
  ValkText text;
  for (Fix i = 0; i < n; ++i) valk_print_value(&text, sp[i], false);
  return finish(vm, sp + n, text);
}

Value valk_repr(Vm* vm, Value* sp, Value x) { return valk_to_string(vm, sp, x, true); }

// ---- pieces -------------------------------------------------------------------------------------

/// The part [from, to) of the string in sp[0].
static Value slice(Vm* vm, Value* sp, size_t from, size_t to) {
  Value piece = valk_make_string_space(vm, sp + 1, to - from);
  if (piece != VALK_ERR)
    memcpy(valk_string_bytes(piece), valk_string_bytes(sp[0]) + from, to - from);
  return piece;
}

Value valk_str_split(Vm* vm, Value* sp, Value s, Value separator) {
  WANT_STRING("str/split", 1, s);
  WANT_STRING("str/split", 2, separator);
  if (valk_string_length(separator) == 0)
    return valk_fail_range(vm, sp, "str/split", 2, "a string that is not empty", separator);
  sp[0] = s;
  sp[1] = separator;
  sp[2] = VALK_NIL;
  size_t length = valk_string_length(s);
  for (size_t from = 0; from <= length;) {
    size_t end = find(Bytes(sp[0]), Bytes(sp[1]), from);
    size_t next = end + valk_string_length(sp[1]);
    sp[3] = sp[0];
    Value piece = slice(vm, sp + 3, from, end > length ? length : end);
    if (piece == VALK_ERR) return VALK_ERR;
    sp[2] = valk_make_pair(vm, sp + 3, piece, sp[2]);
    if (sp[2] == VALK_ERR) return VALK_ERR;
    from = next;
    if (end > length) break;
  }
  return valk_reverse_list(vm, sp + 3, sp[2], VALK_NIL);
}

Value valk_str_join(Vm* vm, Value* sp, Value separator, Value list) {
  WANT_STRING("str/join", 1, separator);
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, "str/join", 2, "a list", list);
  ValkText text;
  list = valk_unblock(list);
  for (Value rest = list; valk_is_pair(rest); rest = valk_tail(rest)) {
    if (rest != list) text.add(valk_string_bytes(separator), valk_string_length(separator));
    valk_print_value(&text, valk_head(rest), false);
  }
  return finish(vm, sp, text);
}

Value valk_str_replace(Vm* vm, Value* sp, Value s, Value from, Value to) {
  WANT_STRING("str/replace", 1, s);
  WANT_STRING("str/replace", 2, from);
  WANT_STRING("str/replace", 3, to);
  Bytes text(s), old(from);
  if (old.length == 0)
    return valk_fail_range(vm, sp, "str/replace", 2, "a string that is not empty", from);
  ValkText result;
  size_t start = 0;
  for (size_t at; (at = find(text, old, start)) <= text.length; start = at + old.length) {
    result.add(text.at + start, at - start);
    result.add(valk_string_bytes(to), valk_string_length(to));
  }
  result.add(text.at + start, text.length - start);
  return finish(vm, sp, result);
}

Value valk_str_slice(Vm* vm, Value* sp, Value s, Value from, Value to) {
  WANT_STRING("str/slice", 1, s);
  if (!valk_is_fix(from)) return valk_fail_fix(vm, sp, "str/slice", 2, from);
  if (!valk_is_fix(to)) return valk_fail_fix(vm, sp, "str/slice", 3, to);
  Fix first = VALK_INT(from), end = VALK_INT(to);
  if (first < 0 || first > end || end > static_cast<Fix>(valk_string_length(s)))
    return valk_fail(vm, sp, ":range",
                     "str/slice: there is no slice %lld to %lld of a string of %lld bytes",
                     static_cast<long long>(first), static_cast<long long>(end),
                     static_cast<long long>(valk_string_length(s)));
  sp[0] = s;
  return slice(vm, sp, static_cast<size_t>(first), static_cast<size_t>(end));
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Value valk_str_trim(Vm* vm, Value* sp, Value s) {
  WANT_STRING("str/trim", 1, s);
  Bytes bytes(s);
  size_t from = 0, to = bytes.length;
  while (from < to && is_space(bytes.at[from])) ++from;
  while (from < to && is_space(bytes.at[to - 1])) --to;
  sp[0] = s;
  return from == 0 && to == bytes.length ? s : slice(vm, sp, from, to);
}

// ---- searching ----------------------------------------------------------------------------------

Value valk_str_find(Vm* vm, Value* sp, Value s, Value sub) {
  WANT_STRING("str/find", 1, s);
  WANT_STRING("str/find", 2, sub);
  size_t at = find(Bytes(s), Bytes(sub), 0);
  return at > valk_string_length(s) ? VALK_FIX(-1) : VALK_FIX(at);
}

Value valk_str_before(Vm* vm, Value* sp, Value a, Value b) {
  WANT_STRING("str/before?", 1, a);
  WANT_STRING("str/before?", 2, b);
  size_t first = valk_string_length(a), second = valk_string_length(b);
  int order = memcmp(valk_string_bytes(a), valk_string_bytes(b), first < second ? first : second);
  return valk_bool(order < 0 || (order == 0 && first < second));
}

Value valk_str_starts(Vm* vm, Value* sp, Value s, Value prefix) {
  WANT_STRING("str/starts?", 1, s);
  WANT_STRING("str/starts?", 2, prefix);
  Bytes whole(s), part(prefix);
  return valk_bool(part.length <= whole.length && memcmp(whole.at, part.at, part.length) == 0);
}

Value valk_str_ends(Vm* vm, Value* sp, Value s, Value suffix) {
  WANT_STRING("str/ends?", 1, s);
  WANT_STRING("str/ends?", 2, suffix);
  Bytes whole(s), part(suffix);
  return valk_bool(part.length <= whole.length &&
                   memcmp(whole.at + whole.length - part.length, part.at, part.length) == 0);
}

// ---- letters and bytes --------------------------------------------------------------------------

/// A copy in which the letters from `first` to `first` + 25 have their case changed.
static Value change_case(Vm* vm, Value* sp, Value s, char first) {
  sp[0] = s;
  Value copy = slice(vm, sp, 0, valk_string_length(s));
  if (copy == VALK_ERR) return VALK_ERR;
  char* bytes = valk_string_bytes(copy);
  for (size_t i = 0; i < valk_string_length(copy); ++i) {
    if (bytes[i] >= first && bytes[i] < first + 26) bytes[i] ^= 0x20;
  }
  return copy;
}

Value valk_str_upper(Vm* vm, Value* sp, Value s) {
  WANT_STRING("str/upper", 1, s);
  return change_case(vm, sp, s, 'a');
}

Value valk_str_lower(Vm* vm, Value* sp, Value s) {
  WANT_STRING("str/lower", 1, s);
  return change_case(vm, sp, s, 'A');
}

static Value byte_at(Vm* vm, Value* sp, const char* name, Value s, Fix i) {
  if (i < 0 || i >= static_cast<Fix>(valk_string_length(s)))
    return valk_fail(vm, sp, ":range", "%s: there is no index %lld in a string of %lld bytes", name,
                     static_cast<long long>(i), static_cast<long long>(valk_string_length(s)));
  return VALK_FIX(static_cast<unsigned char>(valk_string_bytes(s)[i]));
}

Value valk_ord(Vm* vm, Value* sp, Value s) {
  WANT_STRING("ord", 1, s);
  return byte_at(vm, sp, "ord", s, 0);
}

Value valk_str_ref(Vm* vm, Value* sp, Value s, Value i) {
  WANT_STRING("str/ref", 1, s);
  if (!valk_is_fix(i)) return valk_fail_fix(vm, sp, "str/ref", 2, i);
  return byte_at(vm, sp, "str/ref", s, VALK_INT(i));
}

Value valk_str_from_bytes(Vm* vm, Value* sp, Value list) {
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, "str/from-bytes", 1, "a list", list);
  ValkText text;
  for (Value rest = valk_unblock(list); valk_is_pair(rest); rest = valk_tail(rest)) {
    Value byte = valk_head(rest);
    if (!valk_is_fix(byte) || VALK_INT(byte) < 0 || VALK_INT(byte) > 255)
      return valk_fail_range(vm, sp, "str/from-bytes", 1, "a list of integers from 0 to 255", list);
    text.add(static_cast<char>(VALK_INT(byte)));
  }
  return finish(vm, sp, text);
}

Value valk_make_string_of(Vm* vm, Value* sp, Value n, Value s) {
  if (!valk_is_fix(n)) return valk_fail_fix(vm, sp, "make-string", 1, n);
  if (VALK_INT(n) < 0) return valk_fail_range(vm, sp, "make-string", 1, "0 or more", n);
  WANT_STRING("make-string", 2, s);
  if (valk_string_length(s) == 0) return s;
  size_t length = valk_string_length(s), count = static_cast<size_t>(VALK_INT(n));
  size_t total;
  if (__builtin_mul_overflow(length, count, &total)) return valk_fail_memory(vm);
  sp[0] = s;
  Value result = valk_make_string_space(vm, sp + 1, total);
  if (result == VALK_ERR) return VALK_ERR;
  const char* from = valk_string_bytes(sp[0]);
  char* to = valk_string_bytes(result);
  if (length == 1) {
    memset(to, *from, total);
  } else {
    for (size_t i = 0; i < count; ++i) memcpy(to + i * length, from, length);
  }
  return result;
}

// ---- numbers, symbols ---------------------------------------------------------------------------

Value valk_str_to_num(Vm* vm, Value* sp, Value s) {
  WANT_STRING("str->num", 1, s);
  return valk_parse_number(vm, sp, valk_string_bytes(s), valk_string_length(s));
}

Value valk_num_to_str(Vm* vm, Value* sp, Value n) {
  if (!valk_is_number_value(n)) return valk_fail_type(vm, sp, "num->str", 1, "a number", n);
  return valk_to_string(vm, sp, n, false);
}

Value valk_str_to_symbol(Vm* vm, Value* sp, Value s) {
  WANT_STRING("str->symbol", 1, s);
  ValkText name;
  name.add(valk_string_bytes(s), valk_string_length(s));
  bool is_keyword = name.length() != 0 && name.bytes()[0] == ':';
  return is_keyword ? valk_make_keyword(vm, sp, name.bytes(), name.length())
                    : valk_make_symbol(vm, sp, name.bytes(), name.length());
}

Value valk_symbol_to_str(Vm* vm, Value* sp, Value symbol) {
  if (!valk_is_kind(symbol, VALK_KIND_SYMBOL) && !valk_is_kind(symbol, VALK_KIND_KEYWORD))
    return valk_fail_type(vm, sp, "symbol->str", 1, "a symbol or keyword", symbol);
  return valk_to_string(vm, sp, symbol, false);
}

Value valk_gensym(Vm* vm, Value* sp) {
  static uint64_t count = 0;
  char name[32];
  int length = snprintf(name, sizeof name, "#:g%llu", static_cast<unsigned long long>(++count));
  return valk_make_symbol(vm, sp, name, static_cast<size_t>(length));
}
