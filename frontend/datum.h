// Data: what the reader makes of text. A datum is also how constants travel through Core and the IR.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "frontend/source.h"

namespace valkc {

enum class DatumKind : uint8_t {
  integer,      ///< fits in 63 bits signed: `integer`
  big_integer,  ///< does not: decimal digits (with optional '-') in `text`
  real,         ///< IEEE double: `real`
  string,       ///< bytes in `text`
  symbol,       ///< name in `text`
  keyword,      ///< name with its colon in `text`
  list,         ///< ( … ): `items`
  block,        ///< { … }: `items`; the same value as a list, but code where a body is expected
  value,        ///< a run-time value that no text spells: number `integer` of the evaluator's table
};

/// Immutable after the reader (or the expander) made it; owned by a DatumArena.
struct Datum {
  DatumKind kind = DatumKind::list;
  /// Made of a run-time list, in which ( ) and { } are one: code that looks for a body takes it as { }
  /// if it begins with a list, and as an expression otherwise.
  bool is_value = false;
  Span span;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<const Datum*> items;

  bool is_symbol(std::string_view name) const { return kind == DatumKind::symbol && text == name; }
  bool is_sequence() const { return kind == DatumKind::list || kind == DatumKind::block; }
  /// `()` and `{}`, which are the same value.
  bool is_nil() const { return is_sequence() && items.empty(); }
};

/// Owns data for the life of one compilation; pointers into it stay valid.
class DatumArena {
 public:
  Datum* make(DatumKind kind, Span span) {
    Datum& d = data_.emplace_back();
    d.kind = kind;
    d.span = span;
    return &d;
  }
  const Datum* nil(Span span) { return make(DatumKind::list, span); }
  const Datum* integer(int64_t value, Span span) {
    Datum* d = make(DatumKind::integer, span);
    d->integer = value;
    return d;
  }
  const Datum* text(DatumKind kind, std::string value, Span span) {
    Datum* d = make(kind, span);
    d->text = std::move(value);
    return d;
  }
  const Datum* sequence(DatumKind kind, std::vector<const Datum*> items, Span span) {
    Datum* d = make(kind, span);
    d->items = std::move(items);
    return d;
  }

 private:
  std::deque<Datum> data_;
};

/// The readable form of a datum, on one line; the reader turns it back into an equal datum.
/// Iterative: depth is bounded by memory only.
std::string to_text(const Datum& datum);

}  // namespace valkc
