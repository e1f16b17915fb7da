/* Pictures of video, requests for key frames, and what the SDP says of both; bytes that are no video
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "siprec-core/media/format.h"
#include "siprec-core/rtp/nack.h"
#include "siprec-core/rtp/refresh.h"
#include "siprec-core/sdp/answer.h"
#include "siprec-core/sdp/content.h"
#include "siprec-core/video/pictures.h"
#include "tests/support/rounds.h"

static const gchar *const names[] = {"H264", "H265", "VP8", "VP9", "H263", "H263-1998", "JPEG"};

static SiprecFormat *
new_format (guint n, const gchar *fmtp)
{
  SiprecFormat *format = siprec_format_new ("video", 96, names[n], 90000, 0, fmtp);

  fail_unless (format->video != NULL);
  return format;
}

/* Bytes that look a little like NAL units. */
static void
fill (GRand *random, guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    data[i] = g_rand_int_range (random, 0, 4) ? g_rand_int_range (random, 0, 256) : 0;
  for (gsize i = 0; i + 5 < size; i += 1 + g_rand_int_range (random, 0, 64)) {
    memcpy (data + i, "\0\0\0\1", 4);
    data[i + 4] = g_rand_int_range (random, 0, 2) ? 0x65 + g_rand_int_range (random, 0, 4)
                                                  : g_rand_int_range (random, 32, 40) << 1;
  }
}

GST_START_TEST (test_random_bytes)
{
  g_autoptr (SiprecFormat) format =
      new_format (__i__, "sprop-parameter-sets=Z0IAKeKQFAe2AtwEBAaQeJEV,aM48gA==,,x");
  g_autoptr (SiprecPictures) pictures = siprec_pictures_new (format->video, format->rtp_caps);
  g_autoptr (GRand) random = g_rand_new_with_seed (7 + __i__);

  for (guint i = 0; i < rounds (3000); i++) {
    gsize size = g_rand_int_range (random, 1, 300);
    g_autofree guint8 *data = g_malloc (size);
    GstBuffer *buffer;

    fill (random, data, size);
    if (format->video->begins_picture)
      format->video->begins_picture (data, size);
    buffer = siprec_pictures_take (pictures, gst_buffer_new_memdup (data, size), NULL);
    fail_unless (!buffer || !siprec_pictures_is_waiting (pictures));
    gst_clear_buffer (&buffer);
    if (i % 100 == 0)
      siprec_pictures_lose (pictures);
  }
}
GST_END_TEST

/* The largest step that a scaling list can say, 2^31 - 1, takes the scale from 8 to 7; one of -7 ends the list. */
GST_START_TEST (test_scaling_list)
{
  static const guint8 data[] = {0x67, 100,  0,    31,   0xad, 0x80, 0,    0,    3,    0,
                                0xff, 0xff, 0xff, 0xfe, 0x1e, 0x02, 0xe0, 0xa0, 0xfc, 0x80};
  g_autoptr (SiprecFormat) format = new_format (0, NULL);
  SiprecSps sps;

  fail_unless (format->video->nal->read_sps (data, sizeof data, &sps));
  fail_unless_equals_int (sps.width, 320);
  fail_unless_equals_int (sps.height, 240);
}
GST_END_TEST

/* A message of a recovery point that comes before its picture counts, unless so much comes with it that all is
 * dropped. */
GST_START_TEST (test_far_too_much_ahead)
{
  static const guint8 ahead[] = {0, 0, 0, 1, 6, 6, 1, 0x84, 0x80, 0, 0, 0, 1, 12};
  static const guint8 slice[] = {0, 0, 0, 1, 0x41, 0x9a, 0x24, 0x0a};
  gsize size = sizeof ahead + (__i__ ? 64 * 1024 : 16);
  g_autofree guint8 *data = g_malloc (size);
  g_autoptr (SiprecFormat) format =
      new_format (0, "sprop-parameter-sets=Z0IAKeKQFAe2AtwEBAaQeJEV,aM48gA==");
  g_autoptr (SiprecPictures) pictures = siprec_pictures_new (format->video, format->rtp_caps);
  GstBuffer *buffer;

  memset (data, 0xff, size);
  memcpy (data, ahead, sizeof ahead);
  siprec_pictures_take_recovery_points (pictures);
  fail_if (siprec_pictures_take (pictures, gst_buffer_new_memdup (data, size), NULL));
  buffer = siprec_pictures_take (pictures, gst_buffer_new_memdup (slice, sizeof slice), NULL);
  fail_unless_equals_int (buffer != NULL, !__i__);
  gst_clear_buffer (&buffer);
}
GST_END_TEST

GST_START_TEST (test_refresh)
{
  SiprecRefresh refresh = {.feedback = SIPREC_FEEDBACK_FIR};
  GstClockTime now = GST_SECOND;

  fail_unless_equals_int (siprec_refresh_take (&refresh, now), SIPREC_REFRESH_NONE);
  refresh.wanted = TRUE;
  fail_unless_equals_int (siprec_refresh_take (&refresh, now), SIPREC_REFRESH_FIR);
  fail_unless_equals_int (refresh.fir_sequence, 1);
  refresh.wanted = TRUE;
  fail_unless_equals_int (siprec_refresh_take (&refresh, now + 499 * GST_MSECOND),
                          SIPREC_REFRESH_NONE);
  refresh.feedback |= SIPREC_FEEDBACK_PLI;
  fail_unless_equals_int (siprec_refresh_take (&refresh, now + 500 * GST_MSECOND),
                          SIPREC_REFRESH_PLI);
  refresh = (SiprecRefresh){.wanted = TRUE, .feedback = SIPREC_FEEDBACK_NACK};
  fail_unless_equals_int (siprec_refresh_take (&refresh, now), SIPREC_REFRESH_SIGNALLING);
  refresh.wanted = TRUE;
  fail_unless_equals_int (siprec_refresh_take (&refresh, now + GST_SECOND), SIPREC_REFRESH_NONE);
}
GST_END_TEST

static void
hold (SiprecReorder *reorder, SiprecFormat *format, gint64 seq)
{
  SiprecFrame frame = {.seq = seq, .format = siprec_format_ref (format)};

  fail_unless_equals_int (siprec_reorder_place (reorder, seq), SIPREC_REORDER_AHEAD);
  fail_unless (siprec_reorder_hold (reorder, &frame));
}

GST_START_TEST (test_nack)
{
  g_autoptr (SiprecFormat) format = new_format (0, NULL);
  SiprecReorder reorder = {0};
  SiprecNack nack = {0};
  guint16 seqs[SIPREC_NACK_MAX];

  siprec_reorder_place (&reorder, 65534);
  fail_unless_equals_int (siprec_nack_take (&nack, &reorder, GST_SECOND, seqs), 0);
  hold (&reorder, format, 65537);
  hold (&reorder, format, 65539);
  fail_unless_equals_int (siprec_nack_take (&nack, &reorder, GST_SECOND, seqs), 3);
  fail_unless (seqs[0] == 65535 && seqs[1] == 0 && seqs[2] == 2);
  /* Only what is new, until it is time to ask for all of it again. */
  hold (&reorder, format, 65541);
  fail_unless_equals_int (siprec_nack_take (&nack, &reorder, GST_SECOND + 20 * GST_MSECOND, seqs),
                          1);
  fail_unless_equals_int (seqs[0], 4);
  fail_unless_equals_int (siprec_nack_take (&nack, &reorder, GST_SECOND + 60 * GST_MSECOND, seqs),
                          4);
  siprec_reorder_clear (&reorder);
}
GST_END_TEST

#define SDP                                                                                        \
  "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"                      \
  "m=video 4 RTP/AVPF 96 97 98 99 100 101 102\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 "            \
  "rtx/90000\r\n"                                                                                  \
  "a=rtpmap:98 H264/90000\r\na=rtpmap:99 rtx/90000\r\na=rtpmap:100 red/90000\r\n"                  \
  "a=rtpmap:101 ulpfec/90000\r\na=rtpmap:102 rtx/90000\r\na=fmtp:100 96/98/101\r\n"                \
  "a=fmtp:97 apt=96\r\na=fmtp:99 apt=98\r\na=fmtp:102 apt=100\r\na=rtcp-fb:96 "                    \
  "goog-remb\r\na=rtcp-fb:96 ccm fir\r\n"                                                          \
  "a=rtcp-fb:* nack pli\r\na=rtcp-fb:98 nack\r\na=label:a=b\r\n"                                   \
  "m=video 6 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=label:2\r\n"

static SiprecOffer *
parse (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (SDP, strlen (SDP));
  SiprecOffer *offer = siprec_offer_parse (bytes, NULL, NULL);

  fail_unless (offer != NULL);
  return offer;
}

static gchar *
answer (const SiprecOffer *offer, const gchar *codec)
{
  const gchar *const codecs[] = {codec, NULL};
  g_autoptr (GPtrArray) formats = siprec_answer_choose (siprec_offer_mline (offer, 0), codecs);
  SiprecAnswerLine lines[2] = {{.port = 8, .formats = formats}};

  return siprec_answer_make (offer, lines, "192.0.2.1", 1, 1);
}

GST_START_TEST (test_feedback_in_the_answer)
{
  g_autoptr (SiprecOffer) offer = parse ();
  g_autofree gchar *vp8 = answer (offer, "VP8"), *h264 = answer (offer, "H264");

  /* Without nack there is nothing to be sent again. */
  fail_unless (strstr (vp8, "m=video 8 RTP/AVPF 96 100 101\r\n"), "%s", vp8);
  fail_unless (strstr (vp8, "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n"), "%s", vp8);
  fail_unless (strstr (vp8, "goog-remb") == NULL);
  fail_unless (strstr (h264, "m=video 8 RTP/AVPF 98 99 100 102 101\r\n"), "%s", h264);
  fail_unless (strstr (h264, "a=rtcp-fb:98 nack\r\na=rtcp-fb:98 nack pli\r\n"), "%s", h264);
  fail_unless (strstr (h264, "a=fmtp:99 apt=98\r\n"), "%s", h264);
  fail_unless (strstr (h264, "a=fmtp:102 apt=100\r\n"), "%s", h264);
  /* Not all that the client would wrap is answered. */
  fail_unless (strstr (h264, "fmtp:100") == NULL, "%s", h264);
}
GST_END_TEST

GST_START_TEST (test_content_map)
{
  g_autoptr (SiprecOffer) offer = parse ();

  fail_unless (siprec_content_map_is_valid ("a=b=screen, #1 = video"));
  fail_if (siprec_content_map_is_valid ("a"));
  fail_if (siprec_content_map_is_valid ("a=audio"));
  fail_if (siprec_content_map_is_valid ("#x=screen"));
  fail_if (siprec_content_map_is_valid ("=screen"));
  siprec_content_apply (offer, "a=b=screen,#1=screen,2=video,nobody=screen,x");
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->kind, SIPREC_MEDIA_SCREEN);
  fail_unless_equals_int (siprec_offer_mline (offer, 1)->kind, SIPREC_MEDIA_VIDEO);
  siprec_content_apply (offer, NULL);
}
GST_END_TEST

static Suite *
pictures_suite (void)
{
  Suite *suite = suite_create ("pictures");
  TCase *tcase = tcase_create ("pictures");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_random_bytes, 0, G_N_ELEMENTS (names));
  tcase_add_test (tcase, test_scaling_list);
  tcase_add_loop_test (tcase, test_far_too_much_ahead, 0, 2);
  tcase_add_test (tcase, test_refresh);
  tcase_add_test (tcase, test_nack);
  tcase_add_test (tcase, test_feedback_in_the_answer);
  tcase_add_test (tcase, test_content_map);
  return suite;
}

GST_CHECK_MAIN (pictures);
