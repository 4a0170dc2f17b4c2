// The server's part of TLS: its certificates, the choice among them by the name that the client wants, and
// the choice of h2. See tls.h.
//
// Each certificate has a context of its own, and a connection is moved to the one that fits its name. The
// keys of session tickets are the server's: tickets outlive a reading of the certificates, and workers take
// each other's (ticket_keys.h).
#include "runtime/tls/server.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include <memory>
#include <vector>

#include "runtime/io/loop.h"
#include "runtime/tls/ticket_keys.h"

namespace {

constexpr unsigned char kSessionContext[] = "valk";

}  // namespace

struct ValkTlsServer {
  std::vector<ValkTlsPair> pairs;  ///< empty: the certificate for development
  std::vector<SSL_CTX*> contexts;  ///< one for each; the first serves names that none is for
  ValkTicketKeys* ticket_keys = nullptr;
};

namespace {

/// Why OpenSSL refused: the first of its errors, the others only say where it was met.
const char* first_reason() {
  unsigned long error = ERR_peek_error();
  const char* reason =
      ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
  ERR_clear_error();
  return reason ? reason : "not usable";
}

// ---- choices in a handshake ---------------------------------------------------------------------

/// A client that does not offer protocols at all is told so; the choice below is not asked then.
int require_alpn(SSL* ssl, int* alert, void*) {
  const unsigned char* bytes;
  size_t length;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &bytes,
                                &length))
    return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
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

SSL_CTX* find_context(const ValkTlsServer& server, const char* name, unsigned flags) {
  for (SSL_CTX* context : server.contexts)
    if (X509_check_host(SSL_CTX_get0_certificate(context), name, 0, flags, nullptr) == 1)
      return context;
  return nullptr;
}

/// A certificate for exactly the name comes before one with a wildcard that fits.
int choose_certificate(SSL* ssl, int*, void* owner) {
  const ValkTlsServer& server = *static_cast<ValkTlsServer*>(owner);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* context = find_context(server, name, X509_CHECK_FLAG_NO_WILDCARDS);
  if (!context) context = find_context(server, name, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (context) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

// ---- contexts -----------------------------------------------------------------------------------

void set_choices(SSL_CTX* context, ValkTlsServer* server) {
  SSL_CTX_set_client_hello_cb(context, require_alpn, nullptr);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(context, server);
}

/// Sessions are kept by clients, as tickets: none here, so that they cost no memory.
void set_resumption(SSL_CTX* context, ValkTlsServer* server) {
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  valk_ticket_keys_use(context, server->ticket_keys);
}

SSL_CTX* make_context(ValkTlsServer* server) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, valk_tls_ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  set_choices(context, server);
  set_resumption(context, server);
  return context;
}

bool load_files(SSL_CTX* context, const ValkTlsPair& pair, char* error, size_t size) {
  ERR_clear_error();
  const char* what = "the certificate file";
  const char* file = pair.cert_file.c_str();
  bool fine = SSL_CTX_use_certificate_chain_file(context, file) == 1;
  if (fine) {
    what = "the key file";
    if (!pair.key_file.empty()) file = pair.key_file.c_str();
    fine = SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context) == 1;
  }
  if (!fine) snprintf(error, size, "%s %s: %s", what, file, first_reason());
  return fine;
}

void free_contexts(std::vector<SSL_CTX*>* contexts) {
  for (SSL_CTX* context : *contexts) SSL_CTX_free(context);
  contexts->clear();
}

struct FreeServer {
  void operator()(ValkTlsServer* server) const { valk_tls_server_free(server); }
};

bool add_context(ValkTlsServer* server, const ValkTlsPair& pair, std::vector<SSL_CTX*>* contexts,
                 char* error, size_t size) {
  SSL_CTX* context = make_context(server);
  if (context && load_files(context, pair, error, size)) {
    contexts->push_back(context);
    return true;
  }
  if (!context) snprintf(error, size, "OpenSSL cannot make a context");
  SSL_CTX_free(context);
  return false;
}

std::unique_ptr<ValkTlsServer, FreeServer> make_server(uint64_t ticket_period, char* error,
                                                       size_t size) {
  std::unique_ptr<ValkTlsServer, FreeServer> server(std::make_unique<ValkTlsServer>().release());
  server->ticket_keys = valk_ticket_keys_new(ticket_period, valk_clock());
  if (server->ticket_keys) return server;
  snprintf(error, size, "there are no random bytes, or no memory, for keys of tickets");
  return nullptr;
}

}  // namespace

SSL_CTX* valk_tls_server_context(ValkTlsServer* server) { return server->contexts[0]; }

ValkTlsServer* valk_tls_server_new(const std::vector<ValkTlsPair>& pairs, uint64_t ticket_period,
                                   char* error, size_t error_size) {
  auto server = make_server(ticket_period, error, error_size);
  if (!server) return nullptr;
  server->pairs = pairs;
  return valk_tls_server_reload(server.get(), error, error_size) ? server.release() : nullptr;
}

ValkTlsServer* valk_tls_server_dev(uint64_t ticket_period, char* error, size_t error_size) {
  auto server = make_server(ticket_period, error, error_size);
  if (!server) return nullptr;
  SSL_CTX* context = make_context(server.get());
  if (context && valk_tls_make_dev_certificate(context)) {
    server->contexts.push_back(context);
    return server.release();
  }
  snprintf(error, error_size, "the certificate cannot be made: %s", first_reason());
  SSL_CTX_free(context);
  return nullptr;
}

bool valk_tls_server_reload(ValkTlsServer* server, char* error, size_t error_size) {
  std::vector<SSL_CTX*> fresh;
  if (server->pairs.empty()) return true;
  for (const ValkTlsPair& pair : server->pairs)
    if (!add_context(server, pair, &fresh, error, error_size)) {
      free_contexts(&fresh);
      return false;
    }
  server->contexts.swap(fresh);
  free_contexts(&fresh);
  return true;
}

void valk_tls_server_free(ValkTlsServer* server) {
  if (!server) return;
  free_contexts(&server->contexts);
  valk_ticket_keys_free(server->ticket_keys);
  std::unique_ptr<ValkTlsServer> owned(server);
}
