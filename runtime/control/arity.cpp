// Arity errors: who was called, what it takes, what it was given.
#include <stdio.h>

#include "runtime/control/arguments.h"

static void describe_count(char* text, size_t size, int min, int max) {
  if (max < 0) {
    snprintf(text, size, "at least %d argument%s", min, min == 1 ? "" : "s");
  } else if (min == max) {
    snprintf(text, size, "%d argument%s", min, min == 1 ? "" : "s");
  } else {
    snprintf(text, size, "%d to %d arguments", min, max);
  }
}

Value valk_fail_count(Vm* vm, Value* sp, const char* name, const char* signature, int min, int max,
                      Fix given) {
  char count[64];
  describe_count(count, sizeof count, min, max);
  bool has_name = name && *name;
  bool has_signature = signature && *signature;
  return valk_fail(vm, sp, ":arity", "%s takes %s, not %lld%s%s", has_name ? name : "a function",
                   count, static_cast<long long>(given), has_signature ? ": " : "",
                   has_signature ? signature : "");
}

Value valk_fail_arity(Vm* vm, Value* sp, const ValkFn* fn, int min, int max, Fix given) {
  return valk_fail_count(vm, sp, fn->name, fn->signature, min, max, given);
}
