/* siprec-core: the SIP thread, its sockets and its transactions, on sofia-sip's nta
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "request.h"
#include "front/tls-context.h"

G_BEGIN_DECLS

/**
 * SiprecAgent:
 *
 * Listens on one or more SIP URIs with a thread of its own, in which every callback below runs; that
 * thread must never wait. All functions of this header and of dialog.h are for that thread only, unless
 * they say otherwise.
 */
typedef struct _SiprecAgent SiprecAgent;

/* A request waiting for its final response, and freed by the agent once that is given. One that the
 * peer cancels meanwhile is answered 487, and still waits for the user's answer, which then goes
 * nowhere. But with the end of a dialog its transactions are gone. */
typedef struct _SiprecTransaction SiprecTransaction;

typedef void (*SiprecAgentFunc) (SiprecAgent *agent, gpointer user_data);

/**
 * SiprecReply:
 * @status: 100 to 699
 * @phrase: (nullable): reason phrase; the standard one if NULL
 * @headers: (nullable): "Name: value" lines, NULL-terminated
 * @content_type: (nullable): of @body
 * @body: (nullable): text
 * @decided: a refusal is somebody's decision, and so needn't be told
 *
 * What to answer. The agent adds Via, From, To with tag, Call-ID, CSeq, and Contact with +sip.srs, Allow,
 * Supported and Accept where RFC 3261 and RFC 7866 want them.
 */
typedef struct {
  guint status;
  const gchar *phrase;
  const gchar *const *headers;
  const gchar *content_type;
  const gchar *body;
  gboolean decided;
} SiprecReply;

/**
 * SiprecAgentHandler:
 * @started: the URIs are bound (@uris, with real ports, NULL-terminated), or @error says why not
 * @request: a request outside any dialog (INVITE, OPTIONS, anything else allowed); the handler answers
 *   it now or later with siprec_transaction_reply(), an INVITE with siprec_dialog_new() before that
 * @admit: (nullable): asked about every request, also those in dialogs (@in_dialog), before anything is
 *   done with it; FALSE if it has been answered and is none of the agent's business any more
 * @refused: (nullable): an INVITE outside any dialog was answered with @reply, and nobody had decided so
 * @may_connect: (nullable): FALSE if nobody at @address who is one of @identities (nullable) may do anything, see
 *   SiprecFrontHandler. Called in another thread
 * @connection_refused: (nullable): a connection came to nothing: GstSiprecConnectionRefused with reason (for people),
 *   transport, remote-address and peer-identities
 * @stopped: last call, when all sockets are closed. The agent's thread ends after it
 */
typedef struct {
  void (*started) (SiprecAgent *agent, gchar **uris, const GError *error, gpointer user_data);
  void (*request) (SiprecAgent *agent, SiprecTransaction *transaction, SiprecRequest *request,
                   gpointer user_data);
  void (*stopped) (SiprecAgent *agent, gpointer user_data);
  gboolean (*admit) (SiprecAgent *agent, SiprecTransaction *transaction, SiprecRequest *request,
                     gboolean in_dialog, gpointer user_data);
  void (*refused) (SiprecAgent *agent, const SiprecRequest *invite, const SiprecReply *reply,
                   gpointer user_data);
  gboolean (*may_connect) (const gchar *address, const gchar *const *identities, gboolean unproven,
                           gpointer user_data);
  void (*connection_refused) (SiprecAgent *agent, const GstStructure *refusal, gpointer user_data);
} SiprecAgentHandler;

/**
 * siprec_agent_new:
 * @uris: "sip:host[:port][;transport=udp|tcp|tls]" each, NULL-terminated; without transport both UDP and
 *   TCP on the same port; "sips:" is TLS; port 0 takes any; brackets around IPv6. 0.0.0.0 and [::] mean
 *   every address that the host has at the start
 * @external_address: (nullable): host written into Contact instead of the local address
 * @error: SETTINGS if a URI is malformed
 *
 * From any thread. Opens nothing yet.
 */
SIPREC_API SiprecAgent *siprec_agent_new (const gchar *const *uris, const gchar *external_address,
                                          const SiprecAgentHandler *handler, gpointer user_data,
                                          GError **error);

/* FALSE with a SETTINGS error if one of the URIs is for TLS and there is nothing for that. Before the
 * start. */
SIPREC_API gboolean siprec_agent_check_tls (SiprecAgent *agent, GError **error);

/* What new TLS connections use from now on; needed before the start if one of the URIs is for TLS. From
 * any thread. */
SIPREC_API void siprec_agent_set_tls (SiprecAgent *agent, SiprecTlsContext *context);

/* Starts the thread, which binds and then calls @started. From any thread, once. */
SIPREC_API void siprec_agent_start (SiprecAgent *agent);

/* Closes everything and ends the thread soon; @stopped is called in it. Dialogs still there after that
 * are freed without BYE. From any thread, once; doesn't wait. */
SIPREC_API void siprec_agent_stop (SiprecAgent *agent);

/* Frees a stopped or never started agent; waits for its thread to end. From any other thread. */
SIPREC_API void siprec_agent_free (SiprecAgent *agent);

/* Runs @func in the agent's thread, in the order of calls. From any thread. Dropped (and @destroy
 * called) if the agent has stopped. */
SIPREC_API void siprec_agent_invoke (SiprecAgent *agent, SiprecAgentFunc func, gpointer user_data,
                                     GDestroyNotify destroy);

/* TRUE in the agent's thread. */
SIPREC_API gboolean siprec_agent_is_current (SiprecAgent *agent);

/* TRUE while there is a dialog, be it one that waits for the answer to our BYE. */
SIPREC_API gboolean siprec_agent_is_busy (SiprecAgent *agent);

/* Calls @func once after @milliseconds. Returns a handle for siprec_agent_cancel_timer(), which
 * must not be used after the timer ran. */
typedef struct _SiprecTimer SiprecTimer;
SIPREC_API SiprecTimer *siprec_agent_add_timer (SiprecAgent *agent, guint milliseconds,
                                                SiprecAgentFunc func, gpointer user_data);
SIPREC_API void siprec_agent_cancel_timer (SiprecAgent *agent, SiprecTimer *timer);

/* Answers @transaction; with a final status it is gone afterwards. */
SIPREC_API void siprec_transaction_reply (SiprecTransaction *transaction, const SiprecReply *reply);

/* Short form: no body, no further headers. */
SIPREC_API void siprec_transaction_reply_status (SiprecTransaction *transaction, guint status);

G_END_DECLS
