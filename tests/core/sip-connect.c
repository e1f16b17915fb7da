/* Who may connect: those outside of allow, those who only keep alive, those whom the stack keeps waiting
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include <glib/gstdio.h>

#include "siprec-core/guard/guard.h"
#include "siprec-core/sip/front/front.h"
#include "siprec-core/sip/source.h"
#include "tests/support/certificates.h"
#include "sip-peer.h"

#define MESSAGE                                                                                    \
  "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"     \
  "To: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

static gchar *folder;
static gchar *root, *srs, *src, *late, *stranger;

/* A front without a stack. @told: reasons of refusals and identities, gchar; @ids: of the connections for which it asked
 * the stack, gchar; @wanted: how many those were */
typedef struct {
  SiprecFront *front;
  SiprecGuard *guard;
  guint16 port;
  gboolean tls;
  GAsyncQueue *told;
  GAsyncQueue *ids;
  gint wanted;
} Gate;

static void
set_up (void)
{
  g_autofree gchar *foreign = NULL;

  folder = g_dir_make_tmp ("siprec-connect-XXXXXX", NULL);
  root = certificate_new (folder, "root.pem", NULL, TRUE, NULL, -100, 200);
  foreign = certificate_new (folder, "foreign.pem", NULL, TRUE, NULL, -100, 200);
  srs = certificate_new (folder, "srs.pem", root, FALSE, "DNS:srs.example", 0, 30);
  src = certificate_new (folder, "src.pem", root, FALSE, "URI:sip:src.example", 0, 30);
  late = certificate_new (folder, "late.pem", root, FALSE, "URI:sip:src.example", -50, 20);
  stranger = certificate_new (folder, "stranger.pem", foreign, FALSE, "DNS:src.example", 0, 30);
  g_unlink (foreign);
}

static void
tear_down (void)
{
  gchar *files[] = {root, srs, src, late, stranger};

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_unlink (files[i]);
    g_free (files[i]);
  }
  g_rmdir (folder);
  g_free (folder);
}

static void
on_wanted (SiprecFront *front, const gchar *id, gpointer user_data)
{
  g_async_queue_push (((Gate *)user_data)->ids, g_strdup (id));
  g_atomic_int_inc (&((Gate *)user_data)->wanted);
}

static gboolean
may_connect (SiprecFront *front, const gchar *address, const gchar *const *identities,
             gboolean unproven, gpointer user_data)
{
  return siprec_guard_may_connect (((Gate *)user_data)->guard, address, identities, unproven);
}

static void
on_refused (SiprecFront *front, const SiprecFrontRefusal *refusal, gpointer user_data)
{
  g_autofree gchar *names =
      refusal->identities ? g_strjoinv (" ", (gchar **)refusal->identities) : g_strdup ("");

  fail_unless_equals_string (refusal->address, "127.0.0.1");
  fail_unless_equals_string (refusal->transport, ((Gate *)user_data)->tls ? "tls" : "tcp");
  g_async_queue_push (((Gate *)user_data)->told,
                      g_strdup_printf ("%s [%s]", refusal->reason, names));
}

/* @require: of TLS, a client certificate */
static Gate *
gate_new (gboolean tls, const gchar *allow, gboolean require)
{
  static const SiprecFrontHandler handler = {on_wanted, may_connect, on_refused};
  SiprecGuardSettings settings = {.allow = allow};
  SiprecFrontLimits limits = SIPREC_FRONT_LIMITS;
  Gate *gate = g_new0 (Gate, 1);

  if (tls)
    settings.tls = (SiprecTlsSettings){srs, root, require};
  gate->tls = tls;
  gate->told = g_async_queue_new_full (g_free);
  gate->ids = g_async_queue_new_full (g_free);
  gate->guard = siprec_guard_new (&settings, NULL);
  gate->front = siprec_front_new (&handler, gate, NULL);
  limits.silent_ms = 1000;
  siprec_front_set_limits (gate->front, &limits);
  if (tls) {
    g_autoptr (SiprecTlsContext) context = siprec_guard_get_tls (gate->guard);

    siprec_front_set_tls (gate->front, context);
  }
  gate->port = siprec_front_listen (gate->front, "127.0.0.1", 0, tls);
  fail_unless (gate->port != 0);
  siprec_front_start (gate->front);
  return gate;
}

static void
gate_free (Gate *gate)
{
  siprec_front_free (gate->front);
  siprec_guard_unref (gate->guard);
  g_async_queue_unref (gate->told);
  g_async_queue_unref (gate->ids);
  g_free (gate);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Gate, gate_free)

static Peer *
gate_connect (Gate *gate)
{
  return peer_new (gate->tls ? "TLS" : "TCP", "127.0.0.1", gate->port);
}

/* The next refusal, which must have @words in it. */
static void
gate_expect (Gate *gate, const gchar *words)
{
  g_autofree gchar *reason = g_async_queue_timeout_pop (gate->told, 10 * G_TIME_SPAN_SECOND);

  fail_unless (reason && strstr (reason, words), "%s and not %s", reason, words);
}

static void
gate_await_wanted (Gate *gate, gint n)
{
  for (guint i = 0; i < 1000 && g_atomic_int_get (&gate->wanted) != n; i++)
    g_usleep (10000);
  fail_unless_equals_int (g_atomic_int_get (&gate->wanted), n);
}

/* @certificate: (nullable); @version: of TLS, 0 for any; @trusting: whether it knows who signed ours */
static SSL_CTX *
client_context (const gchar *certificate, gint version, gboolean trusting)
{
  SSL_CTX *context = SSL_CTX_new (TLS_client_method ());

  SSL_CTX_set_security_level (context, 0);
  SSL_CTX_set_verify (context, SSL_VERIFY_PEER, NULL);
  if (version)
    SSL_CTX_set_min_proto_version (context, version);
  if (version)
    SSL_CTX_set_max_proto_version (context, version);
  if (trusting)
    fail_unless (SSL_CTX_load_verify_file (context, root) == 1);
  if (certificate) {
    fail_unless (SSL_CTX_use_certificate_chain_file (context, certificate) == 1);
    fail_unless (SSL_CTX_use_PrivateKey_file (context, certificate, SSL_FILETYPE_PEM) == 1);
  }
  return context;
}

static gboolean
secure (Peer *peer, const gchar *certificate)
{
  SSL_CTX *context = client_context (certificate, 0, TRUE);
  gboolean done = peer_secure (peer, context, NULL);

  SSL_CTX_free (context);
  return done;
}

/* Nothing can make him one of those who may record: neither over TCP, nor where no certificate counts. */
GST_START_TEST (outsiders_get_no_connection)
{
  static const struct {
    gboolean tls;
    const gchar *allow;
  } cases[] = {{FALSE, "192.0.2.1,sbc.example"}, {TRUE, "192.0.2.1"}};
  g_autoptr (Gate) gate = gate_new (cases[__i__].tls, cases[__i__].allow, FALSE);
  g_autoptr (Peer) peer = gate_connect (gate);

  fail_unless (peer_is_closed (peer));
  gate_expect (gate, "allow");
  fail_unless_equals_int (siprec_front_n_connections (gate->front), 0);
}
GST_END_TEST

/* Where names are listed TLS must show who it is; then who isn't listed is told so, and the stack isn't troubled. */
GST_START_TEST (certificates_decide)
{
  static const struct {
    const gchar *allow, *told;
  } cases[] = {{"192.0.2.1,src.example", NULL},
               {"192.0.2.1,sbc.example", "certificate is in allow. [sip:src.example]"},
               {"127.0.0.0/8,sbc.example", NULL}};
  g_autoptr (Gate) gate = gate_new (TRUE, cases[__i__].allow, FALSE);
  g_autoptr (Peer) peer = gate_connect (gate);

  fail_unless (secure (peer, src));
  peer_send (peer, MESSAGE, -1);
  if (cases[__i__].told) {
    gate_expect (gate, cases[__i__].told);
    g_free (peer_expect (peer, "SIP/2.0 403 "));
    fail_unless (peer_is_closed (peer));
  }
  gate_await_wanted (gate, cases[__i__].told ? 0 : 1);
}
GST_END_TEST

GST_START_TEST (no_certificate_is_none_of_allow)
{
  g_autoptr (Gate) gate = gate_new (TRUE, "src.example", FALSE);
  g_autoptr (Peer) peer = gate_connect (gate);

  fail_unless (secure (peer, NULL));
  gate_expect (gate, "has shown no certificate");
  peer_send (peer, MESSAGE, -1);
  g_free (peer_expect (peer, "SIP/2.0 403 "));
  gate_await_wanted (gate, 0);
}
GST_END_TEST

/* What keeps a connection alive isn't what it is there for. */
GST_START_TEST (keepalives_do_not_count)
{
  g_autoptr (Gate) gate = gate_new (FALSE, NULL, FALSE);
  g_autoptr (Peer) peer = gate_connect (gate);
  guint sent = 0;

  for (guint i = 0; i < 1000 && siprec_front_n_connections (gate->front) == 0; i++)
    g_usleep (10000);
  for (; sent < 300 && siprec_front_n_connections (gate->front) > 0; sent++) {
    if (g_socket_send (peer->socket, "\r\n\r\n", 4, NULL, NULL) != 4)
      break;
    g_usleep (50000);
  }
  fail_unless (sent > 0 && sent < 300, "%u", sent);
  fail_unless (peer_is_closed (peer));
}
GST_END_TEST

/* A peer sends more than the stack takes: the thread sleeps until that takes it. */
GST_START_TEST (waiting_costs_nothing)
{
  g_autoptr (Gate) gate = gate_new (__i__ == 1, NULL, FALSE);
  g_autoptr (Peer) peer = gate_connect (gate);
  guint few = G_MAXUINT;

  if (gate->tls)
    fail_unless (secure (peer, NULL));
  for (guint i = 0; i < 600; i++)
    peer_send (peer, MESSAGE, -1);
  gate_await_wanted (gate, 1);
  /* A stack that doesn't come is waited for for 5 s. */
  for (guint i = 0; i < 12 && few > 5; i++) {
    guint before = siprec_front_n_turns (gate->front);

    g_usleep (300000);
    few = siprec_front_n_turns (gate->front) - before;
  }
  fail_unless (few <= 5, "%u turns in 0.3 s", few);
}
GST_END_TEST

/* Connects as the stack does, and says nothing yet. */
static Peer *
gate_connect_stack (Gate *gate)
{
  g_auto (GStrv) parts = g_strsplit (siprec_front_inner (gate->front), ":", 2);

  return peer_new ("TCP", parts[0], g_ascii_strtoull (parts[1], NULL, 10));
}

/* Names the next connection that it is wanted for. */
static void
greet (Gate *gate, Peer *stack)
{
  g_autofree gchar *id = g_async_queue_timeout_pop (gate->ids, 10 * G_TIME_SPAN_SECOND);
  g_autofree gchar *text =
      g_strdup_printf ("HELLO sip:%s SIP/2.0\r\nContent-Length: 0\r\n\r\n", id);

  fail_unless (id != NULL);
  peer_send (stack, text, -1);
}

/* A stack that has given up reading doesn't notice the end; its socket would stay for minutes, one for each such peer. */
GST_START_TEST (stack_that_stays_is_cut_off)
{
  g_autoptr (Gate) gate = gate_new (FALSE, NULL, FALSE);
  Peer *peer = gate_connect (gate);
  g_autoptr (Peer) stack = gate_connect_stack (gate);

  peer_send (peer, MESSAGE, -1);
  greet (gate, stack);
  g_free (peer_expect (stack, "OPTIONS "));
  peer_free (peer);
  /* Told in the usual way, and then in another, which can't be overheard. */
  fail_unless (peer_is_closed (stack));
  fail_unless (g_socket_condition_timed_wait (stack->socket, G_IO_ERR | G_IO_HUP,
                                              10 * G_TIME_SPAN_SECOND, NULL, NULL));
}
GST_END_TEST

/* The stack connects to many at once before it says for whom: none of them is taken for a stranger. */
GST_START_TEST (many_wait_for_the_stack)
{
  g_autoptr (Gate) gate = gate_new (FALSE, NULL, FALSE);
  Peer *peers[150], *stacks[G_N_ELEMENTS (peers)];

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    peers[i] = gate_connect (gate);
    peer_send (peers[i], MESSAGE, -1);
  }
  gate_await_wanted (gate, G_N_ELEMENTS (peers));
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    stacks[i] = gate_connect_stack (gate);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    greet (gate, stacks[i]);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    g_free (peer_expect (stacks[i], "OPTIONS "));
    peer_free (stacks[i]);
    peer_free (peers[i]);
  }
}
GST_END_TEST

/* What went wrong is said so that it can be mended. */
GST_START_TEST (failures_are_told)
{
  const struct {
    const gchar *certificate;
    gint version;
    gboolean distrusts;
    const gchar *words;
  } cases[] = {{NULL, 0, FALSE, "has shown no certificate"},
               {stranger, 0, FALSE, "authority that tls-ca doesn't list"},
               {late, 0, FALSE, "has expired"},
               {src, TLS1_1_VERSION, FALSE, "no TLS 1.2 or later"},
               {src, TLS1_2_VERSION, TRUE, "who has issued tls-certificate"},
               {src, TLS1_3_VERSION, TRUE, "who has issued tls-certificate"}};
  g_autoptr (Gate) gate = gate_new (TRUE, NULL, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SSL_CTX *context = client_context (cases[i].certificate, cases[i].version, !cases[i].distrusts);
    g_autoptr (Peer) peer = gate_connect (gate);

    peer_secure (peer, context, NULL);
    gate_expect (gate, cases[i].words);
    SSL_CTX_free (context);
    /* Two a second are told. */
    g_usleep (600000);
  }
  {
    g_autoptr (Peer) plain = gate_connect (gate);

    peer_send (plain, MESSAGE, -1);
    gate_expect (gate, "is no TLS");
  }
  /* Who only looks whether the port is open isn't told, although there is room for it again. */
  g_usleep (1100000);
  peer_free (gate_connect (gate));
  g_usleep (200000);
  fail_unless (g_async_queue_try_pop (gate->told) == NULL);
}
GST_END_TEST

/* TLS where only TCP is spoken, too. */
GST_START_TEST (tls_on_a_tcp_port_is_told)
{
  g_autoptr (Gate) gate = gate_new (FALSE, NULL, FALSE);
  g_autoptr (Peer) peer = gate_connect (gate);

  peer_send (peer, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  gate_expect (gate, "speaks TLS");
  fail_unless (peer_is_closed (peer));
}
GST_END_TEST

GST_START_TEST (sources)
{
  static const gchar *const cases[][2] = {
      {"192.0.2.1", "192.0.2.1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
      {"2001:db8:1:2::9", "2001:db8:1:2::/64"},
      {"2001:db8:1:3::9", "2001:db8:1:3::/64"},
      {"fe80::1%eth0", "fe80::/64"},
      {"::1", "::/64"},
      {"x:y", "x:y"},
      {"", ""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *source = siprec_source_of (cases[i][0]);

    fail_unless_equals_string (source, cases[i][1]);
  }
}
GST_END_TEST

static Suite *
sip_connect_suite (void)
{
  Suite *suite = suite_create ("sip-connect");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 60);
  tcase_add_unchecked_fixture (tcase, set_up, tear_down);
  tcase_add_loop_test (tcase, outsiders_get_no_connection, 0, 2);
  tcase_add_loop_test (tcase, certificates_decide, 0, 3);
  tcase_add_test (tcase, no_certificate_is_none_of_allow);
  tcase_add_test (tcase, keepalives_do_not_count);
  tcase_add_loop_test (tcase, waiting_costs_nothing, 0, 2);
  tcase_add_test (tcase, stack_that_stays_is_cut_off);
  tcase_add_test (tcase, many_wait_for_the_stack);
  tcase_add_test (tcase, failures_are_told);
  tcase_add_test (tcase, tls_on_a_tcp_port_is_told);
  tcase_add_test (tcase, sources);
  return suite;
}

GST_CHECK_MAIN (sip_connect);
