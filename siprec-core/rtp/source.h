/* siprec-core: which packets belong to the sender of a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

typedef enum {
  SIPREC_SOURCE_ACCEPT, /* of the source, and newer than all before */
  SIPREC_SOURCE_OLD,    /* of the source, out of order or a copy */
  SIPREC_SOURCE_HOLD,   /* perhaps the first of a new source: keep it, and only it */
  SIPREC_SOURCE_SWITCH, /* confirms the one held: start with that one, then check again */
} SiprecSourceVerdict;

/**
 * SiprecSource:
 *
 * Sequence state and reception statistics of the current sender (RFC 3550 appendix A.1, A.3, A.8).
 * The first packet makes a source at once. A packet of another SSRC, or far off in sequence, is
 * held until a second one confirms it, and then none of the two is lost; a packet of the current
 * source in between shows it was a stray.
 */
typedef struct {
  gboolean known;
  guint32 ssrc;
  gint64 base_seq, max_seq; /* extended */
  guint64 received, expected_prior, received_prior;
  guint32 clock_rate, transit, jitter; /* jitter in 1/16 clock units */
  gboolean have_candidate, have_transit;
  guint32 candidate_ssrc;
  guint16 candidate_seq;
} SiprecSource;

/* Makes @ssrc the source, beginning with @seq. */
SIPREC_API void siprec_source_start (SiprecSource *source, guint32 ssrc, guint16 seq);

/* What to do with a packet; @ext_seq (out) is its extended sequence number if it is accepted. */
SIPREC_API SiprecSourceVerdict siprec_source_check (SiprecSource *source, guint32 ssrc, guint16 seq,
                                                    gint64 *ext_seq);

/* Counts an accepted packet. */
SIPREC_API void siprec_source_count (SiprecSource *source);

/* Feeds the jitter estimate (appendix A.8). */
SIPREC_API void siprec_source_measure (SiprecSource *source, guint32 timestamp, guint32 clock_rate,
                                       GstClockTime arrival);

/* Interarrival jitter in ns. */
GstClockTime siprec_source_get_jitter (const SiprecSource *source);

/* Fraction and number of packets lost for a report block, and the interval starts anew (A.3). */
SIPREC_API void siprec_source_take_loss (SiprecSource *source, guint8 *fraction, gint32 *lost);

G_END_DECLS
