/* A SIP listener: who takes its sessions, and its life from the first reference to the last BYE.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-private.h"

#include <stdlib.h>
#include <string.h>

#include "../error.h"

#define GST_CAT_DEFAULT siprec_session_debug

/* After the last reference is gone the SIP thread waits this long for answers to its BYEs. */
#define LINGER         (500 * GST_MSECOND)
#define LINGER_STEP_MS 10

/* A session given back while only elements take sessions waits this long for another one. */
#define CLAIM_TIMEOUT (30 * GST_SECOND)

/* All endpoints of the process. Lock order: the registry's before an endpoint's. */
static GMutex registry_lock;
static GList *endpoints; /* SiprecEndpoint, named and private ones; not referenced */
static GList *closing;   /* endpoints whose sockets are still open after the last unref */
static GList *deferred;  /* endpoints that start when `closing` is empty */
static guint n_leaving;  /* threads that run on after the last unref of their endpoint */
static GCond left;       /* n_leaving is 0 */

typedef struct {
  guint handle;
  SiprecEndpointReady ready;
  gpointer user_data;
} Waiter;

static SiprecAgent *
make_agent (SiprecEndpoint *endpoint, GError **error)
{
  g_auto (GStrv) uris = g_strsplit (endpoint->settings.local_uri, ",", -1);
  g_autoptr (SiprecTlsContext) tls = siprec_guard_get_tls (endpoint->guard);
  const gchar *external = endpoint->settings.external_address;
  SiprecAgent *agent;

  for (guint i = 0; uris[i]; i++)
    g_strstrip (uris[i]);
  agent = siprec_agent_new ((const gchar *const *)uris, external && *external ? external : NULL,
                            &siprec_endpoint_agent_handler, endpoint, error);
  if (agent && tls)
    siprec_agent_set_tls (agent, tls);
  if (agent && !siprec_agent_check_tls (agent, error))
    g_clear_pointer (&agent, siprec_agent_free);
  return agent;
}

static SiprecApplication *
application_new (SiprecApplicationFunc func, gpointer user_data, GDestroyNotify destroy)
{
  SiprecApplication *application = g_new (SiprecApplication, 1);

  *application = (SiprecApplication){1, func, user_data, destroy};
  return application;
}

/* Without locks: it may call out. */
static void
application_unref (SiprecApplication *application)
{
  if (application == NULL || !g_atomic_int_dec_and_test (&application->ref_count))
    return;
  if (application->destroy)
    application->destroy (application->user_data);
  g_free (application);
}

static void
run_application (gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;

  for (;;) {
    SiprecSession *session;
    SiprecApplication *application;

    g_mutex_lock (&endpoint->lock);
    session = g_queue_pop_head (&endpoint->untold);
    application = session ? endpoint->application : NULL;
    if (application)
      g_atomic_int_inc (&application->ref_count);
    g_mutex_unlock (&endpoint->lock);
    if (session == NULL)
      return;
    if (application)
      application->func (endpoint, session, application->user_data);
    application_unref (application);
    g_object_unref (session);
  }
}

static SiprecPool *
application_pool (void)
{
  static gsize pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize)siprec_pool_new ("siprec-app", 16));
  return (SiprecPool *)pool;
}

static SiprecEndpoint *
endpoint_new (const gchar *name, const SiprecSettings *settings, GError **error)
{
  SiprecEndpoint *endpoint;

  if (!siprec_settings_check (settings, error))
    return NULL;
  /* Makes the debug category too. */
  g_type_ensure (SIPREC_TYPE_SESSION);
  siprec_settings_check_files (settings);
  endpoint = g_new0 (SiprecEndpoint, 1);
  endpoint->ref_count = 1;
  endpoint->name = g_strdup (name);
  siprec_settings_copy (&endpoint->settings, settings);
  endpoint->claim_timeout = CLAIM_TIMEOUT;
  g_mutex_init (&endpoint->lock);
  g_cond_init (&endpoint->idle);
  endpoint->sessions = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  endpoint->strand = siprec_strand_new (application_pool (), run_application, endpoint);
  endpoint->guard = siprec_guard_new (&settings->security, error);
  if (endpoint->guard)
    endpoint->agent = make_agent (endpoint, error);
  if (endpoint->agent == NULL) {
    siprec_endpoint_free (endpoint);
    return NULL;
  }
  endpoints = g_list_prepend (endpoints, endpoint);
  return endpoint;
}

/* Frees what is left when the agent has stopped, or never ran. */
void
siprec_endpoint_free (SiprecEndpoint *endpoint)
{
  siprec_strand_stop (endpoint->strand);
  siprec_strand_unref (endpoint->strand);
  if (endpoint->agent)
    siprec_agent_free (endpoint->agent);
  g_clear_pointer (&endpoint->guard, siprec_guard_unref);
  g_queue_clear_full (&endpoint->untold, g_object_unref);
  g_hash_table_unref (endpoint->sessions);
  application_unref (endpoint->application);
  siprec_policy_clear (&endpoint->application_policy);
  g_list_free_full (endpoint->waiters, g_free);
  g_clear_error (&endpoint->error);
  g_clear_pointer (&endpoint->unsaid, gst_structure_free);
  g_free (endpoint->actual_uri);
  siprec_settings_clear (&endpoint->settings);
  g_mutex_clear (&endpoint->lock);
  g_cond_clear (&endpoint->idle);
  g_free (endpoint->name);
  g_free (endpoint);
}

static SiprecEndpoint *
find_endpoint (const gchar *name)
{
  for (GList *item = endpoints; item; item = item->next) {
    SiprecEndpoint *endpoint = item->data;

    if (endpoint->name && g_str_equal (endpoint->name, name))
      return endpoint;
  }
  return NULL;
}

SiprecEndpoint *
siprec_endpoint_get (const gchar *name, const SiprecSettings *settings, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&registry_lock);
  SiprecEndpoint *endpoint = name && *name ? find_endpoint (name) : NULL;
  const gchar *conflict;

  if (endpoint == NULL)
    return endpoint_new (name && *name ? name : NULL, settings, error);
  conflict = siprec_settings_find_conflict (&endpoint->settings, settings);
  if (conflict) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "endpoint \"%s\" is in use with another %s; "
                 "all its users must set the same one.",
                 name, conflict);
    return NULL;
  }
  return siprec_endpoint_ref (endpoint);
}

SiprecEndpoint *
siprec_endpoint_ref (SiprecEndpoint *endpoint)
{
  g_atomic_int_inc (&endpoint->ref_count);
  return endpoint;
}

/* Stops once every BYE has been answered and every session is done, or LINGER has passed. */
static void
linger (SiprecAgent *agent, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  gboolean done = g_hash_table_size (endpoint->sessions) == 0 && !siprec_agent_is_busy (agent);

  if (done || siprec_context_now () > endpoint->linger_until)
    siprec_agent_stop (agent);
  else
    siprec_agent_add_timer (agent, LINGER_STEP_MS, linger, endpoint);
}

/* In the SIP thread: says BYE to everybody. */
static void
close_sessions (SiprecAgent *agent, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  g_autoptr (GList) sessions = g_hash_table_get_keys (endpoint->sessions);

  for (GList *item = sessions; item; item = item->next)
    siprec_session_finish (item->data, SIPREC_END_SHUTDOWN, "recorder shuts down");
  endpoint->linger_until = siprec_context_now () + LINGER;
  linger (agent, endpoint);
}

void
siprec_endpoint_unref (SiprecEndpoint *endpoint)
{
  SiprecApplication *application;
  gboolean started;

  g_mutex_lock (&registry_lock);
  if (!g_atomic_int_dec_and_test (&endpoint->ref_count)) {
    g_mutex_unlock (&registry_lock);
    return;
  }
  endpoints = g_list_remove (endpoints, endpoint);
  deferred = g_list_remove (deferred, endpoint);
  started = endpoint->state == SIPREC_ENDPOINT_STARTED;
  if (started) {
    closing = g_list_prepend (closing, endpoint);
    n_leaving++;
  }
  /* Nobody is there to take a call that comes during the last BYEs. */
  g_mutex_lock (&endpoint->lock);
  endpoint->draining = TRUE;
  application = g_steal_pointer (&endpoint->application);
  g_mutex_unlock (&endpoint->lock);
  g_mutex_unlock (&registry_lock);
  application_unref (application);

  if (started)
    siprec_agent_invoke (endpoint->agent, close_sessions, endpoint, NULL);
  else
    siprec_endpoint_free (endpoint);
}

static gpointer
free_in_thread (gpointer endpoint)
{
  siprec_endpoint_free (endpoint);
  g_mutex_lock (&registry_lock);
  if (--n_leaving == 0)
    g_cond_broadcast (&left);
  g_mutex_unlock (&registry_lock);
  return NULL;
}

/* At exit. A program may exit right after its last unref: its calls shall still get their BYE, and no
 * stream may be ending while the libraries are being taken down. */
static void __attribute__ ((destructor)) await_leaving (void)
{
  gint64 until = g_get_monotonic_time () + 2 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&registry_lock);
  while (n_leaving > 0 && g_cond_wait_until (&left, &registry_lock, until))
    continue;
  g_mutex_unlock (&registry_lock);
}

/* The agent's last call: its sockets are closed. The agent can't be freed in its own thread. */
void
siprec_endpoint_on_stopped (SiprecAgent *agent, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  g_autoptr (GList) sessions = g_hash_table_get_keys (endpoint->sessions);
  g_autoptr (GList) ready = NULL;

  for (GList *item = sessions; item; item = item->next)
    siprec_session_close (item->data);
  g_mutex_lock (&registry_lock);
  closing = g_list_remove (closing, endpoint);
  if (closing == NULL)
    ready = g_steal_pointer (&deferred);
  for (GList *item = ready; item; item = item->next)
    siprec_endpoint_launch (item->data);
  g_mutex_unlock (&registry_lock);

  g_thread_unref (g_thread_new ("siprec-close", free_in_thread, endpoint));
}

/* With the registry's lock held. */
void
siprec_endpoint_launch (SiprecEndpoint *endpoint)
{
  static gboolean registered;

  if (!registered)
    registered = atexit (await_leaving) == 0;
  endpoint->state = SIPREC_ENDPOINT_STARTED;
  siprec_agent_start (endpoint->agent);
}

guint
siprec_endpoint_start (SiprecEndpoint *endpoint, SiprecEndpointReady ready, gpointer user_data)
{
  Waiter *waiter = g_new (Waiter, 1);
  guint handle;
  gboolean told;

  g_mutex_lock (&registry_lock);
  g_mutex_lock (&endpoint->lock);
  waiter->handle = handle = ++endpoint->last_handle;
  waiter->ready = ready;
  waiter->user_data = user_data;
  endpoint->waiters = g_list_append (endpoint->waiters, waiter);
  told = endpoint->actual_uri || endpoint->error;
  g_mutex_unlock (&endpoint->lock);
  if (endpoint->state == SIPREC_ENDPOINT_NEW) {
    endpoint->state = SIPREC_ENDPOINT_DEFERRED;
    /* The port may be that of an endpoint that is saying its last BYEs. */
    if (closing)
      deferred = g_list_append (deferred, endpoint);
    else
      siprec_endpoint_launch (endpoint);
  }
  g_mutex_unlock (&registry_lock);
  if (told)
    siprec_agent_invoke (endpoint->agent, siprec_endpoint_tell_waiters, endpoint, NULL);
  return handle;
}

void
siprec_endpoint_tell_waiters (SiprecAgent *agent, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;

  g_mutex_lock (&endpoint->lock);
  while (endpoint->waiters) {
    Waiter *waiter = endpoint->waiters->data;

    endpoint->waiters = g_list_delete_link (endpoint->waiters, endpoint->waiters);
    endpoint->called = waiter;
    g_mutex_unlock (&endpoint->lock);
    waiter->ready (endpoint, endpoint->actual_uri, endpoint->error, waiter->user_data);
    g_free (waiter);
    g_mutex_lock (&endpoint->lock);
    endpoint->called = NULL;
    g_cond_broadcast (&endpoint->idle);
  }
  g_mutex_unlock (&endpoint->lock);
}

/* With the lock held: waits until no call to @called is under way, unless it is our own caller. */
void
siprec_endpoint_await_idle (SiprecEndpoint *endpoint, gpointer called)
{
  if (siprec_agent_is_current (endpoint->agent))
    return;
  while (endpoint->called == called)
    g_cond_wait (&endpoint->idle, &endpoint->lock);
}

void
siprec_endpoint_cancel_start (SiprecEndpoint *endpoint, guint handle)
{
  g_mutex_lock (&endpoint->lock);
  for (GList *item = endpoint->waiters; item; item = item->next) {
    Waiter *waiter = item->data;

    if (waiter->handle == handle) {
      endpoint->waiters = g_list_delete_link (endpoint->waiters, item);
      g_free (waiter);
      g_mutex_unlock (&endpoint->lock);
      return;
    }
  }
  /* It has been told, or is being told. */
  if (endpoint->called)
    siprec_endpoint_await_idle (endpoint, endpoint->called);
  g_mutex_unlock (&endpoint->lock);
}

void
siprec_endpoint_set_application (SiprecEndpoint *endpoint, const SiprecPolicy *policy,
                                 GstClockTime claim_timeout, SiprecApplicationFunc func,
                                 gpointer user_data, GDestroyNotify destroy)
{
  SiprecApplication *application = func ? application_new (func, user_data, destroy) : NULL;
  SiprecApplication *old;

  g_mutex_lock (&endpoint->lock);
  old = endpoint->application;
  siprec_policy_clear (&endpoint->application_policy);
  siprec_policy_copy (&endpoint->application_policy, policy);
  endpoint->application = application;
  endpoint->claim_timeout = func ? claim_timeout : CLAIM_TIMEOUT;
  g_mutex_unlock (&endpoint->lock);
  application_unref (old);
  if (func == NULL && destroy)
    destroy (user_data);
}

void
siprec_endpoint_set_draining (SiprecEndpoint *endpoint, gboolean draining)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);

  endpoint->draining = draining;
}

guint
siprec_endpoint_n_sessions (SiprecEndpoint *endpoint)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);

  return endpoint->n_sessions;
}
