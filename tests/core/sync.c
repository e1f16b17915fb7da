/* Lining up the streams of a session: who waits for whom, and how a stream gets there.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/rtp/sync.h"

#define T0   (1000 * GST_SECOND)
#define HOUR (3600 * (gint64)GST_SECOND)
#define MS   ((gint64)GST_MSECOND)

static SiprecSync *group;
static const gchar a[1], b[1], c[1];

static void
setup (void)
{
  group = siprec_sync_new ();
}

static void
teardown (void)
{
  siprec_sync_unref (group);
}

/* The faster stream waits for the slower one, whichever reported first. */
GST_START_TEST (test_same_cname)
{
  guint serial = siprec_sync_get_serial (group);

  siprec_sync_report (group, a, "x", HOUR + 50 * MS, T0, FALSE);
  fail_unless (siprec_sync_get_serial (group) != serial);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, a), 0);
  siprec_sync_report (group, b, "x", HOUR, T0 + GST_SECOND, FALSE);
  siprec_sync_report (group, c, "x", HOUR + 70 * MS, T0 + GST_SECOND, FALSE);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, a), 50 * MS);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, b), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, c), 70 * MS);
  siprec_sync_forget (group, b);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, a), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, b), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, c), 20 * MS);
}

GST_END_TEST;

/* Parties whose clocks are unrelated, near or far, stay as they arrived. */
GST_START_TEST (test_other_cname)
{
  siprec_sync_report (group, a, "alice", HOUR, T0, FALSE);
  siprec_sync_report (group, b, "bob", 2 * HOUR, T0, FALSE);
  siprec_sync_report (group, c, "carol", HOUR - 300 * MS, T0, FALSE);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, a), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, b), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, c), 0);
  /* One of them turns out to be another. */
  siprec_sync_report (group, a, "carol", HOUR, T0, FALSE);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, a), 300 * MS);
}

GST_END_TEST;

/* What is over a second is wrong, and spoils nothing for the others; so is what is old. */
GST_START_TEST (test_absurd)
{
  siprec_sync_report (group, a, "x", HOUR, T0, FALSE);
  siprec_sync_report (group, b, "x", HOUR + 1000 * MS, T0, FALSE);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, b), 1000 * MS);
  siprec_sync_report (group, b, "x", HOUR + 1000 * MS + 1, T0, FALSE);
  siprec_sync_report (group, c, "x", HOUR + 1100 * MS, T0, FALSE);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, a), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, b), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, c), 100 * MS - 1);
  siprec_sync_report (group, c, "x", HOUR + 1100 * MS, T0 + 61 * GST_SECOND, FALSE);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, c), 0);
}

GST_END_TEST;

/* A late correction takes its time while somebody speaks. */
GST_START_TEST (test_slow)
{
  SiprecShift shift = {.target = 100 * MS};
  gint64 last = 0;

  for (guint i = 0; i < 999; i++) {
    gint64 applied = siprec_shift_follow (&shift, 20 * MS, NULL);

    fail_unless_equals_int64 (applied - last, 100 * (gint64)GST_USECOND);
    last = applied;
  }
  siprec_shift_follow (&shift, 5000 * MS, NULL);
  fail_unless_equals_int64 (shift.applied, shift.target);
  shift.target = 0;
  fail_unless_equals_int64 (siprec_shift_follow (&shift, 20 * MS, NULL),
                            100 * MS - 100 * (gint64)GST_USECOND);
}

GST_END_TEST;

/* In silence it comes at once; but back only as far as nothing is lost. */
GST_START_TEST (test_silence)
{
  SiprecShift shift = {.target = 700 * MS};
  gint64 room = 0;

  fail_unless_equals_int64 (siprec_shift_follow (&shift, 20 * MS, &room), 700 * MS);
  shift.target = 0;
  room = 300 * MS;
  fail_unless_equals_int64 (siprec_shift_follow (&shift, 20 * MS, &room), 400 * MS);
  room = 0;
  fail_unless_equals_int64 (siprec_shift_follow (&shift, 20 * MS, &room),
                            400 * MS - 100 * (gint64)GST_USECOND);
}

GST_END_TEST;

/* Pictures go to where their sound is, also back; sound doesn't move for them. */
GST_START_TEST (test_pictures)
{
  siprec_sync_report (group, a, "x", HOUR, T0, FALSE);
  siprec_sync_report (group, b, "x", HOUR - 150 * MS, T0, TRUE);
  siprec_sync_report (group, c, "y", HOUR - 250 * MS, T0, TRUE);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, a), 0);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, b), -150 * MS);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, c), 0);
  /* Without sound the faster pictures wait for the others. */
  siprec_sync_report (group, c, "x", HOUR - 250 * MS, T0, TRUE);
  siprec_sync_forget (group, a);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, b), 100 * MS);
  fail_unless_equals_int64 (siprec_sync_get_correction (group, c), 0);
}

GST_END_TEST;

static Suite *
sync_suite (void)
{
  Suite *suite = suite_create ("sync");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_same_cname);
  tcase_add_test (tc, test_pictures);
  tcase_add_test (tc, test_other_cname);
  tcase_add_test (tc, test_absurd);
  tcase_add_test (tc, test_slow);
  tcase_add_test (tc, test_silence);
  return suite;
}

GST_CHECK_MAIN (sync);
