/* Users of Digest: which algorithms they are asked for, and files that change
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include <glib/gstdio.h>

#include "siprec-core/guard/guard.h"

#define MD5    "0123456789abcdef0123456789abcdef"
#define SHA256 MD5 MD5

static gchar *path;
static GPtrArray *warnings;

static void
set_up (void)
{
  close (g_file_open_tmp ("siprec-users-XXXXXX", &path, NULL));
  warnings = g_ptr_array_new_with_free_func (g_free);
}

static void
tear_down (void)
{
  g_unlink (path);
  g_free (path);
  g_ptr_array_unref (warnings);
}

static void
on_warning (const gchar *text, gpointer user_data)
{
  g_ptr_array_add (warnings, g_strdup (text));
}

static SiprecGuard *
guard_of (const gchar *users)
{
  SiprecGuardSettings settings = {.auth_file = path};
  SiprecGuard *guard;

  g_file_set_contents (path, users, -1, NULL);
  guard = siprec_guard_new (&settings, NULL);
  fail_unless (guard);
  siprec_guard_watch (guard, on_warning, guard, NULL);
  return guard;
}

static guint
admit (SiprecGuard *guard, const gchar *address, const gchar *authorization, gchar ***headers)
{
  g_autoptr (SiprecRequest) request = siprec_request_new ();

  request->method = "INVITE";
  request->uri = "sip:srs.example";
  request->remote_address = siprec_request_text (request, address, -1);
  if (authorization)
    siprec_request_add_header (request, "Authorization", authorization, -1);
  return siprec_guard_admit (guard, request, FALSE, 0, headers);
}

/* The algorithms of the challenge that @guard makes, in its order. */
static gchar *
challenge_of (SiprecGuard *guard)
{
  g_auto (GStrv) headers = NULL;
  GString *names = g_string_new (NULL);

  fail_unless_equals_int (admit (guard, "192.0.2.1", NULL, &headers), 401);
  for (guint i = 0; headers[i]; i++) {
    const gchar *name = strstr (headers[i], "algorithm=") + strlen ("algorithm=");

    g_string_append_printf (names, "%s%.*s", i ? " " : "", (gint)strcspn (name, ","), name);
  }
  return g_string_free (names, FALSE);
}

/* Whoever can do both answers the first; so it must be one that the user has, whoever that is. */
GST_START_TEST (everybody_can_answer)
{
  static const struct {
    const gchar *users, *offered;
    gboolean warns;
  } cases[] = {
      {"a:siprec:" MD5 "\na:siprec:" SHA256 "\nb:siprec:" MD5 "\nb:siprec:" SHA256, "SHA-256 MD5"},
      {"a:siprec:" SHA256 "\nb:siprec:" SHA256, "SHA-256"},
      {"a:siprec:" MD5 "\nb:siprec:" MD5, "MD5"},
      {"a:siprec:" MD5 "\na:siprec:" SHA256 "\nb:siprec:" MD5, "MD5"},
      {"a:siprec:" SHA256 "\nb:siprec:" MD5 "\nb:siprec:" SHA256, "SHA-256"},
      /* Of other realms, which count for nothing. */
      {"a:siprec:" SHA256 "\nb:other:" MD5, "SHA-256"},
      /* No algorithm is everybody's: both, and a word to who wrote the file. */
      {"a:siprec:" MD5 "\nb:siprec:" SHA256, "SHA-256 MD5", TRUE},
  };
  gchar *uris[] = {"sip:127.0.0.1:5060", NULL};

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (SiprecGuard) guard = guard_of (cases[i].users);
    g_autofree gchar *offered = challenge_of (guard);

    fail_unless_equals_string (offered, cases[i].offered);
    siprec_guard_check_exposure (guard, uris);
    fail_unless_equals_int (warnings->len, cases[i].warns);
  }
  fail_unless (strstr (warnings->pdata[0], "give everybody a line for SHA-256"));
}
GST_END_TEST

/* Users of another realm could never get in: such a file is as bad as a damaged one. */
GST_START_TEST (realm_of_a_new_file)
{
  g_autoptr (SiprecGuard) guard = guard_of ("a:siprec:" SHA256);
  g_autofree gchar *before = challenge_of (guard);
  g_autofree gchar *after = NULL;
  g_autofree gchar *mixed = NULL;

  g_file_set_contents (path, "a:elsewhere:" SHA256 "\nb:elsewhere:" MD5, -1, NULL);
  siprec_guard_refresh (guard);
  siprec_guard_refresh (guard);
  fail_unless_equals_int (warnings->len, 1);
  fail_unless (strstr (warnings->pdata[0], "no user of the realm \"siprec\""));
  fail_unless (strstr (warnings->pdata[0], "stays in force"));
  after = challenge_of (guard);
  fail_unless_equals_string (after, before);

  g_file_set_contents (path, "a:siprec:" SHA256 "\nb:siprec:" MD5 "\n", -1, NULL);
  siprec_guard_refresh (guard);
  fail_unless_equals_int (warnings->len, 2);
  mixed = challenge_of (guard);
  fail_unless_equals_string (mixed, "SHA-256 MD5");
}
GST_END_TEST

/* Who guesses can't take another address of his network for each try. */
GST_START_TEST (networks_are_one_source)
{
  g_autoptr (SiprecGuard) guard = guard_of ("a:siprec:" MD5);
  guint status = 401, tries = 0;

  for (; status == 401 && tries < 100; tries++) {
    g_autofree gchar *address = g_strdup_printf ("2001:db8::%x", tries);
    g_auto (GStrv) challenge = NULL;
    g_auto (GStrv) headers = NULL;
    g_autofree gchar *answer = NULL;
    const gchar *nonce;

    status = admit (guard, address, NULL, &challenge);
    if (status != 401)
      break;
    nonce = strstr (challenge[0], "nonce=\"") + strlen ("nonce=\"");
    answer = g_strdup_printf (
        "Digest username=\"a\", realm=\"siprec\", nonce=\"%.*s\", uri=\"sip:srs.example\", "
        "cnonce=\"c\", nc=00000001, qop=auth, algorithm=MD5, response=\"" MD5 "\"",
        (gint)strcspn (nonce, "\""), nonce);
    status = admit (guard, address, answer, &headers);
  }
  fail_unless_equals_int (status, 403);
  fail_unless (tries < 20, "%u", tries);
  {
    g_auto (GStrv) headers = NULL;

    fail_unless_equals_int (admit (guard, "2001:db8:0:1::1", NULL, &headers), 401);
  }
}
GST_END_TEST

static Suite *
credentials_suite (void)
{
  Suite *suite = suite_create ("credentials");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, everybody_can_answer);
  tcase_add_test (tcase, realm_of_a_new_file);
  tcase_add_test (tcase, networks_are_one_source);
  return suite;
}

GST_CHECK_MAIN (credentials);
