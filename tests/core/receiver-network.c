/* Recordings of what came through a bad network, on made-up times: their length, and who is where.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "talker.h"
#include "tests/support/network.h"
#include "tests/support/rounds.h"

/* What the length of a recording may be off, and two of them may be apart. */
#define TOLERANCE (20 * (gint64)GST_MSECOND)

typedef struct {
  GstClockTime due;
  guint n; /* the frame */
} Packet;

static gint
compare_packets (gconstpointer a, gconstpointer b)
{
  const Packet *one = a, *other = b;

  return one->due == other->due ? 0 : one->due < other->due ? -1 : 1;
}

/* When each of @n_frames packets comes that were sent every 20 ms from @begin on. */
static GArray *
send_all (Network *network, guint n_frames, GstClockTime begin)
{
  GArray *packets = g_array_new (FALSE, FALSE, sizeof (Packet));

  for (guint i = 0; i < n_frames; i++) {
    gint64 due[2];
    guint copies = network_send (network, (gint64)(i * LENGTH / GST_USECOND), due);

    for (guint j = 0; j < copies; j++) {
      Packet packet = {begin + (GstClockTime)due[j] * GST_USECOND, i};

      g_array_append_val (packets, packet);
    }
  }
  g_array_sort (packets, compare_packets);
  return packets;
}

/* Takes those of @packets from number @i on that have come by @now; returns the number of the next. */
static guint
receive_until (Talker *talker, GArray *packets, guint i, GstClockTime now)
{
  for (; i < packets->len && g_array_index (packets, Packet, i).due <= now; i++) {
    const Packet *packet = &g_array_index (packets, Packet, i);

    talker_send (talker, 0, 60000 + packet->n, 0xffff0000 + packet->n * FRAME, 1 + packet->n % 64,
                 FRAME, packet->due);
  }
  return i;
}

/* Takes @packets, with a tick every 20 ms, and ends at @end. */
static void
receive_all (Talker *talker, GArray *packets, GstClockTime end)
{
  guint i = 0;

  for (GstClockTime now = T0; now < end; now += LENGTH) {
    i = receive_until (talker, packets, i, now);
    talker_tick (talker, now);
  }
  receive_until (talker, packets, i, end);
  talker_end (talker, end);
}

/* Where each frame is in the recording, in ns from its beginning, -1 if it isn't there. Frames are whole and
 * in order. */
static gint64 *
find_frames (Talker *talker, guint n_frames)
{
  gint64 *places = g_new (gint64, n_frames);
  guint8 whole[FRAME];
  guint n = 0;

  for (guint i = 0; i < n_frames; i++)
    places[i] = -1;
  for (guint i = 0; i < talker->octets->len;) {
    guint8 value = talker->octets->data[i];

    if (value == 0xff) {
      i++;
      continue;
    }
    while (1 + n % 64 != value)
      n++;
    fail_unless (n < n_frames);
    memset (whole, value, FRAME);
    fail_unless (i + FRAME <= talker->octets->len);
    fail_unless (memcmp (talker->octets->data + i, whole, FRAME) == 0);
    places[n++] = i * 125 * (gint64)GST_USECOND;
    i += FRAME;
  }
  return places;
}

/* Whether a recording is as long as the call, and has all that came. */
static void
check_recording (Talker *talker, const Network *network, GstClockTime length)
{
  gint64 off = (gint64)(talker->octets->len * 125 * GST_USECOND) - (gint64)length;
  guint64 num_lost = siprec_receiver_get_stats (&talker->receiver)->num_lost;
  guint told;

  fail_unless (ABS (off) < TOLERANCE, "off by %" G_GINT64_FORMAT " us", off / 1000);
  fail_unless (ABS (GST_CLOCK_DIFF (T0 + length, talker->position)) < 125 * (gint64)GST_USECOND);
  fail_unless_equals_int (talker->speech, network->n_passed * FRAME);
  fail_unless_equals_int (talker->receiver.timeline.late, 0);
  fail_unless_equals_int (talker->receiver.stats.num_duplicates, network->n_duplicated);
  /* Nobody can tell of what was lost at the very end. */
  fail_unless (num_lost <= network->n_dropped && num_lost + 20 >= network->n_dropped);
  talker_count (talker, SIPREC_NOTICE_LOSS, &told);
  fail_unless_equals_int (told, num_lost);
}

/* Two sides of a call that speak all the time for @seconds, over networks alike. */
static void
check_call (const Network *wishes, guint seed, guint seconds)
{
  const guint n_frames = 50 * seconds - 15;
  const GstClockTime begin = T0 + 123 * GST_MSECOND, end = T0 + seconds * GST_SECOND;
  Talker talkers[2];
  gint64 *places[2];

  for (guint i = 0; i < 2; i++) {
    Network network = *wishes;
    g_autoptr (GArray) packets = NULL;

    network_init (&network, 2 * seed + i);
    packets = send_all (&network, n_frames, begin);
    talker_init (&talkers[i], 1 + i, NULL, SIPREC_FILL_SILENCE);
    receive_all (&talkers[i], packets, end);
    check_recording (&talkers[i], &network, end - T0);
    places[i] = find_frames (&talkers[i], n_frames);
    network_clear (&network);
  }
  for (guint i = 0; i < n_frames; i++) {
    gint64 apart = places[0][i] - places[1][i];

    if (places[0][i] >= 0 && places[1][i] >= 0)
      fail_unless (ABS (apart) < TOLERANCE, "frame %u: %" G_GINT64_FORMAT " us apart", i,
                   apart / 1000);
  }
  for (guint i = 0; i < 2; i++) {
    g_free (places[i]);
    talker_clear (&talkers[i]);
  }
}

static const Network networks[] = {
    {.delay = 20000},
    {.delay = 20000, .jitter = 30000},
    {.delay = 20000, .drop = 5},
    {.delay = 20000, .burst = 1, .burst_length = 8},
    {.delay = 20000, .duplicate = 5},
    {.delay = 20000, .reorder = 5, .hold = 70000},
    {.delay = 80000,
     .jitter = 30000,
     .drop = 2,
     .burst = 0.5,
     .burst_length = 10,
     .duplicate = 2,
     .reorder = 2,
     .hold = 50000},
};

GST_START_TEST (test_network)
{
  for (guint seed = 1; seed <= rounds (10); seed++)
    check_call (&networks[__i__], seed, 60);
}

GST_END_TEST;

/* Frames that are lost beside those that a stall holds up: the last before it, its first ones, both. */
static const guint stall_losses[][2] = {{0, 0}, {99, 0}, {100, 0}, {100, 101}, {97, 100}, {101, 0}};

/* The network stands still for longer than the latency, and gives all at once then: what came has its place, and is moved by
 * no more than it was too late. */
GST_START_TEST (test_stall)
{
  const guint n_frames = 500, begin = 100, length = 15;
  const GstClockTime end = T0 + n_frames * LENGTH + 100 * GST_MSECOND;
  const gint64 too_late = length * LENGTH - 200 * GST_MSECOND;
  const guint *lost = stall_losses[__i__];
  GArray *packets = g_array_new (FALSE, FALSE, sizeof (Packet));
  g_autofree gint64 *places = NULL;
  guint n_lost = 0;
  Talker talker;

  for (guint i = 0; i < n_frames; i++) {
    guint comes = i >= begin && i < begin + length ? begin + length : i;
    Packet packet = {T0 + GST_MSECOND + comes * LENGTH, i};

    if (i > 0 && (i == lost[0] || i == lost[1]))
      n_lost++;
    else
      g_array_append_val (packets, packet);
  }
  talker_init (&talker, 1, NULL, SIPREC_FILL_SILENCE);
  receive_all (&talker, packets, end);
  fail_unless_equals_int (talker.speech, (n_frames - n_lost) * FRAME);
  fail_unless_equals_int (talker.receiver.timeline.late, 0);
  fail_unless_equals_int (siprec_receiver_get_stats (&talker.receiver)->num_lost, n_lost);
  places = find_frames (&talker, n_frames);
  for (guint i = 0; i < n_frames; i++) {
    gint64 moved = places[i] - (gint64)(i * LENGTH);

    fail_unless (places[i] < 0 || (moved > -TOLERANCE && moved < too_late + TOLERANCE),
                 "frame %u: moved by %" G_GINT64_FORMAT " us", i, moved / 1000);
  }
  talker_clear (&talker);
  g_array_unref (packets);
}
GST_END_TEST;

/* The call ends right behind such a burst, or behind the first @n_come packets of it: all that came is in the recording,
 * which is longer than the call by no more than it was too late. */
static void
check_end (guint held_up, guint n_come)
{
  const guint n_frames = 100, n = n_frames - held_up + n_come;
  const GstClockTime end = T0 + n_frames * LENGTH + 5 * GST_MSECOND;
  gint64 too_late = MAX ((gint64)(n_come * LENGTH) - 200 * (gint64)GST_MSECOND, 0), over;
  GArray *packets = g_array_new (FALSE, FALSE, sizeof (Packet));
  Talker talker;

  for (guint i = 0; i < n; i++) {
    Packet packet = {T0 + GST_MSECOND + (i < n_frames - held_up ? i : n_frames) * LENGTH, i};

    g_array_append_val (packets, packet);
  }
  talker_init (&talker, 1, NULL, SIPREC_FILL_SILENCE);
  receive_all (&talker, packets, end);
  fail_unless_equals_int (talker.speech, n * FRAME);
  over = GST_CLOCK_DIFF (end, talker.position);
  fail_unless (over > -(gint64)GST_MSECOND && over < too_late + TOLERANCE,
               "%u of %u: %" G_GINT64_FORMAT " us", n_come, held_up, over / 1000);
  talker_clear (&talker);
  g_array_unref (packets);
}

GST_START_TEST (test_stall_at_end)
{
  for (guint n_come = 1; n_come <= (guint)__i__; n_come++)
    check_end (__i__, n_come);
}
GST_END_TEST;

static Suite *
receiver_network_suite (void)
{
  Suite *suite = suite_create ("receiver-network");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_network, 0, G_N_ELEMENTS (networks));
  tcase_add_loop_test (tc, test_stall, 0, G_N_ELEMENTS (stall_losses));
  tcase_add_loop_test (tc, test_stall_at_end, 1, 20);
  return suite;
}

GST_CHECK_MAIN (receiver_network);
