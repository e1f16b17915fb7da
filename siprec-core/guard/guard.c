/* Who may record at an endpoint, and how it proves itself
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <string.h>
#include <sys/stat.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "../error.h"
#include "../sip/source.h"
#include "allow.h"
#include "digest.h"
#include "rate.h"
#include "warnings.h"

GST_DEBUG_CATEGORY_STATIC (siprec_guard_debug);
#define GST_CAT_DEFAULT siprec_guard_debug

#define DEFAULT_REALM "siprec"

/* Of requests that begin something, from one address: more than any client has need of. */
#define REQUEST_BURST 4000
#define REQUEST_RATE  2000.0
/* Of wrong passwords: ten, then one every six seconds. */
#define FAILURE_BURST 10
#define FAILURE_RATE  (1 / 6.0)

struct _SiprecGuard {
  gint ref_count;

  /* Fixed at creation. */
  gchar *ca;
  gboolean require_client;
  gchar *auth_file;
  gchar *realm;
  SiprecAllow *allow; /* NULL for everybody */
  SiprecWarnings *warnings;

  /* For the thread that decides. */
  SiprecDigest *digest; /* NULL without an auth_file */
  SiprecRate *requests;
  SiprecRate *failures;

  GMutex lock; /* guards the rest; a leaf */
  gchar *certificate;
  SiprecTlsContext *tls;
  gchar *tls_state; /* of its files when they were read last, with or without success */
  SiprecCredentials *credentials;
  gchar *auth_state;
};

static gboolean
is_set (const gchar *text)
{
  return text && *text;
}

/* files */

/* What a file looks like from outside: another text means that it has changed. */
static void
append_state (GString *state, const gchar *path)
{
  struct stat info;

  if (stat (path, &info) == 0)
    g_string_append_printf (
        state, "%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld\n",
        (guint64)info.st_ino, (gint64)info.st_size, (gint64)info.st_mtim.tv_sec,
        info.st_mtim.tv_nsec);
  else
    g_string_append (state, "missing\n");
}

static gchar *
read_state (const gchar *paths, const gchar *more)
{
  GString *state = g_string_new (NULL);
  g_auto (GStrv) list = g_strsplit (paths ? paths : "", ",", -1);

  for (gchar **path = list; *path; path++)
    append_state (state, g_strstrip (*path));
  if (more)
    append_state (state, more);
  return g_string_free (state, FALSE);
}

/* Takes @certificate, with @state as it was before it was read. */
static gboolean
load_tls (SiprecGuard *guard, const gchar *certificate, const gchar *state, GError **error)
{
  SiprecTlsSettings settings = {certificate, guard->ca, guard->require_client};
  SiprecTlsContext *context = siprec_tls_context_new (&settings, error);
  SiprecTlsContext *old = context;

  g_mutex_lock (&guard->lock);
  g_free (guard->tls_state);
  guard->tls_state = g_strdup (state);
  if (context) {
    old = guard->tls;
    guard->tls = context;
    g_free (guard->certificate);
    guard->certificate = g_strdup (certificate);
  }
  g_mutex_unlock (&guard->lock);
  if (old)
    siprec_tls_context_unref (old);
  return context != NULL;
}

/* A file of which nobody could get in isn't what its writer meant. */
static SiprecCredentials *
read_credentials (SiprecGuard *guard, GError **error)
{
  g_autoptr (SiprecCredentials) credentials = siprec_credentials_load (guard->auth_file, error);

  if (!credentials || siprec_credentials_have (credentials, G_CHECKSUM_MD5, guard->realm) ||
      siprec_credentials_have (credentials, G_CHECKSUM_SHA256, guard->realm))
    return g_steal_pointer (&credentials);
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
               "%s has no user of the realm \"%s\"; set auth-realm to the one of its lines.",
               guard->auth_file, guard->realm);
  return NULL;
}

static gboolean
load_credentials (SiprecGuard *guard, const gchar *state, GError **error)
{
  SiprecCredentials *credentials = read_credentials (guard, error);
  SiprecCredentials *old = credentials;

  g_mutex_lock (&guard->lock);
  g_free (guard->auth_state);
  guard->auth_state = g_strdup (state);
  if (credentials) {
    old = guard->credentials;
    guard->credentials = credentials;
  }
  g_mutex_unlock (&guard->lock);
  if (old)
    siprec_credentials_free (old);
  return credentials != NULL;
}

/* life */

static gboolean
check_realm (const gchar *realm, GError **error)
{
  for (const gchar *p = realm; *p; p++) {
    if (g_ascii_isprint (*p) && !strchr ("\"\\:", *p))
      continue;
    g_set_error (
        error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
        "auth-realm \"%s\" must be printable ASCII without quotes, backslashes and colons.", realm);
    return FALSE;
  }
  return TRUE;
}

/* Settings that promise what they can't keep. */
static gboolean
check_settings (const SiprecGuardSettings *security, GError **error)
{
  if (security->tls.require_client && !is_set (security->tls.ca)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "tls-require-client-cert takes tls-ca: a file with the authorities that clients' "
                 "certificates must come from.");
    return FALSE;
  }
  if (is_set (security->tls.ca) && !is_set (security->tls.certificate)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "tls-ca is of no use without tls-certificate.");
    return FALSE;
  }
  return !is_set (security->auth_realm) || check_realm (security->auth_realm, error);
}

static gboolean
load_all (SiprecGuard *guard, const SiprecGuardSettings *security, GError **error)
{
  g_autofree gchar *tls_state = read_state (security->tls.certificate, guard->ca);
  g_autofree gchar *auth_state = read_state (NULL, security->auth_file);

  if (is_set (security->allow)) {
    guard->allow = siprec_allow_new (security->allow, error);
    if (!guard->allow)
      return FALSE;
  }
  if (is_set (security->tls.certificate) &&
      !load_tls (guard, security->tls.certificate, tls_state, error))
    return FALSE;
  return !guard->auth_file || load_credentials (guard, auth_state, error);
}

SiprecGuard *
siprec_guard_new (const SiprecGuardSettings *security, GError **error)
{
  g_autoptr (SiprecGuard) guard = NULL;

  GST_DEBUG_CATEGORY_INIT (siprec_guard_debug, "siprec-guard", 0, "who may record");
  if (!check_settings (security, error))
    return NULL;
  guard = g_new0 (SiprecGuard, 1);
  guard->ref_count = 1;
  g_mutex_init (&guard->lock);
  guard->ca = is_set (security->tls.ca) ? g_strdup (security->tls.ca) : NULL;
  guard->require_client = security->tls.require_client;
  guard->auth_file = is_set (security->auth_file) ? g_strdup (security->auth_file) : NULL;
  guard->realm = g_strdup (is_set (security->auth_realm) ? security->auth_realm : DEFAULT_REALM);
  guard->digest = guard->auth_file ? siprec_digest_new (guard->realm) : NULL;
  guard->warnings = siprec_warnings_new ();
  guard->requests = siprec_rate_new (REQUEST_BURST, REQUEST_RATE);
  guard->failures = siprec_rate_new (FAILURE_BURST, FAILURE_RATE);
  if (!load_all (guard, security, error))
    return NULL;
  return g_steal_pointer (&guard);
}

SiprecGuard *
siprec_guard_ref (SiprecGuard *guard)
{
  g_atomic_int_inc (&guard->ref_count);
  return guard;
}

void
siprec_guard_unref (SiprecGuard *guard)
{
  if (!g_atomic_int_dec_and_test (&guard->ref_count))
    return;
  siprec_warnings_free (guard->warnings);
  g_free (guard->realm);
  g_clear_pointer (&guard->allow, siprec_allow_free);
  g_clear_pointer (&guard->digest, siprec_digest_free);
  siprec_rate_free (guard->requests);
  siprec_rate_free (guard->failures);
  g_clear_pointer (&guard->tls, siprec_tls_context_unref);
  g_clear_pointer (&guard->credentials, siprec_credentials_free);
  g_free (guard->certificate);
  g_free (guard->tls_state);
  g_free (guard->auth_state);
  g_free (guard->auth_file);
  g_free (guard->ca);
  g_mutex_clear (&guard->lock);
  g_free (guard);
}

SiprecTlsContext *
siprec_guard_get_tls (SiprecGuard *guard)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&guard->lock);

  return guard->tls ? siprec_tls_context_ref (guard->tls) : NULL;
}

gboolean
siprec_guard_set_certificate (SiprecGuard *guard, const gchar *certificate, GError **error)
{
  g_autofree gchar *state = read_state (certificate, guard->ca);

  if (!is_set (certificate)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "A listener that is running can't do without tls-certificate.");
    return FALSE;
  }
  return load_tls (guard, certificate, state, error);
}

/* warnings */

void
siprec_guard_watch (SiprecGuard *guard, SiprecGuardWarning warning, gpointer user_data,
                    GDestroyNotify destroy)
{
  siprec_warnings_add (guard->warnings, warning, user_data, destroy);
}

void
siprec_guard_unwatch (SiprecGuard *guard, gpointer user_data)
{
  siprec_warnings_remove (guard->warnings, user_data);
}

static void
warn (SiprecGuard *guard, const gchar *text)
{
  GST_WARNING ("%s", text);
  siprec_warnings_say (guard->warnings, text);
}

static void
warn_of_file (SiprecGuard *guard, const GError *error)
{
  g_autofree gchar *text =
      g_strdup_printf ("%s What was read before stays in force.", error->message);

  warn (guard, text);
}

/* Clients that know both algorithms answer the stronger one (RFC 8760 section 2.4), whoever they want to be. */
static void
check_mixture (SiprecGuard *guard)
{
  g_autofree gchar *text = NULL;
  gboolean any = !guard->auth_file;

  g_mutex_lock (&guard->lock);
  any = any || siprec_credentials_all_have (guard->credentials, G_CHECKSUM_MD5, guard->realm) ||
        siprec_credentials_all_have (guard->credentials, G_CHECKSUM_SHA256, guard->realm);
  g_mutex_unlock (&guard->lock);
  if (any)
    return;
  text =
      g_strdup_printf ("%s: some users have only a line for MD5, and others only one for SHA-256. "
                       "A client that knows both takes SHA-256, and the former don't get in: "
                       "give everybody a line for SHA-256.",
                       guard->auth_file);
  warn (guard, text);
}

static void
refresh_credentials (SiprecGuard *guard, const gchar *last_state)
{
  g_autofree gchar *state = read_state (NULL, guard->auth_file);
  g_autoptr (GError) error = NULL;

  if (g_str_equal (state, last_state))
    return;
  if (load_credentials (guard, state, &error))
    check_mixture (guard);
  else
    warn_of_file (guard, error);
}

void
siprec_guard_refresh (SiprecGuard *guard)
{
  g_autofree gchar *certificate = NULL;
  g_autofree gchar *tls_state = NULL;
  g_autofree gchar *auth_state = NULL;
  g_autoptr (GError) tls_error = NULL;

  g_mutex_lock (&guard->lock);
  certificate = g_strdup (guard->certificate);
  tls_state = g_strdup (guard->tls_state);
  auth_state = g_strdup (guard->auth_state);
  g_mutex_unlock (&guard->lock);

  if (certificate) {
    g_autofree gchar *state = read_state (certificate, guard->ca);

    if (!g_str_equal (state, tls_state) && !load_tls (guard, certificate, state, &tls_error))
      warn_of_file (guard, tls_error);
  }
  if (guard->auth_file)
    refresh_credentials (guard, auth_state);
}

/* decisions */

gboolean
siprec_guard_may_connect (SiprecGuard *guard, const gchar *address, const gchar *const *identities,
                          gboolean unproven)
{
  if (!guard->allow || siprec_allow_has (guard->allow, address, identities))
    return TRUE;
  /* Without authorities no certificate proves anything. */
  return unproven && guard->ca && siprec_allow_has_names (guard->allow);
}

static guint
challenge (SiprecGuard *guard, const gchar *address, gboolean stale, gint64 now, gchar ***headers)
{
  g_mutex_lock (&guard->lock);
  *headers = siprec_digest_challenge (guard->digest, guard->credentials, address, stale, now);
  g_mutex_unlock (&guard->lock);
  return 401;
}

static guint
authenticate (SiprecGuard *guard, const SiprecRequest *request, const gchar *source, gint64 now,
              gchar ***headers)
{
  const gchar *address = request->remote_address;
  SiprecDigestResult result;

  if (!siprec_rate_may (guard->failures, source, now))
    return 403;
  g_mutex_lock (&guard->lock);
  result = siprec_digest_check (guard->digest, guard->credentials, request, now);
  g_mutex_unlock (&guard->lock);
  switch (result) {
  case SIPREC_DIGEST_GOOD:
    return 0;
  case SIPREC_DIGEST_WRONG:
    GST_INFO ("wrong user or password from %s", address);
    siprec_rate_take (guard->failures, source, now);
    return siprec_rate_may (guard->failures, source, now)
               ? challenge (guard, address, FALSE, now, headers)
               : 403;
  case SIPREC_DIGEST_STALE:
    return challenge (guard, address, TRUE, now, headers);
  default:
    return challenge (guard, address, FALSE, now, headers);
  }
}

guint
siprec_guard_admit (SiprecGuard *guard, const SiprecRequest *request, gboolean in_dialog,
                    gint64 now, gchar ***headers)
{
  static const gchar *const later[] = {"Retry-After: 1", NULL};
  g_autofree gchar *source = NULL;

  *headers = NULL;
  if (!siprec_guard_may_connect (guard, request->remote_address,
                                 (const gchar *const *)request->identities, FALSE)) {
    GST_INFO ("%s from %s, which may not record", request->method, request->remote_address);
    return 403;
  }
  if (in_dialog)
    return 0;
  source = siprec_source_of (request->remote_address);
  if (!siprec_rate_take (guard->requests, source, now)) {
    *headers = g_strdupv ((gchar **)later);
    return 503;
  }
  /* What begins nothing needs no password: OPTIONS are how clients see whether we are there. */
  if (!guard->digest || !g_str_equal (request->method, "INVITE"))
    return 0;
  return authenticate (guard, request, source, now, headers);
}

/* TRUE if only this host can reach it. */
static gboolean
is_loopback (const gchar *uri)
{
  const gchar *host = strchr (uri, ':') + 1;
  g_autofree gchar *text = *host == '[' ? g_strndup (host + 1, strcspn (host + 1, "]"))
                                        : g_strndup (host, strcspn (host, ":;"));
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address ? g_inet_address_get_is_loopback (address) : g_str_equal (text, "localhost");
}

void
siprec_guard_check_exposure (SiprecGuard *guard, gchar **uris)
{
  gboolean known = guard->allow || guard->digest;

  check_mixture (guard);
  for (; !known && *uris; uris++) {
    gboolean tls = g_str_has_prefix (*uris, "sips:") || strstr (*uris, "transport=tls");
    gboolean mutual = guard->require_client && tls;
    g_autofree gchar *text = NULL;

    if (mutual || is_loopback (*uris))
      continue;
    text = g_strdup_printf ("Whoever can reach \"%s\" can record here: set allow, auth-file or "
                            "tls-require-client-cert.",
                            *uris);
    warn (guard, text);
  }
}
