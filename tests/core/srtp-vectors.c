/* SRTP's keys and ciphers as the RFCs show them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/srtp/cipher.h"

#define MAX_PACKET 200

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

static Suite *
srtp_vectors_suite (void)
{
  Suite *suite = suite_create ("srtp-vectors");
  TCase *tcase = tcase_create ("vectors");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, keys_are_derived_as_the_rfc_shows);
  tcase_add_test (tcase, counter_mode_makes_the_key_stream_of_the_rfc);
  tcase_add_loop_test (tcase, gcm_seals_and_opens_as_the_rfc_shows, 0, G_N_ELEMENTS (gcm_vectors));
  return suite;
}

GST_CHECK_MAIN (srtp_vectors);
