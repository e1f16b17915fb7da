/* Stream connections: their limits, floods, and the port that only we may use
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <gst/check/gstcheck.h>

#include "tests/support/effort.h"
#include "tests/support/rounds.h"
#include "sip-peer.h"

#define OPTIONS                                                                                    \
  "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK%u;rport\r\n"          \
  "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: %u\r\nCSeq: 1 OPTIONS\r\n"

/* @ms, or longer where all is slower. */
static guint
slowly (guint ms)
{
  return ms * MIN (1000 / rounds (1000), 8);
}

static Server *
small_server (void)
{
  SiprecFrontLimits limits = SIPREC_FRONT_LIMITS;

  limits.connections = 8;
  limits.connections_per_address = 4;
  limits.silent_ms = slowly (500);
  limits.message_ms = slowly (500);
  return server_new_with (NULL, NULL, &limits);
}

static void
ask (Peer *peer)
{
  g_autoptr (Call) call = call_new (peer);

  call_send (call, "OPTIONS", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
}

static Peer *
connect_to (Server *server)
{
  return peer_new ("TCP", "127.0.0.1", server_port (server));
}

GST_START_TEST (silent_connections_are_closed)
{
  g_autoptr (Server) server = small_server ();
  g_autoptr (Peer) silent = connect_to (server);
  g_autoptr (Peer) speaks = connect_to (server);
  g_autoptr (Peer) half = connect_to (server);
  g_autofree gchar *answer = NULL;

  ask (speaks);
  ask (half);
  peer_send (half, "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bKx\r\n", -1);
  fail_unless (peer_is_closed (silent));
  answer = peer_expect (half, "SIP/2.0 400 ");
  fail_unless (peer_is_closed (half));
  /* Whoever has spoken may be silent then. */
  g_usleep (slowly (1500) * 1000);
  ask (speaks);
  fail_unless (server_await_connections (server, 1));
}
GST_END_TEST

GST_START_TEST (connections_of_an_address_are_bounded)
{
  g_autoptr (Server) server = small_server ();
  Peer *peers[4];

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    peers[i] = connect_to (server);
    ask (peers[i]);
  }
  {
    g_autoptr (Peer) refused = connect_to (server);

    fail_unless (peer_is_closed (refused));
  }
  peer_free (peers[0]);
  fail_unless (server_await_connections (server, 3));
  peers[0] = connect_to (server);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    ask (peers[i]);
    peer_free (peers[i]);
  }
  fail_unless (server_await_connections (server, 0));
}
GST_END_TEST

GST_START_TEST (too_large_messages_are_refused)
{
  static const gchar *const bad[] = {
      OPTIONS "Content-Length: 600000\r\n\r\n",
      OPTIONS "Content-Length: 99999999999999999999\r\n\r\n",
      OPTIONS "X: %L\r\nContent-Length: 0\r\n\r\n",
  };
  g_autoptr (Server) server = small_server ();

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (Peer) peer = connect_to (server);
    g_autofree gchar *filler = g_strnfill (50000, 'x');
    g_auto (GStrv) parts = g_strsplit (bad[i], "%L", -1);
    g_autofree gchar *format = g_strjoinv (filler, parts);
    g_auto (GStrv) numbers = g_strsplit (format, "%u", -1);
    g_autofree gchar *text = g_strjoinv ("7", numbers);

    peer_send (peer, text, -1);
    g_free (peer_expect (peer, "SIP/2.0 413 "));
    fail_unless (peer_is_closed (peer));
  }
}
GST_END_TEST

/* What is no SIP, or has no end, or two. */
GST_START_TEST (damaged_messages_close_the_connection)
{
  static const gchar *const bad[] = {
      "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
      OPTIONS "\r\n",
      OPTIONS "Content-Length: 1\r\nl: 2\r\n\r\nxx",
      OPTIONS "Content-Length: -1\r\n\r\n",
      OPTIONS "X: a\rContent-Length: 0\r\n\r\n",
      "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n",
      "OPTIONS sip:a SIP/2.0\r\nVia: x\r\nContent-Length: 0\r\n\r\n",
      /* The stack would neither read on nor close. */
      "OPTIONS  SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nContent-Length: 0\r\n\r\n",
      "SIP/2.0 abc\r\nVia: SIP/2.0/TCP x\r\nContent-Length: 0\r\n\r\n",
      "OPTIONS sip:a SIP/2.0\r\nVia\r\nContent-Length: 0\r\n\r\n",
  };
  g_autoptr (Server) server = server_new (NULL, 0);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (Peer) peer = connect_to (server);

    peer_send (peer, bad[i], -1);
    fail_unless (peer_is_closed (peer), "%u", i);
  }
}
GST_END_TEST

/* And not the one behind it. */
GST_START_TEST (damaged_message_is_answered)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = connect_to (server);
  g_autofree gchar *answer = NULL;

  peer_send (peer,
             "OPTIONS sip:a SIP/2.0\r\nVia: x\r\nCall-ID: bad\r\nContent-Length: 0\r\n\r\n"
             "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bKx\r\nCall-ID: good\r\n"
             "Content-Length: 0\r\n\r\n",
             -1);
  answer = peer_expect (peer, "SIP/2.0 400 ");
  fail_unless (strstr (answer, "Call-ID: bad\r\n"), "%s", answer);
  fail_unless (peer_is_closed (peer));
}
GST_END_TEST

/* Several at once, one byte at a time, and with what keeps connections alive in between. */
GST_START_TEST (messages_come_in_pieces)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = connect_to (server);
  g_autoptr (GString) text = g_string_new ("\r\n\r\n");

  for (guint i = 0; i < 3; i++)
    g_string_append_printf (text, OPTIONS "l: 4\r\n\r\nbody\r\n\r\n", i, i);
  peer_send (peer, text->str, text->len);
  for (guint i = 0; i < 3; i++)
    g_free (peer_expect (peer, "SIP/2.0 200 "));
  for (guint i = 0; i < text->len; i++)
    peer_send (peer, text->str + i, 1);
  for (guint i = 0; i < 3; i++)
    g_free (peer_expect (peer, "SIP/2.0 200 "));
}
GST_END_TEST

/* The answer bears the Via of the request, with what the peer can't know (RFC 3581), and no other. */
GST_START_TEST (via_comes_back)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = connect_to (server);
  g_autofree gchar *answer = NULL;
  g_autofree gchar *via = NULL;
  g_autofree gchar *rport = NULL;
  g_autoptr (Event) event = NULL;

  peer_send (peer,
             "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP client.example ;branch=z9hG4bKa\r\n"
             " ; rport;received=9.9.9.9;x=\"a,b\" , SIP/2.0/TCP behind.example;branch=z9hG4bKb\r\n"
             "f: <sip:a@b>;tag=1\r\nt: <sip:b@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n",
             -1);
  answer = peer_expect (peer, "SIP/2.0 200 ");
  via = header_of (answer, "Via");
  rport = g_strdup_printf (";rport=%u", peer->port);
  fail_unless (strstr (via, "SIP/2.0/TCP client.example;branch=z9hG4bKa;") == via, "%s", answer);
  fail_unless (strstr (via, ";received=127.0.0.1") && strstr (via, rport) &&
                   !strstr (via, "9.9.9.9"),
               "%s", answer);
  fail_unless (strstr (answer, "behind.example") && !strstr (answer, "siprec-connection"), "%s",
               answer);
  event = server_expect (server, "options");
  fail_unless_equals_string (event->request->remote_address, "127.0.0.1");
  fail_unless_equals_int (event->request->remote_port, peer->port);
  fail_unless (siprec_request_header (event->request, "X-Siprec-Relay") == NULL);
}
GST_END_TEST

/* One that takes the header of ours for its own gains nothing. */
GST_START_TEST (nobody_can_pose_as_another)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  const gchar *protocols[] = {"TCP", "UDP"};

  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++) {
    g_autoptr (Peer) peer = peer_new (protocols[i], "127.0.0.1", server_port (server));
    g_autoptr (Call) call = call_new (peer);
    g_autoptr (Event) event = NULL;

    call_send (call, "OPTIONS",
               "X-Siprec-Relay: 0123456789abcdef0123456789abcdef a 1 tls 9.9.9.9 1 9.9.9.9 1 "
               "c2lwOmE=\r\n",
               NULL);
    g_free (peer_expect (peer, "SIP/2.0 200 "));
    event = server_expect (server, "options");
    fail_unless_equals_string (event->request->remote_address, "127.0.0.1");
    fail_unless (event->request->identities == NULL);
  }
}
GST_END_TEST

/* The TCP ports on 127.0.0.1 that this process listens on, but @known. */
static GArray *
find_inner_ports (guint16 known)
{
  GArray *ports = g_array_new (FALSE, FALSE, sizeof (guint16));
  DIR *folder = opendir ("/proc/self/fd");
  struct dirent *entry;

  while ((entry = readdir (folder))) {
    gint fd = g_ascii_strtoll (entry->d_name, NULL, 10);
    gint listens = 0;
    socklen_t length = sizeof listens;
    GSocket *socket;

    if (getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens)
      continue;
    socket = g_socket_new_from_fd (dup (fd), NULL);
    g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);
    guint16 port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));

    if (port != known)
      g_array_append_val (ports, port);
    g_object_unref (socket);
  }
  closedir (folder);
  return ports;
}

/* Whoever connects where only the stack does is cut off, whatever he says, and nothing he says counts. */
GST_START_TEST (inner_port_refuses_strangers)
{
  static const gchar *const words[] = {
      "", OPTIONS "Content-Length: 0\r\n\r\n",
      "HELLO sip:00000000000000000000000000000000 SIP/2.0\r\nContent-Length: 0\r\n\r\n",
      OPTIONS "X-Siprec-Relay: 0123456789abcdef0123456789abcdef 1 2 tls 9.9.9.9 1 9.9.9.9 1 -\r\n"
              "Content-Length: 0\r\n\r\n"};
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) client = connect_to (server);
  g_autoptr (GArray) ports = find_inner_ports (server_port (server));
  Peer *crowd[100];

  ask (client);
  event_free (server_expect (server, "options"));
  fail_unless_equals_int (ports->len, 1);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    g_autoptr (Peer) stranger = peer_new ("TCP", "127.0.0.1", g_array_index (ports, guint16, 0));

    peer_send (stranger, words[i], -1);
    fail_unless (peer_is_closed (stranger), "%u", i);
  }
  /* A crowd that says nothing keeps nobody out. */
  for (guint i = 0; i < G_N_ELEMENTS (crowd); i++)
    crowd[i] = peer_new ("TCP", "127.0.0.1", g_array_index (ports, guint16, 0));
  for (guint i = 0; i < 5; i++) {
    g_autoptr (Peer) other = connect_to (server);

    ask (other);
    event_free (server_expect (server, "options"));
  }
  for (guint i = 0; i < G_N_ELEMENTS (crowd); i++)
    peer_free (crowd[i]);
  fail_unless (g_async_queue_try_pop (server->events) == NULL);
}
GST_END_TEST

/* What @n requests that come at once cost, in us. */
static gint64
weigh_flood (Server *server, guint n)
{
  g_autoptr (Peer) peer = connect_to (server);
  g_autoptr (GString) text = g_string_new (NULL);
  gint64 begin = effort ();

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, OPTIONS "Content-Length: 0\r\n\r\n", i, i);
  /* Sends and receives by turns, as the agent stops to read while nobody reads its answers. */
  for (guint sent = 0, got = 0; got < n;) {
    gsize chunk = MIN (text->len - sent, 20000);

    if (chunk > 0)
      peer_send (peer, text->str + sent, chunk);
    sent += chunk;
    for (gchar *answer; got < n && (answer = peer_try_receive (peer, chunk ? 0 : 10000)); got++)
      g_free (answer);
    if (chunk == 0)
      fail_unless (got == n, "%u of %u answers", got, n);
  }
  return effort () - begin;
}

/* Nothing is lost in a flood, and its cost is in proportion to its length. */
GST_START_TEST (floods_cost_linear_time)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  guint n = rounds (2000);
  gint64 brief = weigh_flood (server, n);
  gint64 lengthy = weigh_flood (server, 4 * n);

  /* The stack by itself took the square. */
  fail_unless (effort_is_linear (brief, lengthy),
               "%" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " us", brief, lengthy);
}
GST_END_TEST

/* Someone who sends and never reads is cut off, and others don't notice. */
GST_START_TEST (who_does_not_read_is_cut_off)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) deaf = connect_to (server);
  g_autofree gchar *filler = g_strnfill (5000, 'f');

  g_socket_set_timeout (deaf->socket, 5);
  for (guint i = 0; i < 3000; i++) {
    g_autofree gchar *text = g_strdup_printf (
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x;x=%s;branch=z9hG4bK%u\r\n"
        "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: %u\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n",
        filler, i, i);

    peer_send (deaf, text, -1);
  }
  {
    g_autoptr (Peer) other = connect_to (server);

    ask (other);
  }
  fail_unless (server_await_connections (server, 0));
}
GST_END_TEST

static Suite *
sip_front_suite (void)
{
  Suite *suite = suite_create ("sip-front");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, silent_connections_are_closed);
  tcase_add_test (tcase, connections_of_an_address_are_bounded);
  tcase_add_test (tcase, too_large_messages_are_refused);
  tcase_add_test (tcase, damaged_messages_close_the_connection);
  tcase_add_test (tcase, damaged_message_is_answered);
  tcase_add_test (tcase, messages_come_in_pieces);
  tcase_add_test (tcase, via_comes_back);
  tcase_add_test (tcase, nobody_can_pose_as_another);
  tcase_add_test (tcase, inner_port_refuses_strangers);
  tcase_add_test (tcase, floods_cost_linear_time);
  tcase_add_test (tcase, who_does_not_read_is_cut_off);
  return suite;
}

GST_CHECK_MAIN (sip_front);
