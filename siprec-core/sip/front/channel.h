/* siprec-core: a connected stream socket that never blocks, with or without TLS
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/ssl.h>

#include "../../api.h"

G_BEGIN_DECLS

typedef struct _SiprecChannel SiprecChannel;

/* Takes @fd, and @ssl, which may be NULL. The thread that uses it must have SIGPIPE blocked. */
SIPREC_API SiprecChannel *siprec_channel_new (gint fd, SSL *ssl);

/* Says that it is the end, as far as the socket takes it at once, and closes. */
SIPREC_API void siprec_channel_free (SiprecChannel *channel);

/* Nothing more will be written: the other side reads the end. Without TLS only. */
void siprec_channel_end (SiprecChannel *channel);

/* The other side will be told of an error when this is closed. */
void siprec_channel_abort (SiprecChannel *channel);

typedef enum {
  SIPREC_CHANNEL_DONE,
  SIPREC_CHANNEL_AGAIN,  /* when the socket is ready for siprec_channel_events() */
  SIPREC_CHANNEL_CLOSED, /* by the peer, or broken; see siprec_channel_failure() */
} SiprecChannelState;

/* Goes on with the TLS handshake; DONE at once without TLS. */
SIPREC_API SiprecChannelState siprec_channel_handshake (SiprecChannel *channel);

/* Appends at most @limit bytes to @buffer; DONE if there may be more. */
SIPREC_API SiprecChannelState siprec_channel_read (SiprecChannel *channel, GString *buffer,
                                                   gsize limit);

/* Writes from the front of @buffer and erases that; DONE if all is written. */
SIPREC_API SiprecChannelState siprec_channel_write (SiprecChannel *channel, GString *buffer);

/* What epoll is to wait for, if the user wants to read or has something to write. */
SIPREC_API guint32 siprec_channel_events (SiprecChannel *channel, gboolean reads, gboolean writes);

SIPREC_API gint siprec_channel_fd (SiprecChannel *channel);
SIPREC_API SSL *siprec_channel_ssl (SiprecChannel *channel);

/* Why TLS failed, in words for people; NULL if the peer only went away. (transfer full) */
SIPREC_API gchar *siprec_channel_failure (SiprecChannel *channel);

G_END_DECLS
