// Tables: hash maps that keep the order of insertion. Keys are compared by ==.
//
//   {header, count, used, index, entries}   count and used are fixnums
//   entries  a store of {key, value, hash} in order of insertion; used counts those taken, deleted ones
//            (key VALK_UNSET) included
//   index    BYTES of 32-bit slots, open addressing: 1 + entry and bits of the hash, 0 for
//            none; nil while the table is small
#pragma once

#include "runtime/value/value.h"

enum {
  VALK_TABLE_COUNT = 1,
  VALK_TABLE_USED,
  VALK_TABLE_INDEX,
  VALK_TABLE_ENTRIES,
  VALK_TABLE_WORDS
};
enum : size_t { VALK_ENTRY_WORDS = 3 };

inline size_t valk_table_count(Value table) {
  return static_cast<size_t>(VALK_INT(valk_object(table)[VALK_TABLE_COUNT]));
}
inline size_t valk_table_used(Value table) {
  return static_cast<size_t>(VALK_INT(valk_object(table)[VALK_TABLE_USED]));
}
/// The three words of an entry.
Value* valk_table_entry(Value table, size_t i);

Value valk_make_table(Vm* vm, Value* sp);
/// Hashes a key. False: the key is of a mutable kind, or holds one.
bool valk_hash(Value key, Value* hash);
/// The entry of a key, or null.
Value* valk_table_find(Value table, Value key, Value hash);
/// Sets a key. VALK_ERR if memory is exhausted, else the value.
Value valk_table_put(Vm* vm, Value* sp, Value table, Value key, Value value, Value hash);
/// Takes a key out; false if it was not there.
bool valk_table_remove(Value table, Value key, Value hash);
