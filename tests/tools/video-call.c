/* Places a call with two voices, a camera and a screen, for recipes and the demo.
 *
 *   video-call HOST:PORT SECONDS CAMERA.h264 [no-camera] [no-screen]
 *
 * The camera is H.264, and after half of the time of another size; the screen is VP8 and shows a picture a second,
 * but none between a quarter and three quarters of the time. What the camera shows is
 * written to a file as well.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "tests/support/caller.h"
#include "tests/support/film.h"

#define AUDIO "m=audio PORT RTP/AVP 0\r\na=sendonly\r\na=label:"
#define CAMERA                                                                                     \
  "m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"       \
  "a=rtcp-fb:* nack pli\r\na=sendonly\r\na=label:3\r\n"
#define SCREEN                                                                                     \
  "m=video PORT RTP/AVPF 97\r\na=rtpmap:97 VP8/90000\r\na=rtcp-fb:* ccm "                          \
  "fir\r\na=content:slides\r\n"                                                                    \
  "a=sendonly\r\na=label:4\r\n"

#define X264                                                                                       \
  "x264enc tune=zerolatency key-int-max=40 speed-preset=ultrafast bitrate=1000 ! "                 \
  "video/x-h264,stream-format=byte-stream"

/* Sends picture @n; @seq counts the packets, since not all pictures are shown. */
static void
send_picture (Caller *caller, guint stream, const Film *film, guint n, guint16 *seq)
{
  guint first = g_array_index (film->first, guint, n);

  for (guint i = first; i < first + film_n_packets (film, n); i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, i), &size);
    g_autofree guint8 *packet = g_memdup2 (data, size);

    GST_WRITE_UINT16_BE (packet + 2, (*seq)++);
    caller_send_raw (caller, stream, packet, size);
  }
}

/* 20 ms of a voice: a tone that rises and falls, or silence. */
static void
send_voice (Caller *caller, guint stream, guint tick, gboolean speaks)
{
  guint8 packet[172] = {0x80, 0};

  GST_WRITE_UINT16_BE (packet + 2, tick);
  GST_WRITE_UINT32_BE (packet + 4, tick * 160);
  GST_WRITE_UINT32_BE (packet + 8, stream + 1);
  memset (packet + 12, 0xff, 160);
  /* Half a period is 8 to 23 samples; the loudness is in the low bits. */
  for (guint i = 0; speaks && i < 160; i++)
    packet[12 + i] = (i / (8 + tick % 16) % 2 ? 0x80 : 0) | (0x10 + tick % 25);
  caller_send_raw (caller, stream, packet, sizeof packet);
}

static Film *
make_camera (guint n)
{
  Film *film = film_new (X264, "rtph264pay config-interval=-1 pt=96", 640, 360, n / 2);

  film_append (film, film_new (X264, "rtph264pay config-interval=-1 pt=96", 1280, 720, n - n / 2));
  return film;
}

/* Keeps what @film shows as a file; FALSE if that can't be. */
static gboolean
save (const Film *film, const gchar *path)
{
  g_autoptr (GByteArray) stream = g_byte_array_new ();

  for (guint i = 0; i < film->pictures->len; i++) {
    GBytes *picture = g_ptr_array_index (film->pictures, i);

    g_byte_array_append (stream, g_bytes_get_data (picture, NULL), g_bytes_get_size (picture));
  }
  return g_file_set_contents (path, (const gchar *)stream->data, stream->len, NULL);
}

/* Ticks of 20 ms: sound at each, a picture of the camera at five of ten, one of the screen at one of fifty. */
static void
talk (Caller *caller, guint seconds, const Film *camera, const Film *screen)
{
  gint64 next = g_get_monotonic_time ();
  guint16 camera_seq = 0, screen_seq = 0;
  guint shown = 0;

  for (guint i = 0; i < seconds * 50; i++, next += 20000) {
    gint64 now = g_get_monotonic_time ();

    if (next > now)
      g_usleep (next - now);
    send_voice (caller, 0, i, i / 100 % 2 == 0);
    send_voice (caller, 1, i, i / 100 % 2 == 1);
    if (camera && shown < i * 2 / 5 + 1)
      send_picture (caller, 2, camera, shown++, &camera_seq);
    if (screen && i % 50 == 10 && (i < seconds * 50 / 4 || i > seconds * 50 * 3 / 4))
      send_picture (caller, camera ? 3 : 2, screen, i / 50 * 20, &screen_seq);
  }
}

int
main (int argc, char **argv)
{
  const gchar *lines[5] = {AUDIO "1\r\n", AUDIO "2\r\n"};
  g_autofree gchar *uri = NULL;
  guint seconds, n = 2, status;
  Film *camera = NULL, *screen = NULL;
  Caller *caller;

  gst_init (&argc, &argv);
  if (argc < 4) {
    g_printerr ("video-call HOST:PORT SECONDS CAMERA.h264 [no-camera] [no-screen]\n");
    return 2;
  }
  uri = g_strdup_printf ("sip:%s", argv[1]);
  seconds = atoi (argv[2]);
  if (!g_strv_contains ((const gchar *const *)argv, "no-camera")) {
    camera = make_camera (seconds * 20);
    lines[n++] = CAMERA;
    if (!save (camera, argv[3]))
      return 1;
  }
  if (!g_strv_contains ((const gchar *const *)argv, "no-screen")) {
    screen = film_new ("videobalance brightness=0.4 ! vp8enc deadline=1 keyframe-max-dist=1",
                       "rtpvp8pay pt=97", 800, 600, seconds * 20);
    lines[n++] = SCREEN;
  }
  caller = caller_new (uri, FALSE);
  status = caller_invite_lines (caller, lines);
  if (status == 200) {
    talk (caller, seconds, camera, screen);
    status = caller_bye (caller);
  }
  caller_free (caller);
  g_clear_pointer (&camera, film_free);
  g_clear_pointer (&screen, film_free);
  g_print ("%u\n", status);
  return status == 200 ? 0 : 1;
}
