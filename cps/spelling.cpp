// How the parts of the IR are spelled: see spelling.h.
#include "cps/spelling.h"

#include <iterator>

namespace valkc {

namespace {

constexpr Operator OPERATORS[] = {
#define OPERATOR(id, name, operands, has_global) {OpKind::id, name, operands, has_global},
#include "cps/operators.def"
#undef OPERATOR
};

constexpr std::string_view SUFFIXES[] = {"", ".direct", ".suspends", ".either"};
static_assert(static_cast<int>(Suspension::unknown) == 0 &&
              static_cast<int>(Suspension::direct) == 1 &&
              static_cast<int>(Suspension::suspends) == 2 &&
              static_cast<int>(Suspension::either) == 3);

}  // namespace

const Operator* find_operator(OpKind kind) {
  for (const Operator& row : OPERATORS)
    if (row.kind == kind) return &row;
  return nullptr;
}

const Operator* find_operator(std::string_view name) {
  for (const Operator& row : OPERATORS)
    if (row.name == name) return &row;
  return nullptr;
}

std::string_view suspension_suffix(Suspension suspension) {
  return SUFFIXES[static_cast<size_t>(suspension)];
}

bool find_suspension(std::string_view suffix, Suspension& suspension) {
  for (size_t i = 0; i < std::size(SUFFIXES); i++) {
    if (SUFFIXES[i] != suffix) continue;
    suspension = static_cast<Suspension>(i);
    return true;
  }
  return false;
}

}  // namespace valkc
