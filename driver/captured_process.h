// A child process whose output is kept.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "driver/process.h"

namespace valkc {

class CapturedProcess {
 public:
  struct End {
    int status = 0;  ///< of the exit, or 128 + the signal
    bool timed_out = false;
  };

  /// Starts the command: standard input is empty, output and errors go to one text. After so many seconds
  /// it is killed. Throws std::system_error if it cannot be started.
  CapturedProcess(const CommandLine& command, double seconds);
  /// Kills it if it has not ended.
  ~CapturedProcess();
  CapturedProcess(const CapturedProcess&) = delete;
  CapturedProcess& operator=(const CapturedProcess&) = delete;

  bool has_ended() const { return pid_ < 0; }
  const End& end() const { return end_; }
  const std::string& output() const { return output_; }

  /// Returns when at least one of them has ended; at once if one has.
  static void wait_for_any(const std::vector<std::unique_ptr<CapturedProcess>>& processes);

 private:
  void read_output();
  void look_at_clock();
  void reap();

  int pid_ = -1;
  int pipe_ = -1;
  std::chrono::steady_clock::time_point deadline_;
  End end_;
  std::string output_;
};

}  // namespace valkc
