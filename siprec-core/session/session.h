/* siprec-core: one recording session: its dialog, its streams and what is known of the call
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../event.h"
#include "../rtp/stream.h"
#include "../sdp/offer.h"

G_BEGIN_DECLS

/**
 * SiprecSession:
 *
 * A GObject that the endpoint makes for an INVITE and that an element or an application claims. It lives on
 * without a claimant until its dialog ends; meanwhile events and media are kept within bounds.
 *
 * Threads: protocol state belongs to the endpoint's SIP thread. The functions below may be called from any
 * thread; they take the session's lock or post to the SIP thread. The lock is a leaf; only the claimant's
 * notify function is called with it held, so that none comes after a release.
 */
#define SIPREC_TYPE_SESSION (siprec_session_get_type ())
SIPREC_API G_DECLARE_FINAL_TYPE (SiprecSession, siprec_session, SIPREC, SESSION, GObject)

    typedef enum {
      SIPREC_SESSION_OFFERED,   /* INVITE received, not yet answered */
      SIPREC_SESSION_CALLING,   /* INVITE of ours sent, not yet answered */
      SIPREC_SESSION_ANSWERED,  /* 200 OK sent; media may flow */
      SIPREC_SESSION_CONFIRMED, /* ACK received */
      SIPREC_SESSION_ENDED,
    } SiprecSessionState;

/* "OFFERED" and so on; NULL for what is no state. */
SIPREC_API const gchar *siprec_session_state_name (SiprecSessionState state);

/* TRUE if @to can come after @from: the state machine that docs/sessions.md draws. */
SIPREC_API gboolean siprec_session_state_may_follow (SiprecSessionState from,
                                                     SiprecSessionState to);

/* UUID of ours, never the Call-ID. */
SIPREC_API const gchar *siprec_session_get_id (SiprecSession *session);

SIPREC_API SiprecSessionState siprec_session_get_state (SiprecSession *session);

/* The moment of 200 OK, CLOCK_MONOTONIC: the zero of all its streams; GST_CLOCK_TIME_NONE before. */
SIPREC_API GstClockTime siprec_session_get_start (SiprecSession *session);

/* Called from any thread when events wait; must not block nor call the session. */
typedef void (*SiprecSessionNotify) (SiprecSession *session, gpointer user_data);

/**
 * siprec_session_claim:
 * @notify: called when events wait, and once at once if some do
 * @destroy: called on @user_data after the last @notify
 * @error: STATE if it is claimed already, or over and read to its end
 *
 * Takes the session for a consumer, which then pops events, and claims the streams that STREAM_ADDED
 * events give. A consumer that takes over from another one gets SESSION_STARTED and a STREAM_ADDED for
 * each stream again first, with their old sequence numbers.
 */
SIPREC_API gboolean siprec_session_claim (SiprecSession *session, SiprecSessionNotify notify,
                                          gpointer user_data, GDestroyNotify destroy,
                                          GError **error);

/* Gives the session back to its endpoint; another consumer may claim it within the endpoint's claim
 * timeout, else it ends with BYE. Streams are to be released first. */
SIPREC_API void siprec_session_release (SiprecSession *session);

/* TRUE while a consumer has it. */
SIPREC_API gboolean siprec_session_is_claimed (SiprecSession *session);

/* The oldest event not yet popped, or NULL. (transfer full) For the claimant. */
SIPREC_API SiprecEvent *siprec_session_pop_event (SiprecSession *session);

/* Ends the session with BYE (or a refusal before 200 OK). @reason is text for the Reason header, or a whole one
 * (RFC 3326) such as Q.850;cause=16;text="done", or NULL. Events up to SESSION_ENDED follow. */
SIPREC_API void siprec_session_hangup (SiprecSession *session, const gchar *reason);

/**
 * SiprecWishReply:
 * @status: the client's final response, 0 without one
 * @error: (nullable): why the wish is not fulfilled
 *
 * What became of a wish. Called once, in any thread; must not block nor call the session.
 */
typedef void (*SiprecWishReply) (SiprecSession *session, guint status, const GError *error,
                                 gpointer user_data);

/**
 * siprec_session_pause:
 * @mline: an m-line, or SIPREC_ALL_LINES
 * @reply: (nullable): told the outcome
 *
 * Nothing more is received: media that comes all the same is dropped at once, STREAM_HELD follows, and the client is told
 * with a re-INVITE (a=inactive). If it refuses that, the stream is paused nevertheless.
 */
SIPREC_API void siprec_session_pause (SiprecSession *session, gint mline, SiprecWishReply reply,
                                      gpointer user_data);

/* The reverse, with a=recvonly; STREAM_RESUMED comes when the client has agreed. */
SIPREC_API void siprec_session_resume (SiprecSession *session, gint mline, SiprecWishReply reply,
                                       gpointer user_data);

/**
 * siprec_session_request_snapshot:
 * @reason: (nullable): text for the client
 *
 * Asks for a complete metadata document (RFC 7866 section 9.2) with UPDATE; METADATA follows when it comes. At most
 * once in five seconds.
 */
SIPREC_API void siprec_session_request_snapshot (SiprecSession *session, const gchar *reason,
                                                 SiprecWishReply reply, gpointer user_data);

/* The INVITE's headers and addresses for decisions: "application/x-siprec-request" with call-id, from, to,
 * uri, contact, transport, remote-address, remote-port, headers (GstStructure, first of each name), and for a TLS
 * client with a certificate peer-identities (GstValueArray of strings, the best first).
 * (transfer full) */
SIPREC_API GstStructure *siprec_session_get_request (SiprecSession *session);

/* A copy of the offer's SDP, or NULL. (transfer full) */
SIPREC_API GstSDPMessage *siprec_session_get_offer (SiprecSession *session);

/* Number of m-lines of the offer, and a copy of one: its kind, and caps of its first format (transfer
 * full), for `select-stream`. */
SIPREC_API guint siprec_session_get_n_mlines (SiprecSession *session);
SIPREC_API GstCaps *siprec_session_get_mline_caps (SiprecSession *session, guint mline);

G_END_DECLS
