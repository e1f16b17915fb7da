/* siprec-core: which address the packets of a stream are taken from
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "address.h"

G_BEGIN_DECLS

typedef enum {
  SIPREC_LATCH_FIRST,     /* the first one that sends media, until it falls silent */
  SIPREC_LATCH_SIGNALLED, /* the one in the SDP, or behind the same NAT as the SIP peer */
  SIPREC_LATCH_ANY,
} SiprecLatchMode;

/**
 * SiprecLatch:
 * @signalled: RTP address of the SDP
 * @nominated: the one that ICE has found
 * @reports: where the SDP says that RTCP comes from
 * @peer: (port unused): where SIP comes from, if media may come from there as well
 * @source: what packets are taken from now
 * @heard: when its last packet came
 *
 * An address that sends media latches. Another one is heard only if the latched one has been silent for
 * SIPREC_LATCH_SILENCE, if the SDP names it or its host (or it is the SIP peer's) and not the latched one's, if a
 * new SDP came, or if its packets are authentic.
 */
typedef struct {
  SiprecLatchMode mode;
  SiprecAddress signalled, nominated, reports, peer;
  SiprecAddress source;
  GstClockTime heard;
} SiprecLatch;

#define SIPREC_LATCH_SILENCE (2 * GST_SECOND)

/* What a new SDP says: the stream's address, NULL or port 0 if it says none, and that of the SIP peer. Another one
 * than before ends the latch. */
SIPREC_API void siprec_latch_set_remote (SiprecLatch *latch, const gchar *address, guint16 port,
                                         const gchar *peer);

/* Whether a packet that isn't known to be authentic may come @from there. */
SIPREC_API gboolean siprec_latch_admits (const SiprecLatch *latch, const SiprecAddress *from,
                                         GstClockTime arrival);

/* The same for an authentic one. */
SIPREC_API gboolean siprec_latch_admits_authentic (const SiprecLatch *latch,
                                                   const SiprecAddress *from);

/* The same for a report, which comes from another port. */
SIPREC_API gboolean siprec_latch_admits_rtcp (const SiprecLatch *latch, const SiprecAddress *from);

/* Whether that host is the client's as far as we know: media comes from there, or the SDP names it, for media or for
 * reports. */
gboolean siprec_latch_vouches (const SiprecLatch *latch, const SiprecAddress *from);

/* Whether the SDP, or ICE after it, names that host. */
gboolean siprec_latch_is_signalled (const SiprecLatch *latch, const SiprecAddress *from);

/* Reports may come from there as well, if the SDP names that address for them. */
void siprec_latch_set_reports (SiprecLatch *latch, const gchar *address, guint16 port);

/* ICE has found that address: it counts like one in the SDP. */
void siprec_latch_nominate (SiprecLatch *latch, const SiprecAddress *from, GstClockTime arrival);

/* A packet that was admitted has proved to be media. */
SIPREC_API void siprec_latch_confirm (SiprecLatch *latch, const SiprecAddress *from,
                                      GstClockTime arrival);

G_END_DECLS
