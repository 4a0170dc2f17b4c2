// What a name means: a chain of variables that may be unassigned, then a global, then an error.
#include "frontend/lower.h"

namespace valkc {
namespace {

/// What another Lisp's name is called here, or empty.
std::string_view our_name(std::string_view theirs) {
#define OTHER_NAME(name, ours) \
  if (theirs == (name)) return ours;
#include "frontend/other_lisps.def"
  return {};
}

}  // namespace

const Core* Lowering::name(const Expr& e) { return reading(e, 0); }

/// The meaning from the candidate `index` on. A let variable whose assignment stands on no way to the
/// mention is passed over; one that may be unassigned falls back on the next candidate.
const Core* Lowering::reading(const Expr& e, size_t index) {
  const std::vector<Reading>& readings = e.resolution->readings;
  if (index == readings.size()) return global_reading(e);
  auto [variable, assigned] = readings[index];
  if (!variable->is_shared && assigned == Assigned::no) return reading(e, index + 1);
  auto* ref = program_.make<CoreLocalRef>(CoreKind::local_ref, e.span);
  ref->local = local_of(*variable);
  if (assigned != Assigned::yes) ref->otherwise = reading(e, index + 1);
  return ref;
}

const Core* Lowering::global_reading(const Expr& e) {
  GlobalName found = names_.find(e.text, e.span);
  if (!found) return missing(e);
  warn_replaced(e.text, e.span);
  return global_ref(found, e.span);
}

const Core* Lowering::global_ref(const GlobalName& found, Span span) {
  if (found.constant) return constant(found.constant, span);
  if (found.primitive) {
    auto* ref = program_.make<CorePrimitiveRef>(CoreKind::primitive_ref, span);
    ref->primitive = found.primitive;
    return ref;
  }
  auto* ref = program_.make<CoreGlobalRef>(CoreKind::global_ref, span);
  ref->global = found.global ? found.global : names_.global_of(*found.library);
  return ref;
}

/// No binding: an error now, or when it is read, if it stands in the code of a literal or a variable
/// of that name may be assigned by then.
const Core* Lowering::missing(const Expr& e) {
  if (is_scheduler_variable(e)) {
    warn_replaced("aio", e.span);
    return constant(program_.data.nil(e.span), e.span);
  }
  if (names_.is_open()) {
    auto* ref = program_.make<CoreGlobalRef>(CoreKind::global_ref, e.span);
    ref->global = names_.declare({e.text, e.span});
    return ref;
  }
  if (!e.is_deferred && e.resolution->readings.empty()) {
    report_unbound(Diag::unbound_name, e.text, e.span, e.resolution);
  }
  return unbound_call(e.text, e.span);
}

const Core* Lowering::unbound_call(const std::string& name, Span span) {
  auto* call = program_.make<CoreCall>(CoreKind::call, span);
  call->callee = primitive("%unbound", span);
  call->args.push_back(symbol(name, span));
  return call;
}

Diagnostic& Lowering::report_unbound(Diag id, const std::string& name, Span span,
                                     const Resolution* found) {
  Diagnostic& report = diagnostics_.report(id, span, {name});
  std::string similar = names_.suggestion(name, span, list_names(found->visible));
  if (std::string_view ours = our_name(name); !ours.empty())
    report.hint("here it is " + std::string(ours));
  else if (!similar.empty())
    report.hint("did you mean `" + similar + "`?");
  return report;
}

/// `set!`: the local that a mention would read, else a global of the user's. Where the text does not say
/// which, the value is computed once, before that is known.
const Core* Lowering::assign(const Expr& e) {
  const Core* value = lower(*e.items[0]);
  const std::vector<Reading>& readings = e.resolution->readings;
  if (readings.empty()) return assign_global(e, value);
  if (readings[0].assigned == Assigned::yes)
    return assignment(*readings[0].variable, value, e.span);
  auto* bind = program_.make<CoreBind>(CoreKind::bind, e.span);
  bind->local = program_.make_local("t", e.span);
  bind->value = value;
  auto* ref = program_.make<CoreLocalRef>(CoreKind::local_ref, e.span);
  ref->local = bind->local;
  auto* steps = program_.make<CoreSeq>(CoreKind::seq, e.span);
  steps->items = {bind, assign_reading(e, 0, ref)};
  return steps;
}

const Core* Lowering::assign_reading(const Expr& e, size_t index, const Core* value) {
  const std::vector<Reading>& readings = e.resolution->readings;
  if (index == readings.size()) return assign_global(e, value);
  auto* made = program_.make<CoreAssign>(CoreKind::assign, e.span);
  made->local = local_of(*readings[index].variable);
  made->value = value;
  if (readings[index].assigned != Assigned::yes)
    made->otherwise = assign_reading(e, index + 1, value);
  return made;
}

const Core* Lowering::assign_global(const Expr& e, const Core* value) {
  const std::string& name = e.names[0].text;
  GlobalName found = names_.find(name, e.names[0].span);
  const bool is_certain = !e.is_deferred && e.resolution->readings.empty();
  if (!found && !is_certain) return unbound_call(name, e.span);
  if (!found && !names_.is_open()) {
    report_unbound(Diag::unbound_set, name, e.names[0].span, e.resolution);
    return unbound_call(name, e.span);
  }
  auto* made = program_.make<CoreSetGlobal>(CoreKind::set_global, e.span);
  made->global = found.library ? names_.global_of(*found.library) : names_.declare(e.names[0]);
  made->value = value;
  return made;
}

}  // namespace valkc
