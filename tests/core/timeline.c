/* The unbroken timeline, on made-up times.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/rtp/clock.h"
#include "siprec-core/media/opus.h"
#include "siprec-core/rtp/timeline.h"

#define T0     (1000 * GST_SECOND)
#define FRAME  160
#define LENGTH (20 * GST_MSECOND)

static SiprecFormat *pcmu, *opus, *g729, *gsm, *ilbc, *l16, *video;
static SiprecTimeline timeline;
static GArray *out;
static GstClockTime position; /* where the units checked so far end */

static void
clear_unit (gpointer unit)
{
  siprec_unit_clear (unit);
}

static void
setup (void)
{
  pcmu = siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL);
  opus = siprec_format_new ("audio", 96, "opus", 48000, 2, NULL);
  g729 = siprec_format_new ("audio", 18, "G729", 8000, 1, NULL);
  gsm = siprec_format_new ("audio", 3, "GSM", 8000, 1, NULL);
  ilbc = siprec_format_new ("audio", 99, "iLBC", 8000, 1, "mode=20");
  l16 = siprec_format_new ("audio", 97, "L16", 44100, 2, NULL);
  video = siprec_format_new ("video", 98, "H264", 90000, 0, NULL);
  out = g_array_new (FALSE, FALSE, sizeof (SiprecUnit));
  g_array_set_clear_func (out, clear_unit);
  memset (&timeline, 0, sizeof (timeline));
  siprec_timeline_init (&timeline, 0);
  siprec_timeline_set_format (&timeline, pcmu);
  siprec_timeline_init (&timeline, T0);
  siprec_timeline_configure (&timeline, SIPREC_FILL_SILENCE, FALSE, 0);
  position = T0;
}

static void
teardown (void)
{
  siprec_timeline_clear (&timeline);
  g_array_unref (out);
  siprec_format_unref (pcmu);
  siprec_format_unref (opus);
  siprec_format_unref (g729);
  siprec_format_unref (gsm);
  siprec_format_unref (ilbc);
  siprec_format_unref (l16);
  siprec_format_unref (video);
}

static void
push_sized (SiprecFormat *format, gint64 timestamp, GstClockTime time, gsize size, guint32 duration)
{
  static gint64 seq;
  SiprecFrame frame = {.seq = seq++,
                       .timestamp = timestamp,
                       .time = time,
                       .reference = GST_CLOCK_TIME_NONE,
                       .format = siprec_format_ref (format),
                       .buffer = gst_buffer_new_allocate (NULL, size, NULL),
                       .duration = duration,
                       .raw = timeline.raw || format == video};

  gst_buffer_memset (frame.buffer, 0, timestamp / MAX (duration, 1), -1);
  siprec_timeline_push (&timeline, &frame, out);
}

static void
push (gint64 timestamp, GstClockTime time)
{
  push_sized (pcmu, timestamp, time, FRAME, FRAME);
}

/* What the units were. */
typedef struct {
  guint media, filler, gaps, disconts;
  gsize media_bytes, filler_bytes;
  GstClockTime gap_time;
} Sum;

/* Checks that all units are contiguous, sums them up and forgets them. */
static Sum
sum_up (void)
{
  Sum sum = {0};

  for (guint i = 0; i < out->len; i++) {
    SiprecUnit *unit = &g_array_index (out, SiprecUnit, i);
    gboolean filler = unit->buffer && GST_BUFFER_FLAG_IS_SET (unit->buffer, GST_BUFFER_FLAG_GAP);

    fail_unless_equals_uint64 (unit->time, position);
    position += unit->duration;
    if (!unit->buffer) {
      sum.gaps++;
      sum.gap_time += unit->duration;
      continue;
    }
    sum.disconts += GST_BUFFER_FLAG_IS_SET (unit->buffer, GST_BUFFER_FLAG_DISCONT);
    *(filler ? &sum.filler : &sum.media) += 1;
    *(filler ? &sum.filler_bytes : &sum.media_bytes) += gst_buffer_get_size (unit->buffer);
  }
  g_array_set_size (out, 0);
  return sum;
}

/* The first unit begins at the start: filler before media that comes late, nothing of what came
 * before. */
GST_START_TEST (test_start)
{
  Sum sum;

  push (0, T0 - 3 * LENGTH);
  fail_unless_equals_int (out->len, 0);
  push (FRAME, T0 - 5 * GST_MSECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, 120);
  fail_unless_equals_int (sum.disconts, 1);
  push (2 * FRAME, T0 + 15 * GST_MSECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, FRAME);
  fail_unless_equals_int (sum.filler_bytes, 0);
  fail_unless_equals_uint64 (timeline.late, 0);

  teardown ();
  setup ();
  push (0, T0 + 3 * LENGTH + 125 * GST_USECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler_bytes, 3 * FRAME + 1);
  fail_unless_equals_int (sum.filler, 4);
  fail_unless_equals_int (sum.media_bytes, FRAME);
}

GST_END_TEST;

/* Small jitter of the times changes nothing; holes are filled by the count of samples. */
GST_START_TEST (test_holes)
{
  Sum sum;

  for (guint i = 0; i < 100; i++)
    push (i * FRAME, T0 + i * LENGTH + (i * 7 % 3) * 600 * GST_USECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, 100 * FRAME);
  fail_unless_equals_int (sum.filler_bytes, 0);
  fail_unless_equals_uint64 (position, T0 + 100 * LENGTH);

  push (103 * FRAME + 7, T0 + 103 * LENGTH + GST_MSECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler_bytes, 3 * FRAME + 7);
  fail_unless_equals_int (sum.media_bytes, FRAME);
}

GST_END_TEST;

/* Time passes without packets: whole pieces, and what comes late is cut or dropped. */
GST_START_TEST (test_advance)
{
  Sum sum;

  push (0, T0);
  siprec_timeline_advance (&timeline, T0 + LENGTH, out);
  siprec_timeline_advance (&timeline, T0 + 2 * LENGTH - 1, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler_bytes, 0);
  siprec_timeline_advance (&timeline, T0 + 3 * LENGTH + LENGTH / 2, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler_bytes, 2 * FRAME);

  push (FRAME, T0 + LENGTH);
  push (2 * FRAME, T0 + 2 * LENGTH);
  fail_unless_equals_int (out->len, 0);
  fail_unless_equals_uint64 (timeline.late, 2);
  push (2 * FRAME + 40, T0 + 2 * LENGTH + 5 * GST_MSECOND);
  push (3 * FRAME + 40, T0 + 3 * LENGTH + 5 * GST_MSECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, 40 + FRAME);
  fail_unless_equals_int (sum.filler_bytes, 0);
  fail_unless_equals_uint64 (timeline.late, 3);

  siprec_timeline_finish (&timeline, T0 + GST_SECOND + 125 * GST_USECOND, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler_bytes, 8001 - 5 * FRAME + FRAME - 40);
  fail_unless_equals_uint64 (position, T0 + GST_SECOND + 125 * GST_USECOND);
}

GST_END_TEST;

/* Nothing is given out beyond the end. */
GST_START_TEST (test_end)
{
  Sum sum;

  push (0, T0);
  timeline.end = T0 + 50 * GST_MSECOND;
  push (FRAME, T0 + LENGTH);
  push (2 * FRAME, T0 + 2 * LENGTH);
  push (9 * FRAME, T0 + 9 * LENGTH);
  siprec_timeline_finish (&timeline, timeline.end, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, 400);
  fail_unless_equals_int (sum.filler_bytes, 0);
  fail_unless_equals_uint64 (position, T0 + 50 * GST_MSECOND);
}

GST_END_TEST;

/* 200 ppm for ten minutes: no filler, no cut, and the position follows. */
GST_START_TEST (test_drift)
{
  for (gint ppm = -200; ppm <= 200; ppm += 400) {
    SiprecClock rtp_clock;
    Sum sum = {0};

    teardown ();
    setup ();
    siprec_clock_reset (&rtp_clock, 8000);
    for (guint i = 0; i < 30000; i++) {
      GstClockTime sent = T0 + i * (LENGTH + LENGTH * (gint64)ppm / 1000000);
      GstClockTime time =
          siprec_clock_update (&rtp_clock, i * FRAME, sent + i % 5 * GST_MSECOND, GST_SECOND);

      push (i * FRAME, time);
      fail_unless (ABS (GST_CLOCK_DIFF (sent + LENGTH, siprec_timeline_get_position (&timeline))) <
                   5 * (gint64)GST_MSECOND);
    }
    sum = sum_up ();
    fail_unless_equals_int (sum.media, 30000);
    fail_unless_equals_int (sum.media_bytes, 30000 * FRAME);
    fail_unless_equals_int (sum.filler + sum.gaps, 0);
  }
}

GST_END_TEST;

/* Timestamps that begin anew: placed by time, but next to the last frame if that is close. */
GST_START_TEST (test_unlock)
{
  Sum sum;

  push (0, T0);
  siprec_timeline_unlock (&timeline);
  push (77777, T0 + LENGTH - 4 * GST_MSECOND);
  push (77777 + FRAME, T0 + 2 * LENGTH - 4 * GST_MSECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, 3 * FRAME);
  fail_unless_equals_int (sum.filler_bytes, 0);
  fail_unless_equals_uint64 (timeline.late, 0);
  siprec_timeline_unlock (&timeline);
  push (5, position + 100 * GST_MSECOND);
  sum = sum_up ();
  /* What was shortened is made up for. */
  fail_unless (sum.filler_bytes >= 790 && sum.filler_bytes < 800, "%zu", sum.filler_bytes);
  /* The same without a word: time and timestamps disagree. */
  push (5 + FRAME, position + 200 * GST_MSECOND);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler_bytes, 1600);
  push (5 + 99 * FRAME, position);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler_bytes, 0);
  fail_unless_equals_int (sum.media_bytes, FRAME);
}

GST_END_TEST;

/* Silence of Opus has packets of several lengths, and what is less than the shortest is spread over them.
 * Its packets can't be cut. */
GST_START_TEST (test_opus)
{
  Sum sum;

  siprec_timeline_set_format (&timeline, opus);
  push_sized (opus, 0, T0 + 50 * GST_MSECOND, 40, 960);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler, 3);
  fail_unless_equals_int (sum.gaps, 0);
  fail_unless_equals_int (sum.media, 1);
  siprec_timeline_advance (&timeline, T0 + 99 * GST_MSECOND, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler, 1);
  fail_unless_equals_int (sum.gaps, 0);
  /* Mostly covered already, and mostly not. */
  push_sized (opus, 960 + 20, T0 + 70 * GST_MSECOND, 40, 960);
  fail_unless_equals_int (out->len, 0);
  push_sized (opus, 960 + 720, T0 + 85 * GST_MSECOND, 40, 960);
  sum = sum_up ();
  fail_unless_equals_int (sum.media, 1);
  fail_unless_equals_uint64 (position, T0 + 110 * GST_MSECOND);
  siprec_timeline_finish (&timeline, T0 + 136 * GST_MSECOND, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.filler, 2);
  fail_unless_equals_int (sum.gaps, 0);
  fail_unless_equals_uint64 (position, T0 + 136 * GST_MSECOND);
}

GST_END_TEST;

/* How long decoders play what was given so far. */
static GstClockTime
sum_up_played (const SiprecFormat *format)
{
  GstClockTime played = 0;

  for (guint i = 0; i < out->len; i++) {
    GstBuffer *buffer = g_array_index (out, SiprecUnit, i).buffer;
    guint8 data[100];
    gsize size = buffer ? gst_buffer_extract (buffer, 0, data, sizeof (data)) : 0;

    if (format == opus)
      played += siprec_opus_get_duration (data, size) * GST_SECOND / 48000;
    else
      played += size / (format == gsm ? 33 : 10) * (format == gsm ? 20 : 10) * GST_MSECOND;
  }
  return played;
}

/* Codecs whose silence has frames: a hole is filled by as many as come next to it. Time is exact, and what is played
 * never gets more than a frame away from it. */
GST_START_TEST (test_grains)
{
  SiprecFormat **formats[] = {&opus, &g729, &gsm};
  static const gsize sizes[] = {3, 20, 33};

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    GstClockTime played = 0;
    gint64 ms = 7;
    Sum sum = {0};

    teardown ();
    setup ();
    siprec_timeline_set_format (&timeline, *formats[i]);
    for (guint spurt = 0; spurt < 1000; spurt++, ms += 300 + spurt % 23) {
      for (guint frame = 0; frame < 3; frame++, ms += 20) {
        guint rate = (*formats[i])->clock_rate / 1000;

        push_sized (*formats[i], ms * rate, T0 + ms * GST_MSECOND, sizes[i], 20 * rate);
        gst_buffer_memset (g_array_index (out, SiprecUnit, out->len - 1).buffer, 0, 0xf8, 1);
        fail_unless_equals_uint64 (siprec_timeline_get_position (&timeline),
                                   T0 + (ms + 20) * GST_MSECOND);
      }
      played += sum_up_played (*formats[i]);
      fail_unless (ABS (GST_CLOCK_DIFF (T0 + played, siprec_timeline_get_position (&timeline))) <=
                   10 * (gint64)GST_MSECOND);
      sum = sum_up ();
      fail_unless_equals_int (sum.media, 3);
      fail_unless (spurt == 0 || sum.gaps == 0);
    }
    fail_unless_equals_int (timeline.late, 0);
  }
}

GST_END_TEST;

/* No silence is known for iLBC; 44100 Hz has no whole ns. */
GST_START_TEST (test_other_formats)
{
  Sum sum;

  push_sized (ilbc, 0, T0 + LENGTH, 38, FRAME);
  sum = sum_up ();
  fail_unless_equals_int (sum.gaps, 1);
  fail_unless_equals_uint64 (sum.gap_time, LENGTH);
  fail_unless_equals_int (sum.media_bytes, 38);

  for (guint i = 0; i < 1000; i++)
    push_sized (l16, i * 441, T0 + 2 * LENGTH + i * 10 * GST_MSECOND, 4 * 441, 441);
  siprec_timeline_finish (&timeline, T0 + 11 * GST_SECOND, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.gaps, 0);
  fail_unless_equals_int (sum.media, 1000);
  fail_unless_equals_int (sum.filler_bytes, 4 * 42336);
  fail_unless (ABS (GST_CLOCK_DIFF (T0 + 11 * GST_SECOND, position)) < 12000);
}

GST_END_TEST;

/* Without filler time jumps, and says so. */
GST_START_TEST (test_no_fill)
{
  siprec_timeline_configure (&timeline, SIPREC_FILL_NONE, FALSE, 0);
  push (0, T0 + LENGTH);
  siprec_timeline_advance (&timeline, T0 + GST_SECOND, out);
  push (FRAME, T0 + 2 * LENGTH);
  push (9 * FRAME, T0 + 10 * LENGTH);
  siprec_timeline_finish (&timeline, T0 + GST_SECOND, out);
  fail_unless_equals_int (out->len, 3);
  fail_unless_equals_uint64 (g_array_index (out, SiprecUnit, 0).time, T0 + LENGTH);
  fail_unless_equals_uint64 (g_array_index (out, SiprecUnit, 2).time, T0 + 10 * LENGTH);
  fail_unless (
      GST_BUFFER_FLAG_IS_SET (g_array_index (out, SiprecUnit, 2).buffer, GST_BUFFER_FLAG_DISCONT));
  fail_unless (
      !GST_BUFFER_FLAG_IS_SET (g_array_index (out, SiprecUnit, 1).buffer, GST_BUFFER_FLAG_DISCONT));
}

GST_END_TEST;

/* An hour without packets isn't made of 180000 buffers. */
GST_START_TEST (test_long_fill)
{
  Sum sum;

  siprec_timeline_advance (&timeline, T0 + 3600 * GST_SECOND, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.gaps, 1);
  fail_unless_equals_int (sum.filler_bytes, 5 * 8000);
  fail_unless_equals_uint64 (position, T0 + 3600 * GST_SECOND);
}

GST_END_TEST;

/* Raw packets: several of a frame at one time, gaps between frames only where there are holes. */
GST_START_TEST (test_raw)
{
  guint n = 0, gaps = 0;

  for (guint i = 0; i < 10; i++) {
    GstClockTime time = T0 + 100 * GST_MSECOND + i * 40 * GST_MSECOND;

    for (guint j = 0; j < 3; j++)
      push_sized (video, i * 3600, time, 1000, 0);
    siprec_timeline_advance (&timeline, time - 60 * GST_MSECOND, out);
  }
  siprec_timeline_advance (&timeline, T0 + 2 * GST_SECOND, out);
  push_sized (video, 20 * 3600, T0 + GST_SECOND, 1000, 0);
  push_sized (video, 60 * 3600, T0 + 2 * GST_SECOND + 500 * GST_MSECOND, 1000, 0);
  siprec_timeline_finish (&timeline, T0 + 3 * GST_SECOND, out);
  /* What is late of video is not left out. */
  fail_unless_equals_uint64 (timeline.late, 0);
  for (guint i = 0; i < out->len; i++) {
    SiprecUnit *unit = &g_array_index (out, SiprecUnit, i);

    if (!unit->buffer) {
      gaps++;
      fail_unless_equals_uint64 (unit->time, position);
    } else if (n++ < 30) {
      fail_unless_equals_uint64 (unit->time, T0 + (100 + (n - 1) / 3 * 40) * GST_MSECOND);
    }
    position = MAX (position, unit->time + unit->duration);
  }
  fail_unless_equals_int (n, 32);
  fail_unless (gaps >= 3 && gaps <= 5, "%u gaps", gaps);
  fail_unless_equals_uint64 (position, T0 + 3 * GST_SECOND);
}

GST_END_TEST;

/* The last packets of a burst may seem to be from after the end: they came before it. */
GST_START_TEST (test_raw_end)
{
  const SiprecUnit *last;

  for (guint i = 0; i < 10; i++) {
    if (i == 5)
      timeline.end = T0 + 7 * LENGTH;
    push_sized (video, i * 1800, T0 + i * LENGTH, 1000, 0);
  }
  siprec_timeline_finish (&timeline, timeline.end, out);
  fail_unless_equals_int (out->len, 10);
  last = &g_array_index (out, SiprecUnit, 9);
  fail_unless_equals_uint64 (last->time, T0 + 7 * LENGTH);
}

GST_END_TEST;

/* Joined frames: of one kind, and not kept waiting. */
GST_START_TEST (test_joined)
{
  Sum sum;

  siprec_timeline_configure (&timeline, SIPREC_FILL_SILENCE, FALSE, 100 * GST_MSECOND);
  for (guint i = 0; i < 7; i++)
    push (i * FRAME, T0 + i * LENGTH);
  sum = sum_up ();
  fail_unless_equals_int (sum.media, 1);
  fail_unless_equals_int (sum.media_bytes, 5 * FRAME);
  push (9 * FRAME, T0 + 9 * LENGTH);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, 2 * FRAME);
  fail_unless_equals_int (sum.filler, 1);
  fail_unless_equals_int (sum.filler_bytes, 2 * FRAME);
  siprec_timeline_configure (&timeline, SIPREC_FILL_NONE, FALSE, 100 * GST_MSECOND);
  siprec_timeline_advance (&timeline, T0 + 13 * LENGTH, out);
  fail_unless_equals_int (out->len, 0);
  siprec_timeline_advance (&timeline, T0 + 14 * LENGTH, out);
  sum = sum_up ();
  fail_unless_equals_int (sum.media_bytes, FRAME);
}

GST_END_TEST;

static Suite *
timeline_suite (void)
{
  Suite *suite = suite_create ("timeline");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_start);
  tcase_add_test (tc, test_holes);
  tcase_add_test (tc, test_advance);
  tcase_add_test (tc, test_end);
  tcase_add_test (tc, test_drift);
  tcase_add_test (tc, test_unlock);
  tcase_add_test (tc, test_opus);
  tcase_add_test (tc, test_grains);
  tcase_add_test (tc, test_other_formats);
  tcase_add_test (tc, test_no_fill);
  tcase_add_test (tc, test_long_fill);
  tcase_add_test (tc, test_raw);
  tcase_add_test (tc, test_raw_end);
  tcase_add_test (tc, test_joined);
  return suite;
}

GST_CHECK_MAIN (timeline);
