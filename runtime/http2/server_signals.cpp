// SIGTERM and SIGINT stop every server that listens, each within its own grace period; a second one cuts
// what is left; SIGHUP makes them read their certificates
// and open their logs again. A signal that the program handles itself
// is left to it. Workers are ordered about by their supervisor (io/workers.h); one that is signalled
// directly asks for another in its place, and drains.
#include <signal.h>
#include <stdio.h>

#include "runtime/http2/server.h"
#include "runtime/io/signals.h"
#include "runtime/io/workers.h"

namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP};

ValkHttp2Server* live;
bool was_told;  ///< to stop, since there have been live servers
ValkSignalWatch* watches[sizeof kSignals / sizeof *kSignals];

void reload_all() {
  for (ValkHttp2Server* s = live; s; s = s->next) valk_http2_server_reload(s);
}

void drain_all() {
  for (ValkHttp2Server* s = live; s; s = s->next) valk_http2_server_leave(s);
}

/// The first time it means to drain, the second time now.
void obey(int number) {
  if (number == SIGHUP) return reload_all();
  if (!was_told) drain_all();
  for (ValkHttp2Server* s = live; s && was_told; s = s->next) valk_http2_server_cut(s);
  was_told = true;
}

void on_signal(int number) {
  if (valk_signal_is_handled(number)) return;
  if (!valk_is_worker() || number == SIGHUP) return obey(number);
  valk_worker_ask_replacement();
  drain_all();
}

/// From the supervisor. What nobody here handles does what the signal would.
void on_order(int number) {
  if (!live || valk_signal_is_handled(number))
    raise(number);
  else
    obey(number);
}

}  // namespace

const ValkWorkerCalls valk_http2_worker_calls = {on_order, valk_metrics_leave};

void valk_http2_server_enlist(ValkHttp2Server* s) {
  if (!live) {
    was_told = false;
    for (size_t i = 0; i < sizeof kSignals / sizeof *kSignals; i++)
      watches[i] = valk_signal_watch(kSignals[i], on_signal);
  }
  s->is_live = true;
  s->next = live;
  live = s;
  valk_loop_hold();
}

void valk_http2_server_discharge(ValkHttp2Server* s) {
  if (!s->is_live) return;
  s->is_live = false;
  ValkHttp2Server** link = &live;
  while (*link != s) link = &(*link)->next;
  *link = s->next;
  valk_loop_release();
  if (live) return;
  for (ValkSignalWatch*& watch : watches) {
    valk_signal_unwatch(watch);
    watch = nullptr;
  }
}
