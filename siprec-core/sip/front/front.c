/* The thread between stream connections (TCP, TLS) and the SIP stack: its sockets and tables
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../error.h"
#include "../../random.h"
#include "../source.h"
#include "../uri.h"
#include "stranger.h"

#define MAX_EVENTS 64
#define TICK_MS    1000
/* Of connections that came to nothing: whoever reaches us can make any number of those. */
#define MAX_TOLD_A_SECOND 2

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

guint16
siprec_front_listen (SiprecFront *front, const gchar *host, guint16 port, gboolean tls)
{
  SiprecListener *listener = siprec_listener_new (host, port, tls);
  g_autofree gchar *address = NULL;

  if (!listener)
    return 0;
  listener->watch = (SiprecWatch){WATCH_LISTENER, listener};
  g_ptr_array_add (front->listeners, listener);
  return siprec_listener_name (listener, &address);
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
  g_autofree gchar *address = NULL;
  guint16 port;

  front->inner_listener = siprec_listener_new ("127.0.0.1", 0, FALSE);
  if (!front->inner_listener)
    return FALSE;
  front->inner_listener->watch = (SiprecWatch){WATCH_INNER, front};
  port = siprec_listener_name (front->inner_listener, &address);
  front->inner = siprec_host_port (address, port);
  return TRUE;
}

static void
listener_gone (gpointer listener)
{
  siprec_listener_free (listener);
}

static void
connection_gone (gpointer connection)
{
  siprec_connection_free (connection);
}

SiprecFront *
siprec_front_new (const SiprecFrontHandler *handler, gpointer user_data, GError **error)
{
  SiprecFront *front = g_new0 (SiprecFront, 1);

  front->handler = *handler;
  front->user_data = user_data;
  front->limits = SIPREC_FRONT_LIMITS;
  front->listeners = g_ptr_array_new_with_free_func (listener_gone);
  front->connections = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, connection_gone);
  front->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  front->dead = g_ptr_array_new_with_free_func (connection_gone);
  front->dead_strangers = g_ptr_array_new_with_free_func (siprec_stranger_free);
  g_queue_init (&front->strangers);
  g_queue_init (&front->leaving);
  g_queue_init (&front->again);
  g_queue_init (&front->starving);
  g_queue_init (&front->dials);
  g_mutex_init (&front->lock);
  front->epoll = epoll_create1 (EPOLL_CLOEXEC);
  front->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (front->epoll < 0 || front->wake < 0 || !open_inner (front)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS,
                 "Can't listen for connections: %s. There may be too many open files.",
                 g_strerror (errno));
    siprec_front_free (front);
    return NULL;
  }
  front->wake_watch = (SiprecWatch){WATCH_WAKE, front};
  siprec_front_watch (front, front->wake, &front->wake_watch, EPOLLIN);
  siprec_front_watch (front, front->inner_listener->fd, &front->inner_listener->watch, EPOLLIN);
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
  g_queue_clear_full (&front->strangers, siprec_stranger_free);
  g_queue_clear_full (&front->leaving, siprec_stranger_free);
  g_ptr_array_unref (front->dead_strangers);
  g_queue_clear (&front->again);
  g_queue_clear (&front->starving);
  g_hash_table_unref (front->sources);
  g_ptr_array_unref (front->listeners);
  g_clear_pointer (&front->tls, siprec_tls_context_unref);
  g_clear_pointer (&front->inner_listener, siprec_listener_free);
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

SiprecTlsContext *
siprec_front_get_tls (SiprecFront *front)
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

guint
siprec_front_n_turns (SiprecFront *front)
{
  return g_atomic_int_get (&front->n_turns);
}

/* connections */

static void
count_source (SiprecFront *front, const gchar *source, gint by)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (front->sources, source)) + by;

  if (count > 0)
    g_hash_table_insert (front->sources, g_strdup (source), GUINT_TO_POINTER (count));
  else
    g_hash_table_remove (front->sources, source);
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
    count_source (front, connection->counted, -1);
  if (connection->queued)
    g_queue_remove (&front->again, connection);
  if (connection->starving)
    g_queue_remove (&front->starving, connection);
  siprec_connection_unwatch (connection);
  g_atomic_int_add (&front->n_connections, -1);
  g_ptr_array_add (front->dead, connection);
}

static gboolean
has_room (SiprecFront *front, const gchar *source)
{
  guint present = GPOINTER_TO_UINT (g_hash_table_lookup (front->sources, source));

  return g_hash_table_size (front->connections) < front->limits.connections &&
         present < front->limits.connections_per_address;
}

gboolean
siprec_front_may_connect (SiprecFront *front, const gchar *address, const gchar *const *identities,
                          gboolean unproven)
{
  return !front->handler.may_connect ||
         front->handler.may_connect (front, address, identities, unproven, front->user_data);
}

void
siprec_front_tell (SiprecFront *front, const SiprecFrontRefusal *refusal)
{
  gint64 second = g_get_monotonic_time () / G_USEC_PER_SEC;

  GST_INFO ("%s %s: %s", refusal->transport, refusal->address, refusal->reason);
  if (second != front->refusal_second)
    front->n_refusals = 0;
  front->refusal_second = second;
  if (front->handler.refused && front->n_refusals++ < MAX_TOLD_A_SECOND)
    front->handler.refused (front, refusal, front->user_data);
}

/* What keeps who connects from @address and is counted as @source out; NULL for nothing. */
static const gchar *
find_obstacle (SiprecFront *front, const SiprecListener *listener, const gchar *address,
               const gchar *source)
{
  if (!siprec_front_may_connect (front, address, NULL, listener->tls))
    return "It isn't in the list of those that may record, allow.";
  if (!has_room (front, source))
    return "There are too many connections.";
  return NULL;
}

static void
take_peer (SiprecFront *front, const SiprecListener *listener, gint fd,
           const struct sockaddr_storage *name, socklen_t length)
{
  g_autofree gchar *remote = NULL;
  g_autofree gchar *local = NULL;
  SiprecRelay relay = {.remote_port = siprec_socket_name (name, length, &remote)};
  g_autofree gchar *source = siprec_source_of (remote);
  g_autoptr (SiprecTlsContext) tls = listener->tls ? siprec_front_get_tls (front) : NULL;
  const gchar *obstacle = find_obstacle (front, listener, remote, source);
  SiprecConnection *connection;

  if (obstacle) {
    SiprecFrontRefusal refusal = {remote, listener->tls ? "tls" : "tcp", NULL, obstacle};

    siprec_front_tell (front, &refusal);
  }
  if (obstacle || (listener->tls && !tls)) {
    close (fd);
    return;
  }
  relay.local_port = siprec_socket_name_local (fd, &local);
  relay.remote_address = remote;
  relay.local_address = local;
  siprec_socket_hurry (fd);
  connection = siprec_connection_new (front, fd, tls ? siprec_tls_context_accept (tls) : NULL,
                                      tls ? siprec_tls_context_ref (tls) : NULL, &relay);
  connection->counted = g_steal_pointer (&source);
  count_source (front, connection->counted, 1);
  add_connection (front, connection);
}

static void
set_deaf (SiprecFront *front, gboolean deaf)
{
  if (deaf && !front->deaf)
    GST_WARNING ("no file descriptors for further connections");
  front->deaf = deaf;
  for (guint i = 0; i < front->listeners->len; i++) {
    SiprecListener *listener = g_ptr_array_index (front->listeners, i);

    siprec_front_watch (front, listener->fd, &listener->watch, deaf ? 0 : EPOLLIN);
  }
  siprec_front_watch (front, front->inner_listener->fd, &front->inner_listener->watch,
                      deaf ? 0 : EPOLLIN);
}

gint
siprec_front_accept (SiprecFront *front, SiprecListener *listener, struct sockaddr_storage *name,
                     socklen_t *length)
{
  gint accepted = siprec_listener_accept (listener, name, length);

  if (accepted < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
    set_deaf (front, TRUE);
  return accepted;
}

static void
accept_peers (SiprecFront *front, SiprecListener *listener)
{
  for (guint i = 0; i < MAX_EVENTS; i++) {
    struct sockaddr_storage name;
    socklen_t length;
    gint fd = siprec_front_accept (front, listener, &name, &length);

    if (fd < 0)
      return;
    take_peer (front, listener, fd, &name, length);
  }
}

/* the loop */

void
siprec_front_take_dials (SiprecFront *front)
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

static void
tick (SiprecFront *front)
{
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GList) connections = g_hash_table_get_values (front->connections);

  for (GList *item = connections; item; item = item->next)
    siprec_connection_tick (item->data, now);
  siprec_strangers_tick (front, now);
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
  siprec_front_take_dials (front);
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
    siprec_strangers_accept (front);
    break;
  case WATCH_STRANGER:
    siprec_stranger_hear (front, watch->owner);
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
         front->leaving.length == 0 && !front->deaf;
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

    g_atomic_int_inc (&front->n_turns);
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
