// See sessions.h.
#include "runtime/tls/sessions.h"

#include <memory>
#include <string>
#include <unordered_map>

#include "runtime/io/limits.h"

namespace {

struct Free {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

typedef std::unordered_map<std::string, std::unique_ptr<SSL_SESSION, Free>> Sessions;

/// Lives as long as the process: connections may end after the statics have.
Sessions& sessions() {
  static Sessions* all = std::make_unique<Sessions>().release();
  return *all;
}

int keep(SSL* ssl, SSL_SESSION* session) {
  const char* key = static_cast<const char*>(SSL_get_app_data(ssl));
  if (!key) return 0;
  Sessions& all = sessions();
  if (all.size() >= valk_limit_tls_sessions && all.find(key) == all.end()) all.erase(all.begin());
  all[key].reset(session);
  return 1;  // it is ours now
}

}  // namespace

void valk_tls_keep_sessions(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep);
}

void valk_tls_resume(SSL* ssl, const char* key) {
  SSL_set_app_data(ssl, const_cast<char*>(key));
  auto entry = sessions().find(key);
  if (entry == sessions().end()) return;
  SSL_set_session(ssl, entry->second.get());
  // A ticket of TLS 1.3 used twice lets who listens tell that it is the same client (RFC 8446, C.4).
  if (SSL_SESSION_get_protocol_version(entry->second.get()) >= TLS1_3_VERSION)
    sessions().erase(entry);
}
