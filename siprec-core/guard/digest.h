/* siprec-core: Digest authentication of requests (RFC 7616, RFC 8760)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "credentials.h"
#include "../sip/request.h"

G_BEGIN_DECLS

/**
 * SiprecDigest:
 *
 * Makes challenges and checks what comes back. A nonce lasts five minutes and counts what it is used for: a request
 * that comes twice is refused. For one thread.
 */
typedef struct _SiprecDigest SiprecDigest;

SIPREC_API SiprecDigest *siprec_digest_new (const gchar *realm);
SIPREC_API void siprec_digest_free (SiprecDigest *digest);

typedef enum {
  SIPREC_DIGEST_GOOD,
  SIPREC_DIGEST_MISSING, /* nothing for this realm that we understand: 401 */
  SIPREC_DIGEST_STALE,   /* the nonce is old or used, but the password right: 401 with stale=true */
  SIPREC_DIGEST_WRONG,   /* user or password */
} SiprecDigestResult;

/* @now: monotonic, in us. */
SIPREC_API SiprecDigestResult siprec_digest_check (SiprecDigest *digest,
                                                   const SiprecCredentials *credentials,
                                                   const SiprecRequest *request, gint64 now);

/* The WWW-Authenticate lines for a 401: SHA-256 first (RFC 8760 section 2.4), then MD5. A client answers the first one that
 * it knows, whoever it wants to be; so an algorithm is offered if all users have a hash by it, and only where there is none
 * of that kind those that some have. No challenge tells who exists. It counts only for requests from @source, an address.
 * NULL-terminated (transfer full). */
SIPREC_API gchar **siprec_digest_challenge (SiprecDigest *digest,
                                            const SiprecCredentials *credentials,
                                            const gchar *source, gboolean stale, gint64 now);

/* The value of @name in an Authorization header, without quotes; NULL if it isn't there, or the header is
 * malformed. (transfer full) */
SIPREC_API gchar *siprec_digest_field (const gchar *header, const gchar *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecDigest, siprec_digest_free)

G_END_DECLS
