/* Dialogs that begin with an INVITE of ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "siprec-core/error.h"
#include "sip-peer.h"

/* Answers the INVITE: @lines with CRLF each. Takes over what @call needs for requests of its own. */
static void
answer_invite (Call *call, const gchar *invite, const gchar *status, const gchar *lines)
{
  g_autofree gchar *via = header_of (invite, "Via");
  g_autofree gchar *from = header_of (invite, "From");
  g_autofree gchar *to = header_of (invite, "To");
  g_autofree gchar *id = header_of (invite, "Call-ID");
  g_autofree gchar *cseq = header_of (invite, "CSeq");
  g_autofree gchar *text = g_strdup_printf (
      "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s"
      "Content-Length: 0\r\n\r\n",
      status, via, from, to, call->from_tag, id, cseq, lines ? lines : "");

  g_free (call->call_id);
  call->call_id = g_steal_pointer (&id);
  g_free (call->to_tag);
  call->to_tag = g_strdup (strstr (from, ";tag=") + 5);
  peer_send (call->peer, text, -1);
}

static gchar *
place_call (Server *server, Peer *peer)
{
  g_autofree gchar *uri = g_strdup_printf ("sip:line7@127.0.0.1:%u;color=blue", peer->port);

  fail_unless (server_invite (server, uri, peer->port));
  return peer_expect (peer, "INVITE sip:line7@127.0.0.1:");
}

static void
check_number (const gchar *message, const gchar *invite)
{
  g_autofree gchar *cseq = header_of (message, "CSeq");
  g_autofree gchar *number = header_of (invite, "CSeq");

  *strchr (number, ' ') = '\0';
  fail_unless (g_str_has_prefix (cseq, number), "%s instead of %s", cseq, number);
}

/* RFC 7866 sections 6.2 and 7.2: marks of a recording server, and no SDP. */
GST_START_TEST (test_answered)
{
  BEGIN ("UDP", 0);
  g_autofree gchar *invite = place_call (server, peer);
  g_autofree gchar *contact = header_of (invite, "Contact");
  g_autofree gchar *moved = g_strdup_printf ("Contact: <sip:moved@127.0.0.1:%u>;+sip.src\r\n"
                                             "Allow: INVITE, UPDATE\r\n",
                                             peer->port);
  g_autofree gchar *ack = NULL, *update = NULL, *bye = NULL;
  g_autoptr (Event) event = NULL;

  fail_unless (strstr (contact, ";+sip.srs"));
  fail_unless (strstr (invite, ";color=blue SIP/2.0"));
  check_header (invite, "Require", "siprec");
  check_header (invite, "Content-Length", "0");
  answer_invite (call, invite, "100 Trying", NULL);
  answer_invite (call, invite, "180 Ringing", NULL);
  answer_invite (call, invite, "200 OK", moved);
  event = server_expect (server, "answered 200");
  ack = peer_expect (peer, "ACK sip:moved@127.0.0.1:");
  check_number (ack, invite);
  fail_unless (g_str_has_suffix (ack, SDP));
  /* A repetition gets the same ACK (RFC 3261 section 13.2.2.4). */
  answer_invite (call, invite, "200 OK", moved);
  g_free (peer_expect (peer, "ACK sip:moved@127.0.0.1:"));

  /* It is a dialog like others now, in both directions. */
  call_send (call, "UPDATE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "request UPDATE"));
  fail_unless (server_request (server, event->dialog, "UPDATE", NULL, NULL));
  update = peer_expect (peer, "UPDATE sip:client@");
  call_answer (call, update, "200 OK", NULL);
  event_free (server_expect (server, "response 200"));
  server_bye (server, event->dialog, "SIP;cause=200");
  bye = peer_expect (peer, "BYE sip:client@");
  call_answer (call, bye, "200 OK", NULL);
  server_call (server, NULL, NULL);
}
GST_END_TEST;

/* RFC 3261 section 12.1.2: the Record-Route of the response, in reverse. */
GST_START_TEST (test_routes)
{
  BEGIN ("UDP", 0);
  g_autofree gchar *invite = place_call (server, peer);
  g_autofree gchar *lines =
      g_strdup_printf ("Contact: <sip:src@192.0.2.9>\r\nRecord-Route: <sip:far.example;lr>\r\n"
                       "Record-Route: <sip:127.0.0.1:%u;lr>\r\n",
                       peer->port);
  g_autofree gchar *ack = NULL;

  answer_invite (call, invite, "200 OK", lines);
  event_free (server_expect (server, "answered 200"));
  ack = peer_expect (peer, "ACK sip:src@192.0.2.9 ");
  fail_unless (strstr (ack, "Route: <sip:127.0.0.1:") < strstr (ack, "<sip:far.example;lr>"));
  call_send (call, "BYE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "ended 0"));
}
GST_END_TEST;

GST_START_TEST (test_refused)
{
  BEGIN ("UDP", 0);
  g_autofree gchar *invite = place_call (server, peer);
  g_autofree gchar *ack = NULL;

  answer_invite (call, invite, "486 Busy Here", NULL);
  event_free (server_expect (server, "answered 486"));
  ack = peer_expect (peer, "ACK sip:line7@127.0.0.1:");
  check_number (ack, invite);
}
GST_END_TEST;

GST_START_TEST (test_no_answer)
{
  BEGIN ("UDP", 500);
  g_autofree gchar *invite = place_call (server, peer);

  event_free (server_expect (server, "answered 408"));
}
GST_END_TEST;

/* We hang up while it rings; the second time the 200 comes first. */
GST_START_TEST (test_cancel)
{
  BEGIN ("UDP", 0);
  g_autofree gchar *invite = place_call (server, peer);
  g_autofree gchar *cancel = NULL, *bye = NULL;
  g_autofree gchar *contact = g_strdup_printf ("Contact: <sip:a@127.0.0.1:%u>\r\n", peer->port);

  answer_invite (call, invite, "180 Ringing", NULL);
  server_call (server, NULL, NULL);
  server_bye (server, server->calling, "SIP;cause=200;text=\"enough\"");
  cancel = peer_expect (peer, "CANCEL sip:line7@127.0.0.1:");
  check_number (cancel, invite);
  answer_invite (call, cancel, "200 OK", NULL);
  if (__i__ == 0) {
    answer_invite (call, invite, "487 Request Terminated", NULL);
    g_free (peer_expect (peer, "ACK sip:line7@127.0.0.1:"));
  } else {
    answer_invite (call, invite, "200 OK", contact);
    g_free (peer_expect (peer, "ACK sip:a@127.0.0.1:"));
    bye = peer_expect (peer, "BYE sip:a@127.0.0.1:");
    check_header (bye, "Reason", "SIP;cause=200;text=\"enough\"");
    call_answer (call, bye, "200 OK", NULL);
  }
  server_call (server, NULL, NULL);
  fail_unless_equals_int (g_async_queue_length (server->events), 0);
}
GST_END_TEST;

/* A CANCEL must wait for a provisional response (RFC 3261 section 9.1). */
GST_START_TEST (test_cancel_at_once)
{
  BEGIN ("UDP", 0);
  g_autofree gchar *invite = place_call (server, peer);
  g_autofree gchar *early = NULL;

  server_bye (server, server->calling, NULL);
  answer_invite (call, invite, "100 Trying", NULL);
  do {
    g_free (early);
    early = peer_expect (peer, "");
  } while (g_str_has_prefix (early, "INVITE "));
  fail_unless (g_str_has_prefix (early, "CANCEL "), "%s", early);
  answer_invite (call, early, "200 OK", NULL);
  answer_invite (call, invite, "487 Request Terminated", NULL);
  g_free (peer_expect (peer, "ACK "));
}
GST_END_TEST;

/* RFC 4028 section 7.2: who answers has chosen the refresher. */
GST_START_TEST (test_session_timer)
{
  static const gchar *const lines[] = {"Session-Expires: 2;refresher=uac\r\nAllow: UPDATE\r\n",
                                       "Session-Expires: 2;refresher=uas\r\n"};
  BEGIN ("UDP", 0);
  g_autofree gchar *invite = NULL;
  g_autofree gchar *next = NULL;

  server_set_session_minimum (server, 1);
  invite = place_call (server, peer);
  answer_invite (call, invite, "200 OK", lines[__i__]);
  event_free (server_expect (server, "answered 200"));
  g_free (peer_expect (peer, "ACK "));
  next = peer_expect (peer, __i__ == 0 ? "UPDATE " : "BYE ");
  if (__i__ == 0)
    check_header (next, "Session-Expires", "2;refresher=uac");
  else
    event_free (server_expect (server, "ended 4"));
}
GST_END_TEST;

GST_START_TEST (test_no_socket)
{
  g_autoptr (Server) server = server_new ("sip:127.0.0.1:0;transport=tcp", 0);

  fail_if (server_invite (server, "sip:127.0.0.1:9", 9));
}
GST_END_TEST;

static Suite *
sip_call_suite (void)
{
  Suite *suite = suite_create ("sip-call");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_answered);
  tcase_add_test (tcase, test_routes);
  tcase_add_test (tcase, test_refused);
  tcase_add_test (tcase, test_no_answer);
  tcase_add_loop_test (tcase, test_cancel, 0, 2);
  tcase_add_test (tcase, test_cancel_at_once);
  tcase_add_loop_test (tcase, test_session_timer, 0, 2);
  tcase_add_test (tcase, test_no_socket);
  return suite;
}

GST_CHECK_MAIN (sip_call);
