/* siprec-core: a socket that takes stream connections
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "watch.h"

G_BEGIN_DECLS

/**
 * SiprecListener:
 * @watch: its @kind and @owner are for whoever watches it
 * @tls: those who connect speak TLS
 */
typedef struct {
  SiprecWatch watch;
  gint fd;
  gboolean tls;
} SiprecListener;

/* Listens on @host, an address or a name, of which the first address counts. Returns: NULL with errno set */
SiprecListener *siprec_listener_new (const gchar *host, guint16 port, gboolean tls);
void siprec_listener_free (SiprecListener *listener);

/* Returns: the next connection, -1 with errno set if there is none. @name: (out): the peer's */
gint siprec_listener_accept (SiprecListener *listener, struct sockaddr_storage *name,
                             socklen_t *length);

/* @address: (out): where it listens. Returns: the port */
guint16 siprec_listener_name (const SiprecListener *listener, gchar **address);

/* @address: (out): our end of the socket @fd. Returns: its port */
guint16 siprec_socket_name_local (gint fd, gchar **address);

/* @address: (out): what @name says. Returns: its port */
guint16 siprec_socket_name (const struct sockaddr_storage *name, socklen_t length, gchar **address);

/* What is sent goes out at once. */
void siprec_socket_hurry (gint fd);

G_END_DECLS
