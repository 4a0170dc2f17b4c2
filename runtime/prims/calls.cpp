// Calls with a list of arguments, and of blocks.
#include "runtime/value/list.h"
#include "runtime/value/runtime.h"
#include "runtime/value/value.h"

/// Raises the error in flight at k, which the caller has put at vm->sp[0].
#define RAISE_AT_SAVED_K() VALK_GOTO(valk_raise, vm->sp[0], 0, 0, 0, 0)

/// Puts the elements into vm->args; gives how many there are, whether they fit or not.
static Fix spread(Vm* vm, Value list) {
  Fix n = 0;
  for (; valk_is_pair(list); list = valk_tail(list), ++n) {
    if (n < VALK_MAX_ARGS) vm->args[n] = valk_head(list);
  }
  return n;
}

/// f is a0, the list a1. Neither is needed after the call has begun, and nothing is allocated before.
void valk_apply(VALK_SUSPEND_PARAMS) {
  (void)self;
  vm->sp[0] = k;
  if (!valk_is_list_value(a1)) {
    valk_fail_type(vm, vm->sp + 1, "unpack", 2, "a list", a1);
    RAISE_AT_SAVED_K();
  }
  Fix n = spread(vm, valk_unblock(a1));
  if (n > VALK_MAX_ARGS) {
    valk_fail(vm, vm->sp + 1, ":limit", "unpack: %lld arguments are more than the %d allowed",
              static_cast<long long>(n), VALK_MAX_ARGS);
    RAISE_AT_SAVED_K();
  }
  vm->argc = n;
  Value x0 = n > 0 ? vm->args[0] : VALK_NIL;
  Value x1 = n > 1 ? vm->args[1] : VALK_NIL;
  Value x2 = n > 2 ? vm->args[2] : VALK_NIL;
  VALK_GOTO(valk_suspend_entry(a0, n < 4 ? static_cast<int>(n) : 4), k, a0, x0, x1, x2);
}

// ---- eval ---------------------------------------------------------------------------------------

/// x is a0: a block has its code in it, a list is for the evaluator, if the program has it.
void valk_eval(VALK_SUSPEND_PARAMS) {
  (void)self;
  if (valk_is_kind(a0, VALK_KIND_BLOCK)) {
    Value code = valk_object(a0)[2];
    VALK_GOTO(valk_suspend_entry(code, 0), k, code, 0, 0, 0);
  }
  if (!valk_is_pair(a0)) VALK_RETURN(k, a0);
  const ValkProgram* program = vm->runtime->program;
  if (program && program->evaluate) VALK_GOTO(program->evaluate, k, 0, a0, 0, 0);
  vm->sp[0] = k;
  valk_fail_type(vm, vm->sp + 1, "eval", 1, "a literal block, since no evaluator is linked in", a0);
  RAISE_AT_SAVED_K();
}
