/* SRTP's transforms: both backends against a sender that isn't ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/srtp/transform.h"
#include "tests/support/sealer.h"

#define MAX_PACKET 1600
#define SSRC       0x10203040u

static const SiprecBackend backends[] = {SIPREC_BACKEND_EVP, SIPREC_BACKEND_SRTP2};

typedef struct {
  GRand *random;
  SiprecKeying keying;
  Sealer *sealer;
  SiprecTransform *transforms[G_N_ELEMENTS (backends)];
  GstClockTime now;
} Pair;

static void
pair_init (Pair *pair, const SiprecKeying *keying)
{
  *pair = (Pair){.random = g_rand_new_with_seed (7), .keying = *keying, .now = GST_SECOND};
  pair->sealer = sealer_new (keying, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++) {
    pair->transforms[i] = siprec_transform_new_with (backends[i], keying, SIPREC_TRANSFORM_RECEIVE);
    fail_unless (pair->transforms[i] != NULL);
  }
}

static void
pair_clear (Pair *pair)
{
  g_rand_free (pair->random);
  sealer_free (pair->sealer);
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    siprec_transform_free (pair->transforms[i]);
}

static SiprecKeying
make_keying (guint suite, gboolean plain_rtcp)
{
  SiprecKeying keying;

  fail_unless (siprec_keying_generate (&keying, siprec_suite_get (suite), plain_rtcp));
  return keying;
}

/* An RTP packet with random payload and, now and then, CSRCs and an extension. */
static gsize
make_rtp (GRand *random, guint8 *data, guint32 ssrc, guint16 seq)
{
  guint csrcs = g_rand_boolean (random) ? 0 : (guint)g_rand_int_range (random, 0, 16);
  gboolean extension = g_rand_boolean (random);
  gsize size = 12 + csrcs * 4 + (extension ? 12 : 0) + (gsize)g_rand_int_range (random, 0, 1300);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8)g_rand_int (random);
  data[0] = (guint8)(0x80 | (extension ? 0x10 : 0) | csrcs);
  data[1] = 0;
  GST_WRITE_UINT16_BE (data + 2, seq);
  GST_WRITE_UINT32_BE (data + 8, ssrc);
  if (extension)
    GST_WRITE_UINT16_BE (data + 12 + csrcs * 4 + 2, 2);
  return size;
}

typedef struct {
  guint8 open[MAX_PACKET], sealed[MAX_PACKET];
  gsize open_size, sealed_size;
} Packet;

static void
seal (Pair *pair, Packet *packet, guint32 ssrc, guint16 seq)
{
  packet->open_size = make_rtp (pair->random, packet->open, ssrc, seq);
  memcpy (packet->sealed, packet->open, packet->open_size);
  packet->sealed_size = sealer_seal (pair->sealer, packet->sealed, packet->open_size);
  fail_unless (packet->sealed_size > packet->open_size);
}

/* What all backends say of @packet. */
static SiprecTransformResult
open_one (Pair *pair, guint backend, const Packet *packet)
{
  /* Of the exact size, so that sanitizers see a step beyond. */
  g_autofree guint8 *sealed = g_memdup2 (packet->sealed, packet->sealed_size);
  g_autofree guint8 *out = g_malloc (packet->sealed_size);
  gsize size = 0;
  SiprecTransformResult result = siprec_transform_open_rtp (
      pair->transforms[backend], sealed, packet->sealed_size, pair->now, out, &size);

  if (result == SIPREC_TRANSFORM_OK) {
    fail_unless_equals_int (size, packet->open_size);
    fail_unless (memcmp (out, packet->open, size) == 0);
  }
  return result;
}

static void
expect (Pair *pair, const Packet *packet, SiprecTransformResult expected)
{
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    fail_unless_equals_int (open_one (pair, i, packet), expected);
}

#define N_SUITES 6

GST_START_TEST (both_backends_open_what_the_other_side_seals)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE);
  Pair pair;
  Packet packet;

  pair_init (&pair, &keying);
  /* From just below one wrap of the sequence numbers to beyond it. */
  for (guint i = 0; i < 400; i++) {
    pair.now += 20 * GST_MSECOND;
    seal (&pair, &packet, SSRC, (guint16)(65400 + i));
    expect (&pair, &packet, SIPREC_TRANSFORM_OK);
    if (i % 50 == 0) {
      expect (&pair, &packet, SIPREC_TRANSFORM_REPLAYED);
      packet.sealed[g_rand_int_range (pair.random, 12, (gint)packet.sealed_size)] ^= 4;
      fail_if (open_one (&pair, 0, &packet) == SIPREC_TRANSFORM_OK);
    }
  }
  pair_clear (&pair);
}
GST_END_TEST

GST_START_TEST (a_forged_packet_changes_nothing)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE);
  Pair pair;
  Packet packet, forged;

  pair_init (&pair, &keying);
  seal (&pair, &packet, SSRC, 100);
  expect (&pair, &packet, SIPREC_TRANSFORM_OK);
  for (guint i = 0; i < 200; i++) {
    seal (&pair, &packet, SSRC, (guint16)(101 + i));
    forged = packet;
    forged.sealed[forged.sealed_size - 1 - i % 4] ^= (guint8)(1 << i % 8);
    expect (&pair, &forged, SIPREC_TRANSFORM_FORGED);
    /* A number far off doesn't move the index, nor does an SSRC of its own make a source. */
    forged = packet;
    forged.sealed[2] ^= 0x80;
    fail_unless_equals_int (open_one (&pair, 0, &forged), SIPREC_TRANSFORM_FORGED);
    forged = packet;
    forged.sealed[8 + i % 4] ^= 0x40;
    expect (&pair, &forged, SIPREC_TRANSFORM_FORGED);
    expect (&pair, &packet, SIPREC_TRANSFORM_OK);
  }
  pair_clear (&pair);
}
GST_END_TEST

GST_START_TEST (packets_may_come_in_another_order_over_the_wrap)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE);
  Pair pair;
  g_autofree Packet *packets = g_new (Packet, 200);

  pair_init (&pair, &keying);
  for (guint i = 0; i < 200; i++)
    seal (&pair, &packets[i], SSRC, (guint16)(65436 + i));
  /* Groups of twenty, each from its last one to its first. */
  for (guint i = 0; i < 200; i++)
    expect (&pair, &packets[i / 20 * 20 + 19 - i % 20], SIPREC_TRANSFORM_OK);
  for (guint i = 0; i < 200; i++)
    expect (&pair, &packets[i], SIPREC_TRANSFORM_REPLAYED);
  pair_clear (&pair);
}
GST_END_TEST

GST_START_TEST (a_second_source_has_a_counter_of_its_own)
{
  SiprecKeying keying = make_keying (0, FALSE);
  Pair pair;
  Packet packet;

  pair_init (&pair, &keying);
  for (guint i = 0; i < 100; i++) {
    seal (&pair, &packet, SSRC, (guint16)(65500 + i));
    expect (&pair, &packet, SIPREC_TRANSFORM_OK);
  }
  for (guint i = 0; i < 100; i++) {
    seal (&pair, &packet, SSRC + 1, (guint16)(65500 + i));
    expect (&pair, &packet, SIPREC_TRANSFORM_OK);
    seal (&pair, &packet, SSRC, (guint16)(64 + i));
    expect (&pair, &packet, SIPREC_TRANSFORM_OK);
  }
  pair_clear (&pair);
}
GST_END_TEST

GST_START_TEST (keys_are_told_apart_by_their_identifiers)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE),
               other = make_keying ((guint)__i__, FALSE);
  SiprecKeying wrong;
  Pair pair;
  Packet packet;

  keying.n_keys = 2;
  keying.keys[1] = other.keys[0];
  for (guint i = 0; i < 2; i++) {
    keying.keys[i].mki_size = 4;
    keying.keys[i].mki[3] = (guint8)(i + 1);
  }
  pair_init (&pair, &keying);
  for (guint i = 0; i < 100; i++) {
    sealer_set_key (pair.sealer, i % 2);
    seal (&pair, &packet, SSRC, (guint16)(65500 + i));
    expect (&pair, &packet, SIPREC_TRANSFORM_OK);
  }
  /* An identifier that was not agreed. */
  wrong = keying;
  wrong.keys[0].mki[0] = 9;
  sealer_free (pair.sealer);
  pair.sealer = sealer_new (&wrong, FALSE);
  seal (&pair, &packet, SSRC, 200);
  expect (&pair, &packet, SIPREC_TRANSFORM_FORGED);
  pair_clear (&pair);
}
GST_END_TEST

/* Our own: libsrtp2 stays with the last guess. */
GST_START_TEST (counting_goes_on_after_a_long_silence)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE);
  Pair pair;
  Packet packet;

  pair_init (&pair, &keying);
  seal (&pair, &packet, SSRC, 60000);
  fail_unless_equals_int (open_one (&pair, 0, &packet), SIPREC_TRANSFORM_OK);
  sealer_set_roc (pair.sealer, SSRC, 3);
  seal (&pair, &packet, SSRC, 50000);
  /* Nobody sends that much in no time. */
  fail_if (open_one (&pair, 0, &packet) == SIPREC_TRANSFORM_OK);
  pair.now += GST_SECOND * 3600;
  fail_unless_equals_int (open_one (&pair, 0, &packet), SIPREC_TRANSFORM_OK);
  seal (&pair, &packet, SSRC, 50001);
  fail_unless_equals_int (open_one (&pair, 0, &packet), SIPREC_TRANSFORM_OK);
  fail_unless_equals_int (open_one (&pair, 0, &packet), SIPREC_TRANSFORM_REPLAYED);
  pair_clear (&pair);
}
GST_END_TEST

GST_START_TEST (a_source_whose_first_packets_are_lost_before_the_wrap)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE);
  Pair pair;
  Packet packet;

  pair_init (&pair, &keying);
  seal (&pair, &packet, SSRC, 65535);
  seal (&pair, &packet, SSRC, 0);
  fail_unless_equals_int (open_one (&pair, 0, &packet), SIPREC_TRANSFORM_OK);
  pair_clear (&pair);
}
GST_END_TEST

/* After a change of keys a sender may keep its roll-over counter or begin again. */
GST_START_TEST (new_keys_go_on_with_the_old_count_or_at_zero)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE), next = make_keying ((guint)__i__, FALSE);
  Pair pair, after;
  Packet packet;

  pair_init (&pair, &keying);
  for (guint i = 0; i < 100; i++) {
    seal (&pair, &packet, SSRC, (guint16)(65500 + i));
    expect (&pair, &packet, SIPREC_TRANSFORM_OK);
  }
  /* A backend also follows the other one. */
  for (guint kept = 0; kept < 4; kept++) {
    pair_init (&after, &next);
    for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
      siprec_transform_succeed (after.transforms[i], pair.transforms[kept < 2 ? i : !i]);
    seal (&after, &packet, SSRC, 90);
    if (kept % 2)
      sealer_set_roc (after.sealer, SSRC, 1);
    seal (&after, &packet, SSRC, 100);
    packet.sealed[packet.sealed_size - 1] ^= 1;
    expect (&after, &packet, SIPREC_TRANSFORM_FORGED);
    packet.sealed[packet.sealed_size - 1] ^= 1;
    expect (&after, &packet, SIPREC_TRANSFORM_OK);
    expect (&after, &packet, SIPREC_TRANSFORM_REPLAYED);
    seal (&after, &packet, SSRC, 101);
    expect (&after, &packet, SIPREC_TRANSFORM_OK);
    pair_clear (&after);
  }
  pair_clear (&pair);
}
GST_END_TEST

/* The keys change twice, and nothing is said under those in the middle; another source does speak. */
GST_START_TEST (keys_that_nobody_used_do_not_lose_the_count)
{
  SiprecKeying keyings[3];
  Pair pairs[3];
  Packet packet;

  for (guint i = 0; i < 3; i++) {
    keyings[i] = make_keying ((guint)__i__, FALSE);
    pair_init (&pairs[i], &keyings[i]);
  }
  seal (&pairs[0], &packet, SSRC, 60000);
  fail_unless_equals_int (open_one (&pairs[0], 0, &packet), SIPREC_TRANSFORM_OK);
  for (guint roc = 1; roc <= 2; roc++) {
    pairs[0].now += GST_SECOND * 3600;
    sealer_set_roc (pairs[0].sealer, SSRC, roc);
    seal (&pairs[0], &packet, SSRC, (guint16)(100 * roc));
    fail_unless_equals_int (open_one (&pairs[0], 0, &packet), SIPREC_TRANSFORM_OK);
  }
  siprec_transform_succeed (pairs[1].transforms[0], pairs[0].transforms[0]);
  seal (&pairs[1], &packet, SSRC + 1, 7);
  fail_unless_equals_int (open_one (&pairs[1], 0, &packet), SIPREC_TRANSFORM_OK);
  siprec_transform_succeed (pairs[2].transforms[0], pairs[1].transforms[0]);
  seal (&pairs[2], &packet, SSRC, 200);
  sealer_set_roc (pairs[2].sealer, SSRC, 2);
  seal (&pairs[2], &packet, SSRC, 201);
  fail_unless_equals_int (open_one (&pairs[2], 0, &packet), SIPREC_TRANSFORM_OK);
  fail_unless_equals_int (open_one (&pairs[2], 0, &packet), SIPREC_TRANSFORM_REPLAYED);
  for (guint i = 0; i < 3; i++)
    pair_clear (&pairs[i]);
}
GST_END_TEST

/* ---- SRTCP ---- */

static gsize
make_rtcp (GRand *random, guint8 *data)
{
  gsize size = 28 + 4 * (gsize)g_rand_int_range (random, 0, 40);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8)g_rand_int (random);
  data[0] = 0x80;
  data[1] = 200;
  GST_WRITE_UINT16_BE (data + 2, (guint16)(size / 4 - 1));
  GST_WRITE_UINT32_BE (data + 4, SSRC);
  return size;
}

/* @i: suite, and whether SRTCP is encrypted. */
GST_START_TEST (reports_are_opened)
{
  SiprecKeying keying = make_keying ((guint)__i__ / 2, __i__ % 2);
  Pair pair;
  guint8 open[MAX_PACKET], sealed[MAX_PACKET], out[MAX_PACKET];

  pair_init (&pair, &keying);
  for (guint i = 0; i < 100; i++) {
    gsize size = make_rtcp (pair.random, open), sealed_size, out_size = 0;

    memcpy (sealed, open, size);
    sealed_size = sealer_seal_rtcp (pair.sealer, sealed, size);
    for (guint j = 0; j < G_N_ELEMENTS (backends); j++) {
      SiprecTransform *transform = pair.transforms[j];

      fail_unless_equals_int (
          siprec_transform_open_rtcp (transform, sealed, sealed_size, pair.now, out, &out_size),
          SIPREC_TRANSFORM_OK);
      fail_unless_equals_int (out_size, size);
      fail_unless (memcmp (out, open, size) == 0);
      fail_unless_equals_int (
          siprec_transform_open_rtcp (transform, sealed, sealed_size, pair.now, out, &out_size),
          SIPREC_TRANSFORM_REPLAYED);
      sealed[sealed_size - 1] ^= 1;
      fail_if (siprec_transform_open_rtcp (transform, sealed, sealed_size, pair.now, out,
                                           &out_size) == SIPREC_TRANSFORM_OK);
      sealed[sealed_size - 1] ^= 1;
    }
  }
  pair_clear (&pair);
}
GST_END_TEST

GST_START_TEST (our_reports_are_understood)
{
  SiprecKeying keying = make_keying ((guint)__i__ / 2, __i__ % 2);
  guint8 open[MAX_PACKET], sealed[MAX_PACKET];

  /* libsrtp2 doesn't read SRTCP that has an identifier and isn't encrypted, not even its own. */
  if (__i__ % 3 == 0 && !keying.plain_rtcp) {
    keying.keys[0].mki_size = 2;
    keying.keys[0].mki[1] = 7;
  }
  for (guint j = 0; j < G_N_ELEMENTS (backends); j++) {
    g_autoptr (GRand) random = g_rand_new_with_seed (8);
    g_autoptr (Sealer) peer = sealer_new (&keying, TRUE);
    g_autoptr (SiprecTransform) transform =
        siprec_transform_new_with (backends[j], &keying, SIPREC_TRANSFORM_SEND);

    for (guint i = 0; i < 50; i++) {
      gsize size = make_rtcp (random, open), sealed_size = 0;

      fail_unless (siprec_transform_seal_rtcp (transform, open, size, sealed, &sealed_size));
      fail_unless (sealed_size <= size + SIPREC_TRANSFORM_OVERHEAD);
      fail_unless_equals_int (memcmp (sealed + 8, open + 8, size - 8) == 0, __i__ % 2);
      fail_unless_equals_int (sealer_open_rtcp (peer, sealed, sealed_size), size);
      fail_unless (memcmp (sealed, open, size) == 0);
    }
  }
}
GST_END_TEST

/* Nothing that comes from the network harms. */
GST_START_TEST (noise_is_refused)
{
  SiprecKeying keying = make_keying ((guint)__i__, FALSE);
  Pair pair;

  pair_init (&pair, &keying);
  for (guint i = 0; i < 3000; i++) {
    gsize size = (gsize)g_rand_int_range (pair.random, 0, 120), out_size;
    g_autofree guint8 *data = g_malloc (size), *out = g_malloc (size);

    for (gsize j = 0; j < size; j++)
      data[j] = (guint8)g_rand_int (pair.random);
    if (size > 0 && i % 2)
      data[0] = 0x80 | (data[0] & 0x1f);
    for (guint j = 0; j < G_N_ELEMENTS (backends); j++) {
      /* libsrtp2 isn't given what has no header. */
      fail_if (siprec_transform_open_rtp (pair.transforms[j], data, size, i, out, &out_size) ==
               SIPREC_TRANSFORM_OK);
      fail_if (siprec_transform_open_rtcp (pair.transforms[j], data, size, i, out, &out_size) ==
               SIPREC_TRANSFORM_OK);
    }
  }
  pair_clear (&pair);
}
GST_END_TEST

static Suite *
srtp_transform_suite (void)
{
  Suite *suite = suite_create ("srtp-transform");
  TCase *packets = tcase_create ("packets");

  suite_add_tcase (suite, packets);
  tcase_add_loop_test (packets, both_backends_open_what_the_other_side_seals, 0, N_SUITES);
  tcase_add_loop_test (packets, a_forged_packet_changes_nothing, 0, N_SUITES);
  tcase_add_loop_test (packets, packets_may_come_in_another_order_over_the_wrap, 0, N_SUITES);
  tcase_add_test (packets, a_second_source_has_a_counter_of_its_own);
  tcase_add_loop_test (packets, keys_are_told_apart_by_their_identifiers, 0, N_SUITES);
  tcase_add_loop_test (packets, counting_goes_on_after_a_long_silence, 0, N_SUITES);
  tcase_add_loop_test (packets, a_source_whose_first_packets_are_lost_before_the_wrap, 0, N_SUITES);
  tcase_add_loop_test (packets, new_keys_go_on_with_the_old_count_or_at_zero, 0, N_SUITES);
  tcase_add_loop_test (packets, keys_that_nobody_used_do_not_lose_the_count, 0, N_SUITES);
  tcase_add_loop_test (packets, reports_are_opened, 0, 2 * N_SUITES);
  tcase_add_loop_test (packets, our_reports_are_understood, 0, 2 * N_SUITES);
  tcase_add_loop_test (packets, noise_is_refused, 0, N_SUITES);
  return suite;
}

GST_CHECK_MAIN (srtp_transform);
