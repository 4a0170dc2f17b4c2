// The pipeline: runs the passes of pipeline.def in their order, and looks over their shoulder
// (verifier, dumps, times). The driver's flags map to PassOptions one to one.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cps/ir.h"
#include "cps/verify.h"

namespace valkc {

/// One row of pipeline.def.
struct Pass {
  std::string_view name;
  void (*run)(Program&);
  int level;  ///< the lowest -O at which it runs
  std::string_view doc;
};

/// All rows, in the order in which they run. A pass that runs twice stands twice.
std::span<const Pass> passes();
/// The first row with this name, or null.
const Pass* find_pass(std::string_view name);

#ifdef NDEBUG
inline constexpr bool VERIFY_BY_DEFAULT = false;
#else
inline constexpr bool VERIFY_BY_DEFAULT = true;
#endif

struct PassOptions {
  int level = 2;                         ///< -O; ignored if `only` is not empty
  std::vector<std::string> only;         ///< --passes=: run these and no others, in this order
  std::vector<std::string> disabled;     ///< --disable-pass=: skip every run of these
  std::vector<std::string> print_after;  ///< --print-after=: names of passes, or "all"
  bool verify = VERIFY_BY_DEFAULT;       ///< before the first pass and after each
  bool time = false;                     ///< fill PipelineResult::times
  /// Receives what print_after asks for: the pass, its number in this run (from 1), and the program.
  std::function<void(const Pass&, int number, const Program&)> print;
};

struct PassTime {
  std::string_view name;
  double seconds;
};

struct PipelineResult {
  /// A name in `only`, `disabled` or `print_after` that no pass has; then nothing has run.
  std::string unknown_pass;
  /// What the verifier found, and after which pass ("input": before the first). Passes stop there.
  std::string broken_by;
  std::vector<Violation> violations;
  std::vector<PassTime> times;

  bool is_ok() const { return unknown_pass.empty() && violations.empty(); }
};

/// Runs the passes that `options` selects over `program`, in place.
PipelineResult run_passes(Program& program, const PassOptions& options);

}  // namespace valkc
