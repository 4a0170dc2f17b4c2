// Derives the compiler's table of builtins from runtime/prims.def.
#include "frontend/primitives.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace valkc {

namespace {

// The names that the column `effects` is written in.
constexpr uint16_t PURE = EFFECT_NONE;
[[maybe_unused]] constexpr uint16_t ALLOC = EFFECT_ALLOCATES;
[[maybe_unused]] constexpr uint16_t RAISE = EFFECT_RAISES;
[[maybe_unused]] constexpr uint16_t READ = EFFECT_READS;
[[maybe_unused]] constexpr uint16_t WRITE = EFFECT_WRITES;
[[maybe_unused]] constexpr uint16_t SUSPEND = EFFECT_SUSPENDS;
[[maybe_unused]] constexpr uint16_t INTERNAL = EFFECT_INTERNAL;
[[maybe_unused]] constexpr uint16_t CALLS = EFFECT_CALLS;
[[maybe_unused]] constexpr uint16_t AWAITS = EFFECT_AWAITS;
[[maybe_unused]] constexpr uint16_t OPENS = EFFECT_OPENS;
constexpr uint16_t kOperation = EFFECT_OPERATION | EFFECT_ALLOCATES | EFFECT_RAISES | EFFECT_WRITES;

struct Cancelling {
  std::string_view symbol;
  std::string_view text;
};
constexpr Cancelling kCancelling[] = {
#define CANCELLING(symbol, text) {#symbol, text},
#include "runtime/cancelling.def"
};

/// What a function of the column `cancel` does; it does not compile without a row.
consteval std::string_view cancelling_by(std::string_view symbol) {
  for (const Cancelling& row : kCancelling)
    if (row.symbol == symbol) return row.text;
  throw "runtime/cancelling.def has no row for this function";
}

// An operation takes its continuation as one more argument than its row counts.
constexpr Primitive kRows[] = {
#define PRIM(id, name, symbol, min, max, effects, params, doc) \
  {0, #id, name, #symbol, min, max, PURE | effects, params, doc, ""},
#define OP(id, name, symbol, min, max, cancel, params, doc) \
  {0, #id, name, "valk_op_" #id, min, max + 1, kOperation, params, doc, cancelling_by(#cancel)},
#include "runtime/prims.def"
};

std::vector<Primitive> numbered_rows() {
  std::vector<Primitive> rows(std::begin(kRows), std::end(kRows));
  for (size_t i = 0; i < rows.size(); ++i) rows[i].index = static_cast<uint16_t>(i);
  return rows;
}

using Index = std::unordered_map<std::string_view, const Primitive*>;

Index index_by_name() {
  Index index;
  for (const Primitive& row : primitives()) index.emplace(row.name, &row);
  return index;
}

}  // namespace

std::span<const Primitive> primitives() {
  static const std::vector<Primitive> rows = numbered_rows();
  return rows;
}

const Primitive* find_primitive(std::string_view name) {
  static const Index index = index_by_name();
  auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

}  // namespace valkc
