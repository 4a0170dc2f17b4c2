// Runs of pages: taking, marking, sweeping.
#include "runtime/gc/large.h"

#include <string.h>
#include <sys/mman.h>

#include "runtime/gc/poison.h"

static size_t table_bytes(const ValkLarge* large) {
  return (large->bytes >> VALK_PAGE_SHIFT) * sizeof(ValkRun);
}

static void* map(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

static void clear_bins(ValkLarge* large) {
  for (uint32_t& bin : large->bins) bin = VALK_NO_PAGE;
}

bool valk_large_init(ValkLarge* large, char* base, size_t bytes, bool poisons) {
  large->base = base;
  large->bytes = bytes;
  large->fresh = 0;
  large->gray = VALK_NO_PAGE;
  large->used_bytes = 0;
  large->poisons = poisons;
  clear_bins(large);
  large->table = static_cast<ValkRun*>(map(table_bytes(large)));
  large->cards = static_cast<uint8_t*>(map(bytes >> VALK_CARD_SHIFT));
  return large->table && large->cards;
}

void valk_large_destroy(ValkLarge* large) {
  munmap(large->table, table_bytes(large));
  munmap(large->cards, large->bytes >> VALK_CARD_SHIFT);
}

void valk_set_cards(ValkLarge* large, const Value* p, size_t words, uint8_t state) {
  const uint8_t* last = valk_card(large, p + words - 1);
  uint8_t* first = valk_card(large, p);
  memset(first, state, static_cast<size_t>(last - first) + 1);
}

static char* page_start(const ValkLarge* large, uint32_t page) {
  return large->base + (static_cast<size_t>(page) << VALK_PAGE_SHIFT);
}
static uint32_t page_of(const ValkLarge* large, const Value* p) {
  return static_cast<uint32_t>((reinterpret_cast<const char*>(p) - large->base) >> VALK_PAGE_SHIFT);
}
static int bin_of(uint32_t pages) { return 31 - __builtin_clz(pages); }

static void add_free(ValkLarge* large, uint32_t page, uint32_t pages, bool is_resident) {
  uint32_t* bin = &large->bins[bin_of(pages)];
  large->table[page] = {pages, *bin, false, false, is_resident};
  *bin = page;
}

/// First fit from the smallest list that may hold such a run; VALK_NO_PAGE if none does.
static uint32_t take_free(ValkLarge* large, uint32_t pages) {
  for (int i = bin_of(pages); i < 32; ++i) {
    uint32_t* link = &large->bins[i];
    while (*link != VALK_NO_PAGE && large->table[*link].pages < pages)
      link = &large->table[*link].next;
    if (*link == VALK_NO_PAGE) continue;
    uint32_t page = *link;
    const ValkRun run = large->table[page];
    *link = run.next;
    if (run.pages != pages) add_free(large, page + pages, run.pages - pages, run.is_resident);
    if (large->poisons) valk_unprotect(page_start(large, page), size_t{pages} << VALK_PAGE_SHIFT);
    return page;
  }
  return VALK_NO_PAGE;
}

Value* valk_large_take(ValkLarge* large, size_t words) {
  size_t need = (words * sizeof(Value) + VALK_PAGE_BYTES - 1) >> VALK_PAGE_SHIFT;
  size_t total = large->bytes >> VALK_PAGE_SHIFT;
  if (need > total) return nullptr;
  uint32_t pages = static_cast<uint32_t>(need);
  uint32_t page = take_free(large, pages);
  if (page == VALK_NO_PAGE) {
    if (pages > total - large->fresh) return nullptr;
    page = large->fresh;
    large->fresh += pages;
  }
  large->table[page] = {pages, VALK_NO_PAGE, true, false, true};
  large->used_bytes += size_t{pages} << VALK_PAGE_SHIFT;
  return reinterpret_cast<Value*>(page_start(large, page));
}

void valk_large_mark(ValkLarge* large, Value* p) {
  uint32_t page = page_of(large, p);
  ValkRun* run = &large->table[page];
  if (run->is_marked) return;
  run->is_marked = true;
  run->next = large->gray;
  large->gray = page;
}

Value* valk_large_next_gray(ValkLarge* large) {
  if (large->gray == VALK_NO_PAGE) return nullptr;
  uint32_t page = large->gray;
  large->gray = large->table[page].next;
  return reinterpret_cast<Value*>(page_start(large, page));
}

// ---- sweeping -----------------------------------------------------------------------------------

/// Free runs as a sweep finds them: neighbours are merged, and lists are in order of address, so that what is
/// taken first, and stays resident, is at the front.
struct FreeRuns {
  ValkLarge* large;
  uint32_t* tails[32];
  ValkRun open = {};  ///< not yet in a list
  uint32_t start = 0;

  explicit FreeRuns(ValkLarge* of) : large(of) {
    clear_bins(large);
    for (int i = 0; i < 32; ++i) tails[i] = &large->bins[i];
  }
  void extend(uint32_t page, const ValkRun& run) {
    if (open.pages == 0) start = page;
    open.pages += run.pages;
    open.is_resident |= run.is_resident;
  }
  void close() {
    if (open.pages == 0) return;
    open.next = VALK_NO_PAGE;
    large->table[start] = open;
    uint32_t** tail = &tails[bin_of(open.pages)];
    **tail = start;
    *tail = &large->table[start].next;
    open = {};
  }
};

/// An object has died: its pages are free, and stay resident until valk_large_trim.
static void free_object(ValkLarge* large, uint32_t page) {
  ValkRun* run = &large->table[page];
  size_t bytes = size_t{run->pages} << VALK_PAGE_SHIFT;
  large->used_bytes -= bytes;
  run->is_used = false;
  if (!large->poisons) return;
  madvise(page_start(large, page), bytes, MADV_DONTNEED);
  valk_protect(page_start(large, page), bytes);
}

void valk_large_sweep(ValkLarge* large) {
  FreeRuns free_runs(large);
  for (uint32_t page = 0; page < large->fresh; page += large->table[page].pages) {
    ValkRun* run = &large->table[page];
    if (run->is_marked) {
      run->is_marked = false;
      free_runs.close();
      continue;
    }
    if (run->is_used) free_object(large, page);
    free_runs.extend(page, *run);
  }
  free_runs.close();
}

size_t valk_large_trim(ValkLarge* large, size_t keep) {
  if (large->poisons) return 0;
  size_t kept = 0;
  FreeRuns free_runs(large);
  for (uint32_t page = 0; page < large->fresh; page += large->table[page].pages) {
    ValkRun* run = &large->table[page];
    if (run->is_used) continue;
    const size_t bytes = size_t{run->pages} << VALK_PAGE_SHIFT;
    const bool stays = run->is_resident && kept + bytes <= keep;
    if (stays) kept += bytes;
    if (run->is_resident && !stays) madvise(page_start(large, page), bytes, MADV_DONTNEED);
    run->is_resident = stays;
    if (!stays && page + run->pages == large->fresh) {
      large->fresh = page;  // it is as if it had never been used
      break;
    }
    free_runs.extend(page, *run);
    free_runs.close();
  }
  return kept;
}

bool valk_large_is_object(const ValkLarge* large, const Value* p) {
  uint32_t page = page_of(large, p);
  return reinterpret_cast<const char*>(p) == page_start(large, page) && page < large->fresh &&
         large->table[page].is_used;
}
