/* A client of the agent under test that speaks SIP in plain text
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-peer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <gst/check/gstcheck.h>

const gchar *const transports[2] = {"UDP", "TCP"};

static void
find_local (Peer *peer)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (peer->socket, NULL);
  GInetAddress *address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local));
  g_autofree gchar *text = g_inet_address_to_string (address);

  peer->local = g_strdup_printf (strchr (text, ':') ? "[%s]" : "%s", text);
  peer->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local));
}

Peer *
peer_new (const gchar *proto, const gchar *host, guint16 port)
{
  Peer *peer = g_new0 (Peer, 1);
  gboolean stream = !g_str_equal (proto, "UDP");
  g_autoptr (GSocketAddress) remote = g_inet_socket_address_new_from_string (host, port);

  peer->proto = proto;
  peer->buffer = g_string_new (NULL);
  peer->socket = g_socket_new (g_socket_address_get_family (remote),
                               stream ? G_SOCKET_TYPE_STREAM : G_SOCKET_TYPE_DATAGRAM,
                               G_SOCKET_PROTOCOL_DEFAULT, NULL);
  fail_unless (g_socket_connect (peer->socket, remote, NULL, NULL));
  find_local (peer);
  return peer;
}

Peer *
peer_accept (GSocket *listener, const gchar *proto)
{
  Peer *peer = g_new0 (Peer, 1);

  peer->proto = proto;
  peer->buffer = g_string_new (NULL);
  fail_unless (g_socket_condition_timed_wait (listener, G_IO_IN, 10 * G_USEC_PER_SEC, NULL, NULL),
               "nobody connects");
  peer->socket = g_socket_accept (listener, NULL, NULL);
  find_local (peer);
  return peer;
}

gboolean
peer_secure (Peer *peer, SSL_CTX *context, const gchar *name)
{
  peer->ssl = SSL_new (context);
  SSL_set_fd (peer->ssl, g_socket_get_fd (peer->socket));
  SSL_clear_mode (peer->ssl, SSL_MODE_AUTO_RETRY);
  /* GSocket's never block underneath. */
  fcntl (g_socket_get_fd (peer->socket), F_SETFL, 0);
  if (name)
    SSL_set_tlsext_host_name (peer->ssl, name);
  return (SSL_is_server (peer->ssl) ? SSL_accept : SSL_connect) (peer->ssl) == 1;
}

gboolean
peer_is_closed (Peer *peer)
{
  gchar data[4096];
  gint64 until = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (g_socket_condition_timed_wait (peer->socket, G_IO_IN, until - g_get_monotonic_time (),
                                        NULL, NULL))
    if (recv (g_socket_get_fd (peer->socket), data, sizeof data, 0) <= 0)
      return TRUE;
  return FALSE;
}

void
peer_free (Peer *peer)
{
  if (peer->ssl) {
    SSL_shutdown (peer->ssl);
    SSL_free (peer->ssl);
  }
  g_object_unref (peer->socket);
  g_string_free (peer->buffer, TRUE);
  g_free (peer->local);
  g_free (peer);
}

void
peer_send (Peer *peer, const gchar *data, gssize length)
{
  gsize left = length < 0 ? strlen (data) : (gsize)length;

  /* The other side may close on what it doesn't like; some tests want that. */
  while (left > 0) {
    gssize sent = peer->ssl ? SSL_write (peer->ssl, data, left)
                            : g_socket_send (peer->socket, data, left, NULL, NULL);

    if (sent <= 0)
      return;
    data += sent;
    left -= sent;
  }
}

gchar *
header_of (const gchar *message, const gchar *name)
{
  gsize length = strlen (name);

  for (const gchar *line = strstr (message, "\r\n"); line; line = strstr (line + 2, "\r\n")) {
    if (g_ascii_strncasecmp (line + 2, name, length) == 0 && line[2 + length] == ':') {
      const gchar *value = line + 3 + length;

      return g_strstrip (g_strndup (value, strcspn (value, "\r")));
    }
  }
  return NULL;
}

void
check_header (const gchar *message, const gchar *name, const gchar *expected)
{
  g_autofree gchar *value = header_of (message, name);

  fail_unless_equals_string (value, expected);
}

/* Takes one message off the front of the buffer. */
static gchar *
take_message (Peer *peer)
{
  const gchar *end;
  g_autofree gchar *length = NULL;
  gsize total;
  gchar *message;

  while (g_str_has_prefix (peer->buffer->str, "\r\n"))
    g_string_erase (peer->buffer, 0, 2);
  end = strstr (peer->buffer->str, "\r\n\r\n");
  if (!end)
    return NULL;
  length = header_of (peer->buffer->str, "Content-Length");
  total = end + 4 - peer->buffer->str + (length ? g_ascii_strtoull (length, NULL, 10) : 0);
  if (total > peer->buffer->len)
    return NULL;
  message = g_strndup (peer->buffer->str, total);
  g_string_erase (peer->buffer, 0, total);
  return message;
}

gchar *
peer_try_receive (Peer *peer, guint milliseconds)
{
  gchar *message;

  while (!(message = take_message (peer))) {
    static gchar data[70000];
    gssize got;

    if (!(peer->ssl && SSL_pending (peer->ssl) > 0) &&
        !g_socket_condition_timed_wait (peer->socket, G_IO_IN, milliseconds * 1000, NULL, NULL))
      return NULL;
    got = peer->ssl ? SSL_read (peer->ssl, data, sizeof data)
                    : g_socket_receive (peer->socket, data, sizeof data, NULL, NULL);
    /* That was a ticket or the like. */
    if (got <= 0 && peer->ssl && SSL_get_error (peer->ssl, got) == SSL_ERROR_WANT_READ)
      continue;
    if (got <= 0)
      return NULL;
    g_string_append_len (peer->buffer, data, got);
  }
  return message;
}

gchar *
peer_expect (Peer *peer, const gchar *start)
{
  gchar *message = peer_try_receive (peer, 10000);

  fail_unless (message, "no message came instead of \"%s\"", start);
  fail_unless (g_str_has_prefix (message, start), "wanted \"%s\", got %s", start, message);
  return message;
}

Call *
call_new (Peer *peer)
{
  Call *call = g_new0 (Call, 1);

  call->peer = peer;
  call->call_id = g_uuid_string_random ();
  call->from_tag = g_strdup ("from1");
  call->cseq = 1000;
  return call;
}

void
call_free (Call *call)
{
  g_free (call->call_id);
  g_free (call->from_tag);
  g_free (call->to_tag);
  g_free (call->branch);
  g_free (call);
}

void
call_send (Call *call, const gchar *method, const gchar *lines, const gchar *body)
{
  Peer *peer = call->peer;
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean ack = g_str_equal (method, "ACK");
  gboolean cancel = g_str_equal (method, "CANCEL");

  if (!ack && !cancel)
    call->cseq++;
  if (!call->branch || (!cancel && !(ack && call->refused))) {
    g_free (call->branch);
    call->branch = g_strdup_printf ("z9hG4bK%08x", g_random_int ());
  }
  g_string_printf (text, "%s sip:recorder@127.0.0.1 SIP/2.0\r\n", method);
  g_string_append_printf (text, "Via: SIP/2.0/%s %s:%u;branch=%s;rport\r\n", peer->proto,
                          peer->local, peer->port, call->branch);
  g_string_append_printf (text, "From: <sip:client@example.com>;tag=%s\r\n", call->from_tag);
  g_string_append (text, "To: <sip:recorder@example.com>");
  if (call->to_tag && !cancel)
    g_string_append_printf (text, ";tag=%s", call->to_tag);
  g_string_append_printf (text, "\r\nCall-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n",
                          call->call_id, call->cseq, method);
  if (call->contact)
    g_string_append_printf (text, "Contact: %s\r\n", call->contact);
  else
    g_string_append_printf (text, "Contact: <sip:client@%s:%u;transport=%s>;+sip.src\r\n",
                            peer->local, peer->port, peer->proto);
  if (lines)
    g_string_append (text, lines);
  g_string_append_printf (text, "Content-Length: %u\r\n\r\n%s", body ? (guint)strlen (body) : 0,
                          body ? body : "");
  peer_send (peer, text->str, text->len);
}

SiprecDialog *
call_establish (Call *call, Server *server, const gchar *lines)
{
  g_autofree gchar *answer = NULL;
  g_autofree gchar *to = NULL;
  g_autoptr (Event) invite = NULL;

  call_send (call, "INVITE", lines, SDP);
  invite = server_expect (server, "invite");
  answer = peer_expect (call->peer, "SIP/2.0 200 ");
  to = header_of (answer, "To");
  fail_unless (strstr (to, ";tag="));
  g_free (call->to_tag);
  call->to_tag = g_strdup (strstr (to, ";tag=") + 5);
  call_send (call, "ACK", NULL, NULL);
  event_free (server_expect (server, "ack"));
  return invite->dialog;
}

void
call_hang_up (Call *call, Server *server)
{
  call_send (call, "BYE", NULL, NULL);
  g_free (peer_expect (call->peer, "SIP/2.0 200 "));
  server_expect_ended (server, SIPREC_DIALOG_BYE);
}

SiprecRequest *
peer_ping (Server *server, Peer *peer)
{
  g_autoptr (Call) call = call_new (peer);
  g_autoptr (Event) event = NULL;

  call_send (call, "OPTIONS", NULL, NULL);
  event = server_expect (server, "options");
  g_free (peer_expect (peer, "SIP/2.0 200 "));
  return siprec_request_ref (event->request);
}

void
call_answer (Call *call, const gchar *request, const gchar *status, const gchar *lines)
{
  call_answer_with (call, request, status, lines, "");
}

void
call_answer_with (Call *call, const gchar *request, const gchar *status, const gchar *lines,
                  const gchar *body)
{
  g_autofree gchar *via = header_of (request, "Via");
  g_autofree gchar *from = header_of (request, "From");
  g_autofree gchar *to = header_of (request, "To");
  g_autofree gchar *call_id = header_of (request, "Call-ID");
  g_autofree gchar *cseq = header_of (request, "CSeq");
  g_autofree gchar *text = g_strdup_printf (
      "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s"
      "Content-Length: %zu\r\n\r\n%s",
      status, via, from, to, call_id, cseq, lines ? lines : "", strlen (body), body);

  peer_send (call->peer, text, -1);
}

static void
count_connections (SiprecAgent *agent, gpointer user_data)
{
  *(guint *)user_data = siprec_agent_n_connections (agent);
}

gboolean
server_await_connections (Server *server, guint n)
{
  guint present = G_MAXUINT;

  for (guint i = 0; i < 1000 && present != n; i++) {
    server_call (server, count_connections, &present);
    if (present != n)
      g_usleep (10000);
  }
  return present == n;
}
