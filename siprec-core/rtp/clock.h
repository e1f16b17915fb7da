/* siprec-core: the sender's RTP clock on CLOCK_MONOTONIC
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

#define SIPREC_CLOCK_BUCKETS 16

/**
 * SiprecClock:
 *
 * Maps RTP timestamps to time. The packet that was delayed least tells most of the sender's clock,
 * so the mapping follows the minimum of (arrival - RTP time) over the last two seconds, and it
 * moves so slowly that jitter doesn't show, yet faster than any two crystals drift apart. When both
 * clocks disagree for good (the sender jumped, or paused without counting on), the mapping starts
 * anew at the packet's arrival. That one may have been delayed more than others: while @loose, the
 * mapping follows the minimum at once, for a caller that holds packets until more is known. Pure
 * arithmetic on the times given.
 */
typedef struct {
  guint32 rate;
  gboolean anchored;
  gboolean loose;
  guint anchors; /* how often it started anew */
  gint64 last;   /* newest extended timestamp */
  GstClockTime last_arrival;
  gint64 base; /* RTP timestamp base is base_time */
  GstClockTime base_time;
  gint64 skew;    /* what to add, ns */
  gint64 minimum; /* of all buckets */
  guint bucket;
  GstClockTime bucket_start;
  gint64 buckets[SIPREC_CLOCK_BUCKETS]; /* least delay in each slice of the window */
} SiprecClock;

/* Forgets all; @rate is the RTP clock in Hz. */
SIPREC_API void siprec_clock_reset (SiprecClock *clock, guint32 rate);

/* @timestamp extended to 64 bits, near the newest. */
SIPREC_API gint64 siprec_clock_extend (const SiprecClock *clock, guint32 timestamp);

/* Time of an extended timestamp; GST_CLOCK_TIME_NONE before the first packet. */
SIPREC_API GstClockTime siprec_clock_get_time (const SiprecClock *clock, gint64 timestamp);

/**
 * siprec_clock_update:
 * @timestamp: of a packet newer than all before
 * @arrival: when it came
 * @patience: with more delay than this a packet is of no use, so such a delay means that the sender
 *   paused without counting on
 *
 * Learns from a packet, and returns its time.
 */
SIPREC_API GstClockTime siprec_clock_update (SiprecClock *clock, gint64 timestamp,
                                             GstClockTime arrival, GstClockTime patience);

G_END_DECLS
