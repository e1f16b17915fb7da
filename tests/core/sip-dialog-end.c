/* Dialogs: how they end, or never come to be
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "sip-peer.h"

GST_START_TEST (test_cancel)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) event = NULL;

  g_atomic_int_set (&server->hold_dialog, TRUE);
  call_send (call, "INVITE", NULL, SDP);
  event_free (server_expect (server, "invite"));
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  call_send (call, "CANCEL", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  g_free (peer_expect (peer, "SIP/2.0 487 "));
  event = server_expect (server, "ended 1");
  fail_unless_equals_string (event->request->method, "CANCEL");
}
GST_END_TEST;

/* RFC 3261 section 9.2: too late, so it is answered and changes nothing. */
GST_START_TEST (test_late_cancel)
{
  BEGIN (transports[__i__], 0);
  g_autofree gchar *answer = NULL;
  g_autofree gchar *to = NULL;
  g_autofree gchar *branch = NULL;

  call_send (call, "INVITE", NULL, SDP);
  event_free (server_expect (server, "invite"));
  answer = peer_expect (peer, "SIP/2.0 200 ");
  to = header_of (answer, "To");
  call->to_tag = g_strdup (strstr (to, ";tag=") + 5);
  call_send (call, "CANCEL", NULL, NULL);
  do {
    g_free (answer);
    answer = peer_expect (peer, "SIP/2.0 200 ");
  } while (!strstr (answer, " CANCEL\r\n"));
  branch = g_strdup (call->branch);
  call_send (call, "ACK", NULL, NULL);
  event_free (server_expect (server, "ack"));

  /* Another branch is another transaction, of which nothing is known. */
  call_send (call, "CANCEL", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 481 "));
  call_hang_up (call, server);
}
GST_END_TEST;

/* Any answer to our BYE is the end. */
GST_START_TEST (test_bye_refused)
{
  BEGIN (transports[__i__], 0);
  SiprecDialog *dialog = call_establish (call, server, NULL);
  g_autofree gchar *bye = NULL;

  server_bye (server, dialog, NULL);
  bye = peer_expect (peer, "BYE ");
  call_send (call, "UPDATE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 481 "));
  call_answer (call, bye, "405 Method Not Allowed", NULL);
  call_send (call, "OPTIONS", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 481 "));
}
GST_END_TEST;

GST_START_TEST (test_bye_before_answer)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) invite = NULL;
  g_autofree gchar *answer = NULL;

  g_atomic_int_set (&server->hold_dialog, TRUE);
  call_send (call, "INVITE", NULL, SDP);
  invite = server_expect (server, "invite");
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  server_bye (server, invite->dialog, "SIP;cause=480");
  answer = peer_expect (peer, "SIP/2.0 480 ");
  check_header (answer, "Reason", "SIP;cause=480");
}
GST_END_TEST;

GST_START_TEST (test_bye_before_ack)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) invite = NULL;
  g_autofree gchar *answer = NULL;
  g_autofree gchar *bye = NULL;
  g_autofree gchar *to = NULL;

  call_send (call, "INVITE", NULL, SDP);
  invite = server_expect (server, "invite");
  answer = peer_expect (peer, "SIP/2.0 200 ");
  server_bye (server, invite->dialog, NULL);
  /* Only repetitions of the 200 until the ACK comes. */
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  to = header_of (answer, "To");
  call->to_tag = g_strdup (strstr (to, "tag=") + 4);
  call_send (call, "ACK", NULL, NULL);
  bye = peer_expect (peer, "BYE ");
  call_answer (call, bye, "200 OK", NULL);
  server_call (server, NULL, NULL);
  fail_unless (g_async_queue_length (server->events) == 0);
}
GST_END_TEST;

GST_START_TEST (test_no_ack)
{
  BEGIN (transports[__i__], 700);
  g_autofree gchar *message = NULL;
  g_autoptr (Event) ended = NULL;

  call_send (call, "INVITE", NULL, SDP);
  event_free (server_expect (server, "invite"));
  do {
    g_free (message);
    message = peer_expect (peer, "");
  } while (g_str_has_prefix (message, "SIP/2.0 200 "));
  fail_unless (g_str_has_prefix (message, "BYE "));
  ended = server_expect (server, "ended 2");
  fail_unless (ended->request == NULL);
  call_answer (call, message, "481 Gone", NULL);
}
GST_END_TEST;

/* 481, and no answer at all, to a request of ours. */
GST_START_TEST (test_peer_forgot)
{
  BEGIN (transports[__i__], 700);
  SiprecDialog *dialog = call_establish (call, server, NULL);
  g_autofree gchar *update = NULL;
  g_autofree gchar *bye = NULL;
  g_autoptr (Call) second = call_new (peer);

  fail_unless (server_request (server, dialog, "UPDATE", NULL, NULL));
  update = peer_expect (peer, "UPDATE ");
  call_answer (call, update, "481 What?", NULL);
  event_free (server_expect (server, "response 481"));
  server_expect_ended (server, SIPREC_DIALOG_FAILED);
  bye = peer_expect (peer, "BYE ");
  call_answer (call, bye, "481 What?", NULL);

  dialog = call_establish (second, server, NULL);
  fail_unless (server_request (server, dialog, "INFO", NULL, NULL));
  event_free (server_expect (server, "response 408"));
  server_expect_ended (server, SIPREC_DIALOG_FAILED);
}
GST_END_TEST;

/* The connection is lost, and nobody listens at the Contact: the request fails. */
GST_START_TEST (test_lost_connection)
{
  g_autoptr (Server) server = server_new (NULL, 2000);
  Peer *peer = peer_new ("TCP", "127.0.0.1", server_port (server));
  Call *call = call_new (peer);
  g_autoptr (Peer) second = NULL;
  g_autoptr (Event) response = NULL;
  SiprecDialog *dialog = call_establish (call, server, NULL);
  guint16 port = peer->port;

  call_free (call);
  peer_free (peer);
  second = peer_new ("TCP", "127.0.0.1", server_port (server));
  fail_unless (second->port != port);
  {
    g_autoptr (Call) other = call_new (second);

    call_send (other, "OPTIONS", NULL, NULL);
    event_free (server_expect (server, "options"));
  }
  fail_unless (server_request (server, dialog, "UPDATE", NULL, NULL));
  response = g_async_queue_timeout_pop (server->events, 10 * G_USEC_PER_SEC);
  fail_unless (response && g_str_has_prefix (response->text, "response "), "%s", response->text);
}
GST_END_TEST;

/* The agent stops with dialogs in every state. */
GST_START_TEST (test_stop_with_dialogs)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Call) held = call_new (peer);
  g_autoptr (Call) leaving = call_new (peer);
  SiprecDialog *dialog;

  dialog = call_establish (call, server, NULL);
  fail_unless (server_request (server, dialog, "UPDATE", NULL, NULL));
  g_free (peer_expect (peer, "UPDATE "));
  dialog = call_establish (leaving, server, NULL);
  server_bye (server, dialog, NULL);
  g_free (peer_expect (peer, "BYE "));
  g_atomic_int_set (&server->hold_dialog, TRUE);
  call_send (held, "INVITE", NULL, SDP);
  event_free (server_expect (server, "invite"));
}
GST_END_TEST;

static Suite *
sip_dialog_end_suite (void)
{
  Suite *suite = suite_create ("sip-dialog-end");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_cancel, 0, 2);
  tcase_add_loop_test (tcase, test_late_cancel, 0, 2);
  tcase_add_loop_test (tcase, test_bye_refused, 0, 2);
  tcase_add_loop_test (tcase, test_bye_before_answer, 0, 2);
  tcase_add_loop_test (tcase, test_bye_before_ack, 0, 2);
  tcase_add_loop_test (tcase, test_no_ack, 0, 2);
  tcase_add_loop_test (tcase, test_peer_forgot, 0, 2);
  tcase_add_test (tcase, test_lost_connection);
  tcase_add_loop_test (tcase, test_stop_with_dialogs, 0, 2);
  return suite;
}

GST_CHECK_MAIN (sip_dialog_end);
