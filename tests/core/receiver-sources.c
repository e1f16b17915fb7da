/* Who sends to a receiver, on made-up times: beginnings, restarts, changes, wraps; nothing is lost but
 * what was lost.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "talker.h"
#include "tests/support/rounds.h"

static Talker talker;

static void
setup (void)
{
  talker_init (&talker, 1, NULL, SIPREC_FILL_SILENCE);
}

static void
teardown (void)
{
  talker_clear (&talker);
}

static guint64
get_lost (void)
{
  return siprec_receiver_get_stats (&talker.receiver)->num_lost;
}

/* Frame @n with number @seq and @timestamp at its time. */
static void
say (guint n, guint16 seq, guint32 timestamp)
{
  talker_send (&talker, 0, seq, timestamp, 1 + n % 64, FRAME, T0 + n * LENGTH);
  talker_tick (&talker, T0 + n * LENGTH);
}

/* Every one of @n frames is in the recording once, in order, and it lasts as long as they do. */
static void
check_all (guint n)
{
  guint at = 0;

  talker_end (&talker, T0 + n * LENGTH);
  fail_unless_equals_int (talker.speech, n * FRAME);
  fail_unless_equals_int (get_lost (), 0);
  fail_unless_equals_int (talker_count (&talker, SIPREC_NOTICE_LOSS, NULL), 0);
  fail_unless (ABS ((gint)talker.octets->len - (gint)(n * FRAME)) <= 8);
  for (guint i = 0; i < n; i++) {
    while (at < talker.octets->len && talker.octets->data[at] == 0xff)
      at++;
    fail_unless (at + FRAME <= talker.octets->len && talker.octets->data[at] == 1 + i % 64,
                 "frame %u", i);
    at += FRAME;
  }
}

/* Sequence numbers and timestamps that wrap, in the first packets and later. */
GST_START_TEST (test_wraps)
{
  const guint n = rounds (65536) + 200;

  for (guint i = 0; i < n; i++)
    say (i, 65500 + i, 0xfffffff0 + i * FRAME);
  check_all (n);
}

GST_END_TEST;

/* The sender starts over: same SSRC, other numbers. */
GST_START_TEST (test_restart)
{
  for (guint i = 0; i < 200; i++)
    say (i, i < 100 ? 5000 + i : i, i < 100 ? i * FRAME : 0x80000000 + i * FRAME);
  check_all (200);
}

GST_END_TEST;

/* Another SSRC goes on, again and again. */
GST_START_TEST (test_ssrc_changes)
{
  for (guint i = 0; i < 500; i++) {
    talker.ssrc = i / 50;
    say (i, i / 50 * 7919 + i, i / 50 * 0x12345678 + i * FRAME);
  }
  check_all (500);
}

GST_END_TEST;

/* The same SSRC on two m-lines: each has a receiver of its own, and they don't mind. */
GST_START_TEST (test_same_ssrc)
{
  g_autoptr (SiprecSync) sync = siprec_sync_new ();
  Talker one, other;

  talker_init (&one, 7, sync, SIPREC_FILL_SILENCE);
  talker_init (&other, 7, sync, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 500; i++) {
    talker_speak (&one, i, T0 + i * LENGTH);
    talker_send (&other, 0, 40000 + i, 0x70000000 + i * FRAME, 1 + i % 64, FRAME, T0 + i * LENGTH);
    if (i % 100 == 50)
      talker_report (&one, "ann", i * LENGTH, 0);
    talker_tick (&one, T0 + i * LENGTH);
    talker_tick (&other, T0 + i * LENGTH);
  }
  fail_unless_equals_int (one.speech, 500 * FRAME);
  fail_unless_equals_int (other.speech, 500 * FRAME);
  fail_unless_equals_int (one.filler + other.filler, 0);
  talker_clear (&one);
  talker_clear (&other);
}

GST_END_TEST;

/* The payload type changes without a word, and back. */
GST_START_TEST (test_payload_type)
{
  for (guint i = 0; i < 200; i++) {
    talker_send (&talker, i / 40 % 2 ? 8 : 0, i, i * FRAME, 1 + i % 64, FRAME, T0 + i * LENGTH);
    talker_tick (&talker, T0 + i * LENGTH);
  }
  check_all (200);
}

GST_END_TEST;

/* The first packet was overtaken by the three behind it. */
GST_START_TEST (test_overtaken)
{
  static const guint order[] = {2, 1, 3, 0};

  for (guint i = 0; i < 100; i++) {
    guint n = i < 4 ? order[i] : i;

    talker_send (&talker, 0, 100 + n, n * FRAME, 1 + n % 64, FRAME, T0 + (i + 4) * LENGTH);
    talker_tick (&talker, T0 + (i + 4) * LENGTH);
  }
  talker_end (&talker, T0 + 110 * LENGTH);
  fail_unless_equals_int (talker.speech, 100 * FRAME);
  fail_unless_equals_int (talker.receiver.timeline.late, 0);
  /* It was spoken 80 ms after T0 at the latest. */
  fail_unless (talker.last_speech >= T0 + 100 * LENGTH && talker.last_speech <= T0 + 104 * LENGTH);
}

GST_END_TEST;

/* Much at once is no jitter: all of it is given, none before the call. */
GST_START_TEST (test_burst)
{
  for (guint i = 0; i < 50; i++)
    talker_speak (&talker, i, T0 + LENGTH);
  for (guint i = 50; i < 1000; i++) {
    talker_speak (&talker, i, T0 + (i - 48) * LENGTH);
    talker_tick (&talker, T0 + (i - 48) * LENGTH);
  }
  talker_end (&talker, T0 + 1000 * LENGTH);
  fail_unless_equals_int (talker.speech, 1000 * FRAME);
  fail_unless_equals_int (talker.receiver.timeline.late, 0);
  fail_unless_equals_int (get_lost (), 0);
}

GST_END_TEST;

/* The second packet shows that the first was spoken before the call began: nothing of it is cut. */
GST_START_TEST (test_early)
{
  talker_speak (&talker, 0, T0 - GST_MSECOND);
  for (guint i = 1; i < 100; i++) {
    talker_speak (&talker, i, T0 + i * LENGTH - 15 * GST_MSECOND);
    talker_tick (&talker, T0 + i * LENGTH);
  }
  talker_end (&talker, T0 + 100 * LENGTH);
  fail_unless_equals_int (talker.speech, 100 * FRAME);
}

GST_END_TEST;

/* A pause of ours begins and ends with the packet, however late all of them are read. */
GST_START_TEST (test_pause)
{
  const GstClockTime from = T0 + 50 * LENGTH + 1, to = T0 + 100 * LENGTH - 1;

  for (guint i = 0; i < 48; i++)
    say (i, i, i * FRAME);
  siprec_receiver_set_paused (&talker.receiver, TRUE, from);
  for (guint i = 48; i < 80; i++)
    say (i, i, i * FRAME);
  siprec_receiver_set_paused (&talker.receiver, FALSE, to);
  for (guint i = 80; i < 150; i++)
    say (i, i, i * FRAME);
  talker_end (&talker, T0 + 150 * LENGTH);
  fail_unless_equals_int (talker.speech, 101 * FRAME);
  fail_unless_equals_int (talker.octets->len, 150 * FRAME);
  fail_unless_equals_int (get_lost (), 0);
}

GST_END_TEST;

/* What was not received is told: when, and how much. */
GST_START_TEST (test_loss)
{
  const SiprecNotice *notice;

  for (guint i = 0; i < 200; i++) {
    if (i < 100 || i >= 107)
      say (i, i, i * FRAME);
  }
  talker_end (&talker, T0 + 200 * LENGTH);
  fail_unless_equals_int (get_lost (), 7);
  fail_unless_equals_int (talker.speech, 193 * FRAME);
  fail_unless_equals_int (talker.octets->len, 200 * FRAME);
  fail_unless_equals_int (talker_count (&talker, SIPREC_NOTICE_LOSS, NULL), 1);
  notice = &g_array_index (talker.notices, SiprecNotice, talker.notices->len - 1);
  fail_unless_equals_int (notice->type, SIPREC_NOTICE_LOSS);
  fail_unless_equals_int (notice->packets, 7);
  fail_unless_equals_uint64 (notice->from, T0 + 100 * LENGTH);
  fail_unless_equals_uint64 (notice->to, T0 + 107 * LENGTH);
}

GST_END_TEST;

/* Frame @n of a mixer that hears @contributors of a room. */
static void
mix (guint n, guint contributors)
{
  guint8 packet[12 + 4 * SIPREC_MAX_CONTRIBUTORS + FRAME];
  gsize header = 12 + 4 * contributors;

  memset (packet, 0, sizeof packet);
  packet[0] = 0x80 | contributors;
  GST_WRITE_UINT16_BE (packet + 2, n);
  GST_WRITE_UINT32_BE (packet + 4, n * FRAME);
  GST_WRITE_UINT32_BE (packet + 8, talker.ssrc);
  for (guint i = 0; i < contributors; i++)
    GST_WRITE_UINT32_BE (packet + 12 + 4 * i, 100 + i);
  memset (packet + header, 1 + n % 64, FRAME);
  siprec_receiver_push (&talker.receiver, packet, header + FRAME, T0 + n * LENGTH);
  talker_tick (&talker, T0 + n * LENGTH);
}

static const SiprecNotice *
last_notice (SiprecNoticeType type)
{
  for (guint i = talker.notices->len; i-- > 0;)
    if (g_array_index (talker.notices, SiprecNotice, i).type == type)
      return &g_array_index (talker.notices, SiprecNotice, i);
  fail ("no notice %d", type);
  return NULL;
}

/* RFC 7866 section 8.1.4: the list is told when it changes, but not with every packet of one who changes it all the time; and
 * the media is what it is without one. */
GST_START_TEST (test_contributors)
{
  const SiprecNotice *notice;
  guint n = 0;

  for (; n < 50; n++)
    mix (n, 2);
  fail_unless_equals_int (talker_count (&talker, SIPREC_NOTICE_CONTRIBUTORS, NULL), 1);
  notice = last_notice (SIPREC_NOTICE_CONTRIBUTORS);
  fail_unless_equals_int (notice->n_contributors, 2);
  fail_unless_equals_int (notice->contributors[1], 101);
  for (; n < 100; n++)
    mix (n, 15);
  fail_unless_equals_int (last_notice (SIPREC_NOTICE_CONTRIBUTORS)->n_contributors, 15);
  /* Late, and of the past. */
  mix (98, 3);
  fail_unless_equals_int (talker_count (&talker, SIPREC_NOTICE_CONTRIBUTORS, NULL), 2);
  for (; n < 150; n++)
    mix (n, 0);
  fail_unless_equals_int (last_notice (SIPREC_NOTICE_CONTRIBUTORS)->n_contributors, 0);
  fail_unless_equals_int (talker_count (&talker, SIPREC_NOTICE_CONTRIBUTORS, NULL), 3);
  for (; n < 200; n++)
    mix (n, n % 16);
  fail_unless (talker_count (&talker, SIPREC_NOTICE_CONTRIBUTORS, NULL) <= 3 + 4);
  talker_end (&talker, T0 + n * LENGTH);
  fail_unless_equals_int (talker.speech, n * FRAME);
}
GST_END_TEST

static Suite *
receiver_sources_suite (void)
{
  Suite *suite = suite_create ("receiver-sources");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_wraps);
  tcase_add_test (tc, test_restart);
  tcase_add_test (tc, test_ssrc_changes);
  tcase_add_test (tc, test_same_ssrc);
  tcase_add_test (tc, test_payload_type);
  tcase_add_test (tc, test_overtaken);
  tcase_add_test (tc, test_burst);
  tcase_add_test (tc, test_early);
  tcase_add_test (tc, test_pause);
  tcase_add_test (tc, test_loss);
  tcase_add_test (tc, test_contributors);
  return suite;
}

GST_CHECK_MAIN (receiver_sources);
