/* Who may record: allow lists, Digest, limits, and files that change
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include <glib/gstdio.h>

#include "siprec-core/error.h"
#include "siprec-core/guard/guard.h"
#include "siprec-core/guard/allow.h"
#include "siprec-core/guard/digest.h"
#include "siprec-core/guard/rate.h"
#include "tests/support/certificates.h"

#define SECOND G_TIME_SPAN_SECOND

static SiprecRequest *
request_from (const gchar *address, const gchar *identity)
{
  SiprecRequest *request = siprec_request_new ();
  g_auto (GStrv) identities = identity ? g_strsplit (identity, " ", -1) : NULL;

  request->method = "INVITE";
  request->uri = "sip:recorder@srs.example";
  request->remote_address = siprec_request_text (request, address, -1);
  if (identities)
    request->identities = siprec_request_list (request, (const gchar *const *)identities);
  return request;
}

GST_START_TEST (allow_lists)
{
  static const struct {
    const gchar *allow, *address, *identity;
    gboolean expected;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1", NULL, TRUE},
      {"192.0.2.1", "192.0.2.2", NULL, FALSE},
      {"192.0.2.1", "::ffff:192.0.2.1", NULL, TRUE},
      {"10.0.0.0/8, fd00::/8", "10.250.1.2", NULL, TRUE},
      {"10.0.0.0/8, fd00::/8", "11.0.0.1", NULL, FALSE},
      {"10.0.0.0/8, fd00::/8", "fd12::1", NULL, TRUE},
      {"sbc.example", "192.0.2.1", NULL, FALSE},
      {"sbc.example", "192.0.2.1", "sip:sbc.example", TRUE},
      {"sip:sbc.example", "192.0.2.1", "x.example SBC.example", TRUE},
      {"sbc.example", "192.0.2.1", "sip:a@sbc.example", FALSE},
      {"sip:a@sbc.example,192.0.2.9", "192.0.2.1", "sip:a@sbc.example", TRUE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (SiprecAllow) allow = siprec_allow_new (cases[i].allow, NULL);
    g_autoptr (SiprecRequest) request = request_from (cases[i].address, cases[i].identity);

    fail_unless (allow);
    fail_unless (siprec_allow_has (allow, request->remote_address,
                                   (const gchar *const *)request->identities) == cases[i].expected,
                 "%u", i);
  }
}
GST_END_TEST

GST_START_TEST (bad_settings)
{
  static const struct {
    SiprecGuardSettings security;
    const gchar *words;
  } cases[] = {
      {{.allow = "192.0.2.1,10.0.0.0/33"}, "\"10.0.0.0/33\""},
      {{.allow = "192.0.2.300"}, "\"192.0.2.300\""},
      {{.allow = "192.0.2.1,,"}, "allow"},
      {{.allow = "*.example"}, "\"*.example\""},
      {{.auth_file = "/no/such/file"}, "/no/such/file"},
      {{.auth_realm = "a\"b"}, "auth-realm"},
      {{.tls = {.require_client = TRUE}}, "tls-ca"},
      {{.tls = {.ca = "/x"}}, "tls-certificate"},
      {{.tls = {.certificate = "/no/such/file"}}, "/no/such/file"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    fail_unless (siprec_guard_new (&cases[i].security, &error) == NULL, "%u", i);
    fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS));
    fail_unless (strstr (error->message, cases[i].words), "%s", error->message);
  }
}
GST_END_TEST

#define MD5    "0123456789abcdef0123456789abcdef"
#define SHA256 MD5 MD5

/* Errors name the line, and never quote it: it might be a password. */
GST_START_TEST (credential_files)
{
  static const struct {
    const gchar *text, *words;
  } bad[] = {
      {"", "has no user"},
      {"# nobody\n\n", "has no user"},
      {"a:r:" MD5 "\nb:r\n", "line 2: it must be user:realm:HA1"},
      {"a:r:secret\n", "line 1: HA1 must be hexadecimal"},
      {"a:r:abc\n", "line 1: HA1 must have 32"},
      {":r:" MD5, "line 1: the user is missing"},
      {"a::" MD5, "line 1: the realm is missing"},
      {"#\na:r:" MD5 "\na:r:" SHA256 "\na:r:" MD5, "line 4: this user has such a line already"},
  };
  g_autoptr (SiprecCredentials) good = siprec_credentials_parse (
      "# users\r\na:r:" MD5 "\r\n\r\na:r:" SHA256 "\nb:s:0123456789ABCDEF0123456789ABCDEF", "f",
      NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    fail_unless (siprec_credentials_parse (bad[i].text, "file", &error) == NULL, "%u", i);
    fail_unless (strstr (error->message, bad[i].words) && !strstr (error->message, "secret"), "%s",
                 error->message);
  }
  fail_unless (good);
  fail_unless_equals_string (siprec_credentials_find (good, G_CHECKSUM_MD5, "s", "b"), MD5);
  fail_unless_equals_string (siprec_credentials_find (good, G_CHECKSUM_SHA256, "r", "a"), SHA256);
  fail_unless (siprec_credentials_find (good, G_CHECKSUM_SHA256, "s", "b") == NULL);
  fail_unless (siprec_credentials_find (good, G_CHECKSUM_MD5, "r", "") == NULL);
  fail_if (siprec_credentials_have (good, G_CHECKSUM_SHA256, "s"));
}
GST_END_TEST

GST_START_TEST (header_fields)
{
  static const struct {
    const gchar *header, *name, *expected;
  } cases[] = {
      {"Digest realm=\"a, b\", NC = 00000001 ,x=\"q\\\"q\"", "realm", "a, b"},
      {"Digest realm=\"a, b\", NC = 00000001 ,x=\"q\\\"q\"", "nc", "00000001"},
      {"digest\tx=\"q\\\"q\"", "X", "q\"q"},
      {"Digest a=,b=2", "a", ""},
      {"Digest a=1,a=2", "a", NULL},
      {"Digest a=\"1", "a", NULL},
      {"Digest a", "a", NULL},
      {"Digest a=1 b=2", "a", NULL},
      {"Digest =1", "a", NULL},
      {"Basic a=1", "a", NULL},
      {"Digesta=1", "a", NULL},
      {"Digest", "a", NULL},
      {"", "a", NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *value = siprec_digest_field (cases[i].header, cases[i].name);

    fail_unless_equals_string (value, cases[i].expected);
  }
}
GST_END_TEST

/* What a client knows and does. */
typedef struct {
  GChecksumType algorithm;
  const gchar *user, *password, *realm;
  gchar *nonce;
  guint count;
} Client;

static gchar *
hash (const Client *client, const gchar *format, ...)
{
  va_list args;
  g_autofree gchar *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  return g_compute_checksum_for_string (client->algorithm, text, -1);
}

/* An INVITE with the answer to the challenge (RFC 7616 section 3.4). */
static SiprecRequest *
authorized (Client *client)
{
  SiprecRequest *request = request_from ("192.0.2.1", NULL);
  g_autofree gchar *a1 = hash (client, "%s:%s:%s", client->user, client->realm, client->password);
  g_autofree gchar *a2 = hash (client, "INVITE:%s", request->uri);
  g_autofree gchar *response =
      hash (client, "%s:%s:%08x:c:auth:%s", a1, client->nonce, client->count, a2);
  g_autofree gchar *line = g_strdup_printf (
      "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", cnonce=\"c\", "
      "nc=%08x, qop=auth, algorithm=%s, response=\"%s\"",
      client->user, client->realm, client->nonce, request->uri, client->count,
      client->algorithm == G_CHECKSUM_MD5 ? "MD5" : "SHA-256", response);

  siprec_request_add_header (request, "Authorization", line, -1);
  return request;
}

static gchar *
write_users (void)
{
  static const Client client = {G_CHECKSUM_SHA256}, old = {G_CHECKSUM_MD5};
  g_autofree gchar *sha256 = hash (&client, "alice:siprec:secret");
  g_autofree gchar *md5 = hash (&old, "alice:siprec:secret");
  g_autofree gchar *text = g_strdup_printf ("alice:siprec:%s\nalice:siprec:%s\n", md5, sha256);
  gchar *path = NULL;

  close (g_file_open_tmp ("siprec-users-XXXXXX", &path, NULL));
  g_file_set_contents (path, text, -1, NULL);
  return path;
}

static guint
admit (SiprecGuard *guard, SiprecRequest *request, gint64 now, gchar ***headers)
{
  g_auto (GStrv) lines = NULL;
  guint status = siprec_guard_admit (guard, request, FALSE, now, &lines);

  if (headers)
    *headers = g_steal_pointer (&lines);
  return status;
}

/* Gets a challenge and takes its nonce. */
static void
begin (Client *client, SiprecGuard *guard, gint64 now)
{
  g_autoptr (SiprecRequest) request = request_from ("192.0.2.1", NULL);
  g_auto (GStrv) headers = NULL;

  fail_unless_equals_int (admit (guard, request, now, &headers), 401);
  fail_unless (headers && headers[0] && headers[1] && !headers[2]);
  fail_unless (strstr (headers[0], "algorithm=SHA-256") && strstr (headers[1], "algorithm=MD5"));
  fail_unless (strstr (headers[0], "qop=\"auth\"") && !strstr (headers[0], "stale"));
  g_free (client->nonce);
  client->nonce = siprec_digest_field (strchr (headers[0], ':') + 2, "nonce");
  client->count = 1;
}

GST_START_TEST (digest)
{
  g_autofree gchar *path = write_users ();
  SiprecGuardSettings security = {.auth_file = path};
  g_autoptr (SiprecGuard) guard = siprec_guard_new (&security, NULL);
  Client client = {__i__ ? G_CHECKSUM_MD5 : G_CHECKSUM_SHA256, "alice", "secret", "siprec"};
  gint64 now = 1000 * SECOND;
  g_auto (GStrv) headers = NULL;

  fail_unless (guard);
  begin (&client, guard, now);
  {
    g_autoptr (SiprecRequest) good = authorized (&client);

    fail_unless_equals_int (admit (guard, good, now, NULL), 0);
    /* Once more by somebody who has listened. */
    fail_unless_equals_int (admit (guard, good, now, &headers), 401);
    fail_unless (strstr (headers[0], "stale=true"));
  }
  client.count++;
  {
    g_autoptr (SiprecRequest) next = authorized (&client);

    fail_unless_equals_int (admit (guard, next, now + 299 * SECOND, NULL), 0);
  }
  client.count++;
  {
    g_autoptr (SiprecRequest) late = authorized (&client);

    g_clear_pointer (&headers, g_strfreev);
    fail_unless_equals_int (admit (guard, late, now + 301 * SECOND, &headers), 401);
    fail_unless (strstr (headers[0], "stale=true"));
  }
  g_free (client.nonce);
  g_unlink (path);
}
GST_END_TEST

/* Nonces that nobody gave, other realms, users and passwords; and what is damaged. */
GST_START_TEST (digest_refusals)
{
  g_autofree gchar *path = write_users ();
  SiprecGuardSettings security = {.auth_file = path};
  g_autoptr (SiprecGuard) guard = siprec_guard_new (&security, NULL);
  const Client clients[] = {{G_CHECKSUM_SHA256, "alice", "Secret", "siprec"},
                            {G_CHECKSUM_SHA256, "bob", "secret", "siprec"},
                            {G_CHECKSUM_SHA256, "alice", "secret", "other"},
                            {G_CHECKSUM_SHA256, "", "", "siprec"}};
  gint64 now = 1000 * SECOND;

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    Client client = clients[i];
    g_autoptr (SiprecRequest) request = NULL;

    begin (&client, guard, now);
    request = authorized (&client);
    fail_unless_equals_int (admit (guard, request, now, NULL), 401);
    g_free (client.nonce);
  }
  {
    Client client = {G_CHECKSUM_SHA256, "alice", "secret", "siprec"};
    g_autoptr (SiprecRequest) request = NULL;

    begin (&client, guard, now);
    client.nonce[20] ^= 1;
    request = authorized (&client);
    fail_unless_equals_int (admit (guard, request, now, NULL), 401);
    g_free (client.nonce);
  }
  g_unlink (path);
}
GST_END_TEST

/* Who forges the address of another must not be able to lock that one out. */
GST_START_TEST (nonces_are_of_one_address)
{
  g_autofree gchar *path = write_users ();
  SiprecGuardSettings security = {.auth_file = path};
  g_autoptr (SiprecGuard) guard = siprec_guard_new (&security, NULL);
  Client client = {G_CHECKSUM_SHA256, "alice", "wrong", "siprec"};
  gint64 now = 1000 * SECOND;

  begin (&client, guard, now);
  for (; client.count <= 100; client.count++) {
    g_autoptr (SiprecRequest) forged = authorized (&client);

    forged->remote_address = "192.0.2.9";
    fail_unless_equals_int (admit (guard, forged, now, NULL), 401);
  }
  g_free (client.nonce);
  g_unlink (path);
}
GST_END_TEST

/* Guessing comes to its end, for that address only, and for a while only. */
GST_START_TEST (guessing)
{
  g_autofree gchar *path = write_users ();
  SiprecGuardSettings security = {.auth_file = path};
  g_autoptr (SiprecGuard) guard = siprec_guard_new (&security, NULL);
  Client client = {G_CHECKSUM_SHA256, "alice", "wrong", "siprec"};
  gint64 now = 1000 * SECOND;
  guint wrong = 0;

  begin (&client, guard, now);
  for (guint status = 401; status == 401 && wrong < 100; wrong++, client.count++) {
    g_autoptr (SiprecRequest) request = authorized (&client);

    status = admit (guard, request, now, NULL);
    fail_unless (status == 401 || status == 403);
  }
  fail_unless (wrong >= 3 && wrong <= 20, "%u", wrong);
  client.password = "secret";
  {
    g_autoptr (SiprecRequest) right = authorized (&client);
    g_autoptr (SiprecRequest) other = request_from ("192.0.2.2", NULL);

    fail_unless_equals_int (admit (guard, right, now, NULL), 403);
    fail_unless_equals_int (admit (guard, other, now, NULL), 401);
    fail_unless_equals_int (admit (guard, right, now + 60 * SECOND, NULL), 0);
  }
  g_free (client.nonce);
  g_unlink (path);
}
GST_END_TEST

GST_START_TEST (strangers_and_floods)
{
  SiprecGuardSettings security = {.allow = "192.0.2.0/24"};
  g_autoptr (SiprecGuard) guard = siprec_guard_new (&security, NULL);
  g_autoptr (SiprecRequest) friend = request_from ("192.0.2.1", NULL);
  g_autoptr (SiprecRequest) stranger = request_from ("198.51.100.1", NULL);
  g_auto (GStrv) headers = NULL;
  guint admitted = 0;

  fail_unless_equals_int (admit (guard, stranger, 0, NULL), 403);
  fail_unless_equals_int (siprec_guard_admit (guard, stranger, TRUE, 0, &headers), 403);
  while (admitted < 100000 && admit (guard, friend, 0, NULL) == 0)
    admitted++;
  fail_unless (admitted >= 1000 && admitted < 100000);
  fail_unless_equals_int (admit (guard, friend, 0, &headers), 503);
  fail_unless_equals_string (headers[0], "Retry-After: 1");
  fail_unless_equals_int (admit (guard, friend, SECOND, NULL), 0);
}
GST_END_TEST

/* Sources by the hundred thousand take no memory to speak of. */
GST_START_TEST (sources_are_bounded)
{
  SiprecRate *rate = siprec_rate_new (2, 1.0);

  fail_unless (siprec_rate_take (rate, "a", 0) && siprec_rate_take (rate, "a", 0));
  fail_if (siprec_rate_take (rate, "a", 0));
  fail_unless (siprec_rate_take (rate, "a", SECOND));
  for (guint i = 0; i < 100000; i++) {
    g_autofree gchar *address = g_strdup_printf ("%u", i);

    fail_unless (siprec_rate_take (rate, address, 0));
  }
  siprec_rate_free (rate);
}
GST_END_TEST

static void
on_warning (const gchar *text, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (text));
}

/* A file that goes bad is told once, and what it said before stays; a good one counts from then on. */
GST_START_TEST (files_change)
{
  g_autofree gchar *path = write_users ();
  g_autofree gchar *pem = g_strconcat (path, ".pem", NULL);
  CertificateSpec spec = {pem, NULL, FALSE, "srs", NULL, 0, 1};
  SiprecGuardSettings security = {.auth_file = path, .tls = {.certificate = pem}};
  g_autoptr (SiprecGuard) guard = NULL;
  g_autoptr (SiprecTlsContext) before = NULL;
  g_autoptr (SiprecTlsContext) after = NULL;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SiprecRequest) request = request_from ("192.0.2.1", NULL);

  certificate_write (&spec);
  guard = siprec_guard_new (&security, NULL);
  fail_unless (guard);
  siprec_guard_watch (guard, on_warning, warnings, NULL);
  before = siprec_guard_get_tls (guard);
  siprec_guard_refresh (guard);
  fail_unless_equals_int (warnings->len, 0);

  spec.from = -3;
  certificate_write (&spec);
  g_file_set_contents (path, "alice:siprec:secret\n", -1, NULL);
  siprec_guard_refresh (guard);
  siprec_guard_refresh (guard);
  fail_unless_equals_int (warnings->len, 2);
  fail_unless (strstr (warnings->pdata[0], "has expired") && strstr (warnings->pdata[0], pem));
  fail_unless (strstr (warnings->pdata[1], "line 1") && !strstr (warnings->pdata[1], "secret"));
  after = siprec_guard_get_tls (guard);
  fail_unless (after == before);
  fail_unless_equals_int (admit (guard, request, 0, NULL), 401);

  spec.from = 0;
  certificate_write (&spec);
  siprec_guard_refresh (guard);
  siprec_tls_context_unref (after);
  after = siprec_guard_get_tls (guard);
  fail_unless (after != before);
  fail_if (siprec_guard_set_certificate (guard, "/no/such/file", NULL));
  fail_unless_equals_int (warnings->len, 2);
  siprec_guard_unwatch (guard, warnings);
  g_unlink (path);
  g_unlink (pem);
}
GST_END_TEST

GST_START_TEST (exposure)
{
  gchar *uris[] = {"sip:127.0.0.1:5060", "sip:[::1]:5060", "sip:0.0.0.0:5060",
                   "sip:192.0.2.1:5061;transport=tls", NULL};
  SiprecGuardSettings open = {0}, closed = {.allow = "10.0.0.0/8"};
  g_autoptr (SiprecGuard) one = siprec_guard_new (&open, NULL);
  g_autoptr (SiprecGuard) other = siprec_guard_new (&closed, NULL);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);

  siprec_guard_watch (one, on_warning, warnings, NULL);
  siprec_guard_watch (other, on_warning, warnings, NULL);
  siprec_guard_check_exposure (other, uris);
  fail_unless_equals_int (warnings->len, 0);
  siprec_guard_check_exposure (one, uris);
  fail_unless_equals_int (warnings->len, 2);
  fail_unless (strstr (warnings->pdata[0], "\"sip:0.0.0.0:5060\""));
}
GST_END_TEST

static Suite *
guard_suite (void)
{
  Suite *suite = suite_create ("guard");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, allow_lists);
  tcase_add_test (tcase, bad_settings);
  tcase_add_test (tcase, credential_files);
  tcase_add_test (tcase, header_fields);
  tcase_add_loop_test (tcase, digest, 0, 2);
  tcase_add_test (tcase, digest_refusals);
  tcase_add_test (tcase, nonces_are_of_one_address);
  tcase_add_test (tcase, guessing);
  tcase_add_test (tcase, strangers_and_floods);
  tcase_add_test (tcase, sources_are_bounded);
  tcase_add_test (tcase, files_change);
  tcase_add_test (tcase, exposure);
  return suite;
}

GST_CHECK_MAIN (guard);
