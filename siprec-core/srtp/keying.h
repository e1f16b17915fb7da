/* siprec-core: the keys of one direction of an SRTP stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "suite.h"

G_BEGIN_DECLS

#define SIPREC_MAX_MKI         128 /* RFC 4568 section 6.1 */
#define SIPREC_MAX_MASTER_KEYS 4
#define SIPREC_AUTH_KEY_SIZE   20

/**
 * SiprecMasterKey:
 * @key: master key and, behind it, master salt, as long as the suite has them
 * @mki: the master key identifier as packets bear it
 * @mki_size: 0 without one
 */
typedef struct {
  guint8 key[SIPREC_MAX_CIPHER_KEY + SIPREC_MAX_SALT];
  guint8 mki[SIPREC_MAX_MKI];
  guint mki_size;
} SiprecMasterKey;

/**
 * SiprecKeying:
 * @suite: what the keys are for
 * @plain_rtcp: SRTCP is authenticated, not encrypted (UNENCRYPTED_SRTCP)
 * @n_keys, @keys: one, or several that are told apart by identifiers of equal length
 *
 * What one side encrypts with. Never logged.
 */
typedef struct {
  const SiprecSuite *suite;
  gboolean plain_rtcp;
  guint n_keys;
  SiprecMasterKey keys[SIPREC_MAX_MASTER_KEYS];
} SiprecKeying;

/* Fills @keying with a new random key for @suite. FALSE if the system has no randomness to give. */
SIPREC_API gboolean siprec_keying_generate (SiprecKeying *keying, const SiprecSuite *suite,
                                            gboolean plain_rtcp);

SIPREC_API gboolean siprec_keying_equal (const SiprecKeying *a, const SiprecKeying *b);

/* Copies of keys are freed with siprec_keying_free(), which wipes them; NULL is none. */
SIPREC_API SiprecKeying *siprec_keying_copy (const SiprecKeying *keying);
SIPREC_API void siprec_keying_free (SiprecKeying *keying);

/* Wipes one that isn't on the heap. */
SIPREC_API void siprec_keying_clear (SiprecKeying *keying);

/* What packets are encrypted and authenticated with. */
typedef struct {
  guint8 key[SIPREC_MAX_CIPHER_KEY];
  guint8 auth[SIPREC_AUTH_KEY_SIZE];
  guint8 salt[SIPREC_MAX_SALT];
} SiprecSessionKeys;

/* Derives the session keys for SRTP or, with @rtcp, SRTCP (RFC 3711 section 4.3, at a rate of zero). */
SIPREC_API gboolean siprec_session_keys_derive (SiprecSessionKeys *keys, const SiprecSuite *suite,
                                                const SiprecMasterKey *master, gboolean rtcp);

/* Wipes them. */
SIPREC_API void siprec_session_keys_clear (SiprecSessionKeys *keys);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SiprecKeying, siprec_keying_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecKeying, siprec_keying_free)

G_END_DECLS
