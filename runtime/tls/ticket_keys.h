// The keys that seal a server's session tickets. A ticket holds what resumes a session, and under TLS 1.2 what opens
// all that was said in it: who gets hold of a key can read what he has recorded of its time. So keys are replaced:
// one seals for a period, opens for another, and is then overwritten.
//
// They stand in memory that workers share, so that each takes the tickets of all, at any time, also a worker that was
// started later: whichever meets the end of a period makes the new key.
#pragma once

#include <openssl/ssl.h>
#include <stdint.h>

struct ValkTicketKey {
  unsigned char name[16];
  unsigned char cipher[32];  ///< of AES-256
  unsigned char mac[32];     ///< of HMAC-SHA256
};

struct ValkTicketKeys;

/// Keys for this process and those that it will fork, replaced after so many nanoseconds; 0: never. Null: no memory,
/// or no random bytes.
ValkTicketKeys* valk_ticket_keys_new(uint64_t period, uint64_t now);
/// They stay in other processes.
void valk_ticket_keys_free(ValkTicketKeys* keys);
/// The key that seals at this time of the monotonic clock. False: there are no random bytes for a new one.
bool valk_ticket_key_now(ValkTicketKeys* keys, uint64_t now, ValkTicketKey* key);
/// The key of that name, if it still opens: 1, or 2 if another one seals already. Else 0.
int valk_ticket_key_find(ValkTicketKeys* keys, uint64_t now, const unsigned char* name,
                         ValkTicketKey* key);
/// Lets connections of the context use keys; they must outlive them.
void valk_ticket_keys_use(SSL_CTX* context, ValkTicketKeys* keys);
