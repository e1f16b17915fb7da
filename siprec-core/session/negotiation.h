/* siprec-core: the m-lines of a recording session, as agreed by offer and answer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "line.h"
#include "../sdp/answer.h"

G_BEGIN_DECLS

/**
 * SiprecNegotiation:
 *
 * Offer and answer of one session (RFC 3264): which lines exist, their ports and formats, and the SDP
 * that says so. For the SIP thread only.
 */
typedef struct _SiprecNegotiation SiprecNegotiation;

/**
 * SiprecNegotiationConfig:
 * @context: media engine of the streams
 * @addresses: local addresses that media can be received at, NULL-terminated, one at least
 * @advertised: (nullable): address written into the SDP; NULL or "" for the one that media is received at
 * @first_port, @last_port, @buffer_size: as siprec_ports_new() takes them
 * @codecs: (nullable): order of preference, NULL-terminated
 * @paused: lines begin paused, as siprec_negotiation_pause() leaves them
 * @srtp_policy: which lines are encrypted
 * @latch, @peer: as siprec_stream_set_latch() takes them
 * @refuse_unknown: refuse lines without a codec that can be depayloaded, else they are received as they are
 * @notice: called in a worker's thread with a SiprecLine as user data
 * @owner: (nullable): object that lines keep alive for @notice
 */
typedef struct {
  SiprecContext *context;
  const gchar *const *addresses;
  const gchar *advertised;
  guint16 first_port, last_port;
  guint buffer_size;
  const gchar *const *codecs;
  gboolean paused;
  SiprecSrtpPolicy srtp_policy;
  SiprecLatchMode latch;
  const gchar *peer;
  gboolean refuse_unknown;
  SiprecNoticeFunc notice;
  GObject *owner;
} SiprecNegotiationConfig;

/* A negotiation without lines; @config is copied. */
SIPREC_API SiprecNegotiation *siprec_negotiation_new (const SiprecNegotiationConfig *config);

/* Ends streams that haven't been ended, now. */
SIPREC_API void siprec_negotiation_free (SiprecNegotiation *negotiation);

/**
 * siprec_negotiation_consider:
 * @offer: the new offer
 * @refused: bit n set refuses m-line n, until the client has disabled it
 * @error: NOT_ACCEPTABLE if there are lines, and none can be received in a session that has none, PORTS or ADDRESS if ports can't be had
 *
 * Works out the answer and opens the ports that it needs; changes nothing until siprec_negotiation_commit().
 *
 * Returns: (nullable): the answer's SDP, owned by @negotiation until the next call.
 */
SIPREC_API const gchar *siprec_negotiation_consider (SiprecNegotiation *negotiation,
                                                     const SiprecOffer *offer, guint64 refused,
                                                     GError **error);

/**
 * siprec_negotiation_propose:
 * @n_lines: audio lines to offer
 * @error: PORTS or ADDRESS if ports can't be had
 *
 * For a client that offers nothing: works out an offer of ours and opens its ports. Then comes
 * siprec_negotiation_take_answer().
 *
 * Returns: (nullable): the SDP, owned by @negotiation until the next call.
 */
SIPREC_API const gchar *siprec_negotiation_propose (SiprecNegotiation *negotiation, guint n_lines,
                                                    GError **error);

/**
 * siprec_negotiation_repeat:
 * @offer: the one agreed last
 * @willing: offer to receive what the client holds, too; else the hold is repeated
 *
 * The lines as they are, as an offer of ours: RFC 7866 section 7.2 forbids us to add any. Then comes
 * siprec_negotiation_take_answer(), or siprec_negotiation_discard().
 *
 * Returns: the SDP, owned by @negotiation until the next call.
 */
SIPREC_API const gchar *siprec_negotiation_repeat (SiprecNegotiation *negotiation,
                                                   const SiprecOffer *offer, gboolean willing);

/**
 * siprec_negotiation_take_answer:
 * @answer: the client's answer to our offer, made last
 * @error: NOT_ACCEPTABLE if it is no answer to it, or has no line that can be received
 *
 * What it says becomes true with siprec_negotiation_commit(); without that nothing changes.
 */
SIPREC_API gboolean siprec_negotiation_take_answer (SiprecNegotiation *negotiation,
                                                    const SiprecOffer *answer, GError **error);

/* Before the client gets the answer considered last: the streams that go on learn their new keys, and understand
 * the old ones still. */
SIPREC_API void siprec_negotiation_expect (SiprecNegotiation *negotiation);

/* Makes the answer considered last the state; new streams begin at @now (CLOCK_MONOTONIC). @func is called for
 * each change, removals first, then in m-line order. */
SIPREC_API void siprec_negotiation_commit (SiprecNegotiation *negotiation, GstClockTime now,
                                           SiprecLineFunc func, gpointer user_data);

/* Forgets the answer considered last; its ports are closed. */
SIPREC_API void siprec_negotiation_discard (SiprecNegotiation *negotiation);

/**
 * siprec_negotiation_pause:
 * @mline: a line, or SIPREC_ALL_LINES
 *
 * Stops receiving, at once; @func is told of each line that is held by that. The client is yet to hear of
 * it with siprec_negotiation_repeat(). FALSE if there is no such line.
 */
SIPREC_API gboolean siprec_negotiation_pause (SiprecNegotiation *negotiation, gint mline,
                                              SiprecLineFunc func, gpointer user_data);

/* Makes siprec_negotiation_repeat() offer to receive again. FALSE if there is no such line. */
SIPREC_API gboolean siprec_negotiation_plan_resume (SiprecNegotiation *negotiation, gint mline);

/* The client has agreed to that, or refused: receives again, or not. */
SIPREC_API void siprec_negotiation_resume (SiprecNegotiation *negotiation, gboolean agreed,
                                           SiprecLineFunc func, gpointer user_data);

/* Lines of @offer, agreed last, that were offered and can't be received, as "1 (video RTP/AVP), ..." for people;
 * NULL if there is none. What was refused for the user's sake doesn't count. */
SIPREC_API gchar *siprec_negotiation_name_refused (SiprecNegotiation *negotiation,
                                                   const SiprecOffer *offer);

/* The SDP agreed last, or NULL. */
SIPREC_API const gchar *siprec_negotiation_get_sdp (SiprecNegotiation *negotiation);

/* The lines in m-line order (element-type SiprecLine); owned by @negotiation. */
SIPREC_API GPtrArray *siprec_negotiation_get_lines (SiprecNegotiation *negotiation);

/* Ends every stream at @end; the first call counts. */
SIPREC_API void siprec_negotiation_end (SiprecNegotiation *negotiation, GstClockTime end);

G_END_DECLS
