/* From a peer to the stack: where its messages end, and no more of them at a time than the stack reads
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-private.h"

#include <string.h>

/* For the stack to connect. */
#define PAIR_MS       5000
#define TLS_HANDSHAKE 0x16

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
  return length;
}

gboolean
siprec_inward_send (SiprecConnection *connection, const gchar *text, gsize header_length,
                    gsize length)
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

void
siprec_inward_count (SiprecConnection *connection)
{
  guint64 left = connection->relay.number - siprec_window_passed (connection->window);

  while (connection->in_flight.length > left)
    connection->in_flight_bytes -= GPOINTER_TO_SIZE (g_queue_pop_head (&connection->in_flight));
  if (connection->in_flight_bytes < SIPREC_INWARD_MAX || connection->starving)
    return;
  if (siprec_window_await (connection->window, connection->relay.number)) {
    connection->starving = TRUE;
    g_queue_push_tail (&connection->front->starving, connection);
  }
}

static gboolean
pass_to_stack (SiprecConnection *connection, gsize at)
{
  if (!siprec_inward_send (connection, connection->received->str + at,
                           connection->frame.header_length,
                           siprec_frame_length (&connection->frame)))
    return FALSE;
  if (!connection->asked) {
    connection->asked = TRUE;
    siprec_connection_set_deadline (connection, PAIR_MS);
    connection->front->handler.wanted (connection->front, connection->id,
                                       connection->front->user_data);
  }
  return TRUE;
}

/* RFC 8446 section 5.1: the record that a handshake begins with. SIP has no such byte. */
static gboolean
is_tls (const SiprecConnection *connection)
{
  return !connection->asked && connection->received->len > 0 &&
         connection->received->str[0] == TLS_HANDSHAKE;
}

/* The answer to what nothing can follow; NULL if all is well. */
static const gchar *
find_fault (SiprecConnection *connection, SiprecFrameState state)
{
  if (state == SIPREC_FRAME_BAD)
    return "400 Bad Request";
  if (state == SIPREC_FRAME_TOO_LARGE)
    return "413 Message Too Large";
  return state == SIPREC_FRAME_COMPLETE && connection->unwelcome ? "403 May Not Record Here" : NULL;
}

void
siprec_inward_take (SiprecConnection *connection, gsize room)
{
  GString *received = connection->received;
  SiprecFrameState state = SIPREC_FRAME_COMPLETE;
  const gchar *fault = NULL;
  gsize at = 0;

  if (is_tls (connection)) {
    siprec_connection_tell (connection,
                            "It speaks TLS, and this port is for TCP: sips: in local-uri "
                            "makes one for TLS.");
    fault = "400 Bad Request";
  }
  while (state == SIPREC_FRAME_COMPLETE && !fault && connection->in_flight_bytes < room) {
    if (connection->frame.searched == 0)
      at += skip_keepalives (connection, at);
    if (at == received->len)
      break;
    state = siprec_frame_scan (&connection->frame, received->str + at, received->len - at);
    fault = find_fault (connection, state);
    if (state == SIPREC_FRAME_COMPLETE && !fault && !pass_to_stack (connection, at))
      fault = "400 Bad Request";
    /* What has a fault stays, to be answered. */
    if (state == SIPREC_FRAME_COMPLETE && !fault) {
      at += siprec_frame_length (&connection->frame);
      connection->frame = SIPREC_FRAME_INIT;
      if (connection->stack)
        connection->deadline = 0;
    }
  }
  if (state == SIPREC_FRAME_PARTIAL && connection->asked && connection->deadline == 0)
    siprec_connection_set_deadline (connection, connection->front->limits.message_ms);
  g_string_erase (received, 0, MIN (at, received->len));
  if (fault)
    siprec_connection_refuse (connection, fault);
}

void
siprec_inward_read (SiprecConnection *connection)
{
  if (connection->in_flight_bytes >= SIPREC_INWARD_MAX)
    return;
  connection->more = FALSE;
  switch (siprec_channel_read (connection->channel, connection->received, SIPREC_FRONT_TURN)) {
  case SIPREC_CHANNEL_DONE:
    connection->more = TRUE;
    siprec_inward_take (connection, SIPREC_INWARD_MAX);
    break;
  case SIPREC_CHANNEL_AGAIN:
    siprec_inward_take (connection, SIPREC_INWARD_MAX);
    break;
  case SIPREC_CHANNEL_CLOSED:
    siprec_inward_take (connection, G_MAXSIZE);
    if (connection->received->len > 0)
      siprec_connection_refuse (connection, "400 Message Is Cut Off");
    siprec_connection_end_peer (connection, "closed by the peer");
    break;
  }
}
