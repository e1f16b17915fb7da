/* Encrypted calls from the INVITE to the media: what is agreed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "encrypted-call.h"
#include "siprec-core/sdp/crypto.h"

#define N_SUITES 6

GST_START_TEST (each_suite_is_answered_with_a_key_of_our_own)
{
  const SiprecSuite *suite = siprec_suite_get ((guint)__i__);
  Call call;
  g_autofree gchar *answer = NULL;
  g_autofree gchar *offered = NULL;
  const gchar *problem = NULL;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  call_begin (&call, suite->name);
  fail_unless (strstr (caller_last (call.caller), " RTP/SAVP 0 101\r\n"));
  answer = caller_attribute (call.caller, 0, "crypto");
  offered = siprec_crypto_write (3, suite->name, &call.keying);
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (answer, &problem);
  fail_unless (crypto != NULL, "%s", problem);
  fail_unless_equals_int (crypto->tag, 3);
  fail_unless (crypto->keying.suite == suite);
  fail_if (siprec_keying_equal (&crypto->keying, &call.keying));
  fail_if (strstr (caller_last (call.caller), offered));

  call_speak (&call, 0, 25);
  call_end_with_frames (&call, 25);
  fail_unless_equals_uint64 (call_get_stat (&call, "num-auth-failed"), 0);
  call_clear (&call);
}
GST_END_TEST

GST_START_TEST (each_line_gets_its_own_key)
{
  Call call;
  g_autofree gchar *one = NULL, *two = NULL, *offer = NULL;

  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  offer = call_make_key (&call, "AEAD_AES_128_GCM");
  caller_set_media (call.caller, 0, "RTP/SAVPF", offer);
  caller_set_media (call.caller, 1, "RTP/SAVPF", offer);
  fail_unless_equals_int (caller_invite (call.caller, 2, "sendonly"), 200);
  one = caller_attribute (call.caller, 0, "crypto");
  two = caller_attribute (call.caller, 1, "crypto");
  fail_unless (one && two && !g_str_equal (one, two));
  call_clear (&call);
}
GST_END_TEST

typedef struct {
  SiprecSrtpPolicy policy;
  const gchar *proto;
  gboolean crypto;
  guint status;
  gboolean encrypted;
} Agreement;

static const Agreement agreements[] = {
    {SIPREC_SRTP_OPTIONAL, "RTP/AVP", FALSE, 200, FALSE},
    {SIPREC_SRTP_OPTIONAL, "RTP/AVP", TRUE, 200, TRUE}, /* RFC 8643 */
    {SIPREC_SRTP_OPTIONAL, "RTP/AVPF", FALSE, 200, FALSE},
    {SIPREC_SRTP_OPTIONAL, "RTP/SAVP", TRUE, 200, TRUE},
    {SIPREC_SRTP_OPTIONAL, "RTP/SAVPF", TRUE, 200, TRUE},
    {SIPREC_SRTP_OPTIONAL, "RTP/SAVP", FALSE, 488, FALSE},
    {SIPREC_SRTP_REQUIRED, "RTP/AVP", FALSE, 488, FALSE},
    {SIPREC_SRTP_REQUIRED, "RTP/AVP", TRUE, 200, TRUE},
    {SIPREC_SRTP_REQUIRED, "RTP/SAVP", TRUE, 200, TRUE},
    {SIPREC_SRTP_REQUIRED, "RTP/SAVP", FALSE, 488, FALSE},
    {SIPREC_SRTP_DISABLED, "RTP/AVP", TRUE, 200, FALSE},
    {SIPREC_SRTP_DISABLED, "RTP/SAVP", TRUE, 488, FALSE},
};

GST_START_TEST (the_policy_decides)
{
  const Agreement *agreement = &agreements[__i__];
  Call call;
  g_autofree gchar *offer = NULL, *answer = NULL, *mline = NULL;

  call_init (&call, agreement->policy, SIPREC_LATCH_FIRST);
  offer = call_make_key (&call, "AES_CM_128_HMAC_SHA1_80");
  fail_unless_equals_int (call_invite (&call, agreement->proto, agreement->crypto ? offer : NULL),
                          agreement->status);
  if (agreement->status != 200) {
    g_autofree gchar *warning = caller_header (call.caller, "Warning");

    fail_unless (warning && strstr (warning, "offer audio over"), "%s", warning);
    call_clear (&call);
    return;
  }
  mline = g_strdup_printf (" %s 0 101\r\n", agreement->proto);
  fail_unless (strstr (caller_last (call.caller), mline));
  answer = caller_attribute (call.caller, 0, "crypto");
  fail_unless_equals_int (answer != NULL, agreement->encrypted);
  if (agreement->encrypted)
    call_use_key (&call);
  call_claim (&call);
  call_speak (&call, 0, 20);
  call_end_with_frames (&call, 20);
  call_clear (&call);
}
GST_END_TEST

GST_START_TEST (only_the_plain_line_is_refused)
{
  Call call;
  g_autofree gchar *offer = NULL;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  offer = call_make_key (&call, "AES_CM_128_HMAC_SHA1_80");
  caller_set_media (call.caller, 1, "RTP/SAVP", offer);
  fail_unless_equals_int (caller_invite (call.caller, 2, "sendonly"), 200);
  fail_unless_equals_int (caller_port (call.caller, 0), 0);
  fail_unless (caller_port (call.caller, 1) != 0);
  call_clear (&call);
}
GST_END_TEST

/* Lines that can't be used are passed over, and the best of the others is taken. */
GST_START_TEST (the_best_usable_line_is_taken)
{
  Call call;
  g_autofree gchar *key = NULL, *offer = NULL, *answer = NULL;

  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  key = call_make_key (&call, "AEAD_AES_256_GCM");
  offer = g_strdup_printf (
      "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
      "a=crypto:2 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n%s"
      "a=crypto:4 AEAD_AES_256_GCM inline:short\r\n"
      "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4"
      " UNENCRYPTED_SRTP\r\n",
      key);
  call_use_key (&call);
  fail_unless_equals_int (call_invite (&call, "RTP/SAVP", offer), 200);
  answer = caller_attribute (call.caller, 0, "crypto");
  fail_unless (g_str_has_prefix (answer, "3 AEAD_AES_256_GCM inline:"));
  call_claim (&call);
  call_speak (&call, 0, 20);
  call_end_with_frames (&call, 20);
  call_clear (&call);
}
GST_END_TEST

/* The number of the o= line's version in the last answer. */
static guint
sdp_version (Call *call)
{
  const gchar *line = strstr (caller_last (call->caller), "o=- ");

  return (guint)g_ascii_strtoull (strchr (line + strlen ("o=- "), ' '), NULL, 10);
}

GST_START_TEST (a_refresh_keeps_our_key)
{
  Call call;
  g_autofree gchar *before = NULL, *after = NULL;
  guint version;

  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  call_begin (&call, "AES_CM_128_HMAC_SHA1_80");
  before = caller_attribute (call.caller, 0, "crypto");
  version = sdp_version (&call);
  call_speak (&call, 0, 10);
  fail_unless_equals_int (caller_reinvite (call.caller, 1, "sendonly"), 200);
  after = caller_attribute (call.caller, 0, "crypto");
  fail_unless_equals_string (before, after);
  fail_unless_equals_int (sdp_version (&call), version);
  call_speak (&call, 10, 10);
  call_end_with_frames (&call, 20);
  call_clear (&call);
}
GST_END_TEST

/* ---- keys that change ---- */

/* @i: whether another suite comes with the new key. */
GST_START_TEST (no_packet_is_lost_when_the_key_changes)
{
  Call call;
  Sealer *old;
  guint n = 0;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  call_begin (&call, "AES_CM_128_HMAC_SHA1_80");
  for (guint round = 0; round < 10; round++) {
    g_autofree gchar *offer =
        call_make_key (&call, __i__ && round % 2 ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80");

    call_burst (&call, n, 5);
    old = g_steal_pointer (&call.sealer);
    caller_set_media (call.caller, 0, "RTP/SAVP", offer);
    fail_unless_equals_int (caller_reinvite (call.caller, 1, "sendonly"), 200);
    /* What was on its way under the old key, and then at once what comes under the new one. */
    call_burst (&call, n + 5, 5);
    call_use_key (&call);
    call_burst (&call, n + 10, 5);
    n += 15;
    sealer_free (old);
    /* Keys before the last ones are forgotten. */
    call_await_stat (&call, "packets-received", n);
  }
  fail_unless_equals_uint64 (call_get_stat (&call, "num-auth-failed"), 0);
  fail_unless_equals_uint64 (call_get_stat (&call, "num-lost"), 0);
  call_clear (&call);
}
GST_END_TEST

GST_START_TEST (counting_goes_on_over_a_hold)
{
  Call call;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  caller_set_seq (call.caller, 0, 65520);
  call_begin (&call, "AES_CM_128_HMAC_SHA1_80");
  call_speak (&call, 0, 10);
  call_await_stat (&call, "packets-received", 10);
  fail_unless_equals_int (caller_reinvite (call.caller, 1, "inactive"), 200);
  fail_unless_equals_int (caller_reinvite (call.caller, 1, "sendonly"), 200);
  call_speak (&call, 10, 20);
  call_end_with_frames (&call, 30);
  call_clear (&call);
}
GST_END_TEST

/* The roll-over counter is of the SSRC, not of the stream: another source begins at zero, and so does the key that comes
 * with the next one. */
GST_START_TEST (each_source_counts_for_itself)
{
  Call call;
  g_autofree gchar *offer = NULL;
  Sealer *old;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  caller_set_seq (call.caller, 0, 65530);
  call_begin (&call, "AEAD_AES_256_GCM");
  call_speak (&call, 0, 15);
  caller_restart (call.caller, 0);
  call_speak (&call, 15, 15);
  call_await_stat (&call, "packets-received", 30);

  caller_restart (call.caller, 0);
  caller_set_seq (call.caller, 0, 65530);
  offer = call_make_key (&call, "AES_256_CM_HMAC_SHA1_32");
  caller_set_media (call.caller, 0, "RTP/SAVP", offer);
  old = g_steal_pointer (&call.sealer);
  fail_unless_equals_int (caller_reinvite (call.caller, 1, "sendonly"), 200);
  call_use_key (&call);
  sealer_free (old);
  call_speak (&call, 30, 15);
  call_end_with_frames (&call, 45);
  fail_unless_equals_uint64 (call_get_stat (&call, "num-auth-failed"), 0);
  call_clear (&call);
}
GST_END_TEST

/* ---- RTCP ---- */

GST_START_TEST (our_reports_are_sealed_with_our_key)
{
  Call call;
  g_autofree gchar *offer = NULL, *attributes = NULL, *answer = NULL;
  const gchar *problem;
  guint8 report[1500] __attribute__ ((aligned (16)));
  gssize size;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  offer = call_make_key (&call, "AES_CM_128_HMAC_SHA1_32");
  attributes = g_strconcat (offer, "a=rtcp-mux\r\n", NULL);
  fail_unless_equals_int (call_invite (&call, "RTP/SAVP", attributes), 200);
  answer = caller_attribute (call.caller, 0, "crypto");
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (answer, &problem);
  g_autoptr (Sealer) peer = sealer_new (&crypto->keying, TRUE);

  g_socket_set_timeout (caller_socket (call.caller, 0), 30);
  size = g_socket_receive (caller_socket (call.caller, 0), (gchar *)report, sizeof (report), NULL,
                           NULL);
  fail_unless (size > 8);
  fail_unless_equals_int (report[1], 201);
  fail_unless (sealer_open_rtcp (peer, report, (gsize)size) > 0);
  call_clear (&call);
}
GST_END_TEST

/* ---- offers of ours ---- */

GST_START_TEST (we_offer_encryption_where_it_is_required)
{
  Call call;
  g_autofree gchar *line = NULL, *offered = NULL, *sdp = NULL;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  line = call_make_key (&call, "AES_CM_128_HMAC_SHA1_80");
  memcpy (strchr (line, ':') + 1, "1", 1);
  sdp = g_strdup_printf ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                         "m=audio 40000 RTP/SAVP 0\r\n%sa=sendonly\r\n",
                         line);
  caller_set_answer (call.caller, sdp);
  call_use_key (&call);
  fail_unless_equals_int (caller_invite_with (call.caller, "Require: siprec\r\n", NULL, NULL), 200);
  offered = caller_attribute (call.caller, 0, "crypto");
  fail_unless (g_str_has_prefix (offered, "1 AES_CM_128_HMAC_SHA1_80 inline:"));
  fail_unless (strstr (caller_last (call.caller), " RTP/SAVP "));
  call_claim (&call);
  call_speak (&call, 0, 10);
  call_end_with_frames (&call, 10);
  call_clear (&call);
}
GST_END_TEST

static Suite *
session_srtp_suite (void)
{
  Suite *suite = suite_create ("session-srtp");
  TCase *agreed = tcase_create ("agreed");

  suite_add_tcase (suite, agreed);
  tcase_add_loop_test (agreed, each_suite_is_answered_with_a_key_of_our_own, 0, N_SUITES);
  tcase_add_test (agreed, each_line_gets_its_own_key);
  tcase_add_loop_test (agreed, the_policy_decides, 0, G_N_ELEMENTS (agreements));
  tcase_add_test (agreed, only_the_plain_line_is_refused);
  tcase_add_test (agreed, the_best_usable_line_is_taken);
  tcase_add_test (agreed, a_refresh_keeps_our_key);
  tcase_add_loop_test (agreed, no_packet_is_lost_when_the_key_changes, 0, 2);
  tcase_add_test (agreed, counting_goes_on_over_a_hold);
  tcase_add_test (agreed, each_source_counts_for_itself);
  tcase_add_test (agreed, our_reports_are_sealed_with_our_key);
  tcase_add_test (agreed, we_offer_encryption_where_it_is_required);
  return suite;
}

GST_CHECK_MAIN (session_srtp);
