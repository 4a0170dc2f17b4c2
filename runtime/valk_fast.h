// valk_fast.h: a part of valk.h, which includes it: what the common cases of builtins are in line.
//
// Each sets its result and gives true, or gives false and the caller takes the out-of-line primitive.
#pragma once

#define valk_fast_add(a, b, r) \
  (valk_both_fix(a, b) && !__builtin_add_overflow((Fix)(a), (Fix)(b), (Fix*)&(r)))
#define valk_fast_sub(a, b, r) \
  (valk_both_fix(a, b) && !__builtin_sub_overflow((Fix)(a), (Fix)(b), (Fix*)&(r)))
#define valk_fast_mul(a, b, r) \
  (valk_both_fix(a, b) && !__builtin_mul_overflow((Fix)(a), VALK_INT(b), (Fix*)&(r)))
/// The nth element for n = 1, 2, 3, where the list is a pair (no block) and long enough.
VALK_INLINE bool valk_fast_nth(Value n, Value list, Value& r) {
  if (n > VALK_FIX(3) || n == VALK_FIX(0) || !valk_is_pair(list)) return false;
  if (n > VALK_FIX(1)) list = valk_pair(list)[1];
  if (!valk_is_pair(list)) return false;
  if (n > VALK_FIX(2)) list = valk_pair(list)[1];
  if (!valk_is_fix(n) || !valk_is_pair(list)) return false;
  r = valk_pair(list)[0];
  return true;
}
VALK_INLINE bool valk_is_vector(Value v) { return valk_is_kind(v, VALK_KIND_VECTOR); }
/// What is known to be a vector has an element i.
VALK_INLINE bool valk_has_element(Value vector, Value i) {
  return valk_is_fix(i) && i < valk_object(vector)[1];
}
VALK_INLINE bool valk_known_vec_get(Value vector, Value i, Value& r) {
  if (!valk_has_element(vector, i)) return false;
  r = valk_object(valk_object(vector)[2])[2 + VALK_INT(i)];
  return true;
}
VALK_INLINE bool valk_fast_vec_get(Value vector, Value i, Value& r) {
  return valk_is_vector(vector) && valk_known_vec_get(vector, i, r);
}
/// Whether a store that gets a young value needs nothing more, since all of it will be looked at. (In large ones
/// cards say which parts: they have many more words than this.)
VALK_INLINE bool valk_is_remembered_store(Value store) {
  const Value* p = valk_object(store);
  return (p[0] & VALK_REMEMBERED) != 0 && p[1] <= VALK_MAX_WORDS;
}
VALK_INLINE bool valk_known_vec_set(Vm* vm, Value vector, Value i, Value v) {
  if (!valk_has_element(vector, i)) return false;
  const Value store = valk_object(vector)[2];
  if (valk_needs_barrier(vm, store, v) && !valk_is_remembered_store(store)) return false;
  valk_object(store)[2 + VALK_INT(i)] = v;
  return true;
}
VALK_INLINE bool valk_fast_vec_set(Vm* vm, Value vector, Value i, Value v) {
  return valk_is_vector(vector) && valk_known_vec_set(vm, vector, i, v);
}
/// `==`: structural on numbers, strings, symbols, lists and vectors, identity on the rest. Iterative.
bool valk_equal(Value a, Value b);
/// x == name, a constant symbol or keyword. Equal names in one program are mostly one object.
VALK_INLINE bool valk_is_name(Value x, Value name) {
  if (x == name) return true;
  if (!valk_is_object(x)) return false;
  const Value *a = valk_object(x), *b = valk_object(name);
  return valk_header_kind(a[0]) == valk_header_kind(b[0]) && a[2] == b[2] && valk_equal(x, name);
}
/// Division by it fails, or may give what is no fixnum.
VALK_INLINE bool valk_divides_slowly(Value b) { return b == VALK_FIX(0) || b == VALK_FIX(-1); }
VALK_INLINE Value valk_bool(bool b) { return b ? VALK_FIX(1) : VALK_FIX(0); }
