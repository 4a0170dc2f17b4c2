// SIGTERM and SIGINT stop every server that listens, each within its own grace period; a second one cuts
// what is left. A signal that the program handles itself is left to it.
#include <signal.h>

#include "runtime/http2/server.h"
#include "runtime/io/signals.h"

namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT};

ValkHttp2Server* live;
ValkSignalWatch* watches[sizeof kSignals / sizeof *kSignals];

void on_signal(int number) {
  if (valk_signal_is_handled(number)) return;
  for (ValkHttp2Server* s = live; s; s = s->next)
    if (s->drains)
      valk_http2_server_cut(s);
    else
      valk_http2_server_drain(s, s->grace_time);
}

}  // namespace

void valk_http2_server_enlist(ValkHttp2Server* s) {
  if (!live)
    for (size_t i = 0; i < sizeof kSignals / sizeof *kSignals; i++)
      watches[i] = valk_signal_watch(kSignals[i], on_signal);
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
