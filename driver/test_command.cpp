// See test_command.h. Each program is `valkc run` of it, so that it is compiled only when it has changed.
#include "driver/test_command.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <regex>
#include <system_error>

#include "driver/captured_process.h"
#include "driver/files.h"
#include "driver/resources.h"
#include "driver/status.h"

namespace valkc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view TEST_SUFFIX = "_test.valk";

// ---- what is tested -----------------------------------------------------------------------------

/// Test programs below a folder, by name. Hidden folders are left out.
std::vector<std::string> tests_below(const std::string& folder) {
  std::vector<std::string> found;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied);
  for (; entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && name.starts_with('.')) entry.disable_recursion_pending();
    if (entry->is_regular_file() && name.ends_with(TEST_SUFFIX))
      found.push_back(entry->path().lexically_normal().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> find_tests(const Options& options) {
  if (options.inputs.empty()) return tests_below(".");
  std::vector<std::string> found;
  for (const Input& input : options.inputs) {
    if (!fs::exists(input.path)) throw FileError("cannot read `" + input.path + "`");
    if (!fs::is_directory(input.path)) {
      found.push_back(input.path);
      continue;
    }
    const std::vector<std::string> below = tests_below(input.path);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

// ---- one program --------------------------------------------------------------------------------

struct TestResult {
  CapturedProcess::End end;
  std::string output;
  int passed = 0, ran = 0;  ///< tests, as test/run has counted them
  bool is_good() const { return end.status == 0 && !end.timed_out; }
};

/// Sums the lines "N of M tests passed".
void count_tests(TestResult& result) {
  static const std::regex summary("^([0-9]+) of ([0-9]+) tests passed$", std::regex::multiline);
  const std::string& text = result.output;
  for (std::sregex_iterator at(text.begin(), text.end(), summary), end; at != end; ++at) {
    result.passed += std::stoi((*at)[1]);
    result.ran += std::stoi((*at)[2]);
  }
}

std::string counted(int n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

std::string why_failed(const Options& options, const TestResult& result) {
  if (result.end.timed_out) return "no end within " + std::to_string(options.test_seconds) + " s";
  if (result.end.status > 128) return "killed by signal " + std::to_string(result.end.status - 128);
  if (result.ran == result.passed)
    return "status " + std::to_string(result.end.status) + (result.ran ? "" : ", no test ran");
  return std::to_string(result.ran - result.passed) + " of " + counted(result.ran, "test") +
         " failed";
}

void show(const Options& options, const std::string& path, const TestResult& result) {
  if (result.is_good()) {
    std::printf("ok    %s (%s)\n", path.c_str(), counted(result.ran, "test").c_str());
    if (!options.verbose) return;
  } else {
    std::printf("FAIL  %s (%s)\n", path.c_str(), why_failed(options, result).c_str());
  }
  for (size_t at = 0; at < result.output.size();) {
    const size_t end = std::min(result.output.find('\n', at), result.output.size());
    std::printf("      %s\n", result.output.substr(at, end - at).c_str());
    at = end + 1;
  }
  std::fflush(stdout);
}

// ---- all of them --------------------------------------------------------------------------------

/// Runs programs side by side and shows each, in their order, as soon as those before it have ended.
class TestRun {
 public:
  TestRun(const Options& options, std::vector<std::string> paths)
      : options_(options), paths_(std::move(paths)), results_(paths_.size()) {}

  int run() {
    while (shown_ < paths_.size()) {
      while (running_.size() < options_.jobs && started_ < paths_.size()) start();
      CapturedProcess::wait_for_any(running_);
      take_ended();
      for (; shown_ < paths_.size() && results_[shown_]; ++shown_)
        show(options_, paths_[shown_], *results_[shown_]);
    }
    return sum_up();
  }

 private:
  void start() {
    CommandLine command{executable_path(), "run"};
    command.insert(command.end(), options_.flags.begin(), options_.flags.end());
    command.push_back("--");
    command.push_back(paths_[started_]);
    running_.push_back(
        std::make_unique<CapturedProcess>(command, static_cast<double>(options_.test_seconds)));
    indices_.push_back(started_++);
  }

  void take_ended() {
    for (size_t i = running_.size(); i-- > 0;) {
      if (!running_[i]->has_ended()) continue;
      TestResult& result = results_[indices_[i]].emplace();
      result.end = running_[i]->end();
      result.output = running_[i]->output();
      count_tests(result);
      running_.erase(running_.begin() + static_cast<ptrdiff_t>(i));
      indices_.erase(indices_.begin() + static_cast<ptrdiff_t>(i));
    }
  }

  int sum_up() {
    int files = 0, bad_files = 0, ran = 0, passed = 0;
    for (const auto& result : results_) {
      ++files;
      bad_files += result->is_good() ? 0 : 1;
      ran += result->ran;
      passed += result->passed;
    }
    std::printf("%s, %s: %d passed, %d failed", counted(files, "file").c_str(),
                counted(ran, "test").c_str(), passed, ran - passed);
    if (bad_files > 0) std::printf("; %s failed", counted(bad_files, "file").c_str());
    std::printf("\n");
    if (ran == 0 && bad_files == 0) std::fputs("valkc: no test ran\n", stderr);
    return bad_files == 0 && ran > 0 ? STATUS_success : STATUS_diagnosed;
  }

  const Options& options_;
  std::vector<std::string> paths_;
  std::vector<std::optional<TestResult>> results_;
  std::vector<std::unique_ptr<CapturedProcess>> running_;
  std::vector<size_t> indices_;  ///< of what is running
  size_t started_ = 0, shown_ = 0;
};

}  // namespace

int run_tests(const Options& options) {
  std::vector<std::string> paths = find_tests(options);
  if (paths.empty()) {
    std::fputs("valkc: no test program: their names end in _test.valk\n", stderr);
    return STATUS_diagnosed;
  }
  if (!options.test_filter.empty()) setenv("VALK_TEST_FILTER", options.test_filter.c_str(), 1);
  return TestRun(options, std::move(paths)).run();
}

}  // namespace valkc
