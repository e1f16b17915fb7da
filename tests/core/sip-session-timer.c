/* Session timers: who refreshes, and what becomes of a session that nobody refreshes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "sip-peer.h"

#define ALLOW "Allow: INVITE, ACK, BYE, UPDATE\r\n"

static Server *server;
static Peer *peer;
static Call *call;

static void
set_up (void)
{
  server = server_new (NULL, 0);
  peer = peer_new ("UDP", "127.0.0.1", server_port (server));
  call = call_new (peer);
}

static void
tear_down (void)
{
  call_free (call);
  peer_free (peer);
  server_free (server);
}

static void
allow_three_seconds (SiprecAgent *agent, gpointer user_data)
{
  siprec_agent_set_session_minimum (agent, 3);
}

/* The 200 to an INVITE with @lines. */
static gchar *
invite (const gchar *lines)
{
  gchar *answer;

  call_send (call, "INVITE", lines, SDP);
  event_free (server_expect (server, "invite"));
  answer = peer_expect (peer, "SIP/2.0 200 ");
  return answer;
}

/* RFC 4028 section 9, table 2. */
static const struct {
  const gchar *lines;
  const gchar *expires;
  const gchar *require;
} offers[] = {
    {"Supported: timer\r\n", NULL, NULL},
    {"Supported: timer\r\nSession-Expires: 1800\r\n", "1800;refresher=uac", "timer"},
    {"k: path, TIMER\r\nx: 90;refresher=uac\r\n", "90;refresher=uac", "timer"},
    {"Require: siprec, timer\r\nSession-Expires: 1800 ; refresher = uas\r\n", "1800;refresher=uas",
     "timer"},
    {"Session-Expires: 1800\r\n", "1800;refresher=uas", NULL},
    {"Session-Expires: 1800;refresher=uac\r\n", "1800;refresher=uas", NULL},
    {"Session-Expires: 60\r\n", NULL, NULL},
    {"Session-Expires: 99999999999999999999999\r\n", "1000000;refresher=uas", NULL},
    {"Supported: timer\r\nSession-Expires: -1\r\n", NULL, NULL},
    {"Supported: timer\r\nSession-Expires: soon\r\n", NULL, NULL},
    {"Supported: timer\r\nSession-Expires: 100x\r\n", NULL, NULL},
    {"Supported: timer\r\nSession-Expires:\r\n", NULL, NULL},
};

GST_START_TEST (the_client_refreshes_if_it_can)
{
  g_autofree gchar *answer = invite (offers[__i__].lines);

  check_header (answer, "Session-Expires", offers[__i__].expires);
  check_header (answer, "Require", offers[__i__].require);
  check_header (answer, "Supported", "100rel, timer");
}
GST_END_TEST

GST_START_TEST (a_brief_interval_is_refused)
{
  g_autofree gchar *answer = NULL;
  g_autofree gchar *again = NULL;

  call_send (call, "INVITE", "Supported: timer\r\nSession-Expires: 89\r\n", SDP);
  answer = peer_expect (peer, "SIP/2.0 422 ");
  check_header (answer, "Min-SE", "90");
  call->refused = TRUE;
  call_send (call, "ACK", NULL, NULL);
  call->refused = FALSE;

  /* In the dialog too. */
  call_establish (call, server, "Supported: timer\r\nSession-Expires: 90\r\n");
  call_send (call, "UPDATE", "Supported: timer\r\nSession-Expires: 0\r\n", NULL);
  again = peer_expect (peer, "SIP/2.0 422 ");
  check_header (again, "Min-SE", "90");
}
GST_END_TEST

GST_START_TEST (a_session_expires)
{
  g_autofree gchar *bye = NULL;
  g_autoptr (Event) ended = NULL;
  gint64 begin;

  server_call (server, allow_three_seconds, NULL);
  call_establish (call, server, "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n");
  g_usleep (G_USEC_PER_SEC);
  begin = g_get_monotonic_time ();
  call_send (call, "UPDATE", "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n", NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "request UPDATE"));
  bye = peer_expect (peer, "BYE ");
  /* A third of the interval before its end, counted from the refresh. */
  fail_unless (g_get_monotonic_time () - begin > 1900000);
  fail_unless (strstr (bye, "Session expired"));
  ended = server_expect (server, "ended 4");
  fail_unless (ended->request == NULL);
}
GST_END_TEST

GST_START_TEST (a_request_without_the_header_ends_the_timer)
{
  server_call (server, allow_three_seconds, NULL);
  call_establish (call, server, "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n");
  call_send (call, "UPDATE", "Supported: timer\r\n", NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "request UPDATE"));
  fail_unless (peer_try_receive (peer, 2500) == NULL);
  call_send (call, "BYE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "ended 0"));
}
GST_END_TEST

GST_START_TEST (we_refresh_with_update)
{
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *third = NULL;

  server_call (server, allow_three_seconds, NULL);
  call_establish (call, server, ALLOW "Supported: timer\r\nSession-Expires: 3;refresher=uas\r\n");
  first = peer_expect (peer, "UPDATE ");
  check_header (first, "Session-Expires", "3;refresher=uac");
  check_header (first, "Supported", "timer");
  check_header (first, "Content-Length", "0");
  call_answer (call, first, "422 Longer", "Min-SE: 4\r\n");
  second = peer_expect (peer, "UPDATE ");
  check_header (second, "Session-Expires", "4;refresher=uac");
  check_header (second, "Min-SE", "4");
  /* The peer takes the task over, and forgets it. */
  call_answer (call, second, "200 OK", "Require: timer\r\nSession-Expires: 3;refresher=uas\r\n");
  third = peer_expect (peer, "BYE ");
  event_free (server_expect (server, "ended 4"));
}
GST_END_TEST

GST_START_TEST (we_refresh_with_invite_where_update_is_unknown)
{
  /* Once because it isn't allowed, once because it is refused. */
  const gchar *lines = __i__ ? ALLOW "Session-Expires: 3\r\n" : "Session-Expires: 3\r\n";
  g_autofree gchar *update = NULL;

  server_call (server, allow_three_seconds, NULL);
  call_establish (call, server, lines);
  if (__i__) {
    update = peer_expect (peer, "UPDATE ");
    call_answer (call, update, "501 Not Implemented", NULL);
  }
  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *again = peer_expect (peer, "INVITE ");

    event_free (server_expect (server, "refresh"));
    check_header (again, "Session-Expires", "3;refresher=uac");
    fail_unless (g_str_has_suffix (again, SDP));
    call_answer (call, again, "200 OK", NULL);
    g_free (peer_expect (peer, "ACK "));
    event_free (server_expect (server, "response 200"));
  }
}
GST_END_TEST

static Suite *
sip_session_timer_suite (void)
{
  Suite *suite = suite_create ("sip-session-timer");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_set_timeout (tcase, 30);
  tcase_add_loop_test (tcase, the_client_refreshes_if_it_can, 0, G_N_ELEMENTS (offers));
  tcase_add_test (tcase, a_brief_interval_is_refused);
  tcase_add_test (tcase, a_session_expires);
  tcase_add_test (tcase, a_request_without_the_header_ends_the_timer);
  tcase_add_test (tcase, we_refresh_with_update);
  tcase_add_loop_test (tcase, we_refresh_with_invite_where_update_is_unknown, 0, 2);
  return suite;
}

GST_CHECK_MAIN (sip_session_timer);
