// What went wrong in TLS, in words that tell the causes apart: OpenSSL says most of them in three
// different places and some of them wrongly for whoever reads them.
#pragma once

#include <openssl/ssl.h>
#include <stddef.h>

/// After a call on `ssl` has failed: writes the reason. Takes OpenSSL's error queue.
void valk_tls_describe_failure(SSL* ssl, const char* server_name, char* text, size_t size);
