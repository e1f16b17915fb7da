/* What streams on real sockets make of datagrams: media, filler, events.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "rtp-peer.h"

/* Every frame comes, the first one too, and filler makes the length exact. */
GST_START_TEST (test_in_order)
{
  Fixture f;

  fixture_begin (&f, SIPREC_FILL_SILENCE);
  fail_unless_equals_uint64 (siprec_stream_get_position (f.stream), f.start);
  for (guint i = 0; i < 40; i++)
    send_frame (&f, 65530 + i, 0xffffff00 + i * FRAME, SSRC_A, i);
  await_stat (&f, "num-pushed", 40);
  fixture_end (&f, 2 * GST_SECOND + 125 * GST_USECOND);

  fail_unless_equals_uint64 (f.take.first, f.start);
  fail_unless_equals_uint64 (f.take.end, f.start + 2 * GST_SECOND + 125 * GST_USECOND);
  fail_unless_equals_int (f.take.samples->len, 16001);
  fail_unless_equals_int (f.take.media->len, 40 * FRAME);
  for (guint i = 0; i < 40; i++)
    check_frame (f.take.media, i, i);
  fail_unless_equals_int (f.take.gaps, 0);
  fail_unless_equals_uint64 (get_stat (&f, "packets-received"), 40);
  fail_unless_equals_uint64 (get_stat (&f, "num-lost"), 0);
  fail_unless_equals_int (await_notice (&f, SIPREC_NOTICE_STARTED, 0).ssrc, SSRC_A);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_STARTED), 1);
  fixture_clear (&f);
}
GST_END_TEST;

/* Packets in disorder are put right, copies go, and a hole becomes filler and a notice. */
GST_START_TEST (test_disorder_and_loss)
{
  const guint8 order[] = {0, 1, 3, 2, 4, 4, 5, 8, 6, 9, 10, 8};
  Fixture f;
  SiprecNotice loss;

  fixture_begin (&f, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    send_frame (&f, order[i], order[i] * FRAME, SSRC_A, order[i]);
  loss = await_notice (&f, SIPREC_NOTICE_LOSS, 0);
  fail_unless_equals_int (loss.packets, 1);
  fail_unless (ABS (GST_CLOCK_DIFF (loss.from, loss.to) - 20 * (gint64)GST_MSECOND) < 2000000);
  await_stat (&f, "num-pushed", 10);
  fixture_end (&f, GST_SECOND);

  check_take (&f, 8000, 10);
  for (guint i = 0; i < 10; i++)
    check_frame (f.take.media, i, i < 7 ? i : i + 1);
  /* The first one, and the one behind the hole. */
  fail_unless_equals_int (f.take.disconts, 2);
  fail_unless_equals_uint64 (get_stat (&f, "num-lost"), 1);
  fail_unless_equals_uint64 (get_stat (&f, "num-duplicates"), 2);
  fail_unless_equals_uint64 (get_stat (&f, "num-reordered"), 2);
  fixture_clear (&f);
}
GST_END_TEST;

/* What came before the end is read, although nobody had the time yet. */
GST_START_TEST (test_last_packet)
{
  Fixture f;

  fixture_begin (&f, SIPREC_FILL_SILENCE);
  send_frame (&f, 0, 0, SSRC_A, 1);
  await_stat (&f, "num-pushed", 1);
  send_frame (&f, 1, FRAME, SSRC_A, 2);
  send_frame (&f, 3, 3 * FRAME, SSRC_A, 3);
  fixture_end (&f, GST_SECOND);
  check_take (&f, 8000, 3);
  fixture_clear (&f);
}
GST_END_TEST;

/* A packet out of order that claims to be from next week isn't given hours of filler. */
GST_START_TEST (test_wild_timestamp)
{
  Fixture f;

  fixture_begin (&f, SIPREC_FILL_SILENCE);
  send_frame (&f, 0, 0, SSRC_A, 0);
  send_frame (&f, 2, 2 * FRAME, SSRC_A, 2);
  send_frame (&f, 1, 0x70000000, SSRC_A, 1);
  send_frame (&f, 3, 3 * FRAME, SSRC_A, 3);
  await_stat (&f, "num-pushed", 3);
  fixture_end (&f, GST_SECOND);
  check_take (&f, 8000, 3);
  fail_unless_equals_uint64 (get_stat (&f, "num-invalid"), 1);
  fixture_clear (&f);
}
GST_END_TEST;

/* One packet lost, and more behind it than the ring holds: either the hole goes, or what was held. */
static void
run_full_ring (gboolean drop_on_latency, guint lost)
{
  SiprecStreamWishes wishes = {.latency = 10 * GST_SECOND, .drop_on_latency = drop_on_latency};
  Fixture f;

  fixture_begin_with (&f, &wishes);
  send_frame (&f, 0, 0, SSRC_A, 0);
  await_stat (&f, "packets-received", 1);
  for (guint i = 2; i <= 513; i++) {
    send_frame (&f, i, i * 8, SSRC_A, 0);
    if (i % 64 == 0)
      await_stat (&f, "packets-received", i);
  }
  await_stat (&f, "num-lost", lost);
  fail_unless_equals_int (await_notice (&f, SIPREC_NOTICE_LOSS, 0).packets, lost);
  fixture_clear (&f);
}

GST_START_TEST (test_full_ring)
{
  run_full_ring (FALSE, 1);
  run_full_ring (TRUE, 512);
}
GST_END_TEST;

static void
send_event (Fixture *f, guint16 seq, guint32 timestamp, guint8 event, gboolean end,
            guint16 duration)
{
  guint8 payload[4] = {event, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff};

  send_packet (f, 101, seq, timestamp, SSRC_A, payload, 4);
}

/* A key is one notice, however often its end is sent, and also if it isn't. */
GST_START_TEST (test_dtmf)
{
  Fixture f;
  SiprecNotice notice;
  guint16 seq = 0;

  fixture_begin (&f, SIPREC_FILL_SILENCE);
  send_frame (&f, seq++, 0, SSRC_A, 1);
  for (guint i = 1; i <= 4; i++)
    send_event (&f, seq++, FRAME, 11, FALSE, i * FRAME);
  for (guint i = 0; i < 3; i++)
    send_event (&f, seq++, FRAME, 11, TRUE, 4 * FRAME);
  send_frame (&f, seq++, 5 * FRAME, SSRC_A, 2);
  send_event (&f, seq++, 6 * FRAME, 12, FALSE, FRAME);
  send_event (&f, seq++, 6 * FRAME, 12, FALSE, 2 * FRAME);
  notice = await_notice (&f, SIPREC_NOTICE_DTMF, 1);
  fail_unless_equals_string (notice.digit, "A");
  fail_unless_equals_uint64 (notice.duration, 40 * GST_MSECOND);
  notice = await_notice (&f, SIPREC_NOTICE_DTMF, 0);
  fail_unless_equals_string (notice.digit, "#");
  fail_unless_equals_uint64 (notice.duration, 80 * GST_MSECOND);
  fixture_end (&f, GST_SECOND);

  check_take (&f, 8000, 2);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_DTMF), 2);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_LOSS), 0);
  fixture_clear (&f);
}
GST_END_TEST;

/* Another source goes on where the first one stopped, strays change nothing, and neither does
 * comfort noise, garbage or an unknown payload type. */
GST_START_TEST (test_sources)
{
  guint8 junk[40] = {0x80, 0};
  Fixture f;

  fixture_begin (&f, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 5; i++) {
    send_frame (&f, 100 + i, i * FRAME, SSRC_A, i);
    send_frame (&f, 7000 + 5 * i, 12345, SSRC_B, 99);
  }
  send_packet (&f, 13, 105, 5 * FRAME, SSRC_A, junk, 1);
  send_packet (&f, 96, 106, 6 * FRAME, SSRC_A, junk, 40);
  fail_unless (send (f.rtp, junk, 11, 0) == 11);
  junk[0] = 0x90;
  fail_unless (send (f.rtp, junk, 13, 0) == 13);
  junk[0] = 0xa0;
  junk[39] = 60;
  fail_unless (send (f.rtp, junk, 40, 0) == 40);
  /* Real packets don't come faster than the time that they last. */
  g_usleep (150000);
  for (guint i = 0; i < 5; i++)
    send_frame (&f, 40000 + i, 0x70000000 + i * FRAME, SSRC_B, 10 + i);
  /* The same one starts over. */
  g_usleep (150000);
  for (guint i = 0; i < 5; i++)
    send_frame (&f, 3 + i, 77 + i * FRAME, SSRC_B, 20 + i);
  await_stat (&f, "num-pushed", 15);
  fixture_end (&f, GST_SECOND);

  check_take (&f, 8000, 15);
  for (guint i = 0; i < 15; i++)
    check_frame (f.take.media, i, i / 5 * 10 + i % 5);
  fail_unless_equals_uint64 (get_stat (&f, "num-unknown-pt"), 1);
  fail_unless_equals_uint64 (get_stat (&f, "num-invalid"), 8);
  fixture_clear (&f);
}
GST_END_TEST;

/* Joined buffers have the wished length, and media is never joined with filler. */
GST_START_TEST (test_joined)
{
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_SILENCE,
                               .latency = 60 * GST_MSECOND,
                               .buffer_duration = 100 * GST_MSECOND};
  Fixture f;

  fixture_begin_with (&f, &wishes);
  for (guint i = 0; i < 12; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "num-pushed", 12);
  fixture_end (&f, GST_SECOND);

  check_take (&f, 8000, 12);
  for (guint i = 0; i < 12; i++)
    check_frame (f.take.media, i, i);
  /* 50 frames; three buffers of media, the filler around them in at most 12. */
  fail_unless (f.take.units <= 15, "%u units", f.take.units);
  fixture_clear (&f);
}
GST_END_TEST;

/* GAP filler, and none. */
GST_START_TEST (test_fills)
{
  Fixture f;
  SiprecUnit unit;

  fixture_begin (&f, SIPREC_FILL_GAP);
  send_frame (&f, 0, 0, SSRC_A, 0);
  await_stat (&f, "num-pushed", 1);
  fixture_end (&f, GST_SECOND);
  fail_unless (f.take.gaps >= 1);
  check_take (&f, FRAME, 1);
  fail_unless_equals_uint64 (f.take.first, f.start);
  fail_unless_equals_uint64 (f.take.position, f.start + GST_SECOND);
  fixture_clear (&f);

  fixture_begin (&f, SIPREC_FILL_NONE);
  siprec_stream_end (f.stream, f.start + GST_SECOND);
  fail_unless (siprec_stream_wait (f.stream));
  fail_unless_equals_int (siprec_stream_pop (f.stream, &unit, 1), 1);
  fail_unless_equals_int (unit.type, SIPREC_UNIT_END);
  fixture_clear (&f);
}
GST_END_TEST;

/* Another codec in the middle, and a new offer that changes nothing. */
GST_START_TEST (test_formats)
{
  Fixture f;
  SiprecUnit units[3];
  guint n = 0;
  guint8 payload[FRAME] = {0};

  fixture_begin (&f, SIPREC_FILL_NONE);
  send_frame (&f, 0, 0, SSRC_A, 1);
  await_stat (&f, "num-pushed", 1);
  set_formats (f.stream, siprec_format_new ("audio", 8, "PCMA", 8000, 1, NULL),
               siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL), NULL);
  send_frame (&f, 1, FRAME, SSRC_A, 1);
  await_stat (&f, "num-pushed", 2);
  send_packet (&f, 8, 2, 2 * FRAME, SSRC_A, payload, FRAME);
  await_stat (&f, "num-pushed", 3);
  while (n < 3 && siprec_stream_wait (f.stream))
    n += siprec_stream_pop (f.stream, units + n, 3 - n);
  fail_unless (units[0].format == units[1].format);
  fail_unless_equals_int (units[2].format->pt, 8);
  fail_unless_equals_uint64 (units[2].time, units[1].time + units[1].duration);
  for (guint i = 0; i < 3; i++)
    siprec_unit_clear (&units[i]);
  fixture_clear (&f);
}
GST_END_TEST;

/* One port is flooded: its neighbour on the same worker loses nothing, and what didn't fit is counted. */
GST_START_TEST (test_flood)
{
  const guint n_flood = 20000, n_calm = 30;
  gint64 deadline;
  Fixture flooded, calm;
  guint n = 0;

  fixture_begin (&flooded, SIPREC_FILL_NONE);
  fixture_begin (&calm, SIPREC_FILL_NONE);
  for (guint i = 0; i < n_calm; i++) {
    send_frame (&calm, i, i * FRAME, SSRC_A, 1 + i);
    for (guint j = 0; j < n_flood / n_calm; j++, n++)
      send_frame (&flooded, n, n * FRAME, SSRC_B, 0);
    g_usleep (10000);
  }
  await_stat (&calm, "num-pushed", n_calm);
  fail_unless_equals_uint64 (get_stat (&calm, "num-lost"), 0);

  /* The kernel tells what it dropped with the next packet. */
  deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  do {
    send_frame (&flooded, n, n * FRAME, SSRC_B, 0);
    n++;
    g_usleep (20000);
    fail_unless (g_get_monotonic_time () < deadline);
  } while (get_stat (&flooded, "packets-received") + get_stat (&flooded, "num-kernel-drops") +
               get_stat (&flooded, "num-invalid") + 10 <
           n);
  fail_unless (get_stat (&flooded, "num-kernel-drops") > 0);
  fixture_clear (&flooded);
  fixture_clear (&calm);
}
GST_END_TEST;

static Suite *
stream_suite (void)
{
  Suite *suite = suite_create ("stream");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_in_order);
  tcase_add_test (tc, test_disorder_and_loss);
  tcase_add_test (tc, test_last_packet);
  tcase_add_test (tc, test_wild_timestamp);
  tcase_add_test (tc, test_full_ring);
  tcase_add_test (tc, test_dtmf);
  tcase_add_test (tc, test_sources);
  tcase_add_test (tc, test_joined);
  tcase_add_test (tc, test_fills);
  tcase_add_test (tc, test_formats);
  tcase_add_test (tc, test_flood);
  return suite;
}

GST_CHECK_MAIN (stream);
