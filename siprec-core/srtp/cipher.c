/* SRTP's two families of transforms on OpenSSL's EVP: AES-CM with HMAC-SHA1, and AES-GCM.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cipher.h"

/* EVP copies a hash that is under way through the heap, four times a packet; with the functions beneath it is a
 * plain structure, in one place with the rest. AES has no such functions that use the processor's own. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#define SHA1_BLOCK SHA_CBLOCK
#define SHA1_SIZE  SHA_DIGEST_LENGTH
#define GCM_TAG    16
#define GCM_IV     12
#define CM_IV      16

/* The E bit of SRTCP's index word (RFC 3711 section 3.4). */
#define ENCRYPTED (1u << 31)

struct _SiprecCipher {
  gboolean aead;
  guint tag_size;
  guint8 salt[SIPREC_MAX_SALT];
  EVP_CIPHER_CTX *aes;
  /* HMAC with its two paddings already hashed. */
  SHA_CTX inner, outer;
};

static gboolean
hash_padding (SHA_CTX *hash, const guint8 *key, guint8 padding)
{
  guint8 block[SHA1_BLOCK];
  gboolean done;

  memset (block, padding, sizeof (block));
  for (guint i = 0; i < SIPREC_AUTH_KEY_SIZE; i++)
    block[i] ^= key[i];
  done = SHA1_Init (hash) == 1 && SHA1_Update (hash, block, sizeof (block)) == 1;
  OPENSSL_cleanse (block, sizeof (block));
  return done;
}

static const EVP_CIPHER *
get_aes (const SiprecSuite *suite)
{
  if (suite->aead)
    return suite->key_size == 16 ? EVP_aes_128_gcm () : EVP_aes_256_gcm ();
  return suite->key_size == 16 ? EVP_aes_128_ctr () : EVP_aes_256_ctr ();
}

SiprecCipher *
siprec_cipher_new (const SiprecSuite *suite, const SiprecSessionKeys *keys, guint tag_size)
{
  g_autoptr (SiprecCipher) cipher = g_new0 (SiprecCipher, 1);

  cipher->aead = suite->aead;
  cipher->tag_size = tag_size;
  memcpy (cipher->salt, keys->salt, suite->salt_size);
  cipher->aes = EVP_CIPHER_CTX_new ();
  /* Counter mode is the same both ways; GCM sets the direction with each packet. */
  if (EVP_EncryptInit_ex (cipher->aes, get_aes (suite), NULL, keys->key, NULL) != 1)
    return NULL;
  if (suite->aead)
    return g_steal_pointer (&cipher);
  return hash_padding (&cipher->inner, keys->auth, 0x36) &&
                 hash_padding (&cipher->outer, keys->auth, 0x5c)
             ? g_steal_pointer (&cipher)
             : NULL;
}

void
siprec_cipher_free (SiprecCipher *cipher)
{
  if (!cipher)
    return;
  EVP_CIPHER_CTX_free (cipher->aes);
  OPENSSL_cleanse (cipher, sizeof (*cipher));
  g_free (cipher);
}

/* Big-endian, at any place; the library's macro wants even ones. */
static void
put (guint8 *out, guint64 value, guint size)
{
  for (guint i = size; i-- > 0; value >>= 8)
    out[i] = (guint8)value;
}

static guint32
index_word (const SiprecSealed *packet)
{
  return (guint32)packet->index | (packet->clear ? 0 : ENCRYPTED);
}

/* ---- AES-CM with HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1) ---- */

static gboolean
make_hmac (const SiprecCipher *cipher, const SiprecSealed *packet, const guint8 *data, guint8 *tag)
{
  SHA_CTX hash = cipher->inner;
  guint8 word[4];

  /* SRTP authenticates the roll-over counter, which isn't sent; SRTCP its index. */
  put (word, packet->rtcp ? index_word (packet) : packet->index >> 16, sizeof (word));
  if (SHA1_Update (&hash, data, packet->size) != 1 ||
      SHA1_Update (&hash, word, sizeof (word)) != 1 || SHA1_Final (tag, &hash) != 1)
    return FALSE;
  hash = cipher->outer;
  return SHA1_Update (&hash, tag, SHA1_SIZE) == 1 && SHA1_Final (tag, &hash) == 1;
}

/* Both ways. */
static gboolean
crypt_counter (SiprecCipher *cipher, const SiprecSealed *packet, guint8 *out)
{
  guint8 iv[CM_IV] = {0};
  gint n;

  memcpy (out, packet->data, packet->header_size);
  if (packet->clear) {
    memcpy (out + packet->header_size, packet->data + packet->header_size,
            packet->size - packet->header_size);
    return TRUE;
  }
  put (iv + 4, packet->ssrc, 4);
  put (iv + 8, packet->index, 6);
  for (guint i = 0; i < SIPREC_MAX_SALT; i++)
    iv[i] ^= cipher->salt[i];
  return EVP_EncryptInit_ex (cipher->aes, NULL, NULL, NULL, iv) == 1 &&
         EVP_EncryptUpdate (cipher->aes, out + packet->header_size, &n,
                            packet->data + packet->header_size,
                            (gint)(packet->size - packet->header_size)) == 1;
}

/* ---- AES-GCM (RFC 7714 sections 8 and 9) ---- */

static void
make_gcm_iv (SiprecCipher *cipher, const SiprecSealed *packet, guint8 *iv)
{
  memset (iv, 0, GCM_IV);
  put (iv + 2, packet->ssrc, 4);
  put (iv + 6, packet->index, 6);
  for (guint i = 0; i < GCM_IV; i++)
    iv[i] ^= cipher->salt[i];
}

/* Key stream and associated data; the tag is the caller's. */
static gboolean
crypt_gcm (SiprecCipher *cipher, const SiprecSealed *packet, gboolean seal, guint8 *out)
{
  gsize associated = packet->clear ? packet->size : packet->header_size;
  guint8 iv[GCM_IV], word[4];
  gint n;

  make_gcm_iv (cipher, packet, iv);
  put (word, index_word (packet), sizeof (word));
  memcpy (out, packet->data, associated);
  return EVP_CipherInit_ex (cipher->aes, NULL, NULL, NULL, iv, seal) == 1 &&
         EVP_CipherUpdate (cipher->aes, NULL, &n, packet->data, (gint)associated) == 1 &&
         (!packet->rtcp || EVP_CipherUpdate (cipher->aes, NULL, &n, word, sizeof (word)) == 1) &&
         EVP_CipherUpdate (cipher->aes, out + associated, &n, packet->data + associated,
                           (gint)(packet->size - associated)) == 1;
}

static gboolean
open_gcm (SiprecCipher *cipher, const SiprecSealed *packet, guint8 *out)
{
  guint8 end[GCM_TAG];
  gint n;

  return crypt_gcm (cipher, packet, FALSE, out) &&
         EVP_CIPHER_CTX_ctrl (cipher->aes, EVP_CTRL_AEAD_SET_TAG, (gint)cipher->tag_size,
                              (guint8 *)packet->tag) == 1 &&
         EVP_DecryptFinal_ex (cipher->aes, end, &n) == 1;
}

static gboolean
seal_gcm (SiprecCipher *cipher, const SiprecSealed *packet, guint8 *out, guint8 *tag)
{
  guint8 end[GCM_TAG];
  gint n;

  return crypt_gcm (cipher, packet, TRUE, out) && EVP_EncryptFinal_ex (cipher->aes, end, &n) == 1 &&
         EVP_CIPHER_CTX_ctrl (cipher->aes, EVP_CTRL_AEAD_GET_TAG, (gint)cipher->tag_size, tag) == 1;
}

gboolean
siprec_cipher_open (SiprecCipher *cipher, const SiprecSealed *packet, guint8 *out)
{
  guint8 tag[SHA1_SIZE];

  if (cipher->aead)
    return open_gcm (cipher, packet, out);
  return make_hmac (cipher, packet, packet->data, tag) &&
         CRYPTO_memcmp (tag, packet->tag, cipher->tag_size) == 0 &&
         crypt_counter (cipher, packet, out);
}

gboolean
siprec_cipher_seal (SiprecCipher *cipher, const SiprecSealed *packet, guint8 *out, guint8 *tag)
{
  guint8 hmac[SHA1_SIZE];

  if (cipher->aead)
    return seal_gcm (cipher, packet, out, tag);
  if (!crypt_counter (cipher, packet, out) || !make_hmac (cipher, packet, out, hmac))
    return FALSE;
  memcpy (tag, hmac, cipher->tag_size);
  return TRUE;
}
