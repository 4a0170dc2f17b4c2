// The server's part of TLS: its certificate, and the choice of h2. See tls.h.
#include "runtime/tls/server.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include <memory>

struct ValkTlsServer {
  SSL_CTX* context = nullptr;
};

namespace {

constexpr long kDevSeconds = 30l * 24 * 60 * 60;
constexpr unsigned char kSessionContext[] = "valk";

const char* last_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason ? reason : "not usable";
}

/// Takes h2 wherever the client lists it.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  for (unsigned i = 0; i < offered_length; i += offered[i] + 1u) {
    if (offered[i] != 2 || i + 2 >= offered_length || memcmp(offered + i + 1, "h2", 2) != 0)
      continue;
    *chosen = offered + i + 1;
    *length = 2;
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX* make_context() {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, valk_tls_ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  return context;
}

bool load_files(SSL_CTX* context, const char* cert_file, const char* key_file, char* error,
                size_t size) {
  const char* what = "the certificate file";
  const char* file = cert_file;
  bool fine = SSL_CTX_use_certificate_chain_file(context, cert_file) == 1;
  if (fine) {
    what = "the key file";
    if (*key_file) file = key_file;
    fine = SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context) == 1;
  }
  if (!fine) snprintf(error, size, "%s %s: %s", what, file, last_reason());
  return fine;
}

bool add_extension(X509* cert, int nid, const char* text) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, text);
  bool fine = extension && X509_add_ext(cert, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return fine;
}

bool fill_in(X509* cert, EVP_PKEY* key) {
  uint64_t serial;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), kDevSeconds);
  X509_set_pubkey(cert, key);
  X509_NAME* name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert, name);
  return add_extension(cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
         add_extension(cert, NID_ext_key_usage, "serverAuth") &&
         X509_sign(cert, key, EVP_sha256()) > 0;
}

bool make_dev_certificate(SSL_CTX* context) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  bool fine = key && cert && fill_in(cert, key) && SSL_CTX_use_certificate(context, cert) == 1 &&
              SSL_CTX_use_PrivateKey(context, key) == 1;
  X509_free(cert);
  EVP_PKEY_free(key);
  return fine;
}

ValkTlsServer* wrap(SSL_CTX* context) {
  ValkTlsServer* server = std::make_unique<ValkTlsServer>().release();
  server->context = context;
  return server;
}

}  // namespace

SSL_CTX* valk_tls_server_context(ValkTlsServer* server) { return server->context; }

ValkTlsServer* valk_tls_server_new(const char* cert_file, const char* key_file, char* error,
                                   size_t error_size) {
  snprintf(error, error_size, "OpenSSL cannot make a context");
  SSL_CTX* context = make_context();
  if (context && load_files(context, cert_file, key_file, error, error_size)) return wrap(context);
  SSL_CTX_free(context);
  return nullptr;
}

ValkTlsServer* valk_tls_server_dev(char* error, size_t error_size) {
  SSL_CTX* context = make_context();
  if (context && make_dev_certificate(context)) return wrap(context);
  snprintf(error, error_size, "the certificate cannot be made: %s", last_reason());
  SSL_CTX_free(context);
  return nullptr;
}

void valk_tls_server_free(ValkTlsServer* server) {
  if (!server) return;
  SSL_CTX_free(server->context);
  std::unique_ptr<ValkTlsServer> owned(server);
}
