/* Streams from being made to being freed: claims, timeouts, ends.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtp-peer.h"

/* Who comes late misses nothing; who comes after another one neither. */
GST_START_TEST (test_backlog_and_release)
{
  Fixture f;

  fixture_init (&f);
  f.start = siprec_context_now ();
  siprec_stream_begin (f.stream, f.start);
  for (guint i = 0; i < 10; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "packets-received", 10);
  fail_unless_equals_uint64 (get_stat (&f, "num-pushed"), 0);

  claim (&f, SIPREC_FILL_SILENCE);
  await_stat (&f, "num-pushed", 10);
  siprec_stream_release (f.stream);
  /* Two ticks: it is done then. */
  g_usleep (60000);
  for (guint i = 10; i < 20; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "packets-received", 20);
  fail_unless_equals_uint64 (get_stat (&f, "num-pushed"), 10);
  claim (&f, SIPREC_FILL_SILENCE);
  siprec_stream_release (f.stream);
  for (guint i = 20; i < 30; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "packets-received", 30);
  siprec_stream_end (f.stream, f.start + GST_SECOND);
  claim (&f, SIPREC_FILL_SILENCE);
  take_all (&f);

  fail_unless_equals_uint64 (f.take.first, f.start);
  check_take (&f, 8000, 30);
  for (guint i = 0; i < 30; i++)
    check_frame (f.take.media, i, i);

  /* The end is told to everybody. */
  siprec_stream_release (f.stream);
  claim (&f, SIPREC_FILL_SILENCE);
  take_all (&f);
  fixture_clear (&f);
}
GST_END_TEST;

/* Another wish: what was left of the old kind isn't given to the new consumer. */
GST_START_TEST (test_reclaim_raw)
{
  SiprecStreamWishes wishes = {.raw = TRUE, .fill = SIPREC_FILL_SILENCE, .latency = GST_SECOND};
  Fixture f;
  SiprecUnit unit;

  fixture_begin (&f, SIPREC_FILL_NONE);
  send_frame (&f, 0, 0, SSRC_A, 1);
  await_stat (&f, "num-pushed", 1);
  siprec_stream_release (f.stream);
  siprec_stream_claim (f.stream, &wishes, NULL);
  send_frame (&f, 1, FRAME, SSRC_A, 2);
  while (siprec_stream_wait (f.stream) && siprec_stream_pop (f.stream, &unit, 1) == 1 &&
         unit.type == SIPREC_UNIT_GAP)
    continue;

  fail_unless_equals_int (unit.type, SIPREC_UNIT_DATA);
  fail_unless_equals_int (gst_buffer_get_size (unit.buffer), 12 + FRAME);
  fail_unless (GST_BUFFER_FLAG_IS_SET (unit.buffer, GST_BUFFER_FLAG_DISCONT));
  siprec_unit_clear (&unit);
  fixture_clear (&f);
}
GST_END_TEST;

/* A pad that the session lacks. */
GST_START_TEST (test_silent)
{
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_SILENCE};
  g_autoptr (SiprecContext) context = siprec_context_get ("test");
  g_autoptr (SiprecFormat) format = siprec_format_new ("audio", 8, "PCMA", 8000, 1, NULL);
  Fixture f = {.stream = siprec_stream_new_silent (context, format),
               .start = siprec_context_now ()};

  take_init (&f.take);
  fail_unless_equals_int (siprec_stream_get_port (f.stream), 0);
  siprec_stream_begin (f.stream, f.start);
  siprec_stream_claim (f.stream, &wishes, NULL);
  fail_unless (siprec_stream_wait (f.stream));
  fixture_end (&f, GST_SECOND);
  check_take (&f, 8000, 0);
  fail_unless_equals_int (f.take.samples->data[7999], 0xd5);
  siprec_stream_unref (f.stream);
  take_clear (&f.take);
}
GST_END_TEST;

/* No packets is a timeout, once; hold isn't. */
GST_START_TEST (test_timeout)
{
  SiprecStreamWishes wishes = {.latency = 60 * GST_MSECOND, .timeout = 100 * GST_MSECOND};
  Fixture f;

  fixture_init (&f);
  siprec_stream_set_held (f.stream, TRUE);
  siprec_stream_begin (f.stream, siprec_context_now () - GST_SECOND);
  siprec_stream_claim (f.stream, &wishes, NULL);
  send_frame (&f, 0, 0, SSRC_A, 0);
  await_notice (&f, SIPREC_NOTICE_STARTED, 0);
  g_usleep (200000);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_TIMEOUT), 0);
  siprec_stream_set_held (f.stream, FALSE);
  await_notice (&f, SIPREC_NOTICE_TIMEOUT, 0);
  send_frame (&f, 1, FRAME, SSRC_A, 0);
  await_notice (&f, SIPREC_NOTICE_STARTED, 1);
  await_notice (&f, SIPREC_NOTICE_TIMEOUT, 1);
  fixture_clear (&f);
}
GST_END_TEST;

/* A consumer that doesn't read loses the oldest, and is told. */
GST_START_TEST (test_overrun)
{
  Fixture f;
  SiprecNotice notice;
  GstClockTime start = siprec_context_now () - 8 * GST_SECOND;

  fixture_init (&f);
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  notice = await_notice (&f, SIPREC_NOTICE_OVERRUN, 0);
  fail_unless_equals_uint64 (notice.from, start);
  fail_unless (notice.to > start + GST_SECOND);
  fail_unless (notice.packets > 0);
  fail_unless (siprec_stream_get_position (f.stream) >= notice.to);
  fixture_clear (&f);
}
GST_END_TEST;

/* A socket that was quiet for long is not forgotten. */
GST_START_TEST (test_idle)
{
  Fixture f;

  fixture_begin (&f, SIPREC_FILL_NONE);
  for (guint i = 0; i < 3; i++) {
    send_frame (&f, i, i * 8000, SSRC_A, i);
    await_stat (&f, "num-pushed", i + 1);
    g_usleep (1200000);
  }
  fixture_clear (&f);
}
GST_END_TEST;

/* Calls in an order that makes little sense. */
GST_START_TEST (test_odd_orders)
{
  Fixture f;
  GstClockTime start;

  /* Never begun. */
  fixture_init (&f);
  fixture_clear (&f);

  /* Claimed first; ended twice; begun again. */
  fixture_init (&f);
  claim (&f, SIPREC_FILL_SILENCE);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  siprec_stream_end (f.stream, start + 100 * GST_MSECOND);
  siprec_stream_end (f.stream, start + 200 * GST_MSECOND);
  siprec_stream_begin (f.stream, start);
  take_all (&f);
  check_take (&f, 800, 0);
  fixture_clear (&f);

  /* Ended before it was begun. */
  fixture_init (&f);
  siprec_stream_end (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  take_all (&f);
  fail_unless_equals_uint64 (f.take.end, start);
  fail_unless_equals_int (f.take.units, 0);
  fixture_clear (&f);
}
GST_END_TEST;

static gpointer
flush (gpointer data)
{
  siprec_stream_set_flushing (data, TRUE);
  return NULL;
}

GST_START_TEST (test_flushing)
{
  Fixture f;
  GThread *thread;

  fixture_init (&f);
  thread = g_thread_new ("flush", flush, f.stream);
  fail_unless (!siprec_stream_wait (f.stream));
  g_thread_join (thread);
  siprec_stream_set_flushing (f.stream, FALSE);
  siprec_stream_begin (f.stream, siprec_context_now () - GST_SECOND);
  claim (&f, SIPREC_FILL_GAP);
  fail_unless (siprec_stream_wait (f.stream));
  fixture_clear (&f);
}
GST_END_TEST;

/* Streams come and go while others run; consumers wake by strands. */
static void
on_strand (gpointer user_data)
{
  SiprecStream *stream = user_data;
  SiprecUnit unit;

  while (siprec_stream_pop (stream, &unit, 1) == 1)
    siprec_unit_clear (&unit);
}

static void
churn_one (Fixture *f, guint i)
{
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_SILENCE, .latency = 20 * GST_MSECOND};
  SiprecStrand *strand;

  strand = siprec_strand_new (siprec_context_get_pushers (f->context), on_strand, f->stream);
  siprec_stream_begin (f->stream, siprec_context_now ());
  siprec_stream_claim (f->stream, &wishes, strand);
  send_frame (f, i, i * FRAME, SSRC_A, 0);
  if (i % 3 == 0)
    siprec_stream_release (f->stream);
  if (i % 5 != 0)
    siprec_stream_end (f->stream, siprec_context_now ());
  siprec_strand_stop (strand);
  siprec_strand_unref (strand);
  if (i % 2 == 0)
    g_clear_pointer (&f->stream, siprec_stream_unref);
}

GST_START_TEST (test_churn)
{
  Fixture running, f[50];

  fixture_begin (&running, SIPREC_FILL_SILENCE);
  for (guint round = 0; round < 20; round++) {
    for (guint i = 0; i < G_N_ELEMENTS (f); i++) {
      fixture_init (&f[i]);
      churn_one (&f[i], round + i);
    }
    send_frame (&running, round, round * FRAME, SSRC_A, 0);
    for (guint i = 0; i < G_N_ELEMENTS (f); i++)
      fixture_clear (&f[i]);
  }
  await_stat (&running, "packets-received", 20);
  fixture_clear (&running);
}
GST_END_TEST;

/* What the kernel drops is counted, to the packet. */
GST_START_TEST (test_kernel_drops)
{
  guint64 received = 0, dropped = 0;
  guint sent = 0;
  Fixture f;

  fixture_init (&f);
  claim (&f, SIPREC_FILL_NONE);
  /* Nobody reads before it begins, and the socket can't hold so many. */
  for (; sent < 2000; sent++)
    send_frame (&f, sent, sent * FRAME, SSRC_A, 0);
  siprec_stream_begin (f.stream, siprec_context_now ());
  /* The number comes with a packet that finds room again. */
  for (guint i = 0; i < 500 && dropped == 0; i++) {
    send_frame (&f, sent, sent * FRAME, SSRC_A, 0);
    sent++;
    g_usleep (10000);
    dropped = get_stat (&f, "num-kernel-drops");
  }
  fail_unless (dropped > 0);
  for (guint i = 0; i < 500; i++) {
    received = get_stat (&f, "packets-received");
    if (received + get_stat (&f, "num-kernel-drops") == sent)
      break;
    g_usleep (10000);
  }
  fail_unless_equals_uint64 (received + get_stat (&f, "num-kernel-drops"), sent);
  fixture_clear (&f);
}
GST_END_TEST;

static Suite *
stream_life_suite (void)
{
  Suite *suite = suite_create ("stream-life");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_backlog_and_release);
  tcase_add_test (tc, test_reclaim_raw);
  tcase_add_test (tc, test_silent);
  tcase_add_test (tc, test_timeout);
  tcase_add_test (tc, test_overrun);
  tcase_add_test (tc, test_idle);
  tcase_add_test (tc, test_odd_orders);
  tcase_add_test (tc, test_flushing);
  tcase_add_test (tc, test_churn);
  tcase_add_test (tc, test_kernel_drops);
  return suite;
}

GST_CHECK_MAIN (stream_life);
