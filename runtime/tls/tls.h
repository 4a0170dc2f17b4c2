// TLS as a filter over bytes: what the socket received goes in, what it shall send comes out. There is
// no socket here and no waiting; OpenSSL works on two memory BIOs.
//
// A client speaks TLS 1.2 or later and offers h2 by ALPN; the peer's certificate is verified against
// the system's store or a given file, for the name or address that was meant, unless told otherwise.
#pragma once

#include <stddef.h>

#include <string>
#include <vector>

enum class ValkTlsState {
  kHandshaking,
  kOpen,
  kEnded,   ///< the peer has said that it sends no more
  kFailed,  ///< see valk_tls_error
};

/// Strings may be null or empty: not given. They are used during the call only.
struct ValkTlsOptions {
  const char* server_name;  ///< host name or numeric address that the certificate must be for
  const char* ca_file;      ///< PEM; instead of the system's store
  const char* cert_file;    ///< PEM chain of the client's certificate
  const char* key_file;     ///< PEM key for cert_file; if not given, it is in cert_file
  bool skip_verification;
  const char*
      session_key;  ///< names peer and all the above: whose session may be resumed; null: none
};

struct ValkTls;

/// A client's side, its first flight already in the output. Null, with the reason in `error`, if the
/// options are no good.
ValkTls* valk_tls_client(const ValkTlsOptions* options, char* error, size_t error_size);
void valk_tls_free(ValkTls* tls);

/// Bytes from the socket. Afterwards look at the state, valk_tls_read and valk_tls_output.
void valk_tls_feed(ValkTls* tls, const char* bytes, size_t length);
/// The socket has ended: fails a handshake; an open connection becomes kEnded.
void valk_tls_feed_end(ValkTls* tls);
/// Takes decrypted bytes; 0: none now.
size_t valk_tls_read(ValkTls* tls, char* bytes, size_t size);
/// Encrypts bytes into the output; only when open.
void valk_tls_write(ValkTls* tls, const char* bytes, size_t length);
/// Says that no more will be written.
void valk_tls_shutdown(ValkTls* tls);
/// What the socket shall send; valid until the next call but this one. Taken by valk_tls_output_taken.
const char* valk_tls_output(ValkTls* tls, size_t* length);
void valk_tls_output_taken(ValkTls* tls);

ValkTlsState valk_tls_state(const ValkTls* tls);
/// Why it failed, in words that tell the causes apart.
const char* valk_tls_error(const ValkTls* tls);

// ---- servers ------------------------------------------------------------------------------------
// A server speaks TLS 1.2 or later with the ciphers that HTTP/2 allows, and h2 only: who does not offer
// it by ALPN is refused with an alert.

/// What the connections of a server share: certificates, keys, the keys of its session tickets.
struct ValkTlsServer;
/// Files of a certificate chain and its key (PEM); key_file empty: it stands in cert_file.
struct ValkTlsPair {
  std::string cert_file, key_file;
};
/// Reads the files; a client gets the certificate that is for the name it asks for, or the first one.
/// Null, with the reason in `error`, if they are no good.
/// Keys of session tickets are replaced after `ticket_period` nanoseconds; 0: never.
ValkTlsServer* valk_tls_server_new(const std::vector<ValkTlsPair>& pairs, uint64_t ticket_period,
                                   char* error, size_t error_size);
/// Reads the files again, for connections to come. False, with the reason in `error`: nothing changed.
bool valk_tls_server_reload(ValkTlsServer* server, char* error, size_t error_size);
/// The same with a certificate made up for localhost, 127.0.0.1 and ::1 that nobody has signed.
ValkTlsServer* valk_tls_server_dev(uint64_t ticket_period, char* error, size_t error_size);
void valk_tls_server_free(ValkTlsServer* server);
/// A server's side of a new connection. Null: out of memory.
ValkTls* valk_tls_accept(ValkTlsServer* server);
