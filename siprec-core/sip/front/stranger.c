/* Those who connect to the port of a front that is for the stack only: whoever runs on this host can try
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stranger.h"

#include <string.h>
#include <sys/epoll.h>

/* How many may be there without a word, besides those that connections wait for, and how long. */
#define MAX_STRANGERS 64
#define STRANGER_MS   2000
/* For the stack to see that a connection is over. */
#define FAREWELL_MS 2000
#define GREETING    "HELLO sip:"

typedef struct {
  SiprecWatch watch;
  SiprecChannel *channel;
  GString *received;
  SiprecFrame frame;
  gint64 deadline;
  gboolean leaving;
} Stranger;

static Stranger *
stranger_new (SiprecFront *front, SiprecChannel *channel, guint milliseconds)
{
  Stranger *stranger = g_new0 (Stranger, 1);

  stranger->watch = (SiprecWatch){WATCH_STRANGER, stranger};
  stranger->channel = channel;
  stranger->received = g_string_new (NULL);
  stranger->frame = SIPREC_FRAME_INIT;
  stranger->deadline = g_get_monotonic_time () + milliseconds * G_TIME_SPAN_MILLISECOND;
  siprec_front_watch (front, siprec_channel_fd (channel), &stranger->watch, EPOLLIN);
  return stranger;
}

void
siprec_stranger_free (gpointer data)
{
  Stranger *stranger = data;

  if (stranger->channel)
    siprec_channel_free (stranger->channel);
  g_string_free (stranger->received, TRUE);
  g_free (stranger);
}

static void
drop (SiprecFront *front, Stranger *stranger)
{
  if (stranger->channel)
    siprec_front_watch (front, siprec_channel_fd (stranger->channel), &stranger->watch, 0);
  g_queue_remove (stranger->leaving ? &front->leaving : &front->strangers, stranger);
  g_ptr_array_add (front->dead_strangers, stranger);
}

/* The connection that a greeting is for, if that waits for one. */
static SiprecConnection *
find_greeted (SiprecFront *front, const gchar *greeting)
{
  g_autofree gchar *id = NULL;
  SiprecConnection *connection;

  if (!g_str_has_prefix (greeting, GREETING))
    return NULL;
  greeting += strlen (GREETING);
  id = g_strndup (greeting, strcspn (greeting, " \r\n"));
  connection = g_hash_table_lookup (front->connections, id);
  return connection && connection->asked && !connection->stack && !connection->stack_ended
             ? connection
             : NULL;
}

/* He has been told that it is over, and nobody wants to hear any more. */
static void
hear_leaver (SiprecFront *front, Stranger *stranger, SiprecChannelState state)
{
  g_string_truncate (stranger->received, 0);
  if (state == SIPREC_CHANNEL_CLOSED)
    drop (front, stranger);
}

void
siprec_stranger_hear (SiprecFront *front, gpointer data)
{
  Stranger *stranger = data;
  SiprecChannelState state =
      siprec_channel_read (stranger->channel, stranger->received, SIPREC_FRAME_MAX_HEADER);
  SiprecConnection *connection = NULL;
  SiprecFrameState frame;

  if (stranger->leaving) {
    hear_leaver (front, stranger, state);
    return;
  }
  frame = siprec_frame_scan (&stranger->frame, stranger->received->str, stranger->received->len);
  if (frame == SIPREC_FRAME_PARTIAL && state == SIPREC_CHANNEL_AGAIN)
    return;
  /* It may name a connection that is to be made. */
  siprec_front_take_dials (front);
  if (frame == SIPREC_FRAME_COMPLETE)
    connection = find_greeted (front, stranger->received->str);
  siprec_front_watch (front, siprec_channel_fd (stranger->channel), &stranger->watch, 0);
  if (connection)
    siprec_connection_pair (connection, g_steal_pointer (&stranger->channel),
                            stranger->received->str + siprec_frame_length (&stranger->frame));
  else
    GST_INFO ("no connection waits for the one to the inner port %s", front->inner);
  drop (front, stranger);
}

void
siprec_strangers_accept (SiprecFront *front)
{
  struct sockaddr_storage name;
  socklen_t length;
  gint fd;

  while ((fd = siprec_front_accept (front, front->inner_listener, &name, &length)) >= 0) {
    Stranger *stranger;

    if (front->strangers.length >= MAX_STRANGERS + g_hash_table_size (front->connections))
      drop (front, g_queue_peek_head (&front->strangers));
    siprec_socket_hurry (fd);
    stranger = stranger_new (front, siprec_channel_new (fd, NULL), STRANGER_MS);
    g_queue_push_tail (&front->strangers, stranger);
    /* It may have spoken already. */
    siprec_stranger_hear (front, stranger);
  }
}

void
siprec_strangers_see_off (SiprecFront *front, SiprecChannel *stack)
{
  Stranger *stranger = stranger_new (front, stack, FAREWELL_MS);

  stranger->leaving = TRUE;
  siprec_channel_end (stack);
  g_queue_push_tail (&front->leaving, stranger);
}

void
siprec_strangers_tick (SiprecFront *front, gint64 now)
{
  Stranger *stranger;

  while ((stranger = g_queue_peek_head (&front->strangers)) && now > stranger->deadline)
    drop (front, stranger);
  while ((stranger = g_queue_peek_head (&front->leaving)) && now > stranger->deadline) {
    siprec_channel_abort (stranger->channel);
    drop (front, stranger);
  }
}
