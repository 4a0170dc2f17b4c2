// See captured_process.h: a pipe for both streams, read until its end, which is that of the process.
#include "driver/captured_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

extern char** environ;

namespace valkc {
namespace {

/// How often clocks are looked at.
constexpr int POLL_MS = 50;

int spawn(const CommandLine& command, int output) {
  std::vector<char*> argv;
  for (const std::string& arg : command) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error) throw std::system_error(error, std::generic_category(), "cannot run " + command[0]);
  return pid;
}

}  // namespace

CapturedProcess::CapturedProcess(const CommandLine& command, double seconds) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) throw std::system_error(errno, std::generic_category(), "pipe");
  pipe_ = ends[0];
  try {
    pid_ = spawn(command, ends[1]);
  } catch (...) {
    close(ends[0]);
    close(ends[1]);
    throw;
  }
  close(ends[1]);
  const auto patience = std::chrono::duration<double>(seconds);
  deadline_ = std::chrono::steady_clock::now() +
              std::chrono::duration_cast<std::chrono::steady_clock::duration>(patience);
}

CapturedProcess::~CapturedProcess() {
  if (pid_ >= 0) {
    kill(pid_, SIGKILL);
    reap();
  }
  close(pipe_);
}

void CapturedProcess::reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  end_.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  pid_ = -1;
}

void CapturedProcess::read_output() {
  char buffer[4096];
  const ssize_t n = read(pipe_, buffer, sizeof buffer);
  if (n > 0) output_.append(buffer, static_cast<size_t>(n));
  if (n == 0 || (n < 0 && errno != EINTR)) reap();
}

void CapturedProcess::look_at_clock() {
  if (has_ended() || std::chrono::steady_clock::now() < deadline_) return;
  end_.timed_out = true;
  kill(pid_, SIGKILL);
  reap();
}

void CapturedProcess::wait_for_any(const std::vector<std::unique_ptr<CapturedProcess>>& processes) {
  const auto has_ended = [](const auto& p) { return p->has_ended(); };
  while (std::none_of(processes.begin(), processes.end(), has_ended)) {
    std::vector<pollfd> pipes;
    for (const auto& p : processes) pipes.push_back({p->pipe_, POLLIN, 0});
    poll(pipes.data(), pipes.size(), POLL_MS);
    for (size_t i = 0; i < pipes.size(); ++i)
      if (pipes[i].revents) processes[i]->read_output();
    for (const auto& p : processes) p->look_at_clock();
  }
}

}  // namespace valkc
