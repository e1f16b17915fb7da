/* Cookies of DTLS: a hash of the address, with a secret of the process. Nothing is kept of those who ask for one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cookie.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define COOKIE_SIZE 32

static guint8 secret[32];

static gboolean
make (SSL *ssl, guint8 *cookie)
{
  const SiprecCookiePlace *place = SSL_get_app_data (ssl);

  return place && HMAC (EVP_sha256 (), secret, sizeof (secret), place->data, place->size, cookie,
                        NULL) != NULL;
}

static gint
generate (SSL *ssl, guint8 *cookie, guint *size)
{
  *size = COOKIE_SIZE;
  return make (ssl, cookie);
}

static gint
verify (SSL *ssl, const guint8 *cookie, guint size)
{
  guint8 expected[COOKIE_SIZE];

  return size == COOKIE_SIZE && make (ssl, expected) &&
         CRYPTO_memcmp (expected, cookie, COOKIE_SIZE) == 0;
}

gboolean
siprec_cookie_enable (SSL_CTX *context)
{
  SSL_CTX_set_cookie_generate_cb (context, generate);
  SSL_CTX_set_cookie_verify_cb (context, verify);
  return RAND_bytes (secret, sizeof (secret)) == 1;
}

void
siprec_cookie_set_place (SSL *ssl, SiprecCookiePlace *place)
{
  SSL_set_app_data (ssl, place);
}
