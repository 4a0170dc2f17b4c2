// Blocks: taking, giving back, and the list that an area is.
#include "runtime/gc/blocks.h"

#include <sys/mman.h>

#include "runtime/gc/poison.h"

static size_t table_bytes(const ValkBlocks* blocks) {
  return (blocks->bytes >> VALK_BLOCK_SHIFT) * sizeof(ValkBlock);
}

bool valk_blocks_init(ValkBlocks* blocks, char* base, size_t bytes, bool poisons) {
  *blocks = {base, bytes, nullptr, 0, VALK_NO_BLOCK, VALK_NO_BLOCK, 0, 0, poisons};
  void* table = mmap(nullptr, table_bytes(blocks), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (table == MAP_FAILED) return false;
  blocks->table = static_cast<ValkBlock*>(table);
  return true;
}

void valk_blocks_destroy(ValkBlocks* blocks) { munmap(blocks->table, table_bytes(blocks)); }

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
  ++blocks->used;
  blocks->table[index] = {nullptr, VALK_NO_BLOCK, sort, false};
  return index;
}

void valk_block_free(ValkBlocks* blocks, uint32_t index) {
  ValkBlock* block = &blocks->table[index];
  Value* start = reinterpret_cast<Value*>(valk_block_start(blocks, index));
  if (blocks->poisons) {
    valk_poison(start, block->top);
    valk_protect(start, VALK_BLOCK_BYTES);
  }
  *block = {start, VALK_NO_BLOCK, VALK_BLOCK_FREE, false};
  if (blocks->free_head == VALK_NO_BLOCK) {
    blocks->free_head = blocks->free_tail = index;
  } else if (blocks->poisons) {
    blocks->table[blocks->free_tail].next = index;
    blocks->free_tail = index;
  } else {
    block->next = blocks->free_head;
    blocks->free_head = index;
  }
  ++blocks->free_count;
  --blocks->used;
}

void valk_blocks_trim(ValkBlocks* blocks, uint32_t keep) {
  if (blocks->poisons || blocks->free_count <= keep) return;
  uint32_t index = blocks->free_head;
  for (uint32_t i = 0; index != VALK_NO_BLOCK; ++i, index = blocks->table[index].next) {
    if (i >= keep) madvise(valk_block_start(blocks, index), VALK_BLOCK_BYTES, MADV_DONTNEED);
  }
}

void valk_area_init(ValkArea* area, ValkBlockSort sort) {
  *area = {sort, VALK_NO_BLOCK, VALK_NO_BLOCK, nullptr, nullptr, VALK_NO_BLOCK, nullptr};
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
