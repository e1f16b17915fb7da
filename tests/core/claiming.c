/* Who takes a call: acceptors in a queue, an application, nobody.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"
#include "siprec-core/error.h"

GST_START_TEST (nobody_free_is_503)
{
  g_autofree gchar *retry = NULL;

  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 503);
  retry = caller_header (caller, "Retry-After");
  fail_unless (retry != NULL);
  fail_unless_equals_int (siprec_endpoint_n_sessions (recorder_endpoint (recorder)), 0);
}
GST_END_TEST

GST_START_TEST (acceptors_take_one_call_each_in_turn)
{
  Caller *callers[3];

  recorder_accept (recorder);
  recorder_accept (recorder);
  for (guint i = 0; i < 3; i++) {
    callers[i] = caller_new (recorder_uri (recorder), i == 1);
    fail_unless_equals_int (caller_invite (callers[i], 1, "sendonly"), i < 2 ? 200 : 503);
  }
  fail_unless (recorder_session (recorder, 1) != NULL);
  fail_unless_equals_int (siprec_endpoint_n_sessions (recorder_endpoint (recorder)), 2);
  for (guint i = 0; i < 2; i++)
    fail_unless_equals_int (caller_bye (callers[i]), 200);
  fail_unless (recorder_await_idle (recorder));
  for (guint i = 0; i < 3; i++)
    caller_free (callers[i]);
}
GST_END_TEST

GST_START_TEST (an_acceptor_that_left_takes_nothing)
{
  recorder_accept (recorder);
  recorder_stop_accepting (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 503);
}
GST_END_TEST

GST_START_TEST (a_refusal_frees_the_acceptor)
{
  recorder_ask (recorder, 5 * GST_SECOND);
  recorder_accept (recorder);
  caller_invite_only (caller, 1);
  recorder_decide (recorder, 486, 0);
  fail_unless_equals_int (caller_finish (caller), 486);
  caller_invite_only (caller, 1);
  recorder_decide (recorder, 0, 0);
  fail_unless_equals_int (caller_finish (caller), 200);
  fail_unless (recorder_session (recorder, 0) != NULL);
}
GST_END_TEST

GST_START_TEST (silence_is_consent)
{
  recorder_ask (recorder, 50 * GST_MSECOND);
  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
}
GST_END_TEST

GST_START_TEST (single_streams_can_be_refused)
{
  recorder_ask (recorder, 5 * GST_SECOND);
  recorder_accept (recorder);
  caller_invite_only (caller, 3);
  recorder_decide (recorder, 0, 1 << 1);
  fail_unless_equals_int (caller_finish (caller), 200);
  fail_unless (caller_port (caller, 0) != 0);
  fail_unless_equals_int (caller_port (caller, 1), 0);
  fail_unless (caller_port (caller, 2) != 0);
}
GST_END_TEST

GST_START_TEST (cancel_while_deciding)
{
  recorder_ask (recorder, 20 * GST_SECOND);
  recorder_accept (recorder);
  caller_invite_only (caller, 1);
  fail_unless_equals_int (caller_cancel (caller), 200);
  fail_unless (recorder_await_idle (recorder));
  /* The acceptor is free again. */
  caller_invite_only (caller, 1);
  recorder_decide (recorder, 0, 0);
  fail_unless_equals_int (caller_finish (caller), 200);
}
GST_END_TEST

GST_START_TEST (an_application_that_does_not_claim_ends_the_call)
{
  g_autoptr (SiprecEvent) event = NULL;

  recorder_apply (recorder, 100 * GST_MSECOND);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (caller_await (caller, "BYE"));
  fail_unless (recorder_await_idle (recorder));
  fail_unless (recorder_claim (recorder, recorder_session (recorder, 0)));
  event = recorder_event (recorder, recorder_session (recorder, 0), SIPREC_EVENT_SESSION_ENDED);
  fail_unless_equals_string (json_object_get_string_member (event->data, "cause"), "unclaimed");
}
GST_END_TEST

/* An acceptor that was given a session and has hung itself up must not keep it for ever. */
GST_START_TEST (an_acceptor_that_does_not_claim_ends_the_call)
{
  recorder_apply (recorder, 100 * GST_MSECOND);
  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (caller_await (caller, "BYE"));
  fail_unless (recorder_await_idle (recorder));

  /* Nor one that gets it from somebody else. */
  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (recorder_claim (recorder, recorder_session (recorder, 1)));
  recorder_accept (recorder);
  siprec_session_release (recorder_session (recorder, 1));
  fail_unless (recorder_session (recorder, 2) == recorder_session (recorder, 1));
  fail_unless (caller_await (caller, "BYE"));
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

GST_START_TEST (a_session_has_one_consumer_at_a_time)
{
  g_autofree gchar *told = NULL, *again = NULL;

  recorder_apply (recorder, 5 * GST_SECOND);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  session = recorder_session (recorder, 0);
  fail_unless (recorder_claim (recorder, session));
  fail_if (recorder_claim (recorder, session));
  told = recorder_events_until (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  siprec_session_release (session);
  fail_unless (recorder_claim (recorder, session));
  /* Whoever takes over learns of the session and its streams again. */
  again = recorder_events_until (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  fail_unless_equals_string (again, "session.started stream.added");
}
GST_END_TEST

GST_START_TEST (a_released_session_goes_to_the_next_acceptor)
{
  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  session = recorder_session (recorder, 0);
  fail_unless (recorder_claim (recorder, session));
  siprec_session_release (session);
  recorder_accept (recorder);
  fail_unless (recorder_session (recorder, 1) == session);
}
GST_END_TEST

GST_START_TEST (hangup_says_bye_with_a_reason)
{
  g_autofree gchar *reason = NULL;

  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  siprec_session_hangup (recorder_session (recorder, 0), "disk is full");
  fail_unless (caller_await (caller, "BYE"));
  reason = caller_header (caller, "Reason");
  fail_unless (reason && strstr (reason, "disk is full"));
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

/* RFC 3326: a whole header is sent as it is; what only looks like one becomes a text. */
GST_START_TEST (hangup_for_a_chosen_reason)
{
  static const gchar *const rows[][2] = {
      {"Q.850;cause=16;text=\"done\"", "Q.850;cause=16;text=\"done\""},
      {"SIP;cause=600", "SIP;cause=600"},
      {"SIP;cause=600\r\nX-Evil: 1", "SIP;cause=200;text=\"SIP;cause=600..X-Evil: 1\""},
      {"SIP;cause=600;text=\"a\\\"", "SIP;cause=200;text=\"SIP;cause=600;text='a''\""},
      {"cause=1", "SIP;cause=200;text=\"cause=1\""},
      {NULL, "SIP;cause=200;text=\"recording ended\""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *reason = NULL;

    recorder_accept (recorder);
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    siprec_session_hangup (recorder_session (recorder, i), rows[i][0]);
    fail_unless (caller_await (caller, "BYE"));
    reason = caller_header (caller, "Reason");
    fail_unless_equals_string (reason, rows[i][1]);
  }
}
GST_END_TEST

GST_START_TEST (the_last_reference_says_bye)
{
  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (recorder_session (recorder, 0) != NULL);
  g_clear_pointer (&recorder, recorder_free);
  fail_unless (caller_await (caller, "BYE"));
}
GST_END_TEST

GST_START_TEST (draining_refuses_calls_and_options)
{
  recorder_accept (recorder);
  fail_unless_equals_int (caller_options (caller), 200);
  siprec_endpoint_set_draining (recorder_endpoint (recorder), TRUE);
  fail_unless_equals_int (caller_options (caller), 503);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 503);
}
GST_END_TEST

static void
expect_settings_error (SiprecSettings settings, const gchar *name, const gchar *quoted)
{
  g_autoptr (GError) error = NULL;

  fail_unless (siprec_endpoint_get (name, &settings, &error) == NULL);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS));
  fail_unless (strstr (error->message, quoted) != NULL, "%s", error->message);
}

GST_START_TEST (bad_settings_are_named)
{
  SiprecSettings good = {.local_uri = "sip:127.0.0.1:0", .first_port = 10000, .last_port = 20000};
  SiprecSettings settings = good;

  settings.local_uri = "http://127.0.0.1";
  expect_settings_error (settings, NULL, "http://127.0.0.1");
  settings = good;
  settings.media_address = "example.org";
  expect_settings_error (settings, NULL, "example.org");
  settings = good;
  settings.last_port = 9999;
  expect_settings_error (settings, NULL, "10000-9999");

  g_autoptr (SiprecEndpoint) shared = siprec_endpoint_get ("shared", &good, NULL);
  g_autoptr (SiprecEndpoint) same = siprec_endpoint_get ("shared", &good, NULL);
  fail_unless (shared && shared == same);
  settings = good;
  settings.last_port = 30000;
  expect_settings_error (settings, "shared", "port-range");
}
GST_END_TEST

#define N_BURST 50

GST_START_TEST (a_burst_of_calls_loses_no_first_packet)
{
  Caller *callers[N_BURST];

  recorder_apply (recorder, 5 * GST_SECOND);
  for (guint i = 0; i < N_BURST; i++)
    callers[i] = caller_new (recorder_uri (recorder), FALSE);
  for (guint i = 0; i < N_BURST; i++)
    caller_invite_only (callers[i], 1);
  for (guint i = 0; i < N_BURST; i++) {
    fail_unless_equals_int (caller_finish (callers[i]), 200);
    caller_send (callers[i], 0, 0x42);
  }
  /* Only now does the application get to them. */
  for (guint i = 0; i < N_BURST; i++) {
    SiprecStreamWishes wishes = {.latency = 20 * GST_MSECOND};
    g_autoptr (SiprecEvent) added = NULL;
    SiprecUnit unit;

    session = recorder_session (recorder, i);
    fail_unless (recorder_claim (recorder, session));
    added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
    siprec_stream_claim (added->stream, &wishes, NULL);
    fail_unless (siprec_stream_wait (added->stream));
    fail_unless_equals_int (siprec_stream_pop (added->stream, &unit, 1), 1);
    fail_unless_equals_int (unit.type, SIPREC_UNIT_DATA);
    fail_unless (gst_buffer_memcmp (unit.buffer, 0, "\x42\x42", 2) == 0);
    siprec_unit_clear (&unit);
  }
  for (guint i = 0; i < N_BURST; i++) {
    fail_unless_equals_int (caller_bye (callers[i]), 200);
    caller_free (callers[i]);
  }
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

static Suite *
claiming_suite (void)
{
  Suite *suite = suite_create ("claiming");
  TCase *tcase = tcase_create ("claiming");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, ends_open_unattended, ends_close);
  tcase_add_test (tcase, nobody_free_is_503);
  tcase_add_test (tcase, acceptors_take_one_call_each_in_turn);
  tcase_add_test (tcase, an_acceptor_that_left_takes_nothing);
  tcase_add_test (tcase, a_refusal_frees_the_acceptor);
  tcase_add_test (tcase, silence_is_consent);
  tcase_add_test (tcase, single_streams_can_be_refused);
  tcase_add_test (tcase, cancel_while_deciding);
  tcase_add_test (tcase, an_application_that_does_not_claim_ends_the_call);
  tcase_add_test (tcase, an_acceptor_that_does_not_claim_ends_the_call);
  tcase_add_test (tcase, a_session_has_one_consumer_at_a_time);
  tcase_add_test (tcase, a_released_session_goes_to_the_next_acceptor);
  tcase_add_test (tcase, hangup_says_bye_with_a_reason);
  tcase_add_test (tcase, hangup_for_a_chosen_reason);
  tcase_add_test (tcase, the_last_reference_says_bye);
  tcase_add_test (tcase, draining_refuses_calls_and_options);
  tcase_add_test (tcase, bad_settings_are_named);
  tcase_add_test (tcase, a_burst_of_calls_loses_no_first_packet);
  return suite;
}

GST_CHECK_MAIN (claiming)
