// See interleavings.h. The runs are the leaves of a tree of choices, walked depth first: a run takes the
// choices that it is given and then always the first, and notes how many there were; the next run differs
// in the last choice that has another possibility. The path lies in memory shared with the runs.
#include "runtime/control/interleavings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/control/simulation.h"
#include "runtime/control/trials.h"

enum : uint32_t { MOST_CHOICES = 10000, MOST_READY = 250, DEFAULT_LIMIT = 100000 };

struct Path {
  uint32_t given;   ///< choices that this run is to take
  uint32_t length;  ///< choices that it has taken
  bool is_too_long;
  uint8_t choice[MOST_CHOICES];
  uint8_t bound[MOST_CHOICES];
};

static Path* path;

static bool make_path() {
  void* shared =
      mmap(nullptr, sizeof(Path), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  path = shared == MAP_FAILED ? nullptr : static_cast<Path*>(shared);
  return path != nullptr;
}

uint64_t valk_interleavings_choose(uint64_t bound) {
  if (bound < 2) return 0;
  if (path->length == MOST_CHOICES || bound > MOST_READY) {
    path->is_too_long = true;
    return 0;
  }
  uint32_t at = path->length++;
  if (at >= path->given) path->choice[at] = 0;
  path->bound[at] = static_cast<uint8_t>(bound);
  return path->choice[at] < bound ? path->choice[at] : 0;
}

/// Makes the path that of the next run. False: all have been run.
static bool advance() {
  uint32_t at = path->length;
  while (at > 0 && path->choice[at - 1] + 1 >= path->bound[at - 1]) --at;
  if (at == 0) return false;
  path->choice[at - 1]++;
  path->given = at;
  return true;
}

void valk_interleavings_report() {
  fputs("valk: simulation: this interleaving failed; VALK_SIM=every:", stderr);
  for (uint32_t i = 0; i < path->length; ++i) fprintf(stderr, i ? ".%u" : "%u", path->choice[i]);
  fputs(" runs it again\n", stderr);
}

[[noreturn]] static void stop(const ValkTrial& trial, const char* why) {
  valk_trial_show(trial);
  if (why) fprintf(stderr, "valk: simulation: %s\n", why);
  _exit(1);
}

static void check(const ValkTrial& trial) {
  if (path->is_too_long)
    stop(trial, "too many choices in one run: not every interleaving is tried");
  if (WIFSIGNALED(trial.status)) {
    valk_trial_show(trial);
    fprintf(stderr, "valk: simulation: ended by signal %d\n", WTERMSIG(trial.status));
    valk_interleavings_report();
    _exit(1);
  }
  if (trial.status != 0) stop(trial, nullptr);
}

/// Runs all. Returns in the runs only.
static void run_every(uint64_t limit) {
  uint64_t runs = 0;
  do {
    ValkTrial trial;
    path->length = 0;
    if (valk_trial_run(&trial)) return;
    check(trial);
    if (++runs > limit) stop(trial, "more interleavings than the limit: ,limit=N raises it");
    valk_trial_free(&trial);
  } while (advance());
  fprintf(stderr, "valk: simulation: all %llu interleavings passed\n",
          static_cast<unsigned long long>(runs));
  _exit(0);
}

/// Reads ":1.0.2"; false if it is not that.
static bool read_path(const char* text) {
  if (*text == ':') ++text;
  while (*text) {
    char* end;
    unsigned long choice = strtoul(text, &end, 10);
    if (end == text || choice > MOST_READY || path->given == MOST_CHOICES) return false;
    path->choice[path->given++] = static_cast<uint8_t>(choice);
    if (*end && *end != '.') return false;
    text = *end ? end + 1 : end;
  }
  return true;
}

bool valk_interleavings_begin(const char* text) {
  valk_simulation.is_exhaustive = true;
  if (!make_path()) {
    fputs("valk: VALK_SIM=every: no memory\n", stderr);
    return false;
  }
  char* end = nullptr;
  uint64_t limit = DEFAULT_LIMIT;
  if (*text == ':' && read_path(text)) return true;
  if (strncmp(text, ",limit=", 7) == 0) limit = strtoull(text + 7, &end, 10);
  if (*text && (!end || *end || limit == 0)) {
    fprintf(stderr, "valk: VALK_SIM=every%s: expected every, every,limit=N or every:1.0.2\n", text);
    return false;
  }
  run_every(limit);
  return true;
}
