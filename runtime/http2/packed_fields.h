// Header fields as Lisp values hold them: packed into one string as they came, from which what a program asks for
// is cut out. Most programs ask for one or two of the fields of a message, or for none.
#pragma once

#include <stddef.h>

#include <string_view>

#include "runtime/http2/held_fields.h"
#include "runtime/valk.h"

/// A string of all fields. VALK_ERR with :memory raised.
Value valk_packed_make(Vm* vm, Value* sp, const ValkHeldFields& fields);
/// The fields in it as a list of {name value}, without pseudo-header fields. VALK_ERR with :memory raised.
Value valk_packed_list(Vm* vm, Value* sp, Value packed);
/// The first value of a field; its data is null if there is none.
std::string_view valk_packed_find(std::string_view packed, std::string_view name);

/// Walks over packed fields.
struct ValkPackedWalk {
  std::string_view left, name{}, value{};
  bool next();
};
