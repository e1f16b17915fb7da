/* What later offers of the client change in a session, by INVITE and by UPDATE.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"

#define HEAD    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
#define PCMU    "m=audio 40000 RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n"
#define MOVED   "m=audio 42000 RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n"
#define PCMA    "m=audio 42000 RTP/AVP 8\r\na=label:1\r\na=sendonly\r\n"
#define SECOND  "m=audio 40002 RTP/AVP 0\r\na=label:2\r\na=sendonly\r\n"
#define VIDEO   "m=video 40002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=label:3\r\na=sendonly\r\n"
#define GONE    "m=audio 0 RTP/AVP 0\r\n"
#define NOWHERE "m=audio 40000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=label:1\r\na=sendonly\r\n"

static const gchar *const methods[] = {"INVITE", "UPDATE"};

/* Hangs up and checks which events there were, from the session's start to its end. */
static void
expect_events (const gchar *expected)
{
  g_autofree gchar *names = ends_hang_up (TRUE);

  fail_unless_equals_string (names, expected);
}

/* A name is given once: the line that comes back is audio_2, not audio_1. */
GST_START_TEST (a_slot_is_used_again)
{
  guint16 port;

  ends_call (HEAD PCMU SECOND);
  port = caller_port (caller, 0);
  fail_unless_equals_int (
      caller_request (caller, methods[__i__], "application/sdp", HEAD PCMU GONE), 200);
  fail_unless_equals_int (caller_port (caller, 1), 0);
  fail_unless_equals_int (
      caller_request (caller, methods[__i__], "application/sdp", HEAD PCMU SECOND), 200);
  fail_unless (caller_port (caller, 1) != 0);
  fail_unless_equals_int (caller_port (caller, 0), port);
  for (guint i = 0; i < 3; i++) {
    static const gchar *const names[] = {"audio_0", "audio_1", "audio_2"};
    g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);

    fail_unless_equals_string (json_object_get_string_member (added->data, "stream"), names[i]);
  }
  expect_events ("session.ended");
}
GST_END_TEST

GST_START_TEST (a_slot_is_used_by_another_kind)
{
  ends_call (HEAD PCMU SECOND);
  fail_unless_equals_int (
      caller_request (caller, methods[__i__], "application/sdp", HEAD PCMU VIDEO), 200);
  fail_unless (strstr (caller_last (caller), "a=label:3"));
  g_autoptr (SiprecEvent) removed = recorder_event (recorder, session, SIPREC_EVENT_STREAM_REMOVED);
  fail_unless_equals_string (json_object_get_string_member (removed->data, "stream"), "audio_1");
  g_autoptr (SiprecEvent) video = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  fail_unless_equals_string (json_object_get_string_member (video->data, "stream"), "video_0");
  fail_unless_equals_string (json_object_get_string_member (video->data, "kind"), "video");
  /* And back to audio. */
  fail_unless_equals_int (
      caller_request (caller, methods[__i__], "application/sdp", HEAD PCMU SECOND), 200);
  g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  fail_unless_equals_string (json_object_get_string_member (added->data, "stream"), "audio_2");
  fail_unless_equals_int (json_object_get_int_member (added->data, "mline"), 1);
}
GST_END_TEST

/* RFC 2543 style; RFC 3264 section 8.4. */
GST_START_TEST (no_address_is_a_hold)
{
  guint16 port;

  ends_call (HEAD PCMU);
  port = caller_port (caller, 0);
  fail_unless_equals_int (caller_request (caller, methods[__i__], "application/sdp", HEAD NOWHERE),
                          200);
  fail_unless_equals_int (caller_port (caller, 0), port);
  fail_unless (strstr (caller_last (caller), "a=inactive"));
  fail_unless_equals_int (caller_request (caller, methods[__i__], "application/sdp", HEAD NOWHERE),
                          200);
  fail_unless_equals_int (caller_request (caller, methods[__i__], "application/sdp", HEAD PCMU),
                          200);
  fail_unless (strstr (caller_last (caller), "a=recvonly"));
  expect_events ("session.started stream.added stream.held deviation stream.resumed session.ended");
}
GST_END_TEST

GST_START_TEST (a_client_that_moves_disturbs_nothing)
{
  g_autofree gchar *before = NULL;

  ends_call (HEAD PCMU);
  before = g_strdup (strstr (caller_last (caller), "\r\n\r\n"));
  fail_unless_equals_int (caller_request (caller, methods[__i__], "application/sdp", HEAD MOVED),
                          200);
  fail_unless_equals_string (strstr (caller_last (caller), "\r\n\r\n"), before);
  expect_events ("session.started stream.added session.ended");
}
GST_END_TEST

GST_START_TEST (a_codec_changes)
{
  guint16 port;

  ends_call (HEAD PCMU);
  port = caller_port (caller, 0);
  fail_unless_equals_int (caller_request (caller, methods[__i__], "application/sdp", HEAD PCMA),
                          200);
  fail_unless_equals_int (caller_port (caller, 0), port);
  g_autoptr (SiprecEvent) updated = recorder_event (recorder, session, SIPREC_EVENT_STREAM_UPDATED);
  fail_unless_equals_string (json_object_get_string_member (updated->data, "codec"), "PCMA");
  expect_events ("session.ended");
}
GST_END_TEST

GST_START_TEST (sdp_and_metadata_change_together)
{
  static const gchar body[] =
      "--b\r\nContent-Type: application/rs-metadata+xml\r\n"
      "Content-Disposition: recording-session\r\n\r\n"
      "<recording xmlns='urn:ietf:params:xml:ns:recording:1'><datamode>complete</datamode>"
      "<session session_id='YSBjYWxsIG9mIGNhbGxlcg=='/><participant "
      "participant_id='cGVyc29uIG51bWJlciBvZ0=='><nameID aor='sip:a@b'>"
      "<name>Ann</name></nameID></participant><stream stream_id='c3RyZWFtIG51bWJlciBvZ0==' "
      "session_id='YSBjYWxsIG9mIGNhbGxlcg=='>"
      "<label>2</label></stream><participantsessionassoc participant_id='cGVyc29uIG51bWJlciBvZ0==' "
      "session_id='YSBjYWxsIG9mIGNhbGxlcg=='/>"
      "<participantstreamassoc "
      "participant_id='cGVyc29uIG51bWJlciBvZ0=='><send>c3RyZWFtIG51bWJlciBvZ0==</send></"
      "participantstreamassoc>"
      "</recording>\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" HEAD PCMU SECOND
      "\r\n--b--\r\n";
  JsonArray *participants;

  ends_call (HEAD PCMU);
  fail_unless_equals_int (
      caller_request (caller, methods[__i__], "multipart/mixed;boundary=b", body), 200);
  g_autoptr (SiprecEvent) one = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  participants = json_object_get_array_member (added->data, "participants");
  fail_unless_equals_int (json_array_get_length (participants), 1);
  /* No stream of the document is that of the first line. */
  expect_events ("deviation session.ended");
}
GST_END_TEST

/* Neither OPTIONS nor an INFO of whatever kind changes anything, and a jump of CSeq means nothing. */
GST_START_TEST (other_requests_change_nothing)
{
  g_autofree gchar *allow = NULL;
  g_autofree gchar *accept = NULL;

  ends_call (HEAD PCMU);
  fail_unless_equals_int (caller_request (caller, "OPTIONS", NULL, NULL), 200);
  allow = caller_header (caller, "Allow");
  accept = caller_header (caller, "Accept");
  fail_unless (allow && strstr (allow, "UPDATE") && strstr (allow, "PRACK"));
  fail_unless (accept && strstr (accept, "application/rs-metadata+xml"));
  fail_unless_equals_int (
      caller_request (caller, "INFO", "application/media_control+xml", "<media_control/>"), 200);
  fail_unless_equals_int (caller_request (caller, "UPDATE", NULL, NULL), 200);
  fail_unless_equals_int (caller_request (caller, "PRACK", NULL, NULL), 481);
  expect_events ("session.started stream.added session.ended");
}
GST_END_TEST

static Suite *
session_changes_suite (void)
{
  Suite *suite = suite_create ("session-changes");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, ends_open, ends_close);
  tcase_add_loop_test (tcase, a_slot_is_used_again, 0, 2);
  tcase_add_loop_test (tcase, a_slot_is_used_by_another_kind, 0, 2);
  tcase_add_loop_test (tcase, no_address_is_a_hold, 0, 2);
  tcase_add_loop_test (tcase, a_client_that_moves_disturbs_nothing, 0, 2);
  tcase_add_loop_test (tcase, a_codec_changes, 0, 2);
  tcase_add_loop_test (tcase, sdp_and_metadata_change_together, 0, 2);
  tcase_add_test (tcase, other_requests_change_nothing);
  return suite;
}

GST_CHECK_MAIN (session_changes)
