/* siprec-core: the inside of a front, shared by its sockets (front.c) and its connections
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "channel.h"
#include "frame.h"
#include "front.h"
#include "relay.h"
#include "window.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (siprec_sip_debug);
#define GST_CAT_DEFAULT siprec_sip_debug

typedef enum {
  WATCH_WAKE,     /* the front's eventfd */
  WATCH_LISTENER, /* a listening socket for peers */
  WATCH_INNER,    /* the listening socket for the stack */
  WATCH_STRANGER, /* who connected there and has not said a word yet */
  WATCH_PEER,     /* a connection's outer side */
  WATCH_STACK,    /* and its inner side */
} SiprecWatchKind;

/* What epoll gives back; the first member of its @owner or elsewhere in it. */
typedef struct {
  SiprecWatchKind kind;
  gpointer owner;
  guint32 events;
} SiprecWatch;

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
 * @counted: the address under which it counts, NULL for one of our own making
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
  gint64 deadline;
  gint64 last_sent;
} SiprecConnection;

/* Fields without a remark belong to the thread, or to whom made the front before it runs. */
struct _SiprecFront {
  SiprecFrontWanted wanted; /* constant */
  gpointer user_data;
  SiprecFrontLimits limits;
  gchar *inner; /* "host:port" */
  GThread *thread;
  gint epoll;
  gint wake; /* eventfd */
  SiprecWatch wake_watch;
  SiprecWatch inner_watch;
  gint inner_fd;
  GPtrArray *listeners;
  gboolean deaf;           /* listeners wait for file descriptors */
  GHashTable *connections; /* id -> SiprecConnection, owned */
  GHashTable *addresses;   /* address -> number of connections */
  GQueue strangers;
  GPtrArray *dead; /* SiprecConnection, until no event can be about them */
  GPtrArray *dead_strangers;
  GQueue again;    /* SiprecConnection with `more` */
  GQueue starving; /* SiprecConnection */

  GMutex lock; /* guards the rest; a leaf */
  SiprecTlsContext *tls;
  GQueue dials; /* SiprecConnection, new */
  gboolean stopping;
  gint n_connections; /* atomic */
};

/* front.c */

/* Makes epoll wait for @events of @fd; nothing at all with 0. */
void siprec_front_watch (SiprecFront *front, gint fd, SiprecWatch *watch, guint32 events);

/* Makes the thread look around. From any thread. */
void siprec_front_wake (SiprecFront *front);

/* The connection is at its end: out of the tables now, freed when no event can be about it. */
void siprec_front_bury (SiprecFront *front, SiprecConnection *connection);

/* front-connection.c */

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

G_END_DECLS
