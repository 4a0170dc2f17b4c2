// How the parts of the IR are spelled, for those who write it (print), read it (parse) and count
// operands (verify).
#pragma once

#include <string_view>

#include "cps/ir.h"

namespace valkc {

/// A row of operators.def.
struct Operator {
  OpKind kind;
  std::string_view name;
  int operands;
  bool has_global;
};

/// The row of an operator that is no builtin, or null.
const Operator* find_operator(OpKind kind);
const Operator* find_operator(std::string_view name);

/// What follows `call` and `fun`: "", ".direct", ".suspends", ".either".
std::string_view suspension_suffix(Suspension suspension);
/// The opposite; false if there is no such suffix.
bool find_suspension(std::string_view suffix, Suspension& suspension);

}  // namespace valkc
