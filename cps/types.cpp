// Kinds of values: see types.h.
#include "cps/types.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace valkc {

namespace {

using Results = std::unordered_map<std::string_view, Types>;

const Results& fixed_results() {
  static const Results results = {
#define RESULT(id, types) {#id, TYPES_##types},
#include "cps/types.def"
  };
  return results;
}

bool is_one_of(std::string_view id, std::initializer_list<std::string_view> ids) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool may_be(Types types, Types kinds) { return (types & kinds) != 0; }

/// Integers give integers; a float on either side makes a float.
Types arithmetic(Types a, Types b, Types of_fixnums) {
  Types result = TYPES_NONE;
  if (may_be(a, TYPES_INTEGER) && may_be(b, TYPES_INTEGER))
    result |= a == TYPES_FIXNUM && b == TYPES_FIXNUM ? of_fixnums : TYPES_INTEGER;
  if ((may_be(a, TYPES_FLOAT) && may_be(b, TYPES_NUMBER)) ||
      (may_be(b, TYPES_FLOAT) && may_be(a, TYPES_NUMBER)))
    result |= TYPES_FLOAT;
  return result;
}

Types primitive_result(std::string_view id, const std::vector<Types>& args) {
  if (const auto at = fixed_results().find(id); at != fixed_results().end()) return at->second;
  if (id == "neg") return arithmetic(args[0], TYPES_FIXNUM, TYPES_INTEGER);
  if (args.size() != 2) return TYPES_ALL;
  if (is_one_of(id, {"add2", "sub2", "mul2", "div2"}))
    return arithmetic(args[0], args[1], TYPES_INTEGER);
  if (id == "mod") return arithmetic(args[0], args[1], TYPES_FIXNUM);
  if (is_one_of(id, {"bit_and", "bit_or", "bit_xor"})) {
    const bool fixnums = args[0] == TYPES_FIXNUM && args[1] == TYPES_FIXNUM;
    return fixnums ? TYPES_FIXNUM : TYPES_INTEGER;
  }
  if (id == "bit_shr") return TYPES_INTEGER;
  return TYPES_ALL;
}

}  // namespace

bool is_float_arithmetic(const Primitive& primitive) {
  return is_one_of(primitive.id, {"add2", "sub2", "mul2", "div2", "mod", "neg"});
}

Types types_of(const Datum& d) {
  switch (d.kind) {
    case DatumKind::integer:
      return TYPES_FIXNUM;
    case DatumKind::big_integer:
      return TYPES_BIGNUM;
    case DatumKind::real:
      return TYPES_FLOAT;
    case DatumKind::list:
    case DatumKind::block:
      return d.is_nil() ? TYPES_NIL : TYPES_PAIR;
    case DatumKind::value:
      return TYPES_ALL;
    default:
      return TYPES_OTHER;
  }
}

Types result_types(const Op& op, const std::vector<Types>& args) {
  if (std::find(args.begin(), args.end(), TYPES_NONE) != args.end()) return TYPES_NONE;
  switch (op.kind) {
    case OpKind::primitive:
      return primitive_result(op.primitive->id, args);
    case OpKind::global_define:
    case OpKind::global_set:
      return TYPES_NIL;
    case OpKind::is_unset:
      return TYPES_FIXNUM;
    case OpKind::block:
    case OpKind::unset:
      return TYPES_OTHER;
    case OpKind::global_get:
      return TYPES_ALL;
  }
  return TYPES_ALL;
}

}  // namespace valkc
