/* Payload types of SDP lines: the static table, rtpmap, fmtp, and what is tolerated in them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "parsed.h"

GST_START_TEST (test_static_types)
{
  static const struct {
    guint pt;
    const gchar *name;
    guint clock, channels;
  } rows[] = {
      {0, "PCMU", 8000, 1},   {2, "G726-32", 8000, 1}, {3, "GSM", 8000, 1},  {4, "G723", 8000, 1},
      {5, "DVI4", 8000, 1},   {6, "DVI4", 16000, 1},   {8, "PCMA", 8000, 1}, {9, "G722", 8000, 1},
      {10, "L16", 44100, 2},  {11, "L16", 44100, 1},   {13, "CN", 8000, 1},  {15, "G728", 8000, 1},
      {17, "DVI4", 22050, 1}, {18, "G729", 8000, 1},   {19, "CN", 8000, 1},
  };
  g_autoptr (GString) lines = g_string_new ("m=audio 4 RTP/AVP");
  g_autoptr (SiprecOffer) offer = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_string_append_printf (lines, " %u", rows[i].pt);
  g_string_append (lines, "\r\na=sendonly\r\na=label:1\r\n");
  const SiprecMline *mline = parse_offer_line (&offer, lines->str);

  fail_unless_equals_int (mline->formats->len, G_N_ELEMENTS (rows));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const SiprecFormat *format = g_ptr_array_index (mline->formats, i);
    check_format (mline, i, rows[i].pt, rows[i].name, rows[i].clock);
    fail_unless_equals_int (format->channels, rows[i].channels);
  }
  fail_unless_equals_int (deviations->len, 0);

  mline = parse_offer_line (&offer, "m=video 4 RTP/AVP 34\r\n");
  check_format (mline, 0, 34, "H263", 90000);
}
GST_END_TEST;

GST_START_TEST (test_dynamic_types)
{
  g_autoptr (SiprecOffer) offer = NULL;
  const SiprecMline *mline = parse_offer_line (
      &offer, "m=audio 4 RTP/AVP 111 96 0 101 107 13 111\r\na=rtpmap:111 opus/48000/2\r\n"
              "a=fmtp:111 maxplaybackrate=8000\r\na=rtpmap: 96  AMR/8000/1\r\n"
              "a=fmtp:96 octet-align=1; mode-set=7\r\na=rtpmap:0 L16/16000\r\n"
              "a=rtpmap:101 telephone-event/8000\r\na=rtpmap:107 telephone-event/48000\r\n"
              "a=sendonly\r\na=label:1\r\n");
  const SiprecFormat *opus = g_ptr_array_index (mline->formats, 0);
  const SiprecFormat *amr = g_ptr_array_index (mline->formats, 1);

  fail_unless_equals_int (mline->formats->len, 6);
  check_format (mline, 0, 111, "OPUS", 48000);
  check_format (mline, 1, 96, "AMR", 8000);
  check_format (mline, 2, 0, "L16", 16000); /* rtpmap goes before the table */
  check_format (mline, 3, 101, "TELEPHONE-EVENT", 8000);
  check_format (mline, 4, 107, "TELEPHONE-EVENT", 48000);
  check_format (mline, 5, 13, "CN", 8000);
  fail_unless_equals_int (opus->channels, 2);
  fail_unless (amr->octet_aligned);
  fail_unless_equals_int (deviations->len, 0);
}
GST_END_TEST;

GST_START_TEST (test_no_rtpmap)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=audio 4 RTP/AVP 97 8 101\r\na=sendonly\r\na=label:1\r\na=fmtp:101 0-15\r\n",
      "sdp-no-rtpmap");
  const SiprecMline *mline = siprec_offer_mline (offer, 0);

  fail_unless_equals_int (mline->formats->len, 2);
  check_format (mline, 0, 8, "PCMA", 8000);
  check_format (mline, 1, 101, "TELEPHONE-EVENT", 8000);
}
GST_END_TEST;

GST_START_TEST (test_rtpmap_garbage)
{
  static const gchar *const values[] = {"PCMA", "PCMA/",     "PCMA/x",        "/8000",
                                        "",     "a\"b/8000", "\303\251/8000", "PCMA/99999999999"};

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree gchar *text =
        g_strconcat (SESSION "m=audio 4 RTP/AVP 8\r\na=sendonly\r\na=label:1\r\na=rtpmap:8 ",
                     values[i], "\r\n", NULL);
    g_autoptr (SiprecOffer) offer = parse_offer (text);

    check_format (siprec_offer_mline (offer, 0), 0, 8, "PCMA", 8000);
    fail_unless (siprec_deviations_has (deviations, "sdp-rtpmap") || *values[i] == '\0');
    g_ptr_array_set_size (deviations, 0);
  }
}
GST_END_TEST;

GST_START_TEST (test_rtpmap_without_clock)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=video 4 RTP/AVP 96\r\na=sendonly\r\na=label:1\r\na=rtpmap:96 H264\r\n",
      "sdp-rtpmap");
  check_format (siprec_offer_mline (offer, 0), 0, 96, "H264", 90000);
}
GST_END_TEST;

GST_START_TEST (test_fmtp_too_long)
{
  g_autofree gchar *value = g_strnfill (2000, 'x');
  g_autofree gchar *text =
      g_strconcat (SESSION CALLEE "a=rtpmap:8 PCMA/8000\r\na=fmtp:8 ", value, "\r\n", NULL);
  g_autoptr (SiprecOffer) offer = parse_offer_noting (text, "sdp-fmtp");
  check_format (siprec_offer_mline (offer, 0), 0, 8, "PCMA", 8000);
}
GST_END_TEST;

GST_START_TEST (test_format_garbage)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION
      "m=audio 4 RTP/AVP x 128 -1 8 99999999999999999999 8,0\r\na=sendonly\r\na=label:1\r\n",
      "sdp-format");
  const SiprecMline *mline = siprec_offer_mline (offer, 0);

  fail_unless_equals_int (mline->formats->len, 1);
  check_format (mline, 0, 8, "PCMA", 8000);
}
GST_END_TEST;

GST_START_TEST (test_no_usable_format)
{
  g_autoptr (SiprecOffer) offer =
      parse_offer (SESSION "m=audio 4 RTP/AVP 99\r\na=sendonly\r\na=label:1\r\n");
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->formats->len, 0);
  fail_unless (siprec_deviations_has (deviations, "sdp-no-format"));
}
GST_END_TEST;

static Suite *
sdp_codec_suite (void)
{
  Suite *suite = suite_create ("sdp-codec");
  TCase *read = tcase_create ("read");
  TCase *tolerated = tcase_create ("tolerated");

  suite_add_tcase (suite, read);
  suite_add_tcase (suite, tolerated);
  tcase_add_checked_fixture (read, parsed_set_up, parsed_tear_down);
  tcase_add_checked_fixture (tolerated, parsed_set_up, parsed_tear_down);
  tcase_add_test (read, test_static_types);
  tcase_add_test (read, test_dynamic_types);
  tcase_add_test (tolerated, test_no_rtpmap);
  tcase_add_test (tolerated, test_rtpmap_garbage);
  tcase_add_test (tolerated, test_rtpmap_without_clock);
  tcase_add_test (tolerated, test_fmtp_too_long);
  tcase_add_test (tolerated, test_format_garbage);
  tcase_add_test (tolerated, test_no_usable_format);
  return suite;
}

GST_CHECK_MAIN (sdp_codec);
