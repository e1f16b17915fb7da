/* The sender's clock, on made-up times.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/rtp/clock.h"

#define T0       (1000 * GST_SECOND)
#define FRAME    160
#define LENGTH   (20 * GST_MSECOND)
#define PATIENCE (200 * GST_MSECOND)

static SiprecClock rtp_clock;
static guint32 timestamp;

static void
setup (void)
{
  siprec_clock_reset (&rtp_clock, 8000);
  timestamp = 0xfffff000;
}

static GstClockTime
update (guint32 ts, GstClockTime arrival)
{
  return siprec_clock_update (&rtp_clock, siprec_clock_extend (&rtp_clock, ts), arrival, PATIENCE);
}

static GstClockTime
next (GstClockTime arrival)
{
  timestamp += FRAME;
  return update (timestamp, arrival);
}

/* A fixed sequence of delays between 0 and @most. */
static GstClockTime
make_jitter (guint i, GstClockTime most)
{
  return (i * 7919u + i * i * 31u) % 1009 * most / 1008;
}

/* Steady packets keep their distance to the ns, over the wrap of the timestamp too. */
GST_START_TEST (test_steady)
{
  fail_unless (!GST_CLOCK_TIME_IS_VALID (siprec_clock_get_time (&rtp_clock, 5)));
  for (guint i = 0; i < 1000; i++)
    fail_unless_equals_uint64 (next (T0 + i * LENGTH), T0 + i * LENGTH);
}

GST_END_TEST;

/* Jitter of two frames doesn't show, and the mapping settles at the least delay. */
GST_START_TEST (test_jitter)
{
  GstClockTime last = 0;

  for (guint i = 0; i < 3000; i++) {
    GstClockTime time = next (T0 + i * LENGTH + make_jitter (i + 3, 2 * LENGTH));
    gint64 step = GST_CLOCK_DIFF (last, time);

    if (i > 0)
      fail_unless (ABS (step - (gint64)LENGTH) < 500 * (gint64)GST_USECOND,
                   "step of %" G_GINT64_FORMAT, step);
    last = time;
    if (i > 500)
      fail_unless (ABS (GST_CLOCK_DIFF (T0 + i * LENGTH, time)) < 2 * (gint64)GST_MSECOND);
  }
}

GST_END_TEST;

static void
check_drift (gint ppm)
{
  GstClockTime last = 0;

  for (guint i = 0; i < 90000; i++) {
    GstClockTime sent = T0 + i * (LENGTH + LENGTH * (gint64)ppm / 1000000);
    GstClockTime time = next (sent + make_jitter (i, 5 * GST_MSECOND));
    gint64 step = GST_CLOCK_DIFF (last, time);

    if (i > 0)
      fail_unless (ABS (step - (gint64)LENGTH) < 500 * (gint64)GST_USECOND);
    if (i > 500)
      fail_unless (ABS (GST_CLOCK_DIFF (sent, time)) < 2 * (gint64)GST_MSECOND,
                   "off by %" G_GINT64_FORMAT " at %u", GST_CLOCK_DIFF (sent, time), i);
    last = time;
  }
}

/* Half an hour with a crystal that is far off. */
GST_START_TEST (test_drift)
{
  check_drift (200);
  setup ();
  check_drift (-200);
}

GST_END_TEST;

/* A packet out of order has its own time and teaches nothing. */
GST_START_TEST (test_old_packet)
{
  next (T0);
  timestamp += FRAME;
  next (T0 + 2 * LENGTH);
  fail_unless_equals_uint64 (
      siprec_clock_get_time (&rtp_clock, siprec_clock_extend (&rtp_clock, timestamp - FRAME)),
      T0 + LENGTH);
}

GST_END_TEST;

/* Silence that the sender counts is silence. */
GST_START_TEST (test_counted_pause)
{
  next (T0);
  timestamp += 10 * 8000;
  fail_unless_equals_uint64 (next (T0 + 10 * GST_SECOND + LENGTH), T0 + 10 * GST_SECOND + LENGTH);
}

GST_END_TEST;

/* Silence that the sender doesn't count would put media in the past. */
GST_START_TEST (test_uncounted_pause)
{
  for (guint i = 0; i < 100; i++)
    next (T0 + i * LENGTH);
  fail_unless_equals_uint64 (next (T0 + 3 * GST_SECOND), T0 + 3 * GST_SECOND);
  fail_unless_equals_uint64 (next (T0 + 3 * GST_SECOND + LENGTH), T0 + 3 * GST_SECOND + LENGTH);
  /* But a packet that is late by less than anybody waits is late. */
  fail_unless (ABS (GST_CLOCK_DIFF (next (T0 + 3 * GST_SECOND + 8 * LENGTH),
                                    T0 + 3 * GST_SECOND + 2 * LENGTH)) < 2000000);
}

GST_END_TEST;

/* Timestamps that jump, by a second, by half their range, or back. */
GST_START_TEST (test_jumps)
{
  const guint32 jumps[] = {8400, 0x7fffffff, 0x80000000, 0x80000001, 0xffff0000, 0xffffdf00};
  GstClockTime now = T0;

  next (now);
  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++) {
    timestamp += jumps[i];
    now += LENGTH;
    fail_unless_equals_uint64 (next (now), now);
    now += LENGTH;
    fail_unless_equals_uint64 (next (now), now);
  }
}

GST_END_TEST;

/* Arrival times that stand still or go back break nothing. */
GST_START_TEST (test_absurd_arrivals)
{
  next (T0);
  next (0);
  next (T0 - GST_SECOND);
  next (G_MAXINT64 / 2);
  fail_unless_equals_uint64 (next (T0), T0);
}

GST_END_TEST;

static Suite *
clock_suite (void)
{
  Suite *suite = suite_create ("clock");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, NULL);
  tcase_add_test (tc, test_steady);
  tcase_add_test (tc, test_jitter);
  tcase_add_test (tc, test_drift);
  tcase_add_test (tc, test_old_packet);
  tcase_add_test (tc, test_counted_pause);
  tcase_add_test (tc, test_uncounted_pause);
  tcase_add_test (tc, test_jumps);
  tcase_add_test (tc, test_absurd_arrivals);
  return suite;
}

GST_CHECK_MAIN (clock);
