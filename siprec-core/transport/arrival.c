/* Converts kernel timestamps to the monotonic clock, also when the system clock is set.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arrival.h"

/* Packets go on arriving while those before them are read. */
#define READING (20 * GST_MSECOND)

/* Streams that are read seldom have packets of so long before the last sample. */
#define WAITING (4 * READING)

/* Two samples whose offsets differ by more than this have a step of the system clock between them;
 * less is noise of the sampling. */
#define STEP (2 * GST_MSECOND)

void
siprec_arrival_sample (SiprecArrival *arrival, GstClockTime monotonic, GstClockTime realtime)
{
  gboolean first = arrival->now == 0;

  arrival->last = first ? monotonic : arrival->now;
  arrival->last_offset = arrival->offset;
  arrival->now = monotonic;
  arrival->offset = (gint64)realtime - (gint64)monotonic;
  if (first)
    arrival->last_offset = arrival->offset;
}

gboolean
siprec_arrival_is_stepped (const SiprecArrival *arrival)
{
  return ABS (arrival->offset - arrival->last_offset) > (gint64)STEP;
}

GstClockTime
siprec_arrival_convert (const SiprecArrival *arrival, GstClockTime stamp)
{
  gint64 latest = arrival->now + READING;
  gint64 oldest = (gint64)arrival->last - (gint64)WAITING;
  gint64 time = (gint64)stamp - arrival->offset;

  /* The clock was set during the last tick: the stamp is from before or after it. All that is read
   * now came not long before the last tick, so the offset that puts it there is the right one. */
  if (siprec_arrival_is_stepped (arrival) && (time > latest || time < oldest)) {
    gint64 other = (gint64)stamp - arrival->last_offset;

    time = other <= latest && other >= oldest ? other : (gint64)arrival->now;
  }
  return CLAMP (time, 0, latest);
}
