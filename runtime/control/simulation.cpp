// See simulation.h. The generator is splitmix64: every draw of a run comes from the one state.
#include "runtime/control/simulation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

ValkSimulation valk_simulation;

enum : uint64_t {
  SECOND = 1000000000,
  START_OF_CLOCK = SECOND,
  START_OF_WALL_CLOCK = 1767225600 * SECOND,  // 2026-01-01
  READING_TAKES = 100,
  DEFAULT_FAULTS = 50,
  DEFAULT_HOURS = 24,
};

// ---- draws and clocks ---------------------------------------------------------------------------

static uint64_t draw() {
  uint64_t z = valk_simulation.state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t valk_sim_below(uint64_t bound) { return bound == 0 ? 0 : draw() % bound; }

bool valk_sim_chance(uint32_t permille) { return valk_sim_below(1000) < permille; }

static uint64_t read_clock(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * SECOND + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t valk_monotonic() {
  if (!valk_simulation.is_on) return read_clock(CLOCK_MONOTONIC);
  return valk_simulation.now += READING_TAKES;
}

uint64_t valk_wall_clock() {
  if (!valk_simulation.is_on) return read_clock(CLOCK_REALTIME);
  return START_OF_WALL_CLOCK + valk_monotonic();
}

uint64_t valk_fresh_seed() {
  uint64_t seed = 0;
  if (valk_simulation.is_on) return draw() | 1;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed || seed == 0)
    seed = read_clock(CLOCK_REALTIME) | 1;
  return seed;
}

// ---- the environment's words --------------------------------------------------------------------

/// What VALK_SIM says.
struct Request {
  uint64_t first, last;
  uint64_t faults, hours;
  bool keeps_order;
  bool same;            ///< all seeds must end, and print, as the first does
  const char* options;  ///< what stands behind the seeds, with its comma
};

static bool read_number(const char** text, uint64_t* number) {
  if (**text < '0' || **text > '9') return false;
  char* end;
  errno = 0;
  *number = strtoull(*text, &end, 10);
  *text = end;
  return errno == 0;
}

static bool skip(const char** text, const char* word) {
  size_t length = strlen(word);
  if (strncmp(*text, word, length) != 0) return false;
  *text += length;
  return true;
}

static bool read_option(const char** text, Request* request) {
  if (skip(text, "order=fifo")) return request->keeps_order = true;
  if (skip(text, "same")) return request->same = true;
  if (skip(text, "faults=")) return read_number(text, &request->faults) && request->faults <= 1000;
  if (skip(text, "hours="))
    return read_number(text, &request->hours) && request->hours - 1 < 1000000;
  return false;
}

static bool read_request(const char* text, Request* request) {
  *request = {0, 0, DEFAULT_FAULTS, DEFAULT_HOURS, false, false, ""};
  if (!read_number(&text, &request->first)) return false;
  request->last = request->first;
  if (skip(&text, "..") && !read_number(&text, &request->last)) return false;
  request->options = text;
  while (skip(&text, ","))
    if (!read_option(&text, request)) return false;
  return *text == 0 && request->first <= request->last;
}

static void start(const Request& request, uint64_t seed) {
  valk_simulation = {true,
                     request.keeps_order,
                     static_cast<uint32_t>(request.faults),
                     seed,
                     seed * 0xbf58476d1ce4e5b9u,
                     START_OF_CLOCK,
                     START_OF_CLOCK + request.hours * 3600 * SECOND,
                     request.options};
}

// ---- many seeds ---------------------------------------------------------------------------------

/// The text that a child printed, in a file without a name.
struct Output {
  int descriptor;
  char* text;
  size_t length;
};

[[noreturn]] static void fail_system(const char* what) {
  fprintf(stderr, "valk: VALK_SIM: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static Output make_output() {
  Output output = {memfd_create("simulation", MFD_CLOEXEC), nullptr, 0};
  if (output.descriptor < 0) fail_system("no file for the output");
  return output;
}

static void read_output(Output* output) {
  off_t size = lseek(output->descriptor, 0, SEEK_END);
  output->length = size > 0 ? static_cast<size_t>(size) : 0;
  output->text = static_cast<char*>(malloc(output->length + 1));
  if (!output->text) fail_system("no memory for the output");
  ssize_t got = pread(output->descriptor, output->text, output->length, 0);
  if (got < 0) fail_system("the output cannot be read");
  close(output->descriptor);
}

static void show(const Output& output, int descriptor) {
  for (size_t at = 0; at < output.length;) {
    ssize_t written = write(descriptor, output.text + at, output.length - at);
    if (written <= 0) return;
    at += static_cast<size_t>(written);
  }
}

static bool is_same(const Output& a, const Output& b) {
  return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/// A seed that has been run.
struct Trial {
  Output out, err;
  int status;  ///< as of waitpid
};

/// Runs one seed in a child. True: this is the child.
static bool run_trial(const Request& request, uint64_t seed, Trial* trial) {
  *trial = {make_output(), make_output(), 0};
  pid_t child = fork();
  if (child < 0) fail_system("fork");
  if (child == 0) {
    dup2(trial->out.descriptor, STDOUT_FILENO);
    dup2(trial->err.descriptor, STDERR_FILENO);
    start(request, seed);
    return true;
  }
  while (waitpid(child, &trial->status, 0) < 0 && errno == EINTR) {
  }
  read_output(&trial->out);
  read_output(&trial->err);
  return false;
}

/// "seed 7 WHAT; VALK_SIM=7 runs it again".
static void report_seed(uint64_t seed, const char* options, const char* what) {
  auto number = static_cast<unsigned long long>(seed);
  fprintf(stderr, "valk: simulation: seed %llu %s; VALK_SIM=%llu%s runs it again\n", number, what,
          number, options);
}

[[noreturn]] static void report_trial(const Request& request, const Trial& trial, uint64_t seed,
                                      const char* what) {
  show(trial.out, STDOUT_FILENO);
  show(trial.err, STDERR_FILENO);
  if (WIFSIGNALED(trial.status))
    fprintf(stderr, "valk: simulation: seed %llu ended by signal %d\n",
            static_cast<unsigned long long>(seed), WTERMSIG(trial.status));
  report_seed(seed, request.options, what);
  _exit(1);
}

/// Runs every seed. Returns in the children only.
static void run_all(const Request& request) {
  Trial first{};
  for (uint64_t seed = request.first;; seed++) {
    Trial trial;
    if (run_trial(request, seed, &trial)) return;
    bool is_first = seed == request.first;
    if (is_first) first = trial;
    if (WIFSIGNALED(trial.status) || (trial.status != 0 && !request.same))
      report_trial(request, trial, seed, "failed");
    if (trial.status != first.status || (request.same && !is_same(trial.out, first.out)))
      report_trial(request, trial, seed, "ended or printed otherwise than the first seed");
    if (!is_first) free(trial.out.text);
    if (!is_first) free(trial.err.text);
    if (seed == request.last) break;
  }
  fprintf(stderr, "valk: simulation: seeds %llu to %llu passed\n",
          static_cast<unsigned long long>(request.first),
          static_cast<unsigned long long>(request.last));
  _exit(0);
}

bool valk_simulation_begin() {
  const char* text = getenv("VALK_SIM");
  if (!text || !*text) return true;
  Request request;
  if (!read_request(text, &request)) {
    fprintf(stderr,
            "valk: VALK_SIM=%s is not understood: expected a seed such as 42, or seeds such as "
            "1..1000, then any of ,order=fifo ,faults=N (in a thousand) ,same ,hours=N\n",
            text);
    return false;
  }
  if (request.first == request.last)
    start(request, request.first);
  else
    run_all(request);
  return true;
}

void valk_simulation_report() {
  if (valk_simulation.is_on) report_seed(valk_simulation.seed, valk_simulation.options, "failed");
}
