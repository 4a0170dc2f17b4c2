// See tcp_race.h.
#include "runtime/io/tcp_race.h"

#include <stddef.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "runtime/io/limits.h"

namespace {

constexpr uint64_t kHeadStart = valk_limit_connect_attempt * uint64_t{1000000};

/// One address of a race.
struct Attempt {
  ValkTcpRace* race;
  ValkTcp* tcp;  ///< null once it is closed, or has won
  bool failed = false;
};

}  // namespace

/// Lives until its owner is told, or has cancelled, and its last attempt is closed.
struct ValkTcpRace {
  const ValkTcpRaceOwner* calls;
  void* owner;
  ValkTimer head_start{};
  std::vector<ValkAddress> addresses;
  size_t next = 0;  ///< address to try
  std::vector<std::unique_ptr<Attempt>> attempts;
  bool over = false;
};

namespace {

Attempt* attempt_of(void* owner) { return static_cast<Attempt*>(owner); }

void free_if_gone(ValkTcpRace* race) {
  bool is_gone = race->over && std::none_of(race->attempts.begin(), race->attempts.end(),
                                            [](const auto& a) { return a->tcp != nullptr; });
  if (is_gone) std::unique_ptr<ValkTcpRace> owned(race);
}

void end(ValkTcpRace* race) {
  race->over = true;
  valk_timer_stop(&race->head_start);
  for (auto& a : race->attempts)
    if (a->tcp) valk_tcp_close(a->tcp);
}

void try_next(ValkTcpRace* race);

void on_connected(void* owner) {
  Attempt* a = attempt_of(owner);
  ValkTcpRace* race = a->race;
  if (race->over) return;
  ValkTcp* winner = a->tcp;
  a->tcp = nullptr;
  end(race);
  race->calls->connected(race->owner, winner);
  free_if_gone(race);
}

bool is_lost(const ValkTcpRace* race) {
  return race->next == race->addresses.size() &&
         std::all_of(race->attempts.begin(), race->attempts.end(),
                     [](const auto& a) { return a->failed; });
}

void on_failed(void* owner, const char* code, const char* message) {
  Attempt* a = attempt_of(owner);
  ValkTcpRace* race = a->race;
  if (race->over) return;
  a->failed = true;
  valk_tcp_close(a->tcp);
  if (race->next < race->addresses.size()) return try_next(race);
  if (!is_lost(race)) return;
  end(race);
  race->calls->failed(race->owner, code, message);
}

void on_closed(void* owner) {
  attempt_of(owner)->tcp = nullptr;
  free_if_gone(attempt_of(owner)->race);
}

constexpr ValkTcpOwner kCalls = {on_connected, nullptr, nullptr, on_failed, nullptr, on_closed};

void try_next(ValkTcpRace* race) {
  race->attempts.push_back(std::make_unique<Attempt>(Attempt{race, nullptr}));
  Attempt* a = race->attempts.back().get();
  a->tcp = valk_tcp_new(&kCalls, a);
  valk_tcp_connect(a->tcp, &race->addresses[race->next++]);
  if (race->next < race->addresses.size()) valk_timer_start(&race->head_start, kHeadStart);
}

void on_head_start_over(Vm*, ValkTimer* timer) {
  try_next(reinterpret_cast<ValkTcpRace*>(reinterpret_cast<char*>(timer) -
                                          offsetof(ValkTcpRace, head_start)));
}

/// The resolver's order, but that the families take turns.
std::vector<ValkAddress> take_turns(const ValkAddress* addresses, size_t count) {
  std::vector<ValkAddress> first, second, all;
  for (size_t i = 0; i < count; i++)
    (addresses[i].any.sa_family == addresses[0].any.sa_family ? first : second)
        .push_back(addresses[i]);
  for (size_t i = 0; i < first.size() || i < second.size(); i++) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

}  // namespace

ValkTcpRace* valk_tcp_race(const ValkAddress* addresses, size_t count,
                           const ValkTcpRaceOwner* calls, void* owner) {
  ValkTcpRace* race = std::make_unique<ValkTcpRace>().release();
  race->calls = calls;
  race->owner = owner;
  race->addresses = take_turns(addresses, count);
  race->head_start.fire = on_head_start_over;
  try_next(race);
  return race;
}

void valk_tcp_race_cancel(ValkTcpRace* race) {
  end(race);
  free_if_gone(race);
}
