/* Master keys and what is derived from them (RFC 3711 section 4.3, RFC 6188, RFC 7714 section 11).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keying.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define BLOCK 16

/* Labels of RFC 3711 section 4.3.1; those of SRTCP follow by three. */
enum { LABEL_KEY, LABEL_AUTH, LABEL_SALT, LABELS_RTCP };

gboolean
siprec_keying_generate (SiprecKeying *keying, const SiprecSuite *suite, gboolean plain_rtcp)
{
  *keying = (SiprecKeying){.suite = suite, .plain_rtcp = plain_rtcp, .n_keys = 1};
  return RAND_bytes (keying->keys[0].key, (gint)(suite->key_size + suite->salt_size)) == 1;
}

static gboolean
same_key (const SiprecSuite *suite, const SiprecMasterKey *a, const SiprecMasterKey *b)
{
  return a->mki_size == b->mki_size && memcmp (a->mki, b->mki, a->mki_size) == 0 &&
         CRYPTO_memcmp (a->key, b->key, suite->key_size + suite->salt_size) == 0;
}

gboolean
siprec_keying_equal (const SiprecKeying *a, const SiprecKeying *b)
{
  if (!a || !b)
    return a == b;
  if (a->suite != b->suite || a->plain_rtcp != b->plain_rtcp || a->n_keys != b->n_keys)
    return FALSE;
  for (guint i = 0; i < a->n_keys; i++) {
    if (!same_key (a->suite, &a->keys[i], &b->keys[i]))
      return FALSE;
  }
  return TRUE;
}

SiprecKeying *
siprec_keying_copy (const SiprecKeying *keying)
{
  return g_memdup2 (keying, keying ? sizeof (*keying) : 0);
}

void
siprec_keying_clear (SiprecKeying *keying)
{
  OPENSSL_cleanse (keying, sizeof (*keying));
}

void
siprec_keying_free (SiprecKeying *keying)
{
  if (keying)
    siprec_keying_clear (keying);
  g_free (keying);
}

/* The key stream of AES in counter mode for the block that @label makes. */
static gboolean
derive (const SiprecSuite *suite, const SiprecMasterKey *master, guint label, guint8 *out,
        gsize size)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  guint8 block[BLOCK] = {0};
  gint n = 0;
  gboolean done;

  /* A salt of 12 octets is padded behind (RFC 7714 section 11). The label is the eighth octet of
   * what would be label and index. */
  memcpy (block, master->key + suite->key_size, suite->salt_size);
  block[7] ^= label;
  memset (out, 0, size);
  done =
      EVP_EncryptInit_ex (context, suite->key_size == 16 ? EVP_aes_128_ctr () : EVP_aes_256_ctr (),
                          NULL, master->key, block) == 1 &&
      EVP_EncryptUpdate (context, out, &n, out, (gint)size) == 1;
  EVP_CIPHER_CTX_free (context);
  return done;
}

gboolean
siprec_session_keys_derive (SiprecSessionKeys *keys, const SiprecSuite *suite,
                            const SiprecMasterKey *master, gboolean rtcp)
{
  guint first = rtcp ? LABELS_RTCP : 0;

  memset (keys, 0, sizeof (*keys));
  return derive (suite, master, first + LABEL_KEY, keys->key, suite->key_size) &&
         derive (suite, master, first + LABEL_AUTH, keys->auth, sizeof (keys->auth)) &&
         derive (suite, master, first + LABEL_SALT, keys->salt, suite->salt_size);
}

void
siprec_session_keys_clear (SiprecSessionKeys *keys)
{
  OPENSSL_cleanse (keys, sizeof (*keys));
}
