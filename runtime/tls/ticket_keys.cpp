// See ticket_keys.h.
#include "runtime/tls/ticket_keys.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/io/loop.h"

/// In shared memory.
struct ValkTicketKeys {
  pthread_mutex_t lock;
  uint64_t period;
  uint64_t since;  ///< when `current` began to seal
  ValkTicketKey current;
  ValkTicketKey previous;  ///< opens only
};

namespace {

/// The lock of keys. A worker that died with it has left whole keys, or the name of one that nobody has sealed with.
class Locked {
 public:
  explicit Locked(ValkTicketKeys* keys) : lock_(&keys->lock) {
    if (pthread_mutex_lock(lock_) == EOWNERDEAD) pthread_mutex_consistent(lock_);
  }
  ~Locked() { pthread_mutex_unlock(lock_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  pthread_mutex_t* lock_;
};

bool fill(ValkTicketKey* key) {
  return RAND_bytes(reinterpret_cast<unsigned char*>(key), sizeof *key) == 1;
}

bool make_lock(pthread_mutex_t* lock) {
  pthread_mutexattr_t how;
  if (pthread_mutexattr_init(&how) != 0) return false;
  bool fine = pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED) == 0 &&
              pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST) == 0 &&
              pthread_mutex_init(lock, &how) == 0;
  pthread_mutexattr_destroy(&how);
  return fine;
}

/// Brings the keys up to date. After two periods without tickets neither key may open anything any more.
bool rotate(ValkTicketKeys* keys, uint64_t now) {
  uint64_t age = now - keys->since;
  if (!keys->period || age < keys->period) return true;
  ValkTicketKey fresh;
  bool fine = fill(&fresh) && (age < 2 * keys->period || fill(&keys->current));
  if (fine) {
    keys->previous = keys->current;
    keys->current = fresh;
    keys->since = now;
  }
  OPENSSL_cleanse(&fresh, sizeof fresh);
  return fine;
}

// ---- OpenSSL's side -----------------------------------------------------------------------------

bool set_mac(EVP_MAC_CTX* mac, ValkTicketKey* key) {
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

int seal(ValkTicketKeys* keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
         EVP_MAC_CTX* mac) {
  ValkTicketKey key;
  bool fine = valk_ticket_key_now(keys, valk_clock(), &key) &&
              RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
              EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher, iv, nullptr) == 1 &&
              set_mac(mac, &key);
  memcpy(name, key.name, sizeof key.name);
  OPENSSL_cleanse(&key, sizeof key);
  return fine ? 1 : -1;
}

/// 2 asks for a new ticket: for one of an old key, and always under TLS 1.3, where each is for one use.
int open(SSL* ssl, ValkTicketKeys* keys, const unsigned char* name, const unsigned char* iv,
         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  ValkTicketKey key;
  int found = valk_ticket_key_find(keys, valk_clock(), name, &key);
  if (!found) return 0;
  bool fine = EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher, iv, nullptr) == 1 &&
              set_mac(mac, &key);
  OPENSSL_cleanse(&key, sizeof key);
  if (!fine) return -1;
  return SSL_version(ssl) >= TLS1_3_VERSION ? 2 : found;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int seals) {
  auto keys = static_cast<ValkTicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  return seals ? seal(keys, name, iv, cipher, mac) : open(ssl, keys, name, iv, cipher, mac);
}

}  // namespace

ValkTicketKeys* valk_ticket_keys_new(uint64_t period, uint64_t now) {
  void* space = mmap(nullptr, sizeof(ValkTicketKeys), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (space == MAP_FAILED) return nullptr;
  auto keys = static_cast<ValkTicketKeys*>(space);
  keys->period = period;
  keys->since = now;
  if (make_lock(&keys->lock) && fill(&keys->current) && fill(&keys->previous)) return keys;
  munmap(space, sizeof(ValkTicketKeys));
  return nullptr;
}

void valk_ticket_keys_free(ValkTicketKeys* keys) {
  if (keys) munmap(keys, sizeof *keys);
}

bool valk_ticket_key_now(ValkTicketKeys* keys, uint64_t now, ValkTicketKey* key) {
  Locked lock(keys);
  bool fine = rotate(keys, now);
  *key = keys->current;
  return fine;
}

int valk_ticket_key_find(ValkTicketKeys* keys, uint64_t now, const unsigned char* name,
                         ValkTicketKey* key) {
  Locked lock(keys);
  if (!rotate(keys, now)) return 0;
  *key = keys->current;
  if (CRYPTO_memcmp(name, key->name, sizeof key->name) == 0) return 1;
  *key = keys->previous;
  if (CRYPTO_memcmp(name, key->name, sizeof key->name) == 0) return 2;
  OPENSSL_cleanse(key, sizeof *key);
  return 0;
}

void valk_ticket_keys_use(SSL_CTX* context, ValkTicketKeys* keys) {
  SSL_CTX_set_app_data(context, keys);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
}
