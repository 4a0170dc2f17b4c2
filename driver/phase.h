// The phases of one compilation: what --time-passes shows and what an internal error names.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace valkc {

struct PhaseTime {
  std::string name;
  double seconds;
};

/// Times in the order in which phases ended.
class PhaseTimes {
 public:
  void add(std::string name, double seconds) { rows_.push_back({std::move(name), seconds}); }
  /// A table with the sum in its last row.
  std::string to_text() const;

 private:
  std::vector<PhaseTime> rows_;
};

/// While it lives, the compiler is in this phase.
class Phase {
 public:
  /// `name` has static lifetime.
  Phase(PhaseTimes& times, const char* name);
  ~Phase();
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

 private:
  PhaseTimes& times_;
  const char* name_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace valkc
