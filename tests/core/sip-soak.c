/* Connections by the thousand, well and ill meant, over TCP and TLS: nothing of them stays
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/socket.h>

#include <gst/check/gstcheck.h>

#include <glib/gstdio.h>

#include "tests/support/certificates.h"
#include "tests/support/footprint.h"
#include "tests/support/mutation.h"
#include "tests/support/rounds.h"
#include "sip-peer.h"

#define SEED        4475
#define ALIVE_EVERY 200

static gchar *folder;
static gchar *root, *srs;
static SSL_CTX *trusting;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("siprec-soak-XXXXXX", NULL);
  root = certificate_new (folder, "root.pem", NULL, TRUE, NULL, -100, 200);
  srs = certificate_new (folder, "srs.pem", root, FALSE, "IP:127.0.0.1", 0, 30);
  trusting = SSL_CTX_new (TLS_client_method ());
  fail_unless (SSL_CTX_load_verify_file (trusting, root) == 1);
  SSL_CTX_set_verify (trusting, SSL_VERIFY_PEER, NULL);
}

static void
tear_down (void)
{
  SSL_CTX_free (trusting);
  g_unlink (root);
  g_unlink (srs);
  g_rmdir (folder);
  g_free (root);
  g_free (srs);
  g_free (folder);
}

/* CONNECTIONS in the environment, or @few. */
static guint
number_of_connections (guint few)
{
  const gchar *wanted = g_getenv ("CONNECTIONS");

  return wanted ? (guint)g_ascii_strtoull (wanted, NULL, 10) : rounds (few);
}

static Server *
soak_server (gboolean tls)
{
  SiprecTlsSettings settings = {srs};
  SiprecFrontLimits limits = SIPREC_FRONT_LIMITS;

  limits.handshake_ms = limits.silent_ms = limits.message_ms = 3000;
  return server_new_with (tls ? "sips:127.0.0.1:0" : "sip:127.0.0.1:0;transport=tcp", &settings,
                          &limits);
}

static Peer *
connect_to (Server *server, gboolean tls)
{
  guint16 port = g_ascii_strtoull (strstr (server->uris[0], "127.0.0.1:") + 10, NULL, 10);

  return peer_new (tls ? "TLS" : "TCP", "127.0.0.1", port);
}

/* Somebody who means it is served as ever. */
static void
check_alive (Server *server, gboolean tls)
{
  g_autoptr (Peer) peer = connect_to (server, tls);
  g_autoptr (Call) call = call_new (peer);

  if (tls)
    fail_unless (peer_secure (peer, trusting, NULL));
  call_send (call, "OPTIONS", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
}

static void
forget_events (Server *server)
{
  for (Event *event; (event = g_async_queue_try_pop (server->events));)
    event_free (event);
}

/* Of a server to which connections came: all are gone, and so are their sockets; memory has grown since a third of them
 * by less than 100 bytes each, where no checker keeps what is freed. */
static void
check_left (Server *server, guint n, guint n_files, gsize resident)
{
  gsize now;

  fail_unless (server_await_connections (server, 0));
  forget_events (server);
  for (guint i = 0; i < 1000 && footprint_open_files () > n_files; i++)
    g_usleep (10000);
  now = footprint_resident ();
  g_print ("%s: %u connections; files %u, then %u; KiB %zu after a third, then %zu\n",
           server->uris[0], n, n_files, footprint_open_files (), resident, now);
  if (footprint_open_files () > n_files)
    footprint_print_files ();
  fail_unless (footprint_open_files () <= n_files, "%u files are open, %u were",
               footprint_open_files (), n_files);
  fail_unless (rounds (2) == 1 || now < resident + 1024 + n / 10, "%zu %zu", resident, now);
}

GST_START_TEST (connections_leave_nothing)
{
  gboolean tls = __i__ == 1;
  g_autoptr (Server) server = soak_server (tls);
  guint n = number_of_connections (tls ? 300 : 1500), n_files;
  gsize resident = 0;

  check_alive (server, tls);
  fail_unless (server_await_connections (server, 0));
  n_files = footprint_open_files ();
  for (guint i = 0; i < n; i++) {
    if (i % 3 == 2)
      peer_free (connect_to (server, tls));
    else
      check_alive (server, tls);
    forget_events (server);
    if (i == n / 3)
      resident = footprint_resident ();
  }
  check_left (server, n, n_files, resident);
}
GST_END_TEST

/* ---- the ill meant ---- */

static const gchar *const messages[] = {
    "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:5999;branch=z9hG4bK1;rport\r\n"
    "From: \"A\" <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 1@c\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 4\r\n\r\nbody",
    "BYE sip:a@b SIP/2.0\r\nv: SIP/2.0/TLS h;branch=z9hG4bK2\r\nf: <sip:a@b>;tag=1\r\n"
    "t: <sip:b@b>;tag=2\r\ni: 2\r\nCSeq: 2 BYE\r\nReason: Q.850;cause=16\r\nl: 0\r\n\r\n",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK3\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:b@b>;tag=2\r\nCall-ID: 3\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
    "REGISTER sip:b SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK4, SIP/2.0/UDP g\r\n"
    "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 4\r\nCSeq: 4294967295 REGISTER\r\n"
    "Contact: *\r\nExpires: 0\r\nAuthorization: Digest username=\"a\", nonce=\"\"\r\n"
    "X-Siprec-Relay: a b 1 2 tls 9.9.9.9 1 9.9.9.9 1 -\r\nContent-Length: 0\r\n\r\n"};

static void
send_raw (Peer *peer, const gchar *data, gsize size)
{
  send (g_socket_get_fd (peer->socket), data, size, MSG_NOSIGNAL);
}

static void
send_noise (Peer *peer, GRand *rand)
{
  gchar noise[600];

  for (guint i = 0; i < sizeof noise; i++)
    noise[i] = (gchar)g_rand_int (rand);
  send_raw (peer, noise, g_rand_int_range (rand, 1, sizeof noise));
}

/* What a client's TLS begins with. */
static GString *
client_hello (void)
{
  SSL *ssl = SSL_new (trusting);
  BIO *out = BIO_new (BIO_s_mem ());
  gchar *data;
  glong size;
  GString *hello;

  SSL_set_bio (ssl, BIO_new (BIO_s_mem ()), out);
  SSL_connect (ssl);
  size = BIO_get_mem_data (out, &data);
  hello = g_string_new_len (data, size);
  SSL_free (ssl);
  return hello;
}

static void
send_hello (Peer *peer, GRand *rand, gboolean whole)
{
  g_autoptr (GString) hello = client_hello ();

  if (whole)
    mutation_apply (rand, hello);
  else
    g_string_truncate (hello, g_rand_int_range (rand, 0, (gint)hello->len));
  send_raw (peer, hello->str, hello->len);
}

static void
send_damaged (Peer *peer, GRand *rand)
{
  g_autoptr (GString) text =
      g_string_new (messages[g_rand_int_range (rand, 0, G_N_ELEMENTS (messages))]);

  mutation_apply (rand, text);
  peer_send (peer, text->str, text->len);
  g_free (peer_try_receive (peer, 2));
}

/* Many at once, whose answers nobody waits for. */
static void
send_crowd (Peer *peer)
{
  for (guint i = 0; i < 30; i++)
    peer_send (peer, messages[i % G_N_ELEMENTS (messages)], -1);
}

/* Half of a message, or one without an end. */
static void
send_half (Peer *peer, GRand *rand)
{
  peer_send (peer, messages[0], g_rand_int_range (rand, 1, (gint)strlen (messages[0])));
}

static void
send_endless (Peer *peer)
{
  g_autofree gchar *filler = g_strnfill (10000, 'x');

  peer_send (peer, "OPTIONS sip:a@b SIP/2.0\r\nX: ", -1);
  for (guint i = 0; i < 6; i++)
    peer_send (peer, filler, -1);
}

/* The next who connects finds no room for what is still unread: the connection is reset. */
static void
reset_at_end (Peer *peer)
{
  struct linger now = {.l_onoff = 1};

  setsockopt (g_socket_get_fd (peer->socket), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void
attack (Peer *peer, GRand *rand, gboolean tls)
{
  gint kind = g_rand_int_range (rand, tls ? 0 : 3, 10);

  if (kind >= 3 && tls)
    peer_secure (peer, trusting, NULL);
  switch (kind) {
  case 0:
  case 1:
    send_hello (peer, rand, kind == 0);
    break;
  case 2:
    send_noise (peer, rand);
    break;
  case 3:
    /* Under TLS this is a record that can't be. */
    send_noise (peer, rand);
    break;
  case 4:
    send_crowd (peer);
    break;
  case 5:
    send_half (peer, rand);
    break;
  case 6:
    send_endless (peer);
    break;
  case 7:
    peer_send (peer, "\r\n\r\n\r\n\0\0\r\n", 10);
    break;
  default:
    send_damaged (peer, rand);
  }
  if (g_rand_boolean (rand))
    reset_at_end (peer);
}

GST_START_TEST (hostile_peers_leave_nothing)
{
  gboolean tls = __i__ == 1;
  g_autoptr (Server) server = soak_server (tls);
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  guint n = number_of_connections (600), n_files;
  gsize resident = 0;

  check_alive (server, tls);
  fail_unless (server_await_connections (server, 0));
  n_files = footprint_open_files ();
  for (guint i = 0; i < n; i++) {
    g_autoptr (Peer) peer = connect_to (server, tls);

    attack (peer, rand, tls);
    forget_events (server);
    if (i % ALIVE_EVERY == 0)
      check_alive (server, tls);
    if (i == n / 3)
      resident = footprint_resident ();
  }
  check_alive (server, tls);
  check_left (server, n, n_files, resident);
}
GST_END_TEST

static Suite *
sip_soak_suite (void)
{
  Suite *suite = suite_create ("sip-soak");
  TCase *meant = tcase_create ("meant");
  TCase *hostile = tcase_create ("hostile");
  TCase *cases[] = {meant, hostile};

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    suite_add_tcase (suite, cases[i]);
    tcase_set_timeout (cases[i], g_getenv ("CONNECTIONS") ? 3600 : 60);
    tcase_add_unchecked_fixture (cases[i], set_up, tear_down);
  }
  tcase_add_loop_test (meant, connections_leave_nothing, 0, 2);
  tcase_add_loop_test (hostile, hostile_peers_leave_nothing, 0, 2);
  return suite;
}

GST_CHECK_MAIN (sip_soak);
