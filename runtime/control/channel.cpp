// Channels and semaphores. A party that cannot go on is queued with its operation; whoever meets it
// completes both, the one that was parked first being the first to run.
#include "runtime/control/table.h"
#include "runtime/control/waiting.h"
#include "runtime/value/error.h"

// ---- queues -------------------------------------------------------------------------------------

/// Turns the back list of a queue around into its front list. False: :memory.
static bool refill(Vm* vm, Value* sp, int front) {
  sp[1] = valk_object(sp[0])[front + 1];
  sp[2] = VALK_NIL;
  for (; sp[1] != VALK_NIL; sp[1] = valk_tail(sp[1])) {
    sp[2] = valk_make_pair(vm, sp + 3, valk_head(sp[1]), sp[2]);
    if (sp[2] == VALK_ERR) return false;
  }
  valk_object(sp[0])[front + 1] = VALK_NIL;
  valk_store(vm, sp[0], front, sp[2]);
  return true;
}

Value valk_queue_take(Vm* vm, Value* sp, int front) {
  const Value* q = valk_object(sp[0]) + front;
  if (q[0] == VALK_NIL) {
    if (q[1] == VALK_NIL) return VALK_UNSET;
    if (!refill(vm, sp, front)) return VALK_ERR;
  }
  Value list = valk_object(sp[0])[front];
  valk_store(vm, sp[0], front, valk_tail(list));
  return valk_head(list);
}

Value valk_queue_take_live(Vm* vm, Value* sp, int front) {
  for (;;) {
    Value entry = valk_queue_take(vm, sp, front);
    if (entry == VALK_ERR || entry == VALK_UNSET) return entry;
    if (valk_op_is_live(vm, valk_entry_op(entry))) return entry;
  }
}

/// Puts the live entries of the list at sp[0] before the list at sp[1], one by one; counts them. False:
/// :memory.
static bool add_live(Vm* vm, Value* sp, Fix* live) {
  for (; sp[0] != VALK_NIL; sp[0] = valk_tail(sp[0])) {
    if (!valk_op_is_live(vm, valk_entry_op(valk_head(sp[0])))) continue;
    sp[1] = valk_make_pair(vm, sp + 2, valk_head(sp[0]), sp[1]);
    if (sp[1] == VALK_ERR) return false;
    ++*live;
  }
  return true;
}

/// Keeps only live entries. If memory is exhausted the queue stays as it is.
static void drop_dead(Vm* vm, Value* sp, int front, int count_word) {
  Fix live = 0;
  sp[2] = valk_object(sp[0])[front + 1];
  sp[3] = VALK_NIL;
  if (!add_live(vm, sp + 2, &live)) return;
  sp[1] = sp[3];  // the back list, in order
  live = 0;
  sp[2] = valk_object(sp[0])[front];
  sp[3] = VALK_NIL;
  if (!add_live(vm, sp + 2, &live)) return;
  sp[2] = sp[1];
  if (!add_live(vm, sp + 2, &live)) return;
  valk_object(sp[0])[front] = VALK_NIL;
  valk_store(vm, sp[0], front + 1, sp[3]);
  valk_object(sp[0])[count_word] = VALK_FIX(2 * live + 16);
}

void valk_queue_tidy(Vm* vm, Value* sp, int front, int count_word) {
  Value& count = valk_object(sp[0])[count_word];
  count -= VALK_FIX(1);
  if (count <= VALK_FIX(0)) drop_dead(vm, sp, front, count_word);
}

static void give_back(Vm* vm, Value* sp, Value source, Value v);

// ---- channels -----------------------------------------------------------------------------------

enum {
  CHAN_CAPACITY = 1,
  CHAN_IS_CLOSED,
  CHAN_COUNT,               ///< values in the buffer
  CHAN_BUFFER,              ///< queue of values
  CHAN_RECEIVERS = 6,       ///< queue of operations
  CHAN_SENDERS = 8,         ///< queue of pairs (operation, value)
  CHAN_RECEIVER_TIDY = 10,  ///< receivers to come before dead ones are looked for
  CHAN_SENDER_TIDY,
  CHAN_WORDS,
};

static bool is_chan(Value v) { return valk_is_kind(v, VALK_KIND_CHAN); }

Value valk_chan(Vm* vm, Value* sp, Fix n) {
  Value capacity = n == 0 ? VALK_FIX(0) : sp[0];
  if (!valk_is_fix(capacity) || VALK_INT(capacity) < 0)
    return valk_fail_type(vm, sp + n, "chan", 1, "an integer that is not negative", capacity);
  valk_control(vm)->give_back = give_back;
  Value* p = valk_alloc(vm, sp + n, CHAN_WORDS);
  if (!p) return VALK_ERR;
  for (int i = 1; i < CHAN_WORDS; ++i) p[i] = VALK_NIL;
  p[0] = VALK_HEADER(VALK_KIND_CHAN, CHAN_WORDS);
  p[CHAN_CAPACITY] = capacity;
  p[CHAN_IS_CLOSED] = p[CHAN_COUNT] = VALK_FIX(0);
  p[CHAN_RECEIVER_TIDY] = p[CHAN_SENDER_TIDY] = VALK_FIX(16);
  return valk_tag_object(p);
}

static Value fail_closed(Vm* vm, Value* sp) {
  return valk_fail(vm, sp, ":closed", "chan/send: the channel is closed");
}

static void fail_raised(Vm* vm, ValkOpId op) { valk_op_fail_with(vm, op, vm->error); }

/// Adds the value at sp[1] to the buffer of the channel at sp[0]. False: :memory.
static bool buffer_value(Vm* vm, Value* sp) {
  if (!valk_queue_append(vm, sp, CHAN_BUFFER)) return false;
  valk_object(sp[0])[CHAN_COUNT] += VALK_FIX(1);
  return true;
}

/// sp[0] is the channel, sp[1] the value; sp[2..) are free.
static void send(Vm* vm, Value* sp, ValkOpId op) {
  sp[2] = sp[0];
  Value receiver = valk_queue_take_live(vm, sp + 2, CHAN_RECEIVERS);
  if (receiver == VALK_ERR) return fail_raised(vm, op);
  if (receiver != VALK_UNSET) {
    valk_op_complete_from(vm, valk_entry_op(receiver), sp[1], sp[0]);
    return valk_op_complete(vm, op, VALK_NIL);
  }
  Value* c = valk_object(sp[0]);
  if (VALK_INT(c[CHAN_COUNT]) < VALK_INT(c[CHAN_CAPACITY])) {
    return buffer_value(vm, sp) ? valk_op_complete(vm, op, VALK_NIL) : fail_raised(vm, op);
  }
  sp[1] = valk_make_pair(vm, sp + 2, VALK_FIX(op), sp[1]);
  if (sp[1] == VALK_ERR || !valk_queue_append(vm, sp, CHAN_SENDERS)) return fail_raised(vm, op);
  valk_queue_tidy(vm, sp, CHAN_SENDERS, CHAN_SENDER_TIDY);
}

void valk_start_chan_send(Vm* vm, Value* sp, Fix, ValkOpId op) {
  if (!is_chan(sp[0])) {
    valk_fail_type(vm, sp + 2, "chan/send", 1, "a channel", sp[0]);
  } else if (sp[1] == VALK_NIL) {
    valk_fail_type(vm, sp + 2, "chan/send", 2, "a value other than nil", sp[1]);
  } else if (valk_object(sp[0])[CHAN_IS_CLOSED] != VALK_FIX(0)) {
    fail_closed(vm, sp + 2);
  } else {
    return send(vm, sp, op);
  }
  fail_raised(vm, op);
}

/// Takes the value of the first parked sender, who may go on; VALK_UNSET if there is none.
static Value take_from_sender(Vm* vm, Value* sp) {
  Value sender = valk_queue_take_live(vm, sp, CHAN_SENDERS);
  if (!valk_is_pair(sender)) return sender;
  valk_op_complete(vm, valk_entry_op(sender), VALK_NIL);
  return valk_tail(sender);
}

/// Moves a parked sender's value into the place that has become free in the buffer.
static bool fill_place(Vm* vm, Value* sp) {
  sp[1] = take_from_sender(vm, sp);
  if (sp[1] == VALK_UNSET) return true;
  return sp[1] != VALK_ERR && buffer_value(vm, sp);
}

void valk_start_chan_recv(Vm* vm, Value* sp, Fix, ValkOpId op) {
  if (!is_chan(sp[0])) {
    valk_fail_type(vm, sp + 1, "chan/recv", 1, "a channel", sp[0]);
    return fail_raised(vm, op);
  }
  bool is_buffered = valk_object(sp[0])[CHAN_COUNT] != VALK_FIX(0);
  Value v = is_buffered ? valk_queue_take(vm, sp, CHAN_BUFFER) : take_from_sender(vm, sp);
  if (v == VALK_ERR) return fail_raised(vm, op);
  if (is_buffered) {
    valk_object(sp[0])[CHAN_COUNT] -= VALK_FIX(1);
    sp[1] = v;
    sp[2] = sp[0];
    if (!fill_place(vm, sp + 2)) return fail_raised(vm, op);
    return valk_op_complete_from(vm, op, sp[1], sp[0]);
  }
  if (v != VALK_UNSET) return valk_op_complete_from(vm, op, v, sp[0]);
  if (valk_object(sp[0])[CHAN_IS_CLOSED] != VALK_FIX(0)) return valk_op_complete(vm, op, VALK_NIL);
  sp[1] = VALK_FIX(op);
  if (!valk_queue_append(vm, sp, CHAN_RECEIVERS)) return fail_raised(vm, op);
  valk_queue_tidy(vm, sp, CHAN_RECEIVERS, CHAN_RECEIVER_TIDY);
}

Value valk_chan_close(Vm* vm, Value* sp, Value chan) {
  if (!is_chan(chan)) return valk_fail_type(vm, sp, "chan/close", 1, "a channel", chan);
  sp[0] = chan;
  valk_object(chan)[CHAN_IS_CLOSED] = VALK_FIX(1);
  for (;;) {
    Value receiver = valk_queue_take_live(vm, sp, CHAN_RECEIVERS);
    if (receiver == VALK_ERR) return VALK_ERR;
    if (receiver == VALK_UNSET) break;
    valk_op_complete(vm, valk_entry_op(receiver), VALK_NIL);
  }
  for (;;) {
    Value sender = valk_queue_take_live(vm, sp, CHAN_SENDERS);
    if (sender == VALK_ERR) return VALK_ERR;
    if (sender == VALK_UNSET) return VALK_NIL;
    ValkOpId op = valk_entry_op(sender);
    fail_closed(vm, sp + 1);
    valk_op_fail_with(vm, op, vm->error);
  }
}

// ---- semaphores ---------------------------------------------------------------------------------

enum { SEM_COUNT = 1, SEM_WAITERS, SEM_TIDY = 4, SEM_WORDS };

Value valk_sem(Vm* vm, Value* sp, Value count) {
  if (!valk_is_fix(count) || VALK_INT(count) < 0)
    return valk_fail_type(vm, sp, "sem", 1, "an integer that is not negative", count);
  valk_control(vm)->give_back = give_back;
  Value* p = valk_alloc(vm, sp, SEM_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_SEM, SEM_WORDS);
  p[SEM_COUNT] = count;
  p[SEM_WAITERS] = p[SEM_WAITERS + 1] = VALK_NIL;
  p[SEM_TIDY] = VALK_FIX(16);
  return valk_tag_object(p);
}

void valk_start_sem_acquire(Vm* vm, Value* sp, Fix, ValkOpId op) {
  if (!valk_is_kind(sp[0], VALK_KIND_SEM)) {
    valk_fail_type(vm, sp + 1, "sem/acquire", 1, "a semaphore", sp[0]);
    return fail_raised(vm, op);
  }
  Value& count = valk_object(sp[0])[SEM_COUNT];
  if (count != VALK_FIX(0)) {
    count -= VALK_FIX(1);
    return valk_op_complete_from(vm, op, VALK_NIL, sp[0]);
  }
  sp[1] = VALK_FIX(op);
  if (!valk_queue_append(vm, sp, SEM_WAITERS)) return fail_raised(vm, op);
  valk_queue_tidy(vm, sp, SEM_WAITERS, SEM_TIDY);
}

Value valk_sem_release(Vm* vm, Value* sp, Value sem) {
  if (!valk_is_kind(sem, VALK_KIND_SEM))
    return valk_fail_type(vm, sp, "sem/release", 1, "a semaphore", sem);
  sp[0] = sem;
  Value waiter = valk_queue_take_live(vm, sp, SEM_WAITERS);
  if (waiter == VALK_ERR) return VALK_ERR;
  if (waiter == VALK_UNSET) {
    valk_object(sp[0])[SEM_COUNT] += VALK_FIX(1);
  } else {
    valk_op_complete_from(vm, valk_entry_op(waiter), VALK_NIL, sp[0]);
  }
  return VALK_NIL;
}

// ---- giving back --------------------------------------------------------------------------------

/// A receiver was cancelled after it had been given v: the next receiver gets it, or the buffer's front.
static void give_back_value(Vm* vm, Value* sp) {
  Value receiver = valk_queue_take_live(vm, sp, CHAN_RECEIVERS);
  if (valk_is_fix(receiver))
    return valk_op_complete_from(vm, valk_entry_op(receiver), sp[-1], sp[0]);
  Value list = valk_make_pair(vm, sp + 1, sp[-1], valk_object(sp[0])[CHAN_BUFFER]);
  if (list == VALK_ERR) return;
  valk_store(vm, sp[0], CHAN_BUFFER, list);
  valk_object(sp[0])[CHAN_COUNT] += VALK_FIX(1);
}

static void give_back(Vm* vm, Value* sp, Value source, Value v) {
  if (valk_is_kind(source, VALK_KIND_SEM)) {
    valk_sem_release(vm, sp, source);
  } else if (is_chan(source) && v != VALK_NIL) {
    sp[0] = v;
    sp[1] = source;
    give_back_value(vm, sp + 1);
  }
}
