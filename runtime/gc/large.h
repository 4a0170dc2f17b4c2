// Large objects: runs of 4 KiB pages in a range of their own. They do not move; a full collection
// marks them and sweeps the unmarked. Free runs stand in lists by size; each sweep merges neighbours.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/valk.h"

enum : size_t { VALK_PAGE_SHIFT = 12, VALK_PAGE_BYTES = size_t{1} << VALK_PAGE_SHIFT };
enum : uint32_t { VALK_NO_PAGE = ~uint32_t{0} };

/// Stands at the first page of a run.
struct ValkRun {
  uint32_t pages;
  uint32_t next;  ///< free: in its list; used: in the list of marked and not yet scanned
  bool is_used;
  bool is_marked;
};

struct ValkLarge {
  char* base;
  size_t bytes;
  ValkRun* table;  ///< one entry a page
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
/// True if p is the start of an object in use.
bool valk_large_is_object(const ValkLarge* large, const Value* p);
