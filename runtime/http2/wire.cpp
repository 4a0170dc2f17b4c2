// See wire.h.
#include "runtime/http2/wire.h"

#include "runtime/io/limits.h"

namespace {

constexpr size_t kRecord = 16 * 1024;  // plain bytes of a TLS record
constexpr size_t kChunk =
    32 * 1024;  // for one call of the system: less costs calls, more costs cache

/// Space for one run of plain bytes on its way out. There is one thread, and this is not entered again while it
/// works.
char outgoing[kChunk];

/// Collects what the session gives into full TLS records, or large writes, since each has its price.
class Run : public ValkHttp2Sink {
 public:
  Run(ValkTcp* tcp, ValkTls* tls) : tcp_(tcp), tls_(tls), size_(tls ? kRecord : kChunk) {}

  char* space(size_t* length) override {
    if (used_ == size_) send();
    *length = size_ - used_;
    return outgoing + used_;
  }
  void filled(size_t length) override { used_ += length; }
  bool is_full() const override { return valk_tcp_queued(tcp_) >= valk_limit_http2_output; }
  void send() {
    if (used_ == 0) return;
    if (tls_) {
      valk_tls_write(tls_, outgoing, used_);
      valk_wire_flush_tls(tcp_, tls_);
    } else {
      valk_tcp_write(tcp_, outgoing, used_);
    }
    used_ = 0;
  }

 private:
  ValkTcp* tcp_;
  ValkTls* tls_;
  size_t size_;
  size_t used_ = 0;
};

}  // namespace

void valk_wire_flush_tls(ValkTcp* tcp, ValkTls* tls) {
  size_t length;
  const char* bytes = valk_tls_output(tls, &length);
  if (length) valk_tcp_write(tcp, bytes, length);
  if (length) valk_tls_output_taken(tls);
}

bool valk_wire_flush(ValkTcp* tcp, ValkTls* tls, ValkHttp2Session* session) {
  if (tls) valk_wire_flush_tls(tcp, tls);
  bool can_write = session && (!tls || valk_tls_state(tls) == ValkTlsState::kOpen);
  if (!can_write) return true;
  Run run(tcp, tls);
  bool fine = valk_http2_output(session, &run);
  run.send();
  return fine;
}
