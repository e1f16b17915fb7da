/* From the stack to a peer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front-private.h"

#include <string.h>

/* A request of ours finds nobody. */
static void
answer_in_vain (SiprecConnection *connection, gsize at)
{
  const gchar *message = connection->answered->str + at;
  g_autoptr (GString) response = siprec_relay_refuse (
      message, siprec_frame_length (&connection->answer_frame), "503 Connection Lost");

  if (response)
    siprec_inward_send (connection, response->str, response->len, response->len);
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

void
siprec_outward_take (SiprecConnection *connection)
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
    siprec_connection_end_stack (connection, "the stack says what can't be sent");
}

void
siprec_outward_read (SiprecConnection *connection)
{
  switch (siprec_channel_read (connection->stack, connection->answered, 2 * SIPREC_FRONT_TURN)) {
  case SIPREC_CHANNEL_DONE:
  case SIPREC_CHANNEL_AGAIN:
    break;
  case SIPREC_CHANNEL_CLOSED:
    siprec_connection_end_stack (connection, "closed by the stack");
  }
}
