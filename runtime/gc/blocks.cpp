// Blocks: taking, giving back, and the list that an area is.
#include "runtime/gc/blocks.h"

#include <string.h>
#include <sys/mman.h>

#include "runtime/gc/poison.h"

enum : size_t {
  SMALL_HEAP_BYTES = size_t{4} << 20,  ///< below, a page is touched when it is needed
  PREPARED_BYTES = 4 * VALK_BLOCK_BYTES,
  MARK_WORDS_OF_BLOCK = VALK_BLOCK_WORDS / 64,
};

static size_t table_bytes(const ValkBlocks* blocks) {
  return (blocks->bytes >> VALK_BLOCK_SHIFT) * sizeof(ValkBlock);
}
static size_t marks_bytes(const ValkBlocks* blocks) { return blocks->bytes / 64; }

static void* reserve(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

bool valk_blocks_init(ValkBlocks* blocks, char* base, size_t bytes, bool poisons) {
  *blocks = {};
  blocks->base = base;
  blocks->bytes = bytes;
  blocks->free_head = blocks->free_tail = VALK_NO_BLOCK;
  blocks->poisons = poisons;
  blocks->table = static_cast<ValkBlock*>(reserve(table_bytes(blocks)));
  blocks->marks = static_cast<uint64_t*>(reserve(marks_bytes(blocks)));
  return blocks->table && blocks->marks;
}

void valk_blocks_destroy(ValkBlocks* blocks) {
  munmap(blocks->table, table_bytes(blocks));
  munmap(blocks->marks, marks_bytes(blocks));
}

// ---- taking and giving back ---------------------------------------------------------------------

/// Lets the system prepare the pages of a heap that grows before they are touched, some blocks at a time:
/// a third of the time that a fault for each page takes. Huge pages would be faster still, but now and
/// then the system needs a millisecond to find one, and it fills them again when parts are given back.
static void prepare_pages(ValkBlocks* blocks, uint32_t index) {
  size_t at = static_cast<size_t>(index) << VALK_BLOCK_SHIFT;
  if (blocks->poisons || at < SMALL_HEAP_BYTES || at % PREPARED_BYTES != 0) return;
  if (at + PREPARED_BYTES > blocks->bytes) return;
  madvise(blocks->base + at, PREPARED_BYTES, MADV_POPULATE_WRITE);  // from Linux 5.14 on
}

static uint32_t pop_free(ValkBlocks* blocks) {
  uint32_t index = blocks->free_head;
  blocks->free_head = blocks->table[index].next;
  if (blocks->free_head == VALK_NO_BLOCK) blocks->free_tail = VALK_NO_BLOCK;
  --blocks->free_count;
  return index;
}

static uint32_t take_block(ValkBlocks* blocks, ValkBlockSort sort) {
  // When poisoning, a block rests for a while, so that stale pointers meet poison and not new objects.
  bool reuse = blocks->free_head != VALK_NO_BLOCK && (!blocks->poisons || blocks->free_count > 16);
  uint32_t index = reuse ? pop_free(blocks) : blocks->fresh++;
  if (reuse && blocks->poisons) valk_unprotect(valk_block_start(blocks, index), VALK_BLOCK_BYTES);
  if (!reuse) prepare_pages(blocks, index);
  ++blocks->used;
  blocks->table[index] = {nullptr, VALK_NO_BLOCK, 0, sort, VALK_BLOCK_NEW, true};
  return index;
}

static void append_free(ValkBlocks* blocks, uint32_t index) {
  if (blocks->free_head == VALK_NO_BLOCK) {
    blocks->free_head = index;
  } else {
    blocks->table[blocks->free_tail].next = index;
  }
  blocks->free_tail = index;
  blocks->table[index].next = VALK_NO_BLOCK;
}

void valk_block_free(ValkBlocks* blocks, uint32_t index) {
  ValkBlock* block = &blocks->table[index];
  Value* start = reinterpret_cast<Value*>(valk_block_start(blocks, index));
  if (blocks->poisons) {
    valk_poison(start, block->top);
    valk_protect(start, VALK_BLOCK_BYTES);
  }
  *block = {start, VALK_NO_BLOCK, 0, VALK_BLOCK_FREE, VALK_BLOCK_NEW, true};
  append_free(blocks, index);
  ++blocks->free_count;
  --blocks->used;
}

void valk_block_clear_marks(ValkBlocks* blocks, uint32_t index) {
  memset(blocks->marks + size_t{index} * MARK_WORDS_OF_BLOCK, 0,
         MARK_WORDS_OF_BLOCK * sizeof(uint64_t));
}

/// Gives the blocks [first, end) back to the system.
static void release(ValkBlocks* blocks, uint32_t first, uint32_t end) {
  if (first == end) return;
  madvise(valk_block_start(blocks, first), size_t{end - first} << VALK_BLOCK_SHIFT, MADV_DONTNEED);
  for (uint32_t i = first; i < end; ++i) blocks->table[i].is_resident = false;
}

void valk_blocks_trim(ValkBlocks* blocks, uint32_t keep) {
  if (blocks->poisons || blocks->free_count <= keep) return;
  blocks->free_head = blocks->free_tail = VALK_NO_BLOCK;
  uint32_t run = 0, kept = 0;  // [run, i) goes
  for (uint32_t i = 0; i < blocks->fresh; ++i) {
    const ValkBlock* block = &blocks->table[i];
    bool is_free = block->sort == VALK_BLOCK_FREE;
    if (is_free) append_free(blocks, i);
    if (is_free && block->is_resident && kept++ >= keep) continue;
    release(blocks, run, i);
    run = i + 1;
  }
  release(blocks, run, blocks->fresh);
}

// ---- areas --------------------------------------------------------------------------------------

void valk_area_init(ValkArea* area, ValkBlockSort sort) {
  *area = {sort,    VALK_NO_BLOCK, VALK_NO_BLOCK, VALK_NO_BLOCK,
           nullptr, nullptr,       VALK_NO_BLOCK, nullptr};
}

void valk_area_grow(ValkBlocks* blocks, ValkArea* area) {
  uint32_t index = take_block(blocks, area->sort);
  char* start = valk_block_start(blocks, index);
  if (area->last == VALK_NO_BLOCK) {
    area->first = index;
  } else {
    blocks->table[area->last].top = area->hp;
    blocks->table[area->last].next = index;
  }
  area->last = index;
  area->hp = reinterpret_cast<Value*>(start);
  area->limit = reinterpret_cast<Value*>(start + VALK_BLOCK_BYTES);
  if (area->scan_block == VALK_NO_BLOCK) valk_area_mark(area);
}

Value* valk_area_next(ValkBlocks* blocks, ValkArea* area, Value** end) {
  while (area->scan_block != VALK_NO_BLOCK) {
    *end = valk_area_top(blocks, area, area->scan_block);
    if (area->scan < *end) return area->scan;
    if (area->scan_block == area->last) return nullptr;
    area->scan_block = blocks->table[area->scan_block].next;
    area->scan = reinterpret_cast<Value*>(valk_block_start(blocks, area->scan_block));
  }
  return nullptr;
}
