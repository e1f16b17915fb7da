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

/* Beside the sockets of media. */
#define OTHER_FILES 256

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

static void
settings_clear (SiprecSettings *settings)
{
  g_free ((gchar *)settings->local_uri);
  g_free ((gchar *)settings->media_address);
  g_free ((gchar *)settings->external_address);
  g_free ((gchar *)settings->security.tls.certificate);
  g_free ((gchar *)settings->security.tls.ca);
  g_free ((gchar *)settings->security.allow);
  g_free ((gchar *)settings->security.auth_file);
  g_free ((gchar *)settings->security.auth_realm);
}

static void
settings_copy (SiprecSettings *copy, const SiprecSettings *settings)
{
  *copy = *settings;
  copy->local_uri = g_strdup (settings->local_uri);
  copy->media_address = g_strdup (settings->media_address);
  copy->external_address = g_strdup (settings->external_address);
  copy->security.tls.certificate = g_strdup (settings->security.tls.certificate);
  copy->security.tls.ca = g_strdup (settings->security.tls.ca);
  copy->security.allow = g_strdup (settings->security.allow);
  copy->security.auth_file = g_strdup (settings->security.auth_file);
  copy->security.auth_realm = g_strdup (settings->security.auth_realm);
}

static gboolean
same_text (const gchar *a, const gchar *b)
{
  return g_strcmp0 (a ? a : "", b ? b : "") == 0;
}

static const gchar *
find_security_conflict (const SiprecGuardSettings *a, const SiprecGuardSettings *b)
{
  if (!same_text (a->tls.certificate, b->tls.certificate))
    return "tls-certificate";
  if (!same_text (a->tls.ca, b->tls.ca))
    return "tls-ca";
  if (a->tls.require_client != b->tls.require_client)
    return "tls-require-client-cert";
  if (!same_text (a->allow, b->allow))
    return "allow";
  if (!same_text (a->auth_file, b->auth_file))
    return "auth-file";
  return same_text (a->auth_realm, b->auth_realm) ? NULL : "auth-realm";
}

/* The name of the first setting in which @a and @b differ, or NULL. */
static const gchar *
find_conflict (const SiprecSettings *a, const SiprecSettings *b)
{
  if (!same_text (a->local_uri, b->local_uri))
    return "local-uri";
  if (!same_text (a->media_address, b->media_address))
    return "media-address";
  if (!same_text (a->external_address, b->external_address))
    return "external-address";
  if (a->first_port != b->first_port || a->last_port != b->last_port)
    return "port-range";
  if (a->udp_buffer_size != b->udp_buffer_size)
    return "udp-buffer-size";
  return find_security_conflict (&a->security, &b->security);
}

void
siprec_policy_copy (SiprecPolicy *copy, const SiprecPolicy *policy)
{
  *copy = *policy;
  copy->codecs = (const gchar *const *)g_strdupv ((gchar **)policy->codecs);
  copy->context = g_strdup (policy->context);
  copy->content_map = g_strdup (policy->content_map);
}

void
siprec_policy_clear (SiprecPolicy *policy)
{
  g_strfreev ((gchar **)policy->codecs);
  g_free ((gchar *)policy->context);
  g_free ((gchar *)policy->content_map);
}

gchar **
siprec_settings_split_addresses (const SiprecSettings *settings)
{
  gchar **addresses = g_strsplit (settings->media_address ? settings->media_address : "", ",", -1);

  for (guint i = 0; addresses[i]; i++)
    g_strstrip (addresses[i]);
  return addresses;
}

static gboolean
check_address (const gchar *name, const gchar *address, GError **error)
{
  if (g_hostname_is_ip_address (address))
    return TRUE;
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
               "%s \"%s\" is no IP address; write for example 192.0.2.10.", name, address);
  return FALSE;
}

/* Better told now than by refusing every call. */
static gboolean
check_local (const gchar *address, GError **error)
{
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new_from_string (address, 0);
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (any_port),
                                             G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

  if (socket == NULL)
    return FALSE;
  if (g_socket_bind (socket, any_port, FALSE, NULL))
    return TRUE;
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
               "media-address \"%s\" is no address of this host; leave it empty for the one that "
               "calls come to.",
               address);
  return FALSE;
}

static gboolean
check_addresses (const SiprecSettings *settings, GError **error)
{
  const gchar *external = settings->external_address;
  g_auto (GStrv) media = siprec_settings_split_addresses (settings);

  for (guint i = 0; media[i]; i++) {
    g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (media[i]);

    if (!check_address ("media-address", media[i], error) || !check_local (media[i], error))
      return FALSE;
    if (media[1] && inet && g_inet_address_get_is_any (inet)) {
      g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                   "media-address \"%s\" stands for all addresses: write it alone, or name each.",
                   media[i]);
      return FALSE;
    }
  }
  return !external || !*external || check_address ("external-address", external, error);
}

/* Every stream takes two sockets; the rest is for SIP, files and the application. */
static void
check_file_limit (const SiprecSettings *settings)
{
  g_auto (GStrv) media = siprec_settings_split_addresses (settings);
  guint64 limit = siprec_ports_get_file_limit ();
  guint64 sockets =
      (settings->last_port - settings->first_port + 1) * (guint64)MAX (g_strv_length (media), 1);

  if (limit < sockets + OTHER_FILES)
    GST_WARNING (
        "The process may open %" G_GUINT64_FORMAT " files (RLIMIT_NOFILE, hard), but port-range "
        "%u-%u can need %" G_GUINT64_FORMAT " sockets: calls beyond that will get 503. Raise "
        "LimitNOFILE= or ulimit -Hn.",
        limit, settings->first_port, settings->last_port, sockets);
}

static gboolean
check_settings (const SiprecSettings *settings, GError **error)
{
  if (!check_addresses (settings, error))
    return FALSE;
  /* RTP takes an even port and RTCP the next one. */
  if (settings->first_port == 0 || (settings->first_port | 1) > settings->last_port) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "port-range %u-%u has no even port followed by an odd one; "
                 "write for example 10000-20000.",
                 settings->first_port, settings->last_port);
    return FALSE;
  }
  return TRUE;
}

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

  if (!check_settings (settings, error))
    return NULL;
  /* Makes the debug category too. */
  g_type_ensure (SIPREC_TYPE_SESSION);
  check_file_limit (settings);
  endpoint = g_new0 (SiprecEndpoint, 1);
  endpoint->ref_count = 1;
  endpoint->name = g_strdup (name);
  settings_copy (&endpoint->settings, settings);
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
  settings_clear (&endpoint->settings);
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
  conflict = find_conflict (&endpoint->settings, settings);
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
