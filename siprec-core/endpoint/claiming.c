/* Who takes a call: INVITEs to acceptors and application, and sessions that were given back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-private.h"

#define GST_CAT_DEFAULT siprec_session_debug

typedef enum { CALL_DECIDE, CALL_CANCELLED, CALL_SESSION } AcceptorCall;

/* Calls the acceptor that has @session, if there is still one. Without the lock, but marked as called, so that
 * its removal waits. FALSE if it leaves a decision to us. */
static gboolean
call_acceptor (SiprecEndpoint *endpoint, SiprecAcceptor *acceptor, SiprecSession *session,
               AcceptorCall call)
{
  const SiprecAcceptorHandler *handler = &acceptor->handler;
  gboolean taken = TRUE;

  /* With the lock held. */
  endpoint->called = acceptor;
  g_mutex_unlock (&endpoint->lock);
  if (call == CALL_DECIDE)
    taken = handler->decide (acceptor, session, acceptor->user_data);
  else if (call == CALL_CANCELLED)
    handler->cancelled (acceptor, session, acceptor->user_data);
  else
    handler->session (acceptor, session, acceptor->user_data);
  g_mutex_lock (&endpoint->lock);
  endpoint->called = NULL;
  g_cond_broadcast (&endpoint->idle);
  return taken;
}

/* With the lock held. */
static SiprecAcceptor *
find_acceptor (SiprecEndpoint *endpoint, SiprecSession *session)
{
  for (GList *item = endpoint->acceptors.head; item; item = item->next) {
    SiprecAcceptor *acceptor = item->data;

    if (acceptor->session == session)
      return acceptor;
  }
  return NULL;
}

/* With the lock held: the acceptor that has waited longest, or NULL. */
static SiprecAcceptor *
next_acceptor (SiprecEndpoint *endpoint)
{
  for (GList *item = endpoint->acceptors.head; item; item = item->next) {
    SiprecAcceptor *acceptor = item->data;

    if (acceptor->state == SIPREC_ACCEPTOR_WAITING)
      return acceptor;
  }
  return NULL;
}

/* The session is no more the endpoint's, which may be gone before the session is. */
static void
drop_session (SiprecEndpoint *endpoint, SiprecSession *session)
{
  siprec_session_close (session);
  g_mutex_lock (&endpoint->lock);
  endpoint->n_sessions--;
  g_mutex_unlock (&endpoint->lock);
  g_hash_table_remove (endpoint->sessions, session);
}

/* Gives @acceptor back its place; it is told that @session is gone. With the lock held. */
static void
rejoin (SiprecEndpoint *endpoint, SiprecAcceptor *acceptor)
{
  g_autoptr (SiprecSession) session = g_steal_pointer (&acceptor->session);

  acceptor->state = SIPREC_ACCEPTOR_WAITING;
  call_acceptor (endpoint, acceptor, session, CALL_CANCELLED);
}

static void on_released (SiprecSession *session, gpointer user_data);

/* 200 OK has been sent: whose is the session? */
static void
give_session (SiprecEndpoint *endpoint, SiprecSession *session)
{
  SiprecAcceptor *acceptor;
  gboolean told;

  g_mutex_lock (&endpoint->lock);
  acceptor = find_acceptor (endpoint, session);
  told = acceptor == NULL && endpoint->application;
  if (acceptor) {
    g_autoptr (SiprecSession) taken = g_steal_pointer (&acceptor->session);

    acceptor->state = SIPREC_ACCEPTOR_TAKEN;
    siprec_session_expect_claim (session, endpoint->claim_timeout);
    call_acceptor (endpoint, acceptor, taken, CALL_SESSION);
  } else if (told) {
    g_queue_push_tail (&endpoint->untold, g_object_ref (session));
    siprec_strand_wake (endpoint->strand);
    siprec_session_expect_claim (session, endpoint->claim_timeout);
  }
  g_mutex_unlock (&endpoint->lock);
  /* Its acceptor left at the last moment. */
  if (acceptor == NULL && !told)
    on_released (session, endpoint);
}

/* A session of ours has been decided on, and the client is waiting for its ACK. */
static void
conclude_call (SiprecEndpoint *endpoint, SiprecSession *session, guint status,
               guint64 refused_mlines)
{
  if (status >= 300) {
    siprec_session_finish (session, SIPREC_END_HANGUP, NULL);
  } else if (siprec_session_answer_call (session, refused_mlines)) {
    give_session (endpoint, session);
    siprec_session_conclude_call (session);
  }
}

/* The session has been decided on: answers it. */
static void
conclude (SiprecEndpoint *endpoint, SiprecSession *session, guint status, guint64 refused_mlines)
{
  SiprecAcceptor *acceptor;

  if (siprec_session_get_state (session) == SIPREC_SESSION_CALLING) {
    conclude_call (endpoint, session, status, refused_mlines);
    return;
  }
  if (status >= 300 && status < 700) {
    siprec_session_refuse (session, status);
  } else if (siprec_session_accept (session, refused_mlines)) {
    give_session (endpoint, session);
    return;
  }

  g_mutex_lock (&endpoint->lock);
  acceptor = find_acceptor (endpoint, session);
  if (acceptor)
    rejoin (endpoint, acceptor);
  g_mutex_unlock (&endpoint->lock);
  drop_session (endpoint, session);
}

typedef struct {
  SiprecEndpoint *endpoint;
  SiprecSession *session;
  guint status;
  guint64 refused_mlines;
} Decision;

static void
decision_free (gpointer data)
{
  Decision *decision = data;

  g_object_unref (decision->session);
  g_free (decision);
}

/* In the SIP thread. */
static void
on_decision (SiprecAgent *agent, gpointer user_data)
{
  Decision *decision = user_data;
  SiprecEndpoint *endpoint = decision->endpoint;
  SiprecAcceptor *acceptor;
  gboolean pending;

  g_mutex_lock (&endpoint->lock);
  acceptor = find_acceptor (endpoint, decision->session);
  pending = acceptor && acceptor->state == SIPREC_ACCEPTOR_DECIDING;
  if (pending)
    acceptor->state = SIPREC_ACCEPTOR_TAKEN;
  g_mutex_unlock (&endpoint->lock);
  if (pending)
    conclude (endpoint, decision->session, decision->status, decision->refused_mlines);
}

void
siprec_acceptor_decide (SiprecAcceptor *acceptor, SiprecSession *session, guint status,
                        guint64 refused_mlines)
{
  Decision *decision = g_new0 (Decision, 1);

  decision->endpoint = acceptor->endpoint;
  decision->session = g_object_ref (session);
  decision->status = status;
  decision->refused_mlines = refused_mlines;
  siprec_agent_invoke (acceptor->endpoint->agent, on_decision, decision, decision_free);
}

/* Silence means consent: a slow application must not cost a recording. */
static void
on_decision_timeout (SiprecAgent *agent, gpointer user_data)
{
  SiprecSession *session = user_data;
  Decision decision = {.endpoint = session->owner_data, .session = session};

  session->decision_timer = NULL;
  on_decision (agent, &decision);
}

/* Asks the acceptor, or accepts at once. */
static void
offer_session (SiprecEndpoint *endpoint, SiprecSession *session)
{
  SiprecAcceptor *acceptor;
  gboolean ask;

  g_mutex_lock (&endpoint->lock);
  acceptor = find_acceptor (endpoint, session);
  ask = acceptor && acceptor->handler.decide &&
        call_acceptor (endpoint, acceptor, session, CALL_DECIDE);
  /* A decision comes by way of this thread, so not before that. The acceptor is removed only without the lock. */
  if (ask) {
    acceptor->state = SIPREC_ACCEPTOR_DECIDING;
    siprec_session_expect_decision (session, acceptor->decision_timeout, on_decision_timeout);
  }
  g_mutex_unlock (&endpoint->lock);
  if (!ask)
    conclude (endpoint, session, 0, 0);
}

/* The claimant gave @session back: the next free acceptor takes it, or it waits for one. */
static void
on_released (SiprecSession *session, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  SiprecAcceptor *acceptor;

  g_mutex_lock (&endpoint->lock);
  acceptor = next_acceptor (endpoint);
  if (acceptor) {
    acceptor->state = SIPREC_ACCEPTOR_TAKEN;
    call_acceptor (endpoint, acceptor, session, CALL_SESSION);
  } else if (endpoint->application == NULL) {
    g_queue_push_tail (&endpoint->orphans, g_object_ref (session));
  }
  siprec_session_expect_claim (session, endpoint->claim_timeout);
  g_mutex_unlock (&endpoint->lock);
}

static void
on_ended (SiprecSession *session, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  SiprecAcceptor *acceptor;

  g_mutex_lock (&endpoint->lock);
  acceptor = find_acceptor (endpoint, session);
  if (acceptor)
    rejoin (endpoint, acceptor);
  if (g_queue_remove (&endpoint->orphans, session))
    g_object_unref (session);
  g_mutex_unlock (&endpoint->lock);
  drop_session (endpoint, session);
}

static void
on_answered (SiprecSession *session, gpointer user_data)
{
  offer_session (user_data, session);
}

const SiprecSessionOwner siprec_endpoint_session_owner = {on_released, on_ended, on_answered};

/* With the lock held: the policy of who would take a session now, or NULL if nobody would. */
static const SiprecPolicy *
find_policy (SiprecEndpoint *endpoint)
{
  SiprecAcceptor *acceptor = next_acceptor (endpoint);

  if (endpoint->draining)
    return NULL;
  if (acceptor)
    return &acceptor->policy;
  return endpoint->application ? &endpoint->application_policy : NULL;
}

/* Promises a session to the next free acceptor. FALSE if there is none. */
static gboolean
promise_session (SiprecEndpoint *endpoint, SiprecSession *session)
{
  SiprecAcceptor *acceptor;

  g_mutex_lock (&endpoint->lock);
  acceptor = next_acceptor (endpoint);
  if (acceptor) {
    acceptor->state = SIPREC_ACCEPTOR_TAKEN;
    acceptor->session = g_object_ref (session);
  }
  g_mutex_unlock (&endpoint->lock);
  return acceptor != NULL;
}

static void
refuse_for_now (SiprecTransaction *transaction)
{
  static const gchar *const headers[] = {"Retry-After: 5", NULL};

  siprec_transaction_reply (transaction, &(SiprecReply){.status = 503, .headers = headers});
}

static void
on_invite (SiprecEndpoint *endpoint, SiprecTransaction *transaction, SiprecRequest *request)
{
  SiprecSessionConfig config = {.agent = endpoint->agent,
                                .settings = &endpoint->settings,
                                .owner = &siprec_endpoint_session_owner,
                                .owner_data = endpoint};
  g_autoptr (SiprecSession) session = NULL;

  g_mutex_lock (&endpoint->lock);
  config.policy = find_policy (endpoint);
  if (config.policy)
    session = siprec_session_new (&config, request);
  g_mutex_unlock (&endpoint->lock);
  if (session == NULL) {
    GST_INFO ("INVITE from %s: nobody is free to record", request->remote_address);
    refuse_for_now (transaction);
    return;
  }
  if (!siprec_session_examine (session, transaction) || !siprec_session_open (session))
    return;

  g_hash_table_add (endpoint->sessions, g_object_ref (session));
  g_mutex_lock (&endpoint->lock);
  endpoint->n_sessions++;
  g_mutex_unlock (&endpoint->lock);
  /* The acceptor may have left meanwhile; another may do, or the application. */
  promise_session (endpoint, session);
  offer_session (endpoint, session);
}

static void
on_request (SiprecAgent *agent, SiprecTransaction *transaction, SiprecRequest *request,
            gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  gboolean draining;

  if (g_str_equal (request->method, "INVITE")) {
    on_invite (endpoint, transaction, request);
    return;
  }
  g_mutex_lock (&endpoint->lock);
  draining = endpoint->draining;
  g_mutex_unlock (&endpoint->lock);
  if (draining)
    refuse_for_now (transaction);
  else
    siprec_transaction_reply_status (transaction, 200);
}

static void
on_started (SiprecAgent *agent, gchar **uris, const GError *error, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;

  g_mutex_lock (&endpoint->lock);
  if (error)
    endpoint->error = g_error_copy (error);
  else
    endpoint->actual_uri = g_strjoinv (",", uris);
  g_mutex_unlock (&endpoint->lock);
  if (uris)
    siprec_endpoint_begin_guard (endpoint, uris);
  siprec_endpoint_tell_waiters (agent, endpoint);
}

const SiprecAgentHandler siprec_endpoint_agent_handler = {on_started,
                                                          on_request,
                                                          siprec_endpoint_on_stopped,
                                                          siprec_endpoint_on_admit,
                                                          siprec_endpoint_on_refused,
                                                          siprec_endpoint_may_connect,
                                                          siprec_endpoint_on_connection_refused};

/* In the SIP thread: an acceptor is new; a session may be waiting for it. */
static void
on_joined (SiprecAgent *agent, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  g_autoptr (SiprecSession) session = NULL;

  g_mutex_lock (&endpoint->lock);
  while (session == NULL && next_acceptor (endpoint) && endpoint->orphans.length > 0) {
    session = g_queue_pop_head (&endpoint->orphans);
    if (session->ending)
      g_clear_object (&session);
  }
  g_mutex_unlock (&endpoint->lock);
  if (session)
    on_released (session, endpoint);
}

SiprecAcceptor *
siprec_endpoint_add_acceptor (SiprecEndpoint *endpoint, const SiprecPolicy *policy,
                              GstClockTime decision_timeout, const SiprecAcceptorHandler *handler,
                              gpointer user_data)
{
  SiprecAcceptor *acceptor = g_new0 (SiprecAcceptor, 1);

  acceptor->endpoint = siprec_endpoint_ref (endpoint);
  siprec_policy_copy (&acceptor->policy, policy);
  acceptor->decision_timeout = decision_timeout;
  acceptor->handler = *handler;
  acceptor->user_data = user_data;
  g_mutex_lock (&endpoint->lock);
  g_queue_push_tail (&endpoint->acceptors, acceptor);
  g_mutex_unlock (&endpoint->lock);
  siprec_agent_invoke (endpoint->agent, on_joined, endpoint, NULL);
  return acceptor;
}

/* A session whose acceptor left before it was answered: somebody else's, or nobody's. */
static void
on_abandoned (SiprecAgent *agent, gpointer user_data)
{
  Decision *decision = user_data;
  SiprecEndpoint *endpoint = decision->endpoint;
  gboolean wanted;

  if (siprec_session_get_state (decision->session) == SIPREC_SESSION_CALLING)
    siprec_session_finish (decision->session, SIPREC_END_HANGUP, NULL);
  if (siprec_session_get_state (decision->session) != SIPREC_SESSION_OFFERED)
    return;
  if (promise_session (endpoint, decision->session)) {
    offer_session (endpoint, decision->session);
    return;
  }
  g_mutex_lock (&endpoint->lock);
  wanted = endpoint->application != NULL;
  g_mutex_unlock (&endpoint->lock);
  conclude (endpoint, decision->session, wanted ? 0 : 503, 0);
}

void
siprec_acceptor_remove (SiprecAcceptor *acceptor)
{
  SiprecEndpoint *endpoint = acceptor->endpoint;

  g_mutex_lock (&endpoint->lock);
  siprec_endpoint_await_idle (endpoint, acceptor);
  g_queue_remove (&endpoint->acceptors, acceptor);
  if (acceptor->session) {
    Decision *decision = g_new0 (Decision, 1);

    decision->endpoint = endpoint;
    decision->session = g_steal_pointer (&acceptor->session);
    siprec_agent_invoke (endpoint->agent, on_abandoned, decision, decision_free);
  }
  g_mutex_unlock (&endpoint->lock);
  siprec_policy_clear (&acceptor->policy);
  g_free (acceptor);
  siprec_endpoint_unref (endpoint);
}
