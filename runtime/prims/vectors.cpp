// Vectors, in both ways that they keep their elements: see runtime/value/vector.h.
#include "runtime/value/vector.h"

#include <string.h>

#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"

static bool is_vector(Value v) { return valk_is_kind(v, VALK_KIND_VECTOR); }

static void set_length(Value vector, Fix n) {
  Value* p = valk_object(vector);
  if (!valk_holds_floats(vector)) {
    p[VALK_VECTOR_LENGTH] = VALK_FIX(n);
    return;
  }
  constexpr Value others = VALK_REMEMBERED | (VALK_FLOATS - 1) | VALK_FLOATS;
  p[0] = (p[0] & others) | static_cast<Value>(n) << VALK_FLOATS_LENGTH_SHIFT;
}

/// A vector of n elements with the store in sp[0]. `flags`: VALK_FLOATS or 0.
static Value wrap(Vm* vm, Value* sp, Fix n, Value flags) {
  Value* p = valk_alloc(vm, sp + 1, VALK_VECTOR_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_VECTOR, VALK_VECTOR_WORDS) | flags;
  p[VALK_VECTOR_LENGTH] = 0;
  p[VALK_VECTOR_STORE] = sp[0];
  set_length(valk_tag_object(p), n);
  return valk_tag_object(p);
}

static Value make_float_store(Vm* vm, Value* sp, Fix n) {
  if (n > Fix{1} << 44) return valk_fail_memory(vm);
  return valk_make_bytes(vm, sp, static_cast<size_t>(n) * sizeof(double));
}

/// A vector of n floats that are not set yet.
static Value make_floats(Vm* vm, Value* sp, Fix n) {
  sp[0] = make_float_store(vm, sp, n);
  return sp[0] == VALK_ERR ? VALK_ERR : wrap(vm, sp, n, VALK_FLOATS);
}

/// A vector of n times the value, which is put in as it is, also if it is a float.
static Value make_values(Vm* vm, Value* sp, Fix n, Value value) {
  sp[0] = valk_make_filled_store(vm, sp, static_cast<size_t>(n), value);
  return sp[0] == VALK_ERR ? VALK_ERR : wrap(vm, sp, n, 0);
}

/// A vector of n elements that are to be put in before anything else: without any there is nothing to know of them.
static Value make_vector(Vm* vm, Value* sp, Fix n, bool holds_floats) {
  return holds_floats && n > 0 ? make_floats(vm, sp, n) : make_values(vm, sp, n, VALK_UNSET);
}

static size_t capacity_of(Value vector) {
  const Value store = valk_vector_store(vector);
  return valk_holds_floats(vector) ? valk_bytes_length(store) / sizeof(double)
                                   : valk_store_length(store);
}

/// A vector's store may have been promoted when the vector itself was allocated: with a barrier.
static void put(Vm* vm, Value vector, Fix i, Value v) {
  valk_store_put(vm, valk_vector_store(vector), static_cast<size_t>(i), v);
}

/// Gives the vector of floats in sp[0] objects for its elements, so that it may hold other values.
static bool become_values(Vm* vm, Value* sp) {
  sp[1] = valk_make_store(vm, sp + 1, capacity_of(sp[0]));
  if (sp[1] == VALK_ERR) return false;
  const Fix n = valk_vector_length(sp[0]);
  for (Fix i = 0; i < n; ++i) {
    const Value v = valk_make_float(vm, sp + 2, valk_vector_float(sp[0], i));
    if (v == VALK_ERR) return false;
    valk_store_put(vm, sp[1], static_cast<size_t>(i), v);
  }
  valk_store(vm, sp[0], VALK_VECTOR_STORE, sp[1]);
  set_length(sp[0], 0);  // where one of floats has it
  valk_object(sp[0])[0] &= ~Value{VALK_FLOATS};
  set_length(sp[0], n);
  return true;
}

/// Puts `value` into a vector of floats, and gives it back. VALK_ERR: no memory, and nothing has changed.
__attribute__((noinline)) static Value put_among_floats(Vm* vm, Value* sp, Value vector, Fix i,
                                                        Value value) {
  if (valk_is_double(value)) {
    valk_set_element_float(vector, VALK_FIX(i), valk_double(value));
    return value;
  }
  sp[0] = value;
  sp[1] = vector;
  if (!become_values(vm, sp + 1)) return VALK_ERR;
  put(vm, sp[1], i, sp[0]);
  return sp[0];
}

static Value put_any(Vm* vm, Value* sp, Value vector, Fix i, Value value) {
  if (valk_holds_floats(vector)) return put_among_floats(vm, sp, vector, i, value);
  put(vm, vector, i, value);
  return value;
}

/// Element i as a value: allocates if the vector holds floats.
static Value get(Vm* vm, Value* sp, Value vector, Fix i) {
  if (valk_holds_floats(vector)) return valk_make_float(vm, sp, valk_vector_float(vector, i));
  return valk_vector_value(vector, i);
}

Value valk_vec(Vm* vm, Value* sp, Fix n) {
  Fix floats = 0;
  while (floats < n && valk_is_double(sp[floats])) ++floats;
  const Value vector = make_vector(vm, sp + n, n, floats == n);
  if (vector == VALK_ERR) return VALK_ERR;
  for (Fix i = 0; i < n; ++i) put_any(vm, sp + n, vector, i, sp[i]);
  return vector;
}

Value valk_vec_make(Vm* vm, Value* sp, Value n, Value value) {
  if (!valk_is_fix(n)) return valk_fail_fix(vm, sp, "vec/make", 1, n);
  if (VALK_INT(n) < 0) return valk_fail_range(vm, sp, "vec/make", 1, "0 or more", n);
  if (n == VALK_FIX(0) || !valk_is_double(value)) return make_values(vm, sp, VALK_INT(n), value);
  const double d = valk_double(value);
  const Value vector = make_floats(vm, sp, VALK_INT(n));
  if (vector == VALK_ERR) return VALK_ERR;
  for (Fix i = 0; i < VALK_INT(n); ++i) valk_set_element_float(vector, VALK_FIX(i), d);
  return vector;
}

// ---- elements -----------------------------------------------------------------------------------

static bool has_element(Value vector, Value i) {
  return is_vector(vector) && valk_is_fix(i) && i < valk_fast_vec_len(vector);
}

/// Raises, since i is no index of an element.
VALK_COLD static Value fail_element(Vm* vm, Value* sp, const char* name, Value vector, Value i) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, name, 1, "a vector", vector);
  if (!valk_is_fix(i)) return valk_fail_fix(vm, sp, name, 2, i);
  return valk_fail(vm, sp, ":range", "%s: there is no index %lld in a vector of %lld", name,
                   static_cast<long long>(VALK_INT(i)),
                   static_cast<long long>(valk_vector_length(vector)));
}

Value valk_vec_get(Vm* vm, Value* sp, Value vector, Value i) {
  if (!has_element(vector, i)) return fail_element(vm, sp, "vec/get", vector, i);
  return get(vm, sp, vector, VALK_INT(i));
}

Value valk_vec_set(Vm* vm, Value* sp, Value vector, Value i, Value value) {
  if (!has_element(vector, i)) return fail_element(vm, sp, "vec/set!", vector, i);
  return put_any(vm, sp, vector, VALK_INT(i), value);
}

Value valk_vec_len(Vm* vm, Value* sp, Value vector) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/len", 1, "a vector", vector);
  return valk_fast_vec_len(vector);
}

/// Doubles the store of the vector in sp[0]; sp[1] survives.
static bool grow(Vm* vm, Value* sp) {
  const bool holds_floats = valk_holds_floats(sp[0]);
  Fix n = valk_vector_length(sp[0]), capacity = n < 4 ? 8 : 2 * n;
  Value store = holds_floats ? make_float_store(vm, sp + 2, capacity)
                             : valk_make_store(vm, sp + 2, static_cast<size_t>(capacity));
  if (store == VALK_ERR) return false;
  // Both sorts have a word for each element, after two others.
  memcpy(valk_object(store) + 2, valk_object(valk_vector_store(sp[0])) + 2,
         static_cast<size_t>(n) * sizeof(Value));
  valk_store(vm, sp[0], VALK_VECTOR_STORE, store);
  return true;
}

/// A push where the vector is full or holds floats.
static Value push_slowly(Vm* vm, Value* sp, Value vector, Value value) {
  const size_t capacity = capacity_of(vector);
  // What begins with a float may go on so.
  if (capacity == 0 && valk_is_double(value)) valk_object(vector)[0] |= VALK_FLOATS;
  sp[0] = vector;
  sp[1] = value;
  if (static_cast<size_t>(valk_vector_length(vector)) == capacity && !grow(vm, sp)) return VALK_ERR;
  value = put_any(vm, sp + 1, sp[0], valk_vector_length(sp[0]), sp[1]);
  if (value != VALK_ERR) set_length(sp[0], valk_vector_length(sp[0]) + 1);
  return value;
}

Value valk_vec_push(Vm* vm, Value* sp, Value vector, Value value) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/push!", 1, "a vector", vector);
  Value* p = valk_object(vector);
  const Fix n = VALK_INT(p[VALK_VECTOR_LENGTH]);
  if (valk_holds_floats(vector) ||
      static_cast<size_t>(n) == valk_store_length(p[VALK_VECTOR_STORE]))
    return push_slowly(vm, sp, vector, value);
  put(vm, vector, n, value);
  p[VALK_VECTOR_LENGTH] = VALK_FIX(n + 1);
  return value;
}

Value valk_vec_pop(Vm* vm, Value* sp, Value vector) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/pop!", 1, "a vector", vector);
  const Fix n = valk_vector_length(vector);
  if (n == 0) return valk_fail(vm, sp, ":range", "vec/pop!: the vector is empty");
  if (!valk_holds_floats(vector)) {
    const Value last = valk_vector_value(vector, n - 1);
    valk_store_values(valk_vector_store(vector))[n - 1] = VALK_UNSET;
    valk_object(vector)[VALK_VECTOR_LENGTH] = VALK_FIX(n - 1);
    return last;
  }
  sp[0] = vector;
  const Value last = get(vm, sp + 1, vector, n - 1);
  if (last != VALK_ERR) set_length(sp[0], n - 1);
  return last;
}

// ---- conversions --------------------------------------------------------------------------------

Value valk_vec_slice(Vm* vm, Value* sp, Value vector, Value from, Value to) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec/slice", 1, "a vector", vector);
  if (!valk_is_fix(from)) return valk_fail_fix(vm, sp, "vec/slice", 2, from);
  if (!valk_is_fix(to)) return valk_fail_fix(vm, sp, "vec/slice", 3, to);
  Fix first = VALK_INT(from), end = VALK_INT(to);
  if (first < 0 || first > end || end > valk_vector_length(vector))
    return valk_fail(vm, sp, ":range",
                     "vec/slice: there is no slice %lld to %lld of a vector of %lld",
                     static_cast<long long>(first), static_cast<long long>(end),
                     static_cast<long long>(valk_vector_length(vector)));
  sp[0] = vector;
  const Value slice = make_vector(vm, sp + 1, end - first, valk_holds_floats(vector));
  if (slice == VALK_ERR) return VALK_ERR;
  for (Fix i = first; i < end; ++i) {
    if (valk_holds_floats(slice))
      valk_set_element_float(slice, VALK_FIX(i - first), valk_vector_float(sp[0], i));
    else
      put(vm, slice, i - first, valk_vector_value(sp[0], i));
  }
  return slice;
}

Value valk_vec_to_list(Vm* vm, Value* sp, Value vector) {
  if (!is_vector(vector)) return valk_fail_type(vm, sp, "vec->list", 1, "a vector", vector);
  sp[0] = vector;
  sp[1] = VALK_NIL;
  for (Fix i = valk_vector_length(vector); i-- > 0;) {
    const Value element = get(vm, sp + 2, sp[0], i);
    if (element == VALK_ERR) return VALK_ERR;
    sp[1] = valk_make_pair(vm, sp + 2, element, sp[1]);
    if (sp[1] == VALK_ERR) return VALK_ERR;
  }
  return sp[1];
}

Value valk_list_to_vec(Vm* vm, Value* sp, Value list) {
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, "list->vec", 1, "a list", list);
  sp[0] = valk_unblock(list);
  const Fix n = static_cast<Fix>(valk_list_length(sp[0]));
  Value rest = sp[0];
  while (valk_is_pair(rest) && valk_is_double(valk_head(rest))) rest = valk_tail(rest);
  const Value vector = make_vector(vm, sp + 1, n, !valk_is_pair(rest));
  if (vector == VALK_ERR) return VALK_ERR;
  rest = sp[0];
  for (Fix i = 0; i < n; ++i, rest = valk_tail(rest))
    put_any(vm, sp + 1, vector, i, valk_head(rest));
  return vector;
}
