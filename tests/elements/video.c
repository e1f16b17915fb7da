/* Video streams: pads, caps, pictures
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "video-peer.h"

GST_START_TEST (test_pads_and_pictures)
{
  const gchar *const lines[] = {AUDIO, H264, VP8, NULL};
  g_autoptr (Film) film = video_film (320, 240, 30);
  PadLog *log;

  video_call ("", lines);
  pipeline_await_order (pipeline, "audio_0 video_0 screen_0 metadata no-more-pads");
  video_show (1, film, 0, 30, -1);
  pipeline_await_buffers (pipeline_pad (pipeline, "video_0"), 30);
  log = video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 30);
  fail_unless_equals_int (log->caps->len, 1);
  for (guint i = 0; i < 30; i++) {
    video_check_picture (g_ptr_array_index (log->buffers, i),
                         g_ptr_array_index (film->pictures, i));
    fail_unless_equals_int (video_is_key (log, i), i % 10 == 0);
  }
  /* The screen showed nothing, and says no more than that. */
  log = pipeline_pad (pipeline, "screen_0");
  pipeline_await_eos (log);
  fail_unless_equals_int (log->buffers->len, 0);
  fail_unless_equals_int (log->n_gaps, 0);
  video_tear_down ();
}
GST_END_TEST

typedef struct {
  const gchar *rtpmap, *encoder, *payloader, *caps;
  guint n_keys;
} Codec;

static const Codec codecs[] = {
    {"H264/90000", AVC, "rtph264pay aggregate-mode=zero-latency config-interval=-1 mtu=600 pt=96",
     "video/x-h264, stream-format=avc, alignment=au", 2},
    /* Parameter sets at the beginning only. */
    {"H264/90000", AVC, "rtph264pay config-interval=0 pt=96", "video/x-h264", 2},
    {"H265/90000",
     "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 "
     "option-string=keyint=10:min-keyint=10:log-level=none",
     "rtph265pay config-interval=-1 mtu=600 pt=96",
     "video/x-h265, stream-format=hvc1, alignment=au", 2},
    {"VP8/90000", "vp8enc deadline=1 keyframe-max-dist=10", "rtpvp8pay mtu=600 pt=96",
     "video/x-vp8", 2},
    {"VP9/90000", "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=10", "rtpvp9pay mtu=600 pt=96",
     "video/x-vp9", 2},
    {"H263-1998/90000", "avenc_h263p gop-size=10", "rtph263ppay mtu=600 pt=96",
     "video/x-h263, variant=itu", 2},
    {"JPEG/90000", "jpegenc", "rtpjpegpay mtu=600 pt=96", "image/jpeg", 20},
};

GST_START_TEST (test_codecs)
{
  const Codec *codec = &codecs[__i__];
  g_autofree gchar *line = g_strdup_printf (
      "m=video PORT RTP/AVP 96\r\na=rtpmap:96 %s\r\na=sendonly\r\na=label:1\r\n", codec->rtpmap);
  const gchar *const lines[] = {line, NULL};
  g_autoptr (GstCaps) caps = gst_caps_from_string (codec->caps);
  g_autoptr (Film) film = film_new (codec->encoder, codec->payloader, 352, 288, 20);
  gint width = 0, height = 0;
  guint n_keys = 0;
  PadLog *log;

  video_call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 0, 20, -1);
  pipeline_await_buffers (log, 20);
  video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 20);
  fail_unless_equals_int (log->caps->len, 1);
  fail_unless (gst_caps_is_subset (g_ptr_array_index (log->caps, 0), caps), "%" GST_PTR_FORMAT,
               g_ptr_array_index (log->caps, 0));
  video_get_size (log, 0, &width, &height);
  fail_unless (width == 352 && height == 288);
  for (guint i = 0; i < 20; i++)
    n_keys += video_is_key (log, i);
  fail_unless_equals_int (n_keys, codec->n_keys);
  video_tear_down ();
}
GST_END_TEST

#define H261 "m=video PORT RTP/AVP 31\r\na=sendonly\r\na=label:2\r\n"
#define AV1  "m=video PORT RTP/AVP 96\r\na=rtpmap:96 AV1/90000\r\na=sendonly\r\na=label:2\r\n"

/* H.261, and AV1 on a system like Debian 12. */
GST_START_TEST (test_codec_without_depayloader)
{
  const gchar *const lines[] = {AUDIO, __i__ == 0 ? H261 : AV1, NULL};
  GstMessage *message;
  g_autoptr (GstElementFactory) installed = gst_element_factory_find ("rtpav1depay");

  if (__i__ == 1 && installed)
    return;
  video_call ("", lines);
  fail_unless_equals_int (caller_port (caller, 1), 0);
  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  for (;;) {
    const gchar *id;
    gboolean found;

    message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecDeviation");
    fail_unless (message != NULL);
    id = gst_structure_get_string (gst_message_get_structure (message), "id");
    found = g_str_equal (id, "sdp-video-codec");
    gst_message_unref (message);
    if (found)
      break;
  }
  video_tear_down ();
}
GST_END_TEST

/* AV1 where a depayloader is installed: anything of that name will do here. */
GST_START_TEST (test_av1_with_depayloader)
{
  const gchar *const lines[] = {AUDIO, AV1, NULL};
  g_autoptr (GstElementFactory) installed = gst_element_factory_find ("rtpav1depay");
  g_autoptr (GstElementFactory) identity = gst_element_factory_find ("identity");
  g_autoptr (GstPluginFeature) loaded = gst_plugin_feature_load (GST_PLUGIN_FEATURE (identity));

  if (!installed)
    fail_unless (
        gst_element_register (NULL, "rtpav1depay", GST_RANK_NONE,
                              gst_element_factory_get_element_type (GST_ELEMENT_FACTORY (loaded))));
  video_call ("", lines);
  fail_unless (caller_port (caller, 1) != 0);
  pipeline_await_order (pipeline, "audio_0 video_0 metadata no-more-pads");
  video_tear_down ();
}
GST_END_TEST

GST_START_TEST (test_content_map)
{
  const gchar *const lines[] = {AUDIO, H264, VP8, NULL};

  video_call ("content-map=2=screen,#2=video", lines);
  pipeline_await_order (pipeline, "audio_0 screen_0 video_0 metadata no-more-pads");
  video_tear_down ();
}
GST_END_TEST

GST_START_TEST (test_packets)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = video_film (320, 240, 10);
  PadLog *log;

  video_call ("output=rtp", lines);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 5, 10, -1);
  pipeline_await_buffers (log, film->packets->len - g_array_index (film->first, guint, 5));
  video_hang_up ("video_0");
  fail_unless (gst_structure_has_name (gst_caps_get_structure (g_ptr_array_index (log->caps, 0), 0),
                                       "application/x-rtp"));
  video_tear_down ();
}
GST_END_TEST

static guint
count_threads (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (tasks))
    n++;
  return n;
}

/* Threads that there are while @n_lines lines of video give ten pictures each. */
static guint
count_threads_of_call (const Film *film, guint n_lines)
{
  const gchar *lines[CALLER_MAX_STREAMS + 1] = {NULL};
  guint n_threads;

  for (guint i = 0; i < n_lines; i++)
    lines[i] = H264;
  video_call ("push-mode=shared", lines);
  for (guint i = 0; i < 10; i++) {
    for (guint j = 0; j < n_lines; j++)
      video_show (j, film, i, i + 1, -1);
  }
  for (guint i = 0; i < n_lines; i++) {
    g_autofree gchar *name = g_strdup_printf ("video_%u", i);

    pipeline_await_buffers (pipeline_pad (pipeline, name), 10);
  }
  n_threads = count_threads ();
  video_tear_down ();
  return n_threads;
}

/* Depayloading is done by whoever pushes, and pushers are shared. */
GST_START_TEST (test_no_thread_a_stream)
{
  g_autoptr (Film) film = video_film (160, 120, 10);
  guint one = count_threads_of_call (film, 1), eight = count_threads_of_call (film, 8);

  fail_unless (eight < one + 4, "%u threads with one stream, %u with eight", one, eight);
}
GST_END_TEST

static Suite *
video_suite (void)
{
  Suite *suite = suite_create ("video");
  TCase *tcase = tcase_create ("video");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_pads_and_pictures);
  tcase_add_loop_test (tcase, test_codecs, 0, G_N_ELEMENTS (codecs));
  tcase_add_loop_test (tcase, test_codec_without_depayloader, 0, 2);
  tcase_add_test (tcase, test_av1_with_depayloader);
  tcase_add_test (tcase, test_content_map);
  tcase_add_test (tcase, test_packets);
  tcase_add_test (tcase, test_no_thread_a_stream);
  return suite;
}

GST_CHECK_MAIN (video);
