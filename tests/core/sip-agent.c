/* The SIP agent: its sockets, its thread, and requests outside dialogs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "siprec-core/error.h"
#include "sip-peer.h"

GST_START_TEST (test_options)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) event = NULL;
  g_autofree gchar *answer = NULL;
  g_autofree gchar *allow = NULL;
  g_autofree gchar *accept = NULL;
  g_autofree gchar *agent = NULL;
  g_autofree gchar *contact = NULL;
  g_autofree gchar *supported = NULL;
  g_autofree gchar *expected = g_strdup_printf ("<sip:127.0.0.1:%u;transport=%s>;+sip.srs",
                                                server_port (server), __i__ ? "tcp" : "udp");

  call_send (call, "OPTIONS", NULL, NULL);
  event = server_expect (server, "options");
  fail_unless_equals_string (event->request->method, "OPTIONS");
  fail_unless_equals_string (event->request->uri, "sip:recorder@127.0.0.1");
  fail_unless_equals_string (event->request->transport, __i__ ? "tcp" : "udp");
  fail_unless_equals_string (event->request->remote_address, "127.0.0.1");
  fail_unless_equals_int (event->request->remote_port, peer->port);
  fail_unless_equals_string (event->request->local_address, "127.0.0.1");
  fail_unless_equals_int (event->request->local_port, server_port (server));

  answer = peer_expect (peer, "SIP/2.0 200 ");
  allow = header_of (answer, "Allow");
  accept = header_of (answer, "Accept");
  agent = header_of (answer, "Server");
  contact = header_of (answer, "Contact");
  supported = header_of (answer, "Supported");
  fail_unless (strstr (allow, "INVITE") && strstr (allow, "UPDATE") && strstr (allow, "INFO"));
  fail_unless (strstr (accept, "application/rs-metadata+xml") &&
               strstr (accept, "multipart/mixed"));
  fail_unless (g_str_has_prefix (agent, "gst-siprec/"));
  fail_unless_equals_string (contact, expected);
  /* RFC 7866 section 11.1.1: the option tag belongs into Require only. */
  fail_if (supported && strstr (supported, "siprec"));
}
GST_END_TEST;

GST_START_TEST (test_refusals)
{
  static const struct {
    const gchar *method, *to_tag, *lines, *status, *header, *value;
  } rows[] = {
      {"SUBSCRIBE", NULL, NULL, "SIP/2.0 405 ", "Allow",
       "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK"},
      {"FROBNICATE", NULL, NULL, "SIP/2.0 405 ", NULL, NULL},
      {"INVITE", NULL, "Require: siprec, foo\r\nRequire: 100rel\r\n", "SIP/2.0 420 ", "Unsupported",
       "foo"},
      {"OPTIONS", NULL, "Require: timer, path\r\n", "SIP/2.0 420 ", "Unsupported", "path"},
      {"INVITE", "nobody", NULL, "SIP/2.0 481 ", NULL, NULL},
      {"OPTIONS", "nobody", NULL, "SIP/2.0 481 ", NULL, NULL},
      {"UPDATE", NULL, NULL, "SIP/2.0 481 ", NULL, NULL},
      {"INFO", "nobody", NULL, "SIP/2.0 481 ", NULL, NULL},
      {"BYE", "nobody", NULL, "SIP/2.0 481 ", NULL, NULL},
      {"BYE", "nobody", "Require: foo\r\n", "SIP/2.0 481 ", NULL, NULL},
      {"PRACK", "nobody", NULL, "SIP/2.0 481 ", NULL, NULL},
      {"CANCEL", NULL, NULL, "SIP/2.0 481 ", NULL, NULL},
  };
  BEGIN (transports[__i__], 0);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Call) one = call_new (peer);
    g_autofree gchar *answer = NULL;
    g_autofree gchar *value = NULL;

    one->to_tag = g_strdup (rows[i].to_tag);
    call_send (one, rows[i].method, rows[i].lines, NULL);
    answer = peer_expect (peer, rows[i].status);
    if (rows[i].header) {
      value = header_of (answer, rows[i].header);
      fail_unless_equals_string (value, rows[i].value);
    }
    one->refused = TRUE;
    if (g_str_equal (rows[i].method, "INVITE"))
      call_send (one, "ACK", NULL, NULL);
  }
  call->to_tag = g_strdup ("stray");
  call_send (call, "ACK", NULL, NULL);
  siprec_request_unref (peer_ping (server, peer));
}
GST_END_TEST;

/* A datagram that was cut, in the body and at its very begin, and one cut in its headers. */
GST_START_TEST (test_cut_datagram)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));
  static const gchar *const bodies[] = {"", "v=0\r\n"};

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autofree gchar *text = g_strdup_printf (
        "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bK%u\r\nFrom: "
        "<sip:a@b>;tag=1\r\n"
        "To: <sip:b@b>\r\nCall-ID: cut%u\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\n"
        "Content-Type: application/sdp\r\nContent-Length: 2000\r\n\r\n%s",
        i, i, bodies[i]);
    g_autofree gchar *ack = g_strdup_printf (
        "ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bK%u\r\nFrom: "
        "<sip:a@b>;tag=1\r\n"
        "To: <sip:b@b>\r\nCall-ID: cut%u\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
        i, i);

    peer_send (peer, text, -1);
    g_free (peer_expect (peer, "SIP/2.0 400 "));
    peer_send (peer, ack, -1);
  }
  peer_send (peer,
             "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bKzz\r\n"
             "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: cutz\r\nCSeq: 1 INVITE\r\nContac",
             -1);
  siprec_request_unref (peer_ping (server, peer));
}
GST_END_TEST;

/* Everything of a message arrives as it was sent: order, unknown and odd headers, and any byte of
 * the body. */
GST_START_TEST (test_copy)
{
  static const gchar body[] = "--b\r\n\r\n\0\1 binary \0 and \xff\r\n--b--";
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new (transports[__i__], "127.0.0.1", server_port (server));
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (Event) event = NULL;
  const SiprecRequest *request;
  gconstpointer data;
  gsize length;

  g_string_printf (
      text,
      "INVITE sip:srs@h;x=1 SIP/2.0\r\nv: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bKcopy;rport\r\n"
      "X-Cisco-Recording-Participant: sip:1@x;media-index=\"0 1\"\r\n"
      "f: \"W, \\\"x\\\"\" <sip:a@b;noa=int>;tag=F1;x-refci=7\r\nt:<sip:b@b>\r\ni: "
      "Copy@Call\r\nCSeq: 403912904 INVITE\r\n"
      "m: <sip:1@10.0.0.1>;+sip.src;isFocus\r\nRecv-Info:\r\nRequire: siprec\r\nUser-to-User: "
      "00ab;encoding=hex\r\n"
      "c:multipart/mixed;boundary=b\r\nContent-Disposition:recording-session ; "
      "handling=required\r\n"
      "X-Folded: one\r\n two\r\nSubject: caf\xe9\r\nX-Twice: 1\r\nx-twice: 2\r\nl: %u\r\n\r\n",
      peer->proto, peer->port, (guint)sizeof body - 1);
  g_string_append_len (text, body, sizeof body - 1);
  g_atomic_int_set (&server->hold, TRUE);
  peer_send (peer, text->str, text->len);
  event = server_expect (server, "invite");
  request = event->request;

  fail_unless_equals_string (request->uri, "sip:srs@h;x=1");
  fail_unless_equals_string (request->call_id, "Copy@Call");
  fail_unless_equals_string (request->from, "\"W, \\\"x\\\"\" <sip:a@b;noa=int>;tag=F1;x-refci=7");
  fail_unless_equals_string (request->from_tag, "F1");
  fail_unless_equals_string (request->to, "<sip:b@b>");
  fail_unless (request->to_tag == NULL);
  fail_unless_equals_uint64 (request->cseq, 403912904);
  fail_unless_equals_string (request->contact, "<sip:1@10.0.0.1>;+sip.src;isFocus");
  fail_unless_equals_string (request->content_type, "multipart/mixed;boundary=b");
  fail_unless_equals_string (request->content_disposition, "recording-session ; handling=required");
  fail_unless (siprec_request_requires (request, "siprec"));
  fail_unless_equals_string (siprec_request_header (request, "Recv-Info"), "");
  fail_unless_equals_string (siprec_request_header (request, "X-Folded"), "one   two");
  fail_unless_equals_string (siprec_request_header (request, "Subject"), "caf\xef\xbf\xbd");
  fail_unless_equals_string (siprec_request_header (request, "User-to-User"), "00ab;encoding=hex");
  fail_unless_equals_string (((SiprecHeader *)request->headers->pdata[0])->name, "Via");
  fail_unless_equals_string (((SiprecHeader *)request->headers->pdata[1])->value,
                             "sip:1@x;media-index=\"0 1\"");
  fail_unless_equals_int (request->headers->len, 17);
  data = g_bytes_get_data (request->body, &length);
  fail_unless (length == sizeof body - 1 && memcmp (data, body, length) == 0);
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  server_reply (server, event->transaction, 486);
  g_free (peer_expect (peer, "SIP/2.0 486 "));
}
GST_END_TEST;

GST_START_TEST (test_cancel_without_dialog)
{
  BEGIN (transports[__i__], 0);
  g_autoptr (Event) event = NULL;

  g_atomic_int_set (&server->hold, TRUE);
  call_send (call, "INVITE", NULL, SDP);
  event = server_expect (server, "invite");
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  call_send (call, "CANCEL", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  g_free (peer_expect (peer, "SIP/2.0 487 "));
  /* The user doesn't know yet, and answers. */
  server_reply (server, event->transaction, 503);
  fail_unless (peer_try_receive (peer, 100) == NULL || __i__ == 0);
}
GST_END_TEST;

/* The response goes to where the request came from, not to an address or name that the Via wishes. */
GST_START_TEST (test_via)
{
  static const gchar *const wishes[] = {"maddr=127.0.0.77", "maddr=no-such-host.invalid",
                                        "rport;maddr=[::1]", "received=127.0.0.77", "comp=sigcomp"};
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));

  for (guint i = 0; i < G_N_ELEMENTS (wishes); i++) {
    g_autofree gchar *text = g_strdup_printf (
        "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP wrong.example.com:%u;%s;branch=z9hG4bKvia%u\r\n"
        "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: via%u\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n",
        peer->port, wishes[i], i, i);

    peer_send (peer, text, -1);
    g_free (peer_expect (peer, "SIP/2.0 200 "));
    event_free (server_expect (server, "options"));
  }
}
GST_END_TEST;

/* The same INVITE by another way. */
GST_START_TEST (test_merged)
{
  BEGIN (transports[__i__], 0);

  g_atomic_int_set (&server->hold, TRUE);
  call_send (call, "INVITE", NULL, SDP);
  event_free (server_expect (server, "invite"));
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  call->cseq--;
  call_send (call, "INVITE", NULL, SDP);
  g_free (peer_expect (peer, "SIP/2.0 482 "));
}
GST_END_TEST;

static void
append_number (SiprecAgent *agent, gpointer user_data)
{
  gpointer *pair = user_data;

  fail_unless (siprec_agent_is_current (agent));
  g_array_append_val ((GArray *)pair[0], pair[1]);
}

static void
count (gpointer data)
{
  g_atomic_int_inc ((gint *)data);
}

static void
nothing (SiprecAgent *agent, gpointer user_data)
{
}

GST_START_TEST (test_invoke)
{
  static const SiprecAgentHandler handler = {NULL, NULL, NULL};
  const gchar *uris[] = {"sip:127.0.0.1:0", NULL};
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (gpointer));
  SiprecAgent *idle = siprec_agent_new (uris, NULL, &handler, NULL, NULL);
  gint destroyed = 0;

  fail_if (siprec_agent_is_current (server->agent));
  for (gsize i = 0; i < 1000; i++) {
    gpointer *pair = g_new (gpointer, 2);

    pair[0] = order;
    pair[1] = GSIZE_TO_POINTER (i);
    siprec_agent_invoke (server->agent, append_number, pair, g_free);
  }
  server_call (server, NULL, NULL);
  fail_unless_equals_int (order->len, 1000);
  for (gsize i = 0; i < 1000; i++)
    fail_unless (g_array_index (order, gpointer, i) == GSIZE_TO_POINTER (i));

  siprec_agent_stop (server->agent);
  event_free (server_expect (server, "stopped"));
  siprec_agent_invoke (server->agent, nothing, &destroyed, count);
  fail_unless_equals_int (g_atomic_int_get (&destroyed), 1);

  /* One that never starts. */
  siprec_agent_invoke (idle, nothing, &destroyed, count);
  siprec_agent_free (idle);
  fail_unless_equals_int (g_atomic_int_get (&destroyed), 2);
}
GST_END_TEST;

typedef struct {
  GString *fired;
  SiprecTimer *cancelled;
  GAsyncQueue *done;
} Timers;

static void
fire_a (SiprecAgent *agent, gpointer user_data)
{
  Timers *timers = user_data;

  g_string_append_c (timers->fired, 'a');
  siprec_agent_cancel_timer (agent, timers->cancelled);
}

static void
fire_b (SiprecAgent *agent, gpointer user_data)
{
  g_string_append_c (((Timers *)user_data)->fired, 'b');
}

static void
fire_c (SiprecAgent *agent, gpointer user_data)
{
  Timers *timers = user_data;

  g_string_append_c (timers->fired, 'c');
  g_async_queue_push (timers->done, timers);
}

static void
set_timers (SiprecAgent *agent, gpointer user_data)
{
  Timers *timers = user_data;

  siprec_agent_add_timer (agent, 120, fire_c, timers);
  timers->cancelled = siprec_agent_add_timer (agent, 60, fire_b, timers);
  siprec_agent_add_timer (agent, 0, fire_a, timers);
  /* Left over at the end. */
  siprec_agent_add_timer (agent, 100000, fire_b, timers);
}

GST_START_TEST (test_timers)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  Timers timers = {g_string_new (NULL), NULL, g_async_queue_new ()};

  server_call (server, set_timers, &timers);
  fail_unless (g_async_queue_timeout_pop (timers.done, 5 * G_USEC_PER_SEC) != NULL);
  fail_unless_equals_string (timers.fired->str, "ac");
  g_string_free (timers.fired, TRUE);
  g_async_queue_unref (timers.done);
}
GST_END_TEST;

static Suite *
sip_agent_suite (void)
{
  Suite *suite = suite_create ("sip-agent");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_options, 0, 2);
  tcase_add_loop_test (tcase, test_refusals, 0, 2);
  tcase_add_test (tcase, test_cut_datagram);
  tcase_add_loop_test (tcase, test_copy, 0, 2);
  tcase_add_loop_test (tcase, test_cancel_without_dialog, 0, 2);
  tcase_add_test (tcase, test_via);
  tcase_add_loop_test (tcase, test_merged, 0, 2);
  tcase_add_test (tcase, test_invoke);
  tcase_add_test (tcase, test_timers);
  return suite;
}

GST_CHECK_MAIN (sip_agent);
