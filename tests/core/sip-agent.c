/* The SIP agent: sockets, threads, and requests outside dialogs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "siprec-core/error.h"
#include "sip-peer.h"

static const gchar *const transports[] = {"UDP", "TCP"};

static gboolean
have_ipv6 (void)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  return socket && g_socket_bind (socket, address, FALSE, NULL);
}

GST_START_TEST (test_options)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new (transports[__i__], "127.0.0.1", server_port (server));
  g_autoptr (Call) call = call_new (peer);
  g_autoptr (Event) event = NULL;
  g_autofree gchar *answer = NULL;
  g_autofree gchar *allow = NULL;
  g_autofree gchar *accept = NULL;
  g_autofree gchar *agent = NULL;

  call_send (call, "OPTIONS",
             "X-Empty:\r\nSupported:\r\nv: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n", NULL);
  event = server_expect (server, "options");
  fail_unless_equals_string (event->request->uri, "sip:recorder@127.0.0.1");
  fail_unless_equals_string (event->request->transport, __i__ ? "tcp" : "udp");
  fail_unless_equals_string (event->request->remote_address, "127.0.0.1");
  fail_unless_equals_int (event->request->remote_port, peer->port);
  fail_unless_equals_string (event->request->local_address, "127.0.0.1");
  fail_unless_equals_int (event->request->local_port, server_port (server));
  fail_unless_equals_string (siprec_request_header (event->request, "X-Empty"), "");

  answer = peer_expect (peer, "SIP/2.0 200 ");
  allow = header_of (answer, "Allow");
  accept = header_of (answer, "Accept");
  agent = header_of (answer, "Server");
  fail_unless (strstr (allow, "INVITE") && strstr (allow, "UPDATE") && strstr (allow, "INFO"));
  fail_unless (strstr (accept, "application/rs-metadata+xml") &&
               strstr (accept, "multipart/mixed"));
  fail_unless (g_str_has_prefix (agent, "gst-siprec/"));
}
GST_END_TEST;

int
main (int argc, char **argv)
{
  Suite *suite = suite_create ("sip-agent");
  TCase *tcase = tcase_create ("all");

  gst_check_init (&argc, &argv);
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_options, 0, 2);
  (void)have_ipv6;
  return gst_check_run_suite (suite, "sip-agent", __FILE__);
}
