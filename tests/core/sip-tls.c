/* TLS: certificates, who the peer is, and calls over it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include <glib/gstdio.h>
#include <openssl/x509v3.h>

#include "siprec-core/error.h"
#include "siprec-core/sip/front/peer-identity.h"
#include "tests/support/certificates.h"
#include "tests/support/recorder.h"
#include "tests/support/rounds.h"
#include "sip-peer.h"

#define SRC "URI:sip:src.example,URI:http://src.example,DNS:gateway.example"

static gchar *folder;
static gchar *root, *middle, *foreign;
static gchar *srs, *other, *src, *stranger, *expired, *early;

static gchar *
write_pem (const gchar *file, const gchar *issuer, gboolean authority, const gchar *alternatives,
           gint from, gint days)
{
  return certificate_new (folder, file, issuer, authority, alternatives, from, days);
}

static void
set_up (void)
{
  folder = g_dir_make_tmp ("siprec-tls-XXXXXX", NULL);
  root = write_pem ("root.pem", NULL, TRUE, NULL, -100, 200);
  middle = write_pem ("middle.pem", root, TRUE, NULL, -100, 200);
  foreign = write_pem ("foreign.pem", NULL, TRUE, NULL, -100, 200);
  srs = write_pem ("srs.pem", middle, FALSE, "DNS:srs.example,IP:127.0.0.1", 0, 30);
  other = write_pem ("other.pem", middle, FALSE, "DNS:other.example", 0, 30);
  src = write_pem ("src.pem", root, FALSE, SRC, 0, 30);
  stranger = write_pem ("stranger.pem", foreign, FALSE, SRC, 0, 30);
  expired = write_pem ("expired.pem", root, FALSE, SRC, -50, 20);
  early = write_pem ("early.pem", root, FALSE, SRC, 10, 20);
}

static void
tear_down (void)
{
  gchar *files[] = {root, middle, foreign, srs, other, src, stranger, expired, early};

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_unlink (files[i]);
    g_free (files[i]);
  }
  g_rmdir (folder);
  g_free (folder);
}

static Server *
tls_server (const gchar *certificate, gboolean mutual)
{
  SiprecTlsSettings settings = {certificate, mutual ? root : NULL, mutual};

  return server_new_with ("sip:127.0.0.1:0;transport=tls", &settings, NULL);
}

static guint16
tls_port (Server *server)
{
  return g_ascii_strtoull (strrchr (server->uris[0], ':') + 1, NULL, 10);
}

/* A client's side that trusts the root, with or without a certificate. */
static SSL_CTX *
client_context (const gchar *certificate)
{
  SSL_CTX *context = SSL_CTX_new (TLS_client_method ());

  fail_unless (SSL_CTX_load_verify_file (context, root) == 1);
  SSL_CTX_set_verify (context, SSL_VERIFY_PEER, NULL);
  if (certificate) {
    fail_unless (SSL_CTX_use_certificate_chain_file (context, certificate) == 1);
    fail_unless (SSL_CTX_use_PrivateKey_file (context, certificate, SSL_FILETYPE_PEM) == 1);
  }
  return context;
}

/* Returns: a secured peer, or NULL if the handshake or the first answer fails */
static Peer *
try_connect (Server *server, SSL_CTX *context, const gchar *name)
{
  g_autoptr (Peer) peer = peer_new ("TLS", "127.0.0.1", tls_port (server));
  g_autoptr (Call) call = call_new (peer);
  g_autofree gchar *answer = NULL;

  if (!peer_secure (peer, context, name))
    return NULL;
  call_send (call, "OPTIONS", NULL, NULL);
  /* In TLS 1.3 a refusal of our certificate comes after our handshake. */
  answer = peer_try_receive (peer, 10000);
  return answer && g_str_has_prefix (answer, "SIP/2.0 200 ") ? g_steal_pointer (&peer) : NULL;
}

static Peer *
connect_as (Server *server, const gchar *certificate)
{
  SSL_CTX *context = client_context (certificate);
  Peer *peer = try_connect (server, context, NULL);

  SSL_CTX_free (context);
  return peer;
}

/* A call from INVITE to BYE, and a request of ours, by the same connection. */
GST_START_TEST (calls_go_over_tls)
{
  g_autoptr (Server) server = tls_server (srs, FALSE);
  g_autoptr (Peer) peer = connect_as (server, NULL);
  g_autoptr (Call) call = NULL;
  g_autofree gchar *update = NULL;
  g_autofree gchar *via = NULL;
  g_autoptr (Event) event = NULL;
  SiprecDialog *dialog;
  g_autofree gchar *local = g_strdup_printf ("SIP/2.0/TLS 127.0.0.1:%u;", tls_port (server));

  fail_unless (peer);
  event = server_expect (server, "options");
  fail_unless_equals_string (event->request->transport, "tls");
  fail_unless_equals_int (event->request->remote_port, peer->port);
  fail_unless_equals_int (event->request->local_port, tls_port (server));
  fail_unless (event->request->identities == NULL);

  call = call_new (peer);
  dialog = call_establish (call, server, NULL);
  fail_unless (server_request (server, dialog, "UPDATE", NULL, NULL));
  update = peer_expect (peer, "UPDATE ");
  via = header_of (update, "Via");
  fail_unless (g_str_has_prefix (via, local), "%s", update);
  fail_unless (strstr (update, ";transport=tls>;+sip.srs"), "%s", update);
  call_answer (call, update, "200 OK", NULL);
  event_free (server_expect (server, "response 200"));
  call_send (call, "BYE", NULL, NULL);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event_free (server_expect (server, "ended 0"));
}
GST_END_TEST

/* Below 1.2 nobody gets in. */
GST_START_TEST (versions)
{
  static const gint versions[] = {TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
  g_autoptr (Server) server = tls_server (srs, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++) {
    SSL_CTX *context = client_context (NULL);
    g_autoptr (Peer) peer = NULL;

    SSL_CTX_set_security_level (context, 0);
    SSL_CTX_set_min_proto_version (context, versions[i]);
    SSL_CTX_set_max_proto_version (context, versions[i]);
    peer = try_connect (server, context, NULL);
    fail_unless ((peer != NULL) == (versions[i] >= TLS1_2_VERSION));
    SSL_CTX_free (context);
  }
}
GST_END_TEST

/* Clients get the whole chain, of the name that they ask for. */
GST_START_TEST (names)
{
  static const struct {
    const gchar *asked, *got;
  } cases[] = {{"other.example", "other.example"},
               {"srs.example", "srs.example"},
               {"unknown.example", "srs.example"},
               {NULL, "srs.example"}};
  g_autofree gchar *both = g_strjoin (", ", srs, other, NULL);
  g_autoptr (Server) server = tls_server (both, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SSL_CTX *context = client_context (NULL);
    g_autoptr (Peer) peer = try_connect (server, context, cases[i].asked);

    fail_unless (peer);
    fail_unless (
        X509_check_host (SSL_get0_peer_certificate (peer->ssl), cases[i].got, 0, 0, NULL) == 1);
    SSL_CTX_free (context);
  }
}
GST_END_TEST

GST_START_TEST (mutual_tls)
{
  const gchar *refused[] = {NULL, stranger, expired, early};
  static const gchar *const expected[] = {"sip:src.example", "gateway.example", NULL};
  g_autoptr (Server) server = tls_server (srs, TRUE);
  g_autoptr (Peer) peer = connect_as (server, src);
  g_autoptr (Event) event = NULL;

  fail_unless (peer);
  event = server_expect (server, "options");
  fail_unless (g_strv_equal ((const gchar *const *)event->request->identities, expected));
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (Peer) bad = connect_as (server, refused[i]);

    fail_unless (bad == NULL, "%u", i);
  }
}
GST_END_TEST

/* A first line that continues the one before, which is the front's own, adds nothing to what that vouches for. */
GST_START_TEST (names_are_not_continued)
{
  static const gchar more[] = "\nsip:victim.example";
  static const gchar *const expected[] = {"sip:src.example", "gateway.example", NULL};
  g_autoptr (Server) server = tls_server (srs, TRUE);
  g_autoptr (Peer) peer = connect_as (server, src);
  g_autofree gchar *coded = g_base64_encode ((const guchar *)more, strlen (more));
  g_autofree gchar *text =
      g_strdup_printf ("OPTIONS sip:a@b SIP/2.0\r\n %s\r\n"
                       "Via: SIP/2.0/TLS 127.0.0.1:5999;branch=z9hG4bKmore;rport\r\n"
                       "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: more\r\n"
                       "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
                       coded);
  g_autoptr (Event) event = NULL;

  fail_unless (peer);
  event_free (server_expect (server, "options"));
  peer_send (peer, text, -1);
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  event = server_expect (server, "options");
  fail_unless (g_strv_equal ((const gchar *const *)event->request->identities, expected));
}
GST_END_TEST

/* RFC 5922 section 7.1: URIs before names, and the common name only if there are no alternatives at all. */
GST_START_TEST (identities)
{
  static const struct {
    const gchar *alternatives, *expected;
  } cases[] = {{"DNS:B.example,URI:sip:a@b.example", "sip:a@b.example b.example"},
               {"URI:sips:b.example,URI:mailto:x@y", ""},
               {"IP:127.0.0.1,email:x@y", ""},
               {"DNS:a b.example", ""},
               {NULL, "x"}};

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = write_pem ("x.pem", root, FALSE, cases[i].alternatives, 0, 1);
    SSL_CTX *context = client_context (path);
    g_auto (GStrv) names = siprec_peer_identities (SSL_CTX_get0_certificate (context));
    g_autofree gchar *text = g_strjoinv (" ", names);

    fail_unless_equals_string (text, cases[i].expected);
    SSL_CTX_free (context);
    g_unlink (path);
  }
  fail_unless (siprec_peer_is ((const gchar *const[]){"sip:a.example", NULL}, "A.example"));
  fail_unless (siprec_peer_is ((const gchar *const[]){"x", "a.example", NULL}, "sip:a.example"));
  fail_if (siprec_peer_is ((const gchar *const[]){"a.example", NULL}, "b.a.example"));
  fail_if (siprec_peer_is ((const gchar *const[]){"*.example", NULL}, "b.example"));
  fail_if (siprec_peer_is ((const gchar *const[]){"sip:u@a.example", NULL}, "a.example"));
}
GST_END_TEST

/* What is wrong with a file is said with its name. */
GST_START_TEST (bad_files)
{
  g_autofree gchar *missing = g_build_filename (folder, "missing.pem", NULL);
  g_autofree gchar *empty = g_build_filename (folder, "empty.pem", NULL);
  g_autofree gchar *mixed = g_build_filename (folder, "mixed.pem", NULL);
  g_autofree gchar *one = NULL;
  g_autofree gchar *two = NULL;
  g_autofree gchar *both = NULL;
  const struct {
    const gchar *certificate, *ca, *file, *words;
  } cases[] = {{missing, NULL, missing, "o such file"},
               {empty, NULL, empty, "no certificate in it"},
               {expired, NULL, expired, "has expired"},
               {early, NULL, early, "isn't valid yet"},
               {mixed, NULL, mixed, "no private key in it"},
               {srs, empty, empty, "no certificate of an authority"}};

  g_file_get_contents (srs, &one, NULL, NULL);
  g_file_get_contents (src, &two, NULL, NULL);
  *strstr (one, "-----BEGIN CERT") = '\0';
  both = g_strconcat (one, strstr (two, "-----BEGIN CERT"), NULL);
  g_file_set_contents (mixed, both, -1, NULL);
  g_file_set_contents (empty, "", -1, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SiprecTlsSettings settings = {cases[i].certificate, cases[i].ca, FALSE};
    g_autoptr (GError) error = NULL;

    fail_unless (siprec_tls_context_new (&settings, &error) == NULL);
    fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS));
    fail_unless (strstr (error->message, cases[i].file) && strstr (error->message, cases[i].words),
                 "%s", error->message);
  }
  g_unlink (mixed);
  g_unlink (empty);
}
GST_END_TEST

/* A new certificate is for new connections; calls go on. */
GST_START_TEST (reload_keeps_connections)
{
  SiprecTlsSettings settings = {other};
  g_autoptr (Server) server = tls_server (srs, FALSE);
  g_autoptr (Peer) old = connect_as (server, NULL);
  g_autoptr (SiprecTlsContext) context = siprec_tls_context_new (&settings, NULL);
  g_autoptr (Peer) new = NULL;
  g_autoptr (Call) call = call_new (old);

  event_free (server_expect (server, "options"));
  call_establish (call, server, NULL);
  siprec_agent_set_tls (server->agent, context);
  new = connect_as (server, NULL);
  event_free (server_expect (server, "options"));
  fail_unless (
      X509_check_host (SSL_get0_peer_certificate (new->ssl), "other.example", 0, 0, NULL) == 1);
  call_send (call, "BYE", NULL, NULL);
  g_free (peer_expect (old, "SIP/2.0 200 "));
}
GST_END_TEST

typedef struct {
  GSocket *listener;
  gchar *contact;
} Host;

/* A client that can be reached. */
static void
host_open (Host *host)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;

  host->listener =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  fail_unless (g_socket_bind (host->listener, any, TRUE, NULL));
  fail_unless (g_socket_listen (host->listener, NULL));
  bound = g_socket_get_local_address (host->listener, NULL);
  host->contact = g_strdup_printf ("<sip:src@127.0.0.1:%u;transport=tls>",
                                   g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
}

static void
host_close (Host *host)
{
  g_object_unref (host->listener);
  g_free (host->contact);
}

/* When the peer's connection is gone we make one, to nobody but the same peer. */
GST_START_TEST (we_connect_again)
{
  const gchar *certificate = __i__ == 0 ? src : stranger;
  g_autoptr (Server) server = tls_server (srs, TRUE);
  Peer *peer = connect_as (server, src);
  Call *call = call_new (peer);
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());
  Host host;
  SiprecDialog *dialog;
  g_autoptr (Peer) again = NULL;

  event_free (server_expect (server, "options"));
  host_open (&host);
  call->contact = host.contact;
  dialog = call_establish (call, server, NULL);
  peer_free (peer);
  g_usleep (100000);
  fail_unless (server_request (server, dialog, "UPDATE", NULL, NULL));
  again = peer_accept (host.listener, "TLS");
  fail_unless (SSL_CTX_use_certificate_chain_file (context, certificate) == 1);
  fail_unless (SSL_CTX_use_PrivateKey_file (context, certificate, SSL_FILETYPE_PEM) == 1);
  call->peer = again;
  peer_secure (again, context, NULL);
  if (__i__ == 0) {
    g_autofree gchar *update = peer_expect (again, "UPDATE ");

    call_answer (call, update, "200 OK", NULL);
    event_free (server_expect (server, "response 200"));
  } else {
    event_free (server_expect (server, "response 503"));
  }
  call_free (call);
  host_close (&host);
  SSL_CTX_free (context);
}
GST_END_TEST

/* Our own requests to a client that we have called, of which @called is the one who answers at @host. */
static void
check_called (Recorder *recorder, const Host *host, SSL_CTX *context, gboolean secure)
{
  g_autoptr (SiprecSession) session = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *uri =
      g_strndup (host->contact + 1, strcspn (host->contact, ";") - 1); /* without transport=tls */
  g_autofree gchar *target = secure ? g_strconcat ("sips", strchr (uri, ':'), NULL)
                                    : g_strconcat (uri, ";transport=tls", NULL);
  g_autofree gchar *start = g_strdup_printf ("INVITE %s SIP/2.0", target);
  g_autofree gchar *invite = NULL, *contact = NULL, *lines = NULL;
  g_autoptr (Peer) peer = NULL;
  g_autoptr (Call) call = NULL;

  session = siprec_endpoint_call (recorder_endpoint (recorder), NULL, target, 10 * GST_SECOND, NULL,
                                  NULL, &error);
  fail_unless (session != NULL, "%s", error ? error->message : "");
  peer = peer_accept (host->listener, "TLS");
  fail_unless (peer_secure (peer, context, NULL));
  invite = peer_expect (peer, start);
  contact = header_of (invite, "Contact");
  fail_unless (g_str_has_prefix (contact, secure ? "<sips:" : "<sip:"), "%s", contact);
  fail_unless (secure || strstr (contact, ";transport=tls>"), "%s", contact);
  call = call_new (peer);
  lines =
      g_strdup_printf ("Contact: %s;+sip.src\r\nContent-Type: application/sdp\r\n", host->contact);
  call_answer_with (call, invite, "200 OK", lines, SDP);
  g_free (peer_expect (peer, "ACK "));
  siprec_session_hangup (session, NULL);
  g_free (peer_expect (peer, "BYE "));
}

/* sips: and transport=tls. Who can't prove that he is whom we mean doesn't get the call. */
GST_START_TEST (we_call)
{
  SiprecSettings settings = {.local_uri = "sip:127.0.0.1:0;transport=tls",
                             .first_port = 31000,
                             .last_port = 32000,
                             .security.tls = {.certificate = srs, .ca = root}};
  Recorder *recorder = recorder_new_with (&settings, NULL);
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());
  g_autoptr (SiprecSession) session = NULL;
  g_autoptr (Peer) peer = NULL;
  g_autofree gchar *uri = NULL;
  Host host;

  host_open (&host);
  recorder_apply (recorder, 20 * GST_SECOND);
  fail_unless (SSL_CTX_use_certificate_chain_file (context, srs) == 1);
  fail_unless (SSL_CTX_use_PrivateKey_file (context, srs, SSL_FILETYPE_PEM) == 1);
  check_called (recorder, &host, context, TRUE);
  check_called (recorder, &host, context, FALSE);

  fail_unless (SSL_CTX_use_certificate_chain_file (context, other) == 1);
  fail_unless (SSL_CTX_use_PrivateKey_file (context, other, SSL_FILETYPE_PEM) == 1);
  uri = g_strndup (host.contact + 1, strlen (host.contact) - 2);
  session = siprec_endpoint_call (recorder_endpoint (recorder), NULL, uri, 10 * GST_SECOND, NULL,
                                  NULL, NULL);
  peer = peer_accept (host.listener, "TLS");
  peer_secure (peer, context, NULL);
  fail_unless (peer_is_closed (peer));
  fail_unless (recorder_await_idle (recorder));
  SSL_CTX_free (context);
  host_close (&host);
  recorder_free (recorder);
}
GST_END_TEST

/* Garbage, half handshakes and floods of them. */
GST_START_TEST (hostile_handshakes)
{
  g_autoptr (Server) server = tls_server (srs, TRUE);
  guint n = rounds (300);

  for (guint i = 0; i < n; i++) {
    g_autoptr (Peer) peer = peer_new ("TLS", "127.0.0.1", tls_port (server));
    guint8 bytes[300];

    for (guint j = 0; j < sizeof bytes; j++)
      bytes[j] = g_random_int ();
    /* As if it began well. */
    if (i % 2)
      memcpy (bytes, "\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03", 11);
    peer_send (peer, (gchar *)bytes, i % 3 ? sizeof bytes : 20);
    if (i % 5 == 0)
      peer_send (peer, "OPTIONS sip:a SIP/2.0\r\n\r\n", -1);
  }
  {
    g_autoptr (Peer) peer = connect_as (server, src);

    fail_unless (peer);
  }
}
GST_END_TEST

static Suite *
sip_tls_suite (void)
{
  Suite *suite = suite_create ("sip-tls");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 60);
  tcase_add_unchecked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, calls_go_over_tls);
  tcase_add_test (tcase, versions);
  tcase_add_test (tcase, names);
  tcase_add_test (tcase, mutual_tls);
  tcase_add_test (tcase, names_are_not_continued);
  tcase_add_test (tcase, identities);
  tcase_add_test (tcase, bad_files);
  tcase_add_test (tcase, reload_keeps_connections);
  tcase_add_loop_test (tcase, we_connect_again, 0, 2);
  tcase_add_test (tcase, we_call);
  tcase_add_test (tcase, hostile_handshakes);
  return suite;
}

GST_CHECK_MAIN (sip_tls);
