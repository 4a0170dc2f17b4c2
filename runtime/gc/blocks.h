// The old generation's memory: blocks of 64 KiB carved from one reserved range.
//
// A block holds either pairs, which have no header, or objects; so each can be walked from its start.
// An Area is a growing list of blocks of one of the two sorts with a scan position: the queue of a
// Cheney collection. Objects are copied to the end and scanned in order until scan meets the end.
//
// A full collection marks the objects of most blocks where they stand: then a block that has no live
// object is free, and one that has few is emptied, by copying, in the next full collection.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/valk.h"

enum : size_t { VALK_BLOCK_SHIFT = 16, VALK_BLOCK_BYTES = size_t{1} << VALK_BLOCK_SHIFT };
enum : uint32_t { VALK_NO_BLOCK = ~uint32_t{0} };
enum ValkBlockSort : uint8_t { VALK_BLOCK_FREE, VALK_BLOCK_PAIRS, VALK_BLOCK_OBJECTS };

/// What the last full collection made of a block, or the one that runs makes of it.
enum ValkBlockRole : uint8_t {
  VALK_BLOCK_NEW,      ///< filled since: all that is in it counts as live
  VALK_BLOCK_MARKED,   ///< what is live is marked
  VALK_BLOCK_LEAVING,  ///< being emptied by the collection that runs
};

struct ValkBlock {
  Value* top;      ///< end of what is filled; of the block being filled, see the area
  uint32_t next;   ///< in its area or in the free list
  uint32_t words;  ///< marked: of live objects
  ValkBlockSort sort;
  ValkBlockRole role;
  bool is_resident;  ///< free: not given back to the system
};

struct ValkBlocks {
  char* base;
  size_t bytes;        ///< of the reserved range
  ValkBlock* table;    ///< one entry a block
  uint64_t* marks;     ///< one bit a word: set where a marked object begins
  uint32_t fresh;      ///< blocks from here on were never used
  uint32_t free_head;  ///< blocks given back, and still resident
  uint32_t free_tail;
  uint32_t free_count;
  uint32_t used;
  bool poisons;  ///< fill and protect what is given back, and reuse it as late as possible
};

struct ValkArea {
  ValkBlockSort sort;
  uint32_t first;  ///< blocks filled since the last full collection
  uint32_t last;
  uint32_t marked;  ///< blocks that it has marked
  Value* hp;
  Value* limit;
  uint32_t scan_block;
  Value* scan;
};

/// Takes the range [base, base + bytes) and makes the table. False: no memory.
bool valk_blocks_init(ValkBlocks* blocks, char* base, size_t bytes, bool poisons);
void valk_blocks_destroy(ValkBlocks* blocks);
inline char* valk_block_start(const ValkBlocks* blocks, uint32_t index) {
  return blocks->base + (static_cast<size_t>(index) << VALK_BLOCK_SHIFT);
}
/// Gives a block back.
void valk_block_free(ValkBlocks* blocks, uint32_t index);
/// Returns free blocks beyond the first `keep` to the system, and puts the free list in order of address.
void valk_blocks_trim(ValkBlocks* blocks, uint32_t keep);

enum : size_t { VALK_BLOCK_WORDS = VALK_BLOCK_BYTES / sizeof(Value) };
/// Marks the object that v, a value with its tag, points at; false if it was marked already.
inline bool valk_block_mark(ValkBlocks* blocks, Value v) {
  size_t word = (v - reinterpret_cast<Value>(blocks->base)) / sizeof(Value);
  uint64_t bit = uint64_t{1} << (word & 63);
  uint64_t* bits = &blocks->marks[word >> 6];
  if (*bits & bit) return false;
  *bits |= bit;
  return true;
}
inline bool valk_block_is_marked(const ValkBlocks* blocks, Value v) {
  size_t word = (v - reinterpret_cast<Value>(blocks->base)) / sizeof(Value);
  return (blocks->marks[word >> 6] >> (word & 63) & 1) != 0;
}
/// Unmarks everything in a block.
void valk_block_clear_marks(ValkBlocks* blocks, uint32_t index);

void valk_area_init(ValkArea* area, ValkBlockSort sort);
/// Takes a new block for the area and makes it the one being filled.
void valk_area_grow(ValkBlocks* blocks, ValkArea* area);
/// Room for `words` words (at most 32 KiB).
inline Value* valk_area_alloc(ValkBlocks* blocks, ValkArea* area, size_t words) {
  if (VALK_UNLIKELY(area->limit - area->hp < static_cast<ptrdiff_t>(words)))
    valk_area_grow(blocks, area);
  Value* p = area->hp;
  area->hp += words;
  return p;
}
/// What is copied from now on is what valk_area_next gives.
inline void valk_area_mark(ValkArea* area) {
  area->scan_block = area->last;
  area->scan = area->hp;
}
/// Where to scan next, and to `*end` at least; null if everything is scanned. The caller sets
/// area->scan to the end of what it has scanned.
Value* valk_area_next(ValkBlocks* blocks, ValkArea* area, Value** end);
/// The end of what is filled in a block of the area.
inline Value* valk_area_top(const ValkBlocks* blocks, const ValkArea* area, uint32_t index) {
  return index == area->last ? area->hp : blocks->table[index].top;
}
