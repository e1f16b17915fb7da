/* siprec-core: what a front waits for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  WATCH_WAKE,     /* the front's eventfd */
  WATCH_LISTENER, /* a listening socket for peers */
  WATCH_INNER,    /* the listening socket for the stack */
  WATCH_STRANGER, /* who connected there and has not said a word yet */
  WATCH_PEER,     /* a connection's outer side */
  WATCH_STACK,    /* and its inner side */
} SiprecWatchKind;

/* What epoll gives back; the first member of its @owner or elsewhere in it. @events are 0 while it isn't watched. */
typedef struct {
  SiprecWatchKind kind;
  gpointer owner;
  guint32 events;
} SiprecWatch;

G_END_DECLS
