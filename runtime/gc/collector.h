// The inside of the heap, for the files of this folder only.
//
//   range  [ nursery | blocks of the old generation | large objects ]
#pragma once

#include "runtime/gc/blocks.h"
#include "runtime/gc/gray.h"
#include "runtime/gc/heap.h"
#include "runtime/gc/large.h"
#include "runtime/gc/object.h"

enum { VALK_MAX_ROOT_CALLBACKS = 32, VALK_MAX_WEAK_TABLES = 4 };
/// How many stores into large objects are noted one by one, and how many make a collection due (page 0011).
enum : size_t { VALK_MAX_SLOTS = size_t{64} << 10, VALK_SLOTS_FOR_A_PAUSE = size_t{32} << 10 };

/// How long collections of one sort took: counts by size, four classes to each power of two.
enum { VALK_PAUSE_CLASSES = 160 };
struct ValkPauses {
  uint64_t count;
  uint64_t sum_ns;
  uint64_t longest_ns;
  uint32_t classes[VALK_PAUSE_CLASSES];
};

struct ValkGcStats {
  ValkPauses minor;
  ValkPauses full;
  uint64_t started_ns;  ///< when the heap was made
};

/// Objects of at least so many words are born old if those before them turned out to stay: copying them is what a
/// collection would take most of its time for.
enum : size_t { VALK_MEDIUM_WORDS = 128 };
struct ValkMedium {
  size_t born_words;  ///< in the nursery, since it was last judged
  size_t kept_words;  ///< of these, what a collection has found alive, and holding nothing young
  uint32_t count;     ///< of those made
  bool are_born_old;
};

struct ValkHeap {
  ValkHeapOptions options;
  bool budget_is_settled;  ///< options.max_bytes heeds the cgroup
  char* range;
  size_t range_bytes;

  // The nursery: [start, end) is in use now, out of the region [region, region + region_bytes).
  // Stress mode alternates between two halves, and protects the one it left.
  Value* nursery_start;
  Value* nursery_end;
  char* nursery_region;
  size_t nursery_region_bytes;
  size_t nursery_bytes;  ///< wanted, but for deep stacks: see adapt_nursery

  ValkBlocks blocks;
  ValkArea pairs;
  ValkArea objects;
  ValkLarge large;
  ValkGray gray;

  Value* remembered;  ///< old objects that may point into the nursery
  size_t remembered_count;
  size_t remembered_capacity;
  Value**
      slots;  ///< words of large objects that may point into the nursery; VALK_MAX_SLOTS of them, or null
  size_t slot_count;

  ValkMedium medium;

  size_t full_threshold;  ///< a full collection is due when old and large bytes exceed it
  size_t live_bytes;      ///< old and large, after the last full collection
  size_t leaving_bytes;   ///< so many of them will move in the next
  uint64_t stress_countdown;
  bool is_full;  ///< the collection that runs
  ValkGcStats stats;
  ValkPauseHook on_pause;  ///< null: nobody listens

  struct {
    ValkRoots visit;
    void* data;
  } roots[VALK_MAX_ROOT_CALLBACKS];
  int root_count;
  struct {
    ValkWeak update;
    void* data;
  } weak[VALK_MAX_WEAK_TABLES];
  int weak_count;
};

inline size_t valk_old_bytes(const ValkHeap* heap) {
  return size_t{heap->blocks.used} << VALK_BLOCK_SHIFT;
}

/// Collects: copies the survivors of the nursery, and with `full` finds what is live in the old generation.
/// Leaves the nursery empty.
void valk_run_collection(Vm* vm, Value* sp, bool full);
/// Sets the size of the nursery, which must be empty, and vm's pointers to it.
void valk_nursery_reset(Vm* vm, size_t bytes);

/// Calls visit on every root: shadow stack, Vm, globals, callbacks.
void valk_visit_roots(Vm* vm, Value* sp, ValkVisit visit);

/// Aborts with a message if the heap is inconsistent. `before` a collection it also looks for pointers
/// to young objects in old ones that are not remembered.
void valk_verify_heap(Vm* vm, Value* sp, bool before);

uint64_t valk_gc_clock();
void valk_note_pause(ValkPauses* pauses, uint64_t ns);
void valk_gc_report(const ValkHeap* heap);
