// async/sleep: an operation on one timer.
#include <math.h>
#include <stdlib.h>

#include "runtime/io/arguments.h"
#include "runtime/io/uv.h"

namespace {

struct Sleep {
  ValkTimer timer;
  ValkOpId op;
};

void end(Sleep* sleep) {
  valk_loop_release();
  free(sleep);
}

void fire(Vm* vm, ValkTimer* timer) {
  Sleep* sleep = reinterpret_cast<Sleep*>(timer);
  ValkOpId op = sleep->op;
  end(sleep);
  valk_op_complete(vm, op, VALK_NIL);
}

}  // namespace

void valk_sleep(Vm* vm, Value* sp, Fix, ValkOpId op) {
  uint64_t nanoseconds;
  if (!valk_argument_duration(vm, sp + 1, valk_op_name(vm, op), 1, sp[0], &nanoseconds)) {
    valk_op_fail_raised(vm, sp + 1, op);
    return;
  }
  Sleep* sleep = static_cast<Sleep*>(valk_native_alloc(sizeof(Sleep)));
  *sleep = Sleep{{fire, 0}, op};
  valk_op_set_native(vm, op, sleep);
  valk_loop_hold();
  valk_timer_start(&sleep->timer, nanoseconds);
}

void valk_sleep_cancel(Vm* vm, ValkOpId op) {
  Sleep* sleep = static_cast<Sleep*>(valk_op_native(vm, op));
  if (!sleep) return;
  valk_timer_stop(&sleep->timer);
  end(sleep);
}
