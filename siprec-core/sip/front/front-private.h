/* siprec-core: the inside of a front, shared by its sockets (front.c) and its connections
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "channel.h"
#include "frame.h"
#include "front.h"
#include "listener.h"
#include "relay.h"
#include "watch.h"
#include "window.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (siprec_sip_debug);
#define GST_CAT_DEFAULT siprec_sip_debug

/**
 * SiprecConnection:
 * @id: random, what the stack names to get this connection
 * @channel: the peer's side, NULL when that is gone
 * @stack: the stack's side, NULL before it has connected and after
 * @received, @frame: what the peer sent and is not complete
 * @to_stack: complete messages on their way
 * @window: how many of those the stack has seen
 * @in_flight: lengths of those it has not, oldest first, and of the whole
 * @starving: is in the front's queue of those whom the stack keeps waiting
 * @answered, @answer_frame: the same for the other direction
 * @ready: connected, and the TLS handshake is over
 * @asked: the stack has been asked to connect
 * @more: the peer's channel may have bytes that epoll doesn't tell of
 * @queued: the front will serve it again soon
 * @stalled: @deadline is for the stack to take what is in flight
 * @deadline: when it is closed, unless something happens before; 0 for never
 * @expected: (nullable): of a server that we have connected to: whose certificate it must show
 * @peer: what the stack is told of the peer
 * @counted: the source under which it counts, NULL for one of our own making
 * @unwelcome: may not record, and is told so when it asks
 *
 * A peer's connection. Belongs to the front's thread.
 */
typedef struct {
  SiprecFront *front;
  gchar *id;
  SiprecTlsContext *tls;
  SiprecRelay relay;
  gchar *remote_address;
  gchar *local_address;
  gchar **identities;
  gchar **expected;
  gchar *counted;
  gchar *peer;

  SiprecChannel *channel;
  SiprecWatch peer_watch;
  GString *received;
  SiprecFrame frame;
  GString *to_peer;

  SiprecChannel *stack;
  SiprecWatch stack_watch;
  GString *answered;
  SiprecFrame answer_frame;
  GString *to_stack;

  SiprecWindow *window;
  GQueue in_flight;
  gsize in_flight_bytes;
  gboolean starving;
  gboolean stalled;

  gboolean connecting;
  gboolean ready;
  gboolean asked;
  gboolean more;
  gboolean queued;
  gboolean stack_ended;
  gboolean unwelcome;
  gint64 deadline;
  gint64 last_sent;
} SiprecConnection;

/* Fields without a remark belong to the thread, or to whom made the front before it runs. */
struct _SiprecFront {
  SiprecFrontHandler handler; /* constant */
  gpointer user_data;
  SiprecFrontLimits limits;
  gchar *inner; /* "host:port" */
  GThread *thread;
  gint epoll;
  gint wake; /* eventfd */
  SiprecWatch wake_watch;
  SiprecListener *inner_listener; /* for the stack */
  GPtrArray *listeners;           /* SiprecListener, for peers */
  gboolean deaf;                  /* listeners wait for file descriptors */
  GHashTable *connections;        /* id -> SiprecConnection, owned */
  GHashTable *sources;            /* source -> number of connections */
  GQueue strangers;
  GQueue leaving;  /* connections of the stack that are over */
  GPtrArray *dead; /* SiprecConnection, until no event can be about them */
  GPtrArray *dead_strangers;
  GQueue again;    /* SiprecConnection with `more` */
  GQueue starving; /* SiprecConnection */
  gint64 refusal_second;
  guint n_refusals; /* told in that second */

  GMutex lock; /* guards the rest; a leaf */
  SiprecTlsContext *tls;
  GQueue dials; /* SiprecConnection, new */
  gboolean stopping;
  gint n_connections; /* atomic */
  gint n_turns;       /* atomic */
};

/* So much is read in one go before others get their turn. */
#define SIPREC_FRONT_TURN (32 * 1024)
/* A peer isn't listened to while so much waits for the stack, or is being read by it. */
#define SIPREC_INWARD_MAX (32 * 1024)
/* Who doesn't read our answers is cut off. */
#define SIPREC_OUTWARD_MAX (2 * SIPREC_FRAME_MAX_MESSAGE)

/* front.c */

/* Makes epoll wait for @events of @fd; nothing at all with 0. */
void siprec_front_watch (SiprecFront *front, gint fd, SiprecWatch *watch, guint32 events);

/* Makes the thread look around. From any thread. */
void siprec_front_wake (SiprecFront *front);

/* The connection is at its end: out of the tables now, freed when no event can be about it. */
void siprec_front_bury (SiprecFront *front, SiprecConnection *connection);

/* The next one who wants to connect, or -1; without a file descriptor for it the front listens to nobody for a while. */
gint siprec_front_accept (SiprecFront *front, SiprecListener *listener,
                          struct sockaddr_storage *name, socklen_t *length);

/* Serves the connections that siprec_front_dial() has made since. */
void siprec_front_take_dials (SiprecFront *front);

/* What new connections use, or NULL. (transfer full) From any thread. */
SiprecTlsContext *siprec_front_get_tls (SiprecFront *front);

/* Whether who is at @address may go on, see SiprecFrontHandler. */
gboolean siprec_front_may_connect (SiprecFront *front, const gchar *address,
                                   const gchar *const *identities, gboolean unproven);

/* Tells that a connection came to nothing, unless many have been told in this second. */
void siprec_front_tell (SiprecFront *front, const SiprecFrontRefusal *refusal);

/* connection.c */

/* Takes @fd and @ssl. */
SiprecConnection *siprec_connection_new (SiprecFront *front, gint fd, SSL *ssl,
                                         SiprecTlsContext *tls, const SiprecRelay *relay);
void siprec_connection_free (SiprecConnection *connection);

/* No event comes for it any more. */
void siprec_connection_unwatch (SiprecConnection *connection);

/* Does all that can be done now; may bury it. */
void siprec_connection_serve (SiprecConnection *connection, gboolean peer_readable,
                              gboolean stack_readable);

/* The stack has connected; it sent @rest after its greeting. */
void siprec_connection_pair (SiprecConnection *connection, SiprecChannel *stack, const gchar *rest);

/* Looks at the clock. */
void siprec_connection_tick (SiprecConnection *connection, gint64 now);

/* From now on. */
void siprec_connection_set_deadline (SiprecConnection *connection, guint milliseconds);

/* Nothing comes from the peer any more, or goes there; @why is for the log. */
void siprec_connection_end_peer (SiprecConnection *connection, const gchar *why);

/* The same for the stack. Our last words may still be on their way to the peer. */
void siprec_connection_end_stack (SiprecConnection *connection, const gchar *why);

/* An error of the peer's that nothing can follow: tells it @status ("400 Bad Request"), and closes. */
void siprec_connection_refuse (SiprecConnection *connection, const gchar *status);

/* Tells why it comes to nothing. */
void siprec_connection_tell (SiprecConnection *connection, const gchar *reason);

/* inward.c */

/* Reads what the peer has sent, and passes on what is complete. */
void siprec_inward_read (SiprecConnection *connection);

/* Passes on what has been read and is complete, while less than @room is in flight. */
void siprec_inward_take (SiprecConnection *connection, gsize room);

/* A whole message for the stack. Returns: FALSE if it is none */
gboolean siprec_inward_send (SiprecConnection *connection, const gchar *text, gsize header_length,
                             gsize length);

/* What the stack has seen is in flight no more. */
void siprec_inward_count (SiprecConnection *connection);

/* outward.c */

/* Reads what the stack has to say. */
void siprec_outward_read (SiprecConnection *connection);

/* Makes it ready for the peer, as far as it is complete. */
void siprec_outward_take (SiprecConnection *connection);

G_END_DECLS
