// Cells, refs and tables.
#include <string.h>

#include "runtime/gc/heap.h"
#include "runtime/prims/prims.h"
#include "runtime/value/list.h"
#include "runtime/value/table.h"

static Value make_box(Vm* vm, Value* sp, int kind, Value value) {
  sp[0] = value;
  Value* p = valk_alloc(vm, sp + 1, 2);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(kind, 2);
  p[1] = sp[0];
  return valk_tag_object(p);
}

Value valk_cell_new(Vm* vm, Value* sp, Value value) {
  return make_box(vm, sp, VALK_KIND_CELL, value);
}
Value valk_cell_get(Vm*, Value*, Value cell) { return valk_object(cell)[1]; }
Value valk_cell_set(Vm* vm, Value*, Value cell, Value value) {
  valk_store(vm, cell, 1, value);
  return VALK_NIL;
}

Value valk_pack(Vm* vm, Value* sp, Fix n) {
  const size_t count = static_cast<size_t>(n);
  Value* p = valk_alloc_sized(vm, sp + n, 2 + count);
  if (!p) return VALK_ERR;
  p[0] = VALK_HEADER(VALK_KIND_STORE, 0);
  p[1] = count;
  memcpy(p + 2, sp, count * sizeof(Value));
  const Value record = valk_tag_object(p);
  if (record - vm->nursery_base >= vm->nursery_bytes) valk_remember(vm, record);
  return record;
}
Value valk_packed(Vm*, Value*, Value record, Value index) {
  return valk_object(record)[2 + VALK_INT(index)];
}

// ---- refs ---------------------------------------------------------------------------------------

Value valk_ref(Vm* vm, Value* sp, Value value) { return make_box(vm, sp, VALK_KIND_REF, value); }

Value valk_ref_get(Vm* vm, Value* sp, Value ref) {
  if (!valk_is_kind(ref, VALK_KIND_REF)) return valk_fail_type(vm, sp, "ref/get", 1, "a ref", ref);
  return valk_object(ref)[1];
}

Value valk_ref_set(Vm* vm, Value* sp, Value ref, Value value) {
  if (!valk_is_kind(ref, VALK_KIND_REF)) return valk_fail_type(vm, sp, "ref/set!", 1, "a ref", ref);
  valk_store(vm, ref, 1, value);
  return value;
}

// ---- tables -------------------------------------------------------------------------------------

Value valk_table(Vm* vm, Value* sp) { return valk_make_table(vm, sp); }

static bool is_table(Value v) { return valk_is_kind(v, VALK_KIND_TABLE); }

/// Checks the table and hashes the key. VALK_ERR if either is wrong.
static Value check(Vm* vm, Value* sp, const char* name, Value table, Value key, Value* hash) {
  if (!is_table(table)) return valk_fail_type(vm, sp, name, 1, "a table", table);
  if (!valk_hash(key, hash))
    return valk_fail_type(vm, sp, name, 2, "a key of an immutable kind", key);
  return VALK_NIL;
}

Value valk_table_get(Vm* vm, Value* sp, Fix n) {
  Value hash = 0;
  if (check(vm, sp + n, "table/get", sp[0], sp[1], &hash) == VALK_ERR) return VALK_ERR;
  Value* entry = valk_table_find(sp[0], sp[1], hash);
  return entry ? entry[1] : n == 3 ? sp[2] : VALK_NIL;
}

Value valk_table_set(Vm* vm, Value* sp, Value table, Value key, Value value) {
  Value hash = 0;
  if (check(vm, sp, "table/set!", table, key, &hash) == VALK_ERR) return VALK_ERR;
  return valk_table_put(vm, sp, table, key, value, hash);
}

Value valk_table_has(Vm* vm, Value* sp, Value table, Value key) {
  Value hash = 0;
  if (check(vm, sp, "table/has?", table, key, &hash) == VALK_ERR) return VALK_ERR;
  return valk_bool(valk_table_find(table, key, hash) != nullptr);
}

Value valk_table_del(Vm* vm, Value* sp, Value table, Value key) {
  Value hash = 0;
  if (check(vm, sp, "table/del!", table, key, &hash) == VALK_ERR) return VALK_ERR;
  return valk_bool(valk_table_remove(table, key, hash));
}

Value valk_table_len(Vm* vm, Value* sp, Value table) {
  if (!is_table(table)) return valk_fail_type(vm, sp, "table/len", 1, "a table", table);
  return VALK_FIX(valk_table_count(table));
}

/// The list of one word of every entry: 0 for keys, 1 for values.
static Value column(Vm* vm, Value* sp, const char* name, Value table, int word) {
  if (!is_table(table)) return valk_fail_type(vm, sp, name, 1, "a table", table);
  sp[0] = table;
  Value list = VALK_NIL;
  for (size_t i = valk_table_used(table); i-- > 0 && list != VALK_ERR;) {
    const Value* entry = valk_table_entry(sp[0], i);
    if (entry[0] != VALK_UNSET) list = valk_make_pair(vm, sp + 1, entry[word], list);
  }
  return list;
}

Value valk_table_keys(Vm* vm, Value* sp, Value table) {
  return column(vm, sp, "table/keys", table, 0);
}
Value valk_table_vals(Vm* vm, Value* sp, Value table) {
  return column(vm, sp, "table/vals", table, 1);
}
