// Property lists: {:key value :key value …}. Keys are compared by ==; the first one counts.
#include "runtime/prims/prims.h"
#include "runtime/value/list.h"

/// The part of the list that begins with the key, or nil. *index: elements before it.
static Value find(Value list, Value key, size_t* index) {
  *index = 0;
  while (valk_is_pair(list) && valk_is_pair(valk_tail(list))) {
    if (valk_equal(valk_head(list), key)) return list;
    list = valk_tail(valk_tail(list));
    *index += 2;
  }
  return VALK_NIL;
}

static Value look_up(Vm* vm, Value* sp, const char* name, Value list, Value key, Value otherwise) {
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, name, 1, "a list", list);
  size_t index;
  Value found = find(valk_unblock(list), key, &index);
  return valk_is_pair(found) ? valk_head(valk_tail(found)) : otherwise;
}

Value valk_plist_get_of(Vm* vm, Value* sp, Value list, Value key) {
  return look_up(vm, sp, "plist/get", list, key, VALK_NIL);
}

Value valk_get(Vm* vm, Value* sp, Value list, Value key, Value otherwise) {
  return look_up(vm, sp, "get", list, key, otherwise);
}

Value valk_plist_has(Vm* vm, Value* sp, Value list, Value key) {
  Value found = look_up(vm, sp, "plist/has?", list, key, VALK_UNSET);
  return found == VALK_ERR ? found : valk_bool(found != VALK_UNSET);
}

Value valk_plist_set(Vm* vm, Value* sp, Value list, Value key, Value value) {
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, "plist/set", 1, "a list", list);
  list = valk_unblock(list);
  size_t before;
  Value found = find(list, key, &before);
  if (!valk_is_pair(found)) before = valk_list_length(list);
  sp[0] = list;
  sp[1] = key;
  sp[2] = value;
  Value rest = valk_is_pair(found) ? valk_tail(valk_tail(found)) : VALK_NIL;
  rest = valk_list_from(vm, sp + 3, sp + 1, 2, rest);
  return rest == VALK_ERR ? rest : valk_copy_prefix(vm, sp + 3, sp[0], before, rest);
}

/// Every second element, from the first (skip 0) or second (skip 1) one on.
static Value every_second(Vm* vm, Value* sp, const char* name, Value list, bool skip) {
  if (!valk_is_list_value(list)) return valk_fail_type(vm, sp, name, 1, "a list", list);
  sp[0] = valk_unblock(list);
  sp[1] = VALK_NIL;
  while (valk_is_pair(sp[0]) && valk_is_pair(valk_tail(sp[0]))) {
    Value element = valk_head(skip ? valk_tail(sp[0]) : sp[0]);
    sp[0] = valk_tail(valk_tail(sp[0]));
    sp[1] = valk_make_pair(vm, sp + 2, element, sp[1]);
    if (sp[1] == VALK_ERR) return VALK_ERR;
  }
  return valk_reverse_list(vm, sp + 2, sp[1], VALK_NIL);
}

Value valk_plist_keys(Vm* vm, Value* sp, Value list) {
  return every_second(vm, sp, "plist/keys", list, false);
}
Value valk_plist_vals(Vm* vm, Value* sp, Value list) {
  return every_second(vm, sp, "plist/vals", list, true);
}
