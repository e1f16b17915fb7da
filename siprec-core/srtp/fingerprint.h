/* siprec-core: fingerprints of certificates, as an SDP has them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../api.h"

G_BEGIN_DECLS

#define SIPREC_MAX_DIGEST       64
#define SIPREC_MAX_FINGERPRINTS 8

/**
 * SiprecFingerprint:
 * @hash: name of the hash function, as SDP and OpenSSL have it without the dash: "sha-256"
 * @size: of @digest; 0 for no fingerprint
 *
 * Of a certificate (RFC 8122 section 5).
 */
typedef struct {
  const gchar *hash;
  gsize size;
  guint8 digest[SIPREC_MAX_DIGEST];
} SiprecFingerprint;

/* Reads "sha-256 AB:CD..."; FALSE if it can't be read or is of no hash that we have. */
SIPREC_API gboolean siprec_fingerprint_read (SiprecFingerprint *fingerprint, const gchar *text);

/* "sha-256 AB:CD..."; free with g_free(). */
SIPREC_API gchar *siprec_fingerprint_write (const SiprecFingerprint *fingerprint);

gboolean siprec_fingerprint_equal (const SiprecFingerprint *a, const SiprecFingerprint *b);

/* All of one hash, the best that was given: a certificate is as it should be if it has any of them. */
typedef struct {
  guint n;
  SiprecFingerprint list[SIPREC_MAX_FINGERPRINTS];
} SiprecFingerprints;

/* Those of a better hash take the place of all others; those of a weaker one, and more than fit, are left out. */
SIPREC_API void siprec_fingerprints_add (SiprecFingerprints *fingerprints,
                                         const SiprecFingerprint *fingerprint);

/* In any order. */
gboolean siprec_fingerprints_equal (const SiprecFingerprints *a, const SiprecFingerprints *b);

G_END_DECLS
