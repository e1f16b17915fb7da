/* Connections that the front makes, and where it is reached itself
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <unistd.h>

#include <gio/gio.h>

#include "../../random.h"
#include "front-private.h"

/* Non-blocking; -1 if it fails at once. */
static gint
begin_connect (const SiprecDial *dial)
{
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string (dial->address, dial->port);
  struct sockaddr_storage native;
  gssize size;
  gint fd;

  if (!address || !g_socket_address_to_native (address, &native, sizeof native, NULL))
    return -1;
  size = g_socket_address_get_native_size (address);
  fd = socket (native.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  siprec_socket_hurry (fd);
  if (connect (fd, (struct sockaddr *)&native, size) == 0 || errno == EINPROGRESS)
    return fd;
  GST_INFO ("can't connect to %s:%u: %s", dial->address, dial->port, g_strerror (errno));
  close (fd);
  return -1;
}

gchar *
siprec_front_dial (SiprecFront *front, const SiprecDial *dial)
{
  SiprecRelay relay = {.remote_address = dial->address,
                       .remote_port = dial->port,
                       .local_address = dial->local_address,
                       .local_port = dial->local_port};
  g_autoptr (SiprecTlsContext) tls = dial->tls ? siprec_front_get_tls (front) : NULL;
  const gchar *name = dial->identities ? dial->identities[0] : NULL;
  gint fd = begin_connect (dial);
  SiprecConnection *connection;
  gchar *id;

  /* The stack will find out when it names an id that nobody has. */
  if (fd < 0 || (dial->tls && !tls)) {
    if (fd >= 0)
      close (fd);
    return siprec_random_hex (16);
  }
  connection =
      siprec_connection_new (front, fd, tls ? siprec_tls_context_connect (tls, name) : NULL,
                             tls ? siprec_tls_context_ref (tls) : NULL, &relay);
  connection->connecting = TRUE;
  connection->asked = TRUE;
  connection->expected = g_strdupv ((gchar **)dial->identities);
  if (!connection->expected)
    connection->expected = g_new0 (gchar *, 1);
  connection->deadline =
      g_get_monotonic_time () + front->limits.handshake_ms * G_TIME_SPAN_MILLISECOND;
  id = g_strdup (connection->id);
  g_mutex_lock (&front->lock);
  g_queue_push_tail (&front->dials, connection);
  g_mutex_unlock (&front->lock);
  siprec_front_wake (front);
  return id;
}

gchar *
siprec_front_choose (SiprecFront *front, gboolean tls, const gchar *preferred, guint16 *port)
{
  g_autofree gchar *found = NULL;

  for (guint i = 0; i < front->listeners->len; i++) {
    const SiprecListener *listener = g_ptr_array_index (front->listeners, i);
    g_autofree gchar *address = NULL;
    guint16 local;

    if (listener->tls != tls)
      continue;
    local = siprec_listener_name (listener, &address);
    if (found && g_strcmp0 (address, preferred) != 0)
      continue;
    g_free (found);
    found = g_steal_pointer (&address);
    *port = local;
  }
  if (found && (g_str_equal (found, "0.0.0.0") || g_str_equal (found, "::")))
    return g_strdup (preferred);
  return g_steal_pointer (&found);
}
