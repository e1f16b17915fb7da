/* siprec-core: the users that may record, from a file with hashed passwords
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/**
 * SiprecCredentials:
 *
 * What a file says: lines "user:realm:HA1", where HA1 is the hash of "user:realm:password" (RFC 7616 section
 * 3.4.2), 32 hexadecimal digits of MD5 or 64 of SHA-256. A user may have a line of each. Empty lines and
 * those that begin with # are for people. Constant.
 */
typedef struct _SiprecCredentials SiprecCredentials;

/* Returns: NULL with a SETTINGS error that names file and line. */
SIPREC_API SiprecCredentials *siprec_credentials_load (const gchar *path, GError **error);

/* The same for the text of a file; @path is for the error. */
SIPREC_API SiprecCredentials *siprec_credentials_parse (const gchar *text, const gchar *path,
                                                        GError **error);
SIPREC_API void siprec_credentials_free (SiprecCredentials *credentials);

/* HA1 in lower case, or NULL. */
SIPREC_API const gchar *siprec_credentials_find (const SiprecCredentials *credentials,
                                                 GChecksumType algorithm, const gchar *realm,
                                                 const gchar *user);

/* TRUE if any user of @realm has a hash by @algorithm. */
SIPREC_API gboolean siprec_credentials_have (const SiprecCredentials *credentials,
                                             GChecksumType algorithm, const gchar *realm);

/* TRUE if all of them have. */
SIPREC_API gboolean siprec_credentials_all_have (const SiprecCredentials *credentials,
                                                 GChecksumType algorithm, const gchar *realm);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecCredentials, siprec_credentials_free)

G_END_DECLS
