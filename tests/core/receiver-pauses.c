/* Pauses on made-up times: silence suppression, comfort noise, hold, jumps. Recordings last as long as the call.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprec-core/media/opus.h"
#include "talker.h"
#include "tests/support/rounds.h"

#define MS ((gint64)GST_MSECOND)

/* A fixed sequence of delays between 0 and @most. */
static GstClockTime
make_jitter (guint i, GstClockTime most)
{
  return (i * 7919u + i * i * 31u) % 1009 * most / 1008;
}

typedef enum {
  COUNTED = 1 << 0, /* timestamps go on in pauses */
  NOISE = 1 << 1,   /* comfort noise is told every 200 ms */
  MARKED = 1 << 2,  /* the first packet of a spurt has the marker */
} Kind;

/* Talk-spurts of 600 ms and pauses of 1400 ms for two minutes. */
static void
check_pauses (Kind kind, GstClockTime jitter)
{
  const guint n = rounds (60) * 100;
  guint32 timestamp = 0;
  Talker f;

  talker_init (&f, 1, NULL, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < n; i++) {
    GstClockTime now = T0 + i * LENGTH + GST_MSECOND, arrival = now + make_jitter (i, jitter);
    gboolean speaks = i % 100 < 30, first = i % 100 == 0;
    guint8 marker = first && (kind & MARKED) ? 0x80 : 0;

    if (speaks)
      talker_send (&f, 0 | marker, f.seq++, timestamp, 1, FRAME, arrival);
    else if ((kind & NOISE) && i % 10 == 0)
      talker_send (&f, 13, f.seq++, timestamp, 1, 1, arrival);
    if (speaks || (kind & COUNTED))
      timestamp += FRAME;
    if (i % 2 == 0)
      talker_tick (&f, MAX (now, arrival));
    /* Each spurt ends when it ended, give or take what can't be known of its delay. */
    if (i % 100 == 45)
      fail_unless (ABS (GST_CLOCK_DIFF (T0 + (i - 15) * LENGTH, f.last_speech)) <
                       MAX (5 * MS, (gint64)jitter),
                   "off by %" G_GINT64_FORMAT " at %u",
                   GST_CLOCK_DIFF (T0 + (i - 15) * LENGTH, f.last_speech), i);
  }
  talker_end (&f, T0 + n * LENGTH);
  fail_unless (ABS (GST_CLOCK_DIFF (T0 + n * LENGTH, f.position)) < MS / 8);
  fail_unless_equals_int (f.speech, n * 3 / 10 * FRAME);
  fail_unless_equals_int (f.receiver.timeline.late, 0);
  fail_unless_equals_int (f.receiver.stats.num_lost, 0);
  fail_unless (ABS ((gint64)f.octets->len - n * FRAME) < 80, "%u samples", f.octets->len);
  talker_clear (&f);
}

GST_START_TEST (test_pauses)
{
  for (Kind kind = 0; kind < 8; kind++) {
    check_pauses (kind, 3 * GST_MSECOND);
    check_pauses (kind, 30 * GST_MSECOND);
  }
}

GST_END_TEST;

/* Sums up how long decoders play what there is; all of it is contiguous. */
static void
take_opus (Talker *f, GstClockTime *played, guint *gaps)
{
  for (guint i = 0; i < f->units->len; i++) {
    SiprecUnit *unit = &g_array_index (f->units, SiprecUnit, i);
    guint8 packet[64];
    gsize size;

    if (unit->type == SIPREC_UNIT_END)
      continue;
    fail_unless_equals_uint64 (unit->time, f->position);
    f->position += unit->duration;
    *gaps += unit->buffer == NULL;
    if (!unit->buffer)
      continue;
    size = gst_buffer_extract (unit->buffer, 0, packet, sizeof (packet));
    *played += siprec_opus_get_duration (packet, size) * GST_SECOND / 48000;
  }
  g_array_set_size (f->units, 0);
}

/* Opus with DTX: in a pause a packet of one octet every 400 ms. */
GST_START_TEST (test_opus_dtx)
{
  g_autoptr (GPtrArray) formats =
      g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
  const guint n = 3000;
  GstClockTime played = 0;
  guint gaps = 0;
  Talker f;

  talker_init (&f, 1, NULL, SIPREC_FILL_SILENCE);
  g_ptr_array_add (formats, siprec_format_new ("audio", 96, "opus", 48000, 2, "usedtx=1"));
  siprec_receiver_set_formats (&f.receiver, formats);
  for (guint i = 0; i < n; i++) {
    GstClockTime now = T0 + i * LENGTH + 7 * GST_MSECOND;
    gboolean speaks = i % 150 < 60;

    if (speaks || i % 20 == 0)
      talker_send (&f, 96, f.seq++, i * 960, 0xf8, speaks ? 40 : 1,
                   now + make_jitter (i, 20 * GST_MSECOND));
    siprec_receiver_tick (&f.receiver, now);
    take_opus (&f, &played, &gaps);
  }
  siprec_receiver_end (&f.receiver, T0 + n * LENGTH);
  take_opus (&f, &played, &gaps);
  fail_unless_equals_int (gaps, 0);
  fail_unless_equals_int (f.receiver.timeline.late, 0);
  fail_unless (ABS (GST_CLOCK_DIFF (T0 + n * LENGTH, f.position)) < 2 * MS);
  fail_unless (ABS (GST_CLOCK_DIFF (n * LENGTH, played)) < 20 * MS, "%" GST_TIME_FORMAT,
               GST_TIME_ARGS (played));
  talker_clear (&f);
}

GST_END_TEST;

/* Hours of hold between two sentences. */
static void
check_hold (gboolean counted)
{
  const guint begin = 500, end = begin + rounds (3 * 3600) * 50, n = end + 500;
  guint32 timestamp = 0;
  guint64 samples = 0;
  Talker f;

  talker_init (&f, 1, NULL, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < n; i++) {
    gboolean speaks = i < begin || i >= end;

    if (speaks)
      talker_send (&f, 0, f.seq++, timestamp, 1, FRAME, T0 + i * LENGTH);
    if (speaks || counted)
      timestamp += FRAME;
    talker_tick (&f, T0 + i * LENGTH);
    samples += f.octets->len;
    g_byte_array_set_size (f.octets, 0);
  }
  talker_end (&f, T0 + n * LENGTH);
  samples += f.octets->len;
  fail_unless_equals_int (f.speech, 1000 * FRAME);
  fail_unless_equals_uint64 (samples, (guint64)n * FRAME);
  fail_unless_equals_uint64 (f.position, T0 + n * LENGTH);
  fail_unless_equals_int (f.receiver.timeline.late + f.receiver.stats.num_lost, 0);
  talker_clear (&f);
}

GST_START_TEST (test_hold)
{
  check_hold (TRUE);
  check_hold (FALSE);
}

GST_END_TEST;

/* Timestamps that jump while somebody speaks: the speech goes on. */
GST_START_TEST (test_jumps)
{
  static const guint32 jumps[] = {8000 * 3600, (guint32)-8000 * 3600, 0x80000000, 12345};
  guint32 timestamp = 77;
  Talker f;

  talker_init (&f, 1, NULL, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 1000; i++) {
    if (i % 100 == 99)
      timestamp += jumps[i / 100 % G_N_ELEMENTS (jumps)];
    talker_send (&f, 0, f.seq++, timestamp, 1, FRAME, T0 + i * LENGTH);
    timestamp += FRAME;
    talker_tick (&f, T0 + i * LENGTH);
  }
  talker_end (&f, T0 + 1000 * LENGTH);
  fail_unless_equals_int (f.speech, 1000 * FRAME);
  fail_unless_equals_int (f.octets->len, 1000 * FRAME);
  talker_clear (&f);
}

GST_END_TEST;

static Suite *
receiver_pauses_suite (void)
{
  Suite *suite = suite_create ("receiver-pauses");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_pauses);
  tcase_add_test (tc, test_opus_dtx);
  tcase_add_test (tc, test_hold);
  tcase_add_test (tc, test_jumps);
  return suite;
}

GST_CHECK_MAIN (receiver_pauses);
