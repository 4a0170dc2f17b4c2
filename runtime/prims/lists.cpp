// Builtins on lists.
#include "runtime/gc/heap.h"
#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/store.h"
#include "runtime/value/table.h"

static VALK_COLD Value fail_list(Vm* vm, Value* sp, const char* name, int argument, Value got) {
  return valk_fail_type(vm, sp, name, argument, "a list", got);
}
static VALK_COLD Value fail_empty(Vm* vm, Value* sp, const char* name) {
  return valk_fail(vm, sp, ":range", "%s: argument 1 must not be an empty list", name);
}

/// In one piece, front to back, if the nursery has room.
Value valk_list(Vm* vm, Value* sp, Fix n) {
  if (n == 0) return VALK_NIL;
  if (VALK_UNLIKELY(!valk_has_room(vm, 2 * n)))
    return valk_list_from(vm, sp + n, sp, static_cast<size_t>(n), VALK_NIL);
  Value* const first = valk_take(vm, 2 * n);
  Value* p = first;
  for (const Value* const last = sp + n - 1; sp != last; ++sp, p += 2) {
    p[0] = *sp;
    p[1] = valk_tag_pair(p + 2);
  }
  p[0] = *sp;
  p[1] = VALK_NIL;
  return valk_tag_pair(first);
}

Value valk_cons(Vm* vm, Value* sp, Value x, Value list) {
  if (!valk_is_list_value(list)) return fail_list(vm, sp, "cons", 2, list);
  return valk_make_pair(vm, sp, x, valk_unblock(list));
}

// ---- parts --------------------------------------------------------------------------------------

Value valk_head_of(Vm* vm, Value* sp, Value list) {
  if (VALK_LIKELY(valk_is_pair(list))) return valk_head(list);
  if (!valk_is_list_value(list)) return fail_list(vm, sp, "head", 1, list);
  list = valk_unblock(list);
  return valk_is_pair(list) ? valk_head(list) : fail_empty(vm, sp, "head");
}

Value valk_tail_of(Vm* vm, Value* sp, Value list) {
  if (VALK_LIKELY(valk_is_pair(list))) return valk_tail(list);
  if (!valk_is_list_value(list)) return fail_list(vm, sp, "tail", 1, list);
  list = valk_unblock(list);
  return valk_is_pair(list) ? valk_tail(list) : fail_empty(vm, sp, "tail");
}

Value valk_last(Vm* vm, Value* sp, Value list) {
  if (!valk_is_list_value(list)) return fail_list(vm, sp, "last", 1, list);
  list = valk_unblock(list);
  if (!valk_is_pair(list)) return fail_empty(vm, sp, "last");
  while (valk_is_pair(valk_tail(list))) list = valk_tail(list);
  return valk_head(list);
}

Value valk_init(Vm* vm, Value* sp, Value list) {
  if (!valk_is_list_value(list)) return fail_list(vm, sp, "init", 1, list);
  list = valk_unblock(list);
  if (!valk_is_pair(list)) return fail_empty(vm, sp, "init");
  return valk_copy_prefix(vm, sp, list, valk_list_length(list) - 1, VALK_NIL);
}

/// The element at a place that counts from 1; `name` and `argument` are for the error.
static Value element(Vm* vm, Value* sp, const char* name, int argument, Fix place, Value list) {
  if (!valk_is_list_value(list)) return fail_list(vm, sp, name, argument, list);
  Fix left = place;
  for (list = valk_unblock(list); valk_is_pair(list); list = valk_tail(list)) {
    if (--left == 0) return valk_head(list);
  }
  return valk_fail(vm, sp, ":range", "%s: there is no element %lld in a list of %lld", name,
                   static_cast<long long>(place), static_cast<long long>(place - left));
}

Value valk_nth(Vm* vm, Value* sp, Value n, Value list) {
  if (!valk_is_fix(n)) return valk_fail_fix(vm, sp, "nth", 1, n);
  if (VALK_INT(n) < 1) return valk_fail_range(vm, sp, "nth", 1, "1 or more", n);
  return element(vm, sp, "nth", 2, VALK_INT(n), list);
}
Value valk_fst(Vm* vm, Value* sp, Value list) { return element(vm, sp, "fst", 1, 1, list); }
Value valk_snd(Vm* vm, Value* sp, Value list) { return element(vm, sp, "snd", 1, 2, list); }
Value valk_trd(Vm* vm, Value* sp, Value list) { return element(vm, sp, "trd", 1, 3, list); }

Value valk_len(Vm* vm, Value* sp, Value x) {
  if (valk_is_list_value(x)) return VALK_FIX(valk_list_length(valk_unblock(x)));
  if (valk_is_kind(x, VALK_KIND_STRING)) return VALK_FIX(valk_string_length(x));
  if (valk_is_kind(x, VALK_KIND_VECTOR)) return valk_fast_vec_len(x);
  if (valk_is_kind(x, VALK_KIND_TABLE)) return VALK_FIX(valk_table_count(x));
  return valk_fail_type(vm, sp, "len", 1, "a list, string, vector or table", x);
}

// ---- joining, cutting ---------------------------------------------------------------------------

Value valk_splice(Vm* vm, Value* sp, Value list, Value rest) {
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, ",@", 1, "a list", list);
  list = valk_unblock(list);
  return valk_copy_prefix(vm, sp, list, valk_list_length(list), rest);
}

/// A list of the elements of two lists; what is no list counts as one element.
static Value append(Vm* vm, Value* sp, Value a, Value b) {
  a = valk_unblock(a);
  b = valk_unblock(b);
  if (!valk_is_list_value(b)) {
    sp[0] = a;
    b = valk_make_pair(vm, sp + 1, b, VALK_NIL);
    if (b == VALK_ERR) return VALK_ERR;
    a = sp[0];
  }
  if (!valk_is_list_value(a)) return valk_make_pair(vm, sp, a, b);
  return valk_copy_prefix(vm, sp, a, valk_list_length(a), b);
}

Value valk_join(Vm* vm, Value* sp, Fix n) {
  Value result = VALK_NIL;
  for (Fix i = n; i-- > 0 && result != VALK_ERR;) {
    bool is_last_list = result == VALK_NIL && valk_is_list_value(sp[i]);
    result = is_last_list ? valk_unblock(sp[i]) : append(vm, sp + n, sp[i], result);
  }
  return result;
}

Value valk_reverse(Vm* vm, Value* sp, Value list) {
  if (!valk_is_list_value(list)) return fail_list(vm, sp, "reverse", 1, list);
  return valk_reverse_list(vm, sp, valk_unblock(list), VALK_NIL);
}

Value valk_reverse_onto(Vm* vm, Value* sp, Value list, Value rest) {
  return valk_reverse_list(vm, sp, list, rest);
}

/// Checks the arguments of take, drop and split. VALK_ERR if they are wrong.
static Value check_cut(Vm* vm, Value* sp, const char* name, Value n, Value list) {
  if (!valk_is_fix(n)) return valk_fail_fix(vm, sp, name, 1, n);
  if (VALK_INT(n) < 0) return valk_fail_range(vm, sp, name, 1, "0 or more", n);
  if (!valk_is_list_value(list)) return fail_list(vm, sp, name, 2, list);
  return VALK_NIL;
}

/// How many of the first n elements there are, and what follows them.
static size_t cut(Value* list, size_t n) {
  size_t found = 0;
  for (; found < n && valk_is_pair(*list); *list = valk_tail(*list)) ++found;
  return found;
}

Value valk_take_n(Vm* vm, Value* sp, Value n, Value list) {
  if (check_cut(vm, sp, "take", n, list) == VALK_ERR) return VALK_ERR;
  list = valk_unblock(list);
  Value rest = list;
  size_t found = cut(&rest, static_cast<size_t>(VALK_INT(n)));
  return rest == VALK_NIL ? list : valk_copy_prefix(vm, sp, list, found, VALK_NIL);
}

Value valk_drop(Vm* vm, Value* sp, Value n, Value list) {
  if (check_cut(vm, sp, "drop", n, list) == VALK_ERR) return VALK_ERR;
  list = valk_unblock(list);
  cut(&list, static_cast<size_t>(VALK_INT(n)));
  return list;
}

Value valk_split(Vm* vm, Value* sp, Value n, Value list) {
  if (check_cut(vm, sp, "split", n, list) == VALK_ERR) return VALK_ERR;
  list = valk_unblock(list);
  sp[0] = list;
  size_t found = cut(&sp[0], static_cast<size_t>(VALK_INT(n)));
  Value first = valk_copy_prefix(vm, sp + 1, list, found, VALK_NIL);
  if (first == VALK_ERR) return VALK_ERR;
  sp[1] = sp[0];
  sp[0] = first;
  return valk_list_from(vm, sp + 2, sp, 2, VALK_NIL);
}

// ---- searching, adding up -----------------------------------------------------------------------

Value valk_exists(Vm* vm, Value* sp, Value x, Value list) {
  if (!valk_is_list_value(list)) return fail_list(vm, sp, "exists", 2, list);
  for (list = valk_unblock(list); valk_is_pair(list); list = valk_tail(list)) {
    if (valk_equal(valk_head(list), x)) return VALK_FIX(1);
  }
  return VALK_FIX(0);
}

static Value total(Vm* vm, Value* sp, const char* name, Value list, Value unit,
                   Value (*add)(Vm*, Value*, Value, Value)) {
  if (!valk_is_list_value(list)) return fail_list(vm, sp, name, 1, list);
  Value result = unit;
  for (sp[0] = valk_unblock(list); valk_is_pair(sp[0]); sp[0] = valk_tail(sp[0])) {
    if (!valk_is_number_value(valk_head(sp[0])))
      return valk_fail_type(vm, sp + 1, name, 1, "a list of numbers", list);
    result = add(vm, sp + 1, result, valk_head(sp[0]));
    if (result == VALK_ERR) return VALK_ERR;
  }
  return result;
}

Value valk_sum(Vm* vm, Value* sp, Value list) {
  return total(vm, sp, "sum", list, VALK_FIX(0), valk_add);
}
Value valk_product(Vm* vm, Value* sp, Value list) {
  return total(vm, sp, "product", list, VALK_FIX(1), valk_mul);
}

Value valk_range(Vm* vm, Value* sp, Value from, Value to) {
  if (!valk_is_fix(from)) return valk_fail_fix(vm, sp, "range", 1, from);
  if (!valk_is_fix(to)) return valk_fail_fix(vm, sp, "range", 2, to);
  const double bytes =
      16 * (static_cast<double>(VALK_INT(to)) - static_cast<double>(VALK_INT(from)));
  if (bytes > static_cast<double>(valk_heap_max_bytes(vm))) return valk_fail_memory(vm);
  Value list = VALK_NIL;
  for (Fix i = VALK_INT(to); i-- > VALK_INT(from) && list != VALK_ERR;)
    list = valk_make_pair(vm, sp, VALK_FIX(i), list);
  return list;
}

Value valk_zip(Vm* vm, Value* sp, Value a, Value b) {
  if (!valk_is_list_value(a)) return fail_list(vm, sp, "zip", 1, a);
  if (!valk_is_list_value(b)) return fail_list(vm, sp, "zip", 2, b);
  sp[0] = valk_unblock(a);
  sp[1] = valk_unblock(b);
  sp[2] = VALK_NIL;
  for (; valk_is_pair(sp[0]) && valk_is_pair(sp[1]); sp[0] = valk_tail(sp[0])) {
    sp[3] = valk_head(sp[0]);
    sp[4] = valk_head(sp[1]);
    Value both = valk_list_from(vm, sp + 5, sp + 3, 2, VALK_NIL);
    if (both == VALK_ERR) return VALK_ERR;
    sp[2] = valk_make_pair(vm, sp + 3, both, sp[2]);
    if (sp[2] == VALK_ERR) return VALK_ERR;
    sp[1] = valk_tail(sp[1]);
  }
  return valk_reverse_list(vm, sp + 3, sp[2], VALK_NIL);
}
