/* An endpoint with a consumer of its sessions, for tests of the core.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recorder.h"

#include "siprec-core/endpoint/endpoint-private.h"
#include "siprec-core/sip/agent-private.h"

#define TIMEOUT_US (5 * G_USEC_PER_SEC)

struct _Recorder {
  SiprecEndpoint *endpoint;
  SiprecPolicy policy;
  GPtrArray *acceptors;
  gboolean ask;
  GstClockTime decision_timeout;

  GMutex lock; /* guards the rest */
  GCond changed;
  gchar *uri;
  GPtrArray *sessions;
  guint session_minimum; /* still to be set */
  SiprecAcceptor *asking;
  SiprecSession *asked;
};

static void
on_ready (SiprecEndpoint *endpoint, const gchar *uri, const GError *error, gpointer user_data)
{
  Recorder *recorder = user_data;

  g_assert_no_error (error);
  g_mutex_lock (&recorder->lock);
  recorder->uri = g_strdup (uri);
  g_cond_broadcast (&recorder->changed);
  g_mutex_unlock (&recorder->lock);
}

Recorder *
recorder_new (const SiprecPolicy *policy)
{
  SiprecSettings settings = {
      .local_uri = "sip:127.0.0.1:0", .first_port = 10000, .last_port = 60000};

  return recorder_new_with (&settings, policy);
}

static guint next_timeout; /* milliseconds, 0 for that of the RFC */

void
recorder_hurry (guint milliseconds)
{
  next_timeout = milliseconds;
}

Recorder *
recorder_new_with (const SiprecSettings *settings, const SiprecPolicy *policy)
{
  Recorder *recorder = g_new0 (Recorder, 1);

  if (policy)
    recorder->policy = *policy;
  recorder->acceptors = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_acceptor_remove);
  recorder->sessions = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_init (&recorder->lock);
  g_cond_init (&recorder->changed);
  recorder->endpoint = siprec_endpoint_get (NULL, settings, NULL);
  g_assert_nonnull (recorder->endpoint);
  if (next_timeout) {
    SiprecFrontLimits limits = SIPREC_FRONT_LIMITS;

    limits.message_ms = next_timeout;
    siprec_agent_set_limits (recorder->endpoint->agent, &limits);
    siprec_agent_set_transaction_timeout (recorder->endpoint->agent, next_timeout);
  }
  next_timeout = 0;
  siprec_endpoint_start (recorder->endpoint, on_ready, recorder);
  g_mutex_lock (&recorder->lock);
  while (recorder->uri == NULL)
    g_cond_wait (&recorder->changed, &recorder->lock);
  g_mutex_unlock (&recorder->lock);
  return recorder;
}

void
recorder_free (Recorder *recorder)
{
  g_ptr_array_unref (recorder->acceptors);
  for (guint i = 0; i < recorder->sessions->len; i++) {
    SiprecSession *session = g_ptr_array_index (recorder->sessions, i);

    if (siprec_session_is_claimed (session))
      siprec_session_release (session);
  }
  siprec_endpoint_unref (recorder->endpoint);
  g_ptr_array_unref (recorder->sessions);
  g_clear_object (&recorder->asked);
  g_mutex_clear (&recorder->lock);
  g_cond_clear (&recorder->changed);
  g_free (recorder->uri);
  g_free (recorder);
}

const gchar *
recorder_uri (Recorder *recorder)
{
  return recorder->uri;
}

SiprecEndpoint *
recorder_endpoint (Recorder *recorder)
{
  return recorder->endpoint;
}

static void
set_minimum (SiprecAgent *agent, gpointer user_data)
{
  Recorder *recorder = user_data;

  siprec_agent_set_session_minimum (agent, recorder->session_minimum);
  g_mutex_lock (&recorder->lock);
  recorder->session_minimum = 0;
  g_cond_broadcast (&recorder->changed);
  g_mutex_unlock (&recorder->lock);
}

void
recorder_set_session_minimum (Recorder *recorder, guint seconds)
{
  recorder->session_minimum = seconds;
  siprec_agent_invoke (recorder->endpoint->agent, set_minimum, recorder, NULL);
  g_mutex_lock (&recorder->lock);
  while (recorder->session_minimum > 0)
    g_cond_wait (&recorder->changed, &recorder->lock);
  g_mutex_unlock (&recorder->lock);
}

static void
add_session (Recorder *recorder, SiprecSession *session)
{
  g_mutex_lock (&recorder->lock);
  g_ptr_array_add (recorder->sessions, g_object_ref (session));
  g_cond_broadcast (&recorder->changed);
  g_mutex_unlock (&recorder->lock);
}

static gboolean
on_decide (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  Recorder *recorder = user_data;

  g_mutex_lock (&recorder->lock);
  recorder->asking = acceptor;
  g_set_object (&recorder->asked, session);
  g_cond_broadcast (&recorder->changed);
  g_mutex_unlock (&recorder->lock);
  return TRUE;
}

static void
on_cancelled (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  Recorder *recorder = user_data;

  g_mutex_lock (&recorder->lock);
  g_clear_object (&recorder->asked);
  g_mutex_unlock (&recorder->lock);
}

static void
on_session (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  add_session (user_data, session);
}

SiprecAcceptor *
recorder_accept (Recorder *recorder)
{
  SiprecAcceptorHandler handler = {recorder->ask ? on_decide : NULL, on_cancelled, on_session};
  SiprecAcceptor *acceptor = siprec_endpoint_add_acceptor (
      recorder->endpoint, &recorder->policy, recorder->decision_timeout, &handler, recorder);

  g_ptr_array_add (recorder->acceptors, acceptor);
  return acceptor;
}

void
recorder_stop_accepting (Recorder *recorder)
{
  g_ptr_array_set_size (recorder->acceptors, 0);
}

void
recorder_ask (Recorder *recorder, GstClockTime timeout)
{
  recorder->ask = TRUE;
  recorder->decision_timeout = timeout;
}

void
recorder_decide (Recorder *recorder, guint status, guint64 refused)
{
  g_autoptr (SiprecSession) session = NULL;

  g_mutex_lock (&recorder->lock);
  while (recorder->asked == NULL)
    g_cond_wait (&recorder->changed, &recorder->lock);
  session = g_steal_pointer (&recorder->asked);
  g_mutex_unlock (&recorder->lock);
  siprec_acceptor_decide (recorder->asking, session, status, refused);
}

static void
on_application (SiprecEndpoint *endpoint, SiprecSession *session, gpointer user_data)
{
  add_session (user_data, session);
}

void
recorder_apply (Recorder *recorder, GstClockTime timeout)
{
  siprec_endpoint_set_application (recorder->endpoint, &recorder->policy, timeout, on_application,
                                   recorder, NULL);
}

SiprecSession *
recorder_session (Recorder *recorder, guint n)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT_US;
  SiprecSession *session = NULL;

  g_mutex_lock (&recorder->lock);
  while (recorder->sessions->len <= n &&
         g_cond_wait_until (&recorder->changed, &recorder->lock, until))
    ;
  if (recorder->sessions->len > n)
    session = g_ptr_array_index (recorder->sessions, n);
  g_mutex_unlock (&recorder->lock);
  return session;
}

static void
on_notify (SiprecSession *session, gpointer user_data)
{
  Recorder *recorder = user_data;

  g_mutex_lock (&recorder->lock);
  g_cond_broadcast (&recorder->changed);
  g_mutex_unlock (&recorder->lock);
}

gboolean
recorder_claim (Recorder *recorder, SiprecSession *session)
{
  return siprec_session_claim (session, on_notify, recorder, NULL, NULL);
}

/* The lock order is the session's before ours (on_notify), so events are popped without it. */
SiprecEvent *
recorder_next_event (Recorder *recorder, SiprecSession *session)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT_US;

  while (g_get_monotonic_time () < until) {
    SiprecEvent *event = siprec_session_pop_event (session);

    if (event)
      return event;
    g_mutex_lock (&recorder->lock);
    g_cond_wait_until (&recorder->changed, &recorder->lock, g_get_monotonic_time () + 20000);
    g_mutex_unlock (&recorder->lock);
  }
  return NULL;
}

SiprecEvent *
recorder_event (Recorder *recorder, SiprecSession *session, SiprecEventType type)
{
  SiprecEvent *event;

  while ((event = recorder_next_event (recorder, session)) && event->type != type)
    siprec_event_unref (event);
  return event;
}

gchar *
recorder_events_until (Recorder *recorder, SiprecSession *session, SiprecEventType last)
{
  GString *names = g_string_new (NULL);
  gboolean found = FALSE;

  while (!found) {
    g_autoptr (SiprecEvent) event = recorder_next_event (recorder, session);

    if (event == NULL)
      break;
    g_string_append_printf (names, "%s%s", names->len ? " " : "",
                            siprec_event_type_name (event->type) + strlen ("siprec."));
    found = event->type == last;
  }
  return g_string_free (names, FALSE);
}

gboolean
recorder_await_idle (Recorder *recorder)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT_US;

  while (siprec_endpoint_n_sessions (recorder->endpoint) > 0) {
    if (g_get_monotonic_time () > until)
      return FALSE;
    g_usleep (5000);
  }
  return TRUE;
}
