/* SDP answers: the choice of formats, the text, its agreement with the offer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "siprec-core/sdp/answer.h"
#include "tests/support/rounds.h"

#define SESSION "v=0\r\no=src 7 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"

static SiprecOffer *
parse (const gchar *lines)
{
  g_autofree gchar *text = g_strconcat (SESSION, lines, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  SiprecOffer *offer = siprec_offer_parse (bytes, NULL, &error);

  fail_unless (offer != NULL, "%s", error ? error->message : "");
  return offer;
}

/* ---- siprec_answer_choose ---- */

static void
check_choice (const gchar *lines, const gchar *const *codecs, const gchar *expected)
{
  g_autoptr (SiprecOffer) offer = parse (lines);
  g_autoptr (GPtrArray) chosen = siprec_answer_choose (siprec_offer_mline (offer, 0), codecs);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < chosen->len; i++) {
    const SiprecFormat *format = g_ptr_array_index (chosen, i);
    g_string_append_printf (text, "%s%u", i > 0 ? " " : "", format->pt);
  }
  fail_unless_equals_string (text->str, expected);
}

#define WIDE                                                                                       \
  "m=audio 4 RTP/AVP 98 111 0 8 13 101 107 19\r\na=rtpmap:98 EVS/16000\r\n"                        \
  "a=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"                             \
  "a=rtpmap:107 telephone-event/48000\r\n"

GST_START_TEST (test_first_that_can_be_depayloaded)
{
  check_choice (WIDE, NULL, "111 107");
}
GST_END_TEST;

GST_START_TEST (test_order_of_codecs)
{
  static const gchar *const pcma[] = {"G722", "pcma", "PCMU", NULL};
  static const gchar *const absent[] = {"G722", "GSM", NULL};
  static const gchar *const none[] = {NULL};
  static const gchar *const opaque[] = {"evs", "PCMU", NULL};
  static const gchar *const event[] = {"telephone-event", "CN", "PCMU", NULL};

  check_choice (WIDE, pcma, "8 13 101 19");
  check_choice (WIDE, absent, "111 107");
  check_choice (WIDE, none, "111 107");
  check_choice (WIDE, opaque, "98 13 101 107 19");
  check_choice (WIDE, event, "0 13 101 19");
}
GST_END_TEST;

GST_START_TEST (test_codec_of_another_clock)
{
  check_choice ("m=audio 4 RTP/AVP 101 111 13\r\na=rtpmap:111 opus/48000/2\r\n"
                "a=rtpmap:101 telephone-event/8000\r\n",
                NULL, "111 101 13");
}
GST_END_TEST;

GST_START_TEST (test_only_unknown_codecs)
{
  check_choice ("m=audio 4 RTP/AVP 97 98 101\r\na=rtpmap:97 EVS/16000\r\na=rtpmap:98 X-NO/8000\r\n"
                "a=rtpmap:101 telephone-event/8000\r\n",
                NULL, "97 101");
  check_choice ("m=video 4 RTP/AVP 96 97 98\r\na=rtpmap:96 rtx/90000\r\na=rtpmap:97 H264/90000\r\n"
                "a=rtpmap:98 VP8/90000\r\n",
                NULL, "97");
  check_choice ("m=audio 4 RTP/AVP 96\r\na=rtpmap:96 red/8000\r\n", NULL, "96");
}
GST_END_TEST;

GST_START_TEST (test_no_codec)
{
  check_choice ("m=audio 4 RTP/AVP 101 13\r\na=rtpmap:101 telephone-event/8000\r\n", NULL, "");
  check_choice ("m=audio 4 RTP/AVP 99\r\n", NULL, "");
  check_choice ("m=message 4 TCP/MSRP *\r\n", NULL, "");
}
GST_END_TEST;

/* ---- siprec_answer_make ---- */

/* Answers every line at port 6000, 6002 ... with what siprec_answer_choose() gives. */
static gchar *
answer_offer (const SiprecOffer *offer, const gchar *address)
{
  g_autofree SiprecAnswerLine *lines = g_new0 (SiprecAnswerLine, offer->mlines->len);

  for (guint i = 0; i < offer->mlines->len; i++) {
    lines[i].port = 6000 + 2 * i;
    lines[i].formats = siprec_answer_choose (siprec_offer_mline (offer, i), NULL);
  }
  gchar *text = siprec_answer_make (offer, lines, address, 42, 7);
  for (guint i = 0; i < offer->mlines->len; i++)
    g_ptr_array_unref (lines[i].formats);
  return text;
}

/* The media lines of the answer to @lines. */
static gchar *
answer_lines (const gchar *lines)
{
  g_autoptr (SiprecOffer) offer = parse (lines);
  g_autofree gchar *text = answer_offer (offer, "192.0.2.1");
  const gchar *media = strstr (text, "m=");

  fail_unless (media != NULL);
  return g_strdup (media);
}

static void
check_answer (const gchar *lines, const gchar *expected)
{
  g_autofree gchar *text = answer_lines (lines);

  fail_unless_equals_string (text, expected);
}

GST_START_TEST (test_whole_text)
{
  g_autoptr (SiprecOffer) offer =
      parse ("m=audio 30028 RTP/AVP 0 8 101\r\na=label:1\r\na=rtpmap:0 PCMU/8000\r\n"
             "a=rtpmap:101 telephone-event/8000\r\na=sendonly\r\na=rtcp:30029\r\na=ptime:20\r\n"
             "m=audio 30038 RTP/AVP 8\r\na=label:a_leg\r\na=mid:x\r\na=inactive\r\na=rtcp-mux\r\n");
  g_autofree gchar *text = answer_offer (offer, "192.0.2.1");

  fail_unless_equals_string (text,
                             "v=0\r\no=- 42 7 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                             "t=0 0\r\nm=audio 6000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
                             "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
                             "a=label:1\r\na=recvonly\r\nm=audio 6002 RTP/AVP 8\r\n"
                             "a=rtpmap:8 PCMA/8000\r\na=label:a_leg\r\na=mid:x\r\n"
                             "a=rtcp-mux\r\na=inactive\r\n");
}
GST_END_TEST;

GST_START_TEST (test_ipv6)
{
  g_autoptr (SiprecOffer) offer = parse ("m=audio 4 RTP/AVP 0\r\n");
  g_autofree gchar *text = answer_offer (offer, "2001:db8::1");

  fail_unless (strstr (text, "\r\no=- 42 7 IN IP6 2001:db8::1\r\n") != NULL);
  fail_unless (strstr (text, "\r\nc=IN IP6 2001:db8::1\r\n") != NULL);
}
GST_END_TEST;

GST_START_TEST (test_times_are_those_of_the_offer)
{
  static const gchar sdp[] = "v=0\r\nt=3034423619 3042462419\r\nm=audio 4 RTP/AVP 0\r\n";
  g_autoptr (GBytes) bytes = g_bytes_new_static (sdp, sizeof sdp - 1);
  g_autoptr (SiprecOffer) offer = siprec_offer_parse (bytes, NULL, NULL);
  g_autofree gchar *text = answer_offer (offer, "192.0.2.1");

  fail_unless (strstr (text, "\r\nt=3034423619 3042462419\r\n") != NULL);
}
GST_END_TEST;

GST_START_TEST (test_directions)
{
  static const struct {
    const gchar *offered, *answered;
  } rows[] = {
      {"", "a=recvonly"},
      {"a=sendrecv\r\n", "a=recvonly"},
      {"a=sendonly\r\n", "a=recvonly"},
      {"a=inactive\r\n", "a=inactive"},
      {"a=recvonly\r\n", "a=inactive"},
      {"c=IN IP4 0.0.0.0\r\na=sendonly\r\n", "a=inactive"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *lines = g_strconcat ("m=audio 4 RTP/AVP 0\r\n", rows[i].offered, NULL);
    g_autofree gchar *expected = g_strconcat ("m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
                                              rows[i].answered, "\r\n", NULL);
    check_answer (lines, expected);
  }
}
GST_END_TEST;

GST_START_TEST (test_inactive_by_us)
{
  g_autoptr (SiprecOffer) offer = parse ("m=audio 4 RTP/AVP 0\r\na=sendonly\r\n");
  g_autoptr (GPtrArray) formats = siprec_answer_choose (siprec_offer_mline (offer, 0), NULL);
  SiprecAnswerLine line = {.port = 6000, .inactive = TRUE, .formats = formats};
  g_autofree gchar *text = siprec_answer_make (offer, &line, "192.0.2.1", 42, 7);

  fail_unless (strstr (text, "a=inactive\r\n") != NULL);
  fail_unless (strstr (text, "a=recvonly\r\n") == NULL);
}
GST_END_TEST;

GST_START_TEST (test_refused_lines)
{
  g_autoptr (SiprecOffer) offer =
      parse ("m=video 4/2 RTP/AVP 31 x\r\na=label:3\r\na=rtcp-mux\r\nm=application 5 UDP/BFCP *\r\n"
             "m=audio 4 RTP/AVP 0\r\na=label:1\r\na=mid:m\r\nm=image 0 udptl t38\r\n");
  SiprecAnswerLine lines[4] = {{0}};
  g_autofree gchar *text = siprec_answer_make (offer, lines, "192.0.2.1", 1, 1);

  fail_unless_equals_string (
      strstr (text, "m="),
      "m=video 0 RTP/AVP 31 x\r\na=label:3\r\nm=application 0 UDP/BFCP *\r\n"
      "m=audio 0 RTP/AVP 0\r\na=label:1\r\na=mid:m\r\nm=image 0 udptl t38\r\n");
}
GST_END_TEST;

/* RFC 3264 section 6: what was offered with port 0 is answered with port 0. */
GST_START_TEST (test_disabled_line)
{
  check_answer ("m=audio 0 RTP/AVP 0\r\na=label:1\r\n", "m=audio 0 RTP/AVP 0\r\na=label:1\r\n");
}
GST_END_TEST;

GST_START_TEST (test_line_without_usable_format)
{
  check_answer ("m=audio 4 RTP/AVP 99 101\r\n", "m=audio 0 RTP/AVP 99 101\r\n");
}
GST_END_TEST;

GST_START_TEST (test_line_without_rtp)
{
  check_answer ("m=message 4 TCP/MSRP *\r\na=sendonly\r\n",
                "m=message 6000 TCP/MSRP *\r\na=recvonly\r\n");
}
GST_END_TEST;

GST_START_TEST (test_static_types_get_rtpmap)
{
  check_answer ("m=audio 4 RTP/AVP 18 13\r\na=fmtp:18 annexb=no\r\na=sendonly\r\n",
                "m=audio 6000 RTP/AVP 18 13\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n"
                "a=rtpmap:13 CN/8000\r\na=recvonly\r\n");
}
GST_END_TEST;

GST_START_TEST (test_spelling_of_the_offer)
{
  check_answer ("m=audio 4 RTP/AVP 8 97\r\na=rtpmap:8 pcma/8000/1\r\n"
                "a=rtpmap:97 Telephone-Event/8000\r\na=fmtp:97 0-16,66\r\na=sendonly\r\n",
                "m=audio 6000 RTP/AVP 8 97\r\na=rtpmap:8 pcma/8000/1\r\n"
                "a=rtpmap:97 Telephone-Event/8000\r\na=fmtp:97 0-16,66\r\na=recvonly\r\n");
}
GST_END_TEST;

GST_START_TEST (test_guessed_events)
{
  check_answer ("m=audio 4 RTP/AVP 8 101\r\na=fmtp:101 0-11\r\na=sendonly\r\n",
                "m=audio 6000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
                "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-11\r\na=recvonly\r\n");
}
GST_END_TEST;

GST_START_TEST (test_fmtp_of_amr)
{
  check_answer ("m=audio 4 RTP/AVP 96\r\na=rtpmap:96 AMR-WB/16000\r\n"
                "a=fmtp:96 octet-align=1; mode-set=0,2\r\na=sendonly\r\n",
                "m=audio 6000 RTP/AVP 96\r\na=rtpmap:96 AMR-WB/16000\r\n"
                "a=fmtp:96 octet-align=1;mode-set=0,2\r\na=recvonly\r\n");
}
GST_END_TEST;

GST_START_TEST (test_fmtp_of_senders)
{
  check_answer ("m=audio 4 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n"
                "a=fmtp:111 sprop-stereo=1; stereo=1 ;sprop-maxcapturerate=16000\r\na=sendonly\r\n",
                "m=audio 6000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1\r\n"
                "a=recvonly\r\n");
  check_answer ("m=video 4 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                "a=fmtp:96 sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==\r\na=sendonly\r\n",
                "m=video 6000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=recvonly\r\n");
}
GST_END_TEST;

/* Keys, candidates and the like would be lies in our mouth. */
GST_START_TEST (test_nothing_else_is_copied)
{
  check_answer (
      "a=group:BUNDLE 1\r\na=ice-ufrag:x\r\nm=audio 4 RTP/AVP 0\r\nb=AS:64\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\na=candidate:1 1 UDP 1 192.0.2.7 4\r\n"
      "a=ssrc:1 cname:x\r\na=setup:actpass\r\na=3gOoBTC\r\na=sendonly\r\na=ptime:20\r\n",
      "m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=recvonly\r\n");
}
GST_END_TEST;

/* The writer trusts no reader: text set by other hands can't start a line of its own. */
GST_START_TEST (test_no_line_is_injected)
{
  g_autoptr (SiprecOffer) offer = parse ("m=audio 4 RTP/AVP 0\r\na=label:1\r\na=mid:2\r\n");
  SiprecMline *mline = g_ptr_array_index (offer->mlines, 0);
  SiprecAnswerLine line = {0};

  g_free (mline->label);
  g_free (mline->mid);
  g_free (mline->media);
  mline->label = g_strdup ("1\r\na=inactive");
  mline->mid = g_strdup ("2\na=x");
  mline->media = g_strdup ("au\rdio");
  g_autofree gchar *text = siprec_answer_make (offer, &line, "192.0.2.1", 1, 1);

  fail_unless_equals_string (strstr (text, "m="),
                             "m=au_dio 0 RTP/AVP 0\r\na=label:1__a=inactive\r\na=mid:2_a=x\r\n");
}
GST_END_TEST;

/* RFC 3264 section 6: as many lines, of the same media and transport, in the same order; every line of
 * the text ends with CRLF and has the form x=value. */
static void
check_agreement (const SiprecOffer *offer)
{
  g_autofree gchar *text = answer_offer (offer, "192.0.2.1");
  g_autoptr (GstSDPMessage) sdp = NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);

  for (guint i = 0; lines[i + 1] != NULL; i++)
    fail_unless (g_ascii_islower (lines[i][0]) && lines[i][1] == '=' &&
                 lines[i][strcspn (lines[i], "\r\n")] == '\0');
  fail_unless (g_str_has_suffix (text, "\r\n") && g_utf8_validate (text, -1, NULL));

  fail_unless (gst_sdp_message_new_from_text (text, &sdp) == GST_SDP_OK);
  fail_unless_equals_int (gst_sdp_message_medias_len (sdp), offer->mlines->len);
  for (guint i = 0; i < offer->mlines->len; i++) {
    const SiprecMline *mline = siprec_offer_mline (offer, i);
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);

    fail_unless_equals_string (gst_sdp_media_get_media (media), mline->media);
    fail_unless_equals_string (gst_sdp_media_get_proto (media), mline->proto);
    fail_unless (gst_sdp_media_formats_len (media) >= 1);
    fail_unless_equals_string (gst_sdp_media_get_attribute_val (media, "label"), mline->label);
    guint port = gst_sdp_media_get_port (media);
    fail_unless (port == 0 || (port == 6000 + 2 * i && mline->port != 0));
  }

  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (SiprecOffer) again = siprec_offer_parse (bytes, NULL, NULL);
  fail_unless (again != NULL);
}

static const gchar agreement_seed[] =
    SESSION "m=audio 30028 RTP/AVP 0 101 96\r\na=label:1\r\na=rtpmap:96 AMR/8000\r\na=fmtp:96 "
            "octet-align=1\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendonly\r\na=mid:1\r\n"
            "m=video 30038 RTP/AVPF 97 98\r\na=label:2\r\na=rtpmap:97 H264/90000\r\na=rtcp-mux\r\n"
            "m=message 4 TCP/MSRP *\r\na=label:3\r\n";

GST_START_TEST (test_agreement)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (agreement_seed, sizeof agreement_seed - 1);
  g_autoptr (SiprecOffer) offer = siprec_offer_parse (bytes, NULL, NULL);

  check_agreement (offer);
}
GST_END_TEST;

GST_START_TEST (test_agreement_with_mutated_offers)
{
  static const gchar pieces[][8] = {"m=", "/", "\r", "a=", ":", "\r\n", " ", ";", "\001"};
  g_autoptr (GRand) rand = g_rand_new_with_seed (22);
  guint answered = 0;

  for (guint i = 0; i < rounds (10000); i++) {
    g_autofree gchar *data = g_memdup2 (agreement_seed, sizeof agreement_seed);

    for (guint n = g_rand_int_range (rand, 1, 6); n > 0; n--) {
      gsize at = g_rand_int_range (rand, 5, sizeof agreement_seed - 8);
      const gchar *piece = pieces[g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces))];

      if (g_rand_boolean (rand))
        data[at] = g_rand_int (rand);
      else
        memcpy (data + at, piece, strlen (piece));
    }
    g_autoptr (GBytes) bytes = g_bytes_new (data, sizeof agreement_seed - 1);
    g_autoptr (SiprecOffer) offer = siprec_offer_parse (bytes, NULL, NULL);
    if (offer != NULL) {
      check_agreement (offer);
      answered++;
    }
  }
  fail_unless (answered > rounds (10000) * 1000 / 10000, "only %u", answered);
}
GST_END_TEST;

static Suite *
sdp_answer_suite (void)
{
  Suite *suite = suite_create ("sdp-answer");
  TCase *choose = tcase_create ("choose");
  TCase *make = tcase_create ("make");

  suite_add_tcase (suite, choose);
  suite_add_tcase (suite, make);
  tcase_add_test (choose, test_first_that_can_be_depayloaded);
  tcase_add_test (choose, test_order_of_codecs);
  tcase_add_test (choose, test_codec_of_another_clock);
  tcase_add_test (choose, test_only_unknown_codecs);
  tcase_add_test (choose, test_no_codec);
  tcase_add_test (make, test_whole_text);
  tcase_add_test (make, test_ipv6);
  tcase_add_test (make, test_times_are_those_of_the_offer);
  tcase_add_test (make, test_directions);
  tcase_add_test (make, test_inactive_by_us);
  tcase_add_test (make, test_refused_lines);
  tcase_add_test (make, test_disabled_line);
  tcase_add_test (make, test_line_without_usable_format);
  tcase_add_test (make, test_line_without_rtp);
  tcase_add_test (make, test_static_types_get_rtpmap);
  tcase_add_test (make, test_spelling_of_the_offer);
  tcase_add_test (make, test_guessed_events);
  tcase_add_test (make, test_fmtp_of_amr);
  tcase_add_test (make, test_fmtp_of_senders);
  tcase_add_test (make, test_nothing_else_is_copied);
  tcase_add_test (make, test_no_line_is_injected);
  tcase_add_test (make, test_agreement);
  tcase_add_test (make, test_agreement_with_mutated_offers);
  return suite;
}

GST_CHECK_MAIN (sdp_answer);
