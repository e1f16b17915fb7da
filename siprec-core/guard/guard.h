/* siprec-core: who may record at an endpoint, and how it proves itself
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../sip/request.h"
#include "../sip/front/tls-context.h"

G_BEGIN_DECLS

/**
 * SiprecGuardSettings:
 * @tls: the files that TLS takes
 * @allow: (nullable): comma list of addresses, networks and TLS identities that may record; NULL or "" for all
 * @auth_file: (nullable): users and hashes for Digest; NULL or "" for no Digest
 * @auth_realm: (nullable): what the users are users of; NULL or "" for "siprec"
 */
typedef struct {
  SiprecTlsSettings tls;
  const gchar *allow;
  const gchar *auth_file;
  const gchar *auth_realm;
} SiprecGuardSettings;

/**
 * SiprecGuard:
 *
 * Reference counted. Decisions are for one thread; the files may be read in another one.
 */
typedef struct _SiprecGuard SiprecGuard;

/* Reads all files. Returns: NULL with a SETTINGS error that says which setting or file is wrong */
SIPREC_API SiprecGuard *siprec_guard_new (const SiprecGuardSettings *security, GError **error);
SIPREC_API SiprecGuard *siprec_guard_ref (SiprecGuard *guard);
SIPREC_API void siprec_guard_unref (SiprecGuard *guard);

/* What TLS connections are to use, NULL without a certificate. (transfer full) From any thread. */
SIPREC_API SiprecTlsContext *siprec_guard_get_tls (SiprecGuard *guard);

/* Another certificate from now on; the old one stays if that can't be used. From any thread. */
SIPREC_API gboolean siprec_guard_set_certificate (SiprecGuard *guard, const gchar *certificate,
                                                  GError **error);

/* Tells in words what is wrong with a file, or that the endpoint is open to all. From any
 * thread, without locks. */
typedef void (*SiprecGuardWarning) (const gchar *text, gpointer user_data);

/* @destroy: called on @user_data after the last warning. */
SIPREC_API void siprec_guard_watch (SiprecGuard *guard, SiprecGuardWarning warning,
                                    gpointer user_data, GDestroyNotify destroy);

/* A warning that is under way may still come. */
SIPREC_API void siprec_guard_unwatch (SiprecGuard *guard, gpointer user_data);

/* Reads those files again that have changed, and warns of those that can't be used: what they said before is still
 * in force. From any thread but the one that decides: it waits for the disk. */
SIPREC_API void siprec_guard_refresh (SiprecGuard *guard);

/**
 * siprec_guard_admit:
 * @in_dialog: the request belongs to a call that has been admitted
 * @now: monotonic, in us
 * @headers: (out) (nullable): "Name: value" lines for the answer
 *
 * Returns: 0 to admit, else the status to answer
 */
SIPREC_API guint siprec_guard_admit (SiprecGuard *guard, const SiprecRequest *request,
                                     gboolean in_dialog, gint64 now, gchar ***headers);

/* FALSE if nothing that comes from @address will be admitted; @identities: (nullable): what the peer's certificate proves;
 * @unproven: that is still to come. From any thread. */
SIPREC_API gboolean siprec_guard_may_connect (SiprecGuard *guard, const gchar *address,
                                              const gchar *const *identities, gboolean unproven);

/* Warns if one of @uris (NULL-terminated), which are listened on, is open to everybody, or closed to some of those that
 * have a password. */
SIPREC_API void siprec_guard_check_exposure (SiprecGuard *guard, gchar **uris);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecGuard, siprec_guard_unref)

G_END_DECLS
