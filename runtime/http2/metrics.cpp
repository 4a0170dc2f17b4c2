// See metrics.h; and http2/metrics.
#include "runtime/http2/metrics.h"

#include <sys/mman.h>

#include "runtime/value/error.h"
#include "runtime/value/text.h"
#include "runtime/value/value.h"

namespace {

struct Metric {
  const char *type, *name, *labels, *help;
};
constexpr Metric kMetrics[] = {
#define METRIC(id, type, name, labels, help) {#type, name, labels, help},
#define BUCKET(label, nanoseconds)
#include "runtime/http2/metrics.def"
};

struct Bucket {
  const char* label;
  uint64_t bound;
};
constexpr Bucket kBuckets[] = {
#define METRIC(id, type, name, labels, help)
#define BUCKET(label, nanoseconds) {label, nanoseconds},
#include "runtime/http2/metrics.def"
};

constexpr size_t kBucketCount = sizeof kBuckets / sizeof *kBuckets;
constexpr size_t kFirstBucket = kValkMetrics;
constexpr size_t kAbove = kFirstBucket + kBucketCount;  ///< above the last bound
constexpr size_t kSum = kAbove + 1;                     ///< of durations
constexpr size_t kRow = (kSum + 1 + 7) / 8 * 8;         ///< whole cache lines
constexpr double kNanosecondsPerSecond = 1e9;
constexpr char kHistogram[] = "http2_request_duration_seconds";

alignas(64) uint64_t own_row[kRow];
uint64_t* rows = own_row;
unsigned row_count = 1;

bool is_gauge(const Metric& m) { return m.type[0] == 'g'; }

uint64_t sum_of(size_t column) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < row_count; i++) sum += rows[i * kRow + column];
  return sum;
}

bool is_same_name(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

void add_head(ValkText* text, const char* name, const char* type, const char* help) {
  text->add_format("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void add_metric(ValkText* text, size_t i) {
  const Metric& m = kMetrics[i];
  if (i == 0 || !is_same_name(m.name, kMetrics[i - 1].name)) add_head(text, m.name, m.type, m.help);
  text->add_format(*m.labels ? "%s{%s} %llu\n" : "%s%s %llu\n", m.name, m.labels,
                   static_cast<unsigned long long>(sum_of(i)));
}

void add_histogram(ValkText* text) {
  unsigned long long count = 0;
  add_head(text, kHistogram, "histogram", "Time from a request's headers to its response's end.");
  for (size_t i = 0; i < kBucketCount; i++) {
    count += sum_of(kFirstBucket + i);
    text->add_format("%s_bucket{le=\"%s\"} %llu\n", kHistogram, kBuckets[i].label, count);
  }
  count += sum_of(kAbove);
  text->add_format("%s_bucket{le=\"+Inf\"} %llu\n", kHistogram, count);
  text->add_format("%s_sum %.9g\n", kHistogram,
                   static_cast<double>(sum_of(kSum)) / kNanosecondsPerSecond);
  text->add_format("%s_count %llu\n", kHistogram, count);
}

}  // namespace

uint64_t* valk_metrics = own_row;

void valk_metric_request(int status, uint64_t nanoseconds) {
  int kind = status / 100;
  valk_metric_add(
      static_cast<ValkMetric>(kValkMetricRequests1 + (kind >= 2 && kind <= 5 ? kind - 1 : 0)));
  size_t i = 0;
  while (i < kBucketCount && nanoseconds > kBuckets[i].bound) i++;
  valk_metrics[kFirstBucket + i]++;
  valk_metrics[kSum] += nanoseconds;
}

bool valk_metrics_share(unsigned count) {
  void* memory = mmap(nullptr, count * kRow * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  rows = static_cast<uint64_t*>(memory);
  row_count = count;
  return true;
}

void valk_metrics_leave(unsigned row) {
  for (size_t i = 0; i < kValkMetrics; i++)
    if (is_gauge(kMetrics[i])) rows[row * kRow + i] = 0;
}

void valk_metrics_take(unsigned row) {
  valk_metrics_leave(row);
  valk_metrics = rows + row * kRow;
}

Value valk_http2_metrics(Vm* vm, Value* sp) {
  ValkText text;
  for (size_t i = 0; i < kValkMetrics; i++) add_metric(&text, i);
  add_histogram(&text);
  if (text.failed()) return valk_fail_memory(vm);
  return valk_make_string(vm, sp, text.bytes(), text.length());
}
