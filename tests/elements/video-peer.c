/* Shows films to a pipeline and looks at what its pads give.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "video-peer.h"

#include <string.h>

#define SINK "fakesink sync=false async=false"

Pipeline *pipeline;
Caller *caller;

Film *
video_film (guint width, guint height, guint n)
{
  return film_new (AVC, PAY, width, height, n);
}

void
video_send (guint stream, const Film *film, guint n)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, n), &size);

  caller_send_raw (caller, stream, data, size);
}

void
video_show (guint stream, const Film *film, guint from, guint to, gint lost)
{
  for (guint i = from; i < to; i++) {
    guint first = g_array_index (film->first, guint, i);

    for (guint j = 0; j < film_n_packets (film, i); j++) {
      if ((gint)(first + j) != lost)
        video_send (stream, film, first + j);
    }
    g_usleep (VIDEO_PICTURE_US);
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

void
video_check_picture (GstBuffer *buffer, GBytes *picture)
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

void
video_tear_down (void)
{
  g_clear_pointer (&caller, caller_free);
  g_clear_pointer (&pipeline, pipeline_free);
}

void
video_call (const gchar *properties, const gchar *const *lines)
{
  pipeline = pipeline_new (properties, SINK);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite_lines (caller, lines), 200);
}

PadLog *
video_hang_up (const gchar *name)
{
  PadLog *log = pipeline_pad (pipeline, name);

  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_eos (log);
  return log;
}

gboolean
video_is_key (PadLog *log, guint n)
{
  return !GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, n), GST_BUFFER_FLAG_DELTA_UNIT);
}

void
video_get_size (PadLog *log, guint n, gint *width, gint *height)
{
  GstStructure *fields = gst_caps_get_structure (g_ptr_array_index (log->caps, n), 0);

  fail_unless (gst_structure_get_int (fields, "width", width));
  fail_unless (gst_structure_get_int (fields, "height", height));
}

gboolean
video_await_feedback (guint type, guint8 *data)
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

guint32
video_ssrc (const Film *film)
{
  return GST_READ_UINT32_BE (
      (const guint8 *)g_bytes_get_data (g_ptr_array_index (film->packets, 0), NULL) + 8);
}
