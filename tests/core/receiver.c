/* What receivers make of packets, on made-up times: alignment and drift.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "talker.h"
#include "tests/support/rounds.h"

/* Two streams whose packets are on their way for no time and for 90 ms speak for 60 s; returns by
 * how much the second is behind the first at the end. */
static gint64
run_pair (Talker *a, Talker *b, const gchar *cname_a, const gchar *cname_b, guint first_report)
{
  const GstClockTime delay = 90 * GST_MSECOND;

  for (guint i = 0; i < 3000; i++) {
    GstClockTime now = T0 + i * LENGTH;

    talker_speak (a, i, now);
    if (i >= 5)
      talker_speak (b, i - 5, now - 10 * GST_MSECOND);
    if (i >= first_report && (i - first_report) % 250 == 0) {
      talker_report (a, cname_a, i * LENGTH, 0);
      talker_report (b, cname_b, i * LENGTH, delay);
    }
    talker_tick (a, now);
    talker_tick (b, now);
  }
  /* a has given frame 2999, b 2994. */
  return GST_CLOCK_DIFF (a->last_speech, b->last_speech + 5 * LENGTH);
}

static void
check_pair (const gchar *cname_a, const gchar *cname_b, guint first_report, gint64 ahead,
            gint64 expected)
{
  g_autoptr (SiprecSync) sync = siprec_sync_new ();
  Talker a, b;
  gint64 behind;

  talker_init (&a, 1, sync, SIPREC_FILL_SILENCE);
  talker_init (&b, 2, sync, SIPREC_FILL_SILENCE);
  b.ntp += ahead;
  behind = run_pair (&a, &b, cname_a, cname_b, first_report);
  fail_unless (ABS (behind - expected) < 3 * (gint64)GST_MSECOND, "%" G_GINT64_FORMAT, behind);
  /* Everything was given, and nothing jumped. */
  fail_unless_equals_int (a.speech, 3000 * FRAME);
  fail_unless_equals_int (b.speech, 2995 * FRAME);
  fail_unless (a.worst_step <= 200 * (gint64)GST_USECOND);
  if (first_report > 0)
    fail_unless_equals_int (a.filler, 0);
  talker_clear (&a);
  talker_clear (&b);
}

/* The same clock: in line at last. */
GST_START_TEST (test_same_cname)
{
  check_pair ("joe", "joe", 0, 0, 0);
  check_pair ("joe", "joe", 500, 0, 0);
}

GST_END_TEST;

/* Unrelated clocks, or reports that can't be true: as they arrived. */
GST_START_TEST (test_unrelated)
{
  check_pair ("ann", "bob", 500, 3600 * (gint64)GST_SECOND, 90 * GST_MSECOND);
  check_pair ("ann", "bob", 500, 300 * (gint64)GST_MSECOND, 90 * GST_MSECOND);
  check_pair ("joe", "joe", 500, 3600 * (gint64)GST_SECOND, 90 * GST_MSECOND);
}

GST_END_TEST;

/* 200 ppm for an hour, with jitter: no gap, no growing offset, and the length is right. */
GST_START_TEST (test_drift_over_an_hour)
{
  for (gint ppm = -200; ppm <= 200; ppm += 400) {
    const GstClockTime length = LENGTH + LENGTH * ppm / 1000000;
    const guint n = rounds (180000);
    GstClockTime sent = T0;
    Talker f;

    talker_init (&f, 1, NULL, SIPREC_FILL_SILENCE);
    for (guint i = 0; i < n; i++) {
      sent = T0 + i * length;
      talker_speak (&f, i, sent + i * 7919 % 13 * GST_MSECOND);
      if (i % 5 == 0)
        talker_tick (&f, sent + 13 * GST_MSECOND);
      if (i > 500)
        fail_unless (ABS (GST_CLOCK_DIFF (sent + length, f.receiver.timeline.anchor +
                                                             f.receiver.timeline.units * 125000)) <
                     5 * (gint64)GST_MSECOND);
    }
    talker_take (&f);
    fail_unless_equals_int (f.speech, n * FRAME);
    fail_unless_equals_int (f.filler, 0);
    fail_unless (ABS (GST_CLOCK_DIFF (sent + length, f.position)) < 5 * (gint64)GST_MSECOND);
    talker_clear (&f);
  }
}

GST_END_TEST;

/* A stream whose first packets came 90 ms late finds its place after a report, and the other one is told. */
GST_START_TEST (test_report_stays_true)
{
  g_autoptr (SiprecSync) sync = siprec_sync_new ();
  Talker a, b;

  talker_init (&a, 1, sync, SIPREC_FILL_SILENCE);
  talker_init (&b, 2, sync, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 300; i++) {
    GstClockTime now = T0 + i * LENGTH, late = i < 30 ? 90 * GST_MSECOND : 0;
    gint64 apart;

    talker_speak (&a, i, now);
    talker_speak (&b, i, now + late);
    if (i == 20) {
      talker_report (&a, "joe", i * LENGTH, 0);
      talker_report (&b, "joe", i * LENGTH, 0);
    }
    talker_tick (&a, now);
    talker_tick (&b, now);
    apart = b.receiver.clock.skew +
            GST_CLOCK_DIFF (a.receiver.clock.base_time, b.receiver.clock.base_time);
    if (i > 25)
      fail_unless (ABS (siprec_sync_get_correction (sync, &a.receiver) - apart) <=
                       (gint64)GST_MSECOND,
                   "after %u frames %" G_GINT64_FORMAT " ns", i, apart);
  }
  /* Its place was found indeed, by and by. */
  fail_unless (siprec_sync_get_correction (sync, &a.receiver) < (gint64)(70 * GST_MSECOND));
  talker_clear (&a);
  talker_clear (&b);
}

GST_END_TEST;

/* A report that is learnt in a pause is applied in the pause. */
GST_START_TEST (test_late_report_in_pause)
{
  g_autoptr (SiprecSync) sync = siprec_sync_new ();
  Talker a, b;

  talker_init (&a, 1, sync, SIPREC_FILL_SILENCE);
  talker_init (&b, 2, sync, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 200; i++) {
    GstClockTime now = T0 + i * LENGTH;

    if (i < 100 || i >= 150)
      talker_speak (&a, i, now);
    if (i >= 5)
      talker_speak (&b, i - 5, now - 10 * GST_MSECOND);
    if (i == 120) {
      talker_report (&a, "joe", i * LENGTH, 0);
      talker_report (&b, "joe", i * LENGTH, 90 * GST_MSECOND);
    }
    talker_tick (&a, now);
    talker_tick (&b, now);
    if (i == 99 || i == 150)
      fail_unless (ABS (GST_CLOCK_DIFF (now + LENGTH, a.last_speech) -
                        (i == 150 ? 90 * (gint64)GST_MSECOND : 0)) < 2 * (gint64)GST_MSECOND);
  }
  fail_unless_equals_int (a.speech, 150 * FRAME);
  fail_unless (a.filler >= (1000 + 85) * 8 && a.filler <= (1000 + 95) * 8);
  fail_unless_equals_int (a.receiver.timeline.late, 0);
  talker_clear (&a);
  talker_clear (&b);
}

GST_END_TEST;

static Suite *
receiver_suite (void)
{
  Suite *suite = suite_create ("receiver");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_same_cname);
  tcase_add_test (tc, test_unrelated);
  tcase_add_test (tc, test_report_stays_true);
  tcase_add_test (tc, test_late_report_in_pause);
  tcase_add_test (tc, test_drift_over_an_hour);
  return suite;
}

GST_CHECK_MAIN (receiver);
