// Tables: finding, growing, deleting.
#include "runtime/value/table.h"

#include <string.h>

#include "runtime/value/store.h"

enum : size_t { MIN_ENTRIES = 8 };  ///< up to so many are searched in a row, without an index

Value* valk_table_entry(Value table, size_t i) {
  return valk_store_values(valk_object(table)[VALK_TABLE_ENTRIES]) + VALK_ENTRY_WORDS * i;
}

static size_t capacity(Value table) {
  Value entries = valk_object(table)[VALK_TABLE_ENTRIES];
  return entries == VALK_NIL ? 0 : valk_store_length(entries) / VALK_ENTRY_WORDS;
}

Value valk_make_table(Vm* vm, Value* sp) {
  Value* p = valk_alloc(vm, sp, VALK_TABLE_WORDS);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_TABLE, VALK_TABLE_WORDS);
  p[VALK_TABLE_COUNT] = VALK_FIX(0);
  p[VALK_TABLE_USED] = VALK_FIX(0);
  p[VALK_TABLE_INDEX] = VALK_NIL;
  p[VALK_TABLE_ENTRIES] = VALK_NIL;
  return valk_tag_object(p);
}

// ---- the index ----------------------------------------------------------------------------------

static uint32_t* slots(Value index) { return reinterpret_cast<uint32_t*>(valk_bytes_data(index)); }
static size_t slot_mask(Value index) { return valk_bytes_length(index) / sizeof(uint32_t) - 1; }

/// A slot holds 1 + entry, which is never above the mask, and above that bits of the hash: what has others is
/// passed by without a look at its entry, which is mostly a miss in the cache.
static uint32_t mark_of(Value hash, size_t mask) {
  return static_cast<uint32_t>(hash >> 32) & ~static_cast<uint32_t>(mask);
}

static void add_to_index(Value index, Value hash, size_t entry) {
  size_t mask = slot_mask(index);
  size_t i = (hash >> 1) & mask;
  while (slots(index)[i] != 0) i = (i + 1) & mask;
  slots(index)[i] = static_cast<uint32_t>(entry + 1) | mark_of(hash, mask);
}

/// Hashes are kept as fixnums.
static Value kept(Value hash) { return hash & ~Value{1}; }

Value* valk_table_find(Value table, Value key, Value hash) {
  hash = kept(hash);
  Value index = valk_object(table)[VALK_TABLE_INDEX];
  if (index == VALK_NIL) {
    size_t used = valk_table_used(table);
    for (size_t i = 0; i < used; ++i) {
      Value* entry = valk_table_entry(table, i);
      if (entry[2] == hash && entry[0] != VALK_UNSET && valk_equal(entry[0], key)) return entry;
    }
    return nullptr;
  }
  size_t mask = slot_mask(index);
  const uint32_t mark = mark_of(hash, mask);
  for (size_t i = (hash >> 1) & mask; slots(index)[i] != 0; i = (i + 1) & mask) {
    const uint32_t slot = slots(index)[i];
    if ((slot & ~mask) != mark) continue;
    Value* entry = valk_table_entry(table, (slot & mask) - 1);
    if (entry[2] == hash && entry[0] != VALK_UNSET && valk_equal(entry[0], key)) return entry;
  }
  return nullptr;
}

// ---- growing ------------------------------------------------------------------------------------

/// Copies what is not deleted from old entries to new ones, which are fresh; gives how many.
static size_t copy_entries(Value from, size_t used, Value to) {
  size_t n = 0;
  for (size_t i = 0; i < used; ++i) {
    const Value* entry = valk_store_values(from) + VALK_ENTRY_WORDS * i;
    if (entry[0] == VALK_UNSET) continue;
    memcpy(valk_store_values(to) + VALK_ENTRY_WORDS * n++, entry, VALK_ENTRY_WORDS * sizeof(Value));
  }
  return n;
}

static void fill_index(Value index, Value entries, size_t n) {
  memset(valk_bytes_data(index), 0, valk_bytes_length(index));
  for (size_t i = 0; i < n; ++i)
    add_to_index(index, valk_store_values(entries)[VALK_ENTRY_WORDS * i + 2], i);
}

/// Makes room for one more entry: drops deleted ones, and doubles unless half were deleted. The table
/// is in sp[0].
static bool make_room(Vm* vm, Value* sp) {
  size_t count = valk_table_count(sp[0]);
  size_t room = capacity(sp[0]);
  if (room == 0) {
    room = MIN_ENTRIES;
  } else if (count > room / 2) {
    room *= 2;
  }
  sp[1] = VALK_NIL;
  if (room > MIN_ENTRIES) {
    sp[1] = valk_make_bytes(vm, sp + 1, 2 * room * sizeof(uint32_t));
    if (sp[1] == VALK_ERR) return false;
  }
  Value entries = valk_make_store(vm, sp + 2, room * VALK_ENTRY_WORDS);
  if (entries == VALK_ERR) return false;
  Value old = valk_object(sp[0])[VALK_TABLE_ENTRIES];
  size_t n = old == VALK_NIL ? 0 : copy_entries(old, valk_table_used(sp[0]), entries);
  if (sp[1] != VALK_NIL) fill_index(sp[1], entries, n);
  valk_store(vm, sp[0], VALK_TABLE_INDEX, sp[1]);
  valk_store(vm, sp[0], VALK_TABLE_ENTRIES, entries);
  valk_object(sp[0])[VALK_TABLE_USED] = VALK_FIX(n);
  return true;
}

Value valk_table_put(Vm* vm, Value* sp, Value table, Value key, Value value, Value hash) {
  if (Value* entry = valk_table_find(table, key, hash)) {
    Value entries = valk_object(table)[VALK_TABLE_ENTRIES];
    valk_store_put(vm, entries, static_cast<size_t>(entry + 1 - valk_store_values(entries)), value);
    return value;
  }
  if (valk_table_used(table) == capacity(table)) {
    sp[0] = key;
    sp[1] = value;
    sp[2] = table;
    if (!make_room(vm, sp + 2)) return VALK_ERR;
    key = sp[0];
    value = sp[1];
    table = sp[2];
  }
  Value* p = valk_object(table);
  Value entries = p[VALK_TABLE_ENTRIES];
  size_t i = valk_table_used(table);
  valk_store_put(vm, entries, VALK_ENTRY_WORDS * i, valk_unblock(key));
  valk_store_put(vm, entries, VALK_ENTRY_WORDS * i + 1, value);
  valk_store_values(entries)[VALK_ENTRY_WORDS * i + 2] = kept(hash);
  p[VALK_TABLE_USED] = VALK_FIX(i + 1);
  p[VALK_TABLE_COUNT] = VALK_FIX(valk_table_count(table) + 1);
  if (p[VALK_TABLE_INDEX] != VALK_NIL) add_to_index(p[VALK_TABLE_INDEX], kept(hash), i);
  return value;
}

bool valk_table_remove(Value table, Value key, Value hash) {
  Value* entry = valk_table_find(table, key, hash);
  if (!entry) return false;
  entry[0] = VALK_UNSET;
  entry[1] = VALK_UNSET;
  valk_object(table)[VALK_TABLE_COUNT] = VALK_FIX(valk_table_count(table) - 1);
  return true;
}
