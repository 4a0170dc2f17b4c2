// runtime/stats: what a program can show of its own runtime, on a dashboard or in a log.
#include <string.h>

#include "runtime/control/control.h"
#include "runtime/gc/heap.h"
#include "runtime/value/value.h"

namespace {

struct Figure {
  const char* key;
  uint64_t value;
};

constexpr uint64_t kNanosecondsPerMicrosecond = 1000, kNanosecondsPerMillisecond = 1000000;

/// Tasks that have not ended, the program's own included.
uint64_t count_tasks(Vm* vm) {
  valk_task_settle(vm);
  uint64_t count = 0;
  for (Value t = valk_control(vm)->root; t != VALK_NIL; t = valk_next_in_tree(t)) ++count;
  return count;
}

/// Puts {key value} before the list in sp[0].
bool push(Vm* vm, Value* sp, const Figure& figure) {
  sp[1] = VALK_FIX(static_cast<Fix>(figure.value));
  sp[0] = valk_make_pair(vm, sp + 2, sp[1], sp[0]);
  if (sp[0] == VALK_ERR) return false;
  sp[1] = valk_make_keyword(vm, sp + 1, figure.key, strlen(figure.key));
  if (sp[1] == VALK_ERR) return false;
  sp[0] = valk_make_pair(vm, sp + 2, sp[1], sp[0]);
  return sp[0] != VALK_ERR;
}

}  // namespace

Value valk_runtime_stats(Vm* vm, Value* sp) {
  ValkGcFigures gc = valk_gc_figures(vm);
  const Figure figures[] = {
      {":longest-pause-us", gc.longest_pause_ns / kNanosecondsPerMicrosecond},
      {":pause-us", gc.pause_ns / kNanosecondsPerMicrosecond},
      {":full-collections", gc.full_collections},
      {":collections", gc.collections},
      {":heap-bytes", gc.heap_bytes},
      {":tasks", count_tasks(vm)},
      {":uptime-ms", gc.uptime_ns / kNanosecondsPerMillisecond},
  };
  sp[0] = VALK_NIL;
  for (const Figure& figure : figures)
    if (!push(vm, sp, figure)) return VALK_ERR;
  return sp[0];
}
