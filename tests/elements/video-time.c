/* When pictures are shown: with their sound
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "video-peer.h"
#include <string.h>

/* A sender report with the CNAME of the party, which has one clock for sound and picture. */
static void
send_report (guint stream, guint32 ssrc, guint64 ntp_ms, guint32 timestamp)
{
  guint8 data[28 + 16] = {0x80, 200, 0, 6, [28] = 0x81, 202, 0, 3, [36] = 1, 4, 'a', 'n', 'n', 'a'};

  GST_WRITE_UINT32_BE (data + 4, ssrc);
  GST_WRITE_UINT32_BE (data + 8, 3900000000u + ntp_ms / 1000);
  GST_WRITE_UINT32_BE (data + 12, (guint32)((ntp_ms % 1000 << 32) / 1000));
  GST_WRITE_UINT32_BE (data + 16, timestamp);
  GST_WRITE_UINT32_BE (data + 32, ssrc);
  caller_send_raw (caller, stream, data, sizeof data);
}

/* Sends packet @n of @film as if it were captured at @ms. */
static void
send_at (const Film *film, guint n, guint16 seq, guint ms)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, n), &size);
  g_autofree guint8 *packet = g_memdup2 (data, size);

  GST_WRITE_UINT16_BE (packet + 2, seq);
  GST_WRITE_UINT32_BE (packet + 4, ms * 90);
  caller_send_raw (caller, 1, packet, size);
}

/* When the beep begins. */
static GstClockTime
find_sound (PadLog *log)
{
  for (guint i = 0; i < log->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (log->buffers, i);
    guint8 first = 0;

    gst_buffer_extract (buffer, 0, &first, 1);
    if (first == 0x10)
      return GST_BUFFER_PTS (buffer);
  }
  return GST_CLOCK_TIME_NONE;
}

static guint
find_picture (PadLog *log, const Film *film, guint wanted)
{
  for (guint i = 0; i < log->buffers->len; i++) {
    GBytes *picture = g_ptr_array_index (film->pictures, wanted);
    gsize size = gst_buffer_get_size (g_ptr_array_index (log->buffers, i));
    g_autofree guint8 *data = g_malloc (size);

    gst_buffer_extract (g_ptr_array_index (log->buffers, i), 0, data, size);
    if (size == g_bytes_get_size (picture) &&
        memcmp (data, g_bytes_get_data (picture, NULL), size) == 0)
      return i;
  }
  fail ("picture %u is not there", wanted);
  return 0;
}

/* Flash and beep at the same moment, but pictures come 150 ms later than sound; the sender's clock runs by __i__ * 500
 * ppm. */
GST_START_TEST (test_lip_sync)
{
  const gchar *const lines[] = {
      "m=audio PORT RTP/AVP 0\r\na=rtcp-mux\r\na=label:1\r\na=sendonly\r\n",
      "m=video PORT RTP/AVP 96\r\na=rtpmap:96 "
      "VP8/90000\r\na=rtcp-mux\r\na=label:2\r\na=sendonly\r\n",
      NULL};
  g_autoptr (Film) film =
      film_new ("vp8enc deadline=1 keyframe-max-dist=1", "rtpvp8pay pt=96 mtu=60000", 160, 120, 80);
  const guint flash = 60;
  gint64 start, difference, late = 0;
  PadLog *sound, *pictures;

  video_call ("", lines);
  start = g_get_monotonic_time ();
  for (guint i = 0; i < 160; i++) {
    gint64 due = start + i * (20000 + (gint)__i__ * 10), now = g_get_monotonic_time ();
    guint8 packet[172] = {0x80, 0};
    gint shown = ((gint)i * 20 - 150) / 40;

    if (due > now)
      g_usleep (due - now);
    late = MAX (late, now - due);
    memset (packet + 12, i == flash * 2 ? 0x10 : 0xff, 160);
    GST_WRITE_UINT16_BE (packet + 2, i);
    GST_WRITE_UINT32_BE (packet + 4, i * 160);
    GST_WRITE_UINT32_BE (packet + 8, 1);
    caller_send_raw (caller, 0, packet, sizeof packet);
    if (i % 2 == 0 && i >= 8 && shown < 80)
      send_at (film, shown, shown, shown * 40);
    if (i == 30 || i == 80) {
      send_report (0, 1, i * 20, i * 160);
      send_report (1, video_ssrc (film), i * 20, i * 20 * 90);
    }
  }
  sound = video_hang_up ("audio_0");
  pictures = pipeline_pad (pipeline, "video_0");
  pipeline_await_eos (pictures);
  difference = GST_CLOCK_DIFF (
      find_sound (sound),
      GST_BUFFER_PTS (g_ptr_array_index (pictures->buffers, find_picture (pictures, film, flash))));
  GST_INFO ("the flash comes %" G_GINT64_FORMAT " us after the beep", difference / 1000);
  /* What a loaded machine makes us send late may be as late in the recording. */
  fail_unless (ABS (difference) < (gint64)(40 * GST_MSECOND) + late * (gint64)GST_USECOND,
               "%" G_GINT64_FORMAT " us, sent %" G_GINT64_FORMAT " us late", difference / 1000,
               late);
  video_tear_down ();
}
GST_END_TEST

/* Each picture says when it was taken, once its sender has told its clock. */
GST_START_TEST (test_reference_timestamps)
{
  const gchar *const lines[] = {AUDIO, __i__ == 0 ? H264 : VP8, NULL};
  g_autoptr (Film) film =
      __i__ == 0 ? video_film (320, 240, 20)
                 : film_new ("vp8enc deadline=1", "rtpvp8pay pt=96 mtu=400", 320, 240, 20);
  const gchar *name = __i__ == 0 ? "video_0" : "screen_0";
  g_autoptr (GstCaps) unix_time = gst_caps_from_string ("timestamp/x-unix");
  guint32 ssrc = video_ssrc (film);
  guint n = 0, seq = 0;
  PadLog *log;

  video_call ("add-reference-timestamp-meta=true ntp-time-source=unix", lines);
  for (guint i = 0; i < 20; i++) {
    guint first = g_array_index (film->first, guint, i);

    for (guint j = first; j < first + film_n_packets (film, i); j++)
      send_at (film, j, seq++, i * 50);
    send_report (1, ssrc, i * 50, i * 50 * 90);
    g_usleep (50000);
  }
  log = video_hang_up (name);
  fail_unless_equals_int (log->buffers->len, 20);
  for (guint i = 0; i < 20; i++) {
    GstBuffer *buffer = g_ptr_array_index (log->buffers, i);
    GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta (buffer, unix_time);
    GstClockTime taken = (3900000000u - 2208988800u) * GST_SECOND + i * 50 * GST_MSECOND;

    fail_unless (gst_buffer_get_n_meta (buffer, GST_REFERENCE_TIMESTAMP_META_API_TYPE) <= 1);
    if (!meta)
      continue;
    n++;
    fail_unless (ABS (GST_CLOCK_DIFF (meta->timestamp, taken)) < (gint64)GST_MSECOND,
                 "picture %u: %" GST_TIME_FORMAT, i, GST_TIME_ARGS (meta->timestamp));
  }
  /* The first may come before the first report. */
  fail_unless (n >= 15, "%u", n);
  video_tear_down ();
}
GST_END_TEST

static Suite *
video_time_suite (void)
{
  Suite *suite = suite_create ("video-time");
  TCase *tcase = tcase_create ("video-time");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_lip_sync, 0, 2);
  tcase_add_loop_test (tcase, test_reference_timestamps, 0, 2);
  return suite;
}

GST_CHECK_MAIN (video_time);
