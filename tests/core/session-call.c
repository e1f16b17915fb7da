/* Recording sessions that the recorder begins.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"
#include "siprec-core/error.h"

/* Calls a client at @uri, or the caller if that is NULL, for an acceptor or the application. */
static SiprecSession *
call (SiprecAcceptor *acceptor, const gchar *uri, GstClockTime timeout)
{
  g_autofree gchar *own = caller ? caller_uri (caller) : NULL;
  g_autoptr (GError) error = NULL;
  SiprecSession *session =
      siprec_endpoint_call (recorder_endpoint (recorder), acceptor, uri ? uri : own, timeout,
                            ends_on_reply, NULL, &error);

  fail_unless (session != NULL, "%s", error ? error->message : "");
  return session;
}

/* RFC 7866 sections 6.2 and 7.2. */
GST_START_TEST (a_client_is_called)
{
  g_autofree gchar *uri = NULL;
  g_autofree gchar *require = NULL, *contact = NULL, *accept = NULL, *own = NULL, *names = NULL;
  SiprecSession *session;

  caller = caller_new (recorder_uri (recorder), __i__ == 1);
  uri = caller_uri (caller);
  own = g_strconcat (uri, "?X-Record=line%207", NULL);
  g_autoptr (SiprecSession) called = call (recorder_accept (recorder), own, 10 * GST_SECOND);
  fail_unless_equals_int (siprec_session_get_state (called), SIPREC_SESSION_CALLING);
  fail_unless (caller_ring (caller));
  require = caller_header (caller, "Require");
  fail_unless_equals_string (require, "siprec");
  contact = caller_header (caller, "Contact");
  fail_unless (strstr (contact, "+sip.srs"));
  accept = caller_header (caller, "Accept");
  fail_unless (strstr (accept, "application/rs-metadata+xml"));
  fail_unless (strstr (caller_last (caller), "\r\nX-Record: line 7\r\n"));
  fail_unless (strstr (caller_last (caller), "Content-Length: 0"));

  fail_unless (caller_answer (caller, "200 OK", 2));
  fail_unless (strstr (caller_last (caller), "a=recvonly"));
  fail_unless (strstr (caller_last (caller), "a=label:2"));
  ends_expect_reply ("200 done");
  session = recorder_session (recorder, 0);
  fail_unless (session == called);
  fail_unless_equals_int (siprec_session_get_state (called), SIPREC_SESSION_CONFIRMED);
  fail_unless (recorder_claim (recorder, session));

  g_autoptr (SiprecEvent) started =
      recorder_event (recorder, session, SIPREC_EVENT_SESSION_STARTED);
  fail_unless_equals_string (json_object_get_string_member (started->data, "initiator"),
                             "recorder");
  fail_unless_equals_string (json_object_get_string_member (started->data, "uri"), uri);
  caller_talk (caller, 2, 5);
  fail_unless_equals_int (caller_update (caller, "Bernard"), 200);
  fail_unless_equals_int (caller_reinvite (caller, 3, "sendonly"), 200);
  fail_unless_equals_int (caller_bye (caller), 200);
  names = recorder_events_until (recorder, session, SIPREC_EVENT_SESSION_ENDED);
  fail_unless (strstr (names, "participant.joined participant.joined stream.added stream.added"),
               "%s", names);
  fail_unless (strstr (names, "media.started") && strstr (names, "participant.updated"), "%s",
               names);
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

GST_START_TEST (an_application_calls)
{
  recorder_apply (recorder, 5 * GST_SECOND);
  caller = caller_new (recorder_uri (recorder), FALSE);
  g_autoptr (SiprecSession) session = call (NULL, NULL, 10 * GST_SECOND);

  fail_unless (caller_ring (caller));
  fail_unless (caller_answer (caller, "200 OK", 1));
  ends_expect_reply ("200 done");
  fail_unless (recorder_session (recorder, 0) == session);
  /* From now on there is no difference: here the recorder pauses, and hangs up. */
  siprec_session_pause (session, SIPREC_ALL_LINES, NULL, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  siprec_session_hangup (session, "enough");
  fail_unless (caller_await (caller, "BYE"));
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

typedef struct {
  const gchar *status;
  const gchar *reply;
} Refusal;

static const Refusal refusals[] = {
    {"486 Busy Here", "486 The client is busy"},
    {"603 Decline", "603 The client refuses the call with 603"},
    {"302 Moved Temporarily", "302 The client refuses"},
    {"401 Unauthorized", "401 The client refuses"},
    {"420 Bad Extension", "420 The client refuses"},
};

/* The acceptor is free again then, for a call in either direction. */
GST_START_TEST (a_client_refuses)
{
  SiprecAcceptor *acceptor = recorder_accept (recorder);

  caller = caller_new (recorder_uri (recorder), FALSE);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (SiprecSession) session = call (acceptor, NULL, 10 * GST_SECOND);
    g_autoptr (SiprecEvent) event = NULL;

    fail_unless (caller_ring (caller));
    fail_unless (caller_answer (caller, refusals[__i__].status, 0));
    ends_expect_reply (refusals[__i__].reply);
    fail_unless (recorder_await_idle (recorder));
    fail_unless_equals_int (siprec_session_get_state (session), SIPREC_SESSION_ENDED);
  }
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless_equals_int (caller_bye (caller), 200);
}
GST_END_TEST

/* An answer without an offer is no use: ACK, and BYE. */
GST_START_TEST (a_client_offers_nothing)
{
  g_autofree gchar *reason = NULL;

  caller = caller_new (recorder_uri (recorder), FALSE);
  g_autoptr (SiprecSession) session = call (recorder_accept (recorder), NULL, 10 * GST_SECOND);
  fail_unless (caller_ring (caller));
  fail_unless (caller_answer (caller, "200 OK", 0));
  fail_unless (caller_await (caller, "BYE"));
  reason = caller_header (caller, "Reason");
  fail_unless (strstr (reason, "offers no streams"), "%s", reason);
  ends_expect_reply ("200 The client's answer offers no streams");
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

GST_START_TEST (a_client_rings_for_ever)
{
  caller = caller_new (recorder_uri (recorder), FALSE);
  g_autoptr (SiprecSession) session = call (recorder_accept (recorder), NULL, 200 * GST_MSECOND);
  fail_unless (caller_ring (caller));
  ends_expect_reply ("408 The client doesn't answer");
  fail_unless (caller_await (caller, "CANCEL"));
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

GST_START_TEST (a_call_is_given_up)
{
  caller = caller_new (recorder_uri (recorder), FALSE);
  g_autoptr (SiprecSession) session = call (recorder_accept (recorder), NULL, 10 * GST_SECOND);
  fail_unless (caller_ring (caller));
  if (__i__ == 0)
    siprec_session_hangup (session, NULL);
  else
    recorder_stop_accepting (recorder);
  ends_expect_reply ("0 The call was given up");
  fail_unless (caller_await (caller, "CANCEL"));
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

static void
expect_error (SiprecAcceptor *acceptor, const gchar *uri, SiprecError code, const gchar *text)
{
  g_autoptr (GError) error = NULL;
  SiprecSession *session = siprec_endpoint_call (recorder_endpoint (recorder), acceptor, uri,
                                                 GST_SECOND, ends_on_reply, NULL, &error);

  fail_unless (session == NULL, "%s", uri);
  fail_unless (g_error_matches (error, SIPREC_ERROR, (gint)code), "%s", error->message);
  fail_unless (strstr (error->message, text) != NULL, "%s", error->message);
}

GST_START_TEST (who_can_not_call_is_told)
{
  static const gchar *const uris[] = {
      "",
      "tel:+15550100",
      "sip:",
      "sip:a@",
      "sip:a@host:99999",
      "sip:a@host:0",
      "sip:a@host;transport=sctp",
      "sip:a b@host",
      "sip:a@host\r\nX: y",
      "sip:a@host?Via=x",
      "sip:a@host?Content-Type=text/plain",
      "sip:a@host?f=short",
      "sip:a@host?X-Bad%0d%0aHeader=1",
      "sip:<a@host>",
      "sip:a@300.1.1.1",
  };
  g_autoptr (SiprecSession) session = NULL;
  SiprecAcceptor *acceptor;

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    expect_error (NULL, uris[i], SIPREC_ERROR_SETTINGS, "Can't call");
  expect_error (NULL, "sip:127.0.0.1:9", SIPREC_ERROR_STATE, "Nobody is there");

  acceptor = recorder_accept (recorder);
  caller = caller_new (recorder_uri (recorder), FALSE);
  session = call (acceptor, NULL, 10 * GST_SECOND);
  expect_error (acceptor, "sip:127.0.0.1:9", SIPREC_ERROR_STATE, "already");
  fail_unless (caller_ring (caller));
  siprec_session_hangup (session, NULL);
  ends_expect_reply ("0 ");
  siprec_endpoint_set_draining (recorder_endpoint (recorder), TRUE);
  expect_error (acceptor, "sip:127.0.0.1:9", SIPREC_ERROR_STATE, "no new sessions");
}
GST_END_TEST

/* A line break in a header's value must not begin a header. */
GST_START_TEST (header_values_stay_in_their_lines)
{
  g_autofree gchar *uri = NULL, *own = NULL;

  caller = caller_new (recorder_uri (recorder), FALSE);
  own = caller_uri (caller);
  uri = g_strconcat (own, "?X-One=1%0d%0aX-Two:%202&Subject=x", NULL);
  g_autoptr (SiprecSession) session = call (recorder_accept (recorder), uri, 10 * GST_SECOND);
  fail_unless (caller_ring (caller));
  fail_if (strstr (caller_last (caller), "\r\nX-Two"));
  fail_unless (strstr (caller_last (caller), "\r\nSubject: x\r\n"));
  siprec_session_hangup (session, NULL);
  ends_expect_reply ("0 ");
}
GST_END_TEST

GST_START_TEST (a_name_is_looked_up)
{
  g_autofree gchar *own = NULL, *uri = NULL;
  const gchar *port;

  caller = caller_new (recorder_uri (recorder), FALSE);
  own = caller_uri (caller);
  port = strstr (own, "127.0.0.1") + strlen ("127.0.0.1");
  uri = g_strconcat ("sip:client@localhost", port, NULL);
  g_autoptr (SiprecSession) session = call (recorder_accept (recorder), uri, 10 * GST_SECOND);
  fail_unless (caller_ring (caller));
  fail_unless (caller_answer (caller, "486 Busy Here", 0));
  ends_expect_reply ("486 ");
  fail_unless (recorder_await_idle (recorder));

  g_autoptr (SiprecSession) nowhere =
      call (recorder_accept (recorder), "sip:nobody.invalid", 10 * GST_SECOND);
  ends_expect_reply ("0 ");
  fail_unless (recorder_await_idle (recorder));
}
GST_END_TEST

static Suite *
session_call_suite (void)
{
  Suite *suite = suite_create ("session-call");
  TCase *tcase = tcase_create ("session-call");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, ends_open_recorder, ends_close);
  tcase_add_loop_test (tcase, a_client_is_called, 0, 2);
  tcase_add_test (tcase, an_application_calls);
  tcase_add_loop_test (tcase, a_client_refuses, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (tcase, a_client_offers_nothing);
  tcase_add_test (tcase, a_client_rings_for_ever);
  tcase_add_loop_test (tcase, a_call_is_given_up, 0, 2);
  tcase_add_test (tcase, who_can_not_call_is_told);
  tcase_add_test (tcase, header_values_stay_in_their_lines);
  tcase_add_test (tcase, a_name_is_looked_up);
  return suite;
}

GST_CHECK_MAIN (session_call)
