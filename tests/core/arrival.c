/* Kernel timestamps while somebody sets the system clock, on made-up clocks.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprec-core/transport/arrival.h"
#include "talker.h"
#include "tests/support/rounds.h"

#define HOUR  (3600 * (gint64)GST_SECOND)
#define EPOCH (1790000000 * GST_SECOND)

/* The system clock is ahead of the monotonic one by so much, and was so before @stepped. */
typedef struct {
  gint64 offset, old_offset;
  GstClockTime stepped;
} Clocks;

static GstClockTime
read_realtime (const Clocks *clocks, GstClockTime monotonic)
{
  return monotonic + (monotonic < clocks->stepped ? clocks->old_offset : clocks->offset);
}

/* Packets come every 20 ms and are read @delay after a tick. The clock is set by @step between two of them, @phase
 * after a tick. */
static void
check_step (gint64 step, GstClockTime phase, GstClockTime delay)
{
  Clocks clocks = {EPOCH + step, EPOCH, T0 + 500 * LENGTH + phase};
  SiprecArrival arrival = {0};
  Talker talker;

  talker_init (&talker, 1, NULL, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 1000; i++) {
    GstClockTime now = T0 + i * LENGTH, sent = now - 7 * GST_MSECOND, came;

    siprec_arrival_sample (&arrival, now, read_realtime (&clocks, now));
    came = siprec_arrival_convert (&arrival, read_realtime (&clocks, sent));
    fail_unless (ABS (GST_CLOCK_DIFF (sent, came)) <= 20 * (gint64)GST_MSECOND,
                 "packet %u is off by %" G_GINT64_FORMAT, i, GST_CLOCK_DIFF (sent, came));
    /* The clock may be set while the last ones of a tick are read. */
    came = siprec_arrival_convert (&arrival, read_realtime (&clocks, now + delay));
    fail_unless (came <= now + 20 * GST_MSECOND);
    talker_speak (&talker, i, siprec_arrival_convert (&arrival, read_realtime (&clocks, sent)));
    talker_tick (&talker, now);
  }
  talker_end (&talker, T0 + 1000 * LENGTH);
  /* The first packet came before T0. */
  fail_unless_equals_int (talker.speech, 1000 * FRAME - 7 * 8);
  fail_unless (ABS ((gint)talker.filler - 7 * 8) <= 3 * 8);
  fail_unless (ABS ((gint)talker.octets->len - 1000 * FRAME) <= 3 * 8);
  fail_unless (talker.worst_step <= 200 * (gint64)GST_USECOND);
  talker_clear (&talker);
}

/* An hour on or back, a second, a little: nothing changes in the recording. */
GST_START_TEST (test_steps)
{
  static const gint64 steps[] = {0,
                                 HOUR,
                                 -HOUR,
                                 GST_SECOND,
                                 -(gint64)GST_SECOND,
                                 100 * (gint64)GST_MSECOND,
                                 -100 * (gint64)GST_MSECOND,
                                 3 * (gint64)GST_MSECOND,
                                 -3 * (gint64)GST_MSECOND};

  for (guint i = 0; i < rounds (4); i++)
    check_step (steps[__i__], (1 + 6 * i) * GST_MSECOND, 2 * GST_MSECOND);
}

GST_END_TEST;

/* A clock that is slewed (NTP does that by up to 500 ppm) is no clock that is set. */
GST_START_TEST (test_slewed)
{
  SiprecArrival arrival = {0};

  for (guint i = 0; i < rounds (100000); i++) {
    GstClockTime now = T0 + i * LENGTH, realtime = EPOCH + now + i * LENGTH / 2000;
    GstClockTime came;

    siprec_arrival_sample (&arrival, now, realtime);
    fail_unless (!siprec_arrival_is_stepped (&arrival));
    came = siprec_arrival_convert (&arrival, realtime - 10 * GST_MSECOND);
    fail_unless (ABS (GST_CLOCK_DIFF (now - 10 * GST_MSECOND, came)) < 10000);
  }
}

GST_END_TEST;

static Suite *
arrival_suite (void)
{
  Suite *suite = suite_create ("arrival");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_steps, 0, 9);
  tcase_add_test (tc, test_slewed);
  return suite;
}

GST_CHECK_MAIN (arrival);
