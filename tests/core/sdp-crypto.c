/* a=crypto lines as clients write them, and as attackers do.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/sdp/crypto.h"

/* 30 octets, 46 octets with and without padding, 28 and 44. */
#define KEY30   "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define KEY46   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ"
#define KEY28   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define KEY44   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis"
#define SUITE   "AES_CM_128_HMAC_SHA1_80"
#define GOOD(x) "1 " SUITE " inline:" KEY30 x

static const struct {
  const gchar *line;
  const gchar *suite;
  guint n_keys, mki_size;
  gboolean plain_rtcp;
} good[] = {
    {GOOD (""), SUITE, 1, 0, FALSE},
    {GOOD ("|2^20"), SUITE, 1, 0, FALSE},
    {GOOD ("|1048576"), SUITE, 1, 0, FALSE},
    {GOOD ("|2^20|1:4"), SUITE, 1, 4, FALSE},
    {GOOD ("|1066:4"), SUITE, 1, 4, FALSE},
    {GOOD ("|2^48|1:128"), SUITE, 1, 128, FALSE},
    {GOOD ("|1:1;inline:" KEY30 "|2:1"), SUITE, 2, 1, FALSE},
    {GOOD (" UNENCRYPTED_SRTCP"), SUITE, 1, 0, TRUE},
    {GOOD (" WSH=128 -x=1 KDR=0 FEC_ORDER=FEC_SRTP"), SUITE, 1, 0, FALSE},
    {"  1   aes_cm_128_hmac_sha1_80   INLINE:" KEY30 "  ", SUITE, 1, 0, FALSE},
    {"999999999 AES_CM_128_HMAC_SHA1_32 inline:" KEY30, "AES_CM_128_HMAC_SHA1_32", 1, 0, FALSE},
    {"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY46 "==", "AES_256_CM_HMAC_SHA1_80", 1, 0, FALSE},
    {"1 AES_CM_256_HMAC_SHA1_80 inline:" KEY46, "AES_256_CM_HMAC_SHA1_80", 1, 0, FALSE},
    {"1 AEAD_AES_128_GCM inline:" KEY28 "==", "AEAD_AES_128_GCM", 1, 0, FALSE},
    {"1 AEAD_AES_256_GCM inline:" KEY44 "=", "AEAD_AES_256_GCM", 1, 0, FALSE},
};

GST_START_TEST (what_can_be_used_is_read)
{
  const gchar *problem = NULL;
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (good[__i__].line, &problem);

  fail_unless (crypto != NULL, "%s: %s", good[__i__].line, problem);
  fail_unless_equals_string (crypto->keying.suite->name, good[__i__].suite);
  fail_unless_equals_int (crypto->keying.n_keys, good[__i__].n_keys);
  fail_unless_equals_int (crypto->keying.keys[0].mki_size, good[__i__].mki_size);
  fail_unless_equals_int (crypto->keying.plain_rtcp, good[__i__].plain_rtcp);
}
GST_END_TEST

static const gchar *const bad[] = {
    "",
    "1",
    "1 " SUITE,
    "x " SUITE " inline:" KEY30,
    "1000000000 " SUITE " inline:" KEY30,
    "-1 " SUITE " inline:" KEY30,
    "1 AES_CM_192_HMAC_SHA1_80 inline:" KEY30,
    "1 F8_128_HMAC_SHA1_80 inline:" KEY30,
    "1 " SUITE " uri:" KEY30,
    "1 " SUITE " inline:",
    "1 " SUITE " inline:" KEY28,
    "1 " SUITE " inline:" KEY46,
    "1 AES_256_CM_HMAC_SHA1_80 inline:" KEY30,
    "1 " SUITE " inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo*",
    "1 " SUITE " inline:" KEY30 KEY30 KEY30,
    GOOD ("=x"),
    GOOD ("|"),
    GOOD ("|0"),
    GOOD ("|2^49"),
    GOOD ("|2^"),
    GOOD ("|281474976710657"),
    GOOD ("|2^20|1"),
    GOOD ("|1:0"),
    GOOD ("|1:129"),
    GOOD ("|:4"),
    GOOD ("|1:"),
    GOOD ("|256:1"),
    GOOD ("|x:1"),
    GOOD ("|1:1|2:1"),
    GOOD ("|2^20|1:4|2^20"),
    GOOD (";inline:" KEY30),
    GOOD ("|1:1;inline:" KEY30 "|1:1"),
    GOOD ("|1:1;inline:" KEY30 "|2:2"),
    GOOD ("|1:1;inline:" KEY30),
    GOOD ("|1:1;inline:" KEY30 "|2:1;inline:" KEY30 "|3:1;inline:" KEY30 "|4:1;inline:" KEY30
          "|5:1"),
    GOOD (" UNENCRYPTED_SRTP"),
    GOOD (" UNAUTHENTICATED_SRTP"),
    GOOD (" KDR=1"),
    GOOD (" FEC_ORDER=SRTP_FEC"),
    GOOD (" FEC_KEY=inline:" KEY30),
    GOOD (" TELEPORT"),
};

/* And no message bears a part of a key. */
GST_START_TEST (what_cannot_be_used_is_refused)
{
  const gchar *problem = NULL;
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (bad[__i__], &problem);

  fail_unless (crypto == NULL, "%s", bad[__i__]);
  fail_unless (problem && *problem && !strstr (problem, "d0Rm"));
}
GST_END_TEST

GST_START_TEST (identifiers_are_numbers_in_network_order)
{
  const gchar *problem;
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (GOOD ("|66051:4"), &problem);
  const guint8 expected[] = {0, 1, 2, 3};

  fail_unless (memcmp (crypto->keying.keys[0].mki, expected, 4) == 0);
}
GST_END_TEST

GST_START_TEST (what_is_written_is_read)
{
  for (guint i = 0; siprec_suite_get (i); i++) {
    for (guint plain = 0; plain < 2; plain++) {
      SiprecKeying keying;
      g_autofree gchar *text = NULL;
      const gchar *problem;

      fail_unless (siprec_keying_generate (&keying, siprec_suite_get (i), plain));
      text = siprec_crypto_write (7, siprec_suite_get (i)->name, &keying);
      g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (text, &problem);
      fail_unless (crypto && crypto->tag == 7);
      fail_unless (siprec_keying_equal (&crypto->keying, &keying));
    }
  }
}
GST_END_TEST

GST_START_TEST (fingerprints_are_read)
{
  static const gchar *const wrong[] = {
      "",
      "sha-256",
      "sha-256 AB",
      "sha-256 AB:CD",
      "md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
      "sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:1",
      "sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14",
      "sha-1 0001:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13"};
  SiprecFingerprint fingerprint;
  g_autofree gchar *text = NULL;

  fail_unless (siprec_fingerprint_read (
      &fingerprint, "SHA-1  00:01:02:03:04:05:06:07:08:09:0a:0B:0C:0D:0E:0F:10:11:12:ff"));
  fail_unless_equals_int (fingerprint.size, 20);
  fail_unless_equals_int (fingerprint.digest[19], 0xff);
  text = siprec_fingerprint_write (&fingerprint);
  fail_unless_equals_string (text,
                             "sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:FF");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    fail_if (siprec_fingerprint_read (&fingerprint, wrong[i]), "%s", wrong[i]);
}
GST_END_TEST

GST_START_TEST (secrets_are_blotted_out)
{
  static const gchar *const lines[][2] = {
      {"a=crypto:1 X inline:secret|2^20|1:4;inline:secret FEC_KEY=inline:secret",
       "a=crypto:1 X inline:******|2^20|1:4;inline:****** FEC_KEY=inline:******"},
      {"A=CRYPTO:1 X INLINE:secret", "A=CRYPTO:1 X INLINE:******"},
      {"a=ice-pwd:secret", "a=ice-pwd:******"},
      {"k=base64:secret", "k=*************"},
      {"a=label:1", "a=label:1"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree gchar *line = g_strdup (lines[i][0]);

    siprec_security_redact_line (line);
    fail_unless_equals_string (line, lines[i][1]);
  }
}
GST_END_TEST

static Suite *
sdp_crypto_suite (void)
{
  Suite *suite = suite_create ("sdp-crypto");
  TCase *tcase = tcase_create ("lines");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, what_can_be_used_is_read, 0, G_N_ELEMENTS (good));
  tcase_add_loop_test (tcase, what_cannot_be_used_is_refused, 0, G_N_ELEMENTS (bad));
  tcase_add_test (tcase, identifiers_are_numbers_in_network_order);
  tcase_add_test (tcase, what_is_written_is_read);
  tcase_add_test (tcase, fingerprints_are_read);
  tcase_add_test (tcase, secrets_are_blotted_out);
  return suite;
}

GST_CHECK_MAIN (sdp_crypto);
