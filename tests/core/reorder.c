/* The reorder ring.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/rtp/reorder.h"

static SiprecFormat *format;
static SiprecReorder ring;

static void
setup (void)
{
  format = siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL);
  memset (&ring, 0, sizeof (ring));
}

static void
teardown (void)
{
  siprec_reorder_clear (&ring);
  fail_unless_equals_int (format->ref_count, 1);
  siprec_format_unref (format);
}

static gboolean
hold (gint64 seq)
{
  SiprecFrame frame = {.seq = seq, .format = siprec_format_ref (format)};

  if (siprec_reorder_hold (&ring, &frame))
    return TRUE;
  siprec_frame_clear (&frame);
  return FALSE;
}

/* Places @seq, and holds it if it is ahead. */
static SiprecReorderPlace
add (gint64 seq)
{
  SiprecReorderPlace place = siprec_reorder_place (&ring, seq);

  if (place == SIPREC_REORDER_AHEAD)
    fail_unless (hold (seq));
  return place;
}

/* The next frame in order, -1 if it isn't here. */
static gint64
take (void)
{
  SiprecFrame frame;
  gint64 seq;

  if (!siprec_reorder_take (&ring, &frame))
    return -1;
  seq = frame.seq;
  siprec_frame_clear (&frame);
  return seq;
}

/* Frames in order need no memory. */
GST_START_TEST (test_in_order)
{
  for (gint64 seq = 65000; seq < 67000; seq++)
    fail_unless_equals_int (add (seq), SIPREC_REORDER_IN_ORDER);
  fail_unless (ring.slots == NULL);
  fail_unless_equals_int64 (take (), -1);
}

GST_END_TEST;

GST_START_TEST (test_disorder)
{
  fail_unless_equals_int (add (10), SIPREC_REORDER_IN_ORDER);
  fail_unless_equals_int (add (13), SIPREC_REORDER_AHEAD);
  fail_unless_equals_int (add (12), SIPREC_REORDER_AHEAD);
  fail_unless_equals_int (siprec_reorder_place (&ring, 13), SIPREC_REORDER_DUPLICATE);
  fail_unless_equals_int64 (take (), -1);
  fail_unless_equals_int64 (siprec_reorder_peek (&ring)->seq, 12);
  fail_unless_equals_int (add (11), SIPREC_REORDER_IN_ORDER);
  fail_unless_equals_int64 (take (), 12);
  fail_unless_equals_int64 (take (), 13);
  fail_unless_equals_int64 (take (), -1);
  fail_unless (siprec_reorder_peek (&ring) == NULL);
}

GST_END_TEST;

/* What is given up is late when it comes, and its copy is a copy. */
GST_START_TEST (test_give_up)
{
  add (100);
  add (104);
  add (106);
  fail_unless_equals_int (siprec_reorder_skip (&ring), 3);
  fail_unless_equals_int64 (take (), 104);
  fail_unless_equals_int64 (take (), -1);
  fail_unless_equals_int (add (102), SIPREC_REORDER_LATE);
  fail_unless_equals_int (add (102), SIPREC_REORDER_DUPLICATE);
  fail_unless_equals_int (add (104), SIPREC_REORDER_DUPLICATE);
  fail_unless_equals_int (add (100), SIPREC_REORDER_DUPLICATE);
  fail_unless_equals_int (siprec_reorder_skip (&ring), 1);
  fail_unless_equals_int64 (take (), 106);
  fail_unless_equals_int (siprec_reorder_skip (&ring), 0);
  fail_unless_equals_int (add (30), SIPREC_REORDER_LATE);
}

GST_END_TEST;

/* The ring grows and keeps what it holds, but not without end. */
GST_START_TEST (test_growth)
{
  add (0);
  for (gint64 seq = 500; seq > 1; seq -= 3)
    fail_unless_equals_int (add (seq), SIPREC_REORDER_AHEAD);
  fail_unless (!hold (1 + 512));
  fail_unless_equals_int (ring.held, 167);
  fail_unless_equals_int64 (siprec_reorder_peek (&ring)->seq, 2);
  for (gint64 seq = 2; seq <= 500; seq += 3) {
    fail_unless_equals_int (siprec_reorder_skip (&ring), seq == 2 ? 1 : 2);
    fail_unless_equals_int64 (take (), seq);
  }
  fail_unless_equals_int (siprec_reorder_jump (&ring, 2000), 1499);
  fail_unless_equals_int (add (2000), SIPREC_REORDER_IN_ORDER);
}

GST_END_TEST;

/* Held frames are freed, and a new sequence begins anywhere. */
GST_START_TEST (test_reset)
{
  add (7);
  add (9);
  add (11);
  fail_unless_equals_int (format->ref_count, 3);
  siprec_reorder_reset (&ring);
  fail_unless_equals_int (format->ref_count, 1);
  fail_unless_equals_int (add (3), SIPREC_REORDER_IN_ORDER);
  fail_unless_equals_int (add (4), SIPREC_REORDER_IN_ORDER);
  fail_unless_equals_int64 (take (), -1);
}

GST_END_TEST;

/* Lets the frame @seq wait. */
static gboolean
wait_with (gint64 seq)
{
  SiprecFrame frame = {.seq = seq, .format = siprec_format_ref (format)};

  siprec_reorder_place (&ring, seq);
  if (siprec_reorder_wait (&ring, &frame))
    return TRUE;
  siprec_frame_clear (&frame);
  return FALSE;
}

/* While it waits all are held, be the one it began with in order or behind a hole. */
GST_START_TEST (test_waiting)
{
  fail_unless (wait_with (10));
  fail_unless_equals_int (add (11), SIPREC_REORDER_AHEAD);
  fail_unless_equals_int (add (9), SIPREC_REORDER_AHEAD);
  fail_unless_equals_int64 (take (), -1);
  siprec_reorder_go (&ring, 0);
  for (gint64 seq = 9; seq < 12; seq++)
    fail_unless_equals_int64 (take (), seq);

  fail_if (wait_with (12 + 32));
  fail_unless_equals_int (add (12), SIPREC_REORDER_IN_ORDER);
  fail_unless (wait_with (14));
  fail_unless_equals_int (add (15), SIPREC_REORDER_AHEAD);
  siprec_reorder_go (&ring, 0);
  fail_unless_equals_int64 (take (), -1);
  fail_unless_equals_int (add (13), SIPREC_REORDER_IN_ORDER);
  fail_unless_equals_int64 (take (), 14);
  fail_unless_equals_int64 (take (), 15);
}
GST_END_TEST;

static Suite *
reorder_suite (void)
{
  Suite *suite = suite_create ("reorder");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_in_order);
  tcase_add_test (tc, test_disorder);
  tcase_add_test (tc, test_give_up);
  tcase_add_test (tc, test_growth);
  tcase_add_test (tc, test_reset);
  tcase_add_test (tc, test_waiting);
  return suite;
}

GST_CHECK_MAIN (reorder);
