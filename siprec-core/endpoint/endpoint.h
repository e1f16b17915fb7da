/* siprec-core: a SIP listener and its recording sessions, shared by name in the process
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../metadata/limits.h"
#include "../guard/guard.h"
#include "../session/session.h"

G_BEGIN_DECLS

/**
 * SiprecEndpoint:
 *
 * Listens on SIP URIs, authorises and answers, owns its sessions and gives each to a claimant:
 *
 * - *acceptors* (elements): a session goes to the acceptor that has waited longest; with none free the
 *   INVITE gets 503 with Retry-After;
 * - *an application*: every session is answered at once and told to the application, which claims it within
 *   the claim timeout, else it ends with BYE.
 *
 * Reference counted; the sockets close when the last reference is gone. Lock order: endpoint before session;
 * neither is held while calling out.
 */
typedef struct _SiprecEndpoint SiprecEndpoint;

/**
 * SiprecSettings:
 * @local_uri: comma list of SIP URIs to listen on
 * @media_address: (nullable): address RTP is received at; NULL or "" for that of the SIP request. A comma
 *   list spreads the sessions over several, and what has no free port is passed over
 * @first_port, @last_port: range of RTP ports
 * @external_address: (nullable): address written into SDP and Contact (1:1 NAT)
 * @udp_buffer_size: SO_RCVBUF of media sockets, 0 for the default
 * @security: who may record
 *
 * What all users of one endpoint must agree on.
 */
typedef struct {
  const gchar *local_uri;
  const gchar *media_address;
  guint16 first_port, last_port;
  const gchar *external_address;
  guint udp_buffer_size;
  SiprecGuardSettings security;
} SiprecSettings;

/* Which INVITEs are recording sessions. */
typedef enum {
  SIPREC_ACCEPT_SIPREC, /* those with a mark of one: option tag, feature tag, metadata */
  SIPREC_ACCEPT_ANY,
} SiprecAccept;

typedef enum {
  SIPREC_STRICTNESS_LENIENT,
  SIPREC_STRICTNESS_STRICT, /* departures from the RFCs are refused */
} SiprecStrictness;

/**
 * SiprecPolicy:
 * @accept, @strictness: see there
 * @codecs: (nullable): encoding names in order of preference, NULL-terminated
 * @srtp_policy: whether media is encrypted
 * @latch: which address media is taken from
 * @context: name of the media engine, NULL or "" for the default one
 * @content_map: (nullable): which video lines are screens, as siprec_content_apply() takes it
 * @delayed_offer_streams: audio lines to offer to an INVITE without SDP; 0 stands for 1
 * @start_paused: answer a=inactive until siprec_session_resume(), for a consumer that isn't ready yet
 * @metadata_limits: how much of a metadata document is read
 *
 * How an INVITE is answered: one of an acceptor, or of the application.
 */
typedef struct {
  SiprecAccept accept;
  SiprecStrictness strictness;
  const gchar *const *codecs;
  SiprecSrtpPolicy srtp_policy;
  SiprecLatchMode latch;
  const gchar *context;
  const gchar *content_map;
  guint delayed_offer_streams;
  gboolean start_paused;
  SiprecMetadataLimits metadata_limits;
} SiprecPolicy;

/**
 * siprec_endpoint_get:
 * @name: (nullable): shared name; NULL or "" makes a private endpoint
 * @error: SETTINGS if @settings are malformed, or differ from those of the endpoint of that name
 *
 * Returns: (transfer full): the endpoint, not yet started if it is new.
 */
SIPREC_API SiprecEndpoint *siprec_endpoint_get (const gchar *name, const SiprecSettings *settings,
                                                GError **error);
SIPREC_API SiprecEndpoint *siprec_endpoint_ref (SiprecEndpoint *endpoint);
SIPREC_API void siprec_endpoint_unref (SiprecEndpoint *endpoint);

/* Called once, in an endpoint thread: @actual_uri is the comma list of bound URIs, or @error tells why there
 * is none. Must not block. */
typedef void (*SiprecEndpointReady) (SiprecEndpoint *endpoint, const gchar *actual_uri,
                                     const GError *error, gpointer user_data);

/* Binds, unless done, and calls @ready soon. Returns a handle for siprec_endpoint_cancel_start(), after
 * which @ready is not called (it waits for a call under way). */
SIPREC_API guint siprec_endpoint_start (SiprecEndpoint *endpoint, SiprecEndpointReady ready,
                                        gpointer user_data);
SIPREC_API void siprec_endpoint_cancel_start (SiprecEndpoint *endpoint, guint handle);

/**
 * SiprecAcceptor:
 *
 * A place in the queue of those who take sessions.
 */
typedef struct _SiprecAcceptor SiprecAcceptor;

/**
 * SiprecAcceptorHandler:
 * @decide: (nullable): asked before the answer; with TRUE the acceptor calls siprec_acceptor_decide() later, from
 *   any thread. FALSE, or NULL, accepts at once
 * @cancelled: the session that @decide was asked about, or that was given, is gone
 *   before it was answered
 * @session: the session is the acceptor's: 200 OK is being sent. It is out of the queue now. The acceptor
 *   claims the session (the claim is reserved for it)
 *
 * Called in the SIP thread without locks; must not block.
 */
typedef struct {
  gboolean (*decide) (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data);
  void (*cancelled) (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data);
  void (*session) (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data);
} SiprecAcceptorHandler;

/* Joins the queue of @endpoint, at its end. @policy is copied. @decision_timeout: after it the session is
 * accepted. */
SIPREC_API SiprecAcceptor *siprec_endpoint_add_acceptor (SiprecEndpoint *endpoint,
                                                         const SiprecPolicy *policy,
                                                         GstClockTime decision_timeout,
                                                         const SiprecAcceptorHandler *handler,
                                                         gpointer user_data);

/* Leaves the queue and frees the acceptor; no handler is called afterwards (it waits for one under way,
 * so call it without locks that the handlers take). */
SIPREC_API void siprec_acceptor_remove (SiprecAcceptor *acceptor);

/**
 * siprec_acceptor_decide:
 * @status: 0 accepts, else the SIP status to refuse with
 * @refused_mlines: bit n set refuses m-line n
 */
SIPREC_API void siprec_acceptor_decide (SiprecAcceptor *acceptor, SiprecSession *session,
                                        guint status, guint64 refused_mlines);

/* Called on a thread of the endpoint's own for each new session, after 200 OK is sent; may take its time, but
 * the next session waits for it. */
typedef void (*SiprecApplicationFunc) (SiprecEndpoint *endpoint, SiprecSession *session,
                                       gpointer user_data);

/**
 * siprec_endpoint_set_application:
 * @policy: copied
 * @claim_timeout: how long a session may stay unclaimed; also after a release
 * @func: (nullable): NULL goes back to acceptors only
 *
 * Makes an application take all sessions that no acceptor waits for.
 */
SIPREC_API void siprec_endpoint_set_application (SiprecEndpoint *endpoint,
                                                 const SiprecPolicy *policy,
                                                 GstClockTime claim_timeout,
                                                 SiprecApplicationFunc func, gpointer user_data,
                                                 GDestroyNotify destroy);

/**
 * siprec_endpoint_call:
 * @acceptor: (nullable): waiting, which is to get the session; NULL for the application
 * @uri: "sip[s]:[user@]host[:port][;transport=udp|tcp|tls][?X-Header=value&...]" of a recording client
 * @timeout: how long it may take to answer
 * @reply: (nullable): told once what has become of it, in any thread
 * @error: SETTINGS if @uri is malformed, STATE if the acceptor isn't free, or nobody is there to take the session
 *
 * Begins a recording session (RFC 7866 section 6.2): the INVITE asks the client to offer its streams. Once it has
 * answered, the session is given like one that the client began. What is to be recorded is between the two: the
 * user part of @uri may name it, or headers. siprec_session_hangup() gives up.
 *
 * Returns: (transfer full): the session to be.
 */
SIPREC_API SiprecSession *siprec_endpoint_call (SiprecEndpoint *endpoint, SiprecAcceptor *acceptor,
                                                const gchar *uri, GstClockTime timeout,
                                                SiprecWishReply reply, gpointer user_data,
                                                GError **error);

/* Another certificate for new TLS connections; calls go on. The old one stays if @certificate (as in
 * SiprecTlsSettings) can't be used. Waits for the disk. */
SIPREC_API gboolean siprec_endpoint_set_certificate (SiprecEndpoint *endpoint,
                                                     const gchar *certificate, GError **error);

/* Calls @warning when a file of the security settings has changed and can't be used, and when the endpoint is open
 * to everybody. @destroy: called on @user_data after the last one, soon after siprec_endpoint_unwatch(). */
SIPREC_API void siprec_endpoint_watch (SiprecEndpoint *endpoint, SiprecGuardWarning warning,
                                       gpointer user_data, GDestroyNotify destroy);
SIPREC_API void siprec_endpoint_unwatch (SiprecEndpoint *endpoint, gpointer user_data);

/**
 * SiprecRefusedFunc:
 * @refusal: GstSiprecSessionRefused: status (guint), reason (for people), call-id, from, to, remote-address, and
 *   unsaid (guint): how many more there were since one was told, since ten a second are told; or
 *   GstSiprecConnectionRefused: reason, transport, remote-address and peer-identities
 *
 * A call was refused, other than by an acceptor's decision, or a connection came to nothing. Called in the SIP thread without locks; must not
 * block.
 */
typedef void (*SiprecRefusedFunc) (SiprecEndpoint *endpoint, const GstStructure *refusal,
                                   gpointer user_data);

/* The one who has watched longest is told of refusals. Returns a handle. */
SIPREC_API guint siprec_endpoint_watch_refusals (SiprecEndpoint *endpoint, SiprecRefusedFunc func,
                                                 gpointer user_data);

/* @func is not called afterwards: waits for a call under way. */
SIPREC_API void siprec_endpoint_unwatch_refusals (SiprecEndpoint *endpoint, guint handle);

/* While draining new INVITEs and OPTIONS get 503; running sessions go on. */
SIPREC_API void siprec_endpoint_set_draining (SiprecEndpoint *endpoint, gboolean draining);

/* Number of sessions that have not ended. */
SIPREC_API guint siprec_endpoint_n_sessions (SiprecEndpoint *endpoint);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecEndpoint, siprec_endpoint_unref)

G_END_DECLS
