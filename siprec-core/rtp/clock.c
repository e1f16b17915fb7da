/* Follows the sender's clock through the jitter of the network.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clock.h"

/* Both clocks may disagree by this much before the mapping starts anew. */
#define MAX_DISAGREEMENT ((gint64)GST_SECOND)

/* 16 slices of 125 ms: a window of 2 s. */
#define BUCKET_LENGTH (125 * GST_MSECOND)

/* The mapping moves by at most 1/128 of the time that passes, 7800 ppm. */
#define SLEW 128

/* A longer pause than this moves it no further: there is no telling what happened in it. */
#define MAX_PAUSE (200 * GST_MSECOND)

void
siprec_clock_reset (SiprecClock *clock, guint32 rate)
{
  *clock = (SiprecClock){.rate = rate, .anchors = clock->anchors};
}

gint64
siprec_clock_extend (const SiprecClock *clock, guint32 timestamp)
{
  if (!clock->anchored)
    return timestamp;
  return clock->last + (gint32)(timestamp - (guint32)clock->last);
}

static gint64
to_ns (const SiprecClock *clock, gint64 units)
{
  if (units < 0)
    return -(gint64)gst_util_uint64_scale (-units, GST_SECOND, clock->rate);
  return gst_util_uint64_scale (units, GST_SECOND, clock->rate);
}

GstClockTime
siprec_clock_get_time (const SiprecClock *clock, gint64 timestamp)
{
  gint64 time;

  if (!clock->anchored)
    return GST_CLOCK_TIME_NONE;
  time = (gint64)clock->base_time + to_ns (clock, timestamp - clock->base) + clock->skew;
  return MAX (time, 0);
}

static void
anchor (SiprecClock *clock, gint64 timestamp, GstClockTime arrival)
{
  clock->anchored = TRUE;
  clock->anchors++;
  clock->base = timestamp;
  clock->base_time = arrival;
  clock->skew = clock->minimum = 0;
  for (guint i = 0; i < SIPREC_CLOCK_BUCKETS; i++)
    clock->buckets[i] = G_MAXINT64;
  clock->bucket = 0;
  clock->buckets[0] = 0;
  clock->bucket_start = arrival;
}

/* Opens the slices between the last one and @arrival, which forgets the oldest. */
static void
advance_buckets (SiprecClock *clock, GstClockTime arrival)
{
  guint n = MIN ((arrival - clock->bucket_start) / BUCKET_LENGTH, SIPREC_CLOCK_BUCKETS);

  for (guint i = 0; i < n; i++) {
    clock->bucket = (clock->bucket + 1) % SIPREC_CLOCK_BUCKETS;
    clock->buckets[clock->bucket] = G_MAXINT64;
  }
  clock->bucket_start += (arrival - clock->bucket_start) / BUCKET_LENGTH * BUCKET_LENGTH;
  clock->minimum = G_MAXINT64;
  for (guint i = 0; i < SIPREC_CLOCK_BUCKETS; i++)
    clock->minimum = MIN (clock->minimum, clock->buckets[i]);
}

static void
observe (SiprecClock *clock, gint64 delay, GstClockTime arrival)
{
  gint64 step, wish;

  if (arrival >= clock->bucket_start + BUCKET_LENGTH)
    advance_buckets (clock, arrival);
  clock->buckets[clock->bucket] = MIN (clock->buckets[clock->bucket], delay);
  clock->minimum = MIN (clock->minimum, delay);

  if (clock->loose)
    clock->skew = clock->minimum;
  if (arrival <= clock->last_arrival)
    return;
  step = MIN (arrival - clock->last_arrival, MAX_PAUSE) / SLEW;
  wish = clock->minimum - clock->skew;
  clock->skew += CLAMP (wish, -step, step);
}

GstClockTime
siprec_clock_update (SiprecClock *clock, gint64 timestamp, GstClockTime arrival,
                     GstClockTime patience)
{
  gint64 delay = 0;
  gint64 late = MIN (patience, (GstClockTime)MAX_DISAGREEMENT);

  if (clock->anchored)
    delay = (gint64)arrival - (gint64)clock->base_time - to_ns (clock, timestamp - clock->base);
  if (!clock->anchored || delay - clock->skew > late || delay - clock->skew < -MAX_DISAGREEMENT)
    anchor (clock, timestamp, arrival);
  else
    observe (clock, delay, arrival);
  clock->last = timestamp;
  clock->last_arrival = MAX (clock->last_arrival, arrival);
  return siprec_clock_get_time (clock, timestamp);
}
