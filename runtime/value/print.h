// Printing: from a value to text. Iterative in depth, and without allocation in the heap.
#pragma once

#include <stddef.h>

#include "runtime/value/text.h"
#include "runtime/value/value.h"

/// Appends the printed form, or the readable form. Stops soon after `limit` bytes.
void valk_print_value(ValkText* text, Value v, bool readable, size_t limit = ~size_t{0});
/// Appends a string's readable form, quotes included.
void valk_print_quoted(ValkText* text, const char* bytes, size_t length);
/// Appends a float's shortest form that reads back as the same float.
void valk_print_float(ValkText* text, double d);
/// Appends an integer: fixnum or bignum.
void valk_print_integer(ValkText* text, Value v);

/// How control/ prints what only it knows (tasks, handles): gives false for other values.
extern bool (*valk_print_hook)(ValkText* text, Value v);
