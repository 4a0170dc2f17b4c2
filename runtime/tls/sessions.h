// Sessions that a client can resume: the last one of each peer and way to verify it, so that the next connection
// needs no certificates and a round trip less. Within tls/ only.
#pragma once

#include <openssl/ssl.h>

/// Makes the context's connections keep their sessions under the key that valk_tls_resume gave them.
void valk_tls_keep_sessions(SSL_CTX* context);
/// Offers the peer the session kept under `key`, if there is one. The key stays the caller's, and valid as long as
/// ssl; it must name all that the peer was verified by, since a resumed session is not verified again.
void valk_tls_resume(SSL* ssl, const char* key);
