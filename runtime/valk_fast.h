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
/// What is known to be a vector has an element i that is a value.
VALK_INLINE bool valk_has_element(Value vector, Value i) {
  return valk_is_fix(i) && i < valk_object(vector)[1];
}
/// Header bit of a vector that holds nothing but floats, as doubles in raw bytes: see value/vector.h. Its length
/// stands above the bit, and the word for the length is 0: so tests for elements that are values fail, and cost
/// nothing more for the sake of such vectors.
enum : Value { VALK_FLOATS = (Value)1 << 16 };
enum { VALK_FLOATS_LENGTH_SHIFT = 17 };
VALK_INLINE bool valk_holds_floats(Value vector) {
  return (valk_object(vector)[0] & VALK_FLOATS) != 0;
}
/// The length of a vector of floats; 0 for any other.
VALK_INLINE Value valk_floats_length(Value vector) {
  return valk_object(vector)[0] << 1 >> (VALK_FLOATS_LENGTH_SHIFT + 1);
}
VALK_INLINE Value valk_fast_vec_len(Value vector) {
  const Value length = valk_object(vector)[1];
  return VALK_LIKELY(length != 0) ? length : VALK_FIX(valk_floats_length(vector));
}
/// Element i, a fixnum, of a vector that holds floats.
VALK_INLINE double valk_get_element_float(Value vector, Value i) {
  double d;
  __builtin_memcpy(&d, valk_object(valk_object(vector)[2]) + 2 + VALK_INT(i), sizeof d);
  return d;
}
VALK_INLINE void valk_set_element_float(Value vector, Value i, double d) {
  __builtin_memcpy(valk_object(valk_object(vector)[2]) + 2 + VALK_INT(i), &d, sizeof d);
}
VALK_INLINE bool valk_has_element_float(Value vector, Value i) {
  return valk_is_fix(i) && i >> 1 < valk_floats_length(vector);
}
/// A float of a vector of either sort; false: it is none, or there is no such element.
VALK_INLINE bool valk_known_float_get(Value vector, Value i, double& r) {
  if (valk_has_element_float(vector, i)) {
    r = valk_get_element_float(vector, i);
    return true;
  }
  if (!valk_has_element(vector, i)) return false;
  const Value v = valk_object(valk_object(vector)[2])[2 + VALK_INT(i)];
  if (!valk_is_double(v)) return false;
  r = valk_double(v);
  return true;
}
VALK_INLINE bool valk_fast_float_get(Value vector, Value i, double& r) {
  return valk_is_vector(vector) && valk_known_float_get(vector, i, r);
}
/// Puts a float where no object of it is needed; false: the vector holds other values too, or has no such element.
VALK_INLINE bool valk_known_float_set(Value vector, Value i, double d) {
  if (!valk_has_element_float(vector, i)) return false;
  valk_set_element_float(vector, i, d);
  return true;
}
VALK_INLINE bool valk_fast_float_set(Value vector, Value i, double d) {
  return valk_is_vector(vector) && valk_known_float_set(vector, i, d);
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
