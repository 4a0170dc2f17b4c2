// posix_spawn rather than fork: the compiler reserves gigabytes of stack, whose page tables a fork would
// copy.
#include "driver/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>

extern char** environ;

namespace valkc {
namespace {

std::vector<char*> to_argv(const CommandLine& command) {
  std::vector<char*> argv;
  for (const std::string& arg : command) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  return argv;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_=+./,:@%").find(c) != std::string_view::npos;
}

std::string quoted(const std::string& arg) {
  bool plain = !arg.empty();
  for (const char c : arg) plain = plain && is_plain(c);
  if (plain) return arg;
  std::string text = "'";
  for (const char c : arg) c == '\'' ? text += "'\\''" : text += c;
  return text + "'";
}

int decoded(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::string to_shell(const CommandLine& command) {
  std::string text;
  for (const std::string& arg : command) text += (text.empty() ? "" : " ") + quoted(arg);
  return text;
}

int run_command(const CommandLine& command) {
  pid_t pid = 0;
  if (posix_spawnp(&pid, command[0].c_str(), nullptr, nullptr, to_argv(command).data(), environ))
    return 127;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return 127;
  return decoded(status);
}

void become_command(const CommandLine& command) {
  execvp(command[0].c_str(), to_argv(command).data());
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  std::string rest = path ? path : "/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const std::string candidate = rest.substr(0, colon) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.erase(0, colon + 1);
  }
  return "";
}

// ---- temporary folders --------------------------------------------------------------------------

namespace {

// An interrupted compilation leaves nothing behind. The handler may only call what is async-signal-safe,
// so it removes the few plain files of one flat folder by itself.
char interrupted_dir[256];
const char* const TEMP_FILES[] = {"program.cpp", "program.s", "program.o"};

void remove_and_die(int signal) {
  const int dir = open(interrupted_dir, O_DIRECTORY | O_RDONLY);
  for (const char* name : TEMP_FILES) unlinkat(dir, name, 0);
  // part_name of process.h, without a string
  char object[] = "part00.o", source[] = "part00.cpp";
  for (char* part : {object, source})
    for (; part[4] <= '9'; part[4]++)
      for (part[5] = '0'; part[5] <= '9'; part[5]++) unlinkat(dir, part, 0);
  rmdir(interrupted_dir);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

}  // namespace

TempDir::TempDir() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base && *base ? base : "/tmp") + "/valkc-XXXXXX";
  if (!mkdtemp(path_.data()))
    throw std::system_error(errno, std::generic_category(),
                            "cannot make a temporary folder " + path_);
  if (path_.size() >= sizeof interrupted_dir) return;
  path_.copy(interrupted_dir, path_.size());
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, remove_and_die);
}

TempDir::~TempDir() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  std::error_code ignored;
  if (!kept_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace valkc
