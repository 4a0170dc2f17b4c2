// A Vm with a heap and control, for tests of the machine without compiled programs: functions written by
// hand as generated code would be.
#pragma once

#include "runtime/control/control.h"
#include "runtime/control/table.h"
#include "runtime_vm.h"

/// A closure of a hand-written function.
struct TestFunction {
  explicit TestFunction(const ValkFn& f) : fn(f) {}
  Value value() { return VALK_STATIC(closure); }

  ValkFn fn;
  ValkStaticClosure closure = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &fn};
};

/// The entries of a suspending function of n parameters, with the runtime's stubs in the other slots.
inline ValkFn suspending_fn(const char* name, const char* signature, int arity, ValkSuspend body) {
  ValkFn fn = {name,
               signature,
               nullptr,
               arity,
               0,
               {valk_direct_nested_0, valk_direct_nested_1, valk_direct_nested_2,
                valk_direct_nested_3, valk_direct_nested_4},
               {valk_suspend_arity_0, valk_suspend_partial_1, valk_suspend_partial_2,
                valk_suspend_partial_3, valk_suspend_many},
               valk_direct_nested_body,
               body};
  static const ValkSuspend too_many[] = {valk_suspend_arity_0, valk_suspend_arity_1,
                                         valk_suspend_arity_2, valk_suspend_arity_3,
                                         valk_suspend_arity_4};
  for (int i = arity + 1; i < 5; ++i) fn.suspend[i] = too_many[i];
  if (arity < 4) fn.suspend[arity] = body;
  return fn;
}

class ControlTest : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    ASSERT_TRUE(valk_control_init(vm()));
    vm()->stack_limit = nullptr;
    sp_ = vm()->sp;
  }
  void TearDown() override {
    valk_control_destroy(vm());
    RuntimeTest::TearDown();
  }
  /// Calls f from direct code.
  Value apply(Value f, std::initializer_list<Value> arguments) {
    Value* first = sp_;
    for (Value v : arguments) push(v);
    Fix count = static_cast<Fix>(arguments.size());
    for (Fix i = 3; i < count; ++i) vm()->args[i] = first[i];
    vm()->argc = count;
    Value* sp = sp_;
    sp_ = first;
    auto at = [&](Fix i) { return i < count ? first[i] : VALK_NIL; };
    int index = count < 4 ? static_cast<int>(count) : 4;
    return valk_settled(vm(), sp, valk_direct_entry(f, index)(vm(), sp, f, at(0), at(1), at(2)));
  }
};
