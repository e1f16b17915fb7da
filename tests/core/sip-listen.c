/* Where the SIP agent listens: URIs, what can not be bound, IPv6, several at once
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "siprec-core/error.h"
#include "sip-peer.h"

static gboolean
have_ipv6 (void)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  return socket && g_socket_bind (socket, address, FALSE, NULL);
}

GST_START_TEST (test_bad_uris)
{
  static const SiprecAgentHandler handler = {NULL, NULL, NULL};
  static const gchar *const bad[] = {
      "",
      "127.0.0.1:5060",

      "sip:",
      "sip::5060",
      "sip:127.0.0.1:65536",
      "sip:127.0.0.1:-1",
      "sip:127.0.0.1:",
      "sip:127.0.0.1:5060x",
      "sip:127.0.0.256",
      "sip:1.2.3",
      "sip:[::1",
      "sip:[127.0.0.1]:5060",
      "sip:127.0.0.1;transport=ws",
      "sip:127.0.0.1;lr",
      "sip:user@127.0.0.1",
      "sip:127.0.0.1:99999999999999999999999",
  };
  const gchar *const none[] = {NULL};
  g_autoptr (GError) empty = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    const gchar *uris[] = {"sip:127.0.0.1:0", bad[i], NULL};
    g_autoptr (GError) error = NULL;

    fail_unless (siprec_agent_new (uris, NULL, &handler, NULL, &error) == NULL, "%s", bad[i]);
    fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS));
    fail_unless (strstr (error->message, bad[i]) && strstr (error->message, "sip:127.0.0.1:5060"));
  }
  fail_unless (siprec_agent_new (none, NULL, &handler, NULL, &empty) == NULL);
  fail_unless (g_error_matches (empty, SIPREC_ERROR, SIPREC_ERROR_SETTINGS));
}
GST_END_TEST;

static void
check_bind_error (const gchar *uri, const gchar *hint)
{
  g_autoptr (Server) server = server_new (uri, 0);

  fail_unless (server->uris == NULL, "%s could be bound", uri);
  fail_unless (g_error_matches (server->error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS));
  fail_unless (strstr (server->error->message, uri), "%s", server->error->message);
  fail_unless (strstr (server->error->message, hint), "%s", server->error->message);
  /* It can still be asked something. */
  server_call (server, NULL, NULL);
}

GST_START_TEST (test_bind_errors)
{
  g_autoptr (Server) server = server_new ("sip:127.0.0.1:0", 0);
  g_autofree gchar *udp = g_strconcat (server->uris[0], ";transport=udp", NULL);
  g_autofree gchar *tcp = g_strconcat (server->uris[0], ";transport=tcp", NULL);

  check_bind_error (server->uris[0], "Choose another port");
  check_bind_error (udp, "Choose another port");
  check_bind_error (tcp, "Choose another port");
  check_bind_error ("sip:192.0.2.77:0", "address of this host");
  check_bind_error ("sip:192.0.2.77:0;transport=udp", "address of this host");
  check_bind_error ("sip:no-such-host.invalid:0", "must be an address");
}
GST_END_TEST;

GST_START_TEST (test_uris)
{
  static const gchar *const uris[] = {"sip:127.0.0.1:0", "sip:127.0.0.2:0;transport=udp",
                                      "sip:127.0.0.1:0;transport=tcp", "sip:0.0.0.0:0"};

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (Server) server = server_new (uris[i], 0);
    guint16 port;

    fail_unless (server->uris != NULL, "%s", server->error ? server->error->message : "");
    port = g_ascii_strtoull (strrchr (server->uris[0], ':') + 1, NULL, 10);
    fail_unless (port > 0 && g_strv_length (server->uris) == 1);
    if (!strstr (uris[i], "tcp")) {
      g_autoptr (Peer) peer = peer_new ("UDP", i == 1 ? "127.0.0.2" : "127.0.0.1", port);
      g_autoptr (SiprecRequest) request = peer_ping (server, peer);

      fail_unless_equals_string (request->local_address, i == 1 ? "127.0.0.2" : "127.0.0.1");
    }
    if (!strstr (uris[i], "udp")) {
      g_autoptr (Peer) peer = peer_new ("TCP", "127.0.0.1", port);
      g_autoptr (SiprecRequest) request = peer_ping (server, peer);

      fail_unless_equals_string (request->local_address, "127.0.0.1");
    }
  }
}
GST_END_TEST;

GST_START_TEST (test_ipv6)
{
  static const gchar *const uris[] = {"sip:[::1]:0", "sip:[::]:0"};
  g_autoptr (Server) server = NULL;

  if (!have_ipv6 ())
    return;
  server = server_new (uris[__i__], 0);
  fail_unless (server->uris != NULL, "%s", server->error ? server->error->message : "");
  fail_unless (g_str_has_prefix (server->uris[0], __i__ ? "sip:[::]:" : "sip:[::1]:"));
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Peer) peer = peer_new (transports[i], "::1", server_port (server));
    g_autoptr (Call) call = call_new (peer);
    g_autoptr (SiprecRequest) request = peer_ping (server, peer);

    fail_unless_equals_string (request->local_address, "::1");
    fail_unless_equals_string (request->remote_address, "::1");
    call_establish (call, server, NULL);
    call_send (call, "BYE", NULL, NULL);
    g_free (peer_expect (peer, "SIP/2.0 200 "));
    event_free (server_expect (server, "ended 0"));
  }
}
GST_END_TEST;

static guint
open_files (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

GST_START_TEST (test_start_stop)
{
  guint before = 0;

  for (guint i = 0; i < 200; i++) {
    Server *server = server_new (NULL, 0);

    if (i % 10 == 0) {
      g_autoptr (Peer) peer = peer_new ("TCP", "127.0.0.1", server_port (server));
      g_autoptr (Call) call = call_new (peer);

      /* A call that is left alone. */
      call_send (call, "INVITE", NULL, SDP);
      event_free (server_expect (server, "invite"));
    }
    server_free (server);
    /* The first one opens what stays for the process. */
    if (i == 0)
      before = open_files ();
  }
  fail_unless_equals_int (open_files (), before);
}
GST_END_TEST;

GST_START_TEST (test_many_agents)
{
  Server *servers[8];

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    servers[i] = server_new (NULL, 0);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (servers); i++) {
    Server *server = servers[i % G_N_ELEMENTS (servers)];
    g_autoptr (Peer) peer = peer_new (transports[i % 2], "127.0.0.1", server_port (server));

    siprec_request_unref (peer_ping (server, peer));
  }
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    server_free (servers[i]);
}
GST_END_TEST;

static Suite *
sip_listen_suite (void)
{
  Suite *suite = suite_create ("sip-listen");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_bad_uris);
  tcase_add_test (tcase, test_bind_errors);
  tcase_add_test (tcase, test_uris);
  tcase_add_loop_test (tcase, test_ipv6, 0, 2);
  tcase_add_test (tcase, test_start_stop);
  tcase_add_test (tcase, test_many_agents);
  return suite;
}

GST_CHECK_MAIN (sip_listen);
