// What tls.cpp needs of a server, in OpenSSL's terms.
#pragma once

#include <openssl/ssl.h>

#include "runtime/tls/tls.h"

/// What RFC 9113, section 9.2.2, leaves of TLS 1.2: ephemeral keys and authenticated encryption.
inline constexpr char valk_tls_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// The context that a new connection begins with.
SSL_CTX* valk_tls_server_context(ValkTlsServer* server);
/// Makes a certificate for localhost, and its key, the context's (dev_certificate.cpp).
bool valk_tls_make_dev_certificate(SSL_CTX* context);
