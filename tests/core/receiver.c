/* What receivers make of packets, on made-up times: alignment, drift, pauses.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include <string.h>

#include "siprec-core/rtp/receiver.h"

#define T0     (100000 * GST_SECOND)
#define FRAME  160
#define LENGTH (20 * GST_MSECOND)
#define SPEECH 0x42

/* Seconds between 1900 and some day of 2026. */
#define NTP0 G_GUINT64_CONSTANT (3990000000)

typedef struct {
  SiprecReceiver receiver;
  GArray *units;
  guint16 seq;
  guint32 ssrc;
  GstClockTime ntp; /* the sender's clock at T0 */
  GstClockTime position;
  gsize speech, filler;
  GstClockTime last_speech; /* end of the last unit that isn't filler */
  gint64 worst_step;        /* most by which a unit was longer or shorter than its samples */
} Fixture;

static void
on_notice (gpointer user_data, const SiprecNotice *notice)
{
}

static void
clear_unit (gpointer unit)
{
  siprec_unit_clear (unit);
}

static void
fixture_init (Fixture *f, guint32 ssrc, SiprecSync *sync, SiprecFill fill)
{
  SiprecStreamWishes wishes = {
      .fill = fill, .latency = 200 * GST_MSECOND, .reference_timestamps = TRUE};
  g_autoptr (GPtrArray) formats =
      g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);

  memset (f, 0, sizeof (*f));
  f->ssrc = ssrc;
  f->ntp = NTP0 * GST_SECOND;
  f->position = T0;
  f->units = g_array_new (FALSE, FALSE, sizeof (SiprecUnit));
  g_array_set_clear_func (f->units, clear_unit);
  g_ptr_array_add (formats, siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL));
  g_ptr_array_add (formats, siprec_format_new ("audio", 13, "CN", 8000, 1, NULL));
  siprec_receiver_init (&f->receiver, on_notice, f);
  f->receiver.out = f->units;
  if (sync)
    siprec_receiver_set_sync (&f->receiver, sync);
  siprec_receiver_set_formats (&f->receiver, formats);
  siprec_receiver_begin (&f->receiver, T0);
  siprec_receiver_claim (&f->receiver, &wishes, T0);
}

static void
fixture_clear (Fixture *f)
{
  siprec_receiver_clear (&f->receiver);
  g_array_unref (f->units);
}

/* Counts the units and checks that they are contiguous. */
static void
take (Fixture *f)
{
  for (guint i = 0; i < f->units->len; i++) {
    SiprecUnit *unit = &g_array_index (f->units, SiprecUnit, i);
    gsize size = unit->buffer ? gst_buffer_get_size (unit->buffer) : 0;
    gint64 step = (gint64)unit->duration - (gint64)(size * 125 * GST_USECOND);

    fail_unless_equals_uint64 (unit->time, f->position);
    f->position += unit->duration;
    if (!unit->buffer)
      continue;
    f->worst_step = MAX (f->worst_step, ABS (step));
    if (GST_BUFFER_FLAG_IS_SET (unit->buffer, GST_BUFFER_FLAG_GAP)) {
      f->filler += size;
    } else {
      f->speech += size;
      f->last_speech = f->position;
    }
  }
  g_array_set_size (f->units, 0);
}

static void
send_pt (Fixture *f, guint8 pt, guint16 seq, guint32 timestamp, gsize size, GstClockTime arrival)
{
  guint8 packet[12 + FRAME] = {0x80, pt};

  GST_WRITE_UINT16_BE (packet + 2, seq);
  GST_WRITE_UINT32_BE (packet + 4, timestamp);
  GST_WRITE_UINT32_BE (packet + 8, f->ssrc);
  memset (packet + 12, SPEECH, FRAME);
  siprec_receiver_push (&f->receiver, packet, 12 + size, arrival);
}

/* The frame that was spoken @n frames after T0. */
static void
speak (Fixture *f, guint n, GstClockTime arrival)
{
  send_pt (f, 0, f->seq++, n * FRAME, FRAME, arrival);
}

static void
tick (Fixture *f, GstClockTime now)
{
  siprec_receiver_align (&f->receiver);
  siprec_receiver_tick (&f->receiver, now);
  take (f);
}

/* A sender report made @since T0, with CNAME @cname of 3 octets. */
static void
report (Fixture *f, const gchar *cname, GstClockTime since, GstClockTime delay)
{
  GstClockTime ntp = f->ntp + since;
  guint8 packet[28 + 16] = {0x80, 200, 0, 6};

  GST_WRITE_UINT32_BE (packet + 4, f->ssrc);
  GST_WRITE_UINT32_BE (packet + 8, ntp / GST_SECOND);
  GST_WRITE_UINT32_BE (
      packet + 12,
      gst_util_uint64_scale (ntp % GST_SECOND, G_GUINT64_CONSTANT (1) << 32, GST_SECOND));
  GST_WRITE_UINT32_BE (packet + 16, gst_util_uint64_scale (since, 8000, GST_SECOND));
  packet[28] = 0x81;
  packet[29] = 202;
  packet[31] = 3;
  GST_WRITE_UINT32_BE (packet + 32, f->ssrc);
  packet[36] = 1;
  packet[37] = 3;
  memcpy (packet + 38, cname, 3);
  fail_unless (siprec_rtcp_parse (&f->receiver.rtcp, packet, sizeof (packet), T0 + since + delay));
}

/* Two streams whose packets are on their way for no time and for 90 ms speak for 60 s; returns by
 * how much the second is behind the first at the end. */
static gint64
run_pair (Fixture *a, Fixture *b, const gchar *cname_a, const gchar *cname_b, guint first_report)
{
  const GstClockTime delay = 90 * GST_MSECOND;

  for (guint i = 0; i < 3000; i++) {
    GstClockTime now = T0 + i * LENGTH;

    speak (a, i, now);
    if (i >= 5)
      speak (b, i - 5, now - 10 * GST_MSECOND);
    if (i >= first_report && (i - first_report) % 250 == 0) {
      report (a, cname_a, i * LENGTH, 0);
      report (b, cname_b, i * LENGTH, delay);
    }
    tick (a, now);
    tick (b, now);
  }
  /* a has given frame 2999, b 2994. */
  return GST_CLOCK_DIFF (a->last_speech, b->last_speech + 5 * LENGTH);
}

static void
check_pair (const gchar *cname_a, const gchar *cname_b, guint first_report, gint64 ahead,
            gint64 expected)
{
  g_autoptr (SiprecSync) sync = siprec_sync_new ();
  Fixture a, b;
  gint64 behind;

  fixture_init (&a, 1, sync, SIPREC_FILL_SILENCE);
  fixture_init (&b, 2, sync, SIPREC_FILL_SILENCE);
  b.ntp += ahead;
  behind = run_pair (&a, &b, cname_a, cname_b, first_report);
  fail_unless (ABS (behind - expected) < 3 * (gint64)GST_MSECOND, "%" G_GINT64_FORMAT, behind);
  /* Everything was given, and nothing jumped. */
  fail_unless_equals_int (a.speech, 3000 * FRAME);
  fail_unless_equals_int (b.speech, 2995 * FRAME);
  fail_unless (a.worst_step <= 200 * (gint64)GST_USECOND);
  if (first_report > 0)
    fail_unless_equals_int (a.filler, 0);
  fixture_clear (&a);
  fixture_clear (&b);
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
    GstClockTime sent = T0;
    Fixture f;

    fixture_init (&f, 1, NULL, SIPREC_FILL_SILENCE);
    for (guint i = 0; i < 180000; i++) {
      sent = T0 + i * length;
      speak (&f, i, sent + i * 7919 % 13 * GST_MSECOND);
      if (i % 5 == 0)
        tick (&f, sent + 13 * GST_MSECOND);
      if (i > 500)
        fail_unless (ABS (GST_CLOCK_DIFF (sent + length, f.receiver.timeline.anchor +
                                                             f.receiver.timeline.units * 125000)) <
                     5 * (gint64)GST_MSECOND);
    }
    take (&f);
    fail_unless_equals_int (f.speech, 180000 * FRAME);
    fail_unless_equals_int (f.filler, 0);
    fail_unless (ABS (GST_CLOCK_DIFF (sent + length, f.position)) < 5 * (gint64)GST_MSECOND);
    fixture_clear (&f);
  }
}

GST_END_TEST;

/* Talk-spurts of 600 ms and pauses of 1400 ms for two minutes. The sender counts its pauses (DTX),
 * tells comfort noise, or does neither. */
static void
check_pauses (gboolean counted, gboolean noise)
{
  const guint n = 6000;
  guint32 timestamp = 0;
  Fixture f;

  fixture_init (&f, 1, NULL, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < n; i++) {
    GstClockTime now = T0 + i * LENGTH;
    gboolean speaks = i % 100 < 30;

    if (speaks)
      send_pt (&f, 0, f.seq++, timestamp, FRAME, now + i % 3 * GST_MSECOND);
    else if (noise && i % 10 == 0)
      send_pt (&f, 13, f.seq++, timestamp, 1, now + i % 3 * GST_MSECOND);
    if (speaks || counted)
      timestamp += FRAME;
    tick (&f, now + 3 * GST_MSECOND);
    /* Each spurt ends when it ended. */
    if (i % 100 == 29)
      fail_unless (ABS (GST_CLOCK_DIFF (now + LENGTH, f.last_speech)) < 5 * (gint64)GST_MSECOND,
                   "off by %" G_GINT64_FORMAT " at %u",
                   GST_CLOCK_DIFF (now + LENGTH, f.last_speech), i);
  }
  siprec_receiver_end (&f.receiver, T0 + n * LENGTH);
  take (&f);
  fail_unless_equals_uint64 (f.position, T0 + n * LENGTH);
  fail_unless (f.speech >= (n * 3 / 10 * FRAME) - 60 * 5 * 8, "%u", (guint)f.speech);
  fail_unless (ABS ((gint64)(f.speech + f.filler) - n * FRAME) < 80);
  fixture_clear (&f);
}

GST_START_TEST (test_pauses)
{
  check_pauses (TRUE, FALSE);
  check_pauses (TRUE, TRUE);
  check_pauses (FALSE, FALSE);
}

GST_END_TEST;

/* A report that is learnt in a pause is applied in the pause. */
GST_START_TEST (test_late_report_in_pause)
{
  g_autoptr (SiprecSync) sync = siprec_sync_new ();
  Fixture a, b;

  fixture_init (&a, 1, sync, SIPREC_FILL_SILENCE);
  fixture_init (&b, 2, sync, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 200; i++) {
    GstClockTime now = T0 + i * LENGTH;

    if (i < 100 || i >= 150)
      speak (&a, i, now);
    if (i >= 5)
      speak (&b, i - 5, now - 10 * GST_MSECOND);
    if (i == 120) {
      report (&a, "joe", i * LENGTH, 0);
      report (&b, "joe", i * LENGTH, 90 * GST_MSECOND);
    }
    tick (&a, now);
    tick (&b, now);
    if (i == 99 || i == 150)
      fail_unless (ABS (GST_CLOCK_DIFF (now + LENGTH, a.last_speech) -
                        (i == 150 ? 90 * (gint64)GST_MSECOND : 0)) < 2 * (gint64)GST_MSECOND);
  }
  fail_unless_equals_int (a.speech, 150 * FRAME);
  fail_unless (a.filler >= (1000 + 85) * 8 && a.filler <= (1000 + 95) * 8);
  fail_unless_equals_int (a.receiver.timeline.late, 0);
  fixture_clear (&a);
  fixture_clear (&b);
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
  tcase_add_test (tc, test_late_report_in_pause);
  tcase_add_test (tc, test_drift_over_an_hour);
  tcase_add_test (tc, test_pauses);
  return suite;
}

GST_CHECK_MAIN (receiver);
