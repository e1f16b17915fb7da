/* siprec-core: the SDP answer of a recorder (RFC 7866 section 7.2, RFC 3264)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "offer.h"

G_BEGIN_DECLS

/**
 * siprec_answer_choose:
 * @mline: a line of the offer
 * @codecs: (nullable): encoding names in order of preference ("opus", "PCMA"), NULL-terminated;
 *   NULL takes the offer's order
 *
 * Chooses the formats to answer with: one media codec (the first that can be depayloaded; if there is
 * none, the first at all, which stays application/x-rtp), then the
 * retransmissions of it (RFC 4588) if they can be asked for, then every telephone-event and comfort noise
 * format of the offer whose clock rate is that of the codec, or all of them if none matches.
 *
 * Returns: (element-type SiprecFormat) (transfer full): the codec first; empty if the line has no
 *   media format.
 */
SIPREC_API GPtrArray *siprec_answer_choose (const SiprecMline *mline, const gchar *const *codecs);

/**
 * SiprecAnswerLine:
 * @port: our RTP port, or 0 to refuse the line
 * @inactive: answer a=inactive although the offer would send (not ready, or paused by us)
 * @willing: unless @inactive, say a=recvonly although the offer is held: what we write is an offer
 * @formats: (element-type SiprecFormat) (nullable): as chosen
 * @protection: (nullable): its attributes are written
 */
typedef struct {
  guint16 port;
  gboolean inactive;
  gboolean willing;
  GPtrArray *formats;
  const SiprecProtection *protection;
} SiprecAnswerLine;

/**
 * siprec_answer_make:
 * @offer: the offer
 * @lines: one a line of the offer, in its order
 * @address: address written into c= and o= ("192.0.2.1", "2001:db8::1")
 * @session_id: number of the o= line, ours, the same for the life of the session
 * @version: of the o= line; rises by one with each SDP that differs (RFC 3264 section 8)
 *
 * Writes the answer: every line in its order, a=label and a=mid echoed, direction recvonly (inactive
 * for held lines), a=rtcp-mux where offered; RTCP is received on port + 1 otherwise. Refused lines keep
 * their media, transport and formats with port 0. A line that was offered with port 0 is refused
 * whatever @lines says, and so is an RTP line without formats.
 *
 * Returns: the SDP text with CRLF line ends. Free with g_free().
 */
SIPREC_API gchar *siprec_answer_make (const SiprecOffer *offer, const SiprecAnswerLine *lines,
                                      const gchar *address, guint64 session_id, guint64 version);

G_END_DECLS
