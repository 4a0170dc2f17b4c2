// See workers.h. The supervisor does nothing but wait: for signals, for what workers say, and for the
// time to start one that is missing.
#include "runtime/io/workers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "runtime/io/limits.h"
#include "runtime/io/signals.h"
#include "runtime/io/uv.h"
#include "runtime/prims/output.h"

/// Makes the process's random numbers its own (prims/mathematics.cpp).
void valk_random_reseed();

namespace {

constexpr uint64_t kNanosecondsPerMillisecond = 1000000;
constexpr uint64_t kShortestDelay = valk_limit_worker_delay * kNanosecondsPerMillisecond;
constexpr uint64_t kLongestDelay = valk_limit_worker_longest_delay * kNanosecondsPerMillisecond;
constexpr uint64_t kLongEnough = valk_limit_worker_settled * kNanosecondsPerMillisecond;
constexpr char kReplace = 'r';  // what a worker says: no signal's number

/// What the supervisor is sent and passes on: as an order, or, what has no meaning for servers, as it is.
constexpr int kOrders[] = {SIGTERM, SIGINT, SIGHUP};
constexpr int kPassed[] = {SIGUSR1, SIGUSR2, SIGQUIT, SIGWINCH};

// ---- the worker's side --------------------------------------------------------------------------

int channel = -1;  ///< to the supervisor; -1: this is no worker
bool has_asked;
const ValkWorkerCalls* calls;
uv_poll_t listening;

void on_supervisor(uv_poll_t*, int, int) {
  char orders[16];
  ssize_t count = recv(channel, orders, sizeof orders, MSG_DONTWAIT);
  for (ssize_t i = 0; i < count; i++) calls->ordered(orders[i]);
  if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))) return;
  uv_poll_stop(&listening);
  calls->ordered(SIGTERM);
}

void become_worker(int descriptor, const sigset_t* mask) {
  channel = descriptor;
  sigprocmask(SIG_SETMASK, mask, nullptr);
  valk_random_reseed();
  valk_loop_forked();
  uv_poll_init(valk_uv_loop(), &listening, channel);
  uv_poll_start(&listening, UV_READABLE, on_supervisor);
  uv_unref(reinterpret_cast<uv_handle_t*>(&listening));
}

// ---- the supervisor's ---------------------------------------------------------------------------

/// A process that was made; it has a slot until it is reaped.
struct Worker {
  pid_t pid = 0;  ///< 0: the slot is free
  int descriptor = -1;
  uint64_t began = 0;
  bool is_leaving = false;  ///< another takes its place
};

struct Supervisor {
  unsigned count = 0;  ///< how many there shall be
  std::vector<Worker> workers{};
  int signals = -1;
  sigset_t mask{};       ///< of the program
  unsigned missing = 0;  ///< to be started
  uint64_t due = 0;      ///< when the next one is
  unsigned early = 0;    ///< deaths in a row of workers that had not settled
  bool stops = false;
  int status = 0;
  bool is_worker = false;  ///< this is the copy
  unsigned slot = 0;
};

int held_socket = -1;

void close_held_socket() {
  if (held_socket >= 0) close(held_socket);
  held_socket = -1;
}

sigset_t all_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (int number : kOrders) sigaddset(&set, number);
  for (int number : kPassed) sigaddset(&set, number);
  return set;
}

/// In the copy: forgets what is the supervisor's.
void enter_worker(Supervisor* s, size_t slot, int descriptor) {
  s->is_worker = true;
  s->slot = static_cast<unsigned>(slot);
  for (const Worker& w : s->workers)
    if (w.descriptor >= 0) close(w.descriptor);
  close(s->signals);
  close_held_socket();
  become_worker(descriptor, &s->mask);
}

/// Forks one worker into a free slot; false: the system refuses, errno says why. In the copy it returns
/// true too.
bool start_worker(Supervisor* s) {
  size_t slot = 0;
  while (slot < s->workers.size() && s->workers[slot].pid) slot++;
  int ends[2];
  if (slot == s->workers.size()) {
    errno = EAGAIN;
    return false;
  }
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return false;
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    enter_worker(s, slot, ends[1]);
    return true;
  }
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return false;
  }
  s->workers[slot] = {.pid = pid, .descriptor = ends[0], .began = valk_clock()};
  return true;
}

/// One more is to be started, after a while that doubles with each round of early deaths.
void miss(Supervisor* s) {
  if (s->stops) return;
  uint64_t delay = kShortestDelay << (s->early / s->count);
  if (!s->missing) s->due = valk_clock() + (delay < kLongestDelay ? delay : kLongestDelay);
  s->missing++;
}

/// True if those that die early are all there is: starting more will not help.
bool is_hopeless(const Supervisor& s) {
  if (s.early < valk_limit_worker_failures * s.count) return false;
  for (const Worker& w : s.workers)
    if (w.pid && valk_clock() - w.began >= kLongEnough) return false;
  return true;
}

void pass_order(Supervisor* s, char order) {
  for (const Worker& w : s->workers)
    if (w.pid && w.descriptor >= 0)
      (void)!send(w.descriptor, &order, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// No more are started, and the address is given up.
void stop(Supervisor* s) {
  s->stops = true;
  s->missing = 0;
  close_held_socket();
}

/// A worker says that it will end.
void hear(Supervisor* s, Worker* w) {
  char word;
  ssize_t count = recv(w->descriptor, &word, 1, MSG_DONTWAIT);
  if (count == 0) {
    close(w->descriptor);  // it is ending: SIGCHLD follows
    w->descriptor = -1;
  }
  if (count != 1 || word != kReplace || w->is_leaving) return;
  w->is_leaving = true;
  miss(s);
}

void say_how(const Worker& w, int how) {
  if (WIFSIGNALED(how))
    fprintf(stderr, "valk: worker %d was ended by signal %d (%s)\n", w.pid, WTERMSIG(how),
            strsignal(WTERMSIG(how)));
  else
    fprintf(stderr, "valk: worker %d ended with status %d\n", w.pid, WEXITSTATUS(how));
}

/// A worker has ended. With status 0 its program did, unless it had asked for another.
void bury(Supervisor* s, Worker* w, int how) {
  if (w->descriptor >= 0) hear(s, w);  // its last word
  bool was_early = valk_clock() - w->began < kLongEnough;
  bool failed = !WIFEXITED(how) || WEXITSTATUS(how) != 0;
  if (failed) say_how(*w, how);
  if (failed && s->stops) s->status = 1;
  if (failed && !w->is_leaving) {
    s->early = was_early ? s->early + 1 : 0;
    miss(s);
  }
  if (w->descriptor >= 0) close(w->descriptor);
  *w = {};
  calls->ended(static_cast<unsigned>(w - s->workers.data()));
  if (s->stops || !is_hopeless(*s)) return;
  fprintf(stderr, "valk: workers end as soon as they are started: giving up\n");
  stop(s);
  pass_order(s, SIGTERM);
  s->status = 1;
}

void reap(Supervisor* s) {
  int how;
  while (pid_t pid = waitpid(-1, &how, WNOHANG)) {
    if (pid < 0) return;
    for (Worker& w : s->workers)
      if (w.pid == pid) bury(s, &w, how);
  }
}

void handle_signal(Supervisor* s, int number) {
  if (number == SIGCHLD) return reap(s);
  for (int order : kOrders)
    if (number == order) {
      if (number != SIGHUP) stop(s);
      return pass_order(s, static_cast<char>(number));
    }
  for (const Worker& w : s->workers)
    if (w.pid) kill(w.pid, number);
}

void read_signals(Supervisor* s) {
  signalfd_siginfo info;
  while (read(s->signals, &info, sizeof info) == sizeof info)
    handle_signal(s, static_cast<int>(info.ssi_signo));
}

int time_to_wait(const Supervisor& s) {
  if (!s.missing) return -1;
  uint64_t now = valk_clock();
  return now >= s.due ? 0 : static_cast<int>((s.due - now) / kNanosecondsPerMillisecond) + 1;
}

void wait_for_news(Supervisor* s) {
  std::vector<pollfd> watched{{s->signals, POLLIN, 0}};
  for (const Worker& w : s->workers) watched.push_back({w.descriptor, POLLIN, 0});
  if (poll(watched.data(), watched.size(), time_to_wait(*s)) <= 0) return;
  if (watched[0].revents) read_signals(s);
  for (size_t i = 0; i < s->workers.size(); i++)
    if (watched[i + 1].revents && watched[i + 1].fd == s->workers[i].descriptor &&
        s->workers[i].descriptor >= 0)
      hear(s, &s->workers[i]);
}

/// Starts those that are due.
void start_missing(Supervisor* s) {
  while (s->missing && !s->is_worker && valk_clock() >= s->due) {
    if (!start_worker(s)) {
      s->due = valk_clock() + kLongestDelay / 10;
      return;
    }
    s->missing--;
  }
}

bool any_left(const Supervisor& s) {
  for (const Worker& w : s.workers)
    if (w.pid) return true;
  return s.missing != 0;
}

/// Returns in the workers only.
void supervise(Supervisor* s) {
  while (any_left(*s)) {
    start_missing(s);
    if (s->is_worker) return;
    wait_for_news(s);
  }
  fflush(stderr);
  _exit(s->status);
}

bool give_up(Supervisor* s, const char** code, const char** message) {
  int error = errno;
  *code = uv_err_name(-error);
  *message = strerror(error);
  if (s->signals >= 0) close(s->signals);
  sigprocmask(SIG_SETMASK, &s->mask, nullptr);
  return false;
}

}  // namespace

unsigned valk_workers_slots(unsigned count) { return 2 * count; }
bool valk_is_worker() { return channel >= 0; }
void valk_workers_hold_socket(int descriptor) { held_socket = descriptor; }

void valk_worker_ask_replacement() {
  if (channel < 0 || has_asked) return;
  has_asked = true;
  (void)!send(channel, &kReplace, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool valk_workers_start(Vm* vm, unsigned count, const ValkWorkerCalls* worker_calls, unsigned* slot,
                        const char** code, const char** message) {
  calls = worker_calls;
  valk_flush_output(vm);
  Supervisor s;
  s.count = s.missing = count;
  s.workers.resize(valk_workers_slots(count));
  sigset_t set = all_signals();
  sigprocmask(SIG_BLOCK, &set, &s.mask);
  s.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (s.signals < 0 || !start_worker(&s)) return give_up(&s, code, message);
  s.missing--;
  if (!s.is_worker) supervise(&s);
  *slot = s.slot;
  return true;
}
