// Building the lists that operations give, from the end: the list stands at sp[0], what it gets at its
// front is pushed. Each function may collect, and gives false, with :memory raised, if there is no room.
#pragma once

#include <string.h>

#include <string_view>

#include "runtime/value/value.h"

inline bool valk_push(Vm* vm, Value* sp, Value v) {
  if (v == VALK_ERR) return false;
  Value list = valk_make_pair(vm, sp + 1, v, sp[0]);
  if (list == VALK_ERR) return false;
  sp[0] = list;
  return true;
}

inline bool valk_push_string(Vm* vm, Value* sp, std::string_view text) {
  return valk_push(vm, sp, valk_make_string(vm, sp + 1, text.data(), text.size()));
}

/// A keyword, its name with colon.
inline bool valk_push_keyword(Vm* vm, Value* sp, const char* name) {
  return valk_push(vm, sp, valk_make_keyword(vm, sp + 1, name, strlen(name)));
}
