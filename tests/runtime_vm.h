// A Vm with nothing but a heap, for tests of values, the collector and builtins.
#pragma once

#include <gtest/gtest.h>

#include <stdlib.h>

#include <initializer_list>
#include <string>

#include "runtime/gc/heap.h"
#include "runtime/prims/prims.h"
#include "runtime/value/error.h"
#include "runtime/value/list.h"
#include "runtime/value/number.h"
#include "runtime/value/runtime.h"
#include "runtime/value/value.h"

/// For tests that allocate too much to collect at every allocation.
#define VALK_SKIP_UNDER_STRESS() \
  if (getenv("VALK_GC_STRESS")) GTEST_SKIP() << "too many allocations"

/// Values that tests hold across calls stand in slots of the shadow stack: push, then at(i).
class RuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override { start(options()); }
  void TearDown() override {
    if (vm_.runtime) valk_heap_destroy(&vm_);
  }
  virtual ValkHeapOptions options() {
    ValkHeapOptions o = valk_heap_options_from_environment();
    o.verify = true;
    o.stack_bytes = size_t{64} << 20;
    if (o.max_bytes == 0) o.max_bytes = size_t{512} << 20;
    return o;
  }
  void start(const ValkHeapOptions& options) {
    vm_ = Vm{};
    ASSERT_TRUE(valk_heap_init(&vm_, options));
    sp_ = vm_.sp;
  }
  void restart(const ValkHeapOptions& options) {
    valk_heap_destroy(&vm_);
    start(options);
  }

  Vm* vm() { return &vm_; }
  /// Keeps a value alive; gives its slot.
  Value* push(Value v) {
    *sp_ = v;
    return sp_++;
  }
  Value string(const std::string& s) { return valk_make_string(vm(), sp_, s.data(), s.size()); }
  Value symbol(const std::string& s) { return valk_make_symbol(vm(), sp_, s.data(), s.size()); }
  Value keyword(const std::string& s) { return valk_make_keyword(vm(), sp_, s.data(), s.size()); }
  Value real(double d) { return valk_make_float(vm(), sp_, d); }
  Value number(const std::string& s) { return valk_parse_number(vm(), sp_, s.data(), s.size()); }
  /// A list of small integers.
  Value ints(std::initializer_list<Fix> items) {
    Value* first = sp_;
    for (Fix i : items) push(VALK_FIX(i));
    Value list = valk_list_from(vm(), sp_, first, items.size(), VALK_NIL);
    sp_ = first;
    return list;
  }
  /// Calls a variadic builtin.
  Value call(Value (*f)(Vm*, Value*, Fix), std::initializer_list<Value> arguments) {
    Value* first = sp_;
    for (Value v : arguments) push(v);
    sp_ = first;
    return f(vm(), first, static_cast<Fix>(arguments.size()));
  }
  std::string shown(Value v, bool readable = false) {
    if (v == VALK_ERR) return "raised " + raised();
    Value s = valk_to_string(vm(), sp_, v, readable);
    return {valk_string_bytes(s), valk_string_length(s)};
  }
  /// "KIND MESSAGE" of the error in flight, which is taken out of the machine.
  std::string raised() {
    Value error = valk_catch(vm(), sp_);
    if (!valk_is_error(error)) return "nothing";
    Value* p = valk_object(error);
    return std::string(valk_symbol_bytes(p[VALK_ERROR_KIND])) + " " +
           valk_string_bytes(p[VALK_ERROR_MESSAGE]);
  }

  Vm vm_{};
  Value* sp_ = nullptr;
};
