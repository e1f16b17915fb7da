/* Dialogs: INVITE, the requests of both sides, and where they go
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "sip-peer.h"

GST_START_TEST (test_call)
{
  BEGIN (transports[__i__], 0);
  g_autofree gchar *answer = NULL;
  g_autofree gchar *first_to = NULL;
  g_autofree gchar *second_to = NULL;
  g_autofree gchar *again = NULL;
  g_autofree gchar *contact = g_strdup_printf ("<sip:127.0.0.1:%u;transport=%s>;+sip.srs",
                                               server_port (server), __i__ ? "tcp" : "udp");
  g_autoptr (Event) ended = NULL;
  g_autofree gchar *branch = NULL;

  call_send (call, "INVITE", "Require: siprec\r\n", SDP);
  event_free (server_expect (server, "invite"));
  answer = peer_expect (peer, "SIP/2.0 200 ");
  check_header (answer, "Contact", contact);
  check_header (answer, "Content-Type", "application/sdp");
  check_header (answer, "Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK");
  fail_unless (strstr (answer, "rs-metadata+xml"));
  fail_unless (g_str_has_suffix (answer, SDP));
  check_header (answer, "Supported", "100rel, timer");
  fail_if (strstr (answer, "Session-Expires"));

  /* The same INVITE once more gets the same response. */
  call->cseq--;
  branch = g_strdup (call->branch);
  if (__i__ == 0) {
    g_autofree gchar *text = g_strdup_printf (
        "INVITE sip:recorder@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=%s;rport\r\n"
        "From: <sip:client@example.com>;tag=from1\r\nTo: <sip:recorder@example.com>\r\nCall-ID: "
        "%s\r\n"
        "CSeq: %u INVITE\r\nContent-Length: 0\r\n\r\n",
        peer->local, peer->port, branch, call->call_id, call->cseq + 1);

    peer_send (peer, text, -1);
    again = peer_expect (peer, "SIP/2.0 200 ");
    first_to = header_of (answer, "To");
    second_to = header_of (again, "To");
    fail_unless_equals_string (first_to, second_to);
  }
  call->cseq++;
  call->to_tag = header_of (answer, "To");
  memmove (call->to_tag, strstr (call->to_tag, "tag=") + 4,
           strlen (strstr (call->to_tag, "tag=") + 4) + 1);
  call_send (call, "ACK", NULL, NULL);
  event_free (server_expect (server, "ack"));

  call_send (call, "BYE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  ended = server_expect (server, "ended 0");
  fail_unless_equals_string (ended->request->method, "BYE");
  /* It is gone now. */
  call_send (call, "OPTIONS", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 481 "));
}
GST_END_TEST;

/* RFC 3261 section 8.2.3. */
GST_START_TEST (test_packed_body)
{
  BEGIN (transports[__i__], 0);
  g_autofree gchar *refusal = NULL;

  call_send (call, "INVITE", "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", SDP);
  refusal = peer_expect (peer, "SIP/2.0 415 ");
  check_header (refusal, "Accept-Encoding", "identity");
  call->refused = TRUE;
  call_send (call, "ACK", NULL, NULL);
  call->refused = FALSE;

  call_establish (call, server, NULL);
  call_send (call, "UPDATE", "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", SDP);
  g_free (peer_expect (peer, "SIP/2.0 415 "));
  call_send (call, "UPDATE", "Content-Type: application/sdp\r\nContent-Encoding: identity\r\n",
             SDP);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "request UPDATE"));
  call_hang_up (call, server);
}
GST_END_TEST;

/* Requests of the peer: what goes to the user, what doesn't. */
GST_START_TEST (test_peer_requests)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) info = NULL;
  g_autofree gchar *answer = NULL;

  call_establish (call, server, NULL);
  call_send (call, "INFO", "Content-Type: application/x\r\n", "abc");
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  info = server_expect (server, "request INFO");
  fail_unless_equals_int (g_bytes_get_size (info->request->body), 3);

  call_send (call, "UPDATE", NULL, NULL);
  answer = peer_expect (peer, "SIP/2.0 200 ");
  fail_unless (strstr (answer, "+sip.srs"));
  event_free (server_expect (server, "request UPDATE"));

  call_send (call, "INVITE", "Content-Type: application/sdp\r\n", SDP);
  event_free (server_expect (server, "request INVITE"));
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  call_send (call, "ACK", NULL, NULL);
  event_free (server_expect (server, "ack"));

  call_send (call, "OPTIONS", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  call_send (call, "REFER", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 405 "));
  call_send (call, "UPDATE", "Require: foo\r\n", NULL);
  g_free (peer_expect (peer, "SIP/2.0 420 "));

  /* RFC 3261 section 12.2.2: an older CSeq; a gap is fine. */
  call->cseq -= 5;
  call_send (call, "UPDATE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 500 "));
  call->cseq += 500;
  call_send (call, "UPDATE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "request UPDATE"));
  call_hang_up (call, server);
}
GST_END_TEST;

/* RFC 3262: who requires reliable provisional responses gets none but 100, and need not PRACK. */
GST_START_TEST (test_100rel)
{
  static const gchar *const racks[] = {"RAck: 1 1001 INVITE\r\n",
                                       "RAck: 4294967295 1001 INVITE\r\n",
                                       "RAck: 0 0 ACK\r\n",
                                       "RAck: -1 99999999999999999999 \r\n",
                                       "RAck: \r\n",
                                       "RAck: x\r\nRAck: y\r\n",
                                       NULL};
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) invite = NULL;
  g_autofree gchar *answer = NULL;
  g_autofree gchar *to = NULL;

  /* While the INVITE is pending, whatever tag it guesses. */
  g_atomic_int_set (&server->hold_dialog, TRUE);
  call_send (call, "INVITE", "Require: siprec, 100rel, timer\r\n", SDP);
  invite = server_expect (server, "invite");
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  for (guint i = 0; i < G_N_ELEMENTS (racks); i++) {
    call_send (call, "PRACK", racks[i], NULL);
    answer = peer_expect (peer, "SIP/2.0 4");
    fail_unless (strstr (answer, " 481 ") || strstr (answer, " 400 "), "%s", answer);
    g_clear_pointer (&answer, g_free);
  }
  server_reply (server, invite->transaction, 200);
  answer = peer_expect (peer, "SIP/2.0 200 ");
  fail_if (strstr (answer, "RSeq"));
  to = header_of (answer, "To");
  call->to_tag = g_strdup (strstr (to, "tag=") + 4);
  for (guint i = 0; i < G_N_ELEMENTS (racks); i++) {
    g_autofree gchar *refusal = NULL;

    call_send (call, "PRACK", racks[i], NULL);
    do {
      g_free (refusal);
      refusal = peer_expect (peer, "SIP/2.0 ");
    } while (g_str_has_prefix (refusal, "SIP/2.0 200 "));
    fail_unless (strstr (refusal, " 481 ") || strstr (refusal, " 400 "), "%s", refusal);
  }
  call->cseq = 1001;
  call_send (call, "ACK", NULL, NULL);
  event_free (server_expect (server, "ack"));
  call->cseq += 2 * G_N_ELEMENTS (racks);
  call_hang_up (call, server);
}
GST_END_TEST;

GST_START_TEST (test_overlap)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) first = NULL;
  g_autofree gchar *answer = NULL;
  g_autofree gchar *retry = NULL;

  call_establish (call, server, NULL);
  g_atomic_int_set (&server->hold_request, TRUE);
  call_send (call, "INVITE", "Content-Type: application/sdp\r\n", SDP);
  first = server_expect (server, "request INVITE");
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  call_send (call, "INVITE", "Content-Type: application/sdp\r\n", SDP);
  answer = peer_expect (peer, "SIP/2.0 500 ");
  retry = header_of (answer, "Retry-After");
  fail_unless (retry != NULL && g_ascii_strtoull (retry, NULL, 10) <= 10);
  call->refused = TRUE;
  call_send (call, "ACK", NULL, NULL);
  /* We can't offer now either. */
  fail_if (server_request (server, first->dialog, "INVITE", "application/sdp", SDP));

  server_reply (server, first->transaction, 488);
  g_free (peer_expect (peer, "SIP/2.0 488 "));
  g_atomic_int_set (&server->hold_request, FALSE);
  call_hang_up (call, server);
}
GST_END_TEST;

/* The next response that isn't a repetition of a 200 to INVITE. */
static gchar *
next_response (Peer *peer)
{
  gchar *response = peer_expect (peer, "SIP/2.0 ");

  while (strstr (response, " INVITE\r\n") && g_str_has_prefix (response, "SIP/2.0 200 ")) {
    g_free (response);
    response = peer_expect (peer, "SIP/2.0 ");
  }
  return response;
}

/* RFC 3311 section 5.2: an UPDATE before the ACK. With an offer it must wait if ours, in the 200, is still
 * without answer; without one it never has to. */
GST_START_TEST (test_update_before_ack)
{
  static const gchar *const types[] = {"Content-Type: application/sdp\r\n", NULL};
  static const gchar *const statuses[] = {"SIP/2.0 200 ", "SIP/2.0 491 "};
  BEGIN (transports[__i__], 0);

  call_establish (call, server, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autofree gchar *answer = NULL;
    g_autofree gchar *empty = NULL;
    g_autofree gchar *again = NULL;
    guint cseq;

    call_send (call, "INVITE", types[i], types[i] ? SDP : NULL);
    cseq = call->cseq;
    event_free (server_expect (server, "request INVITE"));
    g_free (peer_expect (peer, "SIP/2.0 200 "));

    call_send (call, "UPDATE", types[0], SDP);
    answer = next_response (peer);
    fail_unless (g_str_has_prefix (answer, statuses[i]), "%s", answer);
    if (i == 0)
      event_free (server_expect (server, "request UPDATE"));
    call_send (call, "UPDATE", NULL, NULL);
    empty = next_response (peer);
    fail_unless (g_str_has_prefix (empty, "SIP/2.0 200 "), "%s", empty);
    event_free (server_expect (server, "request UPDATE"));
    /* Another INVITE has to wait in any case. */
    call_send (call, "INVITE", types[0], SDP);
    again = next_response (peer);
    fail_unless (g_str_has_prefix (again, i == 0 ? "SIP/2.0 500 " : "SIP/2.0 491 "), "%s", again);
    call->refused = TRUE;
    call_send (call, "ACK", NULL, NULL);
    call->refused = FALSE;

    call->cseq = cseq;
    call_send (call, "ACK", NULL, NULL);
    event_free (server_expect (server, "ack"));
    call->cseq = cseq + 3;
  }
  call_hang_up (call, server);
}
GST_END_TEST;

/* CANCEL of a re-INVITE leaves the dialog alone, and BYE while one is pending answers it. */
GST_START_TEST (test_pending_reinvite)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) first = NULL;
  g_autofree gchar *one = NULL;
  g_autofree gchar *two = NULL;

  call_establish (call, server, NULL);
  g_atomic_int_set (&server->hold_request, TRUE);
  call_send (call, "INVITE", NULL, NULL);
  first = server_expect (server, "request INVITE");
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  call_send (call, "CANCEL", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  g_free (peer_expect (peer, "SIP/2.0 487 "));
  call->refused = TRUE;
  call_send (call, "ACK", NULL, NULL);
  server_reply (server, first->transaction, 200);

  call_send (call, "INVITE", NULL, NULL);
  event_free (server_expect (server, "request INVITE"));
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  call_send (call, "BYE", NULL, NULL);
  one = peer_expect (peer, "SIP/2.0 ");
  two = peer_expect (peer, "SIP/2.0 ");
  fail_unless (strstr (one, "200 OK") && strstr (two, "487 "));
  server_expect_ended (server, SIPREC_DIALOG_BYE);
}
GST_END_TEST;

/* Our requests and the answers, back by the way the peer's came. */
GST_START_TEST (test_our_requests)
{
  BEGIN (transports[__i__], 0);
  SiprecDialog *dialog;
  g_autofree gchar *update = NULL;
  g_autofree gchar *info = NULL;
  g_autofree gchar *invite = NULL;
  g_autofree gchar *ack = NULL;
  g_autofree gchar *bye = NULL;
  g_autofree gchar *start = g_strdup_printf ("UPDATE sip:client@127.0.0.1:%u", peer->port);
  g_autofree gchar *moved = g_strdup_printf ("Contact: <sip:moved@127.0.0.1:%u>\r\n", peer->port);
  g_autofree gchar *cseq = NULL;
  g_autoptr (Event) event = NULL;

  dialog = call_establish (call, server, NULL);
  fail_unless (server_request (server, dialog, "UPDATE", "application/rs-metadata-request", "x"));
  update = peer_expect (peer, start);
  fail_unless (g_str_has_suffix (update, "\r\n\r\nx"));
  check_header (update, "Content-Type", "application/rs-metadata-request");
  check_header (update, "Content-Disposition", "recording-session");
  check_header (update, "X-Test", "one  X-Two: 2");
  fail_unless (strstr (update, "+sip.srs"));
  call_answer (call, update, "200 OK", NULL);
  event = server_expect (server, "response 200");
  fail_unless_equals_string (event->request->method, "UPDATE");
  fail_unless_equals_string (event->request->remote_address, "127.0.0.1");

  fail_unless (server_request (server, dialog, "INFO", NULL, NULL));
  info = peer_expect (peer, "INFO ");
  call_answer (call, info, "405 No", NULL);
  event_free (server_expect (server, "response 405"));

  fail_unless (server_request (server, dialog, "INVITE", "application/sdp", SDP));
  invite = peer_expect (peer, "INVITE ");
  call_answer (call, invite, "180 Ringing", NULL);
  /* Glare (RFC 3261 section 14.2). */
  call_send (call, "INVITE", "Content-Type: application/sdp\r\n", SDP);
  g_free (peer_expect (peer, "SIP/2.0 491 "));
  call->refused = TRUE;
  call_send (call, "ACK", NULL, NULL);
  call_answer (call, invite, "200 OK", moved);
  event_free (server_expect (server, "response 200"));
  ack = peer_expect (peer, "ACK sip:moved@127.0.0.1:");
  cseq = header_of (invite, "CSeq");
  *strchr (cseq, ' ') = '\0';
  fail_unless (g_str_has_prefix (strstr (ack, "CSeq: ") + 6, cseq));

  /* Repeated, it gets the same ACK (RFC 3261 section 13.2.2.4). */
  call_answer (call, invite, "200 OK", moved);
  g_free (peer_expect (peer, "ACK sip:moved@127.0.0.1:"));
  call_send (call, "UPDATE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "request UPDATE"));

  server_bye (server, dialog, "SIP;cause=200;text=\"done\"");
  bye = peer_expect (peer, "BYE sip:client@127.0.0.1:");
  check_header (bye, "Reason", "SIP;cause=200;text=\"done\"");
  /* A BYE of the peer that crosses ours is welcome. */
  call_send (call, "BYE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  call_answer (call, bye, "200 OK", NULL);
  server_call (server, NULL, NULL);
  fail_unless (g_async_queue_length (server->events) == 0);
}
GST_END_TEST;

/* Call-IDs may be the same when the tags are not. */
GST_START_TEST (test_same_call_id)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Call) second = call_new (peer);
  SiprecDialog *one, *two;
  g_autoptr (Event) event = NULL;

  g_free (second->call_id);
  second->call_id = g_strdup (call->call_id);
  g_free (second->from_tag);
  second->from_tag = g_strdup ("from2");
  one = call_establish (call, server, NULL);
  two = call_establish (second, server, NULL);
  fail_unless (one != two);
  call_send (second, "INFO", NULL, NULL);
  event = server_expect (server, "request INFO");
  fail_unless (event->dialog == two);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  call_hang_up (second, server);
  call_hang_up (call, server);
}
GST_END_TEST;

/* Where our requests go over UDP: to the source when the Contact is of another network. */
GST_START_TEST (test_nat)
{
  static const gchar *const contacts[] = {"<sip:c@10.1.2.3:5070>;+sip.src",
                                          "<sip:c@pbx.example.com>;src",
                                          "<sip:c@192.0.2.1:99999>",
                                          "*",
                                          "sip:c@10.1.2.3;+sip.src",
                                          "<sip:c@10.1.2.3:5070;+sip.src",
                                          "garbage"};
  static const gchar *const targets[] = {
      "UPDATE sip:c@10.1.2.3:5070 ",   "UPDATE sip:c@pbx.example.com ",
      "UPDATE sip:c@192.0.2.1:99999 ", "UPDATE sip:127.0.0.1:",
      "UPDATE sip:c@10.1.2.3 ",        "UPDATE sip:c@10.1.2.3:5070 ",
      "UPDATE sip:127.0.0.1:"};
  BEGIN (transports[__i__], 0);

  for (guint i = 0; i < G_N_ELEMENTS (contacts); i++) {
    g_autoptr (Call) one = call_new (peer);
    SiprecDialog *dialog;
    g_autofree gchar *update = NULL;

    one->contact = contacts[i];
    dialog = call_establish (one, server, NULL);
    fail_unless (server_request (server, dialog, "UPDATE", NULL, NULL));
    update = peer_expect (peer, targets[i]);
    call_answer (one, update, "200 OK", NULL);
    event_free (server_expect (server, "response 200"));
    call_hang_up (one, server);
  }
}
GST_END_TEST;

/* A Contact on the source host names the port, though the requests come from another one. */
GST_START_TEST (test_contact_port)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));
  g_autoptr (Peer) listener = peer_new ("UDP", "127.0.0.1", server_port (server));
  G_GNUC_UNUSED g_autoptr (Call) call = call_new (peer);
  g_autofree gchar *contact = g_strdup_printf ("<sip:c@127.0.0.1:%u>", listener->port);
  g_autofree gchar *bye = NULL;
  SiprecDialog *dialog;

  call->contact = contact;
  dialog = call_establish (call, server, NULL);
  server_bye (server, dialog, NULL);
  bye = peer_expect (listener, "BYE sip:c@127.0.0.1:");
  call_answer (call, bye, "200 OK", NULL);
}
GST_END_TEST;

GST_START_TEST (test_route_set)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));
  g_autoptr (Peer) proxy = peer_new ("UDP", "127.0.0.1", server_port (server));
  G_GNUC_UNUSED g_autoptr (Call) call = call_new (peer);
  g_autofree gchar *lines = g_strdup_printf (
      "Record-Route: <sip:127.0.0.1:%u;lr;x=1>\r\nRecord-Route: <sip:far.example.com;lr>\r\n",
      proxy->port);
  g_autofree gchar *expected = g_strdup_printf ("<sip:127.0.0.1:%u;lr;x=1>", proxy->port);
  g_autofree gchar *update = NULL;
  SiprecDialog *dialog;

  call->contact = "<sip:c@10.9.9.9>";
  dialog = call_establish (call, server, lines);
  /* A target refresh doesn't change the route set (RFC 3261 section 12.2). */
  call->contact = "<sip:new@10.9.9.9>";
  call_send (call, "UPDATE", "Record-Route: <sip:other.example.com;lr>\r\n", NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "request UPDATE"));

  fail_unless (server_request (server, dialog, "UPDATE", NULL, NULL));
  update = peer_expect (proxy, "UPDATE sip:new@10.9.9.9 ");
  check_header (update, "Route", expected);
  fail_unless (strstr (update, "<sip:far.example.com;lr>"));
  fail_if (strstr (update, "other"));
  call_answer (call, update, "200 OK", NULL);
  event_free (server_expect (server, "response 200"));
  call_hang_up (call, server);
}
GST_END_TEST;

static Suite *
sip_dialog_suite (void)
{
  Suite *suite = suite_create ("sip-dialog");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_call, 0, 2);
  tcase_add_loop_test (tcase, test_packed_body, 0, 2);
  tcase_add_loop_test (tcase, test_update_before_ack, 0, 2);
  tcase_add_loop_test (tcase, test_peer_requests, 0, 2);
  tcase_add_loop_test (tcase, test_100rel, 0, 2);
  tcase_add_loop_test (tcase, test_overlap, 0, 2);
  tcase_add_loop_test (tcase, test_pending_reinvite, 0, 2);
  tcase_add_loop_test (tcase, test_our_requests, 0, 2);
  tcase_add_loop_test (tcase, test_same_call_id, 0, 2);
  tcase_add_loop_test (tcase, test_nat, 0, 2);
  tcase_add_test (tcase, test_contact_port);
  tcase_add_test (tcase, test_route_set);
  return suite;
}

GST_CHECK_MAIN (sip_dialog);
