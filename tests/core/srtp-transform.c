/* SRTP's transforms: the RFCs' vectors, and both backends against a sender that isn't ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/srtp/cipher.h"
#include "siprec-core/srtp/replay.h"
#include "siprec-core/srtp/transform.h"
#include "tests/support/sealer.h"

#define MAX_PACKET 1600
#define SSRC       0x10203040u

static const SiprecBackend backends[] = {SIPREC_BACKEND_EVP, SIPREC_BACKEND_SRTP2};

/* Octets of hexadecimal text; returns how many. */
static gsize
hex (const gchar *text, guint8 *out)
{
  gsize n = strlen (text) / 2;

  for (gsize i = 0; i < n; i++)
    out[i] =
        (guint8)(g_ascii_xdigit_value (text[2 * i]) << 4 | g_ascii_xdigit_value (text[2 * i + 1]));
  return n;
}

static void
fail_unless_hex (const guint8 *data, const gchar *expected)
{
  guint8 octets[MAX_PACKET];
  gsize n = hex (expected, octets);

  fail_unless (memcmp (data, octets, n) == 0, "not %s", expected);
}

/* ---- vectors ---- */

/* RFC 3711 appendix B.3. */
GST_START_TEST (keys_are_derived_as_the_rfc_shows)
{
  SiprecMasterKey master = {0};
  SiprecSessionKeys keys;

  hex ("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6", master.key);
  fail_unless (siprec_session_keys_derive (&keys, siprec_suite_find ("AES_CM_128_HMAC_SHA1_80"),
                                           &master, FALSE));
  fail_unless_hex (keys.key, "c61e7a93744f39ee10734afe3ff7a087");
  fail_unless_hex (keys.salt, "30cbbc08863d8c85d49db34a9ae1");
  fail_unless_hex (keys.auth, "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}
GST_END_TEST

/* RFC 3711 appendix B.2: the key stream is what encrypting zeros gives. */
GST_START_TEST (counter_mode_makes_the_key_stream_of_the_rfc)
{
  gsize size = 65282 * 16;
  g_autofree guint8 *zeros = g_malloc0 (size), *stream = g_malloc (size);
  SiprecSealed packet = {.data = zeros, .size = size};
  SiprecSessionKeys keys = {0};
  guint8 tag[20];

  hex ("2b7e151628aed2a6abf7158809cf4f3c", keys.key);
  hex ("f0f1f2f3f4f5f6f7f8f9fafbfcfd", keys.salt);
  g_autoptr (SiprecCipher) cipher =
      siprec_cipher_new (siprec_suite_find ("AES_CM_128_HMAC_SHA1_80"), &keys, 10);
  fail_unless (siprec_cipher_seal (cipher, &packet, stream, tag));
  fail_unless_hex (stream, "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
                           "41e95b3bb0a2e8dd477901e4fca894c0");
  fail_unless_hex (stream + size - 48,
                   "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
                   "6a2cc3787889374fbeb4c81b17ba6c44");
}
GST_END_TEST

typedef struct {
  const gchar *suite, *open, *sealed;
  gsize header_size;
  gboolean rtcp, clear;
  guint32 ssrc;
  guint64 index;
} GcmVector;

#define RTP                                                                                        \
  "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e2070617274657320"   \
  "74726573"
#define RTCP                                                                                       \
  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"                               \
  "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"

/* RFC 7714 sections 16 and 17; ciphertext and tag, without SRTCP's index. */
static const GcmVector gcm_vectors[] = {
    {"AEAD_AES_128_GCM", RTP,
     "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3"
     "a"
     "df8833899d7f27beb16a9152cf765ee4390cce",
     12, FALSE, FALSE, 0x5501a0b2, 0xf17b},
    {"AEAD_AES_256_GCM", RTP,
     "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63"
     "7"
     "99b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
     12, FALSE, FALSE, 0x5501a0b2, 0xf17b},
    {"AEAD_AES_128_GCM", RTCP,
     "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303"
     "d"
     "ed0bb9275bc84aa45896cf4d2fc5abf87245d9eade",
     8, TRUE, FALSE, 0x4d617273, 0x5d4},
    {"AEAD_AES_256_GCM", RTCP,
     "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de"
     "0"
     "476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be",
     8, TRUE, FALSE, 0x4d617273, 0x5d4},
    {"AEAD_AES_128_GCM", RTCP, RTCP "841dd9683dd78ec92ae58790125f62b3", 8, TRUE, TRUE, 0x4d617273,
     0x5d4},
};

GST_START_TEST (gcm_seals_and_opens_as_the_rfc_shows)
{
  const GcmVector *vector = &gcm_vectors[__i__];
  guint8 open[MAX_PACKET], out[MAX_PACKET], tag[16];
  SiprecSealed packet = {.data = open,
                         .header_size = vector->header_size,
                         .size = hex (vector->open, open),
                         .rtcp = vector->rtcp,
                         .clear = vector->clear,
                         .ssrc = vector->ssrc,
                         .index = vector->index};
  SiprecSessionKeys keys = {0};
  guint8 sealed[MAX_PACKET];

  hex ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", keys.key);
  hex ("517569642070726f2071756f", keys.salt);
  g_autoptr (SiprecCipher) cipher =
      siprec_cipher_new (siprec_suite_find (vector->suite), &keys, 16);
  hex (vector->sealed, sealed);
  fail_unless (siprec_cipher_seal (cipher, &packet, out, tag));
  fail_unless (memcmp (out, sealed, packet.size) == 0);
  fail_unless (memcmp (tag, sealed + packet.size, sizeof (tag)) == 0);

  packet.data = sealed;
  packet.tag = sealed + packet.size;
  fail_unless (siprec_cipher_open (cipher, &packet, out));
  fail_unless (memcmp (out, open, packet.size) == 0);
  sealed[packet.size - 1] ^= 1;
  fail_if (siprec_cipher_open (cipher, &packet, out));
}
GST_END_TEST

/* ---- against libsrtp2 as the sender ---- */

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

/* ---- windows ---- */

GST_START_TEST (the_window_forgets_nothing_that_is_in_it)
{
  SiprecReplayTable table = {0};
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint64 newest = 0;

  for (guint i = 0; i < 20000; i++) {
    guint64 back = (guint64)g_rand_int_range (random, 0, 320);
    guint64 index = newest + 40 - MIN (newest, back);
    gboolean old = index + SIPREC_REPLAY_WINDOW <= newest ||
                   g_hash_table_contains (seen, GSIZE_TO_POINTER (index));

    fail_unless_equals_int (siprec_replay_is_old (siprec_replay_find (&table, 1), index), old);
    if (old)
      continue;
    siprec_replay_mark (&table, 1, index, i);
    g_hash_table_add (seen, GSIZE_TO_POINTER (index));
    newest = MAX (newest, index);
  }
}
GST_END_TEST

GST_START_TEST (the_source_heard_of_longest_ago_gives_way)
{
  SiprecReplayTable table = {0};

  for (guint i = 1; i <= SIPREC_REPLAY_SOURCES; i++)
    siprec_replay_mark (&table, i, 5, i);
  siprec_replay_mark (&table, 1, 6, 100);
  siprec_replay_mark (&table, 99, 1, 101);
  fail_unless (siprec_replay_find (&table, 1) && siprec_replay_find (&table, 99));
  fail_if (siprec_replay_find (&table, 2));
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
  TCase *vectors = tcase_create ("vectors"), *packets = tcase_create ("packets");

  suite_add_tcase (suite, vectors);
  tcase_add_test (vectors, keys_are_derived_as_the_rfc_shows);
  tcase_add_test (vectors, counter_mode_makes_the_key_stream_of_the_rfc);
  tcase_add_loop_test (vectors, gcm_seals_and_opens_as_the_rfc_shows, 0,
                       G_N_ELEMENTS (gcm_vectors));

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
  tcase_add_test (packets, the_window_forgets_nothing_that_is_in_it);
  tcase_add_test (packets, the_source_heard_of_longest_ago_gives_way);
  tcase_add_loop_test (packets, noise_is_refused, 0, N_SUITES);
  return suite;
}

GST_CHECK_MAIN (srtp_transform);
