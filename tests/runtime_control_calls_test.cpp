// Calls of every kind of callee by every number of arguments: stubs, builtins as values, partial
// applications, and what cannot be called.
#include "runtime_control.h"

namespace {

/// (weigh a b c d e): a + 10 b + 100 c + 1000 d + 10000 e, so that the order shows.
Value weigh(Vm* vm, Value*, Value, Value a, Value b, Value c) {
  Fix sum = VALK_INT(a) + 10 * VALK_INT(b) + 100 * VALK_INT(c) + 1000 * VALK_INT(vm->args[3]) +
            10000 * VALK_INT(vm->args[4]);
  return VALK_FIX(sum);
}

/// (pair a b)
Value pair(Vm* vm, Value* sp, Value, Value a, Value b, Value) {
  return valk_make_pair(vm, sp, a, b);
}

/// (rest a & others): a list of a and the list of the others.
Value rest(Vm* vm, Value* sp, Value, Value a, Value others, Value) {
  sp[0] = a;
  Value tail = valk_make_pair(vm, sp + 1, others, VALK_NIL);
  return valk_make_pair(vm, sp + 1, sp[0], tail);
}

/// (none): 7.
Value none(Vm*, Value*, Value, Value, Value, Value) { return VALK_FIX(7); }

#define LIFTED                                                                                  \
  {                                                                                             \
    valk_suspend_lifted_0, valk_suspend_lifted_1, valk_suspend_lifted_2, valk_suspend_lifted_3, \
        valk_suspend_lifted_4                                                                   \
  }

TestFunction weigh_function({"weigh",
                             "(weigh a b c d e)",
                             nullptr,
                             5,
                             0,
                             {valk_direct_arity_0, valk_direct_partial_1, valk_direct_partial_2,
                              valk_direct_partial_3, valk_direct_many},
                             LIFTED,
                             weigh,
                             valk_suspend_lifted_body});
TestFunction pair_function({"pair",
                            "(pair a b)",
                            nullptr,
                            2,
                            0,
                            {valk_direct_arity_0, valk_direct_partial_1, pair, valk_direct_arity_3,
                             valk_direct_arity_4},
                            LIFTED,
                            pair,
                            valk_suspend_lifted_body});
TestFunction rest_function({"rest",
                            "(rest a & others)",
                            nullptr,
                            1,
                            1,
                            {valk_direct_rest_0, valk_direct_rest_1, valk_direct_rest_2,
                             valk_direct_rest_3, valk_direct_rest_4},
                            LIFTED,
                            rest,
                            valk_suspend_lifted_body});
TestFunction none_function({"none",
                            "(none)",
                            nullptr,
                            0,
                            0,
                            {none, valk_direct_arity_1, valk_direct_arity_2, valk_direct_arity_3,
                             valk_direct_arity_4},
                            LIFTED,
                            none,
                            valk_suspend_lifted_body});

class CallsTest : public ControlTest {};

TEST_F(CallsTest, PassesArgumentsInOrder) {
  Value v = apply(weigh_function.value(),
                  {VALK_FIX(1), VALK_FIX(2), VALK_FIX(3), VALK_FIX(4), VALK_FIX(5)});
  EXPECT_EQ(VALK_INT(v), 54321);
}

TEST_F(CallsTest, TooFewArgumentsMakeAPartialApplication) {
  Value* one = push(apply(weigh_function.value(), {VALK_FIX(1)}));
  ASSERT_TRUE(valk_is_kind(*one, VALK_KIND_PARTIAL));
  Value* three = push(apply(*one, {VALK_FIX(2), VALK_FIX(3)}));
  ASSERT_TRUE(valk_is_kind(*three, VALK_KIND_PARTIAL));
  EXPECT_EQ(valk_object(*three)[VALK_PARTIAL_CALLEE], weigh_function.value()) << "not nested";
  EXPECT_EQ(VALK_INT(apply(*three, {VALK_FIX(4), VALK_FIX(5)})), 54321);
  EXPECT_EQ(VALK_INT(apply(*one, {VALK_FIX(2), VALK_FIX(3), VALK_FIX(4), VALK_FIX(5)})), 54321);
}

TEST_F(CallsTest, ArityErrorsShowTheSignature) {
  EXPECT_EQ(shown(apply(pair_function.value(), {})),
            "raised :arity pair takes 2 arguments, not 0: (pair a b)");
  EXPECT_EQ(shown(apply(pair_function.value(), {VALK_NIL, VALK_NIL, VALK_NIL})),
            "raised :arity pair takes 2 arguments, not 3: (pair a b)");
  EXPECT_EQ(shown(apply(none_function.value(), {VALK_NIL})),
            "raised :arity none takes 0 arguments, not 1: (none)");
  Value* p = push(apply(pair_function.value(), {VALK_NIL}));
  EXPECT_EQ(shown(apply(*p, {VALK_NIL, VALK_NIL, VALK_NIL, VALK_NIL})),
            "raised :arity pair takes 2 arguments, not 5: (pair a b)");
}

TEST_F(CallsTest, RestParametersCollectAList) {
  EXPECT_EQ(shown(apply(rest_function.value(), {VALK_FIX(1)})), "{1 ()}");
  EXPECT_EQ(shown(apply(rest_function.value(), {VALK_FIX(1), VALK_FIX(2)})), "{1 {2}}");
  EXPECT_EQ(shown(apply(rest_function.value(), {VALK_FIX(1), VALK_FIX(2), VALK_FIX(3), VALK_FIX(4),
                                                VALK_FIX(5), VALK_FIX(6)})),
            "{1 {2 3 4 5 6}}");
  EXPECT_EQ(shown(apply(rest_function.value(), {})),
            "raised :arity rest takes at least 1 argument, not 0: (rest a & others)");
}

TEST_F(CallsTest, WhatIsNoFunctionYieldsItselfOrRaises) {
  EXPECT_EQ(VALK_INT(apply(VALK_FIX(5), {})), 5);
  EXPECT_EQ(shown(apply(VALK_FIX(5), {VALK_NIL})), "raised :type 5 is not a function");
  Value* list = push(ints({1, 2}));
  EXPECT_EQ(shown(apply(*list, {VALK_NIL, VALK_NIL})), "raised :type {1 2} is not a function");
}

TEST_F(CallsTest, BuiltinsAsValuesCheckTheirArityExactly) {
  static const ValkPrimitiveFn cons = VALK_PRIMITIVE_FN("cons", "(cons x list)", valk_cons, 2, 2);
  static ValkStaticClosure cons_value = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &cons};
  EXPECT_EQ(shown(apply(VALK_STATIC(cons_value), {VALK_FIX(1), VALK_NIL})), "{1}");
  EXPECT_EQ(shown(apply(VALK_STATIC(cons_value), {VALK_FIX(1)})),
            "raised :arity cons takes 2 arguments, not 1: (cons x list)");
  static const ValkPrimitiveFn list = VALK_PRIMITIVE_FN("list", "(list & xs)", valk_list, 0, -1);
  static ValkStaticClosure list_value = {VALK_HEADER(VALK_KIND_CLOSURE, 2), &list};
  EXPECT_EQ(shown(apply(VALK_STATIC(list_value),
                        {VALK_FIX(1), VALK_FIX(2), VALK_FIX(3), VALK_FIX(4), VALK_FIX(5)})),
            "{1 2 3 4 5}");
  EXPECT_EQ(shown(apply(VALK_STATIC(list_value), {})), "()");
}

TEST_F(CallsTest, DeepNestedRunsEndInAnError) {
  vm()->stack_limit = valk_stack_pointer() + 4096;
  EXPECT_EQ(valk_run_nested(vm(), sp_, valk_pass_to_parent, VALK_NIL, 0, 0, 0), VALK_ERR);
  EXPECT_EQ(raised().substr(0, 10), ":recursion");
}

}  // namespace
