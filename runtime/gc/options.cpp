// How much memory there is, and what the environment asks for.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/gc/heap.h"

size_t valk_parse_size(const char* text) {
  char* end;
  unsigned long long n = strtoull(text, &end, 10);
  if (end == text) return 0;
  int shift = 0;
  switch (*end) {
    case 'k':
    case 'K':
      shift = 10;
      break;
    case 'm':
    case 'M':
      shift = 20;
      break;
    case 'g':
    case 'G':
      shift = 30;
      break;
    case '\0':
      return n;
    default:
      return 0;
  }
  if (end[1] != '\0' || n > (~size_t{0} >> shift)) return 0;
  return static_cast<size_t>(n) << shift;
}

/// The number that stands in a file, or `otherwise`: absent, or no number ("max").
static size_t read_number(const char* path, size_t otherwise) {
  FILE* file = fopen(path, "re");
  if (!file) return otherwise;
  unsigned long long n;
  if (fscanf(file, "%llu", &n) != 1) n = otherwise;
  fclose(file);
  return n;
}

/// The least memory.max of this process's cgroup (version 2) and of those above it.
static size_t cgroup_limit() {
  size_t limit = ~size_t{0};
  FILE* file = fopen("/proc/self/cgroup", "re");
  if (!file) return limit;
  char line[512], path[640];
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, "0::", 3) != 0) continue;
    line[strcspn(line, "\n")] = '\0';
    for (char* group = line + 3;;) {
      snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group);
      size_t n = read_number(path, ~size_t{0});
      if (n < limit) limit = n;
      char* slash = strrchr(group, '/');
      if (!slash) break;
      *slash = '\0';
    }
  }
  fclose(file);
  size_t first_version = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes", limit);
  return first_version < limit ? first_version : limit;
}

size_t valk_physical_memory() {
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
}

size_t valk_available_memory() {
  size_t physical = valk_physical_memory();
  size_t limit = cgroup_limit();
  return limit < physical ? limit : physical;
}

static bool is_set(const char* name) {
  const char* value = getenv(name);
  return value && *value && strcmp(value, "0") != 0;
}

ValkHeapOptions valk_heap_options_from_environment() {
  ValkHeapOptions options;
  if (const char* max = getenv("VALK_HEAP_MAX")) options.max_bytes = valk_parse_size(max);
  if (const char* nursery = getenv("VALK_NURSERY")) {
    if (size_t bytes = valk_parse_size(nursery))
      options.nursery_bytes = options.nursery_most_bytes = bytes;
  }
  if (const char* stress = getenv("VALK_GC_STRESS")) options.stress = strtoull(stress, nullptr, 10);
  options.stats = is_set("VALK_GC_STATS");
  options.verify = is_set("VALK_GC_VERIFY");
  return options;
}
