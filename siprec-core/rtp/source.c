/* Tells the packets of a stream's sender from strays, and keeps its reception statistics.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

/* RFC 3550 appendix A.1. */
#define MAX_DROPOUT  3000
#define MAX_MISORDER 100

/* How far the second packet of a new source may be from the first one. */
#define MAX_CANDIDATE_GAP 16

void
siprec_source_start (SiprecSource *source, guint32 ssrc, guint16 seq)
{
  *source = (SiprecSource){.known = TRUE, .ssrc = ssrc};
  /* One cycle up, so that what comes before the first packet has a number too. */
  source->base_seq = G_MAXUINT16 + 1 + seq;
  source->max_seq = source->base_seq - 1;
}

static SiprecSourceVerdict
check_candidate (SiprecSource *source, guint32 ssrc, guint16 seq)
{
  guint16 gap = seq - source->candidate_seq;

  if (source->have_candidate && ssrc == source->candidate_ssrc && gap > 0 &&
      gap <= MAX_CANDIDATE_GAP)
    return SIPREC_SOURCE_SWITCH;
  source->have_candidate = TRUE;
  source->candidate_ssrc = ssrc;
  source->candidate_seq = seq;
  return SIPREC_SOURCE_HOLD;
}

SiprecSourceVerdict
siprec_source_check (SiprecSource *source, guint32 ssrc, guint16 seq, gint64 *ext_seq)
{
  guint16 ahead;

  if (!source->known)
    siprec_source_start (source, ssrc, seq);
  if (ssrc != source->ssrc)
    return check_candidate (source, ssrc, seq);

  ahead = seq - (guint16)source->max_seq;
  if (ahead > 0 && ahead < MAX_DROPOUT) {
    source->max_seq += ahead;
    source->have_candidate = FALSE;
    *ext_seq = source->max_seq;
    return SIPREC_SOURCE_ACCEPT;
  }
  if (ahead == 0 || ahead >= G_MAXUINT16 + 1 - MAX_MISORDER) {
    *ext_seq = source->max_seq - (guint16)-ahead;
    return SIPREC_SOURCE_OLD;
  }
  return check_candidate (source, ssrc, seq);
}

void
siprec_source_count (SiprecSource *source)
{
  source->received++;
}

void
siprec_source_measure (SiprecSource *source, guint32 timestamp, guint32 clock_rate,
                       GstClockTime arrival)
{
  guint32 transit = (guint32)gst_util_uint64_scale (arrival, clock_rate, GST_SECOND) - timestamp;
  gint32 change = transit - source->transit;

  source->transit = transit;
  if (!source->have_transit || clock_rate != source->clock_rate) {
    source->have_transit = TRUE;
    source->clock_rate = clock_rate;
    source->jitter = 0;
    return;
  }
  /* A jump of the timestamps by more than a second is no jitter. */
  if (change > (gint64)clock_rate || change < -(gint64)clock_rate)
    return;
  source->jitter += ABS (change) - ((source->jitter + 8) >> 4);
}

GstClockTime
siprec_source_get_jitter (const SiprecSource *source)
{
  if (source->clock_rate == 0)
    return 0;
  return gst_util_uint64_scale (source->jitter >> 4, GST_SECOND, source->clock_rate);
}

void
siprec_source_take_loss (SiprecSource *source, guint8 *fraction, gint32 *lost)
{
  guint64 expected = source->max_seq - source->base_seq + 1;
  gint64 expected_interval = expected - source->expected_prior;
  gint64 received_interval = source->received - source->received_prior;
  gint64 lost_interval = expected_interval - received_interval;
  gint64 total = (gint64)expected - (gint64)source->received;

  source->expected_prior = expected;
  source->received_prior = source->received;
  *lost = CLAMP (total, -0x800000, 0x7fffff);
  *fraction = 0;
  if (expected_interval > 0 && lost_interval > 0)
    *fraction = MIN ((lost_interval << 8) / expected_interval, 255);
}
