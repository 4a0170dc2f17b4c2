// Facts about operators: see fold.h.
#include "cps/fold.h"

#include <unordered_map>

namespace valkc {

namespace {

// clang-format off
enum class FoldKind : uint8_t {
  none, add, subtract, multiply, divide, remainder, bit_and, bit_or, bit_xor, negate,
  less, greater, less_equal, greater_equal, equal, not_equal,
  is_false, is_nil, is_list, is_number, is_integer, is_float, is_string, is_symbol, is_keyword,
  is_function, is_never,
};
// clang-format on

/// What fold.def says of one builtin.
struct Facts {
  FoldKind kind = FoldKind::none;
  bool is_unfailing = false;
  bool checks_function = false;
  bool reads_data_only = false;
  bool gives_parts = false;
};

std::vector<Facts> compute_facts() {
  std::vector<Facts> facts(primitives().size());
#define FOLD_AS(id, kind_of) facts[primitive_with_id(#id)->index].kind = FoldKind::kind_of;
#define CHECK_FUNCTION(id) facts[primitive_with_id(#id)->index].checks_function = true;
#define DATA(id) facts[primitive_with_id(#id)->index].reads_data_only = true;
#define PARTS(id) facts[primitive_with_id(#id)->index].gives_parts = true;
#define UNFAILING(id) facts[primitive_with_id(#id)->index].is_unfailing = true;
#include "cps/fold.def"
  return facts;
}

const Facts& facts_of(const Primitive& primitive) {
  static const std::vector<Facts> facts = compute_facts();
  return facts[primitive.index];
}

constexpr int64_t FIXNUM_MAX = (int64_t{1} << 62) - 1;
constexpr int64_t FIXNUM_MIN = -FIXNUM_MAX - 1;

std::optional<int64_t> integer_of(const Atom& atom) {
  if (!atom.is_constant() || atom.constant->kind != DatumKind::integer) return std::nullopt;
  return atom.constant->integer;
}

/// By reference: the builtin that gives `overflows` writes `value`, and arguments are evaluated in any order.
std::optional<int64_t> in_range(bool overflows, const int64_t& value) {
  if (overflows || value < FIXNUM_MIN || value > FIXNUM_MAX) return std::nullopt;
  return value;
}

std::optional<int64_t> compute(FoldKind kind, int64_t a, int64_t b) {
  int64_t r = 0;
  switch (kind) {
    case FoldKind::add:
      return in_range(__builtin_add_overflow(a, b, &r), r);
    case FoldKind::subtract:
      return in_range(__builtin_sub_overflow(a, b, &r), r);
    case FoldKind::multiply:
      return in_range(__builtin_mul_overflow(a, b, &r), r);
    case FoldKind::divide:
      return in_range(b == 0, b == 0 ? 0 : a / b);
    case FoldKind::remainder:
      return in_range(b == 0, b == 0 ? 0 : a % b);
    case FoldKind::bit_and:
      return a & b;
    case FoldKind::bit_or:
      return a | b;
    case FoldKind::bit_xor:
      return a ^ b;
    case FoldKind::less:
      return a < b;
    case FoldKind::greater:
      return a > b;
    case FoldKind::less_equal:
      return a <= b;
    case FoldKind::greater_equal:
      return a >= b;
    case FoldKind::equal:
      return a == b;
    case FoldKind::not_equal:
      return a != b;
    default:
      return std::nullopt;
  }
}

/// Whether two constants are ==, if both are of kinds that are compared by their text.
std::optional<bool> texts_equal(const Atom& a, const Atom& b) {
  const auto is_text = [](const Atom& x) {
    return x.is_constant() &&
           (x.constant->kind == DatumKind::string || x.constant->kind == DatumKind::keyword ||
            x.constant->kind == DatumKind::symbol);
  };
  if (!is_text(a) || !is_text(b)) return std::nullopt;
  return a.constant->kind == b.constant->kind && a.constant->text == b.constant->text;
}

std::optional<int64_t> compute_binary(FoldKind kind, const Atom& a, const Atom& b) {
  const auto x = integer_of(a), y = integer_of(b);
  if (x && y) return compute(kind, *x, *y);
  const auto equal = texts_equal(a, b);
  if (equal && kind == FoldKind::equal) return *equal;
  if (equal && kind == FoldKind::not_equal) return !*equal;
  return std::nullopt;
}

bool is_kind(FoldKind kind, const Datum& d) {
  const bool is_integer = d.kind == DatumKind::integer || d.kind == DatumKind::big_integer;
  switch (kind) {
    case FoldKind::is_nil:
      return d.is_nil();
    case FoldKind::is_list:
      return d.is_sequence();
    case FoldKind::is_number:
      return is_integer || d.kind == DatumKind::real;
    case FoldKind::is_integer:
      return is_integer;
    case FoldKind::is_float:
      return d.kind == DatumKind::real;
    case FoldKind::is_string:
      return d.kind == DatumKind::string;
    case FoldKind::is_symbol:
      return d.kind == DatumKind::symbol;
    case FoldKind::is_keyword:
      return d.kind == DatumKind::keyword;
    default:
      return false;
  }
}

std::optional<int64_t> compute_unary(FoldKind kind, const Atom& a) {
  if (kind == FoldKind::negate && integer_of(a))
    return compute(FoldKind::subtract, 0, *integer_of(a));
  if (kind < FoldKind::is_false || a.is_var()) return std::nullopt;
  if (kind == FoldKind::is_false) return !*known_truth(a);
  if (!a.is_constant()) return kind == FoldKind::is_function;
  return is_kind(kind, *a.constant);
}

struct NarrowRow {
  std::string_view id, narrow;
  size_t args;
};
constexpr NarrowRow NARROW_ROWS[] = {
#define FOLD(id, binary, how) {#id, #binary, 2},
#define ALONE(id, unary) {#id, #unary, 1},
#include "runtime/prims.def"
};

}  // namespace

const Primitive* primitive_with_id(std::string_view id) {
  static const auto by_id = [] {
    std::unordered_map<std::string_view, const Primitive*> rows;
    for (const Primitive& p : primitives()) rows.emplace(p.id, &p);
    return rows;
  }();
  return by_id.at(id);
}

bool is_arithmetic(const Primitive& primitive) {
  const FoldKind kind = facts_of(primitive).kind;
  return kind >= FoldKind::add && kind <= FoldKind::negate;
}

bool is_equality(const Primitive& primitive) {
  const FoldKind kind = facts_of(primitive).kind;
  return kind == FoldKind::equal || kind == FoldKind::not_equal;
}

bool is_removable(const Op& op) {
  switch (op.kind) {
    case OpKind::primitive:
      if (op.primitive->has(EFFECT_WRITES) || op.primitive->has(EFFECT_SUSPENDS)) return false;
      return !op.primitive->has(EFFECT_RAISES) || facts_of(*op.primitive).is_unfailing;
    case OpKind::block:
    case OpKind::is_unset:
    case OpKind::unset:
      return true;
    default:
      return false;
  }
}

bool can_raise(const Op& op) {
  switch (op.kind) {
    case OpKind::primitive:
      return op.primitive->has(EFFECT_RAISES);
    case OpKind::global_get:
    case OpKind::global_set:
    case OpKind::block:
      return true;
    default:
      return false;
  }
}

bool reads_data_only(const Primitive& primitive) { return facts_of(primitive).reads_data_only; }
bool gives_parts(const Primitive& primitive) { return facts_of(primitive).gives_parts; }

std::optional<bool> known_truth(const Atom& atom) {
  if (atom.is_var()) return std::nullopt;
  if (!atom.is_constant()) return true;
  return !atom.constant->is_nil() && integer_of(atom) != 0;
}

/// Whether it is a function that so many arguments are not too many for.
static bool takes(const Atom& atom, std::optional<int64_t> count) {
  if (!count) return false;
  if (atom.kind == AtomKind::fun)
    return atom.fun->rest || *count <= static_cast<int64_t>(atom.fun->params.size());
  return atom.kind == AtomKind::primitive &&
         (atom.primitive->max_args < 0 || *count <= atom.primitive->max_args);
}

std::optional<Atom> fold(const Primitive& primitive, const std::vector<Atom>& args,
                         Program& program, Span span) {
  const FoldKind kind = facts_of(primitive).kind;
  std::optional<int64_t> value;
  if (facts_of(primitive).checks_function && args.size() >= 2 &&
      takes(args.back(), integer_of(args[args.size() - 2])))
    return args.back();
  if (kind == FoldKind::none) return std::nullopt;
  if (args.size() == 1) value = compute_unary(kind, args[0]);
  if (args.size() == 2) value = compute_binary(kind, args[0], args[1]);
  if (!value) return std::nullopt;
  return Atom(program.data.integer(*value, span));
}

const Primitive* narrow(const Primitive& primitive, size_t args) {
  for (const NarrowRow& row : NARROW_ROWS)
    if (row.args == args && row.id == primitive.id) return primitive_with_id(row.narrow);
  return &primitive;
}

}  // namespace valkc
