/* The thread between stream connections (TCP, TLS) and the SIP stack: its sockets and tables
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gio/gio.h>

#include "../../error.h"
#include "../../random.h"
#include "front-private.h"
#include "../uri.h"

#define LISTEN_BACKLOG 500
#define MAX_EVENTS     64
#define TICK_MS        1000
/* Of those who connect to the inner port: how many may be there without a word, and how long. */
#define MAX_STRANGERS 64
#define STRANGER_MS   2000
#define GREETING      "HELLO sip:"

typedef struct {
  SiprecWatch watch;
  gint fd;
  gboolean tls;
} Listener;

typedef struct {
  SiprecWatch watch;
  SiprecChannel *channel;
  GString *received;
  SiprecFrame frame;
  gint64 deadline;
} Stranger;

/* sockets */

void
siprec_front_watch (SiprecFront *front, gint fd, SiprecWatch *watch, guint32 events)
{
  struct epoll_event event = {.events = events, .data.ptr = watch};
  gint operation = EPOLL_CTL_MOD;

  if (events == watch->events)
    return;
  if (watch->events == 0)
    operation = EPOLL_CTL_ADD;
  else if (events == 0)
    operation = EPOLL_CTL_DEL;
  watch->events = events;
  epoll_ctl (front->epoll, operation, fd, &event);
}

static gint
new_listener (const struct addrinfo *address)
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

/* Fills in the address of one end of a connection. */
static guint16
name_socket (const struct sockaddr *name, socklen_t length, gchar **address)
{
  g_autoptr (GSocketAddress) socket = g_socket_address_new_from_native ((gpointer)name, length);
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (socket);

  *address = g_inet_address_to_string (g_inet_socket_address_get_address (inet));
  return g_inet_socket_address_get_port (inet);
}

static guint16
name_local (gint fd, gchar **address)
{
  struct sockaddr_storage name;
  socklen_t length = sizeof name;

  getsockname (fd, (struct sockaddr *)&name, &length);
  return name_socket ((struct sockaddr *)&name, length, address);
}

static void
add_listener (SiprecFront *front, gint fd, gboolean tls)
{
  Listener *listener = g_new0 (Listener, 1);

  listener->watch = (SiprecWatch){WATCH_LISTENER, listener};
  listener->fd = fd;
  listener->tls = tls;
  g_ptr_array_add (front->listeners, listener);
}

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  close (listener->fd);
  g_free (listener);
}

guint16
siprec_front_listen (SiprecFront *front, const gchar *host, guint16 port, gboolean tls)
{
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  g_autofree gchar *service = g_strdup_printf ("%u", port);
  g_autofree gchar *address = NULL;
  guint16 actual;
  gint fd;

  /* The first address, as the stack does with names. */
  if (getaddrinfo (host, service, &hints, &found) != 0) {
    errno = ENXIO;
    return 0;
  }
  fd = new_listener (found);
  freeaddrinfo (found);
  if (fd < 0)
    return 0;
  actual = name_local (fd, &address);
  add_listener (front, fd, tls);
  return actual;
}

void
siprec_front_unlisten (SiprecFront *front)
{
  g_ptr_array_remove_index (front->listeners, front->listeners->len - 1);
}

/* life */

static gboolean
open_inner (SiprecFront *front)
{
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
  struct addrinfo *loopback = NULL;
  g_autofree gchar *address = NULL;
  guint16 port;

  if (getaddrinfo ("127.0.0.1", "0", &hints, &loopback) != 0)
    return FALSE;
  front->inner_fd = new_listener (loopback);
  freeaddrinfo (loopback);
  if (front->inner_fd < 0)
    return FALSE;
  port = name_local (front->inner_fd, &address);
  front->inner = siprec_host_port (address, port);
  return TRUE;
}

static void
stranger_free (gpointer data)
{
  Stranger *stranger = data;

  if (stranger->channel)
    siprec_channel_free (stranger->channel);
  g_string_free (stranger->received, TRUE);
  g_free (stranger);
}

static void
connection_gone (gpointer connection)
{
  siprec_connection_free (connection);
}

SiprecFront *
siprec_front_new (SiprecFrontWanted wanted, gpointer user_data, GError **error)
{
  SiprecFront *front = g_new0 (SiprecFront, 1);

  front->wanted = wanted;
  front->user_data = user_data;
  front->limits = SIPREC_FRONT_LIMITS;
  front->listeners = g_ptr_array_new_with_free_func (listener_free);
  front->connections = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, connection_gone);
  front->addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  front->dead = g_ptr_array_new_with_free_func (connection_gone);
  front->dead_strangers = g_ptr_array_new_with_free_func (stranger_free);
  g_queue_init (&front->strangers);
  g_queue_init (&front->again);
  g_queue_init (&front->starving);
  g_queue_init (&front->dials);
  g_mutex_init (&front->lock);
  front->epoll = epoll_create1 (EPOLL_CLOEXEC);
  front->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  front->inner_fd = -1;
  if (front->epoll < 0 || front->wake < 0 || !open_inner (front)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS,
                 "Can't listen for connections: %s. There may be too many open files.",
                 g_strerror (errno));
    siprec_front_free (front);
    return NULL;
  }
  front->wake_watch = (SiprecWatch){WATCH_WAKE, front};
  front->inner_watch = (SiprecWatch){WATCH_INNER, front};
  siprec_front_watch (front, front->wake, &front->wake_watch, EPOLLIN);
  siprec_front_watch (front, front->inner_fd, &front->inner_watch, EPOLLIN);
  return front;
}

void
siprec_front_wake (SiprecFront *front)
{
  guint64 one = 1;

  /* Full means that it is awake anyway. */
  if (write (front->wake, &one, sizeof one) < 0)
    return;
}

static void
close_fd (gint fd)
{
  if (fd >= 0)
    close (fd);
}

void
siprec_front_free (SiprecFront *front)
{
  if (front->thread) {
    g_mutex_lock (&front->lock);
    front->stopping = TRUE;
    g_mutex_unlock (&front->lock);
    siprec_front_wake (front);
    g_thread_join (front->thread);
  }
  g_queue_clear_full (&front->dials, connection_gone);
  g_hash_table_unref (front->connections);
  g_ptr_array_unref (front->dead);
  g_queue_clear_full (&front->strangers, stranger_free);
  g_ptr_array_unref (front->dead_strangers);
  g_queue_clear (&front->again);
  g_queue_clear (&front->starving);
  g_hash_table_unref (front->addresses);
  g_ptr_array_unref (front->listeners);
  g_clear_pointer (&front->tls, siprec_tls_context_unref);
  close_fd (front->inner_fd);
  close_fd (front->wake);
  close_fd (front->epoll);
  g_mutex_clear (&front->lock);
  g_free (front->inner);
  g_free (front);
}

void
siprec_front_set_limits (SiprecFront *front, const SiprecFrontLimits *limits)
{
  front->limits = *limits;
}

void
siprec_front_set_tls (SiprecFront *front, SiprecTlsContext *context)
{
  SiprecTlsContext *old;

  g_mutex_lock (&front->lock);
  old = front->tls;
  front->tls = context ? siprec_tls_context_ref (context) : NULL;
  g_mutex_unlock (&front->lock);
  if (old)
    siprec_tls_context_unref (old);
}

static SiprecTlsContext *
get_tls (SiprecFront *front)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&front->lock);

  return front->tls ? siprec_tls_context_ref (front->tls) : NULL;
}

const gchar *
siprec_front_inner (SiprecFront *front)
{
  return front->inner;
}

guint
siprec_front_n_connections (SiprecFront *front)
{
  return g_atomic_int_get (&front->n_connections);
}

/* connections */

static void
count_address (SiprecFront *front, const gchar *address, gint by)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (front->addresses, address)) + by;

  if (count > 0)
    g_hash_table_insert (front->addresses, g_strdup (address), GUINT_TO_POINTER (count));
  else
    g_hash_table_remove (front->addresses, address);
}

static void
add_connection (SiprecFront *front, SiprecConnection *connection)
{
  g_hash_table_insert (front->connections, connection->id, connection);
  g_atomic_int_inc (&front->n_connections);
  siprec_connection_serve (connection, FALSE, FALSE);
}

void
siprec_front_bury (SiprecFront *front, SiprecConnection *connection)
{
  if (!g_hash_table_steal (front->connections, connection->id))
    return;
  if (connection->counted)
    count_address (front, connection->counted, -1);
  if (connection->queued)
    g_queue_remove (&front->again, connection);
  if (connection->starving)
    g_queue_remove (&front->starving, connection);
  siprec_connection_unwatch (connection);
  g_atomic_int_add (&front->n_connections, -1);
  g_ptr_array_add (front->dead, connection);
}

static gboolean
has_room (SiprecFront *front, const gchar *address)
{
  guint present = GPOINTER_TO_UINT (g_hash_table_lookup (front->addresses, address));

  return g_hash_table_size (front->connections) < front->limits.connections &&
         present < front->limits.connections_per_address;
}

static void
set_options (gint fd)
{
  gint one = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void
take_peer (SiprecFront *front, const Listener *listener, gint fd, const struct sockaddr *name,
           socklen_t length)
{
  g_autofree gchar *remote = NULL;
  g_autofree gchar *local = NULL;
  SiprecRelay relay = {.remote_port = name_socket (name, length, &remote)};
  g_autoptr (SiprecTlsContext) tls = listener->tls ? get_tls (front) : NULL;
  SiprecConnection *connection;

  relay.local_port = name_local (fd, &local);
  relay.remote_address = remote;
  relay.local_address = local;
  if (!has_room (front, remote) || (listener->tls && !tls)) {
    GST_INFO ("too many connections, refusing one from %s", remote);
    close (fd);
    return;
  }
  set_options (fd);
  connection = siprec_connection_new (front, fd, tls ? siprec_tls_context_accept (tls) : NULL,
                                      tls ? siprec_tls_context_ref (tls) : NULL, &relay);
  connection->counted = g_strdup (remote);
  count_address (front, remote, 1);
  add_connection (front, connection);
}

static void
set_deaf (SiprecFront *front, gboolean deaf)
{
  if (deaf && !front->deaf)
    GST_WARNING ("no file descriptors for further connections");
  front->deaf = deaf;
  for (guint i = 0; i < front->listeners->len; i++) {
    Listener *listener = g_ptr_array_index (front->listeners, i);

    siprec_front_watch (front, listener->fd, &listener->watch, deaf ? 0 : EPOLLIN);
  }
  siprec_front_watch (front, front->inner_fd, &front->inner_watch, deaf ? 0 : EPOLLIN);
}

static gint
accept_one (SiprecFront *front, gint fd, struct sockaddr_storage *name, socklen_t *length)
{
  gint accepted;

  *length = sizeof *name;
  accepted = accept4 (fd, (struct sockaddr *)name, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
    set_deaf (front, TRUE);
  return accepted;
}

static void
accept_peers (SiprecFront *front, Listener *listener)
{
  for (guint i = 0; i < MAX_EVENTS; i++) {
    struct sockaddr_storage name;
    socklen_t length;
    gint fd = accept_one (front, listener->fd, &name, &length);

    if (fd < 0)
      return;
    take_peer (front, listener, fd, (struct sockaddr *)&name, length);
  }
}

/* connections that we make */

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
  set_options (fd);
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
  g_autoptr (SiprecTlsContext) tls = dial->tls ? get_tls (front) : NULL;
  const gchar *name = dial->identities ? dial->identities[0] : NULL;
  gint fd = begin_connect (dial);
  SiprecConnection *connection;
  gchar *id;

  /* The stack will find out when it names an id that nobody has. */
  if (fd < 0 || (dial->tls && !tls)) {
    close_fd (fd);
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
    const Listener *listener = g_ptr_array_index (front->listeners, i);
    g_autofree gchar *address = NULL;
    guint16 local;

    if (listener->tls != tls)
      continue;
    local = name_local (listener->fd, &address);
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

static void
take_dials (SiprecFront *front)
{
  SiprecConnection *connection;

  for (;;) {
    g_mutex_lock (&front->lock);
    connection = g_queue_pop_head (&front->dials);
    g_mutex_unlock (&front->lock);
    if (!connection)
      return;
    add_connection (front, connection);
  }
}

/* the inner port */

static void
drop_stranger (SiprecFront *front, Stranger *stranger)
{
  if (stranger->channel)
    siprec_front_watch (front, siprec_channel_fd (stranger->channel), &stranger->watch, 0);
  g_queue_remove (&front->strangers, stranger);
  g_ptr_array_add (front->dead_strangers, stranger);
}

/* Only this process can connect for long, but whoever runs on this host can try. */
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

static void
hear_stranger (SiprecFront *front, Stranger *stranger)
{
  SiprecChannelState state =
      siprec_channel_read (stranger->channel, stranger->received, SIPREC_FRAME_MAX_HEADER);
  SiprecFrameState frame =
      siprec_frame_scan (&stranger->frame, stranger->received->str, stranger->received->len);
  SiprecConnection *connection = NULL;

  if (frame == SIPREC_FRAME_PARTIAL && state == SIPREC_CHANNEL_AGAIN)
    return;
  /* It may name a connection that is to be made. */
  take_dials (front);
  if (frame == SIPREC_FRAME_COMPLETE)
    connection = find_greeted (front, stranger->received->str);
  siprec_front_watch (front, siprec_channel_fd (stranger->channel), &stranger->watch, 0);
  if (connection)
    siprec_connection_pair (connection, g_steal_pointer (&stranger->channel),
                            stranger->received->str + siprec_frame_length (&stranger->frame));
  else
    GST_INFO ("no connection waits for the one to the inner port %s", front->inner);
  drop_stranger (front, stranger);
}

static void
accept_strangers (SiprecFront *front)
{
  struct sockaddr_storage name;
  socklen_t length;
  gint fd;

  while ((fd = accept_one (front, front->inner_fd, &name, &length)) >= 0) {
    Stranger *stranger;

    if (front->strangers.length >= MAX_STRANGERS)
      drop_stranger (front, g_queue_peek_head (&front->strangers));
    set_options (fd);
    stranger = g_new0 (Stranger, 1);
    stranger->watch = (SiprecWatch){WATCH_STRANGER, stranger};
    stranger->channel = siprec_channel_new (fd, NULL);
    stranger->received = g_string_new (NULL);
    stranger->frame = SIPREC_FRAME_INIT;
    stranger->deadline = g_get_monotonic_time () + STRANGER_MS * G_TIME_SPAN_MILLISECOND;
    g_queue_push_tail (&front->strangers, stranger);
    siprec_front_watch (front, fd, &stranger->watch, EPOLLIN);
    /* The stack's own have spoken already, and must not be dropped for the next ones. */
    hear_stranger (front, stranger);
  }
}

/* the loop */

static void
tick (SiprecFront *front)
{
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GList) connections = g_hash_table_get_values (front->connections);
  Stranger *stranger;

  for (GList *item = connections; item; item = item->next)
    siprec_connection_tick (item->data, now);
  while ((stranger = g_queue_peek_head (&front->strangers)) && now > stranger->deadline)
    drop_stranger (front, stranger);
  if (front->deaf)
    set_deaf (front, FALSE);
}

/* The stack has got further with somebody's messages. */
static void
feed (SiprecFront *front)
{
  for (guint n = front->starving.length; n > 0; n--) {
    SiprecConnection *connection = g_queue_pop_head (&front->starving);

    connection->starving = FALSE;
    siprec_connection_serve (connection, TRUE, FALSE);
  }
}

static gboolean
take_commands (SiprecFront *front)
{
  g_autoptr (GMutexLocker) locker = NULL;
  guint64 count;

  if (read (front->wake, &count, sizeof count) < 0)
    return TRUE;
  take_dials (front);
  feed (front);
  locker = g_mutex_locker_new (&front->lock);
  return !front->stopping;
}

/* FALSE at the end. */
static gboolean
dispatch (SiprecFront *front, const struct epoll_event *event)
{
  SiprecWatch *watch = event->data.ptr;
  gboolean readable = (event->events & ~EPOLLOUT) != 0;

  /* Watched no more since something else happened in the same turn. */
  if (watch->events == 0)
    return TRUE;
  switch (watch->kind) {
  case WATCH_WAKE:
    return take_commands (front);
  case WATCH_LISTENER:
    accept_peers (front, watch->owner);
    break;
  case WATCH_INNER:
    accept_strangers (front);
    break;
  case WATCH_STRANGER:
    hear_stranger (front, watch->owner);
    break;
  case WATCH_PEER:
    siprec_connection_serve (watch->owner, readable, FALSE);
    break;
  case WATCH_STACK:
    siprec_connection_serve (watch->owner, FALSE, readable);
    break;
  }
  return TRUE;
}

static void
serve_again (SiprecFront *front)
{
  for (guint n = front->again.length; n > 0; n--) {
    SiprecConnection *connection = g_queue_pop_head (&front->again);

    if (!connection)
      return;
    connection->queued = FALSE;
    siprec_connection_serve (connection, TRUE, FALSE);
  }
}

static gboolean
is_quiet (SiprecFront *front)
{
  return g_hash_table_size (front->connections) == 0 && front->strangers.length == 0 &&
         !front->deaf;
}

static gpointer
run (gpointer data)
{
  SiprecFront *front = data;
  struct epoll_event events[MAX_EVENTS];
  gint64 next_tick = 0;
  gboolean running = TRUE;
  sigset_t all;

  /* Signals are the program's; and OpenSSL can't be told not to raise SIGPIPE. */
  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, NULL);
  while (running) {
    gint timeout = front->again.length > 0 ? 0 : is_quiet (front) ? -1 : TICK_MS;
    gint n = epoll_wait (front->epoll, events, MAX_EVENTS, timeout);

    for (gint i = 0; i < n; i++)
      running = dispatch (front, &events[i]) && running;
    serve_again (front);
    if (g_get_monotonic_time () >= next_tick) {
      tick (front);
      next_tick = g_get_monotonic_time () + TICK_MS * G_TIME_SPAN_MILLISECOND;
    }
    g_ptr_array_set_size (front->dead, 0);
    g_ptr_array_set_size (front->dead_strangers, 0);
  }
  /* Here, because the last words of TLS may raise SIGPIPE too. */
  g_hash_table_remove_all (front->connections);
  return NULL;
}

void
siprec_front_start (SiprecFront *front)
{
  set_deaf (front, FALSE);
  front->thread = g_thread_new ("siprec-front", run, front);
}
