/* siprec-core: the inside of an endpoint, shared by its life (endpoint.c) and its calls (claiming.c)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../session/session-private.h"

G_BEGIN_DECLS

typedef enum {
  SIPREC_ENDPOINT_NEW,
  SIPREC_ENDPOINT_DEFERRED, /* waits for another endpoint's sockets to close */
  SIPREC_ENDPOINT_STARTED,
} SiprecEndpointState;

/* Who is told of sessions; lives while it is being called. */
typedef struct {
  gint ref_count;
  SiprecApplicationFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} SiprecApplication;

struct _SiprecEndpoint {
  gint ref_count;

  /* Fixed at creation. */
  gchar *name; /* NULL for a private one */
  SiprecSettings settings;
  SiprecGuard *guard;
  SiprecAgent *agent;
  SiprecStrand *strand; /* tells the application of sessions */

  SiprecEndpointState state; /* guarded by the registry's lock */

  /* SIP thread only. */
  GHashTable *sessions; /* SiprecSession, owned */
  GstClockTime linger_until;

  GMutex lock; /* guards the rest; taken before a session's */
  gchar *actual_uri;
  GError *error;
  GList *waiters;
  guint last_handle;
  GQueue acceptors; /* SiprecAcceptor that wait, oldest first */
  GQueue orphans;   /* SiprecSession, owned: given back, and no acceptor was free */
  GQueue untold;    /* SiprecSession, owned: to be told to the application */
  SiprecPolicy application_policy;
  GstClockTime claim_timeout;
  SiprecApplication *application; /* NULL for none */
  gboolean draining;
  guint n_sessions;
  GList *watchers; /* of refusals.c */
  gint64 refusal_second;
  guint n_refusals;     /* in that second */
  guint n_unsaid;       /* since one was told */
  GstStructure *unsaid; /* the first of those, nullable */

  /* The acceptor, waiter or watcher that the SIP thread is calling; who removes it waits for `idle`. */
  gpointer called;
  GCond idle;
};

typedef enum {
  SIPREC_ACCEPTOR_WAITING,  /* in the queue */
  SIPREC_ACCEPTOR_DECIDING, /* asked about `session` */
  SIPREC_ACCEPTOR_TAKEN,    /* has `session`, or had it */
} SiprecAcceptorState;

/* Guarded by the endpoint's lock. */
struct _SiprecAcceptor {
  SiprecEndpoint *endpoint; /* a reference */
  SiprecPolicy policy;
  GstClockTime decision_timeout;
  SiprecAcceptorHandler handler;
  gpointer user_data;

  SiprecAcceptorState state;
  SiprecSession *session; /* owned, while deciding and until 200 OK */
};

/* endpoint.c */
void siprec_endpoint_free (SiprecEndpoint *endpoint);
void siprec_endpoint_launch (SiprecEndpoint *endpoint);
void siprec_endpoint_on_stopped (SiprecAgent *agent, gpointer endpoint);
void siprec_endpoint_tell_waiters (SiprecAgent *agent, gpointer endpoint);
void siprec_endpoint_await_idle (SiprecEndpoint *endpoint, gpointer called);

/* settings.c */

/* FALSE with a SETTINGS error that says which one can't be, and what could. */
gboolean siprec_settings_check (const SiprecSettings *settings, GError **error);

/* Warns if the process may not open as many sockets as port-range has: every stream takes two. */
void siprec_settings_check_files (const SiprecSettings *settings);

/* The name of the first setting in which @a and @b differ, or NULL. */
const gchar *siprec_settings_find_conflict (const SiprecSettings *a, const SiprecSettings *b);

/* Deep copies. */
void siprec_settings_copy (SiprecSettings *copy, const SiprecSettings *settings);
void siprec_settings_clear (SiprecSettings *settings);
void siprec_policy_copy (SiprecPolicy *copy, const SiprecPolicy *policy);
void siprec_policy_clear (SiprecPolicy *policy);

/* admission.c */

/* The endpoint listens on @uris. In the SIP thread. */
void siprec_endpoint_begin_guard (SiprecEndpoint *endpoint, gchar **uris);
gboolean siprec_endpoint_may_connect (const gchar *address, const gchar *const *identities,
                                      gboolean unproven, gpointer endpoint);
gboolean siprec_endpoint_on_admit (SiprecAgent *agent, SiprecTransaction *transaction,
                                   SiprecRequest *request, gboolean in_dialog, gpointer endpoint);

/* refusals.c */
void siprec_endpoint_on_connection_refused (SiprecAgent *agent, const GstStructure *refusal,
                                            gpointer endpoint);
void siprec_endpoint_on_refused (SiprecAgent *agent, const SiprecRequest *invite,
                                 const SiprecReply *reply, gpointer endpoint);

/* claiming.c */
extern const SiprecSessionOwner siprec_endpoint_session_owner;
extern const SiprecAgentHandler siprec_endpoint_agent_handler;

G_END_DECLS
