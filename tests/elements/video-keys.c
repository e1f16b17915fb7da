/* Key frames of video: what waits for one, and how it is asked for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "video-peer.h"
#include <string.h>

/* A packet of picture 3 is lost: 3 to 9 would be wrong, and picture 10 needs none of them. */
GST_START_TEST (test_loss)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = video_film (320, 240, 30);
  gint lost = g_array_index (film->first, guint, 3);
  PadLog *log;

  video_call ("latency=40", lines);
  log = pipeline_pad (pipeline, "video_0");
  /* Its first packet, one within, or its last one. */
  fail_unless (film_n_packets (film, 3) > 2);
  lost += __i__ == 2 ? (gint)film_n_packets (film, 3) - 1 : __i__;
  video_show (0, film, 0, 30, lost);
  pipeline_await_buffers (log, 23);
  video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 23);
  for (guint i = 0; i < 23; i++)
    video_check_picture (g_ptr_array_index (log->buffers, i),
                         g_ptr_array_index (film->pictures, i < 3 ? i : i + 7));
  fail_unless (
      GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, 3), GST_BUFFER_FLAG_DISCONT));
  video_tear_down ();
}
GST_END_TEST

/* Who comes late gets nothing before a key frame. */
GST_START_TEST (test_begin_without_key_frame)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = video_film (320, 240, 20);
  PadLog *log;

  video_call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 5, 20, -1);
  pipeline_await_buffers (log, 10);
  video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 10);
  video_check_picture (g_ptr_array_index (log->buffers, 0), g_ptr_array_index (film->pictures, 10));
  video_tear_down ();
}
GST_END_TEST

GST_START_TEST (test_picture_loss_indication)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = video_film (320, 240, 20);
  g_autoptr (GstEvent) wish = NULL;
  guint8 data[20];

  video_call ("latency=40", lines);
  fail_unless (strstr (caller_last (caller), "a=rtcp-fb:96 nack pli\r\n"));
  /* At the start, */
  video_show (0, film, 0, 2, -1);
  fail_unless (video_await_feedback (1, data));
  fail_unless_equals_uint64 (GST_READ_UINT32_BE (data + 8), video_ssrc (film));
  /* after a loss, */
  video_show (0, film, 2, 6, g_array_index (film->first, guint, 3));
  fail_unless (video_await_feedback (1, data));
  /* and when somebody downstream wants it. */
  video_show (0, film, 6, 20, -1);
  while (video_await_feedback (1, data) &&
         pipeline_n_buffers (pipeline_pad (pipeline, "video_0")) < 13)
    continue;
  gst_pad_send_event (pipeline_pad (pipeline, "video_0")->pad,
                      gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
                                            gst_structure_new_empty ("GstForceKeyUnit")));
  fail_unless (video_await_feedback (1, data));
  video_tear_down ();
}
GST_END_TEST

GST_START_TEST (test_full_intra_request)
{
  const gchar *const lines[] = {"m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\n"
                                "a=rtcp-fb:96 ccm fir\r\na=rtcp-mux\r\na=sendonly\r\na=label:2\r\n",
                                NULL};
  g_autoptr (Film) film = video_film (320, 240, 20);
  guint8 data[20], sequence;

  video_call ("", lines);
  fail_unless (strstr (caller_last (caller), "a=rtcp-fb:96 ccm fir\r\n"));
  fail_unless (strstr (caller_last (caller), "nack") == NULL);
  video_show (0, film, 5, 8, -1);
  fail_unless (video_await_feedback (4, data));
  fail_unless_equals_uint64 (GST_READ_UINT32_BE (data + 12), video_ssrc (film));
  sequence = data[16];
  video_show (0, film, 8, 10, -1);
  g_usleep (G_USEC_PER_SEC);
  video_show (0, film, 14, 16, -1);
  fail_unless (video_await_feedback (4, data));
  fail_unless_equals_int (data[16], (guint8)(sequence + 1));
  video_tear_down ();
}
GST_END_TEST

GST_START_TEST (test_request_by_signalling)
{
  const gchar *const lines[] = {AUDIO, VP8, NULL};
  g_autoptr (Film) film =
      film_new ("vp8enc deadline=1 keyframe-max-dist=100", "rtpvp8pay pt=96", 320, 240, 20);
  g_autofree gchar *type = NULL;

  video_call ("", lines);
  video_show (1, film, 5, 7, -1);
  fail_unless (caller_await (caller, "INFO"));
  type = caller_header (caller, "Content-Type");
  fail_unless_equals_string (type, "application/media_control+xml");
  fail_unless (strstr (caller_last (caller), "<picture_fast_update/>"));
  fail_unless (strstr (caller_last (caller), "<stream_id>3</stream_id>"));
  /* In two seconds once, however much is missing, and to who refuses it never again. */
  caller_set_status (caller, "415 Unsupported Media Type");
  video_show (1, film, 8, 10, -1);
  fail_unless (caller_is_left_alone (caller, 500));
  video_show (1, film, 12, 14, -1);
  fail_unless (caller_await (caller, "INFO"));
  g_usleep (2 * G_USEC_PER_SEC);
  video_show (1, film, 16, 18, -1);
  fail_unless (caller_is_left_alone (caller, 1000), "%s", caller_last (caller));
  video_tear_down ();
}
GST_END_TEST

/* What a decoder shows last of @buffers from number @first on. */
static GstSample *
last_picture (GstCaps *caps, GPtrArray *buffers, guint first)
{
  g_autoptr (GstElement) decoder = gst_parse_launch (
      "appsrc name=src format=time ! avdec_h264 ! fakesink name=sink sync=false", NULL);
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (decoder), "src");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (decoder), "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (decoder);
  g_autoptr (GstMessage) message = NULL;
  GstSample *sample = NULL;
  GstFlowReturn flow;

  g_object_set (src, "caps", caps, NULL);
  gst_element_set_state (decoder, GST_STATE_PLAYING);
  for (guint i = first; i < buffers->len; i++)
    g_signal_emit_by_name (src, "push-buffer", g_ptr_array_index (buffers, i), &flow);
  g_signal_emit_by_name (src, "end-of-stream", &flow);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  g_object_get (sink, "last-sample", &sample, NULL);
  gst_element_set_state (decoder, GST_STATE_NULL);
  fail_unless (sample != NULL);
  return sample;
}

static void
check_same_picture (GstSample *a, GstSample *b)
{
  GstMapInfo map;

  gst_buffer_map (gst_sample_get_buffer (b), &map, GST_MAP_READ);
  fail_unless_equals_int (gst_buffer_get_size (gst_sample_get_buffer (a)), map.size);
  fail_unless (gst_buffer_memcmp (gst_sample_get_buffer (a), 0, map.data, map.size) == 0);
  gst_buffer_unmap (gst_sample_get_buffer (b), &map);
}

#define NO_KEYS                                                                                    \
  "x264enc tune=zerolatency key-int-max=20 intra-refresh=true speed-preset=ultrafast ! "           \
  "video/x-h264,stream-format=avc,profile=baseline"

/* A camera that renews its pictures column by column, asked in vain for a key frame: from a recovery point on, and
 * after a while the picture is what it would be from the beginning on. */
GST_START_TEST (test_intra_refresh)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = film_new (NO_KEYS, PAY, 320, 240, 240);
  g_autoptr (GPtrArray) whole = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  g_autoptr (GstSample) expected = NULL, given = NULL;
  guint8 data[20];
  PadLog *log;

  video_call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 0, 1, -1);
  pipeline_await_buffers (log, 1);
  /* The only key frame has been; now there is a hole. */
  video_show (0, film, 5, 8, -1);
  fail_unless (video_await_feedback (1, data));
  video_show (0, film, 8, 60, -1);
  fail_unless_equals_int (pipeline_n_buffers (log), 1);
  video_show (0, film, 60, 240, -1);
  pipeline_await_buffers (log, 50);
  video_hang_up ("video_0");
  fail_unless (video_is_key (log, 1));
  fail_unless (
      GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, 1), GST_BUFFER_FLAG_DISCONT));
  for (guint i = 1; i < log->buffers->len; i++)
    video_check_picture (g_ptr_array_index (log->buffers, i),
                         g_ptr_array_index (film->pictures, 240 - log->buffers->len + i));
  for (guint i = 0; i < 240; i++)
    g_ptr_array_add (whole, gst_buffer_new_wrapped_bytes (g_ptr_array_index (film->pictures, i)));
  expected = last_picture (g_ptr_array_index (log->caps, 0), whole, 0);
  given = last_picture (g_ptr_array_index (log->caps, 0), log->buffers, 1);
  check_same_picture (expected, given);
  video_tear_down ();
}
GST_END_TEST

static Suite *
video_keys_suite (void)
{
  Suite *suite = suite_create ("video-keys");
  TCase *tcase = tcase_create ("video-keys");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_loss, 0, 3);
  tcase_add_test (tcase, test_begin_without_key_frame);
  tcase_add_test (tcase, test_picture_loss_indication);
  tcase_add_test (tcase, test_full_intra_request);
  tcase_add_test (tcase, test_request_by_signalling);
  tcase_add_test (tcase, test_intra_refresh);
  return suite;
}

GST_CHECK_MAIN (video_keys);
