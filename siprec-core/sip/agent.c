/* The SIP thread: its loop, its sockets and its timers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "mailbox.h"
#include "session-timer.h"
#include "sip-private.h"
#include "sockets.h"
#include "uri.h"

GST_DEBUG_CATEGORY (siprec_sip_debug);

/* Fewer than what makes nta refuse. */
#define MAX_PENDING 400
/* A client repeats its INVITE after half a second, and gives up after many. */
#define PATIENCE (2 * G_USEC_PER_SEC)

struct _SiprecTimer {
  SiprecAgent *agent;
  su_timer_t *timer;
  SiprecAgentFunc func;
  gpointer user_data;
  GList link;
};

struct _SiprecAgent {
  /* Constant after siprec_agent_start() */
  GPtrArray *uris; /* of SiprecListenUri */
  gchar *external_address;
  SiprecAgentHandler handler;
  gpointer user_data;
  guint transaction_timeout;
  SiprecFrontLimits limits;
  GThread *thread;

  SiprecMailbox *mailbox;

  /* Guards what follows. Never held while a callback runs. */
  GMutex lock;
  SiprecTlsContext *tls;

  /* For the thread only */
  su_root_t *loop;
  SiprecSockets *sockets; /* NULL if they couldn't be opened; changed with the lock held */
  nta_leg_t *leg;
  GQueue dialogs;
  GHashTable *dialog_table;
  GQueue transactions;
  GQueue timers;
  guint session_minimum; /* seconds */
  gint64 patience;       /* us */
  gint64 overload_told;  /* g_get_monotonic_time() */
};

/* sofia */

/* sofia's lines end with a newline, or continue with the next call. */
static void G_GNUC_PRINTF (2, 0) log_line (void *stream, const char *format, va_list args)
{
  gchar line[1024];

  vsnprintf (line, sizeof line, format, args);
  g_strchomp (line);
  GST_LOG ("sofia: %s", line);
}

/* What sofia calls its hook for tests: it gets the time that it is, and may change it. */
extern void (*_su_time) (su_time_t *now);

/* sofia waits for whole milliseconds, and for the rest of one it doesn't wait but looks again and again: with a few
 * transactions a second that end, half a millisecond each, that is most of its work. With a clock of whole ones there is no
 * rest. */
static void
cut_to_milliseconds (su_time_t *now)
{
  now->tv_usec -= now->tv_usec % 1000;
}

static gpointer
init_sofia (gpointer data)
{
  struct sigaction old;
  GstDebugLevel threshold;

  GST_DEBUG_CATEGORY_INIT (siprec_sip_debug, "siprec-sip", 0, "SIP of recording sessions");
  /* Before anything of sofia can log, since its first word would go to stderr. */
  su_log_redirect (NULL, log_line, NULL);

  /* su_init() ignores SIGPIPE for the whole process; that isn't ours to do, and sofia sends with
   * MSG_NOSIGNAL anyway. */
  sigaction (SIGPIPE, NULL, &old);
  su_init ();
  _su_time = cut_to_milliseconds;
  sigaction (SIGPIPE, &old, NULL);

  threshold = gst_debug_category_get_threshold (siprec_sip_debug);
  su_log_set_level (NULL, threshold >= GST_LEVEL_TRACE ? 9 : threshold >= GST_LEVEL_LOG ? 5 : 1);
  return NULL;
}

/* life, from any thread */

SiprecAgent *
siprec_agent_new (const gchar *const *uris, const gchar *external_address,
                  const SiprecAgentHandler *handler, gpointer user_data, GError **error)
{
  static GOnce once = G_ONCE_INIT;
  g_autoptr (GPtrArray) parsed =
      g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_listen_uri_free);
  SiprecAgent *agent;

  g_once (&once, init_sofia, NULL);
  for (; *uris; uris++) {
    SiprecListenUri *uri = siprec_listen_uri_parse (*uris, error);

    if (!uri)
      return NULL;
    g_ptr_array_add (parsed, uri);
  }
  if (parsed->len == 0) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "There is no URI to listen on. One is needed, like \"sip:127.0.0.1:5060\".");
    return NULL;
  }

  agent = g_new0 (SiprecAgent, 1);
  agent->uris = g_steal_pointer (&parsed);
  agent->external_address = g_strdup (external_address);
  /* siprec_host_port() adds the brackets. */
  if (agent->external_address)
    g_strstrip (g_strdelimit (agent->external_address, "[]", ' '));
  agent->handler = *handler;
  agent->user_data = user_data;
  agent->mailbox = siprec_mailbox_new (agent);
  g_mutex_init (&agent->lock);
  g_queue_init (&agent->dialogs);
  agent->dialog_table = siprec_dialog_table_new ();
  g_queue_init (&agent->transactions);
  g_queue_init (&agent->timers);
  agent->session_minimum = SIPREC_SESSION_TIMER_MINIMUM;
  agent->patience = PATIENCE;
  agent->limits = SIPREC_FRONT_LIMITS;
  return agent;
}

void
siprec_agent_free (SiprecAgent *agent)
{
  if (agent->thread) {
    siprec_agent_stop (agent);
    g_thread_join (agent->thread);
  }
  siprec_mailbox_free (agent->mailbox);
  g_hash_table_unref (agent->dialog_table);
  g_ptr_array_unref (agent->uris);
  g_clear_pointer (&agent->tls, siprec_tls_context_unref);
  g_free (agent->external_address);
  g_mutex_clear (&agent->lock);
  g_free (agent);
}

void
siprec_agent_set_transaction_timeout (SiprecAgent *agent, guint milliseconds)
{
  agent->transaction_timeout = milliseconds;
}

void
siprec_agent_set_limits (SiprecAgent *agent, const SiprecFrontLimits *limits)
{
  agent->limits = *limits;
}

void
siprec_agent_set_patience (SiprecAgent *agent, guint milliseconds)
{
  agent->patience = milliseconds * (gint64)1000;
}

gboolean
siprec_agent_is_overloaded (SiprecAgent *agent, const SiprecRequest *request)
{
  gint64 now = g_get_monotonic_time ();
  const gchar *why = NULL;

  if (agent->transactions.length > MAX_PENDING)
    why = "too many requests wait for an answer";
  else if (request->arrived > 0 && now - request->arrived > agent->patience)
    why = "requests wait too long for their turn";
  else if (siprec_sockets_are_full (agent->sockets))
    why = "requests fill the receive buffer";
  if (why && now - agent->overload_told > G_USEC_PER_SEC) {
    GST_WARNING ("overload: %s; new calls get 503", why);
    agent->overload_told = now;
  }
  return why != NULL;
}

void
siprec_agent_set_session_minimum (SiprecAgent *agent, guint seconds)
{
  agent->session_minimum = seconds;
}

guint
siprec_agent_session_minimum (SiprecAgent *agent)
{
  return agent->session_minimum;
}

void
siprec_agent_invoke (SiprecAgent *agent, SiprecAgentFunc func, gpointer user_data,
                     GDestroyNotify destroy)
{
  siprec_mailbox_invoke (agent->mailbox, func, user_data, destroy);
}

void
siprec_agent_stop (SiprecAgent *agent)
{
  siprec_mailbox_stop (agent->mailbox);
}

gboolean
siprec_agent_is_current (SiprecAgent *agent)
{
  /* Any thread may ask, also while another one starts the agent. */
  return g_atomic_pointer_get (&agent->thread) == g_thread_self ();
}

gboolean
siprec_agent_is_busy (SiprecAgent *agent)
{
  return agent->dialogs.length > 0;
}

/* timers */

static void
timer_free (SiprecTimer *timer)
{
  g_queue_unlink (&timer->agent->timers, &timer->link);
  su_timer_destroy (timer->timer);
  g_free (timer);
}

static void
on_timer (su_root_magic_t *magic, su_timer_t *su_timer, su_timer_arg_t *arg)
{
  SiprecTimer *timer = arg;
  SiprecAgent *agent = timer->agent;
  SiprecAgentFunc func = timer->func;
  gpointer user_data = timer->user_data;

  timer_free (timer);
  func (agent, user_data);
}

SiprecTimer *
siprec_agent_add_timer (SiprecAgent *agent, guint milliseconds, SiprecAgentFunc func,
                        gpointer user_data)
{
  SiprecTimer *timer = g_new0 (SiprecTimer, 1);

  timer->agent = agent;
  timer->func = func;
  timer->user_data = user_data;
  timer->link.data = timer;
  g_queue_push_tail_link (&agent->timers, &timer->link);
  timer->timer = su_timer_create (su_root_task (agent->loop), milliseconds);
  su_timer_set_interval (timer->timer, on_timer, timer, milliseconds);
  return timer;
}

void
siprec_agent_cancel_timer (SiprecAgent *agent, SiprecTimer *timer)
{
  timer_free (timer);
}

/* for the other files */

nta_agent_t *
siprec_agent_nta (SiprecAgent *agent)
{
  return siprec_sockets_nta (agent->sockets);
}

SiprecSockets *
siprec_agent_sockets (SiprecAgent *agent)
{
  return agent->sockets;
}

guint
siprec_agent_n_connections (SiprecAgent *agent)
{
  return siprec_sockets_n_connections (agent->sockets);
}

GQueue *
siprec_agent_dialogs (SiprecAgent *agent)
{
  return &agent->dialogs;
}

GHashTable *
siprec_agent_dialog_table (SiprecAgent *agent)
{
  return agent->dialog_table;
}

GQueue *
siprec_agent_transactions (SiprecAgent *agent)
{
  return &agent->transactions;
}

void
siprec_agent_request (SiprecAgent *agent, SiprecTransaction *transaction, SiprecRequest *request)
{
  agent->handler.request (agent, transaction, request, agent->user_data);
}

gboolean
siprec_agent_admits (SiprecAgent *agent, SiprecTransaction *transaction, SiprecRequest *request,
                     gboolean in_dialog)
{
  return !agent->handler.admit ||
         agent->handler.admit (agent, transaction, request, in_dialog, agent->user_data);
}

void
siprec_agent_tell_refusal (SiprecAgent *agent, const SiprecRequest *invite,
                           const SiprecReply *reply)
{
  if (agent->handler.refused)
    agent->handler.refused (agent, invite, reply, agent->user_data);
}

gchar *
siprec_agent_contact (SiprecAgent *agent, const SiprecRequest *request)
{
  const gchar *host = agent->external_address ? agent->external_address : request->local_address;
  g_autofree gchar *host_port = siprec_host_port (host, request->local_port);

  /* RFC 3261 section 8.1.1.8: who calls a sips URI wants the same of the Contact. */
  if (request->uri && g_ascii_strncasecmp (request->uri, "sips:", 5) == 0)
    return g_strconcat ("<sips:", host_port, ">;+sip.srs", NULL);
  return g_strconcat ("<sip:", host_port, ";transport=", request->transport, ">;+sip.srs", NULL);
}

/* the thread */

static void
close_all (SiprecAgent *agent)
{
  SiprecSockets *sockets;
  gpointer member;

  while ((member = g_queue_peek_head (&agent->dialogs)))
    siprec_dialog_free (member);
  while ((member = g_queue_peek_head (&agent->transactions)))
    siprec_transaction_free (member);
  while ((member = g_queue_peek_head (&agent->timers)))
    timer_free (member);
  g_clear_pointer (&agent->leg, nta_leg_destroy);
  g_mutex_lock (&agent->lock);
  sockets = g_steal_pointer (&agent->sockets);
  g_mutex_unlock (&agent->lock);
  if (sockets)
    siprec_sockets_close (sockets);
}

static void
on_wanted_here (SiprecAgent *agent, gpointer user_data)
{
  siprec_sockets_connect (agent->sockets, user_data);
}

/* In the front's thread. */
static void
on_wanted (SiprecFront *front, const gchar *id, gpointer user_data)
{
  siprec_agent_invoke (user_data, on_wanted_here, g_strdup (id), g_free);
}

/* In the front's thread. */
static gboolean
on_may_connect (SiprecFront *front, const gchar *address, const gchar *const *identities,
                gboolean unproven, gpointer user_data)
{
  SiprecAgent *agent = user_data;

  return !agent->handler.may_connect ||
         agent->handler.may_connect (address, identities, unproven, agent->user_data);
}

static void
on_refused_here (SiprecAgent *agent, gpointer user_data)
{
  const GstStructure *refusal = user_data;

  if (agent->handler.connection_refused)
    agent->handler.connection_refused (agent, refusal, agent->user_data);
}

static void
free_refusal (gpointer refusal)
{
  gst_structure_free (refusal);
}

/* In the front's thread. */
static void
on_refused (SiprecFront *front, const SiprecFrontRefusal *refusal, gpointer user_data)
{
  g_autofree gchar *names =
      refusal->identities ? g_strjoinv (", ", (gchar **)refusal->identities) : g_strdup ("");
  GstStructure *text = gst_structure_new (
      "GstSiprecConnectionRefused", "reason", G_TYPE_STRING, refusal->reason, "transport",
      G_TYPE_STRING, refusal->transport, "remote-address", G_TYPE_STRING, refusal->address,
      "peer-identities", G_TYPE_STRING, names, NULL);

  siprec_agent_invoke (user_data, on_refused_here, text, free_refusal);
}

static gchar **
open_sockets (SiprecAgent *agent, GError **error)
{
  static const SiprecFrontHandler front = {on_wanted, on_may_connect, on_refused};
  SiprecSocketsConfig config = {.loop = agent->loop,
                                .uris = agent->uris,
                                .transaction_timeout = agent->transaction_timeout,
                                .limits = &agent->limits,
                                .front = &front,
                                .user_data = agent};
  gchar **uris = NULL;

  g_mutex_lock (&agent->lock);
  config.tls = agent->tls;
  agent->sockets = siprec_sockets_open (&config, &uris, error);
  g_mutex_unlock (&agent->lock);
  if (!agent->sockets)
    return NULL;
  agent->leg = siprec_transaction_default_leg (agent);
  siprec_sockets_start (agent->sockets);
  return uris;
}

gboolean
siprec_agent_check_tls (SiprecAgent *agent, GError **error)
{
  for (guint i = 0; !agent->tls && i < agent->uris->len; i++) {
    const SiprecListenUri *uri = g_ptr_array_index (agent->uris, i);

    if (g_strcmp0 (uri->transport, "tls") == 0) {
      g_autofree gchar *text = siprec_listen_uri_format (uri, uri->port);

      g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                   "Listening on \"%s\" takes a certificate; set tls-certificate.", text);
      return FALSE;
    }
  }
  return TRUE;
}

void
siprec_agent_set_tls (SiprecAgent *agent, SiprecTlsContext *context)
{
  SiprecTlsContext *old;

  g_mutex_lock (&agent->lock);
  old = agent->tls;
  agent->tls = siprec_tls_context_ref (context);
  if (agent->sockets)
    siprec_sockets_set_tls (agent->sockets, context);
  g_mutex_unlock (&agent->lock);
  if (old)
    siprec_tls_context_unref (old);
}

static gpointer
run (gpointer data)
{
  SiprecAgent *agent = data;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) uris = NULL;

  /* siprec_agent_is_current() must be right from the first callback. */
  g_mutex_lock (&agent->lock);
  g_mutex_unlock (&agent->lock);

  agent->loop = su_root_create (NULL);
  if (agent->loop)
    su_root_threading (agent->loop, FALSE);
  uris = open_sockets (agent, &error);
  if (error)
    GST_WARNING ("%s", error->message);
  agent->handler.started (agent, uris, error, agent->user_data);

  siprec_mailbox_run (agent->mailbox, agent->loop);
  close_all (agent);
  agent->handler.stopped (agent, agent->user_data);
  if (agent->loop)
    su_root_destroy (agent->loop);
  return NULL;
}

void
siprec_agent_start (SiprecAgent *agent)
{
  g_mutex_lock (&agent->lock);
  g_atomic_pointer_set (&agent->thread, g_thread_new ("siprec-sip", run, agent));
  g_mutex_unlock (&agent->lock);
}
