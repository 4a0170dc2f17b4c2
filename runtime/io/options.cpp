// See options.h.
#include "runtime/io/options.h"

#include <string.h>

#include "runtime/io/arguments.h"
#include "runtime/value/error.h"
#include "runtime/value/option_keys.h"

namespace {

constexpr size_t kLongestText = 4096;

/// Puts the value where the option says. False: it is of the wrong kind or out of range.
bool set(const ValkOption& option, Value v) {
  if (option.flag) {
    *option.flag = valk_is_true(v);
  } else if (option.value) {
    *option.value = v;
  } else if (option.port) {
    if (!valk_is_fix(v) || VALK_INT(v) < 0 || VALK_INT(v) > UINT16_MAX) return false;
    *option.port = static_cast<uint16_t>(VALK_INT(v));
  } else if (option.count) {
    if (!valk_is_fix(v) || VALK_INT(v) < 1 || VALK_INT(v) > INT32_MAX) return false;
    *option.count = static_cast<uint64_t>(VALK_INT(v));
  } else if (option.nanoseconds) {
    return valk_read_duration(v, option.nanoseconds);
  } else {
    bool fine = option.any_text ? valk_is_kind(v, VALK_KIND_STRING)
                                : valk_is_argument_name(v, kLongestText);
    if (fine) option.text->assign(valk_string_bytes(v), valk_string_length(v));
    return fine;
  }
  return true;
}

void refuse_count(Vm* vm, Value* sp, const char* what, Value v) {
  if (!valk_is_fix(v))
    valk_fail_type(vm, sp, what, 0, "an integer", v);
  else
    valk_fail_range(vm, sp, what, 0, "an integer from 1 to 2147483647", v);
}

/// Raises what is wrong with a value that cannot be set. The name of the option is made for errors only.
bool refuse_value(Vm* vm, Value* sp, const char* name, const ValkOption& option, Value v) {
  static std::string what;  // kept for its space: there is one thread
  what.assign(name).append(": option ").append(option.key);
  const char* text = what.c_str();
  if (option.port)
    valk_argument_port(vm, sp, text, 0, v, option.port);
  else if (option.count)
    refuse_count(vm, sp, text, v);
  else if (option.nanoseconds)
    valk_argument_duration(vm, sp, text, 0, v, option.nanoseconds);
  else if (option.any_text)
    valk_argument_string(vm, sp, text, 0, v);
  else
    valk_argument_name(vm, sp, text, 0, v, kLongestText);
  return false;
}

const ValkOption* find(const ValkOption* options, size_t count, Value key) {
  std::string_view name(valk_symbol_bytes(key), valk_symbol_length(key));
  for (size_t i = 0; i < count; i++)
    if (options[i].key == name) return &options[i];
  return nullptr;
}

bool refuse_key(Vm* vm, Value* sp, const char* name, Value key, const ValkOption* options,
                size_t count) {
  std::vector<std::string_view> keys;
  for (size_t i = 0; i < count; i++) keys.push_back(options[i].key);
  valk_fail_option(vm, sp, name, key, keys);
  return false;
}

bool refuse_list(Vm* vm, Value* sp, const char* name, Value list) {
  valk_fail_options(vm, sp, name, list);
  return false;
}

}  // namespace

bool valk_read_options(Vm* vm, Value* sp, const char* name, Value list, const ValkOption* options,
                       size_t count) {
  sp[0] = valk_unblock(list);
  if (sp[0] != VALK_NIL && !valk_is_pair(sp[0])) return refuse_list(vm, sp + 1, name, list);
  while (valk_is_pair(sp[0])) {
    Value key = valk_head(sp[0]);
    Value rest = valk_tail(sp[0]);
    if (!valk_is_kind(key, VALK_KIND_KEYWORD) || !valk_is_pair(rest))
      return refuse_list(vm, sp + 1, name, list);
    const ValkOption* option = find(options, count, key);
    if (!option) return refuse_key(vm, sp + 1, name, key, options, count);
    Value v = valk_head(rest);
    if (!set(*option, v)) return refuse_value(vm, sp + 1, name, *option, v);
    sp[0] = valk_tail(rest);
  }
  return true;
}
