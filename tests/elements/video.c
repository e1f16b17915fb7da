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
    gsize length = data[i] << 24 | data[i + 1] << 16 | data[i + 2] << 8 | data[i + 3];
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

static Pipeline *pipeline;
static Caller *caller;

/* At the end of a test, since GstCheck waits there for all tasks. */
static void
tear_down (void)
{
  g_clear_pointer (&caller, caller_free);
  g_clear_pointer (&pipeline, pipeline_free);
}

/* A call with these m-lines, up and running. */
static void
call (const gchar *properties, const gchar *const *lines)
{
  pipeline = pipeline_new (properties, SINK);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite_lines (caller, lines), 200);
}

static PadLog *
hang_up (const gchar *name)
{
  PadLog *log = pipeline_pad (pipeline, name);

  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_eos (log);
  return log;
}

static gboolean
is_key (PadLog *log, guint n)
{
  return !GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, n), GST_BUFFER_FLAG_DELTA_UNIT);
}

static void
get_size (PadLog *log, guint n, gint *width, gint *height)
{
  GstStructure *fields = gst_caps_get_structure (g_ptr_array_index (log->caps, n), 0);

  fail_unless (gst_structure_get_int (fields, "width", width));
  fail_unless (gst_structure_get_int (fields, "height", height));
}

GST_START_TEST (test_pads_and_pictures)
{
  const gchar *const lines[] = {AUDIO, H264, VP8, NULL};
  g_autoptr (Film) film = h264_film (320, 240, 30);
  PadLog *log;

  call ("", lines);
  pipeline_await_order (pipeline, "audio_0 video_0 screen_0 metadata no-more-pads");
  show (caller, 1, film, 0, 30, -1);
  pipeline_await_buffers (pipeline_pad (pipeline, "video_0"), 30);
  log = hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 30);
  fail_unless_equals_int (log->caps->len, 1);
  for (guint i = 0; i < 30; i++) {
    check_picture (g_ptr_array_index (log->buffers, i), g_ptr_array_index (film->pictures, i));
    fail_unless_equals_int (is_key (log, i), i % 10 == 0);
  }
  /* The screen showed nothing, and says no more than that. */
  log = pipeline_pad (pipeline, "screen_0");
  pipeline_await_eos (log);
  fail_unless_equals_int (log->buffers->len, 0);
  fail_unless_equals_int (log->n_gaps, 0);
  tear_down ();
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

  call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  show (caller, 0, film, 0, 20, -1);
  pipeline_await_buffers (log, 20);
  hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 20);
  fail_unless_equals_int (log->caps->len, 1);
  fail_unless (gst_caps_is_subset (g_ptr_array_index (log->caps, 0), caps), "%" GST_PTR_FORMAT,
               g_ptr_array_index (log->caps, 0));
  get_size (log, 0, &width, &height);
  fail_unless (width == 352 && height == 288);
  for (guint i = 0; i < 20; i++)
    n_keys += is_key (log, i);
  fail_unless_equals_int (n_keys, codec->n_keys);
  tear_down ();
}
GST_END_TEST

/* A packet of picture 3 is lost: 3 to 9 would be wrong, and picture 10 needs none of them. */
GST_START_TEST (test_loss)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = h264_film (320, 240, 30);
  gint lost = g_array_index (film->first, guint, 3);
  PadLog *log;

  call ("latency=40", lines);
  log = pipeline_pad (pipeline, "video_0");
  /* Its first packet, one within, or its last one. */
  fail_unless (film_n_packets (film, 3) > 2);
  lost += __i__ == 2 ? (gint)film_n_packets (film, 3) - 1 : __i__;
  show (caller, 0, film, 0, 30, lost);
  pipeline_await_buffers (log, 23);
  hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 23);
  for (guint i = 0; i < 23; i++)
    check_picture (g_ptr_array_index (log->buffers, i),
                   g_ptr_array_index (film->pictures, i < 3 ? i : i + 7));
  fail_unless (
      GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, 3), GST_BUFFER_FLAG_DISCONT));
  tear_down ();
}
GST_END_TEST

/* Who comes late gets nothing before a key frame. */
GST_START_TEST (test_begin_without_key_frame)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = h264_film (320, 240, 20);
  PadLog *log;

  call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  show (caller, 0, film, 5, 20, -1);
  pipeline_await_buffers (log, 10);
  hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 10);
  check_picture (g_ptr_array_index (log->buffers, 0), g_ptr_array_index (film->pictures, 10));
  tear_down ();
}
GST_END_TEST

GST_START_TEST (test_another_size)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = h264_film (320, 240, 10);
  gint width = 0, height = 0;
  PadLog *log;

  film_append (film, h264_film (640, 360, 10));
  film_append (film, h264_film (320, 240, 10));
  call ("", lines);
  log = pipeline_pad (pipeline, "video_0");
  show (caller, 0, film, 0, 30, -1);
  pipeline_await_buffers (log, 30);
  hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 30);
  fail_unless_equals_int (log->caps->len, 3);
  get_size (log, 1, &width, &height);
  fail_unless (width == 640 && height == 360, "%dx%d", width, height);
  tear_down ();
}
GST_END_TEST

/* Waits for a feedback packet of @type in what comes to line 0; TRUE if it came. */
static gboolean
await_feedback (guint type, guint8 *data)
{
  gint64 until = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;
  guint8 datagram[1500];

  while (g_get_monotonic_time () < until) {
    gsize size = caller_receive (caller, 0, datagram, sizeof datagram, 100000);

    for (gsize i = 0; i + 12 <= size; i += 4 * (1 + GST_READ_UINT16_BE (datagram + i + 2))) {
      if (datagram[i + 1] == 206 && (datagram[i] & 0x1f) == type) {
        memcpy (data, datagram + i, MIN (size - i, 20));
        return TRUE;
      }
    }
  }
  return FALSE;
}

static guint32
ssrc_of (const Film *film)
{
  return GST_READ_UINT32_BE (
      (const guint8 *)g_bytes_get_data (g_ptr_array_index (film->packets, 0), NULL) + 8);
}

GST_START_TEST (test_picture_loss_indication)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = h264_film (320, 240, 20);
  g_autoptr (GstEvent) wish = NULL;
  guint8 data[20];

  call ("latency=40", lines);
  fail_unless (strstr (caller_last (caller), "a=rtcp-fb:96 nack pli\r\n"));
  /* At the start, */
  show (caller, 0, film, 0, 2, -1);
  fail_unless (await_feedback (1, data));
  fail_unless_equals_uint64 (GST_READ_UINT32_BE (data + 8), ssrc_of (film));
  /* after a loss, */
  show (caller, 0, film, 2, 6, g_array_index (film->first, guint, 3));
  fail_unless (await_feedback (1, data));
  /* and when somebody downstream wants it. */
  show (caller, 0, film, 6, 20, -1);
  while (await_feedback (1, data) && pipeline_n_buffers (pipeline_pad (pipeline, "video_0")) < 13)
    continue;
  gst_pad_send_event (pipeline_pad (pipeline, "video_0")->pad,
                      gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
                                            gst_structure_new_empty ("GstForceKeyUnit")));
  fail_unless (await_feedback (1, data));
  tear_down ();
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
  g_autoptr (Film) film = h264_film (320, 240, 1);
  guint8 data[1500];
  PadLog *log;

  film_append (film, flood_film (__i__ == 1));
  film_append (film, h264_film (320, 240, 10));
  call ("udp-buffer-size=8388608", lines);
  log = pipeline_pad (pipeline, "video_0");
  show (caller, 0, film, 0, 1, -1);
  pipeline_await_buffers (log, 1);
  fail_unless (await_feedback (1, data));
  while (caller_receive (caller, 0, data, sizeof data, G_USEC_PER_SEC) > 0)
    continue;
  for (guint i = 0; i < FLOOD_PACKETS; i++) {
    send_packet (caller, 0, film, g_array_index (film->first, guint, 1) + i);
    if (i % 8 == 7)
      g_usleep (1000);
  }
  fail_unless (await_feedback (1, data));
  show (caller, 0, film, 2, 12, -1);
  pipeline_await_buffers (log, 11);
  hang_up ("video_0");
  fail_unless_equals_int (log->buffers->len, 11);
  for (guint i = 1; i < 11; i++)
    check_picture (g_ptr_array_index (log->buffers, i), g_ptr_array_index (film->pictures, i));
  fail_unless (
      GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, 1), GST_BUFFER_FLAG_DISCONT));
  tear_down ();
}
GST_END_TEST

#define LOSSY                                                                                      \
  "m=video PORT RTP/AVPF 96 97\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 rtx/90000\r\n"             \
  "a=fmtp:97 apt=96\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-mux\r\n"               \
  "a=sendonly\r\na=label:2\r\n"

/* Sends packet @n again, as RFC 4588 has it. */
static void
send_again (const Film *film, guint n)
{
  static guint16 sequence = 5;
  gsize size;
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, n), &size);
  g_autofree guint8 *again = g_malloc (size + 2);

  memcpy (again, data, 12);
  memcpy (again + 12, data + 2, 2);
  memcpy (again + 14, data + 12, size - 12);
  again[1] = (data[1] & 0x80) | 97;
  GST_WRITE_UINT16_BE (again + 2, sequence++);
  GST_WRITE_UINT32_BE (again + 8, 4711);
  caller_send_raw (caller, 0, again, size + 2);
}

/* Answers what one datagram from the recorder asks for; returns how many packets that were. */
static guint
answer_nack (const Film *film, const guint8 *data, gsize size)
{
  guint16 base = GST_READ_UINT16_BE (
      (const guint8 *)g_bytes_get_data (g_ptr_array_index (film->packets, 0), NULL) + 2);
  guint n = 0;

  for (gsize i = 0; i + 12 <= size; i += 4 * (1 + GST_READ_UINT16_BE (data + i + 2))) {
    gsize end = i + 4 * (1 + GST_READ_UINT16_BE (data + i + 2));

    if (data[i + 1] != 205 || (data[i] & 0x1f) != 1)
      continue;
    for (gsize j = i + 12; j + 4 <= end; j += 4) {
      guint mask = GST_READ_UINT16_BE (data + j + 2) << 1 | 1;

      for (guint bit = 0; bit < 17; bit++) {
        guint16 index = GST_READ_UINT16_BE (data + j) + bit - base;

        if (!(mask >> bit & 1))
          continue;
        fail_unless (index < film->packets->len);
        send_again (film, index);
        n++;
      }
    }
  }
  return n;
}

/* Two packets in a hundred are lost: without retransmission pictures are, with it none. */
GST_START_TEST (test_retransmission)
{
  const gchar *const lines[] = {__i__ == 0 ? H264 : LOSSY, NULL};
  g_autoptr (Film) film = film_new (AVC, PAY, 640, 480, 60);
  guint8 data[1500];
  PadLog *log;
  guint n_lost = 0, n_asked = 0;

  call ("", lines);
  fail_unless_equals_int (strstr (caller_last (caller), "a=fmtp:97 apt=96\r\n") != NULL, __i__);
  log = pipeline_pad (pipeline, "video_0");
  for (guint i = 0; i < 60; i++) {
    guint first = g_array_index (film->first, guint, i);

    for (guint j = first; j < first + film_n_packets (film, i); j++) {
      gsize size;

      if (j % 50 == 25 && i < 59)
        n_lost++;
      else
        send_packet (caller, 0, film, j);
      while ((size = caller_receive (caller, 0, data, sizeof data, 0)) > 0)
        n_asked += answer_nack (film, data, size);
    }
    g_usleep (PICTURE_US);
  }
  fail_unless (n_lost > 3, "%u lost", n_lost);
  if (__i__ == 1)
    pipeline_await_buffers (log, 60);
  hang_up ("video_0");
  if (__i__ == 1)
    fail_unless (n_asked >= n_lost, "%u of %u were asked for", n_asked, n_lost);
  else
    fail_unless (log->buffers->len < 60 && n_asked == 0, "%u pictures", log->buffers->len);
  for (guint i = 0; __i__ == 1 && i < 60; i++)
    check_picture (g_ptr_array_index (log->buffers, i), g_ptr_array_index (film->pictures, i));
  tear_down ();
}
GST_END_TEST

GST_START_TEST (test_full_intra_request)
{
  const gchar *const lines[] = {"m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\n"
                                "a=rtcp-fb:96 ccm fir\r\na=rtcp-mux\r\na=sendonly\r\na=label:2\r\n",
                                NULL};
  g_autoptr (Film) film = h264_film (320, 240, 20);
  guint8 data[20], sequence;

  call ("", lines);
  fail_unless (strstr (caller_last (caller), "a=rtcp-fb:96 ccm fir\r\n"));
  fail_unless (strstr (caller_last (caller), "nack") == NULL);
  show (caller, 0, film, 5, 8, -1);
  fail_unless (await_feedback (4, data));
  fail_unless_equals_uint64 (GST_READ_UINT32_BE (data + 12), ssrc_of (film));
  sequence = data[16];
  show (caller, 0, film, 8, 10, -1);
  g_usleep (G_USEC_PER_SEC);
  show (caller, 0, film, 14, 16, -1);
  fail_unless (await_feedback (4, data));
  fail_unless_equals_int (data[16], (guint8)(sequence + 1));
  tear_down ();
}
GST_END_TEST

GST_START_TEST (test_request_by_signalling)
{
  const gchar *const lines[] = {AUDIO, VP8, NULL};
  g_autoptr (Film) film =
      film_new ("vp8enc deadline=1 keyframe-max-dist=100", "rtpvp8pay pt=96", 320, 240, 20);
  g_autofree gchar *type = NULL;

  call ("", lines);
  show (caller, 1, film, 5, 7, -1);
  fail_unless (caller_await (caller, "INFO"));
  type = caller_header (caller, "Content-Type");
  fail_unless_equals_string (type, "application/media_control+xml");
  fail_unless (strstr (caller_last (caller), "<picture_fast_update/>"));
  fail_unless (strstr (caller_last (caller), "<stream_id>3</stream_id>"));
  tear_down ();
}
GST_END_TEST

GST_START_TEST (test_codec_without_depayloader)
{
  const gchar *const lines[] = {AUDIO, "m=video PORT RTP/AVP 31\r\na=sendonly\r\na=label:2\r\n",
                                NULL};
  GstMessage *message;

  call ("", lines);
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
  tear_down ();
}
GST_END_TEST

GST_START_TEST (test_content_map)
{
  const gchar *const lines[] = {AUDIO, H264, VP8, NULL};

  call ("content-map=2=screen,#2=video", lines);
  pipeline_await_order (pipeline, "audio_0 screen_0 video_0 metadata no-more-pads");
  tear_down ();
}
GST_END_TEST

GST_START_TEST (test_packets)
{
  const gchar *const lines[] = {H264, NULL};
  g_autoptr (Film) film = h264_film (320, 240, 10);
  PadLog *log;

  call ("output=rtp", lines);
  log = pipeline_pad (pipeline, "video_0");
  show (caller, 0, film, 5, 10, -1);
  pipeline_await_buffers (log, film->packets->len - g_array_index (film->first, guint, 5));
  hang_up ("video_0");
  fail_unless (gst_structure_has_name (gst_caps_get_structure (g_ptr_array_index (log->caps, 0), 0),
                                       "application/x-rtp"));
  tear_down ();
}
GST_END_TEST

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
  gint64 start, difference;
  PadLog *sound, *pictures;

  call ("", lines);
  start = g_get_monotonic_time ();
  for (guint i = 0; i < 160; i++) {
    gint64 due = start + i * (20000 + (gint)__i__ * 10), now = g_get_monotonic_time ();
    guint8 packet[172] = {0x80, 0};
    gint shown = ((gint)i * 20 - 150) / 40;

    if (due > now)
      g_usleep (due - now);
    memset (packet + 12, i == flash * 2 ? 0x10 : 0xff, 160);
    GST_WRITE_UINT16_BE (packet + 2, i);
    GST_WRITE_UINT32_BE (packet + 4, i * 160);
    GST_WRITE_UINT32_BE (packet + 8, 1);
    caller_send_raw (caller, 0, packet, sizeof packet);
    if (i % 2 == 0 && i >= 8 && shown < 80)
      send_at (film, shown, shown, shown * 40);
    if (i == 30 || i == 80) {
      send_report (0, 1, i * 20, i * 160);
      send_report (1, ssrc_of (film), i * 20, i * 20 * 90);
    }
  }
  sound = hang_up ("audio_0");
  pictures = pipeline_pad (pipeline, "video_0");
  pipeline_await_eos (pictures);
  difference = GST_CLOCK_DIFF (
      find_sound (sound),
      GST_BUFFER_PTS (g_ptr_array_index (pictures->buffers, find_picture (pictures, film, flash))));
  GST_INFO ("the flash comes %" G_GINT64_FORMAT " us after the beep", difference / 1000);
  fail_unless (ABS (difference) < (gint64)(40 * GST_MSECOND), "%" G_GINT64_FORMAT " us",
               difference / 1000);
  tear_down ();
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
  tcase_add_loop_test (tcase, test_loss, 0, 3);
  tcase_add_test (tcase, test_begin_without_key_frame);
  tcase_add_test (tcase, test_another_size);
  tcase_add_test (tcase, test_picture_loss_indication);
  tcase_add_loop_test (tcase, test_picture_without_end, 0, 2);
  tcase_add_loop_test (tcase, test_retransmission, 0, 2);
  tcase_add_test (tcase, test_full_intra_request);
  tcase_add_test (tcase, test_request_by_signalling);
  tcase_add_test (tcase, test_codec_without_depayloader);
  tcase_add_loop_test (tcase, test_lip_sync, 0, 2);
  tcase_add_test (tcase, test_content_map);
  tcase_add_test (tcase, test_packets);
  return suite;
}

GST_CHECK_MAIN (video);
