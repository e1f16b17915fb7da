/* Dialogs: INVITE, the requests of both sides, and the ends
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "sip-peer.h"

static const gchar *const transports[] = {"UDP", "TCP"};

/* The two fixtures that most tests begin with; @__i__ chooses the transport. */
#define BEGIN(timeout)                                                                             \
  g_autoptr (Server) server = server_new (NULL, timeout);                                          \
  g_autoptr (Peer) peer = peer_new (transports[__i__], "127.0.0.1", server_port (server));         \
  g_autoptr (Call) call = call_new (peer)

GST_START_TEST (test_call)
{
  BEGIN (0);
  g_autofree gchar *answer = NULL;
  g_autoptr (Event) ended = NULL;

  call_establish (call, server, "Require: siprec\r\n");
  call_send (call, "BYE", NULL, NULL);
  answer = peer_expect (peer, "SIP/2.0 200 ");
  ended = server_expect (server, "ended 0");
  fail_unless_equals_string (ended->request->method, "BYE");
}
GST_END_TEST;

static Suite *
sip_dialog_suite (void)
{
  Suite *suite = suite_create ("sip-dialog");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_call, 0, 2);
  return suite;
}

GST_CHECK_MAIN (sip_dialog);
