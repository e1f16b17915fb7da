/* siprec-core: how one stream is protected, as both sides have agreed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keying.h"

G_BEGIN_DECLS

/* Whether streams are encrypted. */
typedef enum {
  SIPREC_SRTP_OPTIONAL, /* where the client offers it */
  SIPREC_SRTP_REQUIRED, /* nothing else is taken */
  SIPREC_SRTP_DISABLED, /* never */
} SiprecSrtpPolicy;

#define SIPREC_MAX_DIGEST 64

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

/* TRUE if @a is of a stronger hash than @b. */
gboolean siprec_fingerprint_is_better (const SiprecFingerprint *a, const SiprecFingerprint *b);

gboolean siprec_fingerprint_equal (const SiprecFingerprint *a, const SiprecFingerprint *b);

typedef enum {
  SIPREC_PROTECTION_NONE,
  SIPREC_PROTECTION_SDES, /* keys in the SDP (RFC 4568) */
  SIPREC_PROTECTION_DTLS, /* keys from a handshake (RFC 5763, RFC 5764) */
} SiprecProtectionKind;

/**
 * SiprecIceCredentials:
 * @ufrag, @pwd: ours; NULL without ICE
 * @remote_ufrag, @remote_pwd: the client's
 */
typedef struct {
  gchar *ufrag, *pwd;
  gchar *remote_ufrag, *remote_pwd;
} SiprecIceCredentials;

/* New ones of ours for a client with these; FALSE if the system has no randomness to give. */
gboolean siprec_ice_credentials_make (SiprecIceCredentials *credentials, const gchar *remote_ufrag,
                                      const gchar *remote_pwd);
void siprec_ice_credentials_copy (SiprecIceCredentials *to, const SiprecIceCredentials *from);
void siprec_ice_credentials_clear (SiprecIceCredentials *credentials);

/**
 * SiprecProtection:
 * @kind: what it is
 * @ice: what connectivity is checked with, whether or not the media is encrypted
 * @tag, @suite_name: SDES: of the client's crypto line
 * @local, @remote: SDES: what each side encrypts with
 * @fingerprint: DTLS: of the client's certificate
 * @active: DTLS: we begin the handshake
 *
 * Copied from thread to thread; the copies of keys are wiped.
 */
typedef struct {
  SiprecProtectionKind kind;
  SiprecIceCredentials ice;
  guint tag;
  gchar *suite_name;
  SiprecKeying *local, *remote;
  SiprecFingerprint fingerprint;
  gboolean active;
} SiprecProtection;

SIPREC_API SiprecProtection *siprec_protection_new (SiprecProtectionKind kind);
SIPREC_API SiprecProtection *siprec_protection_copy (const SiprecProtection *protection);
SIPREC_API void siprec_protection_free (SiprecProtection *protection);

/* TRUE if nothing changes for the stream with @b after @a; NULL is no protection. */
gboolean siprec_protection_equal (const SiprecProtection *a, const SiprecProtection *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecProtection, siprec_protection_free)

G_END_DECLS
