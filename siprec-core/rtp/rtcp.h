/* siprec-core: RTCP of one stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "refresh.h"
#include "source.h"
#include "stats.h"

G_BEGIN_DECLS

#define SIPREC_RTCP_SENDERS 4

/* What reports told of one SSRC. */
typedef struct {
  gboolean known;
  guint32 ssrc;
  gboolean have_sr;
  guint64 ntp;          /* NTP timestamp, 32.32 */
  guint32 rtp;          /* the same moment in its RTP clock */
  GstClockTime arrival; /* of the last sender report, or of what came instead */
  gchar *cname;
  gboolean bye;
} SiprecRtcpSender;

/**
 * SiprecRtcp:
 *
 * The last senders that reports came from, and when our own report is due (RFC 3550 section 6).
 * Reports go to where RTCP came from last, else to the address in the SDP. They go on while nothing
 * is received, and more often than every 15 s, so they also keep the bindings of NATs on the way open
 * (RFC 6263 sections 4.3 and 7).
 */
typedef struct {
  guint32 ssrc; /* ours */
  GstClockTime next;
  SiprecRtcpSender senders[SIPREC_RTCP_SENDERS]; /* known ones first */
  SiprecAddress signalled, seen;
  gboolean seen_on_rtp; /* RTCP came on the RTP socket last */
  gboolean mux;
  gboolean reported; /* we have sent something */
} SiprecRtcp;

SIPREC_API void siprec_rtcp_init (SiprecRtcp *rtcp, GstClockTime now);
SIPREC_API void siprec_rtcp_clear (SiprecRtcp *rtcp);

/* Reads a compound or reduced-size packet (RFC 5506). FALSE if it isn't one. */
SIPREC_API gboolean siprec_rtcp_parse (SiprecRtcp *rtcp, const guint8 *data, gsize size,
                                       GstClockTime arrival);

/* What is known of @ssrc, or NULL. */
SIPREC_API const SiprecRtcpSender *siprec_rtcp_get_sender (const SiprecRtcp *rtcp, guint32 ssrc);

/* TRUE once when a report is due, and plans the next one (section 6.3.1). */
SIPREC_API gboolean siprec_rtcp_is_due (SiprecRtcp *rtcp, GstClockTime now);

/* A receiver report on @source (empty if nothing came since the last one) with our CNAME; @bye if it
 * is the last one. */
SIPREC_API GstBuffer *siprec_rtcp_make_report (SiprecRtcp *rtcp, SiprecSource *source,
                                               GstClockTime now, gboolean bye);

/* PLI (RFC 4585 section 6.3.1) or FIR (RFC 5104 section 4.3.1) for the sender @ssrc, to follow a report. */
SIPREC_API GstMemory *siprec_rtcp_make_refresh (const SiprecRtcp *rtcp, guint32 ssrc,
                                                const SiprecRefresh *refresh, SiprecRefreshWay way);

/* Asks the sender @ssrc for @n packets again (RFC 4585 section 6.2.1). */
SIPREC_API GstMemory *siprec_rtcp_make_nack (const SiprecRtcp *rtcp, guint32 ssrc,
                                             const guint16 *seqs, guint n);

/* Where the SDP says that reports go: a numeric address, NULL or port 0 if it doesn't say. */
void siprec_rtcp_set_remote (SiprecRtcp *rtcp, const gchar *address, guint16 port, gboolean mux);

G_END_DECLS
