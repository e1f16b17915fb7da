/* Sessions that live longer than the calls in them (RFC 7866 section 10): streams and calls come and go.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"

#define HEAD   "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
#define SILENT "m=audio 0 RTP/AVP 0\r\na=label:1\r\n"
#define AUDIO  "m=audio 40000 RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n"
#define VIDEO  "m=image 40002 udptl t38\r\na=label:2\r\n"

static void
offer (const gchar *sdp, guint status)
{
  fail_unless_equals_int (caller_request (caller, "INVITE", "application/sdp", sdp), (gint)status);
}

static void
update (const gchar *xml)
{
  g_autofree gchar *document = g_strconcat (
      "<recording xmlns='urn:ietf:params:xml:ns:recording:1'>", xml, "</recording>", NULL);

  fail_unless_equals_int (
      caller_request (caller, "UPDATE", "application/rs-metadata+xml", document), 200);
}

/* No line, or none that is in use: the session is there all the same. */
GST_START_TEST (streams_come_later)
{
  static const gchar *const firsts[] = {HEAD, HEAD SILENT, HEAD SILENT VIDEO};
  g_autofree gchar *names = NULL;

  ends_open ();
  if (__i__ == 2) {
    /* What is offered and can't be received at all is refused as ever. */
    fail_unless_equals_int (
        caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", firsts[2]), 488);
    return;
  }
  ends_call (firsts[__i__]);
  fail_unless_equals_int (caller_port (caller, 0), 0);
  offer (HEAD AUDIO, 200);
  fail_unless (caller_port (caller, 0) > 0);
  offer (HEAD SILENT, 200);
  fail_unless_equals_int (caller_port (caller, 0), 0);
  offer (HEAD AUDIO AUDIO, 200);
  names = ends_hang_up (FALSE);
  fail_unless_equals_string (
      names, "session.started stream.added stream.removed stream.added stream.added session.ended");
}
GST_END_TEST

/* Two calls, one after the other and for a while at once, in one session; the second one is a complete
 * document in which the first is missing. */
GST_START_TEST (calls_come_and_go)
{
  static const gchar one[] = "<datamode>partial</datamode><session session_id='one'/>"
                             "<participant participant_id='a'><nameID aor='sip:a@x'/></participant>"
                             "<participantsessionassoc participant_id='a' session_id='one'/>";
  g_autoptr (GString) calls = g_string_new (NULL);
  g_autofree gchar *names = NULL;

  ends_open ();
  ends_call (HEAD AUDIO);
  update (one);
  update ("<datamode>partial</datamode><session session_id='two'/>"
          "<participantsessionassoc participant_id='a' session_id='two'/>");
  update ("<datamode>partial</datamode><session session_id='one'>"
          "<stop-time>2026-01-01T00:00:00Z</stop-time></session>");
  update ("<datamode>complete</datamode>");
  update (one);
  names = ends_hang_up (FALSE);
  for (const gchar *place = names; (place = strstr (place, "call.")); place++)
    g_string_append_printf (calls, "%.*s ", (int)strcspn (place, " "), place);
  fail_unless_equals_string (calls->str,
                             "call.started call.started call.ended call.ended call.started ");
  /* The stream runs through it all. */
  fail_if (strstr (names, "stream.removed"), "%s", names);
}
GST_END_TEST

/* RFC 3264 section 8: lines stay. What a client forgets is gone, and told. */
GST_START_TEST (lines_are_missing)
{
  SiprecPolicy strict = {.strictness = SIPREC_STRICTNESS_STRICT};
  g_autofree gchar *names = NULL;
  gboolean lenient = __i__ == 0;

  ends_open_with (lenient ? NULL : &strict, FALSE);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  ends_claim ();
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), lenient ? 200 : 488);
  fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  names = ends_hang_up (TRUE);
  fail_unless ((strstr (names, "stream.removed deviation stream.added session.ended") != NULL) ==
                   lenient,
               "%s", names);
}
GST_END_TEST

/* A line that can't be received is refused, and somebody may miss it. */
GST_START_TEST (refused_lines_are_told)
{
  g_autofree gchar *told = NULL;

  ends_open ();
  ends_call (HEAD AUDIO VIDEO);
  for (;;) {
    g_autoptr (SiprecEvent) event = recorder_event (recorder, session, SIPREC_EVENT_DEVIATION);

    fail_unless (event != NULL);
    if (g_strcmp0 (json_object_get_string_member (event->data, "id"), "sdp-line-refused"))
      continue;
    fail_unless_equals_string (json_object_get_string_member (event->data, "detail"),
                               "line 1 (image udptl)");
    break;
  }
  told = ends_hang_up (FALSE);
}
GST_END_TEST

/* What was not wanted at the start isn't wanted after a hold either, until the client gives it up. */
GST_START_TEST (a_refused_stream_stays_refused)
{
  recorder = recorder_new (NULL);
  caller = caller_new (recorder_uri (recorder), FALSE);
  recorder_ask (recorder, 5 * GST_SECOND);
  recorder_accept (recorder);
  caller_invite_only (caller, 2);
  recorder_decide (recorder, 0, 1 << 1);
  fail_unless_equals_int (caller_finish (caller), 200);
  fail_unless_equals_int (caller_port (caller, 1), 0);
  fail_unless_equals_int (caller_reinvite (caller, 3, "sendonly"), 200);
  fail_unless_equals_int (caller_port (caller, 1), 0);
  fail_unless (caller_port (caller, 2) > 0);
  offer (HEAD AUDIO SILENT AUDIO, 200);
  offer (HEAD AUDIO AUDIO AUDIO, 200);
  fail_unless (caller_port (caller, 1) > 0);
}
GST_END_TEST

/* An offer of ours says what we want, which is to receive, whatever the client holds; its answer counts. */
GST_START_TEST (an_offerless_reinvite_on_hold)
{
  g_autofree gchar *names = NULL;

  ends_open ();
  ends_call (HEAD "m=audio 40000 RTP/AVP 0\r\na=label:1\r\na=inactive\r\n");
  fail_unless (strstr (caller_last (caller), "a=inactive"));
  caller_set_answer (caller, HEAD AUDIO);
  fail_unless_equals_int (caller_request (caller, "INVITE", NULL, NULL), 200);
  fail_unless (strstr (caller_last (caller), "a=recvonly"));
  names = ends_hang_up (FALSE);
  fail_unless_equals_string (names, "session.started stream.added stream.resumed session.ended");
}
GST_END_TEST

/* RFC 7866 figure 7: inactive first, recvonly when we are ready. */
GST_START_TEST (a_recorder_that_is_not_ready)
{
  SiprecPolicy policy = {.start_paused = TRUE};
  g_autofree gchar *names = NULL;

  ends_open_with (&policy, FALSE);
  ends_call (HEAD AUDIO);
  fail_unless (strstr (caller_last (caller), "a=inactive"));
  caller_set_answer (caller, HEAD AUDIO);
  siprec_session_resume (session, SIPREC_ALL_LINES, NULL, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  fail_unless (strstr (caller_last (caller), "a=recvonly"));
  fail_unless (caller_await (caller, "ACK"));
  names = ends_hang_up (FALSE);
  fail_unless_equals_string (names, "session.started stream.added stream.resumed session.ended");
}
GST_END_TEST

static Suite *
session_persistent_suite (void)
{
  Suite *suite = suite_create ("session-persistent");
  TCase *tcase = tcase_create ("session-persistent");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, NULL, ends_close);
  tcase_add_loop_test (tcase, streams_come_later, 0, 3);
  tcase_add_test (tcase, calls_come_and_go);
  tcase_add_loop_test (tcase, lines_are_missing, 0, 2);
  tcase_add_test (tcase, refused_lines_are_told);
  tcase_add_test (tcase, a_refused_stream_stays_refused);
  tcase_add_test (tcase, an_offerless_reinvite_on_hold);
  tcase_add_test (tcase, a_recorder_that_is_not_ready);
  return suite;
}

GST_CHECK_MAIN (session_persistent)
