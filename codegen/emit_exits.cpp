// The ways out of a unit beside its result: raising, and leaving for the complete version. See unit_emitter.h.
//
// A large unit has hundreds of each, which differ in one constant. C++ compilers would optimize each of them
// for itself, so all go to one place with that constant, which is a tenth of the time that they take. In fast
// versions only what leaves does: where what raises did too, the interpreter of bench/sequential took 0.24 % more
// instructions.
#include "codegen/unit_emitter.h"

namespace valkc {

static std::string failed_label(uint32_t through) {
  return through == 0 ? "failed" : "failed_" + std::to_string(through);
}

/// Raises what is in flight, with its trace complete: through a continuation, or (0) by returning.
std::string UnitEmitter::raise_text(uint32_t through) {
  if (through == 0) return "return VALK_ERR;";
  return "VALK_GOTO(valk_raise, " + name(through) + ", 0, 0, 0, 0);";
}

/// The same from the place `site`. Complete versions that make no tail calls cannot pass on what valk_traced gives by
/// one, and need not look as if they had lost one (scripts/check-tail-calls).
std::string UnitEmitter::traced_raise_text(const std::string& site, uint32_t through) {
  const std::string trace = "valk_traced(vm, " + site + ");";
  if (through == 0 && !is_entered_at_points()) return "return " + trace;
  return trace + " " + raise_text(through);
}

std::string UnitEmitter::error_text(Span span, const Where& w) {
  const std::string where = site(span);
  if (w.plain_try) {
    if (handlers_seen_.insert(w.plain_try).second)
      pending_handlers_.push_back(const_cast<PushTry*>(w.plain_try));
    return (where == "nullptr" ? "" : "valk_traced(vm, " + where + "); ") + "goto catch_" +
           std::to_string(w.plain_try->end->id) + ";";
  }
  const uint32_t through = unit_->suspending ? target(w) : 0;
  if (where == "nullptr") return raise_text(through);
  if (!shares_exits_ || facts_) return traced_raise_text(where, through);
  failing_through_.insert(through);
  return "failed_at = " + where + "; goto " + failed_label(through) + ";";
}

void UnitEmitter::error_exit(Span span, const Where& w) { line(error_text(span, w)); }

void UnitEmitter::check(const std::string& result, Span span, const Where& w) {
  line("if (VALK_UNLIKELY(" + result + " == VALK_ERR)) { " + error_text(span, w) + " }");
}

/// In the fast version: the complete one goes on from the point of this number.
std::string UnitEmitter::complete_call(const std::string& point) {
  if (unit_->suspending) return "VALK_GOTO(" + complete_name() + ", 0, 0, " + point + ", 0, 0);";
  if (is_exact_function()) return "return " + complete_name() + "(vm, sp, 0, " + point + ", 0, 0);";
  return "VALK_GOTO_DIRECT(" + complete_name() + ", sp, 0, " + point + ", 0, 0);";
}

void UnitEmitter::go_to_complete(int point) {
  const std::string number = "VALK_FIX(" + std::to_string(point) + ")";
  if (!shares_exits_) return line(complete_call(number));
  shares_leaving_ = true;
  line("left_at = " + number + "; goto leave;");
}

/// The ways out that others go to. Nothing else comes to the end of a unit.
void UnitEmitter::emit_shared_exits() {
  for (const uint32_t through : failing_through_) {
    line(failed_label(through) + ":");
    line(traced_raise_text("failed_at", through));
  }
  if (!shares_leaving_) return;
  line("leave:");
  line(complete_call("left_at"));
}

}  // namespace valkc
