// Builtins on lists, strings, vectors, tables and errors: results, and what wrong arguments say.
#include "runtime/value/vector.h"
#include "runtime_vm.h"

namespace {

class PrimsTest : public RuntimeTest {
 protected:
  /// Calls a register builtin with values that were pushed, so that making one does not lose another.
  std::string apply(Value (*f)(Vm*, Value*, Value), Value* a) {
    return shown(f(vm(), sp_, *a), true);
  }
  std::string apply(Value (*f)(Vm*, Value*, Value, Value), Value* a, Value* b) {
    return shown(f(vm(), sp_, *a, *b), true);
  }
  std::string apply(Value (*f)(Vm*, Value*, Value, Value, Value), Value* a, Value* b, Value* c) {
    return shown(f(vm(), sp_, *a, *b, *c), true);
  }
  Value* s(const std::string& text) { return push(string(text)); }
  Value* i(Fix n) { return push(VALK_FIX(n)); }
  Value* l(std::initializer_list<Fix> items) { return push(ints(items)); }
  Value* nil() { return push(VALK_NIL); }
};

TEST_F(PrimsTest, PartsOfLists) {
  EXPECT_EQ(apply(valk_head_of, l({1, 2})), "1");
  EXPECT_EQ(apply(valk_tail_of, l({1, 2})), "{2}");
  EXPECT_EQ(apply(valk_last, l({1, 2, 3})), "3");
  EXPECT_EQ(apply(valk_init, l({1, 2, 3})), "{1 2}");
  EXPECT_EQ(apply(valk_nth, i(2), l({7, 8})), "8");
  EXPECT_EQ(apply(valk_trd, l({7, 8, 9})), "9");
  EXPECT_EQ(apply(valk_len, l({7, 8, 9})), "3");
  EXPECT_EQ(apply(valk_len, s("héé")), "5");
}

TEST_F(PrimsTest, ErrorsNameFunctionArgumentAndWhatWasExpected) {
  EXPECT_EQ(apply(valk_head_of, nil()), "raised :range head: argument 1 must not be an empty list");
  EXPECT_EQ(apply(valk_head_of, i(5)), "raised :type head: argument 1 must be a list, not 5");
  EXPECT_EQ(apply(valk_cons, i(5), s("x")),
            "raised :type cons: argument 2 must be a list, not \"x\"");
  EXPECT_EQ(apply(valk_nth, i(3), l({7, 8})),
            "raised :range nth: there is no element 3 in a list of 2");
  EXPECT_EQ(apply(valk_nth, i(0), l({7})),
            "raised :range nth: argument 1 must be 1 or more, not 0");
  EXPECT_EQ(apply(valk_str_upper, s(std::string(1000, 'x'))), "\"" + std::string(1000, 'X') + "\"");
  std::string message = apply(valk_cons, i(1), s(std::string(1000, 'x')));
  EXPECT_LT(message.size(), 130u) << "a long argument is cut";
}

TEST_F(PrimsTest, JoiningAndCutting) {
  EXPECT_EQ(shown(call(valk_join, {ints({1, 2})})), "{1 2}");
  Value *a = l({1, 2}), *b = l({3}), *c = nil();
  EXPECT_EQ(shown(call(valk_join, {*a, *c, *b})), "{1 2 3}");
  EXPECT_EQ(shown(call(valk_join, {*a, VALK_FIX(9)})), "{1 2 9}");
  EXPECT_EQ(shown(call(valk_join, {VALK_FIX(9), *a})), "{9 1 2}");
  EXPECT_EQ(shown(call(valk_join, {})), "()");
  EXPECT_EQ(apply(valk_take_n, i(2), l({1, 2, 3})), "{1 2}");
  EXPECT_EQ(apply(valk_take_n, i(9), l({1, 2, 3})), "{1 2 3}");
  EXPECT_EQ(apply(valk_drop, i(2), l({1, 2, 3})), "{3}");
  EXPECT_EQ(apply(valk_split, i(1), l({1, 2, 3})), "{{1} {2 3}}");
  EXPECT_EQ(apply(valk_reverse, l({1, 2, 3})), "{3 2 1}");
  EXPECT_EQ(apply(valk_zip, l({1, 2, 3}), l({4, 5})), "{{1 4} {2 5}}");
  EXPECT_EQ(apply(valk_range, i(2), i(5)), "{2 3 4}");
  EXPECT_EQ(apply(valk_range, i(5), i(2)), "()");
}

TEST_F(PrimsTest, LongListsAreCopiedInOrder) {
  Value* list = push(valk_range(vm(), sp_, VALK_FIX(0), VALK_FIX(5000)));
  Value* copy = push(valk_init(vm(), sp_, *list));
  Fix n = 0;
  for (Value rest = *copy; valk_is_pair(rest); rest = valk_tail(rest))
    ASSERT_EQ(valk_head(rest), VALK_FIX(n++));
  EXPECT_EQ(n, 4999);
}

TEST_F(PrimsTest, PropertyLists) {
  Value *a = push(keyword(":a")), *b = push(keyword(":b"));
  Value* empty = nil();
  Value* one = push(valk_plist_set(vm(), sp_, *empty, *a, VALK_FIX(1)));
  Value* two = push(valk_plist_set(vm(), sp_, *one, *b, VALK_FIX(2)));
  Value* changed = push(valk_plist_set(vm(), sp_, *two, *a, VALK_FIX(9)));
  EXPECT_EQ(shown(*two), "{:a 1 :b 2}");
  EXPECT_EQ(shown(*changed), "{:a 9 :b 2}");
  EXPECT_EQ(apply(valk_plist_get_of, two, b), "2");
  EXPECT_EQ(apply(valk_plist_get_of, one, b), "()");
  EXPECT_EQ(apply(valk_plist_has, one, b), "0");
  EXPECT_EQ(apply(valk_plist_keys, two), "{:a :b}");
  EXPECT_EQ(apply(valk_plist_vals, two), "{1 2}");
  EXPECT_EQ(valk_plist_get(*two, ":b", VALK_UNSET), VALK_FIX(2));
}

TEST_F(PrimsTest, Strings) {
  EXPECT_EQ(apply(valk_str_split, s("a,b,,c"), s(",")), "{\"a\" \"b\" \"\" \"c\"}");
  EXPECT_EQ(apply(valk_str_split, s(""), s(",")), "{\"\"}");
  EXPECT_EQ(apply(valk_str_split, s("a,"), s(",")), "{\"a\" \"\"}");
  EXPECT_EQ(apply(valk_str_join, s("-"), l({1, 2, 3})), "\"1-2-3\"");
  EXPECT_EQ(apply(valk_str_replace, s("aXbXX"), s("X"), s("yy")), "\"ayybyyyy\"");
  EXPECT_EQ(apply(valk_str_slice, s("hello"), i(1), i(3)), "\"el\"");
  EXPECT_EQ(apply(valk_str_slice, s("hello"), i(3), i(9)),
            "raised :range str/slice: there is no slice 3 to 9 of a string of 5 bytes");
  EXPECT_EQ(apply(valk_str_find, s("hello"), s("l")), "2");
  EXPECT_EQ(apply(valk_str_find, s("hello"), s("z")), "-1");
  EXPECT_EQ(apply(valk_str_trim, s(" \t x y\n")), "\"x y\"");
  EXPECT_EQ(apply(valk_str_upper, s("aZ9é")), "\"AZ9é\"");
  EXPECT_EQ(apply(valk_str_lower, s("aZ9")), "\"az9\"");
  EXPECT_EQ(apply(valk_str_starts, s("abc"), s("ab")), "1");
  EXPECT_EQ(apply(valk_str_ends, s("abc"), s("abcd")), "0");
  EXPECT_EQ(apply(valk_make_string_of, i(3), s("ab")), "\"ababab\"");
  EXPECT_EQ(apply(valk_str_ref, s("\xff"), i(0)), "255");
  EXPECT_EQ(apply(valk_str_from_bytes, l({104, 105})), "\"hi\"");
  EXPECT_EQ(apply(valk_str_to_num, s("12")), "12");
  EXPECT_EQ(apply(valk_str_to_num, s("twelve")), "()");
}

TEST_F(PrimsTest, ReadableFormsEscape) {
  EXPECT_EQ(shown(string(std::string("a\"\\\n\x01\0z", 7)), true), "\"a\\\"\\\\\\n\\x01\\x00z\"");
  Value* inner = s("q");
  EXPECT_EQ(shown(call(valk_list, {*inner, VALK_FIX(1), VALK_NIL})), "{\"q\" 1 ()}");
  EXPECT_EQ(shown(string("q")), "q");
}

TEST_F(PrimsTest, EqualityIsStructural) {
  auto equal = [](Value* a, Value* b) { return valk_equal(*a, *b); };
  EXPECT_TRUE(equal(l({1, 2}), l({1, 2})));
  EXPECT_FALSE(equal(l({1, 2}), l({1, 2, 3})));
  EXPECT_TRUE(equal(s("ab"), s("ab")));
  EXPECT_TRUE(equal(push(symbol("x")), push(symbol("x"))));
  EXPECT_FALSE(equal(push(symbol(":x")), push(keyword(":x"))));
  EXPECT_TRUE(equal(push(valk_list_to_vec(vm(), sp_, *l({1}))),
                    push(valk_list_to_vec(vm(), sp_, *l({1})))));
  EXPECT_FALSE(
      equal(push(valk_ref(vm(), sp_, VALK_FIX(1))), push(valk_ref(vm(), sp_, VALK_FIX(1)))));
}

TEST_F(PrimsTest, Vectors) {
  Value* v = push(call(valk_vec, {}));
  for (Fix n = 0; n < 1000; ++n) valk_vec_push(vm(), sp_, *v, VALK_FIX(n));
  EXPECT_EQ(apply(valk_vec_len, v), "1000");
  EXPECT_EQ(apply(valk_vec_get, v, i(999)), "999");
  EXPECT_EQ(apply(valk_vec_pop, v), "999");
  EXPECT_EQ(apply(valk_vec_get, v, i(999)),
            "raised :range vec/get: there is no index 999 in a vector of 999");
  EXPECT_EQ(apply(valk_vec_set, v, i(0), i(7)), "7");
  EXPECT_EQ(shown(valk_vec_slice(vm(), sp_, *v, VALK_FIX(0), VALK_FIX(3))), "[7 1 2]");
  EXPECT_EQ(apply(valk_vec_to_list, push(valk_list_to_vec(vm(), sp_, *l({1, 2})))), "{1 2}");
  Value* self = push(call(valk_vec, {VALK_FIX(1), VALK_FIX(2)}));
  valk_vec_set(vm(), sp_, *self, VALK_FIX(1), *self);
  EXPECT_EQ(shown(*self), "[1 [...]]");
}

TEST_F(PrimsTest, VectorsOfFloatsKeepDoublesUntilAnotherValueComes) {
  Value* v = push(call(valk_vec, {*push(real(0.5)), *push(real(-2.5))}));
  EXPECT_TRUE(valk_holds_floats(*v));
  for (int n = 0; n < 100; ++n) valk_vec_push(vm(), sp_, *v, *push(real(n)));
  EXPECT_TRUE(valk_holds_floats(*v));
  EXPECT_EQ(valk_bytes_length(valk_vector_store(*v)) % sizeof(double), 0u);
  EXPECT_EQ(apply(valk_vec_get, v, i(101)), "99.0");
  Value* slice = push(valk_vec_slice(vm(), sp_, *v, VALK_FIX(1), VALK_FIX(4)));
  EXPECT_TRUE(valk_holds_floats(*slice));
  EXPECT_EQ(apply(valk_vec_set, v, i(1), s("x")), "\"x\"");
  EXPECT_FALSE(valk_holds_floats(*v));
  EXPECT_EQ(apply(valk_vec_get, v, i(101)), "99.0");
  EXPECT_EQ(apply(valk_vec_set, v, i(1), push(real(1))), "1.0");
  EXPECT_FALSE(valk_holds_floats(*v)) << "going back and forth would copy the vector each time";
  EXPECT_EQ(shown(*slice), "[-2.5 0.0 1.0]");
  EXPECT_TRUE(valk_holds_floats(valk_vec_make(vm(), sp_, VALK_FIX(2), *push(real(1)))));
  EXPECT_FALSE(valk_holds_floats(valk_vec_make(vm(), sp_, VALK_FIX(2), VALK_FIX(1))));
}

TEST_F(PrimsTest, TablesKeepInsertionOrder) {
  Value* t = push(valk_table(vm(), sp_));
  for (Fix n = 0; n < 500; ++n) {
    Value key = string("k" + std::to_string(n * 7919 % 500));
    valk_table_set(vm(), sp_, *t, key, VALK_FIX(n));
  }
  EXPECT_EQ(apply(valk_table_len, t), "500");
  for (Fix n = 0; n < 500; n += 2)
    EXPECT_EQ(apply(valk_table_del, t, s("k" + std::to_string(n * 7919 % 500))), "1");
  EXPECT_EQ(apply(valk_table_len, t), "250");
  Value* values = push(valk_table_vals(vm(), sp_, *t));
  Fix n = 1;
  for (Value rest = *values; valk_is_pair(rest); rest = valk_tail(rest), n += 2)
    ASSERT_EQ(valk_head(rest), VALK_FIX(n));
  EXPECT_EQ(n, 501);
}

TEST_F(PrimsTest, TablesFindKeysByEquality) {
  Value* t = push(valk_table(vm(), sp_));
  Value *one = i(1), *one_float = push(real(1.0)), *list = l({1, 2});
  EXPECT_EQ(apply(valk_table_set, t, one, s("a")), "\"a\"");
  EXPECT_EQ(apply(valk_table_has, t, one_float), "1");
  apply(valk_table_set, t, list, s("b"));
  Value* same = l({1, 2});
  EXPECT_EQ(shown(call(valk_table_get, {*t, *same})), "b");
  EXPECT_EQ(shown(call(valk_table_get, {*t, VALK_FIX(5), VALK_FIX(6)})), "6");
  EXPECT_EQ(apply(valk_table_set, t, t, one),
            "raised :type table/set!: argument 2 must be a key of an immutable kind, not <table>");
  Value* big = push(number("100000000000000000000"));
  Value* same_float = push(number("1e20"));
  apply(valk_table_set, t, big, one);
  EXPECT_EQ(apply(valk_table_has, t, same_float), "1");
}

TEST_F(PrimsTest, ErrorsAreValues) {
  Value* message = s("broken");
  Value* kind = push(keyword(":mine"));
  EXPECT_EQ(call(valk_error, {*kind, *message, VALK_FIX(3)}), VALK_ERR);
  static const ValkSite site = {"f.valk", 3, 5, 9, "g", "  (error …)"};
  valk_traced(vm(), &site);
  Value* error = push(valk_catch(vm(), sp_));
  EXPECT_EQ(shown(*error), "Error: broken");
  EXPECT_EQ(apply(valk_error_kind, error), ":mine");
  EXPECT_EQ(apply(valk_error_data, error), "3");
  EXPECT_EQ(apply(valk_error_trace, error), "{{\"g\" \"f.valk\" 3 5}}");
  valk_throw(vm(), sp_, *error);
  EXPECT_EQ(valk_catch(vm(), sp_), *error) << "an error thrown again is the same one";
  Value* other = push(valk_attach(vm(), sp_, *error, *error));
  EXPECT_EQ(shown(valk_error_attached(vm(), sp_, *other)), "{Error: broken}");
  EXPECT_EQ(apply(valk_throw_value, i(1)),
            "raised :type throw: argument 1 must be an error, not 1");
}

TEST_F(PrimsTest, DeepDataIsNoProblem) {
  VALK_SKIP_UNDER_STRESS();
  Value* a = nil();
  Value* b = nil();
  for (int n = 0; n < 300000; ++n) {
    *a = valk_make_pair(vm(), sp_, *a, VALK_NIL);
    *b = valk_make_pair(vm(), sp_, *b, VALK_NIL);
  }
  EXPECT_TRUE(valk_equal(*a, *b));
  EXPECT_EQ(shown(*a).size(), 300000u * 2 + 2);
  Value* t = push(valk_table(vm(), sp_));
  EXPECT_EQ(valk_table_set(vm(), sp_, *t, *a, VALK_FIX(1)), VALK_FIX(1));
  EXPECT_EQ(valk_table_has(vm(), sp_, *t, *b), VALK_FIX(1));
}

TEST_F(PrimsTest, TypesAreKeywords) {
  EXPECT_EQ(apply(valk_type, i(1)), ":integer");
  EXPECT_EQ(apply(valk_type, nil()), ":nil");
  EXPECT_EQ(apply(valk_type, l({1})), ":list");
  EXPECT_EQ(apply(valk_type, s("")), ":string");
  EXPECT_EQ(apply(valk_type, push(real(1))), ":float");
  EXPECT_EQ(apply(valk_type, push(valk_table(vm(), sp_))), ":table");
  EXPECT_EQ(apply(valk_not, nil()), "1");
  EXPECT_EQ(apply(valk_not, s("")), "0");
}

}  // namespace
