// The policy: how large the nursery is, when a collection is full, when memory is exhausted.
//
// The budget is what the worst collection takes: what moves twice, what does not move once. A full
// collection is due when what lived after the last one has doubled, or when the budget would not allow
// the next. After a full collection over the budget :memory is raised; the nursery is empty then, so that
// the handler has room to run.
#include "runtime/gc/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/gc/collector.h"
#include "runtime/gc/poison.h"
#include "runtime/value/error.h"
#include "runtime/value/runtime.h"

enum : size_t {
  MIN_NURSERY_BYTES = size_t{64} << 10,
  STRESS_NURSERY_BYTES = size_t{256} << 10,
  MIN_GROWTH_BYTES = size_t{8} << 20,
  LARGE_WORDS = (size_t{32} << 10) / sizeof(Value),
  MEDIUM_SAMPLE = 8,  ///< one of so many medium objects is born in the nursery at least
  MEDIUM_WORDS_TO_JUDGE = (size_t{64} << 10) / sizeof(Value),  ///< fewer say nothing
  FEW_SURVIVORS = size_t{1} << 20,  ///< twice as many are still copied in less than a millisecond
  WORDS_TO_SCAN = 64,               ///< objects up to this are remembered as a whole
  STACK_FACTOR =
      4,  ///< nursery bytes per live byte of shadow stack, so that deep recursion is linear
};

// ---- making -------------------------------------------------------------------------------------

static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

static void* reserve(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

/// Reserves the range; asks for less if address space is limited. False: not even for a small heap.
static bool reserve_range(ValkHeap* heap) {
  for (;; heap->options.max_bytes /= 2) {
    size_t max = round_up(heap->options.max_bytes, VALK_BLOCK_BYTES);
    size_t nursery = round_up(max / 4 + 4 * heap->options.nursery_bytes, VALK_BLOCK_BYTES);
    size_t blocks = 2 * max + 2 * nursery + 64 * VALK_BLOCK_BYTES;
    size_t total = nursery + blocks + 2 * max + VALK_BLOCK_BYTES;
    char* range = static_cast<char*>(reserve(total));
    if (!range) {
      if (max < 4 * heap->options.nursery_bytes) return false;
      continue;
    }
    heap->range = range;
    heap->range_bytes = total;
    char* base =
        reinterpret_cast<char*>(round_up(reinterpret_cast<size_t>(range), VALK_BLOCK_BYTES));
    heap->nursery_region = base;
    heap->nursery_region_bytes = nursery;
    bool poisons = heap->options.stress != 0;
    return valk_blocks_init(&heap->blocks, base + nursery, blocks, poisons) &&
           valk_gray_init(&heap->gray, blocks) &&
           valk_large_init(&heap->large, base + nursery + blocks, 2 * max, poisons);
  }
}

static bool make_runtime(Vm* vm, const ValkHeapOptions& options) {
  if (!vm->runtime) vm->runtime = static_cast<ValkRuntime*>(calloc(1, sizeof(ValkRuntime)));
  if (!vm->runtime) return false;
  if (!vm->sp) {
    Value* stack = static_cast<Value*>(reserve(options.stack_bytes));
    if (!stack) return false;
    vm->sp = stack;
    vm->sp_limit = stack + options.stack_bytes / sizeof(Value);
  }
  if (!vm->runtime->stack_base) vm->runtime->stack_base = vm->sp;
  vm->error = vm->result = vm->segments = vm->boundary = vm->task = vm->below = VALK_NIL;
  return true;
}

static void bound_nursery(ValkHeap* heap) {
  size_t bytes = heap->options.nursery_bytes;
  if (bytes > heap->options.max_bytes / 8) bytes = heap->options.max_bytes / 8;
  if (bytes < MIN_NURSERY_BYTES) bytes = MIN_NURSERY_BYTES;
  heap->options.nursery_bytes = round_up(bytes, VALK_PAGE_BYTES);
}

/// Unless it was told, the budget depends on the cgroup. Finding out what that allows opens half a dozen files, a
/// tenth of what it takes to start and end a small program, so it is done when it first matters: at
/// the first collection, or the first large object.
static void settle_budget(ValkHeap* heap) {
  if (heap->budget_is_settled) return;
  heap->budget_is_settled = true;
  const size_t most = valk_available_memory() / 4 * 3;
  if (most >= heap->options.max_bytes) return;
  heap->options.max_bytes = most;
  bound_nursery(heap);
  heap->nursery_bytes = heap->options.nursery_bytes;
}

static ValkHeap* heap_to_report;
static void report_at_exit() {
  if (heap_to_report) valk_gc_report(heap_to_report);
}

bool valk_heap_init(Vm* vm, const ValkHeapOptions& options) {
  if (!make_runtime(vm, options)) return false;
  ValkHeap* heap = static_cast<ValkHeap*>(calloc(1, sizeof(ValkHeap)));
  if (!heap) return false;
  heap->options = options;
  heap->budget_is_settled = options.max_bytes != 0;
  if (!heap->budget_is_settled) heap->options.max_bytes = valk_physical_memory() / 4 * 3;
  if (options.stress != 0) heap->options.nursery_bytes = STRESS_NURSERY_BYTES;
  bound_nursery(heap);
  if (!reserve_range(heap)) {
    free(heap);
    return false;
  }
  valk_area_init(&heap->pairs, VALK_BLOCK_PAIRS);
  valk_area_init(&heap->objects, VALK_BLOCK_OBJECTS);
  heap->full_threshold = MIN_GROWTH_BYTES;
  heap->stress_countdown = options.stress;
  heap->stats.started_ns = valk_gc_clock();
  heap->nursery_start = reinterpret_cast<Value*>(heap->nursery_region);
  vm->runtime->heap = heap;
  heap->nursery_bytes = heap->options.nursery_bytes;
  valk_nursery_reset(vm, heap->nursery_bytes);
  if (options.stats) {
    heap_to_report = heap;
    atexit(report_at_exit);
  }
  return true;
}

void valk_heap_destroy(Vm* vm) {
  ValkHeap* heap = vm->runtime->heap;
  if (heap_to_report == heap) heap_to_report = nullptr;
  valk_blocks_destroy(&heap->blocks);
  valk_gray_destroy(&heap->gray);
  valk_large_destroy(&heap->large);
  munmap(heap->range, heap->range_bytes);
  munmap(vm->runtime->stack_base,
         static_cast<size_t>(vm->sp_limit - vm->runtime->stack_base) * sizeof(Value));
  free(heap->remembered);
  free(heap->slots);
  free(heap);
  free(vm->runtime);
  memset(static_cast<void*>(vm), 0, sizeof *vm);
}

void valk_gc_add_roots(Vm* vm, ValkRoots roots, void* data) {
  ValkHeap* heap = vm->runtime->heap;
  if (heap->root_count == VALK_MAX_ROOT_CALLBACKS) abort();
  heap->roots[heap->root_count++] = {roots, data};
}

void valk_gc_add_weak(Vm* vm, ValkWeak update, void* data) {
  ValkHeap* heap = vm->runtime->heap;
  if (heap->weak_count == VALK_MAX_WEAK_TABLES) abort();
  heap->weak[heap->weak_count++] = {update, data};
}

void valk_gc_on_pause(Vm* vm, ValkPauseHook hook) { vm->runtime->heap->on_pause = hook; }

// ---- the nursery --------------------------------------------------------------------------------

/// Stress mode: the other half, and the one that was left out of reach.
static void alternate_halves(ValkHeap* heap, size_t bytes) {
  Value* first = reinterpret_cast<Value*>(heap->nursery_region);
  Value* second = reinterpret_cast<Value*>(heap->nursery_region + heap->nursery_region_bytes / 2);
  Value* left = heap->nursery_start;
  heap->nursery_start = left == first ? second : first;
  valk_unprotect(heap->nursery_start, bytes);
  if (heap->nursery_end) valk_protect(left, bytes);
}

void valk_nursery_reset(Vm* vm, size_t bytes) {
  ValkHeap* heap = vm->runtime->heap;
  bool stress = heap->options.stress != 0;
  if (stress) {
    alternate_halves(heap, bytes);
  } else if (vm->nursery_bytes > bytes && vm->nursery_bytes > heap->options.nursery_most_bytes) {
    char* start = reinterpret_cast<char*>(heap->nursery_start);
    madvise(start + bytes, vm->nursery_bytes - bytes, MADV_DONTNEED);
  }
  heap->nursery_end = heap->nursery_start + bytes / sizeof(Value);
  vm->hp = heap->nursery_start;
  vm->limit = stress ? vm->hp : heap->nursery_end;
  vm->nursery_base = reinterpret_cast<Value>(heap->nursery_start);
  vm->nursery_bytes = bytes;
}

static size_t wanted_nursery(Vm* vm, Value* sp) {
  ValkHeap* heap = vm->runtime->heap;
  size_t bytes = heap->nursery_bytes;
  if (heap->options.stress != 0) return bytes;
  size_t stack = static_cast<size_t>(sp - vm->runtime->stack_base) * sizeof(Value);
  while (bytes < STACK_FACTOR * stack && bytes < heap->options.max_bytes / 16) bytes *= 2;
  return bytes;
}

// ---- collecting ---------------------------------------------------------------------------------

static size_t in_use(const ValkHeap* heap) { return valk_old_bytes(heap) + heap->large.used_bytes; }
/// True if a collection, and an allocation of `more` bytes that do not move, stay within the budget.
static bool is_within_budget(Vm* vm, size_t more) {
  const ValkHeap* heap = vm->runtime->heap;
  size_t old = heap->options.stress != 0 ? valk_old_bytes(heap) : heap->leaving_bytes;
  size_t moves = old + 2 * vm->nursery_bytes;
  return moves + in_use(heap) + more <= heap->options.max_bytes;
}

/// The next full collection is due when what is live has doubled; and not before what is in use has grown,
/// however much of that is dead.
static void set_threshold(ValkHeap* heap) {
  size_t live = heap->live_bytes;
  size_t growth = live > MIN_GROWTH_BYTES ? live : size_t{MIN_GROWTH_BYTES};
  size_t least = in_use(heap) + growth / 2;
  heap->full_threshold = live + growth > least ? live + growth : least;
}

/// Gives free memory back to the system, but for about `keep` bytes and a part of what is used.
static void trim(ValkHeap* heap, size_t keep) {
  const size_t kept = valk_large_trim(&heap->large, keep);
  const size_t blocks = (keep - kept) / VALK_BLOCK_BYTES;
  valk_blocks_trim(&heap->blocks, heap->blocks.used / 4 + 16 + static_cast<uint32_t>(blocks));
}

/// Where will medium objects be born? A sample always is in the nursery, so that a program that has changed is
/// noticed.
static void judge_medium(ValkMedium* medium) {
  if (medium->born_words < MEDIUM_WORDS_TO_JUDGE) return;
  medium->are_born_old = 2 * medium->kept_words > medium->born_words;
  medium->born_words = medium->kept_words = 0;
}

/// What may be used before the next full collection is kept: pages that are given back and touched again cost
/// more than it costs to collect what was on them.
static void collect_full(Vm* vm, Value* sp) {
  ValkHeap* heap = vm->runtime->heap;
  valk_run_collection(vm, sp, true);
  judge_medium(&heap->medium);
  set_threshold(heap);
  const size_t used = in_use(heap);
  trim(heap, heap->full_threshold > used ? heap->full_threshold - used : 0);
}

/// After a minor collection: the nursery grows with the heap, up to a limit, since in a large one more
/// objects die before they are copied. Where many survive it shrinks: they are what a pause lasts for.
static void adapt_nursery(ValkHeap* heap, size_t survived) {
  const ValkHeapOptions& options = heap->options;
  size_t most = in_use(heap) / 2;
  if (most > options.nursery_most_bytes) most = options.nursery_most_bytes;
  if (most > options.max_bytes / 16) most = options.max_bytes / 16;
  size_t bytes = heap->nursery_bytes;
  if (survived <= FEW_SURVIVORS && 2 * bytes <= most) bytes *= 2;
  if (survived > 2 * FEW_SURVIVORS) bytes /= 2;
  heap->nursery_bytes = bytes < options.nursery_bytes ? options.nursery_bytes : bytes;
}

static void collect_minor(Vm* vm, Value* sp) {
  ValkHeap* heap = vm->runtime->heap;
  size_t before = valk_old_bytes(heap);
  valk_run_collection(vm, sp, false);
  judge_medium(&heap->medium);
  adapt_nursery(heap, valk_old_bytes(heap) - before);
}

/// Collects, fully if that is due. False: the budget is exceeded even so.
static bool collect(Vm* vm, Value* sp, size_t more, bool force_full) {
  ValkHeap* heap = vm->runtime->heap;
  settle_budget(heap);
  bool full =
      force_full || in_use(heap) + more > heap->full_threshold || !is_within_budget(vm, more);
  full ? collect_full(vm, sp) : collect_minor(vm, sp);
  valk_nursery_reset(vm, wanted_nursery(vm, sp));
  if (!full || is_within_budget(vm, more)) return true;
  // It has found the blocks that can be emptied: another one may help.
  if (heap->leaving_bytes == 0) return false;
  collect_full(vm, sp);
  return is_within_budget(vm, more);
}

/// In stress mode every allocation comes here; most only count.
static bool stress_has_room(Vm* vm, Fix words) {
  ValkHeap* heap = vm->runtime->heap;
  if (heap->options.stress == 0 || --heap->stress_countdown != 0)
    return heap->options.stress != 0 && vm->hp + words <= heap->nursery_end;
  heap->stress_countdown = heap->options.stress;
  return false;
}

Value* valk_collect(Vm* vm, Value* sp, Fix words) {
  if (stress_has_room(vm, words)) return vm->limit = vm->hp;
  bool stress = vm->runtime->heap->options.stress != 0;
  if (!collect(vm, sp, 0, stress)) {
    valk_fail_memory(vm);
    return nullptr;
  }
  return vm->hp;
}

void valk_gc_full(Vm* vm, Value* sp) {
  collect(vm, sp, 0, true);
  trim(vm->runtime->heap, 0);
}
void valk_gc_minor(Vm* vm, Value* sp) {
  collect(vm, sp, 0, vm->runtime->heap->options.stress != 0);
}

Value* valk_alloc_large(Vm* vm, Value* sp, size_t words) {
  ValkHeap* heap = vm->runtime->heap;
  settle_budget(heap);
  size_t bytes = round_up(words * sizeof(Value), VALK_PAGE_BYTES);
  bool too_big = words > heap->options.max_bytes / sizeof(Value);
  bool due = !too_big && (in_use(heap) + bytes > heap->full_threshold ||
                          !is_within_budget(vm, bytes) || heap->options.stress != 0);
  if (too_big || (due && !collect(vm, sp, bytes, true))) {
    valk_fail_memory(vm);
    return nullptr;
  }
  Value* p = valk_large_take(&heap->large, words);
  if (!p) valk_fail_memory(vm);
  return p;
}

/// Room in the old generation, or null with :memory raised.
static Value* alloc_old(Vm* vm, Value* sp, size_t words) {
  ValkHeap* heap = vm->runtime->heap;
  settle_budget(heap);
  const size_t bytes = words * sizeof(Value);
  const bool is_due =
      in_use(heap) + bytes > heap->full_threshold || !is_within_budget(vm, VALK_BLOCK_BYTES);
  if (is_due && !collect(vm, sp, VALK_BLOCK_BYTES, true)) {
    valk_fail_memory(vm);
    return nullptr;
  }
  return valk_area_alloc(&heap->blocks, &heap->objects, words);
}

static Value* alloc_medium(Vm* vm, Value* sp, size_t words) {
  ValkHeap* heap = vm->runtime->heap;
  const bool is_sample = ++heap->medium.count % MEDIUM_SAMPLE == 0 || heap->options.stress != 0;
  if (heap->medium.are_born_old && !is_sample) return alloc_old(vm, sp, words);
  Value* p = valk_alloc(vm, sp, static_cast<Fix>(words));
  heap->medium.born_words += words;
  return p;
}

Value* valk_alloc_sized(Vm* vm, Value* sp, size_t words) {
  if (words > LARGE_WORDS) return valk_alloc_large(vm, sp, words);
  if (words >= VALK_MEDIUM_WORDS) return alloc_medium(vm, sp, words);
  return valk_alloc(vm, sp, static_cast<Fix>(words));
}

/// Adds an object to the remembered set, once.
static void add_remembered(ValkHeap* heap, Value object) {
  Value* header = valk_object(object);
  if (*header & VALK_REMEMBERED) return;
  if (heap->remembered_count == heap->remembered_capacity) {
    size_t capacity = heap->remembered_capacity ? 2 * heap->remembered_capacity : 1024;
    void* grown = realloc(heap->remembered, capacity * sizeof(Value));
    if (!grown) {
      fputs("valk: out of memory for the remembered set\n", stderr);
      abort();
    }
    heap->remembered = static_cast<Value*>(grown);
    heap->remembered_capacity = capacity;
  }
  *header |= VALK_REMEMBERED;
  heap->remembered[heap->remembered_count++] = object;
}

void valk_remember(Vm* vm, Value object) {
  ValkHeap* heap = vm->runtime->heap;
  Value* p = valk_object(object);
  if (valk_is_large(&heap->large, p)) valk_set_cards(&heap->large, p, valk_object_words(p), 1);
  add_remembered(heap, object);
}

/// Notes the slot itself. False: there are too many already. Enough for a short pause make the next allocation
/// collect: each is a cache miss then, and what most of them point at survives.
static bool add_slot(Vm* vm, ValkHeap* heap, Value* slot) {
  if (!heap->slots) heap->slots = static_cast<Value**>(malloc(VALK_MAX_SLOTS * sizeof(Value*)));
  if (!heap->slots || heap->slot_count == VALK_MAX_SLOTS) return false;
  heap->slots[heap->slot_count++] = slot;
  if (heap->slot_count >= VALK_SLOTS_FOR_A_PAUSE) vm->limit = vm->hp;
  return true;
}

void valk_remember_slot(Vm* vm, Value object, Value* slot) {
  ValkHeap* heap = vm->runtime->heap;
  Value* p = valk_object(object);
  bool is_large = valk_is_large(&heap->large, p);
  if (!is_large && (*p & VALK_REMEMBERED)) return;
  if (valk_object_words(p) > WORDS_TO_SCAN && add_slot(vm, heap, slot)) return;
  if (is_large) *valk_card(&heap->large, slot) = 1;
  add_remembered(heap, object);
}

size_t valk_heap_max_bytes(Vm* vm) {
  settle_budget(vm->runtime->heap);
  return vm->runtime->heap->options.max_bytes;
}

size_t valk_heap_bytes(Vm* vm) {
  ValkHeap* heap = vm->runtime->heap;
  return in_use(heap) + static_cast<size_t>(vm->hp - heap->nursery_start) * sizeof(Value);
}

uint64_t valk_gc_count(Vm* vm) {
  const ValkGcStats& stats = vm->runtime->heap->stats;
  return stats.minor.count + stats.full.count;
}
