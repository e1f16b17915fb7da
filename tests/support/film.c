/* Runs encoders and keeps what they give.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film.h"

#include <string.h>

#define PICTURE_TICKS (90000 / 20)

static GBytes *
to_bytes (GstBuffer *buffer)
{
  GstMapInfo map;
  GBytes *bytes;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  bytes = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return bytes;
}

static guint32
get_timestamp (GBytes *packet)
{
  return GST_READ_UINT32_BE ((const guint8 *)g_bytes_get_data (packet, NULL) + 4);
}

static void
on_packet (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  Film *film = user_data;
  GBytes *packet = to_bytes (buffer);
  guint n = film->packets->len;

  if (n == 0 || get_timestamp (packet) != get_timestamp (g_ptr_array_index (film->packets, n - 1)))
    g_array_append_val (film->first, n);
  g_ptr_array_add (film->packets, packet);
}

static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Film *film = user_data;

  g_ptr_array_add (film->pictures, to_bytes (GST_PAD_PROBE_INFO_BUFFER (info)));
  return GST_PAD_PROBE_OK;
}

static void
run (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    g_error ("%" GST_PTR_FORMAT, message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

Film *
film_new (const gchar *encoder, const gchar *payloader, guint width, guint height, guint n)
{
  Film *film = g_new0 (Film, 1);
  g_autofree gchar *line =
      g_strdup_printf ("videotestsrc num-buffers=%u pattern=ball ! "
                       "video/x-raw,format=I420,width=%u,height=%u,framerate=20/1 ! %s ! "
                       "identity name=encoded ! %s ! fakesink name=sink signal-handoffs=true",
                       n, width, height, encoder, payloader);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) encoded = NULL, sink = NULL;
  g_autoptr (GstPad) pad = NULL;

  g_assert_no_error (error);
  film->packets = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  film->pictures = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  film->first = g_array_new (FALSE, FALSE, sizeof (guint));
  encoded = gst_bin_get_by_name (GST_BIN (pipeline), "encoded");
  pad = gst_element_get_static_pad (encoded, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_picture, film, NULL);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_packet), film);
  run (pipeline);
  return film;
}

void
film_free (Film *film)
{
  g_ptr_array_unref (film->packets);
  g_ptr_array_unref (film->pictures);
  g_array_unref (film->first);
  g_free (film);
}

/* @packet as part of another stream. */
static GBytes *
renumber (GBytes *packet, guint16 seq, guint32 timestamp, guint32 ssrc)
{
  gsize size;
  guint8 *data = g_memdup2 (g_bytes_get_data (packet, &size), g_bytes_get_size (packet));

  GST_WRITE_UINT16_BE (data + 2, seq);
  GST_WRITE_UINT32_BE (data + 4, timestamp);
  GST_WRITE_UINT32_BE (data + 8, ssrc);
  return g_bytes_new_take (data, g_bytes_get_size (packet));
}

void
film_append (Film *film, Film *more)
{
  guint n = film->packets->len;
  const guint8 *last = g_bytes_get_data (g_ptr_array_index (film->packets, n - 1), NULL);
  guint16 seq = GST_READ_UINT16_BE (last + 2);
  guint32 shift = GST_READ_UINT32_BE (last + 4) + PICTURE_TICKS -
                  get_timestamp (g_ptr_array_index (more->packets, 0));

  for (guint i = 0; i < more->packets->len; i++) {
    GBytes *packet = g_ptr_array_index (more->packets, i);

    g_ptr_array_add (film->packets, renumber (packet, ++seq, get_timestamp (packet) + shift,
                                              GST_READ_UINT32_BE (last + 8)));
  }
  for (guint i = 0; i < more->first->len; i++) {
    guint first = n + g_array_index (more->first, guint, i);

    g_array_append_val (film->first, first);
  }
  for (guint i = 0; i < more->pictures->len; i++)
    g_ptr_array_add (film->pictures, g_bytes_ref (g_ptr_array_index (more->pictures, i)));
  film_free (more);
}

guint
film_n_packets (const Film *film, guint n)
{
  guint end =
      n + 1 < film->first->len ? g_array_index (film->first, guint, n + 1) : film->packets->len;

  return end - g_array_index (film->first, guint, n);
}
