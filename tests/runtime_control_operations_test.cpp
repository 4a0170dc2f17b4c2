// Operations, handles and roots: ids that outlive what they name are harmless.
#include "runtime_control.h"

namespace {

int cancels;
ValkOpId started;
void start(Vm*, Value*, Fix, ValkOpId op) { started = op; }
void cancel(Vm*, ValkOpId) { ++cancels; }
const ValkOp operation = {"wait-for-it", "what [opts]", 1, 2, start, cancel};
const ValkHandleKind kind = {"thing", nullptr};
const ValkHandleKind other_kind = {"other", nullptr};

/// (note v): remembers v.
Value noted = VALK_NIL;
void note(Vm* vm, Value k, Value, Value v, Value, Value) {
  noted = v;
  VALK_RETURN(k, VALK_NIL);
}
TestFunction note_function(suspending_fn("note", "(note v)", 1, note));

class OperationsTest : public ControlTest {
 protected:
  void SetUp() override {
    ControlTest::SetUp();
    valk_gc_add_roots(
        vm(), [](Vm* machine, void*, ValkVisit visit) { visit(machine, &noted); }, nullptr);
    cancels = 0;
    noted = VALK_UNSET;
  }
  Value call_operation(std::initializer_list<Value> arguments) {
    Value* first = sp_;
    for (Value v : arguments) push(v);
    sp_ = first;
    vm()->sp = first + arguments.size();
    Value r = valk_op_call(vm(), first, static_cast<Fix>(arguments.size()), &operation);
    vm()->sp = first;
    return r;
  }
  void start_noting() { EXPECT_EQ(call_operation({VALK_FIX(1), note_function.value()}), VALK_NIL); }
};

TEST_F(OperationsTest, WithoutAContinuationItIsAThunk) {
  Value* thunk = push(call_operation({VALK_FIX(1)}));
  ASSERT_TRUE(valk_is_kind(*thunk, VALK_KIND_THUNK));
  EXPECT_EQ(apply(*thunk, {note_function.value()}), VALK_NIL);
  valk_op_complete(vm(), started, VALK_FIX(5));
  valk_drain(vm());
  EXPECT_EQ(noted, VALK_FIX(5));
}

TEST_F(OperationsTest, OptionsAndContinuationAreToldApartByType) {
  Value options = ints({1});
  EXPECT_TRUE(valk_is_kind(call_operation({VALK_FIX(1), options}), VALK_KIND_THUNK));
  options = ints({1});
  EXPECT_EQ(call_operation({VALK_FIX(1), options, note_function.value()}), VALK_NIL);
  EXPECT_EQ(shown(call_operation({})), "raised :arity wait-for-it takes 1 to 3 arguments, not 0");
  EXPECT_EQ(shown(call_operation({VALK_FIX(1), VALK_FIX(2), VALK_FIX(3)})),
            "raised :type wait-for-it: argument 3 must be a continuation, not 3");
}

TEST_F(OperationsTest, CompletesOnce) {
  start_noting();
  EXPECT_TRUE(valk_op_is_live(vm(), started));
  valk_op_complete(vm(), started, VALK_FIX(1));
  EXPECT_FALSE(valk_op_is_live(vm(), started));
  valk_op_complete(vm(), started, VALK_FIX(2));
  valk_op_fail(vm(), started, ":io", "too late", VALK_NIL);
  EXPECT_EQ(noted, VALK_UNSET) << "not before the queue is drained";
  valk_drain(vm());
  EXPECT_EQ(noted, VALK_FIX(1));
}

TEST_F(OperationsTest, ALateReportDoesNotReachTheNextOperation) {
  start_noting();
  ValkOpId first = started;
  valk_op_complete(vm(), first, VALK_FIX(1));
  valk_drain(vm());
  start_noting();
  EXPECT_NE(started, first);
  valk_op_complete(vm(), first, VALK_FIX(2));
  valk_drain(vm());
  EXPECT_EQ(noted, VALK_FIX(1));
}

TEST_F(OperationsTest, AFailureIsPassedToAFunctionAsAValue) {
  start_noting();
  valk_op_fail(vm(), started, ":io", "it broke", VALK_FIX(3));
  valk_gc_full(vm(), sp_);
  valk_drain(vm());
  ASSERT_TRUE(valk_is_error(noted));
  EXPECT_EQ(shown(valk_object(noted)[VALK_ERROR_KIND]), ":io");
  EXPECT_EQ(shown(noted), "Error: it broke");
  EXPECT_EQ(valk_object(noted)[VALK_ERROR_DATA], VALK_FIX(3));
}

TEST_F(OperationsTest, CancellingStopsItAndDoesNotCall) {
  start_noting();
  valk_task_cancel(vm(), valk_task_get(valk_control(vm())->root, VALK_TASK_CHILDREN));
  EXPECT_EQ(cancels, 1);
  EXPECT_FALSE(valk_op_is_live(vm(), started));
  valk_op_complete(vm(), started, VALK_FIX(1));
  valk_drain(vm());
  EXPECT_EQ(noted, VALK_UNSET);
  EXPECT_EQ(valk_task_get(valk_control(vm())->root, VALK_TASK_CHILDREN), VALK_NIL);
}

TEST_F(OperationsTest, NativeObjectsAreReachedWhileItLives) {
  start_noting();
  int native = 0;
  valk_op_set_native(vm(), started, &native);
  EXPECT_EQ(valk_op_native(vm(), started), &native);
  valk_op_complete(vm(), started, VALK_NIL);
  EXPECT_EQ(valk_op_native(vm(), started), nullptr);
}

TEST_F(OperationsTest, AHandleOutlivesItsNativeObject) {
  int native = 0;
  Value* handle = push(valk_handle_make(vm(), sp_, &kind, &native));
  EXPECT_EQ(shown(*handle), "<thing>");
  EXPECT_EQ(valk_handle_native(vm(), *handle, &kind), &native);
  EXPECT_EQ(valk_handle_native(vm(), *handle, &other_kind), nullptr);
  EXPECT_TRUE(valk_handle_is(*handle, &kind));
  valk_handle_forget(vm(), *handle);
  valk_handle_forget(vm(), *handle);
  EXPECT_EQ(valk_handle_native(vm(), *handle, &kind), nullptr);
  EXPECT_TRUE(valk_handle_is(*handle, &kind));
  Value* next = push(valk_handle_make(vm(), sp_, &kind, &native));
  valk_handle_forget(vm(), *handle);
  EXPECT_EQ(valk_handle_native(vm(), *next, &kind), &native);
}

TEST_F(OperationsTest, RootsKeepValuesAlive) {
  ValkRoot root = valk_root_make(vm(), ints({1, 2, 3}));
  valk_gc_full(vm(), sp_);
  EXPECT_EQ(shown(valk_root_get(vm(), root)), "{1 2 3}");
  valk_root_set(vm(), root, ints({4}));
  for (int i = 0; i < 3; ++i) valk_gc_full(vm(), sp_);
  EXPECT_EQ(shown(valk_root_get(vm(), root)), "{4}");
  valk_root_free(vm(), root);
  EXPECT_EQ(valk_root_get(vm(), root), VALK_NIL);
}

TEST_F(OperationsTest, ManyOperationsMayBeInFlight) {
  VALK_SKIP_UNDER_STRESS();
  std::vector<ValkOpId> all;
  for (Fix i = 0; i < 10000; ++i) {
    start_noting();
    all.push_back(started);
  }
  valk_gc_full(vm(), sp_);
  for (size_t i = 0; i < all.size(); ++i) valk_op_complete(vm(), all[i], VALK_FIX(i));
  while (!valk_queue_is_empty(vm())) valk_drain(vm());
  EXPECT_EQ(noted, VALK_FIX(9999));
  EXPECT_EQ(valk_task_get(valk_control(vm())->root, VALK_TASK_CHILDREN), VALK_NIL);
}

}  // namespace
