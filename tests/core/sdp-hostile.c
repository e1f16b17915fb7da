/* SDP offers that are refused, and those of an attacker.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "parsed.h"
#include "siprec-core/error.h"
#include "tests/support/effort.h"
#include "tests/support/rounds.h"

static void
check_refused (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  SiprecOffer *offer = parse_offer_bytes (text, strlen (text), deviations, &error);

  fail_unless (offer == NULL, "accepted: %s", text);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX));
}

GST_START_TEST (test_refused)
{
  static const gchar *const texts[] = {
      "hello world",
      "\r\n\r\n",
      "v=0\r\n",
      "v=1\r\n" CALLER,
      "v=\r\n" CALLER,
      "v=0x\r\n" CALLER,
      CALLER,
      "s=-\r\nv=0\r\n" CALLER,
      "v=0\r\ns=-\r\nt=0 0\r\n",
      SESSION "m=\r\n",
      SESSION "m=audio\r\n",
      SESSION "m=audio 4\r\n",
      SESSION "m=audio 4 RTP/AVP\r\nm=audio\r\n",
      SESSION "m=audio x RTP/AVP 0\r\n",
      SESSION "m=audio -1 RTP/AVP 0\r\n",
      SESSION "m=audio +4 RTP/AVP 0\r\n",
      SESSION "m=audio 4x RTP/AVP 0\r\n",
      SESSION "m=audio 65536 RTP/AVP 0\r\n",
      SESSION "m=audio 4294967300 RTP/AVP 0\r\n",
      SESSION "m=audio 4/ RTP/AVP 0\r\n",
      SESSION "m=audio 4/2/2 RTP/AVP 0\r\n",
      SESSION "m= 4 RTP/AVP 0\r\n",
      SESSION CALLER "m=audio, RTP/AVP 0\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    check_refused (texts[i]);
}
GST_END_TEST;

GST_START_TEST (test_sizes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (SESSION CALLER);

  fail_unless (siprec_offer_parse (NULL, deviations, &error) == NULL);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX));
  check_refused ("");

  while (text->len < 64 * 1024 - 8)
    g_string_append (text, "a=x\r\n");
  while (text->len < 64 * 1024)
    g_string_append_c (text, '\n');
  g_autoptr (SiprecOffer) offer = parse_offer (text->str);
  fail_unless_equals_int (offer->mlines->len, 1);
  g_string_append_c (text, '\n');
  check_refused (text->str);
}
GST_END_TEST;

GST_START_TEST (test_line_counts)
{
  g_autoptr (GString) text = g_string_new (SESSION);

  for (guint i = 0; i < 64; i++)
    g_string_append (text, CALLEE);
  g_autoptr (SiprecOffer) offer = parse_offer (text->str);
  fail_unless_equals_int (offer->mlines->len, 64);
  g_string_append (text, CALLEE);
  check_refused (text->str);
}
GST_END_TEST;

/* What an error quotes ends in logs and answers. */
GST_START_TEST (test_first_line_keeps_its_secret)
{
  static const gchar text[] = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\n";
  g_autoptr (GError) error = NULL;

  fail_unless (parse_offer_bytes (text, strlen (text), deviations, &error) == NULL);
  fail_unless (strstr (error->message, "\"a=crypto:1 ") != NULL, "%s", error->message);
  fail_unless (strstr (error->message, "c2VjcmV0") == NULL, "%s", error->message);
}
GST_END_TEST;

static void
check_survives (const gchar *data, gsize size)
{
  g_autoptr (GPtrArray) noted = siprec_deviations_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecOffer) offer = parse_offer_bytes (data, size, noted, &error);

  fail_unless ((offer != NULL) == (error == NULL));
  if (error != NULL)
    fail_unless (g_utf8_validate (error->message, -1, NULL));
  expect_readable (noted);
}

static const gchar hostile_seed[] = SESSION
    "b=AS:64\r\na=group:BUNDLE 1\r\n" CALLER "c=IN IP6 2001:db8::1/3\r\na=rtcp:30029 IN IP4 "
    "192.0.2.1\r\na=mid:1\r\n" CALLEE "a=rtpmap:8 PCMA/8000/1\r\na=content:main,slides\r\n";

GST_START_TEST (test_truncations)
{
  for (gsize size = 0; size < sizeof hostile_seed; size++)
    check_survives (hostile_seed, size);
}
GST_END_TEST;

GST_START_TEST (test_mutations)
{
  static const gchar *const pieces[] = {
      "m=", "a=rtpmap:", "a=fmtp:8 ", "c=",       "/",  "99999999",
      ":",  "\r\n",      " ",         "a=label:", "t=", "a=rtcp:"};
  g_autoptr (GRand) rand = g_rand_new_with_seed (21);

  for (guint i = 0; i < rounds (10000); i++) {
    g_autofree gchar *data = g_memdup2 (hostile_seed, sizeof hostile_seed);

    mutate (rand, data, sizeof hostile_seed, pieces, G_N_ELEMENTS (pieces));
    check_survives (data, sizeof hostile_seed);
  }
}
GST_END_TEST;

/* What @size bytes of the worst shapes cost. */
static gint64
weigh_offers (gsize size)
{
  static const gchar *const units[] = {"a=rtpmap:127 x/1\n", "a\n", "a=\n", " 96", "c=/", "\001"};
  gint64 start = effort ();

  for (gsize u = 0; u < G_N_ELEMENTS (units); u++) {
    g_autoptr (GString) text = g_string_new (SESSION "m=audio 4 RTP/AVP");
    for (guint pt = 0; pt < 128; pt++)
      g_string_append_printf (text, " %u", pt);
    g_string_append (text, *units[u] == ' ' ? "" : "\n");
    while (text->len + 20 < size)
      g_string_append (text, units[u]);
    check_survives (text->str, text->len);
  }
  return effort () - start;
}

/* 64 KiB of them cost no more than their share. */
GST_START_TEST (test_large_offers)
{
  gint64 brief = weigh_offers (16 * 1024), lengthy = weigh_offers (64 * 1024);

  fail_unless (effort_is_linear (brief, lengthy),
               "%" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " us", brief, lengthy);
}
GST_END_TEST;

static Suite *
sdp_hostile_suite (void)
{
  Suite *suite = suite_create ("sdp-hostile");
  TCase *refused = tcase_create ("refused");

  suite_add_tcase (suite, refused);
  tcase_add_checked_fixture (refused, parsed_set_up, parsed_tear_down);
  tcase_add_test (refused, test_refused);
  tcase_add_test (refused, test_sizes);
  tcase_add_test (refused, test_line_counts);
  tcase_add_test (refused, test_first_line_keeps_its_secret);
  tcase_add_test (refused, test_truncations);
  tcase_add_test (refused, test_mutations);
  tcase_add_test (refused, test_large_offers);

  return suite;
}

GST_CHECK_MAIN (sdp_hostile)
