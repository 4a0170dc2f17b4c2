// See dns.h.
#include "runtime/io/dns.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/control/simulation.h"
#include "runtime/io/limits.h"
#include "runtime/io/uv.h"

struct ValkDnsLookup {
  uv_getaddrinfo_t request;
  ValkTimer turn;                                          ///< in a simulation: the answer comes
  ValkDnsLookup* next;                                     ///< among those that wait for their turn
  void (*done)(void* owner, const ValkDnsResult* result);  ///< null: cancelled
  void* owner;
  uint16_t port;
  bool waiting;
  char host[256];
};

namespace {

constexpr size_t kMostAddresses = 64;

struct Lookups {
  size_t running;
  size_t waiting;
  ValkDnsLookup* first;
  ValkDnsLookup** last;
};
Lookups lookups{0, 0, nullptr, &lookups.first};

void set_port(ValkAddress* address, uint16_t port) {
  if (address->any.sa_family == AF_INET)
    address->v4.sin_port = htons(port);
  else
    address->v6.sin6_port = htons(port);
}

void report(const ValkDnsLookup* lookup, const ValkDnsResult& result) {
  if (lookup->done) lookup->done(lookup->owner, &result);
}

void report_error(const ValkDnsLookup* lookup, int code) {
  report(lookup, {uv_err_name(code), uv_strerror(code), nullptr, 0});
}

void report_addresses(const ValkDnsLookup* lookup, const addrinfo* info) {
  ValkAddress addresses[kMostAddresses];
  size_t count = 0;
  for (; info && count < kMostAddresses; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    if (info->ai_addrlen > sizeof addresses[count]) continue;
    memcpy(&addresses[count], info->ai_addr, info->ai_addrlen);
    set_port(&addresses[count++], lookup->port);
  }
  if (count == 0)
    report_error(lookup, UV_EAI_NONAME);
  else
    report(lookup, {nullptr, nullptr, addresses, count});
}

void start_next();

void on_done(uv_getaddrinfo_t* request, int status, addrinfo* info) {
  ValkDnsLookup* lookup = static_cast<ValkDnsLookup*>(request->data);
  lookups.running--;
  if (status < 0)
    report_error(lookup, status);
  else
    report_addresses(lookup, info);
  uv_freeaddrinfo(info);
  free(lookup);
  start_next();
}

// ---- simulated names ----------------------------------------------------------------------------

bool has_suffix(const char* text, const char* suffix) {
  size_t length = strlen(text), tail = strlen(suffix);
  return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

/// localhost is this machine, names in .invalid do not exist, any other has an address made of it.
void report_simulated(const ValkDnsLookup* lookup) {
  if (has_suffix(lookup->host, ".invalid")) return report_error(lookup, UV_EAI_NONAME);
  uint32_t number = 0;
  for (const char* c = lookup->host; *c; c++) number = number * 31 + static_cast<uint8_t>(*c);
  bool is_local = strcmp(lookup->host, "localhost") == 0;
  ValkAddress address{};
  address.v4.sin_family = AF_INET;
  address.v4.sin_addr.s_addr = htonl(is_local ? 0x7f000001 : 0x0a000000 | (number & 0xffffff));
  set_port(&address, lookup->port);
  report(lookup, {nullptr, nullptr, &address, 1});
}

void on_simulated(Vm*, ValkTimer* timer) {
  ValkDnsLookup* lookup = reinterpret_cast<ValkDnsLookup*>(reinterpret_cast<char*>(timer) -
                                                           offsetof(ValkDnsLookup, turn));
  lookups.running--;
  report_simulated(lookup);
  free(lookup);
  start_next();
}

int run_simulated(ValkDnsLookup* lookup) {
  lookup->turn = {on_simulated, 0};
  valk_timer_start(&lookup->turn, valk_sim_below(100000000));
  lookups.running++;
  return 0;
}

// ---- real ones ----------------------------------------------------------------------------------

int run(ValkDnsLookup* lookup) {
  if (valk_is_simulated()) return run_simulated(lookup);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  int code =
      uv_getaddrinfo(valk_uv_loop(), &lookup->request, on_done, lookup->host, nullptr, &hints);
  if (code == 0) lookups.running++;
  return code;
}

void wait_for_turn(ValkDnsLookup* lookup) {
  lookup->waiting = true;
  lookup->next = nullptr;
  *lookups.last = lookup;
  lookups.last = &lookup->next;
  lookups.waiting++;
}

void leave_queue(ValkDnsLookup* lookup) {
  ValkDnsLookup** link = &lookups.first;
  while (*link != lookup) link = &(*link)->next;
  *link = lookup->next;
  if (lookups.last == &lookup->next) lookups.last = link;
  lookup->waiting = false;
  lookups.waiting--;
}

void start_next() {
  while (lookups.first && lookups.running < valk_limit_dns_lookups) {
    ValkDnsLookup* lookup = lookups.first;
    leave_queue(lookup);
    int code = run(lookup);
    if (code == 0) continue;
    report_error(lookup, code);
    free(lookup);
  }
}

}  // namespace

ValkDnsLookup* valk_dns_start(const char* host, uint16_t port,
                              void (*done)(void* owner, const ValkDnsResult* result), void* owner) {
  ValkAddress address;
  if (valk_read_numeric_address(host, port, &address)) {
    ValkDnsResult result{nullptr, nullptr, &address, 1};
    done(owner, &result);
    return nullptr;
  }
  ValkDnsLookup* lookup = static_cast<ValkDnsLookup*>(valk_native_alloc(sizeof(ValkDnsLookup)));
  lookup->request.data = lookup;
  lookup->done = done;
  lookup->owner = owner;
  lookup->port = port;
  lookup->waiting = false;
  int code = 0;
  const size_t length = strlen(host);
  if (length >= sizeof lookup->host) {
    code = UV_EAI_NONAME;
  } else {
    memcpy(lookup->host, host, length + 1);
    if (lookups.running < valk_limit_dns_lookups)
      code = run(lookup);
    else if (lookups.waiting < valk_limit_dns_waiting)
      wait_for_turn(lookup);
    else
      code = UV_EAI_AGAIN;
  }
  if (code == 0) return lookup;
  report_error(lookup, code);
  free(lookup);
  return nullptr;
}

void valk_dns_cancel(ValkDnsLookup* lookup) {
  if (lookup->waiting) {
    leave_queue(lookup);
    free(lookup);
    return;
  }
  // The thread that asks cannot be stopped once it runs: its answer is then dropped.
  lookup->done = nullptr;
  if (valk_is_simulated()) return;
  uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->request));
}

bool valk_read_numeric_address(const char* host, uint16_t port, ValkAddress* address) {
  return uv_ip4_addr(host, port, &address->v4) == 0 || uv_ip6_addr(host, port, &address->v6) == 0;
}

void valk_address_text(const ValkAddress* address, char* text, size_t size) {
  if (address->any.sa_family == AF_INET)
    uv_ip4_name(&address->v4, text, size);
  else
    uv_ip6_name(&address->v6, text, size);
}
