// Lisp values as plain data for C++, and back (runtime/valk_ext.h).
#pragma once

#include "runtime/valk.h"
#include "runtime/valk_ext.h"

enum { VALK_DEEPEST_DATA = 200 };

/// Data made from Lisp values, with the memory that it points into.
struct ValkDataArena {
  struct Block* blocks = nullptr;
  bool copies = false;       ///< strings are copied: the heap may move while the data lives
  bool is_too_deep = false;  ///< a list was nested too deep, and is not all there
  /// Names a function for C++; null: functions are VALK_DATA_OTHER.
  uint64_t (*keep_function)(Vm* vm, void* owner, Value function) = nullptr;
  void* owner = nullptr;
};
/// A value as data. Without `copies`, strings point into the heap: nothing may collect while it is used.
ValkData valk_data_take(Vm* vm, ValkDataArena* arena, Value v);
/// Frees what the data points into.
void valk_data_release(ValkDataArena* arena);

/// Data as a value; an error becomes an error value. `function` gives the value of a function's name; null:
/// they become nil. VALK_ERR: :memory. Allocates.
Value valk_data_value(Vm* vm, Value* sp, const ValkData& d,
                      Value (*function)(Vm* vm, uint64_t name));

/// A copy of data that owns all that it points at.
ValkData valk_data_copy(ValkData d);
void valk_data_free(ValkData d);
