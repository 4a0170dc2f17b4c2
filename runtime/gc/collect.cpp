// One collection. What moves is copied after Cheney: roots are relocated, then what was copied is scanned
// in order, and copying appends to what is still to be scanned. No recursion.
//
// A minor collection moves what lives in the nursery; the remembered objects are roots. A full one also
// marks what lives in the old generation, where it stands, but for blocks with few live objects, which
// it empties (after Blackburn and McKinley, Immix, 2008): so it needs little memory and writes little.
#include <string.h>

#include "runtime/gc/collector.h"
#include "runtime/gc/poison.h"
#include "runtime/value/runtime.h"

static Value copy_pair(ValkHeap* heap, Value* p) {
  if (p[0] == VALK_FORWARDED) return p[1];
  Value* to = valk_area_alloc(&heap->blocks, &heap->pairs, 2);
  to[0] = p[0];
  to[1] = p[1];
  p[0] = VALK_FORWARDED;
  return p[1] = valk_tag_pair(to);
}

/// Do some words of an object that is being copied look like pointers to what is young? Where values are put into
/// an object while they are young, it is cheaper to copy it than to note each store into an old one.
static bool holds_young(const ValkHeap* heap, const Value* p, size_t words) {
  const Value start = reinterpret_cast<Value>(heap->nursery_start);
  const Value bytes = reinterpret_cast<Value>(heap->nursery_end) - start;
  for (size_t i = words - 1; i > 1; i -= i < words / 8 ? i : words / 8) {
    if (valk_is_pointer(p[i]) && p[i] - start < bytes) return true;
  }
  return false;
}

/// Where the next objects of its size are born depends on it.
VALK_COLD static void note_medium(ValkHeap* heap, const Value* from, const Value* to,
                                  size_t words) {
  const bool was_young = from >= heap->nursery_start && from < heap->nursery_end;
  if (was_young && !holds_young(heap, to, words)) heap->medium.kept_words += words;
}

static Value copy_object(ValkHeap* heap, Value* p) {
  if (p[0] & 1) return p[0];
  size_t words = valk_object_words(p);
  Value* to = valk_area_alloc(&heap->blocks, &heap->objects, words);
  memcpy(to, p, words * sizeof(Value));
  if (VALK_UNLIKELY(words >= VALK_MEDIUM_WORDS)) note_medium(heap, p, to, words);
  return p[0] = valk_tag_object(to);
}

static inline Value copy(ValkHeap* heap, Value v) {
  return valk_is_pair(v) ? copy_pair(heap, valk_pair(v)) : copy_object(heap, valk_object(v));
}

/// Only in a full collection: v lies outside the nursery.
static inline Value relocate_old(ValkHeap* heap, Value v) {
  size_t offset = v - reinterpret_cast<Value>(heap->blocks.base);
  if (offset < heap->blocks.bytes) {
    ValkBlockRole role = heap->blocks.table[offset >> VALK_BLOCK_SHIFT].role;
    if (role == VALK_BLOCK_LEAVING) return copy(heap, v);
    if (role == VALK_BLOCK_MARKED && valk_block_mark(&heap->blocks, v))
      valk_gray_push(&heap->gray, v);
  } else if (v - reinterpret_cast<Value>(heap->large.base) < heap->large.bytes) {
    valk_large_mark(&heap->large, valk_object(v));
  }
  return v;
}

template <bool full>
static inline void relocate(Vm* vm, ValkHeap* heap, Value* slot) {
  Value v = *slot;
  if (!valk_is_pointer(v)) return;
  if (v - vm->nursery_base < vm->nursery_bytes) {
    *slot = copy(heap, v);
  } else if (full) {
    *slot = relocate_old(heap, v);
  }
}

template <bool full>
static void visit(Vm* vm, Value* slot) {
  relocate<full>(vm, vm->runtime->heap, slot);
}

/// Gives the size of the object.
template <bool full>
static size_t scan_object(Vm* vm, ValkHeap* heap, Value* p) {
  ValkValueRange range = valk_object_values(p);
  if (range.end == 0) return valk_object_words(p);
  for (size_t i = range.first; i < range.end; ++i) relocate<full>(vm, heap, p + i);
  return range.end;
}

template <bool full>
static bool scan_pairs(Vm* vm, ValkHeap* heap) {
  bool found = false;
  Value* end;
  while (Value* p = valk_area_next(&heap->blocks, &heap->pairs, &end)) {
    found = true;
    for (; p < end; ++p) relocate<full>(vm, heap, p);
    heap->pairs.scan = end;
  }
  return found;
}

template <bool full>
static bool scan_objects(Vm* vm, ValkHeap* heap) {
  bool found = false;
  Value* end;
  while (Value* p = valk_area_next(&heap->blocks, &heap->objects, &end)) {
    found = true;
    while (p < end) p += scan_object<full>(vm, heap, p);
    heap->objects.scan = end;
  }
  return found;
}

template <bool full>
static bool scan_large(Vm* vm, ValkHeap* heap) {
  bool found = false;
  while (Value* p = full ? valk_large_next_gray(&heap->large) : nullptr) {
    found = true;
    scan_object<full>(vm, heap, p);
  }
  return found;
}

static inline ValkBlock* block_of(ValkHeap* heap, Value v) {
  size_t offset = v - reinterpret_cast<Value>(heap->blocks.base);
  return &heap->blocks.table[offset >> VALK_BLOCK_SHIFT];
}

/// True if v is a pair that stays where it is and has not been reached before; it is marked now.
static inline bool marks_pair(ValkHeap* heap, Value v) {
  if (!valk_is_pair(v) || v - reinterpret_cast<Value>(heap->blocks.base) >= heap->blocks.bytes)
    return false;
  return block_of(heap, v)->role == VALK_BLOCK_MARKED && valk_block_mark(&heap->blocks, v);
}

/// Scans a marked pair and, for lists are long, those that follow it.
static void scan_list(Vm* vm, ValkHeap* heap, Value v) {
  for (;;) {
    Value* p = valk_pair(v);
    block_of(heap, v)->words += 2;
    relocate<true>(vm, heap, p);
    Value tail = p[1];
    if (!marks_pair(heap, tail)) return relocate<true>(vm, heap, p + 1);
    v = tail;
  }
}

/// Scans what was marked in blocks, and adds its size to theirs.
static bool scan_gray(Vm* vm, ValkHeap* heap) {
  bool found = false;
  while (Value v = valk_gray_next(&heap->gray)) {
    found = true;
    if (valk_is_pair(v)) {
      scan_list(vm, heap, v);
    } else {
      size_t words = scan_object<true>(vm, heap, valk_object(v));
      block_of(heap, v)->words += static_cast<uint32_t>(words);
    }
  }
  return found;
}

template <bool full>
static void scan_all(Vm* vm, ValkHeap* heap) {
  bool found = true;
  while (found) {
    found = scan_pairs<full>(vm, heap);
    found |= scan_objects<full>(vm, heap);
    found |= scan_large<full>(vm, heap);
    if (full) found |= scan_gray(vm, heap);
  }
}

/// Scans the marked cards of a large object for young values.
static void scan_cards(Vm* vm, ValkHeap* heap, Value* p) {
  ValkValueRange range = valk_object_values(p);
  for (size_t i = 0; i < range.end; i += VALK_CARD_WORDS) {
    if (*valk_card(&heap->large, p + i) == 0) continue;
    size_t end = i + VALK_CARD_WORDS < range.end ? i + VALK_CARD_WORDS : range.end;
    for (size_t word = i < range.first ? range.first : i; word < end; ++word)
      relocate<false>(vm, heap, p + word);
  }
}

/// Slots lie all over large objects: they are fetched while those before them are looked at.
static void take_slots(Vm* vm, ValkHeap* heap) {
  constexpr size_t AHEAD = 16;
  for (size_t i = 0; i < heap->slot_count; ++i) {
    if (i + AHEAD < heap->slot_count) __builtin_prefetch(heap->slots[i + AHEAD], 1);
    relocate<false>(vm, heap, heap->slots[i]);
  }
}

/// Empties the remembered set. Minor: what it holds is scanned.
template <bool full>
static void take_remembered(Vm* vm, ValkHeap* heap) {
  for (size_t i = 0; i < heap->remembered_count; ++i) {
    Value* p = valk_object(heap->remembered[i]);
    bool is_large = valk_is_large(&heap->large, p);
    p[0] &= ~VALK_REMEMBERED;
    if (!full) is_large ? scan_cards(vm, heap, p) : (void)scan_object<false>(vm, heap, p);
    if (is_large) valk_set_cards(&heap->large, p, valk_object_words(p), 0);
  }
  heap->remembered_count = 0;
  if (!full) take_slots(vm, heap);
  heap->slot_count = 0;
}

/// What a weak reference to v is now: VALK_UNSET if the object was not reached. Weak tables hold small
/// objects only: no pairs, nothing large.
static Value survivor(Vm* vm, Value v) {
  ValkHeap* heap = vm->runtime->heap;
  size_t offset = v - reinterpret_cast<Value>(heap->blocks.base);
  bool leaves = v - vm->nursery_base < vm->nursery_bytes;
  if (heap->is_full && offset < heap->blocks.bytes) {
    ValkBlockRole role = heap->blocks.table[offset >> VALK_BLOCK_SHIFT].role;
    leaves = role == VALK_BLOCK_LEAVING;
    if (role == VALK_BLOCK_MARKED && !valk_block_is_marked(&heap->blocks, v)) return VALK_UNSET;
  }
  if (!leaves) return v;
  Value header = *valk_object(v);
  return header & 1 ? header : Value{VALK_UNSET};
}

static void visit_weak(Vm* vm, ValkHeap* heap) {
  for (int i = 0; i < heap->weak_count; ++i) heap->weak[i].update(vm, heap->weak[i].data, survivor);
}

/// True if emptying a block is worth while: less than half of it was live at the last full collection. In
/// stress mode everything moves.
static bool is_sparse(const ValkHeap* heap, uint32_t index) {
  const ValkBlock* block = &heap->blocks.table[index];
  const Value* start = reinterpret_cast<const Value*>(valk_block_start(&heap->blocks, index));
  size_t filled = static_cast<size_t>(block->top - start);
  size_t words = block->role == VALK_BLOCK_MARKED ? block->words : filled;
  return heap->options.stress != 0 || 2 * words < VALK_BLOCK_WORDS;
}

/// Gives each block of a list its role, and adds the list to another.
static uint32_t assign_roles(ValkHeap* heap, uint32_t first, uint32_t others) {
  while (first != VALK_NO_BLOCK) {
    ValkBlock* block = &heap->blocks.table[first];
    uint32_t next = block->next;
    block->role = is_sparse(heap, first) ? VALK_BLOCK_LEAVING : VALK_BLOCK_MARKED;
    block->words = 0;
    if (block->role == VALK_BLOCK_MARKED) valk_block_clear_marks(&heap->blocks, first);
    block->next = others;
    others = first;
    first = next;
  }
  return others;
}

/// Gives all blocks of an area, with their roles, and leaves the area empty.
static uint32_t begin_full(ValkHeap* heap, ValkArea* area) {
  if (area->last != VALK_NO_BLOCK) heap->blocks.table[area->last].top = area->hp;
  uint32_t all = assign_roles(heap, area->marked, VALK_NO_BLOCK);
  all = assign_roles(heap, area->first, all);
  valk_area_init(area, area->sort);
  return all;
}

/// Frees what has been emptied or has nothing live; the area gets the rest.
static void end_full(ValkHeap* heap, ValkArea* area, uint32_t first) {
  for (uint32_t i = area->first; i != VALK_NO_BLOCK; i = heap->blocks.table[i].next)
    heap->live_bytes += VALK_BLOCK_BYTES;
  while (first != VALK_NO_BLOCK) {
    ValkBlock* block = &heap->blocks.table[first];
    uint32_t next = block->next;
    if (block->role == VALK_BLOCK_LEAVING || block->words == 0) {
      valk_block_free(&heap->blocks, first);
    } else {
      block->next = area->marked;
      area->marked = first;
      heap->live_bytes += block->words * sizeof(Value);
      if (is_sparse(heap, first)) heap->leaving_bytes += block->words * sizeof(Value);
    }
    first = next;
  }
}

static void collect_minor(Vm* vm, Value* sp, ValkHeap* heap) {
  valk_area_mark(&heap->pairs);
  valk_area_mark(&heap->objects);
  take_remembered<false>(vm, heap);
  valk_visit_roots(vm, sp, visit<false>);
  scan_all<false>(vm, heap);
  visit_weak(vm, heap);
}

static void collect_full(Vm* vm, Value* sp, ValkHeap* heap) {
  take_remembered<true>(vm, heap);
  uint32_t pairs = begin_full(heap, &heap->pairs);
  uint32_t objects = begin_full(heap, &heap->objects);
  valk_visit_roots(vm, sp, visit<true>);
  scan_all<true>(vm, heap);
  visit_weak(vm, heap);
  heap->live_bytes = heap->leaving_bytes = 0;
  end_full(heap, &heap->pairs, pairs);
  end_full(heap, &heap->objects, objects);
  valk_large_sweep(&heap->large);
  heap->live_bytes += heap->large.used_bytes;
  valk_gray_trim(&heap->gray);
}

void valk_run_collection(Vm* vm, Value* sp, bool full) {
  ValkHeap* heap = vm->runtime->heap;
  uint64_t start = valk_gc_clock();
  if (heap->options.verify) valk_verify_heap(vm, sp, true);
  heap->is_full = full;
  full ? collect_full(vm, sp, heap) : collect_minor(vm, sp, heap);
  if (heap->options.stress != 0) valk_poison(heap->nursery_start, vm->hp);
  vm->hp = heap->nursery_start;
  if (heap->options.verify) valk_verify_heap(vm, sp, false);
  uint64_t pause = valk_gc_clock() - start;
  valk_note_pause(full ? &heap->stats.full : &heap->stats.minor, pause);
  if (heap->on_pause) heap->on_pause(full, start, pause);
}

bool valk_gc_is_full(Vm* vm) { return vm->runtime->heap->is_full; }

void valk_visit_roots(Vm* vm, Value* sp, ValkVisit visit) {
  ValkRuntime* runtime = vm->runtime;
  for (Value* p = runtime->stack_base; p < sp; ++p) visit(vm, p);
  Value* own[] = {&vm->error, &vm->result, &vm->segments, &vm->boundary, &vm->task, &vm->below};
  for (Value* slot : own) visit(vm, slot);
  if (const ValkProgram* program = runtime->program) {
    for (Fix i = 0; i < program->global_count; ++i) visit(vm, program->globals[i]);
  }
  ValkHeap* heap = runtime->heap;
  for (int i = 0; i < heap->root_count; ++i) heap->roots[i].visit(vm, heap->roots[i].data, visit);
}
