// What servers count (metrics.def). Workers count in memory that they share, each in a row of its own, so
// that any of them can show the sums.
#pragma once

#include <stdint.h>

enum ValkMetric {
#define METRIC(id, type, name, labels, help) kValkMetric##id,
#define BUCKET(label, nanoseconds)
#include "runtime/http2/metrics.def"
  kValkMetrics
};

/// This process's row; the histogram follows the metrics.
extern uint64_t* valk_metrics;

inline void valk_metric_add(ValkMetric metric, uint64_t n = 1) { valk_metrics[metric] += n; }
inline void valk_metric_fall(ValkMetric metric) { valk_metrics[metric]--; }
/// A request has ended with this status, or 0, after so many nanoseconds.
void valk_metric_request(int status, uint64_t nanoseconds);

/// Makes the shared rows; before workers are made. False: out of memory.
bool valk_metrics_share(unsigned rows);
/// In a worker: its row from here on.
void valk_metrics_take(unsigned row);
/// The row's process has gone, and what it had open too.
void valk_metrics_leave(unsigned row);
