/* siprec-core: the crypto suites of SRTP
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../api.h"

G_BEGIN_DECLS

#define SIPREC_MAX_CIPHER_KEY 32
#define SIPREC_MAX_SALT       14

/* Which code transforms the packets of a suite. */
typedef enum {
  SIPREC_BACKEND_EVP,  /* ours, on OpenSSL's ciphers */
  SIPREC_BACKEND_SRTP2 /* libsrtp2 */
} SiprecBackend;

/**
 * SiprecSuite:
 * @name: as SDP security descriptions have it
 * @dtls_name: (nullable): as OpenSSL names the DTLS-SRTP profile (RFC 5764 section 4.1.2)
 * @key_size, @salt_size: of the master key, in octets
 * @tag_size, @rtcp_tag_size: of the authentication tag
 * @aead: AES-GCM (RFC 7714), else AES in counter mode with HMAC-SHA1 (RFC 3711, RFC 6188)
 * @backend: where it is done
 */
typedef struct {
  const gchar *name;
  const gchar *dtls_name;
  guint key_size, salt_size;
  guint tag_size, rtcp_tag_size;
  gboolean aead;
  SiprecBackend backend;
} SiprecSuite;

/* The @n-th suite in the order in which we prefer them, or NULL. Static. */
SIPREC_API const SiprecSuite *siprec_suite_get (guint n);

/* The suite of that name in SDP, in any case, or NULL. */
SIPREC_API const SiprecSuite *siprec_suite_find (const gchar *name);

/* The suite of that DTLS-SRTP profile, or NULL. */
const SiprecSuite *siprec_suite_find_dtls (const gchar *name);

/* All DTLS-SRTP profiles in our order, as OpenSSL wants the list. Free with g_free(). */
gchar *siprec_suite_list_dtls (void);

/* TRUE if we would rather have @a than @b. */
gboolean siprec_suite_is_better (const SiprecSuite *a, const SiprecSuite *b);

G_END_DECLS
