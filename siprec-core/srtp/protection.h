/* siprec-core: how one stream is protected, as both sides have agreed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fingerprint.h"
#include "keying.h"

G_BEGIN_DECLS

/* Whether streams are encrypted. */
typedef enum {
  SIPREC_SRTP_OPTIONAL, /* where the client offers it */
  SIPREC_SRTP_REQUIRED, /* nothing else is taken */
  SIPREC_SRTP_DISABLED, /* never */
} SiprecSrtpPolicy;

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
 * @fingerprints: DTLS: of the client's certificate
 * @active: DTLS: we begin the handshake
 * @tls_id: (nullable): DTLS: how we name the association, if the client does (RFC 8842 section 4)
 * @remote_tls_id: (nullable): the client's name for it
 * @place: (nullable): DTLS: where the client is, by its SDP
 *
 * Copied from thread to thread; the copies of keys are wiped.
 */
typedef struct {
  SiprecProtectionKind kind;
  SiprecIceCredentials ice;
  guint tag;
  gchar *suite_name;
  SiprecKeying *local, *remote;
  SiprecFingerprints fingerprints;
  gboolean active;
  gchar *tls_id, *remote_tls_id;
  gchar *place;
} SiprecProtection;

SIPREC_API SiprecProtection *siprec_protection_new (SiprecProtectionKind kind);
SIPREC_API SiprecProtection *siprec_protection_copy (const SiprecProtection *protection);
SIPREC_API void siprec_protection_free (SiprecProtection *protection);

/* TRUE if nothing changes for the stream with @b after @a; NULL is no protection. */
gboolean siprec_protection_equal (const SiprecProtection *a, const SiprecProtection *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecProtection, siprec_protection_free)

G_END_DECLS
