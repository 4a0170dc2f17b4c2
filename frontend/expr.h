// Expanded code: what stands between data and Core.
//
// Macros are gone and every special form is a node, but names are not resolved yet: whether a variable
// is local depends on assignments that come later in its frame. `and`, `or`, `select` and `case` have
// become conditionals over temporaries, which need no scope because no source text can name them.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "frontend/datum.h"

namespace valkc {

struct Resolution;

enum class ExprKind : uint8_t {
  constant,   ///< datum
  name,       ///< text
  primitive,  ///< text: a builtin that the compiler calls by itself
  temp,       ///< temp
  call,       ///< items: callee, arguments
  if_,        ///< items: condition, consequent, alternative
  seq,        ///< items
  lambda,  ///< text: its name; names: parameters (the last one is the rest if has_rest); items: body
  let,     ///< names; items: their values, then the body
  bind,    ///< names[0], items[0]: `=` in a frame
  assign,     ///< names[0], items[0]: `set!`
  define,     ///< names[0], items[0]: `def`, and `=` at top level
  bind_temp,  ///< temp, items[0]
  try_,       ///< items: body, handler or null, cleanup or null; names: the error's, if any
  reset,      ///< items: body; is_async
  shift,      ///< names[0]: k; items: body
  async,      ///< items: lambda, options or null
  block,      ///< datum; items: code, or empty: data only
  external,   ///< names: the function, its parameters; text: C++ symbol; is_async
};

struct BoundName {
  std::string text;
  Span span;
};

struct Expr {
  ExprKind kind = ExprKind::constant;
  bool has_rest = false;
  bool is_async = false;
  /// Stands in the code of a `{…}` literal: its errors are raised when it runs.
  bool is_deferred = false;
  uint32_t temp = 0;
  Span span;
  const Datum* datum = nullptr;
  std::string text;
  std::vector<BoundName> names;
  std::vector<Expr*> items;
  Resolution* resolution = nullptr;  ///< filled by classify
};

/// Owns expressions for the life of one compilation.
class ExprArena {
 public:
  Expr* make(ExprKind kind, Span span) {
    Expr& e = exprs_.emplace_back();
    e.kind = kind;
    e.span = span;
    return &e;
  }
  Expr* make(ExprKind kind, Span span, std::vector<Expr*> items) {
    Expr* e = make(kind, span);
    e->items = std::move(items);
    return e;
  }
  uint32_t new_temp() { return ++temps_; }
  size_t size() const { return exprs_.size(); }

 private:
  std::deque<Expr> exprs_;
  uint32_t temps_ = 0;
};

/// The readable form of expanded code, one line (`--emit=expanded`).
std::string to_text(const Expr& expr);

}  // namespace valkc
