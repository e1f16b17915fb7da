/* An agent that can't keep up says so at once.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <time.h>

#include <gst/check/gstcheck.h>

#include "sip-peer.h"
#include "tests/support/rounds.h"

#define N_PENDING 420
#define N_FLOOD   8000
#define PADDING   1000
#define N_TIMERS  200

typedef struct {
  GMutex lock;
  GCond cond;
  gboolean blocked, released;
} Gate;

static void
block (SiprecAgent *agent, gpointer user_data)
{
  Gate *gate = user_data;

  g_mutex_lock (&gate->lock);
  gate->blocked = TRUE;
  g_cond_broadcast (&gate->cond);
  while (!gate->released)
    g_cond_wait (&gate->cond, &gate->lock);
  gate->blocked = FALSE;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->lock);
}

/* The agent's thread stands still until open_gate(). */
static void
close_gate (Server *server, Gate *gate)
{
  gate->released = FALSE;
  siprec_agent_invoke (server->agent, block, gate, NULL);
  g_mutex_lock (&gate->lock);
  while (!gate->blocked)
    g_cond_wait (&gate->cond, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

static void
open_gate (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  gate->released = TRUE;
  g_cond_broadcast (&gate->cond);
  while (gate->blocked)
    g_cond_wait (&gate->cond, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

/* Takes what has come, until nothing comes any more. */
static void
count (Peer *peer, guint *n_ok, guint *n_refused)
{
  g_autofree gchar *response = NULL;

  while ((response = peer_try_receive (peer, 500))) {
    *n_ok += g_str_has_prefix (response, "SIP/2.0 200 ");
    if (g_str_has_prefix (response, "SIP/2.0 503 ")) {
      fail_unless (strstr (response, "Retry-After:") != NULL);
      ++*n_refused;
    }
    g_clear_pointer (&response, g_free);
  }
}

/* Calls that nobody decides on. */
GST_START_TEST (test_pending)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));
  guint n_ok = 0, n_refused = 0;

  g_atomic_int_set (&server->hold, TRUE);
  for (guint i = 0; i < N_PENDING; i++) {
    g_autoptr (Call) call = call_new (peer);
    g_autofree gchar *answer = NULL;

    call_send (call, "INVITE", NULL, SDP);
    answer = peer_expect (peer, "SIP/2.0 ");
    n_refused += g_str_has_prefix (answer, "SIP/2.0 503 ");
    fail_unless (g_str_has_prefix (answer, "SIP/2.0 503 ") == (i >= 400), "%u: %s", i, answer);
  }
  fail_unless_equals_int (n_refused, N_PENDING - 400);
  count (peer, &n_ok, &n_refused);
}
GST_END_TEST;

/* More than the receive buffer should hold: what is refused makes room for what isn't. */
GST_START_TEST (test_full_buffer)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("UDP", "127.0.0.1", server_port (server));
  g_autoptr (Call) call = call_new (peer);
  g_autofree gchar *padding = g_strnfill (PADDING, 'x');
  Gate gate = {0};
  guint n_ok = 0, n_refused = 0;

  close_gate (server, &gate);
  for (guint i = 0; i < N_FLOOD; i++)
    call_send (call, "OPTIONS", "Content-Type: text/plain\r\n", padding);
  open_gate (&gate);
  count (peer, &n_ok, &n_refused);
  fail_unless (n_ok > 0 && n_refused > 0, "%u and %u", n_ok, n_refused);

  call_send (call, "OPTIONS", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
}
GST_END_TEST;

static void
be_impatient (SiprecAgent *agent, gpointer data)
{
  siprec_agent_set_patience (agent, 1);
}

/* A stream has no buffer that fills: what counts is how long a request has waited. */
GST_START_TEST (test_late_turn)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  g_autoptr (Peer) peer = peer_new ("TCP", "127.0.0.1", server_port (server));
  g_autoptr (Call) call = call_new (peer);
  Gate gate = {0};
  guint n_ok = 0, n_refused = 0;

  server_call (server, be_impatient, NULL);
  /* The connection may take its time, too. */
  for (guint i = 0; i < 20 && n_refused == 0; i++) {
    close_gate (server, &gate);
    call_send (call, "OPTIONS", NULL, NULL);
    g_usleep (50000);
    open_gate (&gate);
    count (peer, &n_ok, &n_refused);
  }
  fail_unless (n_refused > 0);
}
GST_END_TEST;

/* Timers of a millisecond, one after the other. */
typedef struct {
  Gate gate;
  guint left;
  gint64 began, cpu_began; /* us */
  gint64 took, cpu_took;
} Chain;

static gint64
thread_cpu_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void next_timer (SiprecAgent *agent, gpointer user_data);

/* Not from the timer before: to that the clock stands still. */
static void
on_timer (SiprecAgent *agent, gpointer user_data)
{
  siprec_agent_invoke (agent, next_timer, user_data, NULL);
}

static void
next_timer (SiprecAgent *agent, gpointer user_data)
{
  Chain *chain = user_data;

  if (chain->left-- > 0) {
    siprec_agent_add_timer (agent, 1, on_timer, chain);
    return;
  }
  chain->took = g_get_monotonic_time () - chain->began;
  chain->cpu_took = thread_cpu_time () - chain->cpu_began;
  block (agent, &chain->gate);
}

static void
begin_timers (SiprecAgent *agent, gpointer user_data)
{
  Chain *chain = user_data;

  chain->began = g_get_monotonic_time ();
  chain->cpu_began = thread_cpu_time ();
  next_timer (agent, chain);
}

/* The stack by itself looked again and again for the last part of a millisecond. */
GST_START_TEST (test_timers_are_slept_for)
{
  g_autoptr (Server) server = server_new (NULL, 0);
  Chain chain = {.left = N_TIMERS};

  siprec_agent_invoke (server->agent, begin_timers, &chain, NULL);
  g_mutex_lock (&chain.gate.lock);
  while (!chain.gate.blocked)
    g_cond_wait (&chain.gate.cond, &chain.gate.lock);
  g_mutex_unlock (&chain.gate.lock);
  open_gate (&chain.gate);
  /* Under a checker all that is done for a timer may take its millisecond. */
  fail_unless (rounds (2) == 1 || chain.cpu_took < chain.took / 10,
               "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " us", chain.cpu_took, chain.took);
}
GST_END_TEST;

static Suite *
sip_load_suite (void)
{
  Suite *suite = suite_create ("sip-load");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_pending);
  tcase_add_test (tcase, test_full_buffer);
  tcase_add_test (tcase, test_late_turn);
  tcase_add_test (tcase, test_timers_are_slept_for);
  return suite;
}

GST_CHECK_MAIN (sip_load);
