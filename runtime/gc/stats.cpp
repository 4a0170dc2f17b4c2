// What VALK_GC_STATS prints.
#include <stdio.h>
#include <time.h>

#include "runtime/gc/collector.h"
#include "runtime/value/runtime.h"

enum { CLASSES_OF_A_POWER = 4 };

uint64_t valk_gc_clock() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

/// The class of pauses that last `ns`, from its highest bit and the two below.
static int class_of(uint64_t ns) {
  if (ns < CLASSES_OF_A_POWER) return static_cast<int>(ns);
  int power = 63 - __builtin_clzll(ns);
  int i = CLASSES_OF_A_POWER * (power - 1) + static_cast<int>(ns >> (power - 2) & 3);
  return i < VALK_PAUSE_CLASSES ? i : VALK_PAUSE_CLASSES - 1;
}

/// The longest pause, in nanoseconds, that stands in class i.
static uint64_t end_of_class(int i) {
  if (i < CLASSES_OF_A_POWER) return static_cast<uint64_t>(i);
  int power = i / CLASSES_OF_A_POWER + 1;
  return (uint64_t{1} << (power - 2)) * static_cast<uint64_t>(4 + i % CLASSES_OF_A_POWER + 1);
}

void valk_note_pause(ValkPauses* pauses, uint64_t ns) {
  ++pauses->count;
  pauses->sum_ns += ns;
  if (ns > pauses->longest_ns) pauses->longest_ns = ns;
  ++pauses->classes[class_of(ns)];
}

/// The time that `share` of the pauses do not exceed, in nanoseconds, at most a quarter too long.
static uint64_t quantile(const ValkPauses* pauses, double share) {
  double wanted = share * static_cast<double>(pauses->count);
  double seen = 0;
  for (int i = 0; i < VALK_PAUSE_CLASSES; ++i) {
    seen += pauses->classes[i];
    if (seen < wanted) continue;
    uint64_t end = end_of_class(i);
    return end < pauses->longest_ns ? end : pauses->longest_ns;
  }
  return pauses->longest_ns;
}

static double milliseconds(uint64_t ns) { return static_cast<double>(ns) / 1e6; }

static void report_pauses(const char* name, const ValkPauses* pauses) {
  if (pauses->count == 0) return;
  fprintf(stderr, "gc: %s pauses: p50 %.3f ms, p99 %.3f ms, longest %.3f ms, %.3f ms in all\n",
          name, milliseconds(quantile(pauses, 0.5)), milliseconds(quantile(pauses, 0.99)),
          milliseconds(pauses->longest_ns), milliseconds(pauses->sum_ns));
}

void valk_gc_report(const ValkHeap* heap) {
  const ValkPauses& minor = heap->stats.minor;
  const ValkPauses& full = heap->stats.full;
  uint64_t sum = minor.sum_ns + full.sum_ns;
  uint64_t longest = minor.longest_ns > full.longest_ns ? minor.longest_ns : full.longest_ns;
  double total = static_cast<double>(valk_gc_clock() - heap->stats.started_ns);
  fprintf(stderr,
          "gc: %llu minor, %llu full, %.3f ms in all (%.1f%% of the run), longest pause %.3f ms, "
          "%zu KiB old, %zu KiB large\n",
          static_cast<unsigned long long>(minor.count), static_cast<unsigned long long>(full.count),
          milliseconds(sum), 100.0 * static_cast<double>(sum) / (total > 0 ? total : 1),
          milliseconds(longest), valk_old_bytes(heap) >> 10, heap->large.used_bytes >> 10);
  report_pauses("minor", &minor);
  report_pauses("full", &full);
}

ValkGcFigures valk_gc_figures(const Vm* vm) {
  const ValkHeap* heap = vm->runtime->heap;
  const ValkPauses& minor = heap->stats.minor;
  const ValkPauses& full = heap->stats.full;
  ValkGcFigures figures;
  figures.collections = minor.count + full.count;
  figures.full_collections = full.count;
  figures.pause_ns = minor.sum_ns + full.sum_ns;
  figures.longest_pause_ns =
      minor.longest_ns > full.longest_ns ? minor.longest_ns : full.longest_ns;
  figures.heap_bytes = valk_old_bytes(heap) + heap->large.used_bytes;
  figures.uptime_ns = valk_gc_clock() - heap->stats.started_ns;
  return figures;
}
