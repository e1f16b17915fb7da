/* A peer's connection, and the stack's connection for it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stranger.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "../../random.h"
#include "peer-identity.h"

/* Of what a peer has still sent when it is refused. */
#define UNREAD_BYTES (256 * 1024)
/* For the last words to be read. */
#define FAREWELL_MS 5000

void
siprec_connection_set_deadline (SiprecConnection *connection, guint milliseconds)
{
  connection->deadline = g_get_monotonic_time () + milliseconds * G_TIME_SPAN_MILLISECOND;
}

static void
wake_front (gpointer front)
{
  siprec_front_wake (front);
}

/* For the stack. */
static void
describe (SiprecConnection *connection)
{
  g_free (connection->peer);
  connection->relay.peer = connection->peer = siprec_relay_describe (&connection->relay);
}

SiprecConnection *
siprec_connection_new (SiprecFront *front, gint fd, SSL *ssl, SiprecTlsContext *tls,
                       const SiprecRelay *relay)
{
  SiprecConnection *connection = g_new0 (SiprecConnection, 1);

  connection->front = front;
  connection->id = siprec_random_hex (16);
  connection->tls = tls;
  connection->relay = *relay;
  connection->relay.id = connection->id;
  connection->relay.inner = front->inner;
  connection->relay.transport = ssl ? "tls" : "tcp";
  connection->relay.remote_address = connection->remote_address = g_strdup (relay->remote_address);
  connection->relay.local_address = connection->local_address = g_strdup (relay->local_address);
  describe (connection);
  connection->channel = siprec_channel_new (fd, ssl);
  connection->peer_watch = (SiprecWatch){WATCH_PEER, connection};
  connection->stack_watch = (SiprecWatch){WATCH_STACK, connection};
  connection->frame = connection->answer_frame = SIPREC_FRAME_INIT;
  connection->received = g_string_new (NULL);
  connection->to_peer = g_string_new (NULL);
  connection->answered = g_string_new (NULL);
  connection->to_stack = g_string_new (NULL);
  connection->window = siprec_window_new (connection->id, wake_front, front);
  g_queue_init (&connection->in_flight);
  connection->last_sent = g_get_monotonic_time ();
  siprec_connection_set_deadline (connection,
                                  ssl ? front->limits.handshake_ms : front->limits.silent_ms);
  return connection;
}

static void
unwatch_peer (SiprecConnection *connection)
{
  if (connection->channel)
    siprec_front_watch (connection->front, siprec_channel_fd (connection->channel),
                        &connection->peer_watch, 0);
}

static void
unwatch_stack (SiprecConnection *connection)
{
  if (connection->stack)
    siprec_front_watch (connection->front, siprec_channel_fd (connection->stack),
                        &connection->stack_watch, 0);
}

void
siprec_connection_unwatch (SiprecConnection *connection)
{
  unwatch_peer (connection);
  unwatch_stack (connection);
}

static void
close_peer (SiprecConnection *connection)
{
  unwatch_peer (connection);
  g_clear_pointer (&connection->channel, siprec_channel_free);
}

static void
close_stack (SiprecConnection *connection)
{
  unwatch_stack (connection);
  if (connection->stack)
    siprec_strangers_see_off (connection->front, g_steal_pointer (&connection->stack));
}

void
siprec_connection_free (SiprecConnection *connection)
{
  close_peer (connection);
  close_stack (connection);
  g_string_free (connection->received, TRUE);
  g_string_free (connection->to_peer, TRUE);
  g_string_free (connection->answered, TRUE);
  g_string_free (connection->to_stack, TRUE);
  siprec_window_free (connection->window);
  g_queue_clear (&connection->in_flight);
  g_clear_pointer (&connection->tls, siprec_tls_context_unref);
  g_strfreev (connection->identities);
  g_strfreev (connection->expected);
  g_free (connection->remote_address);
  g_free (connection->local_address);
  g_free (connection->counted);
  g_free (connection->peer);
  g_free (connection->id);
  g_free (connection);
}

void
siprec_connection_end_peer (SiprecConnection *connection, const gchar *why)
{
  if (connection->channel)
    GST_DEBUG ("%s %s:%u: %s", connection->relay.transport, connection->relay.remote_address,
               connection->relay.remote_port, why);
  close_peer (connection);
  /* What it sent last need not wait for ever for a stack that has stopped to read. */
  connection->stalled = FALSE;
  siprec_connection_set_deadline (connection, connection->front->limits.message_ms);
}

void
siprec_connection_end_stack (SiprecConnection *connection, const gchar *why)
{
  GST_DEBUG ("%s %s:%u: %s", connection->relay.transport, connection->relay.remote_address,
             connection->relay.remote_port, why);
  connection->stack_ended = TRUE;
  siprec_connection_set_deadline (connection, FAREWELL_MS);
}

void
siprec_connection_refuse (SiprecConnection *connection, const gchar *status)
{
  g_autoptr (GString) response =
      siprec_relay_refuse (connection->received->str, connection->received->len, status);

  if (response && connection->ready && connection->channel) {
    g_string_append_len (connection->to_peer, response->str, response->len);
    siprec_channel_write (connection->channel, connection->to_peer);
    /* Else a reset, over what is still unread, would outrun the answer. */
    siprec_channel_read (connection->channel, connection->received, UNREAD_BYTES);
  }
  g_string_truncate (connection->received, 0);
  siprec_connection_end_peer (connection, status);
}

/* the handshake */

static gboolean
is_expected (SiprecConnection *connection)
{
  SSL *ssl = siprec_channel_ssl (connection->channel);

  if (!ssl || !connection->expected)
    return TRUE;
  return siprec_tls_is_for (ssl, (const gchar *const *)connection->expected,
                            connection->relay.remote_address);
}

void
siprec_connection_tell (SiprecConnection *connection, const gchar *reason)
{
  const SiprecRelay *relay = &connection->relay;
  SiprecFrontRefusal refusal = {relay->remote_address, relay->transport, relay->identities, reason};

  siprec_front_tell (connection->front, &refusal);
}

/* Who only looks whether the port is open has done nothing wrong. */
static void
tell_failure (SiprecConnection *connection)
{
  g_autofree gchar *why = siprec_channel_failure (connection->channel);

  if (why)
    siprec_connection_tell (connection, why);
}

/* A connection of ours: has the socket been connected? */
static gboolean
is_connected (SiprecConnection *connection)
{
  struct sockaddr_storage name;
  socklen_t length = sizeof name;

  return getpeername (siprec_channel_fd (connection->channel), (struct sockaddr *)&name, &length) ==
         0;
}

/* FALSE as long as a connection of ours is being made, or if it can't be. */
static gboolean
end_connecting (SiprecConnection *connection)
{
  gint code = 0;
  socklen_t length = sizeof code;

  getsockopt (siprec_channel_fd (connection->channel), SOL_SOCKET, SO_ERROR, &code, &length);
  if (code != 0)
    siprec_connection_end_peer (connection, g_strerror (code));
  else
    connection->connecting = !is_connected (connection);
  return code == 0 && !connection->connecting;
}

/* The peer is known as well as it will ever be. */
static void
meet (SiprecConnection *connection)
{
  SiprecFront *front = connection->front;
  SSL *ssl = siprec_channel_ssl (connection->channel);

  connection->ready = TRUE;
  if (ssl)
    connection->identities = siprec_tls_identities (ssl);
  connection->relay.identities = (const gchar *const *)connection->identities;
  describe (connection);
  connection->unwelcome =
      connection->counted && !siprec_front_may_connect (front, connection->remote_address,
                                                        connection->relay.identities, FALSE);
  siprec_connection_set_deadline (connection, connection->unwelcome ? front->limits.message_ms
                                                                    : front->limits.silent_ms);
  if (connection->unwelcome)
    siprec_connection_tell (connection,
                            connection->identities
                                ? "Neither its address nor its certificate is in allow."
                                : "Its address isn't in allow, and it has shown no certificate.");
}

static void
get_ready (SiprecConnection *connection)
{
  if (connection->connecting && !end_connecting (connection))
    return;
  switch (siprec_channel_handshake (connection->channel)) {
  case SIPREC_CHANNEL_AGAIN:
    return;
  case SIPREC_CHANNEL_CLOSED:
    tell_failure (connection);
    siprec_connection_end_peer (connection, "the handshake failed");
    return;
  case SIPREC_CHANNEL_DONE:
    break;
  }
  if (is_expected (connection)) {
    meet (connection);
    return;
  }
  siprec_connection_tell (connection,
                          "It has the certificate of somebody else than the client we answer.");
  siprec_connection_end_peer (connection, "not the expected server");
}

/* both */

static void
write_both (SiprecConnection *connection)
{
  if (connection->answered->len > 0)
    siprec_outward_take (connection);
  if (connection->stack && connection->to_stack->len > 0 &&
      siprec_channel_write (connection->stack, connection->to_stack) == SIPREC_CHANNEL_CLOSED)
    siprec_connection_end_stack (connection, "closed by the stack");
  /* What had to wait. */
  if (connection->channel && connection->in_flight_bytes < SIPREC_INWARD_MAX &&
      connection->received->len > 0)
    siprec_inward_take (connection, SIPREC_INWARD_MAX);
  if (!connection->channel || !connection->ready || connection->to_peer->len == 0)
    return;
  connection->last_sent = g_get_monotonic_time ();
  if (siprec_channel_write (connection->channel, connection->to_peer) == SIPREC_CHANNEL_CLOSED)
    siprec_connection_end_peer (connection, "nothing can be sent any more");
  else if (connection->to_peer->len > SIPREC_OUTWARD_MAX)
    siprec_connection_end_peer (connection, "doesn't read");
}

/* The stack's parser never gets to the headers of what has no first line, and so never says that it has seen it. Who sends
 * that much of it would not be listened to again, and not even his leaving be noticed. */
static void
watch_stall (SiprecConnection *connection)
{
  gboolean stalls = connection->channel && connection->in_flight_bytes >= SIPREC_INWARD_MAX;

  if (stalls && connection->deadline == 0) {
    connection->stalled = TRUE;
    siprec_connection_set_deadline (connection, connection->front->limits.message_ms);
  } else if (!stalls && connection->stalled) {
    connection->stalled = FALSE;
    connection->deadline = 0;
  }
}

/* TRUE if nothing is left to be done. */
static gboolean
is_over (SiprecConnection *connection)
{
  if (connection->stack_ended)
    return !connection->channel || connection->to_peer->len == 0;
  if (connection->channel)
    return FALSE;
  /* What the peer sent before it left still counts, and requests to it must be refused. */
  return connection->stack ? connection->to_stack->len == 0 : !connection->asked;
}

static guint32
peer_events (SiprecConnection *connection, gboolean listens)
{
  if (connection->connecting)
    return EPOLLOUT;
  if (!connection->ready)
    return siprec_channel_events (connection->channel, TRUE, TRUE);
  return siprec_channel_events (connection->channel, listens, connection->to_peer->len > 0);
}

static void
watch_both (SiprecConnection *connection)
{
  SiprecFront *front = connection->front;
  gboolean listens = connection->ready && !connection->stack_ended &&
                     connection->in_flight_bytes < SIPREC_INWARD_MAX;

  if (connection->channel)
    siprec_front_watch (front, siprec_channel_fd (connection->channel), &connection->peer_watch,
                        peer_events (connection, listens));
  if (connection->stack) {
    gboolean hears = connection->answered->len < SIPREC_OUTWARD_MAX;
    gboolean speaks = connection->to_stack->len > 0;

    siprec_front_watch (front, siprec_channel_fd (connection->stack), &connection->stack_watch,
                        siprec_channel_events (connection->stack, hears, speaks));
  }
  if (connection->more && connection->channel && listens && !connection->queued) {
    connection->queued = TRUE;
    g_queue_push_tail (&front->again, connection);
  }
}

void
siprec_connection_serve (SiprecConnection *connection, gboolean peer_readable,
                         gboolean stack_readable)
{
  if (connection->channel && !connection->ready)
    get_ready (connection);
  if (connection->channel && connection->ready && (peer_readable || connection->more))
    siprec_inward_read (connection);
  if (connection->stack && stack_readable && connection->answered->len < SIPREC_OUTWARD_MAX)
    siprec_outward_read (connection);
  siprec_inward_count (connection);
  write_both (connection);
  siprec_inward_count (connection);
  watch_stall (connection);
  if (connection->stack_ended)
    close_stack (connection);
  if (is_over (connection))
    siprec_front_bury (connection->front, connection);
  else
    watch_both (connection);
}

void
siprec_connection_pair (SiprecConnection *connection, SiprecChannel *stack, const gchar *rest)
{
  connection->stack = stack;
  if (!connection->connecting && connection->channel)
    connection->deadline = 0;
  g_string_append (connection->answered, rest);
  siprec_connection_serve (connection, FALSE, FALSE);
}

void
siprec_connection_tick (SiprecConnection *connection, gint64 now)
{
  const SiprecFrontLimits *limits = &connection->front->limits;

  if (connection->deadline && now > connection->deadline) {
    if (connection->stack_ended || !connection->channel ||
        (connection->asked && !connection->stack)) {
      siprec_connection_end_stack (connection, "out of time");
      siprec_connection_end_peer (connection, "out of time");
    } else if (connection->ready && !connection->stalled && connection->received->len > 0) {
      siprec_connection_refuse (connection, "400 Message Is Cut Off");
    } else {
      siprec_connection_end_peer (connection, "silent");
    }
    siprec_connection_serve (connection, FALSE, FALSE);
  } else if (connection->ready && connection->asked && connection->to_peer->len == 0 &&
             now - connection->last_sent > limits->keepalive_ms * G_TIME_SPAN_MILLISECOND) {
    g_string_append (connection->to_peer, "\r\n\r\n");
    siprec_connection_serve (connection, FALSE, FALSE);
  }
}
