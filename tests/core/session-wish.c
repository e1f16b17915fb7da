/* What the recorder wants of the client: pause, resume, a snapshot of the metadata.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"

#define SNAPSHOT                                                                                   \
  "<recording xmlns='urn:ietf:params:xml:ns:recording:1'><datamode>%s</datamode>"                  \
  "<participant participant_id='cGVyc29uIG51bWJlciBvZ0=='><nameID "                                \
  "aor='sip:a@b'><name>%s</name></nameID>"                                                         \
  "</participant></recording>"

static void
call (guint n_streams)
{
  fail_unless_equals_int (caller_invite (caller, n_streams, "sendonly"), 200);
  ends_claim ();
}

static void
expect_event (SiprecEventType type, const gchar *stream)
{
  g_autoptr (SiprecEvent) event = recorder_event (recorder, session, type);

  fail_unless (event != NULL);
  fail_unless_equals_string (json_object_get_string_member (event->data, "stream"), stream);
}

/* The direction of line @n in the SDP that the caller got last. */
static const gchar *
direction (guint n)
{
  const gchar *line = caller_last (caller);

  for (guint i = 0; line && i <= n; i++)
    line = strstr (line + 1, "\nm=");
  if (line == NULL)
    return "";
  return strstr (line, "a=recvonly") && (!strstr (line, "a=inactive") ||
                                         strstr (line, "a=recvonly") < strstr (line, "a=inactive"))
             ? "recvonly"
             : "inactive";
}

GST_START_TEST (a_session_is_paused_and_resumed)
{
  g_autofree gchar *require = NULL;
  g_autofree gchar *names = NULL;

  call (2);
  siprec_session_pause (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  require = caller_header (caller, "Require");
  fail_unless_equals_string (require, "siprec");
  fail_unless_equals_string (direction (0), "inactive");
  fail_unless_equals_string (direction (1), "inactive");
  ends_expect_reply ("200 done");
  expect_event (SIPREC_EVENT_STREAM_HELD, "audio_0");
  expect_event (SIPREC_EVENT_STREAM_HELD, "audio_1");

  /* The client may offer what it likes meanwhile; new lines are paused as well. */
  fail_unless_equals_int (caller_reinvite (caller, 3, "sendonly"), 200);
  fail_unless_equals_string (direction (0), "inactive");
  fail_unless_equals_string (direction (2), "inactive");
  expect_event (SIPREC_EVENT_STREAM_ADDED, "audio_2");

  siprec_session_resume (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  fail_unless_equals_string (direction (0), "recvonly");
  fail_unless_equals_string (direction (2), "recvonly");
  ends_expect_reply ("200 done");
  names = ends_hang_up (TRUE);
  fail_unless_equals_string (names, "stream.resumed stream.resumed stream.resumed session.ended");
}
GST_END_TEST

GST_START_TEST (one_line_is_paused)
{
  call (2);
  siprec_session_pause (session, 1, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  fail_unless_equals_string (direction (0), "recvonly");
  fail_unless_equals_string (direction (1), "inactive");
  ends_expect_reply ("200 done");
  expect_event (SIPREC_EVENT_STREAM_HELD, "audio_1");
  siprec_session_resume (session, 1, ends_on_reply, NULL);
  siprec_session_pause (session, 2, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  ends_expect_reply ("200 done");
  ends_expect_reply ("0 There is no such stream");
  expect_event (SIPREC_EVENT_STREAM_RESUMED, "audio_1");
}
GST_END_TEST

GST_START_TEST (glare_is_tried_again)
{
  call (1);
  caller_set_status (caller, "491 Request Pending");
  siprec_session_pause (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  caller_set_status (caller, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  ends_expect_reply ("200 done");
}
GST_END_TEST

/* A pause must not depend on the client; its end does. */
GST_START_TEST (a_refused_pause_is_a_pause)
{
  call (1);
  caller_set_status (caller, "488 Not Acceptable Here");
  siprec_session_pause (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  ends_expect_reply ("488 done");
  expect_event (SIPREC_EVENT_STREAM_HELD, "audio_0");
  siprec_session_resume (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  ends_expect_reply ("488 The client refuses");
  caller_set_status (caller, NULL);
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  fail_unless_equals_string (direction (0), "inactive");
}
GST_END_TEST

/* What the client sends during a pause is dropped, and is no loss. */
GST_START_TEST (nothing_is_received_during_a_pause)
{
  g_autofree gchar *names = NULL;
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_SILENCE, .latency = 20 * GST_MSECOND};
  SiprecStream *stream;
  SiprecUnit unit;
  gsize n_octets = 0;

  call (1);
  g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  stream = added->stream;
  siprec_stream_claim (stream, &wishes, NULL);
  caller_talk (caller, 1, 5);
  siprec_session_pause (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  ends_expect_reply ("200 done");
  caller_talk (caller, 1, 20);
  siprec_session_resume (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  ends_expect_reply ("200 done");
  caller_talk (caller, 1, 5);
  names = ends_hang_up (TRUE);
  fail_if (strstr (names, "loss"), "%s", names);
  while (siprec_stream_pop (stream, &unit, 1) == 1) {
    if (unit.type == SIPREC_UNIT_DATA && !GST_BUFFER_FLAG_IS_SET (unit.buffer, GST_BUFFER_FLAG_GAP))
      n_octets += gst_buffer_get_size (unit.buffer);
    siprec_unit_clear (&unit);
  }
  /* Ten packets of 160; a pause begins with the worker's next tick, so one may be less or more. */
  fail_unless (n_octets >= 5 * 160 && n_octets <= 11 * 160, "%zu", n_octets);
  siprec_stream_release (stream);
}
GST_END_TEST

static guint
send_metadata (const gchar *mode, const gchar *name)
{
  g_autofree gchar *xml = g_strdup_printf (SNAPSHOT, mode, name);

  return caller_request (caller, "UPDATE", "application/rs-metadata+xml", xml);
}

GST_START_TEST (a_snapshot_is_requested)
{
  static const gchar *const expected[][2] = {{"Content-Type", "application/rs-metadata+xml"},
                                             {"Content-Disposition", "recording-session"},
                                             {"Require", "siprec"},
                                             {"Accept", "application/rs-metadata+xml"}};

  call (1);
  siprec_session_request_snapshot (session, "lost <track>", ends_on_reply, NULL);
  fail_unless (caller_await (caller, "UPDATE"));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_autofree gchar *value = caller_header (caller, expected[i][0]);

    fail_unless_equals_string (value, expected[i][1]);
  }
  fail_unless (strstr (caller_last (caller),
                       "<requestsnapshot xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
                       "<requestreason>lost &lt;track&gt;</requestreason></requestsnapshot>"));
  ends_expect_reply ("200 done");
  siprec_session_request_snapshot (session, NULL, ends_on_reply, NULL);
  ends_expect_reply ("0 A snapshot was requested");

  /* Until it is here, partial documents are told but not believed. */
  fail_unless_equals_int (send_metadata ("partial", "Al"), 200);
  fail_unless_equals_int (send_metadata ("complete", "Bo"), 200);
  g_autoptr (SiprecEvent) updated =
      recorder_event (recorder, session, SIPREC_EVENT_PARTICIPANT_UPDATED);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;

  json_node_set_object (node, updated->data);
  text = json_to_string (node, FALSE);
  fail_unless (strstr (text, "Bo"), "%s", text);
}
GST_END_TEST

GST_START_TEST (a_snapshot_may_be_refused)
{
  call (1);
  caller_set_status (caller, "501 Not Implemented");
  siprec_session_request_snapshot (session, NULL, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "UPDATE"));
  ends_expect_reply ("501 The client refuses");
}
GST_END_TEST

/* Nobody waits for ever. */
GST_START_TEST (the_end_answers_all_wishes)
{
  call (1);
  caller_set_status (caller, "491 Request Pending");
  siprec_session_pause (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  siprec_session_request_snapshot (session, NULL, ends_on_reply, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  fail_unless_equals_int (caller_bye (caller), 200);
  ends_expect_reply ("0 The recording session is over");
  ends_expect_reply ("0 The recording session is over");
  siprec_session_resume (session, SIPREC_ALL_LINES, ends_on_reply, NULL);
  ends_expect_reply ("0 The recording session is over");
}
GST_END_TEST

static Suite *
session_wish_suite (void)
{
  Suite *suite = suite_create ("session-wish");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 30);
  tcase_add_checked_fixture (tcase, ends_open, ends_close);
  tcase_add_test (tcase, a_session_is_paused_and_resumed);
  tcase_add_test (tcase, one_line_is_paused);
  tcase_add_test (tcase, glare_is_tried_again);
  tcase_add_test (tcase, a_refused_pause_is_a_pause);
  tcase_add_test (tcase, nothing_is_received_during_a_pause);
  tcase_add_test (tcase, a_snapshot_is_requested);
  tcase_add_test (tcase, a_snapshot_may_be_refused);
  tcase_add_test (tcase, the_end_answers_all_wishes);
  return suite;
}

GST_CHECK_MAIN (session_wish)
