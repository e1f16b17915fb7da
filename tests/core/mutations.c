/* The messages of all plays, changed at random, sent to a running endpoint: nothing of them stays.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/support/footprint.h"
#include "tests/support/mutation.h"
#include "tests/support/recorder.h"
#include "tests/support/rounds.h"

#define DEFAULT_REQUESTS 2000 /* MUTATIONS in the environment sets another number */
#define SEED             4475
#define VALGRIND         20  /* CK_TIMEOUT_MULTIPLIER under it */
#define PATIENCE_MS      5   /* many messages are worth no answer */
#define TIMEOUT_MS       500 /* of transactions: an ACK that never comes must not hold the test up */
#define LEFT_US          (60 * G_USEC_PER_SEC)
#define ALIVE_EVERY      200

static guint
number_of_requests (void)
{
  const gchar *wanted = g_getenv ("MUTATIONS");
  const gchar *slower = g_getenv ("CK_TIMEOUT_MULTIPLIER");

  if (wanted)
    return (guint)g_ascii_strtoull (wanted, NULL, 10);
  return slower && g_ascii_strtoull (slower, NULL, 10) >= VALGRIND ? rounds (DEFAULT_REQUESTS)
                                                                   : DEFAULT_REQUESTS;
}

static GPtrArray *
load_plays (void)
{
  static const gchar *const folders[] = {"deviations", "conformance", "torture", "flows"};
  GPtrArray *plays = g_ptr_array_new_with_free_func ((GDestroyNotify)play_free);

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree gchar *folder = g_build_filename (TEST_DATA_DIR, folders[i], NULL);
    g_autoptr (GPtrArray) paths = recorder_find_plays (folder);

    for (guint n = 0; n < paths->len; n++)
      g_ptr_array_add (plays, play_new (g_ptr_array_index (paths, n)));
  }
  return plays;
}

/* ---- the recorder ---- */

static void
forget_session (SiprecEndpoint *endpoint, SiprecSession *session, gpointer user_data)
{
  siprec_session_hangup (session, NULL);
}

static void
check_alive (Recorder *recorder, gboolean tcp)
{
  Caller *caller = caller_new (recorder_uri (recorder), tcp);

  fail_unless_equals_int (caller_options (caller), 200);
  caller_free (caller);
}

/* Nothing is left of all the calls: no session, and no socket of one. */
static void
check_left (Recorder *recorder, guint n_files)
{
  gint64 until = g_get_monotonic_time () + LEFT_US;
  guint n_sessions, n;

  do {
    g_usleep (20000);
    n_sessions = siprec_endpoint_n_sessions (recorder_endpoint (recorder));
    n = footprint_open_files ();
  } while ((n_sessions > 0 || n > n_files) && g_get_monotonic_time () < until);
  fail_unless (n_sessions == 0, "%u sessions are left", n_sessions);
  if (n > n_files)
    footprint_print_files ();
  fail_unless (n <= n_files, "%u files are open, %u were", n, n_files);
}

/* The messages of one call, the first of which is changed, or one of the others. Returns how many were sent. */
static guint
play_changed (GRand *rand, Play *play, Caller *caller)
{
  guint changed = (guint)g_rand_int_range (rand, 0, 3), n = 0;
  GBytes *message;

  caller_begin (caller);
  while ((message = play_message (play, n, caller))) {
    gsize size;
    const gchar *data = g_bytes_get_data (message, &size);
    GString *text = g_string_new_len (data, (gssize)size);

    if (n >= changed || n == 0)
      mutation_apply (rand, text);
    if (text->len > 0)
      caller_send_whole (caller, text->str, text->len, TRUE);
    g_string_free (text, TRUE);
    g_bytes_unref (message);
    n++;
  }
  return n;
}

/* A connection is closed over what can't be read, so each call has one of its own. */
static Caller *
next_caller (Recorder *recorder, Caller *caller, gboolean tcp)
{
  if (caller && !tcp)
    return caller;
  g_clear_pointer (&caller, caller_free);
  caller = caller_new (recorder_uri (recorder), tcp);
  caller_set_patience (caller, PATIENCE_MS);
  return caller;
}

GST_START_TEST (nothing_of_them_stays)
{
  g_autoptr (GPtrArray) plays = load_plays ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  guint n_requests = number_of_requests () / 2, n_files;
  gboolean tcp = __i__ == 1;
  SiprecPolicy policy = {0};
  Caller *caller = NULL;
  Recorder *recorder;

  recorder_hurry (TIMEOUT_MS);
  recorder = recorder_new (&policy);
  siprec_endpoint_set_application (recorder_endpoint (recorder), &policy, GST_SECOND,
                                   forget_session, NULL, NULL);
  /* What the first call opens for good, the engine's threads, counts before. */
  caller = caller_new (recorder_uri (recorder), tcp);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  g_clear_pointer (&caller, caller_free);
  check_left (recorder, G_MAXUINT);
  n_files = footprint_open_files ();

  for (guint n = 0, checked = 0; n < n_requests;) {
    Play *play = g_ptr_array_index (plays, (guint)g_rand_int_range (rand, 0, (gint)plays->len));

    caller = next_caller (recorder, caller, tcp);
    n += play_changed (rand, play, caller);
    if (n / ALIVE_EVERY > checked) {
      checked = n / ALIVE_EVERY;
      check_alive (recorder, tcp);
    }
  }
  g_clear_pointer (&caller, caller_free);
  check_left (recorder, n_files);
  check_alive (recorder, tcp);
  recorder_free (recorder);
}
GST_END_TEST

static Suite *
mutations_suite (void)
{
  Suite *suite = suite_create ("mutations");
  TCase *tcase = tcase_create ("mutations");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 3600);
  tcase_add_loop_test (tcase, nothing_of_them_stays, 0, 2);
  return suite;
}

GST_CHECK_MAIN (mutations)
