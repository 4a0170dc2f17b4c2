// Programs written for the interpreter pass a scheduler, `aio`, as the first argument of operations.
// It is accepted there, dropped, and warned about.
#include <algorithm>
#include <iterator>

#include "frontend/lower.h"

namespace valkc {

namespace {

struct Legacy {
  std::string_view name;
  std::string_view message;
};

constexpr Legacy kLegacy[] = {
#define LEGACY(name, message) {name, message},
#include "frontend/legacy.def"
#undef LEGACY
};

constexpr std::string_view kStart = "aio/start";
constexpr std::string_view kVariable = "aio";
/// How names of the library begin that took the scheduler.
constexpr std::string_view kFamilies[] = {"aio/", "async/", "async-", "http2/"};

}  // namespace

void Lowering::warn_replaced(const std::string& name, Span span) {
  if (names_.library().contains(span) || names_.user_global(name)) return;
  auto found = std::find_if(std::begin(kLegacy), std::end(kLegacy),
                            [&](const Legacy& l) { return l.name == name; });
  if (found != std::end(kLegacy)) diagnostics_.report(Diag::deprecated, span, {found->message});
}

/// `(aio/start)`, unless the program defines it.
bool Lowering::is_scheduler(const Expr& e) const {
  return e.kind == ExprKind::call && e.items.size() == 1 && e.items[0]->kind == ExprKind::name &&
         e.items[0]->text == kStart && e.items[0]->resolution->readings.empty() &&
         !names_.user_global(std::string(kStart));
}

/// `aio` where nothing binds it.
bool Lowering::is_scheduler_variable(const Expr& e) const {
  return e.text == kVariable && e.resolution->readings.empty() &&
         !names_.user_global(std::string(kVariable));
}

/// Names of builtins and of the library whose first argument used to be the scheduler.
bool Lowering::takes_scheduler(const Expr& callee) const {
  if (callee.kind != ExprKind::name || !callee.resolution->readings.empty()) return false;
  GlobalName found = names_.find(callee.text, callee.span);
  if (found.primitive && found.primitive->has(EFFECT_OPERATION)) return true;
  if (!found.primitive && !found.library) return false;
  return std::any_of(std::begin(kFamilies), std::end(kFamilies),
                     [&](std::string_view family) { return callee.text.starts_with(family); });
}

/// The index of the first argument that is to be passed on.
size_t Lowering::skip_scheduler(const Expr& call) {
  if (call.items.size() < 2 || !takes_scheduler(*call.items[0])) return 1;
  const Expr& first = *call.items[1];
  bool is_named = first.kind == ExprKind::name && first.text == kVariable;
  if (!is_named && !is_scheduler(first)) return 1;
  diagnostics_.report(Diag::deprecated, first.span,
                      {is_named ? kLegacy[0].message : kLegacy[1].message});
  return 2;
}

}  // namespace valkc
