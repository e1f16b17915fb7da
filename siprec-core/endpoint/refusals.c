/* Calls that an endpoint doesn't take: told to whoever runs it, but not without end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-private.h"

#include <string.h>

#define GST_CAT_DEFAULT siprec_session_debug

/* Anyone may send INVITEs. */
#define MAX_TOLD_A_SECOND 10
#define REST_MS           1000

typedef struct {
  guint handle;
  SiprecRefusedFunc func;
  gpointer user_data;
} Watcher;

guint
siprec_endpoint_watch_refusals (SiprecEndpoint *endpoint, SiprecRefusedFunc func,
                                gpointer user_data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);
  Watcher *watcher = g_new (Watcher, 1);

  *watcher = (Watcher){++endpoint->last_handle, func, user_data};
  endpoint->watchers = g_list_append (endpoint->watchers, watcher);
  return watcher->handle;
}

void
siprec_endpoint_unwatch_refusals (SiprecEndpoint *endpoint, guint handle)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);

  for (GList *item = endpoint->watchers; item; item = item->next) {
    Watcher *watcher = item->data;

    if (watcher->handle != handle)
      continue;
    siprec_endpoint_await_idle (endpoint, watcher);
    endpoint->watchers = g_list_remove (endpoint->watchers, watcher);
    g_free (watcher);
    return;
  }
}

/* The text of a Warning header of ours, or a word on the status. (transfer full) */
static gchar *
make_text (const SiprecReply *reply)
{
  for (guint i = 0; reply->headers && reply->headers[i]; i++) {
    const gchar *quote =
        g_str_has_prefix (reply->headers[i], "Warning: ") ? strchr (reply->headers[i], '"') : NULL;

    if (quote)
      return g_strndup (quote + 1, strcspn (quote + 1, "\""));
  }
  if (reply->phrase)
    return g_strdup (reply->phrase);
  switch (reply->status) {
  case 403:
    return g_strdup ("It bears no mark of a recording session; accept=any takes it.");
  case 415:
    return g_strdup ("Its body is of a type that is not understood.");
  case 420:
    return g_strdup ("It requires an extension that is not known.");
  case 503:
    return g_strdup ("Nobody is free to record it.");
  default:
    return g_strdup ("It can't be taken.");
  }
}

static GstStructure *
make_refusal (const SiprecRequest *invite, const SiprecReply *reply)
{
  g_autofree gchar *reason = make_text (reply);

  return gst_structure_new (
      "GstSiprecSessionRefused", "status", G_TYPE_UINT, reply->status, "reason", G_TYPE_STRING,
      reason, "call-id", G_TYPE_STRING, invite->call_id, "from", G_TYPE_STRING, invite->from, "to",
      G_TYPE_STRING, invite->to, "remote-address", G_TYPE_STRING, invite->remote_address, NULL);
}

/* With the lock held: TRUE if not so many have been told in this second. */
static gboolean
may_tell (SiprecEndpoint *endpoint)
{
  gint64 second = g_get_monotonic_time () / G_USEC_PER_SEC;

  if (second != endpoint->refusal_second)
    endpoint->n_refusals = 0;
  endpoint->refusal_second = second;
  return endpoint->n_refusals++ < MAX_TOLD_A_SECOND;
}

/* With the lock held, which is released meanwhile. Takes @refusal. */
static void
call (SiprecEndpoint *endpoint, Watcher *watcher, GstStructure *refusal)
{
  endpoint->called = watcher;
  g_mutex_unlock (&endpoint->lock);
  watcher->func (endpoint, refusal, watcher->user_data);
  gst_structure_free (refusal);
  g_mutex_lock (&endpoint->lock);
  endpoint->called = NULL;
  g_cond_broadcast (&endpoint->idle);
}

static void
tell (SiprecEndpoint *endpoint, Watcher *watcher, GstStructure *refusal)
{
  gst_structure_set (refusal, "unsaid", G_TYPE_UINT, endpoint->n_unsaid, NULL);
  endpoint->n_unsaid = 0;
  g_clear_pointer (&endpoint->unsaid, gst_structure_free);
  call (endpoint, watcher, refusal);
}

/* In the SIP thread: the flood may be over, and nothing come any more to tell of its end. */
static void
tell_rest (SiprecAgent *agent, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);
  GstStructure *refusal = g_steal_pointer (&endpoint->unsaid);

  if (refusal == NULL)
    return;
  if (endpoint->watchers == NULL) {
    gst_structure_free (refusal);
    return;
  }
  endpoint->n_unsaid--;
  tell (endpoint, endpoint->watchers->data, refusal);
}

void
siprec_endpoint_on_refused (SiprecAgent *agent, const SiprecRequest *invite,
                            const SiprecReply *reply, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);

  if (endpoint->watchers == NULL)
    return;
  if (may_tell (endpoint)) {
    tell (endpoint, endpoint->watchers->data, make_refusal (invite, reply));
    return;
  }
  /* One stands for all of them. */
  if (endpoint->unsaid == NULL) {
    endpoint->unsaid = make_refusal (invite, reply);
    siprec_agent_add_timer (agent, REST_MS, tell_rest, endpoint);
  }
  endpoint->n_unsaid++;
}

/* Few enough come here. */
void
siprec_endpoint_on_connection_refused (SiprecAgent *agent, const GstStructure *refusal,
                                       gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);

  if (endpoint->watchers)
    call (endpoint, endpoint->watchers->data, gst_structure_copy (refusal));
}
