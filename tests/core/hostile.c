/* Floods, races of leaving and taking, and other odd moments at an endpoint.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <sys/resource.h>
#include <unistd.h>

#include "siprec-core/error.h"
#include "tests/support/caller.h"
#include "tests/support/recorder.h"
#include "tests/support/rounds.h"

static void
on_session_count (SiprecAcceptor *acceptor, SiprecSession *session, gpointer n)
{
  g_atomic_int_inc ((gint *)n);
}

static void
on_cancel_nothing (SiprecAcceptor *acceptor, SiprecSession *session, gpointer n)
{
}

static gboolean
on_decide_nothing (SiprecAcceptor *acceptor, SiprecSession *session, gpointer n)
{
  g_atomic_int_inc ((gint *)n + 1);
  return TRUE;
}

GST_START_TEST (abandoned_session_goes_to_the_next_free_acceptor)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);
  SiprecPolicy policy = {0};
  gint one[2] = {0}, two[2] = {0};
  SiprecAcceptorHandler asks = {on_decide_nothing, on_cancel_nothing, on_session_count};
  SiprecAcceptorHandler takes = {NULL, on_cancel_nothing, on_session_count};
  SiprecAcceptor *left = siprec_endpoint_add_acceptor (recorder_endpoint (recorder), &policy,
                                                       20 * GST_SECOND, &asks, one);
  SiprecAcceptor *right = siprec_endpoint_add_acceptor (recorder_endpoint (recorder), &policy,
                                                        20 * GST_SECOND, &takes, two);

  caller_invite_only (caller, 1);
  while (!g_atomic_int_get (&one[1]))
    g_usleep (1000);
  siprec_acceptor_remove (left);
  fail_unless_equals_int (caller_finish (caller), 200);
  for (guint i = 0; i < 100 && !g_atomic_int_get (&two[0]); i++)
    g_usleep (10000);
  fail_unless_equals_int (two[0], 1);
  siprec_acceptor_remove (right);
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

GST_START_TEST (released_twice_is_given_once)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);
  SiprecPolicy policy = {0};
  gint one[2] = {0}, two[2] = {0}, given;
  SiprecAcceptorHandler takes = {NULL, on_cancel_nothing, on_session_count};
  SiprecAcceptor *left, *right;
  SiprecSession *session;

  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  session = recorder_session (recorder, 0);
  fail_unless (recorder_claim (recorder, session));
  left =
      siprec_endpoint_add_acceptor (recorder_endpoint (recorder), &policy, GST_SECOND, &takes, one);
  right =
      siprec_endpoint_add_acceptor (recorder_endpoint (recorder), &policy, GST_SECOND, &takes, two);
  g_usleep (100000);
  siprec_session_release (session);
  if (recorder_claim (recorder, session))
    siprec_session_release (session);
  g_usleep (200000);
  /* Where all is slow, the first release may be heard of before the second: both count then. */
  given = g_atomic_int_get (&one[0]) + g_atomic_int_get (&two[0]);
  fail_unless (given == 1 || (rounds (2) == 1 && given == 2));
  siprec_acceptor_remove (left);
  siprec_acceptor_remove (right);
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

typedef struct {
  gint alive, in_func, touched_after;
} App;

static void
slow_application (SiprecEndpoint *endpoint, SiprecSession *session, gpointer data)
{
  App *app = data;
  g_atomic_int_set (&app->in_func, 1);
  g_usleep (200000);
  g_atomic_int_set (&app->touched_after, !g_atomic_int_get (&app->alive));
}

static void
app_destroy (gpointer data)
{
  g_atomic_int_set (&((App *)data)->alive, 0);
}
GST_START_TEST (application_data_lives_while_it_is_called)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);
  SiprecPolicy policy = {0};
  App app = {.alive = 1};

  siprec_endpoint_set_application (recorder_endpoint (recorder), &policy, GST_SECOND,
                                   slow_application, &app, app_destroy);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  while (!g_atomic_int_get (&app.in_func))
    g_usleep (1000);
  siprec_endpoint_set_application (recorder_endpoint (recorder), &policy, GST_SECOND, NULL, NULL,
                                   NULL);
  g_usleep (400000);
  fail_if (g_atomic_int_get (&app.touched_after));
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

static gint dead_endpoint, calls_after_death;
static void
late_application (SiprecEndpoint *endpoint, SiprecSession *session, gpointer data)
{
  if (g_atomic_int_get (&dead_endpoint))
    g_atomic_int_inc (&calls_after_death);
}
GST_START_TEST (no_call_is_taken_while_closing)
{
  SiprecPolicy policy = {0};
  guint accepted = 0;

  for (guint round = 0; round < 3; round++) {
    Recorder *recorder = recorder_new (NULL);
    g_autofree gchar *uri = g_strdup (recorder_uri (recorder));
    Caller *silent = caller_new (uri, FALSE); /* answers no BYE: the endpoint lingers */
    Caller *caller = caller_new (uri, FALSE);

    g_atomic_int_set (&dead_endpoint, 0);
    siprec_endpoint_set_application (recorder_endpoint (recorder), &policy, 5 * GST_SECOND,
                                     late_application, NULL, NULL);
    fail_unless_equals_int (caller_invite (silent, 1, "sendonly"), 200);
    g_usleep (50000);
    g_atomic_int_set (&dead_endpoint, 1);
    recorder_free (recorder);
    g_usleep (100000);
    accepted += caller_invite (caller, 1, "sendonly") == 200;
    g_usleep (700000);
    caller_free (caller);
    caller_free (silent);
  }
  fail_unless_equals_int (accepted, 0);
}
GST_END_TEST

GST_START_TEST (acceptor_without_user_data_can_leave)
{
  Recorder *recorder = recorder_new (NULL);
  SiprecPolicy policy = {0};
  SiprecAcceptorHandler takes = {NULL, on_cancel_nothing, on_session_count};
  SiprecAcceptor *acceptor = siprec_endpoint_add_acceptor (recorder_endpoint (recorder), &policy,
                                                           GST_SECOND, &takes, NULL);

  alarm (5);
  siprec_acceptor_remove (acceptor);
  alarm (0);
  recorder_free (recorder);
}
GST_END_TEST

static gint n_ready, n_error;
static void
count_ready (SiprecEndpoint *endpoint, const gchar *uri, const GError *error, gpointer user_data)
{
  g_atomic_int_inc (error ? &n_error : &n_ready);
}
GST_START_TEST (no_file_left_is_survived)
{
  SiprecSettings settings = {
      .local_uri = "sip:127.0.0.1:0", .first_port = 10000, .last_port = 60000};
  SiprecEndpoint *poor, *rich;
  struct rlimit old, none;
  gint fds[4096];
  guint n = 0;

  /* It takes every file descriptor of the process, so it needs one of its own. */
  if (g_strcmp0 (g_getenv ("CK_FORK"), "no") == 0)
    return;
  poor = siprec_endpoint_get ("poor", &settings, NULL);
  getrlimit (RLIMIT_NOFILE, &old);
  none = old;
  none.rlim_cur = 64;
  setrlimit (RLIMIT_NOFILE, &none);
  while (n < 4096 && (fds[n] = dup (0)) >= 0)
    n++;
  siprec_endpoint_start (poor, count_ready, NULL);
  for (guint i = 0; i < 200 && !g_atomic_int_get (&n_error); i++)
    g_usleep (10000);
  fail_unless_equals_int (n_error, 1);
  while (n > 0)
    close (fds[--n]);
  setrlimit (RLIMIT_NOFILE, &old);
  /* A second user of the same endpoint is told as well. */
  siprec_endpoint_start (poor, count_ready, NULL);
  for (guint i = 0; i < 100 && g_atomic_int_get (&n_error) < 2; i++)
    g_usleep (10000);
  siprec_endpoint_unref (poor);
  rich = siprec_endpoint_get (NULL, &settings, NULL);
  siprec_endpoint_start (rich, count_ready, NULL);
  for (guint i = 0; i < 200 && !g_atomic_int_get (&n_ready); i++)
    g_usleep (10000);
  fail_unless_equals_int (n_ready, 1);
  fail_unless_equals_int (n_error, 2);
  siprec_endpoint_unref (rich);
}
GST_END_TEST

/* The test reaches RLIMIT_NOFILE: a call that gets no sockets is refused, and nothing of it stays. */
GST_START_TEST (call_without_files_is_refused)
{
  Recorder *recorder;
  Caller *caller;
  struct rlimit old, none;
  g_autofree gchar *retry = NULL, *warning = NULL;
  gint fds[4096];
  guint n = 0, status;

  /* It takes every file descriptor of the process, so it needs one of its own. */
  if (g_strcmp0 (g_getenv ("CK_FORK"), "no") == 0)
    return;
  recorder = recorder_new (NULL);
  recorder_accept (recorder);
  caller = caller_new (recorder_uri (recorder), FALSE);
  getrlimit (RLIMIT_NOFILE, &old);
  none = old;
  none.rlim_cur = MIN (old.rlim_max, G_N_ELEMENTS (fds));
  setrlimit (RLIMIT_NOFILE, &none);
  while (n < G_N_ELEMENTS (fds) && (fds[n] = dup (0)) >= 0)
    n++;
  /* One stream of two gets its sockets. */
  close (fds[--n]);
  close (fds[--n]);
  status = caller_invite (caller, 2, "sendonly");
  while (n > 0)
    close (fds[--n]);
  setrlimit (RLIMIT_NOFILE, &old);

  fail_unless_equals_int (status, 503);
  retry = caller_header (caller, "Retry-After");
  warning = caller_header (caller, "Warning");
  fail_unless (retry != NULL);
  fail_unless (warning && strstr (warning, "RLIMIT_NOFILE"), "%s", warning);
  fail_unless (recorder_await_idle (recorder));
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  fail_unless_equals_int (caller_bye (caller), 200);
  fail_unless (recorder_await_idle (recorder));
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

GST_START_TEST (strict_refuses_again)
{
  SiprecPolicy policy = {.strictness = SIPREC_STRICTNESS_STRICT};
  Recorder *recorder = recorder_new (&policy);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);
  static const gchar bad[] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 "
                             "0\r\nm=audio 9 RTP/AVP 0\r\na=sendonly\r\n";
  guint one, two;

  recorder_accept (recorder);
  one = caller_invite (caller, 1, "sendonly");
  fail_unless_equals_int (one, 200);
  one = caller_request (caller, "UPDATE", "application/sdp", bad);
  two = caller_request (caller, "UPDATE", "application/sdp", bad);
  fail_unless_equals_int (one, 400);
  fail_unless_equals_int (two, 400);
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

GST_START_TEST (header_names_of_strangers_are_forgotten)
{
  Recorder *recorder = recorder_new (NULL);
  static const gchar sdp[] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 "
                             "0\r\nm=audio 9 RTP/AVP 0\r\na=sendonly\r\na=label:1\r\n";
  GQuark before, after;

  recorder_apply (recorder, 5 * GST_SECOND);
  before = g_quark_from_string ("reviewer-before");
  for (guint i = 0; i < 20; i++) {
    Caller *caller = caller_new (recorder_uri (recorder), TRUE);
    GString *headers = g_string_new ("Require: siprec\r\n");

    for (guint j = 0; j < 2000; j++)
      g_string_append_printf (headers, "X-%u-%u: 1\r\n", i, j);
    caller_invite_with (caller, headers->str, "application/sdp", sdp);
    g_string_free (headers, TRUE);
    SiprecSession *session = recorder_session (recorder, i);
    if (session)
      gst_structure_free (siprec_session_get_request (session));
    caller_bye (caller);
    caller_free (caller);
  }
  after = g_quark_from_string ("reviewer-after");
  fail_unless (after - before < 3000);
  recorder_free (recorder);
}
GST_END_TEST

static void
flood (gboolean dtmf)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);
  static const gchar sdp[] =
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP "
      "0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\na=label:1\r\n";
  SiprecStreamWishes wishes = {.latency = 20 * GST_MSECOND, .fill = SIPREC_FILL_NONE};
  SiprecSession *session;
  guint n = 0, packets = 0;
  gint64 end;

  recorder_apply (recorder, 5 * GST_SECOND);
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", sdp), 200);
  session = recorder_session (recorder, 0);
  fail_unless (recorder_claim (recorder, session));
  g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  siprec_stream_claim (added->stream, &wishes, NULL);
  end = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end) {
    for (guint i = 0; i < 5; i++) {
      guint8 packet[172] = {0x80, 0};
      guint16 seq = packets * (dtmf ? 1 : 2);
      guint32 ts = packets * (dtmf ? 8 : 16);

      GST_WRITE_UINT16_BE (packet + 2, seq);
      GST_WRITE_UINT32_BE (packet + 4, ts);
      GST_WRITE_UINT32_BE (packet + 8, 0x1234);
      if (dtmf) {
        packet[1] = 101;
        packet[12] = packets % 10;
        packet[13] = 0x80;
        packet[15] = 8;
      }
      caller_send_raw (caller, 0, packet, dtmf ? 16 : 12 + 8);
      packets++;
    }
    g_usleep (1000);
    SiprecEvent *event;
    SiprecUnit units[16];
    guint got;
    while ((event = siprec_session_pop_event (session))) {
      n += event->type == (dtmf ? SIPREC_EVENT_DTMF : SIPREC_EVENT_MEDIA_LOSS);
      siprec_event_unref (event);
    }
    while ((got = siprec_stream_pop (added->stream, units, 16)))
      while (got)
        siprec_unit_clear (&units[--got]);
  }
  fail_unless (n < 200);
  caller_free (caller);
  recorder_free (recorder);
}
GST_START_TEST (losses_are_told_in_sum)
{
  flood (FALSE);
}
GST_END_TEST
GST_START_TEST (keys_are_not_endless)
{
  flood (TRUE);
}
GST_END_TEST

/* c13: the endpoint is gone before the worker's last word */
GST_START_TEST (streams_end_after_the_endpoint)
{
  for (guint i = 0; i < 20; i++) {
    Recorder *recorder = recorder_new (NULL);
    Caller *caller = caller_new (recorder_uri (recorder), FALSE);

    recorder_apply (recorder, 5 * GST_SECOND);
    fail_unless_equals_int (caller_invite (caller, 4, "sendonly"), 200);
    caller_free (caller);
    recorder_free (recorder);
    g_usleep (60000);
  }
}
GST_END_TEST

/* c14: the application keeps a session longer than the endpoint */
GST_START_TEST (sessions_outlive_the_endpoint)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);
  g_autoptr (SiprecSession) session = NULL;

  recorder_apply (recorder, 5 * GST_SECOND);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  session = g_object_ref (recorder_session (recorder, 0));
  fail_unless (siprec_session_claim (session, NULL, NULL, NULL, NULL));
  caller_bye (caller);
  fail_unless (recorder_await_idle (recorder));
  caller_free (caller);
  recorder_free (recorder);
  g_usleep (1000000);
  siprec_session_hangup (session, NULL);
  siprec_session_release (session);
}
GST_END_TEST

static Suite *
hostile_suite (void)
{
  Suite *suite = suite_create ("hostile");
  TCase *tcase = tcase_create ("hostile");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, abandoned_session_goes_to_the_next_free_acceptor);
  tcase_add_test (tcase, released_twice_is_given_once);
  tcase_add_test (tcase, application_data_lives_while_it_is_called);
  tcase_add_test (tcase, no_call_is_taken_while_closing);
  tcase_add_test (tcase, acceptor_without_user_data_can_leave);
  tcase_add_test (tcase, no_file_left_is_survived);
  tcase_add_test (tcase, call_without_files_is_refused);
  tcase_add_test (tcase, strict_refuses_again);
  tcase_add_test (tcase, header_names_of_strangers_are_forgotten);
  tcase_add_test (tcase, losses_are_told_in_sum);
  tcase_add_test (tcase, keys_are_not_endless);
  tcase_add_test (tcase, streams_end_after_the_endpoint);
  tcase_add_test (tcase, sessions_outlive_the_endpoint);
  return suite;
}

GST_CHECK_MAIN (hostile)
