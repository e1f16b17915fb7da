/* What cameras and screens do in a call: other sizes and profiles, off and on, other places, pictures without an end
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "video-peer.h"
#include <string.h>

GST_START_TEST (test_another_size)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = video_film (320, 240, 10);
  gint width = 0, height = 0;
  PadLog *log;

  film_append (film, video_film (640, 360, 10));
  film_append (film, video_film (320, 240, 10));
  video_call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 0, 30, -1);
  pipeline_await_buffers (log, 30);
  video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 30);
  fail_unless_equals_int (log->caps->len, 3);
  video_get_size (log, 1, &width, &height);
  fail_unless (width == 640 && height == 360, "%dx%d", width, height);
  video_tear_down ();
}
GST_END_TEST

#define FLOOD_PACKETS 8000
#define FLOOD_SIZE    2000

/* One picture that takes more than 16 MiB: the fragments (FU-A) of a single slice, or @whole ones that all begin a picture. */
static Film *
flood_film (gboolean whole)
{
  Film *film = g_new0 (Film, 1);
  guint first = 0;

  film->packets = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  film->pictures = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  film->first = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_append_val (film->first, first);
  for (guint i = 0; i < FLOOD_PACKETS; i++) {
    guint8 *data = g_malloc (FLOOD_SIZE);
    gboolean last = i == FLOOD_PACKETS - 1;

    memset (data, 0xff, FLOOD_SIZE);
    memset (data, 0, 12);
    data[0] = 0x80;
    data[1] = (last ? 0x80 : 0) | 96;
    data[12] = whole ? 0x61 : 0x7c;
    if (!whole)
      data[13] = (i == 0 ? 0x80 : 0) | (last ? 0x40 : 0) | 1;
    g_ptr_array_add (film->packets, g_bytes_new_take (data, FLOOD_SIZE));
  }
  return film;
}

/* Such a picture isn't held. What follows waits for a key frame, which is asked for. */
GST_START_TEST (test_picture_without_end)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = video_film (320, 240, 1);
  guint8 data[1500];
  PadLog *log;

  film_append (film, flood_film (__i__ == 1));
  film_append (film, video_film (320, 240, 10));
  video_call ("udp-buffer-size=8388608", lines);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 0, 1, -1);
  pipeline_await_buffers (log, 1);
  fail_unless (video_await_feedback (1, data));
  while (caller_receive (caller, 0, data, sizeof data, G_USEC_PER_SEC) > 0)
    continue;
  for (guint i = 0; i < FLOOD_PACKETS; i++) {
    video_send (0, film, g_array_index (film->first, guint, 1) + i);
    if (i % 8 == 7)
      g_usleep (1000);
  }
  fail_unless (video_await_feedback (1, data));
  video_show (0, film, 2, 12, -1);
  pipeline_await_buffers (log, 11);
  video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 11);
  for (guint i = 1; i < 11; i++)
    video_check_picture (g_ptr_array_index (log->buffers, i),
                         g_ptr_array_index (film->pictures, i));
  fail_unless (
      GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, 1), GST_BUFFER_FLAG_DISCONT));
  video_tear_down ();
}
GST_END_TEST

/* The lines of a camera and a screen, to be told apart by what they show. */
#define LINE(label, more)                                                                          \
  "m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"       \
  "a=rtcp-fb:* nack pli\r\na=rtcp-mux\r\na=sendonly\r\na=label:" label "\r\n" more
#define SLIDES "a=content:slides\r\n"
#define UNUSED                                                                                     \
  "m=video 0 RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"

static void
check_width (const gchar *name, guint n, gint wanted)
{
  PadLog *log = pipeline_pad (pipeline, name);
  gint width = 0, height = 0;

  pipeline_await_buffers (log, n);
  video_get_size (log, 0, &width, &height);
  fail_unless_equals_int (width, wanted);
}

/* A pad is what its line was when it began: when they change places both end, and two new ones begin. */
GST_START_TEST (test_change_of_places)
{
  const gchar *const before[] = {LINE ("1", ""), LINE ("2", SLIDES), NULL};
  const gchar *const after[] = {LINE ("1", SLIDES), LINE ("2", ""), NULL};
  g_autoptr (Film) small = video_film (320, 240, 20);
  g_autoptr (Film) large = video_film (640, 360, 20);
  PadLog *camera, *screen;

  video_call ("", before);
  pipeline_await_order (pipeline, "video_0 screen_0 metadata no-more-pads");
  video_show (0, small, 0, 10, -1);
  video_show (1, large, 0, 10, -1);
  check_width ("video_0", 10, 320);
  check_width ("screen_0", 10, 640);
  camera = pipeline_pad (pipeline, "video_0");
  screen = pipeline_pad (pipeline, "screen_0");

  fail_unless_equals_int (caller_reinvite_lines (caller, after), 200);
  pipeline_await_removed (camera);
  pipeline_await_removed (screen);
  fail_unless (camera->eos && screen->eos);
  pipeline_await_order (pipeline, "video_0 screen_0 metadata no-more-pads screen_1 video_1");
  video_show (1, small, 10, 20, -1);
  video_show (0, large, 10, 20, -1);
  check_width ("video_1", 10, 320);
  check_width ("screen_1", 10, 640);
  fail_unless_equals_int (pipeline_n_buffers (camera), 10);
  video_hang_up ("video_1");
  video_tear_down ();
}
GST_END_TEST

/* The label moves with what is shown, the kind of the lines stays: so do the pads. */
GST_START_TEST (test_labels_change_places)
{
  const gchar *const before[] = {LINE ("1", ""), LINE ("2", ""), NULL};
  const gchar *const after[] = {LINE ("2", ""), LINE ("1", ""), NULL};
  g_autoptr (Film) film = video_film (320, 240, 20);
  g_autofree gchar *label = NULL;
  PadLog *log;

  video_call ("", before);
  video_show (0, film, 0, 10, -1);
  log = pipeline_pad (pipeline, "video_0");
  pipeline_await_buffers (log, 10);
  fail_unless_equals_int (caller_reinvite_lines (caller, after), 200);
  video_show (0, film, 10, 20, -1);
  pipeline_await_buffers (log, 20);
  pipeline_await_order (pipeline, "video_0 video_1 metadata no-more-pads");
  g_object_get (log->pad, "label", &label, NULL);
  fail_unless_equals_string (label, "2");
  video_hang_up ("video_0");
  video_tear_down ();
}
GST_END_TEST

/* RFC 3264 section 8.1: the place of a line that ended is free for another one. */
GST_START_TEST (test_slot_reused)
{
  const gchar *const camera[] = {AUDIO, LINE ("2", ""), NULL};
  const gchar *const off[] = {AUDIO, UNUSED, NULL};
  const gchar *const screen[] = {AUDIO, LINE ("3", SLIDES), NULL};
  g_autoptr (Film) small = video_film (320, 240, 10);
  g_autoptr (Film) large = video_film (640, 360, 10);

  video_call ("", camera);
  video_show (1, small, 0, 10, -1);
  check_width ("video_0", 10, 320);
  fail_unless_equals_int (caller_reinvite_lines (caller, off), 200);
  pipeline_await_removed (pipeline_pad (pipeline, "video_0"));
  fail_unless_equals_int (caller_reinvite_lines (caller, screen), 200);
  pipeline_await_order (pipeline, "audio_0 video_0 metadata no-more-pads screen_0");
  video_show (1, large, 0, 10, -1);
  check_width ("screen_0", 10, 640);
  video_hang_up ("screen_0");
  video_tear_down ();
}
GST_END_TEST

/* The camera is put off and on by its direction. What comes after that goes on with a key frame, which is asked for. */
GST_START_TEST (test_camera_off_and_on)
{
  const gchar *const on[] = {H264, NULL};
  const gchar *const off[] = {
      "m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\na=rtcp-fb:* nack pli\r\n"
      "a=rtcp-mux\r\na=inactive\r\na=label:2\r\n",
      NULL};
  g_autoptr (Film) film = video_film (320, 240, 30);
  guint8 data[1500];
  PadLog *log;

  video_call ("latency=40", on);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 0, 5, -1);
  pipeline_await_buffers (log, 5);
  fail_unless_equals_int (caller_reinvite_lines (caller, off), 200);
  while (caller_receive (caller, 0, data, sizeof data, G_USEC_PER_SEC) > 0)
    continue;
  fail_unless_equals_int (caller_reinvite_lines (caller, on), 200);
  /* The encoder went on meanwhile. */
  video_show (0, film, 13, 15, -1);
  fail_unless (video_await_feedback (1, data));
  video_show (0, film, 15, 30, -1);
  pipeline_await_buffers (log, 15);
  video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 15);
  for (guint i = 5; i < 15; i++)
    video_check_picture (g_ptr_array_index (log->buffers, i),
                         g_ptr_array_index (film->pictures, i + 15));
  video_tear_down ();
}
GST_END_TEST

static Film *
profile_film (const gchar *profile, guint width, guint height)
{
  g_autofree gchar *encoder =
      g_strdup_printf ("x264enc tune=zerolatency key-int-max=10 speed-preset=veryfast ! "
                       "video/x-h264,stream-format=avc,profile=%s",
                       profile);

  return film_new (encoder, PAY, width, height, 10);
}

/* The same size, another profile: other parameter sets, and so other caps. */
GST_START_TEST (test_another_profile)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = profile_film ("baseline", 320, 240);
  GstBuffer *baseline, *high;
  GstMapInfo map;
  PadLog *log;

  film_append (film, profile_film ("high", 320, 240));
  video_call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  video_show (0, film, 0, 20, -1);
  pipeline_await_buffers (log, 20);
  video_hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 20);
  fail_unless_equals_int (log->caps->len, 2);
  gst_structure_get (gst_caps_get_structure (g_ptr_array_index (log->caps, 0), 0), "codec_data",
                     GST_TYPE_BUFFER, &baseline, NULL);
  gst_structure_get (gst_caps_get_structure (g_ptr_array_index (log->caps, 1), 0), "codec_data",
                     GST_TYPE_BUFFER, &high, NULL);
  gst_buffer_map (high, &map, GST_MAP_READ);
  fail_unless_equals_int (map.data[1], 100);
  gst_buffer_unmap (high, &map);
  fail_unless (gst_buffer_memcmp (baseline, 1, "\x42", 1) == 0);
  gst_buffer_unref (baseline);
  gst_buffer_unref (high);
  video_tear_down ();
}
GST_END_TEST

static Suite *
video_life_suite (void)
{
  Suite *suite = suite_create ("video-life");
  TCase *tcase = tcase_create ("video-life");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_another_size);
  tcase_add_loop_test (tcase, test_picture_without_end, 0, 2);
  tcase_add_test (tcase, test_change_of_places);
  tcase_add_test (tcase, test_labels_change_places);
  tcase_add_test (tcase, test_slot_reused);
  tcase_add_test (tcase, test_camera_off_and_on);
  tcase_add_test (tcase, test_another_profile);
  return suite;
}

GST_CHECK_MAIN (video_life);
