/* A peer's connection, and the stack's connection for it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-private.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "../../random.h"
#include "peer-identity.h"

/* So much is read in one go before others get their turn. */
#define TURN_BYTES   (32 * 1024)
#define UNREAD_BYTES (256 * 1024)
/* A peer isn't listened to while so much waits for the stack, or is being read by it. */
#define MAX_IN_FLIGHT (32 * 1024)
/* Who doesn't read our answers is cut off. */
#define MAX_TO_PEER (2 * SIPREC_FRAME_MAX_MESSAGE)
/* For the stack to connect, and for the last words to be read. */
#define PAIR_MS     5000
#define FAREWELL_MS 5000

static void
set_deadline (SiprecConnection *connection, guint milliseconds)
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
  set_deadline (connection, ssl ? front->limits.handshake_ms : front->limits.silent_ms);
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
  g_clear_pointer (&connection->stack, siprec_channel_free);
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

static void
end_peer (SiprecConnection *connection, const gchar *why)
{
  if (connection->channel)
    GST_DEBUG ("%s %s:%u: %s", connection->relay.transport, connection->relay.remote_address,
               connection->relay.remote_port, why);
  close_peer (connection);
  /* What it sent last need not wait for ever for a stack that has stopped to read. */
  connection->stalled = FALSE;
  set_deadline (connection, connection->front->limits.message_ms);
}

/* Our last words may still be on their way to the peer. */
static void
end_stack (SiprecConnection *connection, const gchar *why)
{
  GST_DEBUG ("%s %s:%u: %s", connection->relay.transport, connection->relay.remote_address,
             connection->relay.remote_port, why);
  connection->stack_ended = TRUE;
  set_deadline (connection, FAREWELL_MS);
}

/* An error of the peer's that nothing can follow: tells it, and closes. */
static void
refuse (SiprecConnection *connection, const gchar *status)
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
  end_peer (connection, status);
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

static void
log_failure (SiprecConnection *connection)
{
  g_autofree gchar *why = siprec_channel_error (connection->channel);

  GST_INFO ("%s %s:%u: no connection: %s", connection->relay.transport,
            connection->relay.remote_address, connection->relay.remote_port, why);
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

static void
get_ready (SiprecConnection *connection)
{
  if (connection->connecting) {
    gint code = 0;
    socklen_t length = sizeof code;

    getsockopt (siprec_channel_fd (connection->channel), SOL_SOCKET, SO_ERROR, &code, &length);
    if (code != 0) {
      end_peer (connection, g_strerror (code));
      return;
    }
    if (!is_connected (connection))
      return;
    connection->connecting = FALSE;
  }
  switch (siprec_channel_handshake (connection->channel)) {
  case SIPREC_CHANNEL_AGAIN:
    return;
  case SIPREC_CHANNEL_CLOSED:
    log_failure (connection);
    end_peer (connection, "the handshake failed");
    return;
  case SIPREC_CHANNEL_DONE:
    break;
  }
  if (!is_expected (connection)) {
    GST_WARNING ("%s:%u has a certificate of somebody else", connection->relay.remote_address,
                 connection->relay.remote_port);
    end_peer (connection, "not the expected server");
    return;
  }
  connection->ready = TRUE;
  if (siprec_channel_ssl (connection->channel))
    connection->identities = siprec_tls_identities (siprec_channel_ssl (connection->channel));
  connection->relay.identities = (const gchar *const *)connection->identities;
  describe (connection);
  set_deadline (connection, connection->front->limits.silent_ms);
}

/* from the peer to the stack */

/* Line breaks between messages are keep-alives; a double one wants an answer (RFC 5626 section 4.4.1). */
static gsize
skip_keepalives (SiprecConnection *connection, gsize at)
{
  const gchar *text = connection->received->str + at;
  gsize length = strspn (text, "\r\n");

  if (length == 0)
    return 0;
  if (length >= 4 && connection->to_peer->len == 0)
    g_string_append (connection->to_peer, "\r\n");
  if (!connection->asked)
    set_deadline (connection, connection->front->limits.silent_ms);
  return length;
}

/* A whole message for the stack. Returns: FALSE if it is none */
static gboolean
send_to_stack (SiprecConnection *connection, const gchar *text, gsize header_length, gsize length)
{
  gsize added;

  connection->relay.number++;
  added =
      siprec_relay_inward (&connection->relay, text, header_length, length, connection->to_stack);
  if (added == 0)
    return FALSE;
  g_queue_push_tail (&connection->in_flight, GSIZE_TO_POINTER (added));
  connection->in_flight_bytes += added;
  return TRUE;
}

/* What the stack has seen is in flight no more. */
static void
count_passed (SiprecConnection *connection)
{
  guint64 left = connection->relay.number - siprec_window_passed (connection->window);

  while (connection->in_flight.length > left)
    connection->in_flight_bytes -= GPOINTER_TO_SIZE (g_queue_pop_head (&connection->in_flight));
  if (connection->in_flight_bytes < MAX_IN_FLIGHT || connection->starving)
    return;
  if (siprec_window_await (connection->window, connection->relay.number)) {
    connection->starving = TRUE;
    g_queue_push_tail (&connection->front->starving, connection);
  }
}

static gboolean
pass_to_stack (SiprecConnection *connection, gsize at)
{
  if (!send_to_stack (connection, connection->received->str + at, connection->frame.header_length,
                      siprec_frame_length (&connection->frame)))
    return FALSE;
  if (!connection->asked) {
    connection->asked = TRUE;
    set_deadline (connection, PAIR_MS);
    connection->front->wanted (connection->front, connection->id, connection->front->user_data);
  }
  return TRUE;
}

/* Passes on what is complete, as far as there is room. */
static void
take_messages (SiprecConnection *connection, gsize room)
{
  GString *received = connection->received;
  SiprecFrameState state = SIPREC_FRAME_COMPLETE;
  gsize at = 0;

  while (state == SIPREC_FRAME_COMPLETE && connection->in_flight_bytes < room) {
    if (connection->frame.searched == 0)
      at += skip_keepalives (connection, at);
    if (at == received->len)
      break;
    state = siprec_frame_scan (&connection->frame, received->str + at, received->len - at);
    if (state == SIPREC_FRAME_COMPLETE) {
      if (!pass_to_stack (connection, at))
        state = SIPREC_FRAME_BAD;
      at += siprec_frame_length (&connection->frame);
      connection->frame = SIPREC_FRAME_INIT;
      if (connection->stack)
        connection->deadline = 0;
    }
  }
  if (state == SIPREC_FRAME_PARTIAL && connection->asked && connection->deadline == 0)
    set_deadline (connection, connection->front->limits.message_ms);
  if (state == SIPREC_FRAME_BAD || state == SIPREC_FRAME_TOO_LARGE) {
    g_string_erase (received, 0, MIN (at, received->len));
    refuse (connection, state == SIPREC_FRAME_BAD ? "400 Bad Request" : "413 Message Too Large");
    return;
  }
  g_string_erase (received, 0, at);
}

static void
read_peer (SiprecConnection *connection)
{
  if (connection->in_flight_bytes >= MAX_IN_FLIGHT)
    return;
  connection->more = FALSE;
  switch (siprec_channel_read (connection->channel, connection->received, TURN_BYTES)) {
  case SIPREC_CHANNEL_DONE:
    connection->more = TRUE;
    take_messages (connection, MAX_IN_FLIGHT);
    break;
  case SIPREC_CHANNEL_AGAIN:
    take_messages (connection, MAX_IN_FLIGHT);
    break;
  case SIPREC_CHANNEL_CLOSED:
    take_messages (connection, G_MAXSIZE);
    if (connection->received->len > 0)
      refuse (connection, "400 Message Is Cut Off");
    end_peer (connection, "closed by the peer");
    break;
  }
}

/* from the stack to the peer */

/* A request of ours finds nobody. */
static void
answer_in_vain (SiprecConnection *connection, gsize at)
{
  const gchar *message = connection->answered->str + at;
  g_autoptr (GString) response = siprec_relay_refuse (
      message, siprec_frame_length (&connection->answer_frame), "503 Connection Lost");

  if (response)
    send_to_stack (connection, response->str, response->len, response->len);
}

static void
pass_to_peer (SiprecConnection *connection, gsize at)
{
  g_autoptr (GString) message = NULL;

  if (!connection->channel) {
    answer_in_vain (connection, at);
    return;
  }
  message = siprec_relay_outward (&connection->relay, connection->answered->str + at,
                                  connection->answer_frame.header_length,
                                  siprec_frame_length (&connection->answer_frame));
  if (message)
    g_string_append_len (connection->to_peer, message->str, message->len);
  else
    GST_WARNING ("a message of the stack has no way out");
}

static void
take_answers (SiprecConnection *connection)
{
  GString *answered = connection->answered;
  SiprecFrameState state = SIPREC_FRAME_COMPLETE;
  gsize at = 0;

  /* Only then it is known whether they can be sent. */
  if (connection->channel && !connection->ready)
    return;
  while (state == SIPREC_FRAME_COMPLETE) {
    if (connection->answer_frame.searched == 0)
      at += strspn (answered->str + at, "\r\n");
    if (at == answered->len)
      break;
    state = siprec_frame_scan (&connection->answer_frame, answered->str + at, answered->len - at);
    if (state != SIPREC_FRAME_COMPLETE)
      break;
    pass_to_peer (connection, at);
    at += siprec_frame_length (&connection->answer_frame);
    connection->answer_frame = SIPREC_FRAME_INIT;
  }
  g_string_erase (answered, 0, at);
  if (state == SIPREC_FRAME_BAD || state == SIPREC_FRAME_TOO_LARGE)
    end_stack (connection, "the stack says what can't be sent");
}

static void
read_stack (SiprecConnection *connection)
{
  switch (siprec_channel_read (connection->stack, connection->answered, 2 * TURN_BYTES)) {
  case SIPREC_CHANNEL_DONE:
  case SIPREC_CHANNEL_AGAIN:
    break;
  case SIPREC_CHANNEL_CLOSED:
    end_stack (connection, "closed by the stack");
  }
}

/* both */

static void
write_both (SiprecConnection *connection)
{
  if (connection->answered->len > 0)
    take_answers (connection);
  if (connection->stack && connection->to_stack->len > 0 &&
      siprec_channel_write (connection->stack, connection->to_stack) == SIPREC_CHANNEL_CLOSED)
    end_stack (connection, "closed by the stack");
  /* What had to wait. */
  if (connection->channel && connection->in_flight_bytes < MAX_IN_FLIGHT &&
      connection->received->len > 0)
    take_messages (connection, MAX_IN_FLIGHT);
  if (!connection->channel || !connection->ready || connection->to_peer->len == 0)
    return;
  connection->last_sent = g_get_monotonic_time ();
  if (siprec_channel_write (connection->channel, connection->to_peer) == SIPREC_CHANNEL_CLOSED)
    end_peer (connection, "nothing can be sent any more");
  else if (connection->to_peer->len > MAX_TO_PEER)
    end_peer (connection, "doesn't read");
}

/* The stack's parser never gets to the headers of what has no first line, and so never says that it has seen it. Who sends
 * that much of it would not be listened to again, and not even his leaving be noticed. */
static void
watch_stall (SiprecConnection *connection)
{
  gboolean stalls = connection->channel && connection->in_flight_bytes >= MAX_IN_FLIGHT;

  if (stalls && connection->deadline == 0) {
    connection->stalled = TRUE;
    set_deadline (connection, connection->front->limits.message_ms);
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

static void
watch_both (SiprecConnection *connection)
{
  SiprecFront *front = connection->front;
  gboolean listens =
      connection->ready && !connection->stack_ended && connection->in_flight_bytes < MAX_IN_FLIGHT;

  if (connection->channel)
    siprec_front_watch (
        front, siprec_channel_fd (connection->channel), &connection->peer_watch,
        connection->connecting
            ? EPOLLOUT
            : siprec_channel_events (connection->channel, listens,
                                     connection->ready && connection->to_peer->len > 0));
  if (connection->stack)
    siprec_front_watch (front, siprec_channel_fd (connection->stack), &connection->stack_watch,
                        siprec_channel_events (
                            connection->stack,
                            connection->answered->len<MAX_TO_PEER, connection->to_stack->len> 0));
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
    read_peer (connection);
  if (connection->stack && stack_readable && connection->answered->len < MAX_TO_PEER)
    read_stack (connection);
  count_passed (connection);
  write_both (connection);
  count_passed (connection);
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
      end_stack (connection, "out of time");
      end_peer (connection, "out of time");
    } else if (connection->ready && !connection->stalled && connection->received->len > 0) {
      refuse (connection, "400 Message Is Cut Off");
    } else {
      end_peer (connection, "silent");
    }
    siprec_connection_serve (connection, FALSE, FALSE);
  } else if (connection->ready && connection->asked && connection->to_peer->len == 0 &&
             now - connection->last_sent > limits->keepalive_ms * G_TIME_SPAN_MILLISECOND) {
    g_string_append (connection->to_peer, "\r\n\r\n");
    siprec_connection_serve (connection, FALSE, FALSE);
  }
}
