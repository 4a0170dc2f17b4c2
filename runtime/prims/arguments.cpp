// Checks of arguments by library functions: each kind is a row of arguments.def, so that it and its words stand
// in one place.
#include "runtime/control/control.h"
#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/option_keys.h"

static bool is_integer(Value x) { return valk_is_integer_value(x); }
static bool is_at_least(Value number, Fix least) {
  ValkOrder order = valk_compare_numbers(number, VALK_FIX(least));
  return order == VALK_EQUAL || order == VALK_GREATER;
}

static bool is_list_of(Value list, bool (*is_fine)(Value)) {
  if (!valk_is_list_value(list)) return false;
  for (list = valk_unblock(list); valk_is_pair(list); list = valk_tail(list))
    if (!is_fine(valk_head(list))) return false;
  return true;
}

template <int length>
static bool is_list_of_length(Value x) {
  return valk_is_list_value(x) && valk_list_length(valk_unblock(x)) == length;
}

static bool is_generator(Value x) {
  return valk_is_kind(x, VALK_KIND_REF) && valk_is_callable(valk_object(x)[1]);
}

static bool is_awaitable(Value x) {
  return valk_is_callable(x) || valk_is_kind(x, VALK_KIND_TASK) ||
         valk_is_kind(x, VALK_KIND_FUTURE) || valk_is_kind(x, VALK_KIND_BLOCK);
}

static bool is_response(Value x) {
  return valk_is_list_value(x) || valk_is_kind(x, VALK_KIND_STRING);
}

static int place(Value argument) { return static_cast<int>(VALK_INT(argument)); }

#define WANT(id, name_, what, is_kind, is_in_range)                                      \
  Value valk_want_##id(Vm* vm, Value* sp, Value name, Value argument, Value x) {         \
    if (!(is_kind))                                                                      \
      return valk_fail_type(vm, sp, valk_string_bytes(name), place(argument), what, x);  \
    if (!(is_in_range))                                                                  \
      return valk_fail_range(vm, sp, valk_string_bytes(name), place(argument), what, x); \
    return x;                                                                            \
  }
#include "runtime/prims/arguments.def"

Value valk_want_list(Vm* vm, Value* sp, Value name, Value argument, Value x) {
  if (valk_is_list_value(x)) return valk_unblock(x);
  return valk_fail_type(vm, sp, valk_string_bytes(name), place(argument), "a list", x);
}

// ---- functions ----------------------------------------------------------------------------------

/// A function as it stands: what partial applications were made of, and how many arguments they hold.
static const ValkFn* function_of(Value x, Fix* held) {
  *held = 0;
  while (valk_is_kind(x, VALK_KIND_PARTIAL)) {
    *held += valk_header_words(*valk_object(x)) - VALK_PARTIAL_ARGUMENTS;
    x = valk_object(x)[VALK_PARTIAL_CALLEE];
  }
  return valk_is_kind(x, VALK_KIND_CLOSURE) ? valk_closure_fn(x) : nullptr;
}

static VALK_COLD Value fail_count(Vm* vm, Value* sp, Value name, Value argument, Fix count,
                                  Fix takes, const char* signature) {
  return valk_fail(
      vm, sp, ":arity", "%s: argument %d must be a function of %d argument%s, not of %d%s%s",
      valk_string_bytes(name), place(argument), static_cast<int>(count), count == 1 ? "" : "s",
      static_cast<int>(takes), *signature ? ": " : "", signature);
}

/// Too few parameters are seen here: the error of the call would name neither this function nor the argument.
/// Too many are none: then the call gives a partial application.
Value valk_want_function(Vm* vm, Value* sp, Value name, Value argument, Value count, Value x) {
  if (!valk_is_callable(x))
    return valk_fail_type(vm, sp, valk_string_bytes(name), place(argument), "a function", x);
  Fix held;
  const ValkFn* fn = function_of(x, &held);
  Fix takes = fn ? fn->arity - held : 1 - held;
  if (VALK_LIKELY(VALK_INT(count) <= takes || (fn && fn->has_rest))) return x;
  return fail_count(vm, sp, name, argument, VALK_INT(count), takes, fn ? fn->signature : "");
}

// ---- options ------------------------------------------------------------------------------------

static bool has_key(Value keys, Value key) {
  for (; valk_is_pair(keys); keys = valk_tail(keys))
    if (valk_equal(valk_head(keys), key)) return true;
  return false;
}

static VALK_COLD Value fail_key(Vm* vm, Value* sp, Value name, Value key, Value keys) {
  std::vector<std::string_view> known;
  for (; valk_is_pair(keys); keys = valk_tail(keys)) {
    Value k = valk_head(keys);
    known.emplace_back(valk_symbol_bytes(k), valk_symbol_length(k));
  }
  return valk_fail_option(vm, sp, valk_string_bytes(name), key, known);
}

Value valk_want_options(Vm* vm, Value* sp, Value name, Value keys, Value x) {
  if (!valk_is_list_value(x)) return valk_fail_options(vm, sp, valk_string_bytes(name), x);
  keys = valk_unblock(keys);
  for (Value rest = valk_unblock(x); valk_is_pair(rest); rest = valk_tail(valk_tail(rest))) {
    Value key = valk_head(rest);
    if (!valk_is_kind(key, VALK_KIND_KEYWORD) || !valk_is_pair(valk_tail(rest)))
      return valk_fail_options(vm, sp, valk_string_bytes(name), x);
    if (!has_key(keys, key)) return fail_key(vm, sp, name, key, keys);
  }
  return valk_unblock(x);
}
