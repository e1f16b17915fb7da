/* What receivers make of pictures that come rarely, on made-up times
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/rtp/receiver.h"

#define T0      (100000 * GST_SECOND)
#define PACKETS 3 /* to a picture */
#define SSRC    77

static SiprecReceiver receiver;
static GArray *units; /* SiprecUnit */
static guint n_losses;

static void
on_notice (gpointer user_data, const SiprecNotice *notice)
{
  n_losses += notice->type == SIPREC_NOTICE_LOSS;
}

static void
clear_unit (gpointer unit)
{
  siprec_unit_clear (unit);
}

static void
setup (void)
{
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_GAP, .latency = 200 * GST_MSECOND};
  g_autoptr (GPtrArray) formats =
      g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);

  receiver = (SiprecReceiver){0};
  n_losses = 0;
  units = g_array_new (FALSE, FALSE, sizeof (SiprecUnit));
  g_array_set_clear_func (units, clear_unit);
  g_ptr_array_add (formats, siprec_format_new ("video", 96, "VP8", 90000, 0, NULL));
  siprec_receiver_init (&receiver, on_notice, NULL);
  receiver.out = units;
  siprec_receiver_set_formats (&receiver, formats);
  siprec_receiver_begin (&receiver, T0);
  siprec_receiver_claim (&receiver, &wishes, T0);
}

static void
teardown (void)
{
  siprec_receiver_clear (&receiver);
  g_array_unref (units);
}

/* A picture that was taken @taken ms after T0, and whose first packet comes @delay ms later. */
static void
show (guint64 taken, guint delay)
{
  static guint16 seq = 65530;
  guint8 packet[100] = {0x80, 96};

  GST_WRITE_UINT32_BE (packet + 4, (guint32)(taken * 90));
  GST_WRITE_UINT32_BE (packet + 8, SSRC);
  for (guint i = 0; i < PACKETS; i++) {
    packet[1] = (i == PACKETS - 1 ? 0x80 : 0) | 96;
    packet[12] = i == 0 ? 0x10 : 0;
    GST_WRITE_UINT16_BE (packet + 2, seq++);
    siprec_receiver_push (&receiver, packet, sizeof packet, T0 + (taken + delay + i) * GST_MSECOND);
  }
}

/* All pictures come, each at its time within @tolerance ms, and what is between them is told as gaps. */
static void
check_pictures (const guint64 *taken, guint n, guint tolerance)
{
  GstClockTime position = T0;
  guint packet = 0;

  for (guint i = 0; i < units->len; i++) {
    SiprecUnit *unit = &g_array_index (units, SiprecUnit, i);
    GstClockTime wanted;

    if (unit->type == SIPREC_UNIT_GAP)
      fail_unless (unit->time >= position - tolerance * GST_MSECOND);
    position = MAX (position, unit->time + unit->duration);
    if (unit->type != SIPREC_UNIT_DATA)
      continue;
    fail_unless (packet < n * PACKETS);
    wanted = T0 + taken[packet++ / PACKETS] * GST_MSECOND;
    fail_unless (ABS (GST_CLOCK_DIFF (wanted, unit->time)) <= tolerance * (gint64)GST_MSECOND,
                 "picture %u is %" G_GINT64_FORMAT " ms late", (packet - 1) / PACKETS,
                 GST_CLOCK_DIFF (wanted, unit->time) / (gint64)GST_MSECOND);
  }
  fail_unless_equals_int (packet, n * PACKETS);
  fail_unless_equals_int (n_losses, 0);
}

/* Seconds, minutes and hours without a picture; the timestamps go round once. */
GST_START_TEST (test_long_pauses)
{
  static const guint64 taken[] = {0,      40,     80,      5000,    5040,     65000,    65500,
                                  305000, 305040, 3905000, 3905040, 24000000, 48000000, 48000040};
  guint64 now = 0;

  for (guint i = 0; i < G_N_ELEMENTS (taken); i++) {
    for (; now + 1000 < taken[i]; now += 1000)
      siprec_receiver_tick (&receiver, T0 + now * GST_MSECOND);
    show (taken[i], i * 7 % 15);
    now = taken[i] + 20;
    siprec_receiver_tick (&receiver, T0 + now * GST_MSECOND);
  }
  siprec_receiver_tick (&receiver, T0 + (now + 1000) * GST_MSECOND);
  siprec_receiver_end (&receiver, T0 + (now + 1000) * GST_MSECOND);
  check_pictures (taken, G_N_ELEMENTS (taken), 20);
}
GST_END_TEST

/* A screen: from none to thirty pictures in a second, as it changes. */
GST_START_TEST (test_irregular_rate)
{
  guint64 taken[400], time = 0;
  g_autoptr (GRand) random = g_rand_new_with_seed (11);

  for (guint i = 0; i < G_N_ELEMENTS (taken); i++) {
    taken[i] = time;
    for (guint64 now = i > 0 ? taken[i - 1] + 20 : 0; now < time; now += 20)
      siprec_receiver_tick (&receiver, T0 + now * GST_MSECOND);
    show (time, g_rand_int_range (random, 0, 12));
    time += g_rand_int_range (random, 0, 4) ? g_rand_int_range (random, 33, 200)
                                            : g_rand_int_range (random, 200, 4000);
  }
  siprec_receiver_end (&receiver, T0 + time * GST_MSECOND);
  check_pictures (taken, G_N_ELEMENTS (taken), 20);
}
GST_END_TEST

static Suite *
receiver_video_suite (void)
{
  Suite *suite = suite_create ("receiver-video");
  TCase *tcase = tcase_create ("receiver-video");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_long_pauses);
  tcase_add_test (tcase, test_irregular_rate);
  return suite;
}

GST_CHECK_MAIN (receiver_video);
