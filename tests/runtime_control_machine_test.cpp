// The transitions of cps/machine.md, one by one: hand-written frames and functions.
#include "runtime_control.h"

namespace {

/// A frame whose code adds its captured number to the value and returns.
enum { ADD_NUMBER = VALK_FRAME_CAPTURES, ADD_WORDS };
VALK_CODE void add(Vm* vm, Value k, Value v, Value, Value, Value) {
  Value sum = VALK_FIX(VALK_INT(v) + VALK_INT(valk_object(k)[ADD_NUMBER]));
  VALK_RETURN(valk_object(k)[VALK_FRAME_PARENT], sum);
}
const ValkSite add_site = {"test.valk", 3, 5, 9, "adder", "(+ 1 x)"};
const ValkFrame add_frame = {VALK_FRAME_PLAIN, &add_site, nullptr};

/// A handler that gives the kind of the error.
VALK_CODE void handle(Vm* vm, Value k, Value error, Value, Value, Value) {
  VALK_RETURN(valk_object(k)[VALK_FRAME_PARENT], valk_object(error)[VALK_ERROR_KIND]);
}
const ValkFrame handler_frame = {VALK_FRAME_HANDLER, nullptr, handle};

Value make_frame(Vm* vm, Value* sp, const ValkFrame* descriptor, ValkSuspend code, Value parent,
                 Value captured) {
  sp[0] = parent;
  Value* p = valk_alloc(vm, sp + 1, ADD_WORDS);
  p[0] = VALK_FRAME_HEADER(descriptor, ADD_WORDS);
  p[VALK_FRAME_CODE] = reinterpret_cast<Value>(code);
  p[VALK_FRAME_PARENT] = sp[0];
  p[ADD_NUMBER] = captured;
  return valk_tag_object(p);
}
Value make_add(Vm* vm, Value* sp, Value parent, Fix n) {
  return make_frame(vm, sp, &add_frame, add, parent, VALK_FIX(n));
}

Value captured = VALK_NIL;  ///< the continuation that the last shift has captured

/// (shift c 100), with c put into `captured`.
void shift_100(Vm* vm, Value k, Value, Value, Value, Value) {
  captured = valk_capture(vm, vm->sp, k);
  if (captured == VALK_ERR) VALK_GOTO(valk_raise, k, VALK_NIL, 0, 0, 0);
  VALK_RETURN(valk_bottom(vm), VALK_FIX(100));
}
/// (+ 1 (reset (+ 10 (shift c 100)))) at k
void reset_around_shift(Vm* vm, Value k, Value, Value, Value, Value) {
  Value outer = make_add(vm, vm->sp, k, 1);
  Value bottom = valk_push_reset(vm, vm->sp, outer);
  Value inner = make_add(vm, vm->sp, bottom, 10);
  VALK_GOTO(shift_100, inner, VALK_NIL, 0, 0, 0);
}
/// (error :boom) at k
void boom(Vm* vm, Value k, Value, Value, Value, Value) {
  vm->sp[0] = k;
  valk_fail(vm, vm->sp + 1, ":boom", "boom");
  VALK_GOTO(valk_raise, vm->sp[0], VALK_NIL, 0, 0, 0);
}
/// (try (reset (+ 1 (error :boom))) (catch {e} kind)) at k
void try_around_reset(Vm* vm, Value k, Value, Value, Value, Value) {
  Value handler = make_frame(vm, vm->sp, &handler_frame, valk_pass_to_parent, k, VALK_NIL);
  Value bottom = valk_push_reset(vm, vm->sp, handler);
  Value inner = make_add(vm, vm->sp, bottom, 1);
  VALK_GOTO(boom, inner, VALK_NIL, 0, 0, 0);
}
/// (reset (try (shift c 100) (catch {e} kind))) at k
void shift_in_try(Vm* vm, Value k, Value, Value, Value, Value) {
  Value bottom = valk_push_reset(vm, vm->sp, k);
  Value handler = make_frame(vm, vm->sp, &handler_frame, valk_pass_to_parent, bottom, VALK_NIL);
  VALK_GOTO(shift_100, handler, VALK_NIL, 0, 0, 0);
}

/// (\ {k} {…}): puts its resumption into `captured`.
void keep_resumption(Vm* vm, Value k, Value, Value a0, Value, Value) {
  captured = a0;
  (void)vm;
  VALK_RETURN(k, VALK_NIL);
}
const ValkFn keep_fn = suspending_fn("keep", "(keep k)", 1, keep_resumption);
TestFunction keep(keep_fn);
/// (+ 1 (await-async keep)) at k
void park_with_a_variable(Vm* vm, Value k, Value, Value, Value, Value) {
  Value frame = make_add(vm, vm->sp, k, 1);
  VALK_GOTO(valk_await_async, frame, VALK_NIL, keep.value(), 0, 0);
}
const ValkFn park_fn = suspending_fn("park", "(park)", 0, park_with_a_variable);
TestFunction park(park_fn);

class MachineTest : public ControlTest {
 protected:
  void SetUp() override {
    ControlTest::SetUp();
    valk_gc_add_roots(
        vm(), [](Vm* machine, void*, ValkVisit visit) { visit(machine, &captured); }, nullptr);
    captured = VALK_NIL;
  }
  Value run(ValkSuspend fn, Value self = VALK_NIL, Value a0 = VALK_NIL) {
    return valk_run_nested(vm(), sp_, fn, self, a0, VALK_NIL, VALK_NIL);
  }
  void expect_at_rest() {
    EXPECT_EQ(vm()->segments, VALK_NIL);
    EXPECT_EQ(vm()->boundary, VALK_STATIC(valk_boundary_barrier));
    EXPECT_EQ(vm()->next, nullptr);
  }
};

TEST_F(MachineTest, TheBodyOfAShiftTakesThePlaceOfTheDelimiter) {
  EXPECT_EQ(VALK_INT(run(reset_around_shift)), 101);
  ASSERT_TRUE(valk_is_kind(captured, VALK_KIND_CONTINUATION));
  expect_at_rest();
}

TEST_F(MachineTest, AContinuationIsComposableAndMultiShot) {
  run(reset_around_shift);
  for (Fix i = 0; i < 3; ++i) {
    EXPECT_EQ(VALK_INT(apply(captured, {VALK_FIX(i)})), i + 10);
    valk_gc_full(vm(), sp_);
  }
  EXPECT_EQ(VALK_INT(apply(captured, {apply(captured, {VALK_FIX(5)})})), 25);
  expect_at_rest();
}

TEST_F(MachineTest, ACallInThePlaceOfABottomPushesNothing) {
  run(reset_around_shift);
  valk_push_reset(vm(), sp_, VALK_STATIC(valk_frame_of_native));
  size_t pushed = valk_heap_bytes(vm());
  vm()->result = VALK_NIL;
  valk_drive(vm(), valk_call_continuation, VALK_STATIC(valk_frame_of_reset), captured, VALK_FIX(1),
             0, 0);
  EXPECT_EQ(VALK_INT(vm()->result), 11);
  EXPECT_EQ(valk_heap_bytes(vm()), pushed);
  EXPECT_EQ(vm()->segments, VALK_NIL);
}

TEST_F(MachineTest, ARaisePopsTheDelimitersThatItPasses) {
  EXPECT_EQ(shown(run(try_around_reset)), ":boom");
  expect_at_rest();
}

TEST_F(MachineTest, ARaiseNotesTheFramesThatItPasses) {
  Value k = make_add(vm(), sp_, VALK_STATIC(valk_frame_of_native), 1);
  valk_drive(vm(), boom, k, VALK_NIL, 0, 0, 0);
  EXPECT_EQ(vm()->result, VALK_ERR);
  EXPECT_EQ(vm()->trace_count, 1);
  EXPECT_EQ(vm()->trace[0], &add_site);
  EXPECT_EQ(raised(), ":boom boom");
}

TEST_F(MachineTest, HandlersBelongToTheCapturedPart) {
  EXPECT_EQ(VALK_INT(run(shift_in_try)), 100);
  Value* error = push(valk_make_error(vm(), sp_, ":thrown", "thrown in", VALK_NIL));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(shown(run(valk_throw_into_continuation, captured, *error)), ":thrown");
  EXPECT_EQ(VALK_INT(apply(captured, {VALK_FIX(3)})), 3);
  expect_at_rest();
}

TEST_F(MachineTest, AShiftCannotCaptureFramesOfCpp) {
  EXPECT_EQ(shown(run(shift_100)).substr(0, 16), "raised :one-shot");
  Value* thunk = push(valk_op_call(vm(), sp_, 0, [] {
    static const ValkOp never = {"never", "", 0, 0, valk_start_never, valk_cancel_nothing};
    return &never;
  }()));
  EXPECT_EQ(shown(run(valk_await_async, VALK_NIL, *thunk)).substr(0, 16), "raised :one-shot");
  expect_at_rest();
}

TEST_F(MachineTest, AContinuationTakesOneArgument) {
  run(reset_around_shift);
  EXPECT_EQ(shown(apply(captured, {VALK_NIL, VALK_NIL})),
            "raised :arity a continuation takes 1 argument, not 2");
}

/// All that a task is while it waits for its resumption, with one local variable. It is what limits how many there
/// can be: a word more has to be decided (docs/decisions/0013).
TEST_F(MachineTest, AParkedTaskIsFourteenWords) {
  run(valk_async, VALK_NIL, park.value());
  Value task = valk_task_get(valk_control(vm())->root, VALK_TASK_CHILDREN);
  ASSERT_EQ(valk_task_state(task), VALK_TASK_PARKED);
  auto words = [](Value object) { return valk_object_words(valk_object(object)); };
  EXPECT_EQ(valk_task_get(task, VALK_TASK_WAITS_FOR), captured);
  EXPECT_EQ(words(task), 8u);
  EXPECT_EQ(words(captured), 2u);
  EXPECT_EQ(words(valk_task_get(task, VALK_TASK_K)), size_t{ADD_WORDS});
  EXPECT_EQ(words(task) + words(captured) + ADD_WORDS, 14u);
}

}  // namespace
