// See phase.h.
#include "driver/phase.h"

#include <cstdio>

#include "driver/internal_error.h"

namespace valkc {
namespace {

std::string row(const std::string& name, double seconds, double total) {
  char text[128];
  const double share = total > 0 ? 100 * seconds / total : 0;
  std::snprintf(text, sizeof text, "%9.2f ms %5.1f %%  ", seconds * 1000, share);
  return text + name + "\n";
}

}  // namespace

std::string PhaseTimes::to_text() const {
  double total = 0;
  // Indented rows are parts of the one after them.
  for (const PhaseTime& phase : rows_)
    if (!phase.name.starts_with(' ')) total += phase.seconds;
  std::string text;
  for (const PhaseTime& phase : rows_) text += row(phase.name, phase.seconds, total);
  return text + row("total", total, total);
}

Phase::Phase(PhaseTimes& times, const char* name) : times_(times), name_(name) { enter_pass(name); }

Phase::~Phase() {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
  times_.add(name_, took.count());
}

}  // namespace valkc
