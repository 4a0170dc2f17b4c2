// The report of an internal error. See internal_error.h.
#include "driver/internal_error.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "driver/process.h"
#include "driver/resources.h"
#include "driver/status.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VALKC_SANITIZED
#endif
#endif

namespace valkc {
namespace {

// A sanitizer's own report of a signal says more.
#if defined(__SANITIZE_ADDRESS__) || defined(VALKC_SANITIZED)
constexpr std::array<int, 0> FATAL_SIGNALS = {};
#else
constexpr std::array FATAL_SIGNALS = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
#endif
constexpr size_t SIGNAL_STACK = 64 << 10;

const char* volatile current_pass = "the command line";
std::string command_line;  ///< made before anything can crash

// Async-signal-safe: write only.
void say(const char* text) {
  [[maybe_unused]] const ssize_t written = write(2, text, std::strlen(text));
}

void report_crash(int signal) {
  say("valkc: internal error in ");
  say(current_pass);
  say(signal == SIGABRT   ? ": aborted"
      : signal == SIGSEGV ? ": invalid memory access"
                          : ": crashed");
  say("\nreproduce with: ");
  say(command_line.c_str());
  say("\n");
  _exit(STATUS_internal);
}

}  // namespace

void expect_crashes(const std::vector<std::string>& args) {
  CommandLine command{executable_path()};
  command.insert(command.end(), args.begin(), args.end());
  command_line = to_shell(command);
  struct sigaction action = {};
  action.sa_handler = report_crash;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (const int signal : FATAL_SIGNALS) sigaction(signal, &action, nullptr);
  prepare_thread_for_crashes();
}

void prepare_thread_for_crashes() {
  void* memory =
      mmap(nullptr, SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t stack = {memory, 0, SIGNAL_STACK};
  sigaltstack(&stack, nullptr);
}

void enter_pass(const char* name) { current_pass = name; }

int report_internal_error(const std::string& what) {
  const std::string text = std::string("valkc: internal error in ") + current_pass + ": " + what +
                           "\nreproduce with: " + command_line + "\n";
  std::fputs(text.c_str(), stderr);
  return STATUS_internal;
}

}  // namespace valkc
