// What VALK_GC_STATS prints.
#include <stdio.h>
#include <time.h>

#include "runtime/gc/collector.h"

uint64_t valk_gc_clock() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

void valk_gc_report(const ValkHeap* heap) {
  const ValkGcStats& s = heap->stats;
  double total = static_cast<double>(valk_gc_clock() - s.started_ns);
  fprintf(stderr,
          "gc: %llu minor, %llu full, %.3f ms in all (%.1f%% of the run), longest pause %.3f ms, "
          "%zu KiB old, %zu KiB large\n",
          static_cast<unsigned long long>(s.minor_count),
          static_cast<unsigned long long>(s.full_count), static_cast<double>(s.pause_ns) / 1e6,
          100.0 * static_cast<double>(s.pause_ns) / (total > 0 ? total : 1),
          static_cast<double>(s.longest_ns) / 1e6, valk_old_bytes(heap) >> 10,
          heap->large.used_bytes >> 10);
}
