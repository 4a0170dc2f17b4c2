// See failure.h.
#include "runtime/tls/failure.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>

namespace {

struct Reason {
  long code;
  const char* text;
};

/// Verdicts on the peer's certificate, X509_V_ERR_….
constexpr Reason kVerdicts[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "the certificate has expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "the certificate is not yet valid"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "the certificate is for another host"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "the certificate is for another host"},
    {X509_V_ERR_INVALID_PURPOSE, "the certificate is for another usage, not for a server"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "the certificate is from an unknown CA"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "the certificate is from an unknown CA"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "the certificate is from an unknown CA"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
     "the certificate is from an unknown CA (its self-signed root is not trusted)"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "the certificate is self-signed"},
    {X509_V_ERR_INVALID_CA, "the certificate's issuer is not a CA"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "the certificate's issuer is not a CA that may sign"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "the certificate's issuer is a CA beyond its path length"},
    {X509_V_ERR_CERT_REVOKED, "the certificate was revoked"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "the certificate's key is too small"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "the CA's key is too small"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "the certificate's signature is too weak"},
};

/// Reasons of the ssl library, SSL_R_…: the peer's alerts and what was wrong with its messages.
constexpr Reason kReasons[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, "the peer's protocol version is too old (TLS 1.2 is the oldest)"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
     "the peer refuses the protocol version (TLS 1.2 or later)"},
    {SSL_R_WRONG_VERSION_NUMBER, "the protocol version is wrong: the peer does not speak TLS"},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "the peer refuses the protocol h2 offered by ALPN"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
     "the peer refused the handshake (no common cipher, or it wants a certificate)"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the peer requires a client certificate"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the peer does not know the CA of the client certificate"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the peer refuses the client certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
     "the peer says that the client certificate has expired"},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, "the peer does not know the server name"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, "the peer closed the connection without ending TLS"},
};

const char* find(const Reason* reasons, size_t count, long code) {
  for (size_t i = 0; i < count; i++)
    if (reasons[i].code == code) return reasons[i].text;
  return nullptr;
}

void describe_verdict(long verdict, const char* server_name, char* text, size_t size) {
  const char* known = find(kVerdicts, sizeof kVerdicts / sizeof *kVerdicts, verdict);
  if (!known) known = X509_verify_cert_error_string(verdict);
  snprintf(text, size, "the certificate of %s was not accepted: %s", server_name, known);
}

}  // namespace

void valk_tls_describe_failure(SSL* ssl, const char* server_name, char* text, size_t size) {
  unsigned long error = ERR_get_error();
  ERR_clear_error();
  int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  long verdict = SSL_get_verify_result(ssl);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK)
    return describe_verdict(verdict, server_name, text, size);
  const char* known = find(kReasons, sizeof kReasons / sizeof *kReasons, reason);
  const char* own = ERR_reason_error_string(error);
  snprintf(text, size, "%s", known ? known : own ? own : "the TLS connection failed");
}
