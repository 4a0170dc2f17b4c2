// See tls.h.
#include "runtime/tls/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/io/limits.h"
#include "runtime/tls/failure.h"
#include "runtime/tls/server.h"
#include "runtime/tls/sessions.h"

struct ValkTls {
  SSL* ssl;
  BIO* from_peer;  ///< owned by ssl
  BIO* to_peer;    ///< owned by ssl
  ValkTlsState state;
  size_t handshake_bytes;
  char server_name[256];
  char* session_key;  ///< null: none
  char error[512];
};

namespace {

constexpr unsigned char kAlpn[] = {2, 'h', '2'};

bool given(const char* s) { return s && *s; }

/// Formats what went wrong with a file, with OpenSSL's own reason.
bool refuse(char* error, size_t size, const char* what, const char* file) {
  unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  snprintf(error, size, "%s %s: %s", what, file, reason ? reason : "not usable");
  ERR_clear_error();
  return false;
}

bool load_files(SSL_CTX* context, const ValkTlsOptions* o, char* error, size_t size) {
  if (given(o->ca_file)) {
    if (SSL_CTX_load_verify_locations(context, o->ca_file, nullptr) != 1)
      return refuse(error, size, "the CA file", o->ca_file);
  } else {
    SSL_CTX_set_default_verify_paths(context);  // SSL_CERT_FILE and SSL_CERT_DIR come first in it
  }
  if (!given(o->cert_file)) return true;
  if (SSL_CTX_use_certificate_chain_file(context, o->cert_file) != 1)
    return refuse(error, size, "the certificate file", o->cert_file);
  const char* key = given(o->key_file) ? o->key_file : o->cert_file;
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    return refuse(error, size, "the key file", key);
  return true;
}

SSL_CTX* make_context(const ValkTlsOptions* o, char* error, size_t size) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (!context) {
    snprintf(error, size, "OpenSSL cannot make a context");
    return nullptr;
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, valk_tls_ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  valk_tls_keep_sessions(context);
  if (load_files(context, o, error, size)) return context;
  SSL_CTX_free(context);
  return nullptr;
}

/// The context for the options: one is kept for those that name no files, since reading the system's
/// store takes milliseconds. The caller owns a reference.
SSL_CTX* context_for(const ValkTlsOptions* o, char* error, size_t size) {
  static SSL_CTX* plain;
  if (given(o->ca_file) || given(o->cert_file)) return make_context(o, error, size);
  if (!plain) plain = make_context(o, error, size);
  if (plain) SSL_CTX_up_ref(plain);
  return plain;
}

bool is_address(const char* name) {
  in6_addr space;
  return inet_pton(AF_INET, name, &space) == 1 || inet_pton(AF_INET6, name, &space) == 1;
}

/// SNI must not carry an address (RFC 6066), and the certificate is then checked for the address.
bool expect_name(SSL* ssl, const char* name) {
  if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
}

void fail(ValkTls* tls, const char* text) {
  tls->state = ValkTlsState::kFailed;
  snprintf(tls->error, sizeof tls->error, "%s", text);
}

/// A step of OpenSSL gave `result`: nothing if it only wants more bytes, else the failure in words.
void judge(ValkTls* tls, int result) {
  int what = SSL_get_error(tls->ssl, result);
  if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) return;
  if (what == SSL_ERROR_ZERO_RETURN) {
    tls->state = ValkTlsState::kEnded;
    return;
  }
  tls->state = ValkTlsState::kFailed;
  valk_tls_describe_failure(tls->ssl, tls->server_name, tls->error, sizeof tls->error);
}

void check_protocol(ValkTls* tls) {
  const unsigned char* protocol;
  unsigned length;
  SSL_get0_alpn_selected(tls->ssl, &protocol, &length);
  if (length == 0)
    return fail(tls, "the peer chose no protocol by ALPN, so it does not speak HTTP/2");
  if (length == 2 && memcmp(protocol, "h2", 2) == 0) return;
  char text[128];
  snprintf(text, sizeof text, "the peer chose the protocol \"%.*s\" by ALPN, not h2",
           length < 64 ? static_cast<int>(length) : 64, reinterpret_cast<const char*>(protocol));
  fail(tls, text);
}

void shake_hands(ValkTls* tls) {
  ERR_clear_error();
  int result = SSL_do_handshake(tls->ssl);
  if (result != 1) return judge(tls, result);
  tls->state = ValkTlsState::kOpen;
  check_protocol(tls);
}

/// A filter around ssl, which it then owns. Null: out of memory.
ValkTls* wrap(SSL* ssl) {
  ValkTls* tls = static_cast<ValkTls*>(calloc(1, sizeof(ValkTls)));
  BIO* from_peer = BIO_new(BIO_s_mem());
  BIO* to_peer = BIO_new(BIO_s_mem());
  if (!tls || !from_peer || !to_peer) {
    BIO_free(from_peer);
    BIO_free(to_peer);
    free(tls);
    return nullptr;
  }
  BIO_set_mem_eof_return(from_peer, -1);
  SSL_set_bio(ssl, from_peer, to_peer);
  tls->ssl = ssl;
  tls->from_peer = from_peer;
  tls->to_peer = to_peer;
  return tls;
}

}  // namespace

ValkTls* valk_tls_client(const ValkTlsOptions* options, char* error, size_t error_size) {
  SSL_CTX* context = context_for(options, error, error_size);
  if (!context) return nullptr;
  SSL* ssl = SSL_new(context);
  SSL_CTX_free(context);
  ValkTls* tls = ssl && expect_name(ssl, options->server_name) ? wrap(ssl) : nullptr;
  if (!tls) {
    snprintf(error, error_size, "the name %s cannot be verified", options->server_name);
    SSL_free(ssl);
    return nullptr;
  }
  if (options->skip_verification) SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  SSL_set_connect_state(ssl);
  snprintf(tls->server_name, sizeof tls->server_name, "%s", options->server_name);
  if (given(options->session_key)) tls->session_key = strdup(options->session_key);
  if (tls->session_key) valk_tls_resume(ssl, tls->session_key);
  shake_hands(tls);
  return tls;
}

ValkTls* valk_tls_accept(ValkTlsServer* server) {
  SSL* ssl = SSL_new(valk_tls_server_context(server));
  ValkTls* tls = ssl ? wrap(ssl) : nullptr;
  if (tls)
    SSL_set_accept_state(ssl);
  else
    SSL_free(ssl);
  return tls;
}

void valk_tls_free(ValkTls* tls) {
  if (!tls) return;
  SSL_free(tls->ssl);
  free(tls->session_key);
  free(tls);
}

void valk_tls_feed(ValkTls* tls, const char* bytes, size_t length) {
  if (tls->state != ValkTlsState::kHandshaking && tls->state != ValkTlsState::kOpen) return;
  if (tls->state == ValkTlsState::kHandshaking) {
    tls->handshake_bytes += length;
    if (tls->handshake_bytes > valk_limit_tls_handshake)
      return fail(tls, "the peer's handshake is too long");
  }
  BIO_write(tls->from_peer, bytes, static_cast<int>(length));
  if (tls->state == ValkTlsState::kHandshaking) shake_hands(tls);
}

void valk_tls_feed_end(ValkTls* tls) {
  if (tls->state == ValkTlsState::kHandshaking)
    fail(tls, "the peer closed the connection during the TLS handshake");
  else if (tls->state == ValkTlsState::kOpen)
    tls->state = ValkTlsState::kEnded;
}

size_t valk_tls_read(ValkTls* tls, char* bytes, size_t size) {
  if (tls->state != ValkTlsState::kOpen) return 0;
  ERR_clear_error();
  size_t count = 0;
  int result = SSL_read_ex(tls->ssl, bytes, size, &count);
  if (result == 1) return count;
  judge(tls, result);
  return 0;
}

void valk_tls_write(ValkTls* tls, const char* bytes, size_t length) {
  if (tls->state != ValkTlsState::kOpen || length == 0) return;
  ERR_clear_error();
  size_t written;
  int result = SSL_write_ex(tls->ssl, bytes, length, &written);
  if (result != 1) judge(tls, result);
}

void valk_tls_shutdown(ValkTls* tls) {
  if (tls->state != ValkTlsState::kOpen && tls->state != ValkTlsState::kEnded) return;
  ERR_clear_error();
  SSL_shutdown(tls->ssl);
}

const char* valk_tls_output(ValkTls* tls, size_t* length) {
  char* bytes = nullptr;
  long count = BIO_get_mem_data(tls->to_peer, &bytes);
  *length = count > 0 ? static_cast<size_t>(count) : 0;
  return bytes;
}

void valk_tls_output_taken(ValkTls* tls) { (void)BIO_reset(tls->to_peer); }

ValkTlsState valk_tls_state(const ValkTls* tls) { return tls->state; }
const char* valk_tls_error(const ValkTls* tls) { return tls->error; }
