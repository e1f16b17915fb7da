/* Converts kernel timestamps to the monotonic clock, also when the system clock is set.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arrival.h"

#include "context.h"

/* Packets go on arriving while those before them are read. */
#define READING SIPREC_TICK

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

GstClockTime
siprec_arrival_convert (const SiprecArrival *arrival, GstClockTime stamp)
{
  gint64 latest = arrival->now + READING;
  gint64 time = (gint64)stamp - arrival->offset;

  /* The clock was set during the last tick: the stamp is from before or after it. All that is read
   * now came since the last tick, so the offset that puts it there is the right one. */
  if (ABS (arrival->offset - arrival->last_offset) > (gint64)STEP &&
      (time > latest || time < (gint64)arrival->last)) {
    gint64 other = (gint64)stamp - arrival->last_offset;

    time = other <= latest && other >= (gint64)arrival->last ? other : (gint64)arrival->now;
  }
  return CLAMP (time, 0, latest);
}
