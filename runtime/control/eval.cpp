// eval: a block runs its compiled code, in place and in tail position. Any other list needs the evaluator,
// which is another archive: it is linked where a program can give eval such a list, and then sets the
// hook.
#include "runtime/control/eval.h"

#include "runtime/control/control.h"

ValkSuspend valk_eval_hook = nullptr;

void valk_eval(VALK_SUSPEND_PARAMS) {
  (void)self;
  if (valk_is_kind(a0, VALK_KIND_BLOCK)) {
    Value code = valk_object(a0)[VALK_BLOCK_CODE];
    VALK_GOTO(valk_suspend_entry(code, 0), k, code, 0, 0, 0);
  }
  bool is_code = valk_is_pair(a0) || valk_is_kind(a0, VALK_KIND_SYMBOL);
  if (!is_code) VALK_RETURN(k, a0);
  if (valk_eval_hook) VALK_GOTO(valk_eval_hook, k, VALK_NIL, a0, 0, 0);
  vm->sp[0] = k;
  valk_fail(vm, vm->sp + 1, ":type",
            "eval: argument 1 is a list made at run time, and this program was linked without the evaluator");
  VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
}
