/* Video streams: pads, caps, key frames, losses
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "pipeline.h"
#include "tests/support/film.h"
#include "tests/support/rounds.h"

#define PICTURE_US 20000
#define SINK       "fakesink sync=false async=false"

#define AUDIO "m=audio PORT RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n"
#define H264                                                                                       \
  "m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\n"                                         \
  "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\na=rtcp-fb:* nack pli\r\n"             \
  "a=rtcp-mux\r\na=sendonly\r\na=label:2\r\n"
#define VP8                                                                                        \
  "m=video PORT RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\na=label:3\r\n"                \
  "a=content:slides\r\n"

#define X264 "x264enc tune=zerolatency key-int-max=10 speed-preset=ultrafast"
#define AVC  X264 " ! video/x-h264,stream-format=avc,profile=baseline"
#define PAY  "rtph264pay config-interval=-1 mtu=400 pt=96"

typedef struct {
  const gchar *line, *encoder, *payloader, *caps;
} Codec;

static const Codec codecs[] = {
    {H264, AVC, PAY,
     "video/x-h264, stream-format=avc, alignment=au, width=320, height=240, "
     "codec_data=(buffer)ANY"},
    {H264, AVC, "rtph264pay aggregate-mode=zero-latency config-interval=-1 pt=96", "video/x-h264"},
};

static Film *
h264_film (guint width, guint height, guint n)
{
  return film_new (AVC, PAY, width, height, n);
}

static void
send_packet (Caller *caller, guint stream, const Film *film, guint n)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, n), &size);

  caller_send_raw (caller, stream, data, size);
}

/* Sends the pictures from @from up to @to, but for the packet numbered @lost of them all. */
static void
show (Caller *caller, guint stream, const Film *film, guint from, guint to, gint lost)
{
  for (guint i = from; i < to; i++) {
    guint first = g_array_index (film->first, guint, i);

    for (guint j = 0; j < film_n_packets (film, i); j++) {
      if ((gint)(first + j) != lost)
        send_packet (caller, stream, film, first + j);
    }
    g_usleep (PICTURE_US);
  }
}

/* The NAL units of a picture with lengths, without parameter sets and delimiters. */
static GByteArray *
slices_of (const guint8 *data, gsize size)
{
  GByteArray *slices = g_byte_array_new ();

  for (gsize i = 0; i + 4 < size;) {
    gsize length = GST_READ_UINT32_BE (data + i);
    guint type = data[i + 4] & 0x1f;

    fail_unless (length > 0 && length <= size - i - 4);
    if (type < 7 || type > 9)
      g_byte_array_append (slices, data + i, length + 4);
    i += length + 4;
  }
  return slices;
}

static void
check_picture (GstBuffer *buffer, GBytes *picture)
{
  g_autoptr (GByteArray) given = NULL, sent = NULL;
  GstMapInfo map;
  gsize size;
  const guint8 *data = g_bytes_get_data (picture, &size);

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  given = slices_of (map.data, map.size);
  sent = slices_of (data, size);
  fail_unless_equals_int (given->len, sent->len);
  fail_unless (memcmp (given->data, sent->data, sent->len) == 0);
  gst_buffer_unmap (buffer, &map);
}

GST_START_TEST (test_pads_and_pictures)
{
  const gchar *const lines[] = {AUDIO, H264, VP8, NULL};
  g_autoptr (Film) film = h264_film (320, 240, 30);
  Pipeline *pipeline = pipeline_new ("", SINK);
  Caller *caller;
  PadLog *log;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite_lines (caller, lines), 200);
  pipeline_await_order (pipeline, "audio_0 video_0 screen_0 metadata no-more-pads");
  log = pipeline_pad (pipeline, "video_0");
  show (caller, 1, film, 0, 30, -1);
  pipeline_await_buffers (log, 30);
  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_eos (log);
  fail_unless_equals_int (log->buffers->len, 30);
  fail_unless_equals_int (log->caps->len, 1);
  for (guint i = 0; i < 30; i++) {
    GstBuffer *buffer = g_ptr_array_index (log->buffers, i);

    check_picture (buffer, g_ptr_array_index (film->pictures, i));
    fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT),
                            i % 10 != 0);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
video_suite (void)
{
  Suite *suite = suite_create ("video");
  TCase *tcase = tcase_create ("video");

  (void)codecs;
  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_pads_and_pictures);
  return suite;
}

GST_CHECK_MAIN (video);
