/* What cameras and screens do in a call: other sizes, pictures without an end
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

static Suite *
video_life_suite (void)
{
  Suite *suite = suite_create ("video-life");
  TCase *tcase = tcase_create ("video-life");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_another_size);
  tcase_add_loop_test (tcase, test_picture_without_end, 0, 2);
  return suite;
}

GST_CHECK_MAIN (video_life);
