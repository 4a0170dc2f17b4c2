// Vectors: {header, length, store}; the store is longer than the vector once that has grown.
#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/store.h"

enum { LENGTH = 1, STORE = 2, VECTOR_WORDS = 3 };

static bool is_vector(Value v) { return valk_is_kind(v, VALK_KIND_VECTOR); }
static Fix length_of(Value vector) { return VALK_INT(valk_object(vector)[LENGTH]); }
static Value store_of(Value vector) { return valk_object(vector)[STORE]; }
static Value* elements(Value vector) { return valk_store_values(store_of(vector)); }

/// A vector of n times the value.
static Value make_vector(Vm* vm, Value* sp, Fix n, Value value) {
  sp[0] = valk_make_filled_store(vm, sp, static_cast<size_t>(n), value);
  if (sp[0] == VALK_ERR) return VALK_ERR;
  Value* p = valk_alloc(vm, sp + 1, VECTOR_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_VECTOR, VECTOR_WORDS);
  p[LENGTH] = VALK_FIX(n);
  p[STORE] = sp[0];
  return valk_tag_object(p);
}

/// A vector's store may have been promoted when the vector itself was allocated: with a barrier.
static void put(Vm* vm, Value vector, Fix i, Value v) {
  valk_store_put(vm, store_of(vector), static_cast<size_t>(i), v);
}

Value valk_vec(Vm* vm, Value* sp, Fix n) {
  Value vector = make_vector(vm, sp + n, n, VALK_UNSET);
  if (vector == VALK_ERR) return VALK_ERR;
  for (Fix i = 0; i < n; ++i) put(vm, vector, i, sp[i]);
  return vector;
}

Value valk_vec_make(Vm* vm, Value* sp, Value n, Value value) {
  if (!valk_is_fix(n)) return valk_fail_fix(vm, sp, "vec/make", 1, n);
  if (VALK_INT(n) < 0) return valk_fail_range(vm, sp, "vec/make", 1, "0 or more", n);
  return make_vector(vm, sp, VALK_INT(n), value);
}

// ---- elements -----------------------------------------------------------------------------------

/// VALK_ERR unless i is the index of an element.
static Value check(Vm* vm, Value* sp, const char* name, Value vector, Value i) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, name, 1, "a vector", vector);
  if (!valk_is_fix(i)) return valk_fail_fix(vm, sp, name, 2, i);
  if (static_cast<Value>(VALK_INT(i)) >= static_cast<Value>(length_of(vector)))
    return valk_fail(vm, sp, ":range", "%s: there is no index %lld in a vector of %lld", name,
                     static_cast<long long>(VALK_INT(i)),
                     static_cast<long long>(length_of(vector)));
  return VALK_NIL;
}

Value valk_vec_get(Vm* vm, Value* sp, Value vector, Value i) {
  if (check(vm, sp, "vec/get", vector, i) == VALK_ERR) return VALK_ERR;
  return elements(vector)[VALK_INT(i)];
}

Value valk_vec_set(Vm* vm, Value* sp, Value vector, Value i, Value value) {
  if (check(vm, sp, "vec/set!", vector, i) == VALK_ERR) return VALK_ERR;
  put(vm, vector, VALK_INT(i), value);
  return value;
}

Value valk_vec_len(Vm* vm, Value* sp, Value vector) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/len", 1, "a vector", vector);
  return valk_object(vector)[LENGTH];
}

/// Doubles the store of the vector in sp[0].
static bool grow(Vm* vm, Value* sp) {
  Fix n = length_of(sp[0]);
  Value store = valk_make_store(vm, sp + 1, static_cast<size_t>(n < 4 ? 8 : 2 * n));
  if (store == VALK_ERR) return false;
  memcpy(valk_store_values(store), elements(sp[0]), static_cast<size_t>(n) * sizeof(Value));
  valk_store(vm, sp[0], STORE, store);
  return true;
}

Value valk_vec_push(Vm* vm, Value* sp, Value vector, Value value) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/push!", 1, "a vector", vector);
  Fix n = length_of(vector);
  if (static_cast<size_t>(n) == valk_store_length(store_of(vector))) {
    sp[0] = value;
    sp[1] = vector;
    if (!grow(vm, sp + 1)) return VALK_ERR;
    value = sp[0];
    vector = sp[1];
  }
  put(vm, vector, n, value);
  valk_object(vector)[LENGTH] = VALK_FIX(n + 1);
  return value;
}

Value valk_vec_pop(Vm* vm, Value* sp, Value vector) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/pop!", 1, "a vector", vector);
  Fix n = length_of(vector);
  if (n == 0) return valk_fail(vm, sp, ":range", "vec/pop!: the vector is empty");
  Value last = elements(vector)[n - 1];
  elements(vector)[n - 1] = VALK_UNSET;
  valk_object(vector)[LENGTH] = VALK_FIX(n - 1);
  return last;
}

// ---- conversions --------------------------------------------------------------------------------

Value valk_vec_slice(Vm* vm, Value* sp, Value vector, Value from, Value to) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/slice", 1, "a vector", vector);
  if (!valk_is_fix(from)) return valk_fail_fix(vm, sp, "vec/slice", 2, from);
  if (!valk_is_fix(to)) return valk_fail_fix(vm, sp, "vec/slice", 3, to);
  Fix first = VALK_INT(from), end = VALK_INT(to);
  if (first < 0 || first > end || end > length_of(vector))
    return valk_fail(vm, sp, ":range",
                     "vec/slice: there is no slice %lld to %lld of a vector of %lld",
                     static_cast<long long>(first), static_cast<long long>(end),
                     static_cast<long long>(length_of(vector)));
  sp[0] = vector;
  Value slice = make_vector(vm, sp + 1, end - first, VALK_UNSET);
  if (slice == VALK_ERR) return VALK_ERR;
  for (Fix i = first; i < end; ++i) put(vm, slice, i - first, elements(sp[0])[i]);
  return slice;
}

Value valk_vec_to_list(Vm* vm, Value* sp, Value vector) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec->list", 1, "a vector", vector);
  sp[0] = vector;
  Value list = VALK_NIL;
  for (Fix i = length_of(vector); i-- > 0 && list != VALK_ERR;)
    list = valk_make_pair(vm, sp + 1, elements(sp[0])[i], list);
  return list;
}

Value valk_list_to_vec(Vm* vm, Value* sp, Value list) {
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, "list->vec", 1, "a list", list);
  sp[0] = valk_unblock(list);
  Value vector = make_vector(vm, sp + 1, static_cast<Fix>(valk_list_length(sp[0])), VALK_UNSET);
  if (vector == VALK_ERR) return VALK_ERR;
  Fix i = 0;
  for (Value rest = sp[0]; valk_is_pair(rest); rest = valk_tail(rest))
    put(vm, vector, i++, valk_head(rest));
  return vector;
}
