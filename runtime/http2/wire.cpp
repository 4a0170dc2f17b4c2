// See wire.h.
#include "runtime/http2/wire.h"

#include <string.h>

#include "runtime/io/limits.h"

namespace {

constexpr size_t kChunk = 16 * 1024;  // one TLS record

/// Space for one run of plain bytes on its way through TLS. There is one thread, and this is not entered
/// again while it works.
char outgoing[kChunk];

void write_plain(ValkTcp* tcp, ValkTls* tls, const char* bytes, size_t length) {
  if (length == 0) return;
  if (!tls) return valk_tcp_write(tcp, bytes, length);
  valk_tls_write(tls, bytes, length);
  valk_wire_flush_tls(tcp, tls);
}

/// Takes runs from the session and sends them in chunks, since each TLS record and each call of the
/// system has its price. Gives false if the session is out of memory.
bool write_session_output(ValkTcp* tcp, ValkTls* tls, ValkHttp2Session* session) {
  size_t used = 0;
  while (valk_tcp_queued(tcp) < valk_limit_http2_output) {
    const char* bytes;
    long length = valk_http2_output(session, &bytes);
    if (length < 0) return false;
    if (length == 0) break;
    size_t size = static_cast<size_t>(length);
    if (used + size > kChunk) {
      write_plain(tcp, tls, outgoing, used);
      used = 0;
    }
    if (size > kChunk) {
      write_plain(tcp, tls, bytes, size);
    } else {
      memcpy(outgoing + used, bytes, size);
      used += size;
    }
  }
  write_plain(tcp, tls, outgoing, used);
  return true;
}

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
  return !can_write || write_session_output(tcp, tls, session);
}
