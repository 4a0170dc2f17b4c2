// See options.h.
#include "runtime/io/options.h"

#include <string.h>

#include "runtime/io/arguments.h"
#include "runtime/value/value.h"

namespace {

constexpr size_t kLongestText = 4096;

bool set_count(Vm* vm, Value* sp, const char* what, Value v, uint64_t* count) {
  if (!valk_is_fix(v)) {
    valk_fail_type(vm, sp, what, 1, "an integer", v);
    return false;
  }
  if (VALK_INT(v) < 1 || VALK_INT(v) > INT32_MAX) {
    valk_fail(vm, sp, ":range", "%s: must be 1 to %d", what, INT32_MAX);
    return false;
  }
  *count = static_cast<uint64_t>(VALK_INT(v));
  return true;
}

bool set(Vm* vm, Value* sp, const char* what, const ValkOption& option, Value v) {
  if (option.flag) {
    *option.flag = valk_is_true(v);
    return true;
  }
  if (option.port) return valk_argument_port(vm, sp, what, 1, v, option.port);
  if (option.count) return set_count(vm, sp, what, v, option.count);
  if (option.nanoseconds) return valk_argument_duration(vm, sp, what, 1, v, option.nanoseconds);
  if (option.value) {
    *option.value = v;
    return true;
  }
  bool fine = option.any_text ? valk_argument_string(vm, sp, what, 1, v)
                              : valk_argument_name(vm, sp, what, 1, v, kLongestText);
  if (!fine) return false;
  option.text->assign(valk_string_bytes(v), valk_string_length(v));
  return true;
}

const ValkOption* find(const ValkOption* options, size_t count, Value key) {
  if (!valk_is_kind(key, VALK_KIND_KEYWORD)) return nullptr;
  std::string_view name(valk_symbol_bytes(key), valk_symbol_length(key));
  for (size_t i = 0; i < count; i++)
    if (options[i].key == name) return &options[i];
  return nullptr;
}

bool refuse_key(Vm* vm, Value* sp, const char* name, Value key) {
  if (valk_is_kind(key, VALK_KIND_KEYWORD))
    valk_fail(vm, sp, ":range", "%s: there is no option %.*s", name,
              static_cast<int>(valk_symbol_length(key)), valk_symbol_bytes(key));
  else
    valk_fail(vm, sp, ":type", "%s: the options must be a list of keywords and values", name);
  return false;
}

std::string what;  // the argument in errors; kept for its space: there is one thread

}  // namespace

bool valk_read_options(Vm* vm, Value* sp, const char* name, Value list, const ValkOption* options,
                       size_t count) {
  sp[0] = valk_unblock(list);
  if (sp[0] != VALK_NIL && !valk_is_pair(sp[0])) return refuse_key(vm, sp + 1, name, sp[0]);
  while (valk_is_pair(sp[0])) {
    Value key = valk_head(sp[0]);
    const ValkOption* option = find(options, count, key);
    Value rest = valk_tail(sp[0]);
    if (!option || !valk_is_pair(rest)) return refuse_key(vm, sp + 1, name, option ? list : key);
    what.assign(name).append(", option ").append(option->key);
    if (!set(vm, sp + 1, what.c_str(), *option, valk_head(rest))) return false;
    sp[0] = valk_tail(rest);
  }
  return true;
}
