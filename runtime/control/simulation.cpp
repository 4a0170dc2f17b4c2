// See simulation.h. The generator is splitmix64: every draw of a run comes from the one state.
#include "runtime/control/simulation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/control/interleavings.h"
#include "runtime/control/trials.h"

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

uint64_t valk_sim_below(uint64_t bound) {
  return bound == 0 || valk_simulation.is_exhaustive ? 0 : draw() % bound;
}

uint64_t valk_sim_choose(uint64_t bound) {
  return valk_simulation.is_exhaustive ? valk_interleavings_choose(bound) : valk_sim_below(bound);
}

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

uint64_t valk_cpu_time() {
  return valk_simulation.is_on ? valk_monotonic() : read_clock(CLOCK_PROCESS_CPUTIME_ID);
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
                     request.options,
                     false};
}

// ---- many seeds ---------------------------------------------------------------------------------

/// "seed 7 WHAT; VALK_SIM=7 runs it again".
static void report_seed(uint64_t seed, const char* options, const char* what) {
  auto number = static_cast<unsigned long long>(seed);
  fprintf(stderr, "valk: simulation: seed %llu %s; VALK_SIM=%llu%s runs it again\n", number, what,
          number, options);
}

[[noreturn]] static void report_trial(const Request& request, const ValkTrial& trial, uint64_t seed,
                                      const char* what) {
  valk_trial_show(trial);
  if (WIFSIGNALED(trial.status))
    fprintf(stderr, "valk: simulation: seed %llu ended by signal %d\n",
            static_cast<unsigned long long>(seed), WTERMSIG(trial.status));
  report_seed(seed, request.options, what);
  _exit(1);
}

/// Runs every seed. Returns in the children only.
static void run_all(const Request& request) {
  static ValkTrial first;  // static: the children, which leave this function, have not lost it
  for (uint64_t seed = request.first;; seed++) {
    ValkTrial trial;
    if (valk_trial_run(&trial)) return start(request, seed);
    bool is_first = seed == request.first;
    if (is_first) first = trial;
    if (WIFSIGNALED(trial.status) || (trial.status != 0 && !request.same))
      report_trial(request, trial, seed, "failed");
    if (trial.status != first.status || (request.same && !valk_trial_is_same(trial, first)))
      report_trial(request, trial, seed, "ended or printed otherwise than the first seed");
    if (!is_first) valk_trial_free(&trial);
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
  if (skip(&text, "every")) {
    read_request("0", &request);
    start(request, 0);
    return valk_interleavings_begin(text);
  }
  if (!read_request(text, &request)) {
    fprintf(stderr,
            "valk: VALK_SIM=%s is not understood: expected a seed such as 42, or seeds such as "
            "1..1000, then any of ,order=fifo ,faults=N (in a thousand) ,same ,hours=N; or every\n",
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
  if (valk_simulation.is_exhaustive) return valk_interleavings_report();
  if (valk_simulation.is_on) report_seed(valk_simulation.seed, valk_simulation.options, "failed");
}
