// The heap's invariants, checked under VALK_GC_VERIFY: every value points at the start of something
// that is alive, and an old object that points into the nursery is remembered.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/gc/collector.h"
#include "runtime/value/runtime.h"

struct Verifier {
  Vm* vm;
  ValkHeap* heap;
  bool before;  ///< a collection: the nursery is in use
};

[[noreturn]] static void broken(const char* what, const Value* where, Value v) {
  fprintf(stderr, "valk: broken heap: %s: %#llx at %p\n", what, static_cast<unsigned long long>(v),
          static_cast<const void*>(where));
  abort();
}

static void check_header(const Value* where, Value v) {
  Value header = *valk_object(v);
  int kind = valk_header_kind(header);
  if ((header & 1) != 0 || kind == 0 || kind >= VALK_KIND_COUNT)
    broken("points at no object", where, v);
}

static void check_block(const Verifier& verifier, const Value* where, Value v, size_t offset) {
  const ValkBlocks& blocks = verifier.heap->blocks;
  uint32_t index = static_cast<uint32_t>(offset >> VALK_BLOCK_SHIFT);
  const ValkBlock& block = blocks.table[index];
  if (block.sort == VALK_BLOCK_FREE) broken("points into a free block", where, v);
  if ((block.sort == VALK_BLOCK_PAIRS) != valk_is_pair(v)) broken("has the wrong tag", where, v);
  const ValkArea& area =
      block.sort == VALK_BLOCK_PAIRS ? verifier.heap->pairs : verifier.heap->objects;
  if ((v & ~VALK_TAG_MASK) >= reinterpret_cast<Value>(valk_area_top(&blocks, &area, index)))
    broken("points past the end of a block", where, v);
  if (block.role == VALK_BLOCK_MARKED && !valk_block_is_marked(&blocks, v))
    broken("points at a dead object", where, v);
  if (!valk_is_pair(v)) check_header(where, v);
}

static void check_value(const Verifier& verifier, const Value* where) {
  Value v = *where;
  if (!valk_is_pointer(v)) return;
  const ValkHeap* heap = verifier.heap;
  size_t offset = v - reinterpret_cast<Value>(heap->nursery_region);
  if (offset < heap->nursery_region_bytes) {
    if (!verifier.before) broken("points into the empty nursery", where, v);
    if (v - verifier.vm->nursery_base >= verifier.vm->nursery_bytes ||
        (v & ~VALK_TAG_MASK) >= reinterpret_cast<Value>(verifier.vm->hp))
      broken("points to nothing in the nursery", where, v);
    if (!valk_is_pair(v)) check_header(where, v);
    return;
  }
  offset = v - reinterpret_cast<Value>(heap->blocks.base);
  if (offset < heap->blocks.bytes) return check_block(verifier, where, v, offset);
  offset = v - reinterpret_cast<Value>(heap->large.base);
  if (offset < heap->large.bytes) {
    if (!valk_is_object(v) || !valk_large_is_object(&heap->large, valk_object(v)))
      broken("points at no large object", where, v);
  }
  if (!valk_is_pair(v)) check_header(where, v);
}

static bool is_young(const Verifier& verifier, Value v) {
  return valk_is_pointer(v) && v - verifier.vm->nursery_base < verifier.vm->nursery_bytes;
}

static int compare_slots(const void* a, const void* b) {
  auto left = *static_cast<const uintptr_t*>(a), right = *static_cast<const uintptr_t*>(b);
  return left < right ? -1 : left > right;
}

/// The slots that are remembered one by one are in order: see valk_verify_heap.
static bool is_remembered_slot(const ValkHeap* heap, const Value* slot) {
  return heap->slot_count != 0 &&
         bsearch(&slot, heap->slots, heap->slot_count, sizeof(Value*), compare_slots) != nullptr;
}

static bool is_remembered(const ValkHeap* heap, const Value* p, const Value* slot) {
  bool is_noted = (p[0] & VALK_REMEMBERED) != 0;
  if (valk_is_large(&heap->large, p)) is_noted = is_noted && *valk_card(&heap->large, slot) != 0;
  return is_noted || is_remembered_slot(heap, slot);
}

static size_t check_object(const Verifier& verifier, const Value* p) {
  if (p[0] & 1) broken("a forwarding pointer was left behind", p, p[0]);
  ValkValueRange range = valk_object_values(p);
  for (size_t i = range.first; i < range.end; ++i) {
    check_value(verifier, p + i);
    if (!verifier.before || !is_young(verifier, p[i])) continue;
    if (!is_remembered(verifier.heap, p, p + i))
      broken("an old object that is not remembered points at a young one", p + i, p[i]);
  }
  return valk_object_words(p);
}

static size_t check_pair(const Verifier& verifier, const Value* p) {
  for (int i = 0; i < 2; ++i) {
    if (is_young(verifier, p[i])) broken("an old pair points at a young object", p + i, p[i]);
    check_value(verifier, p + i);
  }
  return 2;
}

/// Checks what is live in a block; of what is dead only the sizes count.
static void check_objects(const Verifier& verifier, const ValkArea& area, uint32_t index) {
  const ValkBlocks& blocks = verifier.heap->blocks;
  bool is_marked = blocks.table[index].role == VALK_BLOCK_MARKED;
  Value* p = reinterpret_cast<Value*>(valk_block_start(&blocks, index));
  Value* end = valk_area_top(&blocks, &area, index);
  while (p < end) {
    bool is_pairs = area.sort == VALK_BLOCK_PAIRS;
    if (is_marked && !valk_block_is_marked(&blocks, reinterpret_cast<Value>(p))) {
      p += is_pairs ? 2 : valk_object_words(p);
    } else {
      p += is_pairs ? check_pair(verifier, p) : check_object(verifier, p);
    }
  }
}

static void check_area(const Verifier& verifier, const ValkArea& area) {
  const ValkBlock* table = verifier.heap->blocks.table;
  for (uint32_t i = area.first; i != VALK_NO_BLOCK; i = table[i].next)
    check_objects(verifier, area, i);
  for (uint32_t i = area.marked; i != VALK_NO_BLOCK; i = table[i].next)
    check_objects(verifier, area, i);
}

static void check_large(const Verifier& verifier) {
  const ValkLarge& large = verifier.heap->large;
  for (uint32_t page = 0; page < large.fresh; page += large.table[page].pages) {
    if (!large.table[page].is_used) continue;
    check_object(verifier, reinterpret_cast<const Value*>(
                               large.base + (static_cast<size_t>(page) << VALK_PAGE_SHIFT)));
  }
}

static Verifier* verifier_of_roots;
static void check_root(Vm*, Value* slot) { check_value(*verifier_of_roots, slot); }

void valk_verify_heap(Vm* vm, Value* sp, bool before) {
  Verifier verifier{vm, vm->runtime->heap, before};
  verifier_of_roots = &verifier;
  if (verifier.heap->slot_count != 0)
    qsort(verifier.heap->slots, verifier.heap->slot_count, sizeof(Value*), compare_slots);
  valk_visit_roots(vm, sp, check_root);
  check_area(verifier, verifier.heap->pairs);
  check_area(verifier, verifier.heap->objects);
  check_large(verifier);
}
