// Building lists. A pair is never written after it was made, so lists are built from their end.
#pragma once

#include "runtime/value/value.h"

/// A list, or a block that stands for one?
inline bool valk_is_list_value(Value v) {
  return v == VALK_NIL || valk_is_pair(v) || valk_is_kind(v, VALK_KIND_BLOCK);
}
/// Number of elements; the list is no block.
size_t valk_list_length(Value list);
/// The list of the values at values[0..n); they lie on the shadow stack below sp.
Value valk_list_from(Vm* vm, Value* sp, const Value* values, size_t n, Value tail);
/// The first n elements of a list that has as many, followed by `tail`.
Value valk_copy_prefix(Vm* vm, Value* sp, Value list, size_t n, Value tail);
/// The elements of `list`, last first, followed by `rest`.
Value valk_reverse_list(Vm* vm, Value* sp, Value list, Value rest);
