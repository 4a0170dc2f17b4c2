// Large objects: runs of 4 KiB pages in a range of their own. They do not move; a full collection
// marks them and sweeps the unmarked. Free runs stand in lists by size; each sweep merges neighbours.
//
// Cards. A minor collection must not scan a vector of a million elements because one was set, so each
// 512 bytes of the range have a byte that says whether they may hold a pointer to a young object.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/valk.h"

enum : size_t { VALK_PAGE_SHIFT = 12, VALK_PAGE_BYTES = size_t{1} << VALK_PAGE_SHIFT };
enum : size_t { VALK_CARD_SHIFT = 9, VALK_CARD_WORDS = (size_t{1} << VALK_CARD_SHIFT) / 8 };
enum : uint32_t { VALK_NO_PAGE = ~uint32_t{0} };

/// Stands at the first page of a run.
struct ValkRun {
  uint32_t pages;
  uint32_t next;  ///< free: in its list; used: in the list of marked and not yet scanned
  bool is_used;
  bool is_marked;
  bool is_resident;  ///< a free run: some of its pages may be in memory
};

struct ValkLarge {
  char* base;
  size_t bytes;
  ValkRun* table;  ///< one entry a page
  uint8_t* cards;  ///< one a card: 1 if it may point at young objects
  uint32_t fresh;  ///< pages from here on were never used
  uint32_t gray;   ///< marked objects whose values are not yet scanned
  size_t used_bytes;
  uint32_t bins[32];  ///< free runs of [2^i, 2^(i+1)) pages
  bool poisons;
};

bool valk_large_init(ValkLarge* large, char* base, size_t bytes, bool poisons);
void valk_large_destroy(ValkLarge* large);
/// A run for `words` words, or null if the range is full.
Value* valk_large_take(ValkLarge* large, size_t words);
/// Marks the object at p, which starts a run; queues it for scanning if it is newly marked.
void valk_large_mark(ValkLarge* large, Value* p);
/// The next object to scan, or null.
Value* valk_large_next_gray(ValkLarge* large);
/// Frees every unmarked object and unmarks the others.
void valk_large_sweep(ValkLarge* large);
/// Gives free pages back to the system, but for about `keep` bytes, and gives how many are kept.
size_t valk_large_trim(ValkLarge* large, size_t keep);
inline bool valk_is_large(const ValkLarge* large, const Value* p) {
  return reinterpret_cast<Value>(p) - reinterpret_cast<Value>(large->base) < large->bytes;
}
/// The card of a word of a large object.
inline uint8_t* valk_card(const ValkLarge* large, const Value* word) {
  size_t offset = static_cast<size_t>(reinterpret_cast<const char*>(word) - large->base);
  return large->cards + (offset >> VALK_CARD_SHIFT);
}
/// Sets every card of the object of `words` words at p to `state`.
void valk_set_cards(ValkLarge* large, const Value* p, size_t words, uint8_t state);
/// True if p is the start of an object in use.
bool valk_large_is_object(const ValkLarge* large, const Value* p);
