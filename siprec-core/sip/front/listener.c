/* A socket that takes stream connections, and the names of sockets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <gio/gio.h>

#define LISTEN_BACKLOG 500

static gint
open_socket (const struct addrinfo *address)
{
  gint fd = socket (address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  gint one = 1;

  if (fd < 0)
    return -1;
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (address->ai_family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (bind (fd, address->ai_addr, address->ai_addrlen) == 0 && listen (fd, LISTEN_BACKLOG) == 0)
    return fd;
  gint code = errno;
  close (fd);
  errno = code;
  return -1;
}

SiprecListener *
siprec_listener_new (const gchar *host, guint16 port, gboolean tls)
{
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  g_autofree gchar *service = g_strdup_printf ("%u", port);
  SiprecListener *listener;
  gint fd;

  /* The first address, as the stack does with names. */
  if (getaddrinfo (host, service, &hints, &found) != 0) {
    errno = ENXIO;
    return NULL;
  }
  fd = open_socket (found);
  freeaddrinfo (found);
  if (fd < 0)
    return NULL;
  listener = g_new0 (SiprecListener, 1);
  listener->fd = fd;
  listener->tls = tls;
  return listener;
}

void
siprec_listener_free (SiprecListener *listener)
{
  close (listener->fd);
  g_free (listener);
}

gint
siprec_listener_accept (SiprecListener *listener, struct sockaddr_storage *name, socklen_t *length)
{
  *length = sizeof *name;
  return accept4 (listener->fd, (struct sockaddr *)name, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

guint16
siprec_listener_name (const SiprecListener *listener, gchar **address)
{
  return siprec_socket_name_local (listener->fd, address);
}

guint16
siprec_socket_name_local (gint fd, gchar **address)
{
  struct sockaddr_storage name;
  socklen_t length = sizeof name;

  getsockname (fd, (struct sockaddr *)&name, &length);
  return siprec_socket_name (&name, length, address);
}

guint16
siprec_socket_name (const struct sockaddr_storage *name, socklen_t length, gchar **address)
{
  g_autoptr (GSocketAddress) socket = g_socket_address_new_from_native ((gpointer)name, length);
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (socket);

  *address = g_inet_address_to_string (g_inet_socket_address_get_address (inet));
  return g_inet_socket_address_get_port (inet);
}

void
siprec_socket_hurry (gint fd)
{
  gint one = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}
