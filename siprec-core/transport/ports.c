/* Binds pairs of UDP sockets in a port range.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ports.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/gst.h>

#include "../error.h"
#include "../media/debug.h"

#define DEFAULT_BUFFER_SIZE (256 * 1024)

/* Packets of the call before may still be on their way, and its sender may not know yet that it is
 * over: for so long a port that was freed is only taken if there is no other. */
#define QUARANTINE (10 * G_TIME_SPAN_SECOND)

struct _SiprecPorts {
  gint rtp, rtcp;
  guint16 port;
  GHashTable *freed; /* of the address; not owned */
};

/* Where the next search begins, by address and range, and for each address when its ports were freed;
 * entries live as long as the process, and there are as many as there are settings and ports. */
G_LOCK_DEFINE_STATIC (cursors);
static GHashTable *cursors;
static GHashTable *addresses;

/* Number of the pair to try first. A new process begins anywhere in the range, because phone systems
 * may still be sending to the ports of the one before it. */
static guint
get_cursor (const gchar *key, guint first, guint n_pairs)
{
  guint port;

  G_LOCK (cursors);
  if (!cursors)
    cursors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  port = GPOINTER_TO_UINT (g_hash_table_lookup (cursors, key));
  G_UNLOCK (cursors);
  if (port < first)
    return g_random_int_range (0, n_pairs);
  return ((port - first) / 2 + 1) % n_pairs;
}

static void
set_cursor (const gchar *key, guint16 port)
{
  G_LOCK (cursors);
  g_hash_table_insert (cursors, g_strdup (key), GUINT_TO_POINTER ((guint)port));
  G_UNLOCK (cursors);
}

/* When the ports of @address were freed: RTP port to g_get_monotonic_time(). */
static GHashTable *
get_freed (const gchar *address)
{
  GHashTable *freed;

  G_LOCK (cursors);
  if (!addresses)
    addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  freed = g_hash_table_lookup (addresses, address);
  if (!freed) {
    freed = g_hash_table_new_full (NULL, NULL, NULL, g_free);
    g_hash_table_insert (addresses, g_strdup (address), freed);
  }
  G_UNLOCK (cursors);
  return freed;
}

static gboolean
is_quarantined (GHashTable *freed, guint16 port)
{
  const gint64 *time;
  gboolean quarantined;

  G_LOCK (cursors);
  time = g_hash_table_lookup (freed, GUINT_TO_POINTER ((guint)port));
  quarantined = time && g_get_monotonic_time () < *time + QUARANTINE;
  G_UNLOCK (cursors);
  return quarantined;
}

static struct addrinfo *
resolve (const gchar *address, GError **error)
{
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE | AI_NUMERICSERV,
                           .ai_family = AF_UNSPEC,
                           .ai_socktype = SOCK_DGRAM};
  struct addrinfo *info = NULL;

  if (address && getaddrinfo (address, "0", &hints, &info) == 0)
    return info;
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS,
               "Media address \"%s\" is not an IPv4 or IPv6 address of this host.",
               address ? address : "");
  return NULL;
}

static void
set_options (gint fd, guint buffer_size)
{
  gint on = 1, size = MIN (buffer_size, G_MAXINT / 2);

  /* FORCE needs CAP_NET_ADMIN; without it the kernel gives what rmem_max allows. */
  if (setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof (size)) < 0)
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof (size));
  setsockopt (fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof (on));
  setsockopt (fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof (on));
}

/* A socket on @port, or -1 with errno. */
static gint
bind_socket (const struct addrinfo *info, guint16 port, guint buffer_size)
{
  struct sockaddr_storage address;
  gint fd, off = 0;

  memcpy (&address, info->ai_addr, info->ai_addrlen);
  if (info->ai_family == AF_INET6)
    ((struct sockaddr_in6 *)&address)->sin6_port = g_htons (port);
  else
    ((struct sockaddr_in *)&address)->sin_port = g_htons (port);

  fd = socket (info->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  if (info->ai_family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof (off));
  if (bind (fd, (struct sockaddr *)&address, info->ai_addrlen) < 0) {
    gint saved = errno;

    close (fd);
    errno = saved;
    return -1;
  }
  set_options (fd, buffer_size);
  return fd;
}

/* Both sockets of a pair, or FALSE with errno. */
static gboolean
bind_pair (SiprecPorts *ports, const struct addrinfo *info, guint16 port, guint buffer_size)
{
  gint saved;

  ports->rtp = bind_socket (info, port, buffer_size);
  if (ports->rtp < 0)
    return FALSE;
  ports->rtcp = bind_socket (info, port + 1, buffer_size);
  if (ports->rtcp >= 0) {
    ports->port = port;
    return TRUE;
  }
  saved = errno;
  close (ports->rtp);
  errno = saved;
  return FALSE;
}

/* Ports in quarantine come last. */
static gboolean
bind_any_pair (SiprecPorts *ports, const struct addrinfo *info, const gchar *key, guint first,
               guint n_pairs, guint buffer_size)
{
  guint cursor = get_cursor (key, first, n_pairs);

  for (guint i = 0; i < 2 * n_pairs; i++) {
    guint16 port = first + (cursor + i) % n_pairs * 2;

    if (is_quarantined (ports->freed, port) != (i >= n_pairs))
      continue;
    if (bind_pair (ports, info, port, buffer_size)) {
      set_cursor (key, port);
      return TRUE;
    }
    if (errno != EADDRINUSE)
      return FALSE;
  }
  errno = EADDRINUSE;
  return FALSE;
}

SiprecPorts *
siprec_ports_new (const gchar *address, guint16 first, guint16 last, guint buffer_size,
                  GError **error)
{
  guint even = (first + 1u) & ~1u;
  g_autofree gchar *key = g_strdup_printf ("%s %u-%u", address ? address : "", first, last);
  struct addrinfo *info = resolve (address, error);
  SiprecPorts *ports;

  if (!info)
    return NULL;
  ports = g_new0 (SiprecPorts, 1);
  ports->freed = get_freed (address);
  errno = EADDRINUSE;
  if (even > 0 && even < last &&
      bind_any_pair (ports, info, key, even, (last - even + 1) / 2,
                     buffer_size ? buffer_size : DEFAULT_BUFFER_SIZE)) {
    freeaddrinfo (info);
    GST_DEBUG ("RTP port %u on %s", ports->port, address);
    return ports;
  }

  if (errno == EADDRINUSE)
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_PORTS,
                 "No pair of an even UDP port and the next one is free on %s from %u to %u.",
                 address, first, last);
  else
    g_set_error (error, SIPREC_ERROR,
                 errno == EADDRNOTAVAIL || errno == EACCES ? SIPREC_ERROR_ADDRESS
                                                           : SIPREC_ERROR_PORTS,
                 "UDP ports on %s can't be bound: %s%s.", address, g_strerror (errno),
                 errno == EMFILE ? " (RLIMIT_NOFILE)" : "");
  freeaddrinfo (info);
  g_free (ports);
  return NULL;
}

void
siprec_ports_free (SiprecPorts *ports)
{
  gint64 *time = g_new (gint64, 1);

  close (ports->rtp);
  close (ports->rtcp);
  *time = g_get_monotonic_time ();
  G_LOCK (cursors);
  g_hash_table_insert (ports->freed, GUINT_TO_POINTER ((guint)ports->port), time);
  G_UNLOCK (cursors);
  g_free (ports);
}

static guint64
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    rlim_t before = limit.rlim_cur;

    limit.rlim_cur = limit.rlim_max;
    if (setrlimit (RLIMIT_NOFILE, &limit) < 0)
      limit.rlim_cur = before;
  }
  return limit.rlim_cur;
}

guint64
siprec_ports_get_file_limit (void)
{
  static gsize once;
  static guint64 limit;

  if (g_once_init_enter (&once)) {
    limit = raise_file_limit ();
    g_once_init_leave (&once, 1);
  }
  return limit;
}

guint16
siprec_ports_get_port (const SiprecPorts *ports)
{
  return ports->port;
}

gint
siprec_ports_get_rtp (const SiprecPorts *ports)
{
  return ports->rtp;
}

gint
siprec_ports_get_rtcp (const SiprecPorts *ports)
{
  return ports->rtcp;
}
