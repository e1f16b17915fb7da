/* Hostile SIP: whatever comes, the agent goes on answering
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <sys/socket.h>

#include <gst/check/gstcheck.h>

#include "sip-peer.h"

#define VIA  "Via: SIP/2.0/%T 127.0.0.1:5999;branch=z9hG4bK%N;rport\r\n"
#define MID  "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: %N\r\n"
#define INV  "INVITE sip:a@b SIP/2.0\r\n"
#define REST VIA MID "CSeq: 1 INVITE\r\nContact: <sip:a@b>\r\n"

/* %T is the transport, %N a number that is never the same, %L 20 kB of letters. */
static const gchar *const messages[] = {
    "\r\n\r\n\r\n\r\n",
    "\r\n",
    "INVITE\r\n\r\n",
    "INVITE sip:a@b\r\n\r\n",
    "INVITE  sip:a@b  SIP/2.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "SIP/2.0\r\n\r\n",
    "SIP/2.0 200 OK\r\n\r\n",
    "SIP/2.0 4294967295 OK\r\n" REST "Content-Length: 0\r\n\r\n",
    "SIP/2.0 -1 OK\r\n" REST "Content-Length: 0\r\n\r\n",
    "SIP/2.0 200 OK\r\n" REST "Content-Length: 0\r\n\r\n",
    "SIP/7.0 200 OK\r\n" VIA MID "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
    "INVITE sip:a@b SIP/7.0\r\n" REST "Content-Length: 0\r\n\r\n",
    "INVITE sip: SIP/2.0\r\n" REST "Content-Length: 0\r\n\r\n",
    "INVITE * SIP/2.0\r\n" REST "Content-Length: 0\r\n\r\n",
    "INVITE tel:+1 SIP/2.0\r\n" REST "Content-Length: 0\r\n\r\n",
    "INVITE sip:[::1 SIP/2.0\r\n" REST "Content-Length: 0\r\n\r\n",
    "INVITE sip:%L@b SIP/2.0\r\n" REST "Content-Length: 0\r\n\r\n",
    "%L sip:a@b SIP/2.0\r\n" VIA MID "CSeq: 1 %L\r\nContent-Length: 0\r\n\r\n",
    INV REST "Content-Length: -1\r\n\r\n",
    INV REST "Content-Length: 99999999999999999999\r\n\r\n",
    INV REST "Content-Length: 4294967295\r\n\r\n",
    INV REST "Content-Length: 0x10\r\n\r\n0123456789abcdef",
    INV REST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    INV REST "Content-Length:\r\n\r\n",
    INV REST "\r\nno length",
    INV REST "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID "Content-Length: 0\r\n\r\n",
    INV VIA "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV MID "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID "CSeq: -1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID "CSeq: 99999999999 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID "CSeq: INVITE\r\nContent-Length: 0\r\n\r\n",
    "ACK sip:a@b SIP/2.0\r\n" VIA MID "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
    "ACK sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n",
    "CANCEL sip:a@b SIP/2.0\r\n" VIA MID "CSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
    "PRACK sip:a@b SIP/2.0\r\n" VIA MID
    "CSeq: 1 PRACK\r\nRAck: 1 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    "PRACK sip:a@b SIP/2.0\r\n" VIA MID "CSeq: 1 PRACK\r\nRAck: -1 x\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T 127.0.0.1:0;branch=z9hG4bK%N\r\n" MID
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T 127.0.0.1:99999;branch=z9hG4bK%N\r\n" MID
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T x;maddr=255.255.255.255;branch=z9hG4bK%N\r\n" MID
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T x;maddr=[::ffff:%L];branch=z9hG4bK%N\r\n" MID
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T x;received=[;rport=-1;branch=z9hG4bK%N\r\n" MID
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T x;comp=sigcomp;branch=z9hG4bK%N\r\n" MID
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/TLS x;branch=z9hG4bK%N\r\n" MID "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: !SIP/2.0/%T x;branch=z9hG4bK%N\r\n" MID "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T [::1]:5;branch=z9hG4bK%N, SIP/2.0/%T, ,,\r\n" MID
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "Via: SIP/2.0/%T x;branch=%L\r\n" MID "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV VIA "Via: %L\r\nVia: %L\r\nVia: %L\r\n" MID "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV REST "Record-Route: %L\r\nRecord-Route: <sip:x;lr>, ,<\r\nContent-Length: 0\r\n\r\n",
    INV REST "Record-Route: <tel:1>\r\nRoute: <>\r\nContent-Length: 0\r\n\r\n",
    INV REST "X: %L\r\nX: %L\r\nX: %L\r\nContent-Length: 0\r\n\r\n",
    INV REST "Require: %L\r\nContent-Length: 0\r\n\r\n",
    INV REST "Require: ,,,\r\nSupported: ;;;\r\nAllow: \x80\xff\r\nContent-Length: 0\r\n\r\n",
    INV REST "Timestamp: x 1e999999\r\nContent-Length: 0\r\n\r\n",
    INV REST "Timestamp: 99999999999999.9 -1\r\nExpires: -5\r\nSession-Expires: x\r\nMin-SE: "
             "-\r\nContent-Length: 0\r\n\r\n",
    INV REST "Authorization: Digest\r\nProxy-Authorization: \"\r\nContent-Length: 0\r\n\r\n",
    INV REST ": nameless\r\n\xff\xfe: x\r\nno colon\r\n  folded\r\nContent-Length: 0\r\n\r\n",
    INV "From: \"unclosed <sip:a@b>;tag=\r\nTo: <sip:b@b>\r\n" VIA
        "Call-ID: \xe9\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV "From: <sip:a@b>;tag=1;tag=2;tag\r\nTo: sip:b@b;tag\r\n" VIA
        "Call-ID: %N@\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID "CSeq: 1 INVITE\r\nContact: *\r\nContact: <sip:\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID
    "CSeq: 1 INVITE\r\nContact: <sip:a@b?Route=%%3Csip:x%%3E&body=x>\r\nContent-Length: 0\r\n\r\n",
    INV VIA MID
    "CSeq: 1 INVITE\r\nContact: <sip:a@b;method=BYE;ttl=1>, <sip:c@d>\r\nContent-Length: 0\r\n\r\n",
};

static GString *
expand (const gchar *format, const gchar *transport)
{
  static guint number;
  GString *text = g_string_new (NULL);

  for (; *format; format++) {
    if (format[0] == '%' && format[1] == 'T')
      g_string_append (text, transport);
    else if (format[0] == '%' && format[1] == 'N')
      g_string_append_printf (text, "%08u", number);
    else if (format[0] == '%' && format[1] == 'L')
      for (guint i = 0; i < 20000; i++)
        g_string_append_c (text, 'a' + i % 26);
    else
      g_string_append_c (text, *format);
    if (format[0] == '%')
      format++;
  }
  number++;
  return text;
}

/* The agent answers OPTIONS, after whatever else it has to say. */
static void
check_alive (Server *server)
{
  for (guint attempt = 0; attempt < 120; attempt++) {
    g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));
    g_autoptr (Call) call = call_new (peer);
    g_autofree gchar *answer = NULL;

    call_send (call, "OPTIONS", NULL, NULL);
    /* A datagram may be lost when the socket's buffer is full of ours. */
    answer = peer_try_receive (peer, 500);
    if (answer && g_str_has_prefix (answer, "SIP/2.0 200 "))
      return;
  }
  fail ("the agent is gone");
}

static void
send_hostile (Server *server, Peer **peer, const gchar *transport, const GString *text)
{
  /* TCP: often the agent has closed the connection over the one before. */
  if (g_str_equal (transport, "TCP") || !*peer) {
    g_clear_pointer (peer, peer_free);
    *peer = peer_new (transport, "127.0.0.1", server_port (server));
  }
  peer_send (*peer, text->str, MIN (text->len, 65000));
}

GST_START_TEST (test_messages)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  Peer *peer = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++) {
    GString *text = expand (messages[i], transports[__i__]);

    send_hostile (server, &peer, transports[__i__], text);
    /* Cut anywhere, too. */
    g_string_truncate (text, text->len * 2 / 3);
    send_hostile (server, &peer, transports[__i__], text);
    g_string_free (text, TRUE);
    if (i % 8 == 0)
      check_alive (server);
  }
  check_alive (server);
  g_clear_pointer (&peer, peer_free);
}
GST_END_TEST;

static const gchar good[] =
    "INVITE sip:srs@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%T 127.0.0.1:5999;branch=z9hG4bK%N;rport\r\n"
    "Max-Forwards: 70\r\nFrom: \"A\" <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: "
    "mutated%N\r\nCSeq: 1 INVITE\r\n"
    "Contact: <sip:a@127.0.0.1:5999>;+sip.src\r\nRecord-Route: <sip:127.0.0.1;lr>\r\nRequire: "
    "siprec\r\n"
    "Supported: timer, replaces\r\nSession-Expires: 1800;refresher=uac\r\nTimestamp: 12.5\r\n"
    "Content-Type: application/sdp\r\nContent-Length: 8\r\n\r\nv=0\r\no=-";

/* Thousands of messages with a few bytes changed. */
GST_START_TEST (test_mutations)
{
  static const gchar odd[] = "\0\xff\r\n\t ,;:<>\"@=/%[]()*-0";
  g_autoptr (Server) server = server_new (NULL, 0);
  GRand *rand = g_rand_new_with_seed (7866);
  Peer *peer = NULL;

  for (guint i = 0; i < 1500; i++) {
    GString *text = expand (good, transports[__i__]);

    for (gint n = g_rand_int_range (rand, 1, 6); n > 0; n--) {
      gsize at = g_rand_int_range (rand, 0, text->len);
      gsize length = g_rand_int_range (rand, 1, 20);

      switch (g_rand_int_range (rand, 0, 4)) {
      case 0:
        text->str[at] = odd[g_rand_int_range (rand, 0, sizeof odd - 1)];
        break;
      case 1:
        g_string_erase (text, at, MIN (length, text->len - at));
        break;
      case 2:
        g_string_insert_len (text, at, text->str, MIN (text->len, 40));
        break;
      default:
        text->str[at] ^= 1 << g_rand_int_range (rand, 0, 8);
      }
    }
    send_hostile (server, &peer, transports[__i__], text);
    g_string_free (text, TRUE);
    if (i % 100 == 0)
      check_alive (server);
  }
  check_alive (server);
  g_clear_pointer (&peer, peer_free);
  g_rand_free (rand);
}
GST_END_TEST;

/* Garbage, half messages and silence on many connections. */
GST_START_TEST (test_connections)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  Peer *peers[64];
  g_autofree gchar *garbage = g_malloc (100000);

  for (gint i = 0; i < 100000; i++)
    garbage[i] = g_random_int ();
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    peers[i] = peer_new ("TCP", "127.0.0.1", server_port (server));
    if (i % 4 == 1)
      peer_send (peers[i], garbage, 100000);
    else if (i % 4 == 2)
      peer_send (peers[i], good, sizeof good / 2);
    else if (i % 4 == 3)
      peer_send (peers[i], "OPTIONS sip:a SIP/2.0\r\nContent-Length: 500000\r\n\r\nx", -1);
  }
  check_alive (server);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peer_free (peers[i]);
  check_alive (server);
}
GST_END_TEST;

static void
reply_too_much (SiprecTransaction *transaction, guint status)
{
  g_autofree gchar *body = g_strnfill (70000, 'x');
  SiprecReply reply = {.status = status, .content_type = "text/plain", .body = body};

  siprec_transaction_reply (transaction, &reply);
}

static void
accept_too_much (SiprecAgent *agent, gpointer user_data)
{
  reply_too_much (user_data, 200);
}

static void
refuse_too_much (SiprecAgent *agent, gpointer user_data)
{
  reply_too_much (user_data, 486);
}

/* A response that doesn't fit into a datagram and so can't be sent, and an ACK for it all the same:
 * nta by itself would abort. */
GST_START_TEST (test_ack_of_unsent)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));
  g_autoptr (Call) call = call_new (peer);
  g_autoptr (Event) event = NULL;

  g_atomic_int_set (__i__ ? &server->hold_dialog : &server->hold, TRUE);
  call_send (call, "INVITE", NULL, SDP);
  event = server_expect (server, "invite");
  g_free (peer_expect (peer, "SIP/2.0 100 "));
  server_call (server, __i__ ? accept_too_much : refuse_too_much, event->transaction);
  call->refused = TRUE;
  call_send (call, "ACK", NULL, NULL);
  /* A dialog whose 2xx never left is over. */
  if (__i__)
    event_free (server_expect (server, "ended 2"));
  check_alive (server);
}
GST_END_TEST;

/* A client that doesn't read: at last nothing can be sent to it any more, neither responses to
 * INVITEs (refused, merged, or out of order in a dialog) nor what replaces them. Its ACKs come all
 * the same. */
GST_START_TEST (test_unread)
{
  static const gchar *const requires[] = {"Require: foo\r\n", "", ""};
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("TCP", "127.0.0.1", server_port (server));
  g_autoptr (Call) call = call_new (peer);
  g_autofree gchar *filler = g_strnfill (6000, 'f');
  const gchar *to = "";
  g_autofree gchar *tag = NULL;

  g_socket_set_option (peer->socket, SOL_SOCKET, SO_RCVBUF, 4096, NULL);
  g_socket_set_timeout (peer->socket, 1);
  if (__i__ == 2) {
    call_establish (call, server, NULL);
    tag = g_strconcat (";tag=", call->to_tag, NULL);
    to = tag;
  }
  g_atomic_int_set (&server->hold, TRUE);
  /* Twice what the kernel keeps for a connection at most (tcp_wmem). */
  for (guint i = 0; i < 1400; i++) {
    static const gchar *const methods[] = {"INVITE", "ACK"};

    for (guint m = 0; m < 2; m++) {
      g_autofree gchar *text = g_strdup_printf (
          "%s sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP %s:%u;x=%s;branch=z9hG4bK%u;rport\r\n"
          "From: <sip:client@example.com>;tag=from1\r\nTo: "
          "<sip:recorder@example.com>%s\r\nCall-ID: %s%s\r\n"
          "CSeq: %u %s\r\n%sContent-Length: 0\r\n\r\n",
          methods[m], peer->local, peer->port, m == 0 ? filler : "1", i, to, call->call_id,
          __i__ == 1 ? "m" : "", __i__ == 0 ? i : 1, methods[m], m == 0 ? requires[__i__] : "");

      peer_send (peer, text, -1);
    }
    /* Full in both directions: the recorder doesn't read from us any more either. */
    if (!g_socket_condition_timed_wait (peer->socket, G_IO_OUT, G_USEC_PER_SEC, NULL, NULL))
      break;
  }
  check_alive (server);
}
GST_END_TEST;

static Suite *
sip_torture_suite (void)
{
  Suite *suite = suite_create ("sip-torture");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_loop_test (tcase, test_messages, 0, 2);
  tcase_add_loop_test (tcase, test_mutations, 0, 2);
  tcase_add_test (tcase, test_connections);
  tcase_add_loop_test (tcase, test_ack_of_unsent, 0, 2);
  tcase_add_loop_test (tcase, test_unread, 0, 3);
  return suite;
}

GST_CHECK_MAIN (sip_torture);
