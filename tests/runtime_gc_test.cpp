// The collector: what is alive survives and is updated, what is dead goes, limits are errors.
#include "runtime/gc/heap.h"

#include <stdio.h>

#include "runtime/value/store.h"
#include "runtime_vm.h"

namespace {

class GcTest : public RuntimeTest {
 protected:
  void make_garbage(int pairs) {
    for (int i = 0; i < pairs; ++i) valk_make_pair(vm(), sp_, VALK_FIX(i), VALK_NIL);
  }
};

TEST_F(GcTest, KeepsWhatTheShadowStackHolds) {
  Value* list = push(ints({1, 2, 3}));
  Value* text = push(string("hello"));
  Value before = *list;
  valk_gc_full(vm(), sp_);
  EXPECT_NE(*list, before) << "what is young moves";
  EXPECT_EQ(shown(*list), "{1 2 3}");
  EXPECT_EQ(shown(*text), "hello");
}

TEST_F(GcTest, KeepsAListOfAMillion) {
  VALK_SKIP_UNDER_STRESS();
  Value* list = push(VALK_NIL);
  for (Fix i = 0; i < 1000000; ++i) *list = valk_make_pair(vm(), sp_, VALK_FIX(i), *list);
  valk_gc_full(vm(), sp_);
  Fix expected = 1000000;
  for (Value rest = *list; valk_is_pair(rest); rest = valk_tail(rest))
    ASSERT_EQ(VALK_INT(valk_head(rest)), --expected);
  EXPECT_EQ(expected, 0);
}

TEST_F(GcTest, KeepsDeeplyNestedLists) {
  VALK_SKIP_UNDER_STRESS();
  Value* nested = push(VALK_NIL);
  for (Fix i = 0; i < 1000000; ++i) *nested = valk_make_pair(vm(), sp_, *nested, VALK_NIL);
  valk_gc_full(vm(), sp_);
  Fix depth = 0;
  for (Value v = *nested; valk_is_pair(v); v = valk_head(v)) ++depth;
  EXPECT_EQ(depth, 1000000);
}

TEST_F(GcTest, FreesGarbage) {
  VALK_SKIP_UNDER_STRESS();
  make_garbage(10000000);
  valk_gc_full(vm(), sp_);
  EXPECT_LT(valk_heap_bytes(vm()), size_t{1} << 20);
}

TEST_F(GcTest, FullBlocksStayWhereTheyAre) {
  VALK_SKIP_UNDER_STRESS();
  Value* list = push(VALK_NIL);
  for (Fix i = 0; i < 100000; ++i) *list = valk_make_pair(vm(), sp_, VALK_FIX(i), *list);
  valk_gc_full(vm(), sp_);
  valk_gc_full(vm(), sp_);
  Value middle = VALK_NIL;
  for (Value rest = *list; valk_is_pair(rest); rest = valk_tail(rest))
    if (valk_head(rest) == VALK_FIX(50000)) middle = rest;
  valk_gc_full(vm(), sp_);
  Value after = VALK_NIL;
  for (Value rest = *list; valk_is_pair(rest); rest = valk_tail(rest))
    if (valk_head(rest) == VALK_FIX(50000)) after = rest;
  EXPECT_EQ(middle, after);
}

TEST_F(GcTest, SparseBlocksAreEmptied) {
  VALK_SKIP_UNDER_STRESS();
  const Fix kept = 2000, each = 100;
  Value* vector = push(valk_vec_make(vm(), sp_, VALK_FIX(kept * each), VALK_NIL));
  for (Fix i = 0; i < kept * each; ++i) {
    Value list = ints({i, i, i, i});  // may move the vector
    valk_vec_set(vm(), sp_, *vector, VALK_FIX(i), list);
  }
  valk_gc_full(vm(), sp_);
  size_t full = valk_heap_bytes(vm());
  for (Fix i = 0; i < kept * each; ++i)
    if (i % each != 0) valk_vec_set(vm(), sp_, *vector, VALK_FIX(i), VALK_NIL);
  valk_gc_full(vm(), sp_);  // finds them
  valk_gc_full(vm(), sp_);  // empties them
  EXPECT_LT(valk_heap_bytes(vm()), full / 4);
  for (Fix i = 0; i < kept; ++i)
    ASSERT_EQ(valk_head(valk_vec_get(vm(), sp_, *vector, VALK_FIX(i * each))), VALK_FIX(i * each));
}

/// Resident memory of this process, in bytes.
size_t resident() {
  FILE* file = fopen("/proc/self/statm", "re");
  long pages = 0;
  if (fscanf(file, "%*s %ld", &pages) != 1) pages = 0;
  fclose(file);
  return static_cast<size_t>(pages) * 4096;
}

TEST_F(GcTest, MemoryReturnsToTheSystemAfterAPeak) {
  VALK_SKIP_UNDER_STRESS();
  size_t before = resident();
  Value* list = push(VALK_NIL);
  for (Fix i = 0; i < 5000000; ++i) *list = valk_make_pair(vm(), sp_, VALK_FIX(i), *list);
  EXPECT_GT(resident(), before + (size_t{70} << 20));
  *list = VALK_NIL;
  valk_gc_full(vm(), sp_);
  EXPECT_LT(resident(), before + (size_t{8} << 20));
}

TEST_F(GcTest, MemoryOfLargeObjectsReturnsToTheSystem) {
  VALK_SKIP_UNDER_STRESS();
  size_t before = resident();
  Value* list = push(VALK_NIL);
  for (Fix i = 0; i < 100; ++i) {
    Value large = valk_vec_make(vm(), sp_, VALK_FIX(100000), VALK_FIX(i));
    *list = valk_make_pair(vm(), sp_, large, *list);
  }
  EXPECT_GT(resident(), before + (size_t{70} << 20));
  // Every second one dies, so that what is free is in pieces.
  for (Value l = *list; valk_is_pair(l); l = valk_tail(l))
    valk_pair(l)[1] = valk_tail(valk_tail(l));
  valk_gc_full(vm(), sp_);
  EXPECT_LT(resident(), before + (size_t{56} << 20));
  *list = VALK_NIL;
  valk_gc_full(vm(), sp_);
  EXPECT_LT(resident(), before + (size_t{8} << 20));
}

TEST_F(GcTest, PagesOfLargeObjectsAreUsedAgain) {
  VALK_SKIP_UNDER_STRESS();
  Value* kept = push(valk_vec_make(vm(), sp_, VALK_FIX(10), VALK_NIL));
  for (Fix i = 0; i < 3000; ++i) {
    const Fix length = 5000 + i * 7919 % 50000;
    Value large = valk_vec_make(vm(), sp_, VALK_FIX(length), VALK_FIX(i));
    valk_vec_set(vm(), sp_, *kept, VALK_FIX(i % 10), large);
    large = valk_vec_get(vm(), sp_, *kept, VALK_FIX((i + 3) % 10));
    if (i < 10) continue;
    const Fix then = valk_vec_get(vm(), sp_, large, VALK_FIX(0));
    ASSERT_EQ(then % VALK_FIX(10), VALK_FIX((i + 3) % 10));
    ASSERT_EQ(valk_vec_get(vm(), sp_, large, VALK_FIX(4999)), then);
  }
}

TEST_F(GcTest, MostOfTheHeapCanBeAlive) {
  VALK_SKIP_UNDER_STRESS();
  ValkHeapOptions small = options();
  small.max_bytes = size_t{64} << 20;
  small.verify = false;
  restart(small);
  Value* list = push(VALK_NIL);
  Fix wanted = Fix{48} << 20 >> 4;
  for (Fix i = 0; i < wanted; ++i) {
    *list = valk_make_pair(vm(), sp_, VALK_FIX(i), *list);
    ASSERT_NE(*list, VALK_ERR) << "after " << i;
  }
}

TEST_F(GcTest, SharedStructureStaysShared) {
  Value* shared = push(ints({7}));
  Value* a = push(valk_make_pair(vm(), sp_, *shared, VALK_NIL));
  Value* b = push(valk_make_pair(vm(), sp_, *shared, VALK_NIL));
  valk_gc_full(vm(), sp_);
  EXPECT_EQ(valk_head(*a), valk_head(*b));
  EXPECT_EQ(valk_head(*a), *shared);
}

TEST_F(GcTest, OldObjectsThatPointAtYoungOnesAreRemembered) {
  VALK_SKIP_UNDER_STRESS();
  Value* ref = push(valk_ref(vm(), sp_, VALK_NIL));
  valk_gc_full(vm(), sp_);
  for (Fix i = 0; i < 1000; ++i) {
    Value young = ints({i});
    valk_ref_set(vm(), sp_, *ref, young);
    make_garbage(1000);
    ASSERT_EQ(valk_head(valk_ref_get(vm(), sp_, *ref)), VALK_FIX(i));
  }
}

TEST_F(GcTest, CyclesAreCollectedOrKept) {
  Value* ref = push(valk_ref(vm(), sp_, VALK_NIL));
  valk_ref_set(vm(), sp_, *ref, *ref);
  valk_gc_full(vm(), sp_);
  EXPECT_EQ(valk_ref_get(vm(), sp_, *ref), *ref);
}

TEST_F(GcTest, LargeStringsDoNotMove) {
  VALK_SKIP_UNDER_STRESS();
  Value* large = push(string(std::string(100000, 'x')));
  Value before = *large;
  valk_gc_full(vm(), sp_);
  make_garbage(1000000);
  EXPECT_EQ(*large, before);
  EXPECT_EQ(valk_string_bytes(*large)[99999], 'x');
}

TEST_F(GcTest, LargeObjectsAreFreed) {
  VALK_SKIP_UNDER_STRESS();
  for (int i = 0; i < 10000; ++i) ASSERT_NE(string(std::string(100000, 'x')), VALK_ERR);
  valk_gc_full(vm(), sp_);
  EXPECT_LT(valk_heap_bytes(vm()), size_t{1} << 20);
}

TEST_F(GcTest, LargeVectorsAreTraced) {
  VALK_SKIP_UNDER_STRESS();
  Value* vector = push(valk_vec_make(vm(), sp_, VALK_FIX(100000), VALK_NIL));
  for (Fix i = 0; i < 100000; ++i) {
    Value element = ints({i});
    valk_vec_set(vm(), sp_, *vector, VALK_FIX(i), element);
  }
  valk_gc_full(vm(), sp_);
  for (Fix i = 0; i < 100000; ++i)
    ASSERT_EQ(valk_head(valk_vec_get(vm(), sp_, *vector, VALK_FIX(i))), VALK_FIX(i));
}

TEST_F(GcTest, ManyStoresIntoALargeVectorMakeACollectionDue) {
  VALK_SKIP_UNDER_STRESS();
  constexpr Fix LENGTH = 200'000, STRIDE = 7919;
  Value* vector = push(valk_vec_make(vm(), sp_, VALK_FIX(LENGTH), VALK_NIL));
  valk_gc_full(vm(), sp_);
  const uint64_t before = valk_gc_count(vm());
  for (Fix i = 0; i < LENGTH; ++i) {
    const Value pair = valk_make_pair(vm(), sp_, VALK_FIX(i), VALK_NIL);
    ASSERT_NE(valk_vec_set(vm(), sp_, *vector, VALK_FIX(i * STRIDE % LENGTH), pair), VALK_ERR);
  }
  // The pairs take 3 MiB: it is not for want of room.
  EXPECT_GE(valk_gc_count(vm()) - before, 5U);
  for (Fix i = 0; i < LENGTH; ++i)
    ASSERT_EQ(valk_head(valk_vec_get(vm(), sp_, *vector, VALK_FIX(i * STRIDE % LENGTH))),
              VALK_FIX(i));
}

TEST_F(GcTest, FilledVectorsOfAnySizeKeepAYoungValue) {
  for (Fix length : {0, 3, 1000, 5000, 100'000}) {
    Value* pair = push(valk_make_pair(vm(), sp_, VALK_FIX(length), VALK_NIL));
    Value* vector = push(valk_vec_make(vm(), sp_, VALK_FIX(length), *pair));
    valk_gc_minor(vm(), sp_);
    valk_gc_full(vm(), sp_);
    for (Fix i = 0; i < length; ++i)
      ASSERT_EQ(valk_vec_get(vm(), sp_, *vector, VALK_FIX(i)), *pair);
  }
}

TEST_F(GcTest, ObjectsOfSomeKilobytesAreBornOldWhereTheyStay) {
  VALK_SKIP_UNDER_STRESS();
  const Fix kept = 2000, words = 300;
  Value* ring = push(valk_vec_make(vm(), sp_, VALK_FIX(kept), VALK_NIL));
  Fix born_old = 0;
  auto make = [&](Fix n, bool stays, bool holds_young) {
    born_old = 0;
    for (Fix i = 0; i < n; ++i) {
      Value* value = push(VALK_FIX(i));
      if (holds_young) *value = valk_make_pair(vm(), sp_, VALK_FIX(i), VALK_NIL);
      Value store = valk_make_filled_store(vm(), sp_, words, *value);
      --sp_;
      born_old += store - vm()->nursery_base >= vm()->nursery_bytes;
      if (stays) valk_vec_set(vm(), sp_, *ring, VALK_FIX(i % kept), store);
    }
  };
  make(2 * kept, true, false);
  make(2 * kept, true, false);
  EXPECT_GT(born_old, kept);
  EXPECT_LT(born_old, 2 * kept) << "some are born young, as a sample";
  make(kept, true, true);
  for (Fix i = 0; i < kept; ++i) {
    Value store = valk_vec_get(vm(), sp_, *ring, VALK_FIX(i));
    for (Fix word = 0; word < words; ++word)
      ASSERT_EQ(valk_head(valk_store_values(store)[word]), VALK_FIX(i));
  }
  make(20 * kept, true, true);
  make(2 * kept, true, true);
  EXPECT_EQ(born_old, 0) << "noting what is young in old objects costs more than to copy them";
  make(4 * kept, true, false);
  EXPECT_GT(born_old, kept);
  make(20 * kept, false, false);
  make(2 * kept, false, false);
  EXPECT_EQ(born_old, 0) << "what dies young is born young again";
}

TEST_F(GcTest, LargeRecordsHoldYoungValues) {
  VALK_SKIP_UNDER_STRESS();
  const Fix count = 5000;
  Value* first = sp_;
  for (Fix i = 0; i < count; ++i) push(valk_make_pair(vm(), sp_, VALK_FIX(i), VALK_NIL));
  Value record = valk_pack(vm(), first, count);
  sp_ = first;
  Value* kept = push(record);
  valk_gc_minor(vm(), sp_);
  make_garbage(100000);
  for (Fix i = 0; i < count; ++i)
    ASSERT_EQ(valk_head(valk_packed(vm(), sp_, *kept, VALK_FIX(i))), VALK_FIX(i));
}

TEST_F(GcTest, ExhaustionIsAnErrorAndTheProgramGoesOn) {
  VALK_SKIP_UNDER_STRESS();
  ValkHeapOptions small = options();
  small.max_bytes = size_t{16} << 20;
  restart(small);
  Value* list = push(VALK_NIL);
  Value pair = VALK_NIL;
  Fix made = 0;
  for (; pair != VALK_ERR && made < 10000000; ++made) {
    pair = valk_make_pair(vm(), sp_, VALK_FIX(made), *list);
    if (pair != VALK_ERR) *list = pair;
  }
  EXPECT_EQ(pair, VALK_ERR);
  EXPECT_GT(made, 100000);
  EXPECT_EQ(raised(), ":memory out of memory");
  EXPECT_EQ(shown(ints({1, 2})), "{1 2}") << "there is room for the handler";
  *list = VALK_NIL;
  make_garbage(1000000);
  EXPECT_EQ(shown(ints({1, 2})), "{1 2}");
}

TEST_F(GcTest, ALargeObjectBeyondTheHeapIsAnError) {
  EXPECT_EQ(valk_vec_make(vm(), sp_, VALK_FIX(Fix{1} << 40), VALK_NIL), VALK_ERR);
  EXPECT_EQ(raised(), ":memory out of memory");
  EXPECT_EQ(valk_make_string_of(vm(), sp_, VALK_FIX(Fix{1} << 50), string("x")), VALK_ERR);
  EXPECT_EQ(raised(), ":memory out of memory");
}

TEST_F(GcTest, StressMovesEverythingAtEveryAllocation) {
  ValkHeapOptions stress = options();
  stress.stress = 1;
  restart(stress);
  Value* list = push(VALK_NIL);
  for (Fix i = 0; i < 200; ++i) *list = valk_make_pair(vm(), sp_, VALK_FIX(i), *list);
  Value* table = push(valk_table(vm(), sp_));
  for (Fix i = 0; i < 100; ++i) {
    Value key = string("key " + std::to_string(i));
    valk_table_set(vm(), sp_, *table, key, VALK_FIX(i));
  }
  EXPECT_EQ(valk_len(vm(), sp_, *list), VALK_FIX(200));
  Value key = string("key 42");
  EXPECT_EQ(call(valk_table_get, {*table, key}), VALK_FIX(42));
  EXPECT_GT(valk_gc_count(vm()), uint64_t{300});
}

TEST_F(GcTest, RootCallbacksAreVisited) {
  VALK_SKIP_UNDER_STRESS();
  static Value kept;
  kept = ints({5});
  valk_gc_add_roots(
      vm(), [](Vm* vm, void*, ValkVisit visit) { visit(vm, &kept); }, nullptr);
  valk_gc_full(vm(), sp_);
  make_garbage(1000000);
  EXPECT_EQ(shown(kept), "{5}");
}

TEST(GcOptions, TheBudgetIsThreeQuartersOfWhatIsAvailable) {
  Vm vm = {};
  ASSERT_TRUE(valk_heap_init(&vm, {}));
  EXPECT_EQ(valk_heap_max_bytes(&vm), valk_available_memory() / 4 * 3);
  valk_heap_destroy(&vm);
}

TEST(GcOptions, SizesAreRead) {
  EXPECT_EQ(valk_parse_size("12"), size_t{12});
  EXPECT_EQ(valk_parse_size("4K"), size_t{4096});
  EXPECT_EQ(valk_parse_size("3m"), size_t{3} << 20);
  EXPECT_EQ(valk_parse_size("2G"), size_t{2} << 30);
  EXPECT_EQ(valk_parse_size("x"), size_t{0});
  EXPECT_EQ(valk_parse_size("1Kb"), size_t{0});
  EXPECT_GT(valk_available_memory(), size_t{1} << 20);
}

}  // namespace
