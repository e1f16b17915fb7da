/* Decodes the audio tracks of a file with decodebin.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording.h"

#include <math.h>
#include <string.h>

#include <gst/app/gstappsink.h>

#define TOLERANCE 0.005

/* Nothing that a test records is longer; a broken timestamp must not ask for all memory. */
#define MAX_DURATION (24 * 3600.0)

typedef struct {
  GstElement *pipeline;
  GPtrArray *tracks;
  guint rate;
} Loader;

static void
free_track (gpointer data)
{
  Track *track = data;

  g_array_unref (track->samples);
  g_free (track);
}

/* Where the buffer belongs, in frames; next to the last one unless its timestamp says otherwise. */
static gsize
find_position (Track *track, GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  guint64 time = gst_segment_to_stream_time (gst_sample_get_segment (sample), GST_FORMAT_TIME,
                                             GST_BUFFER_PTS (buffer));
  gdouble end = (gdouble)track->frames / track->rate;
  gdouble begin = (gdouble)time / GST_SECOND;

  if (!GST_CLOCK_TIME_IS_VALID (time) || begin > MAX_DURATION)
    return track->frames;
  if (track->samples->len == 0) {
    track->start = begin;
    return (gsize)llround (begin * track->rate);
  }
  if (begin > end + TOLERANCE) {
    track->gaps++;
    track->gap_time += begin - end;
    return (gsize)llround (begin * track->rate);
  }
  if (begin < end - TOLERANCE) {
    track->overlaps++;
    return (gsize)llround (begin * track->rate);
  }
  return track->frames;
}

static void
add_sample (Track *track, GstSample *sample)
{
  const GstStructure *fields = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  gint rate = 0, channels = 0;
  gsize position, frames;
  GstMapInfo map;

  gst_structure_get_int (fields, "rate", &rate);
  gst_structure_get_int (fields, "channels", &channels);
  if (track->channels == 0) {
    track->rate = rate;
    track->channels = channels;
  }
  /* A format that changes in the middle can't be laid beside the rest. */
  if (track->rate != (guint)rate || track->channels != (guint)channels)
    return;
  if (!gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ))
    return;
  position = find_position (track, sample);
  frames = map.size / (sizeof (gfloat) * channels);
  if (position + frames > track->frames) {
    track->frames = position + frames;
    g_array_set_size (track->samples, track->frames * channels);
  }
  memcpy (&g_array_index (track->samples, gfloat, position * channels), map.data,
          frames * channels * sizeof (gfloat));
  gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
}

static GstFlowReturn
on_sample (GstAppSink *sink, gpointer track)
{
  GstSample *sample = gst_app_sink_pull_sample (sink);

  if (sample) {
    add_sample (track, sample);
    gst_sample_unref (sample);
  }
  return GST_FLOW_OK;
}

static void
on_pad_added (GstElement *decodebin, GstPad *pad, gpointer data)
{
  Loader *loader = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autofree gchar *wanted_rate =
      loader->rate ? g_strdup_printf (",rate=%u", loader->rate) : g_strdup ("");
  g_autofree gchar *line = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) target = NULL;
  GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
  GstElement *chain;
  Track *track;

  if (!caps || !gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/x-raw"))
    return;
  track = g_new0 (Track, 1);
  track->samples = g_array_new (FALSE, TRUE, sizeof (gfloat));
  g_ptr_array_add (loader->tracks, track);
  line = g_strdup_printf ("queue ! audioconvert ! audioresample ! "
                          "audio/x-raw,format=F32LE,layout=interleaved%s ! "
                          "appsink name=sink sync=false",
                          wanted_rate);
  chain = gst_parse_bin_from_description (line, TRUE, NULL);
  sink = gst_bin_get_by_name (GST_BIN (chain), "sink");
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, track, NULL);
  gst_bin_add (GST_BIN (loader->pipeline), chain);
  gst_element_sync_state_with_parent (chain);
  target = gst_element_get_static_pad (chain, "sink");
  gst_pad_link (pad, target);
}

static gchar *
make_uri (const gchar *path, GError **error)
{
  return gst_uri_is_valid (path) ? g_strdup (path) : gst_filename_to_uri (path, error);
}

GPtrArray *
recording_load (const gchar *path, guint rate, GError **error)
{
  Loader loader = {gst_pipeline_new (NULL), g_ptr_array_new_with_free_func (free_track), rate};
  GstElement *decoder = gst_element_factory_make ("uridecodebin", NULL);
  g_autofree gchar *uri = make_uri (path, error);
  g_autoptr (GstBus) bus = gst_element_get_bus (loader.pipeline);
  g_autoptr (GstMessage) message = NULL;

  if (uri) {
    g_object_set (decoder, "uri", uri, NULL);
    g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added), &loader);
    gst_bin_add (GST_BIN (loader.pipeline), decoder);
    gst_element_set_state (loader.pipeline, GST_STATE_PLAYING);
    message =
        gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, error, NULL);
    gst_element_set_state (loader.pipeline, GST_STATE_NULL);
  }
  gst_object_unref (loader.pipeline);
  return loader.tracks;
}

GArray *
track_get_channel (const Track *track, guint channel, gdouble from, gdouble to)
{
  gsize first = MIN ((gsize)llround (MAX (from, 0) * track->rate), track->frames);
  gsize last = to > from ? MIN ((gsize)llround (to * track->rate), track->frames) : track->frames;
  GArray *samples = g_array_sized_new (FALSE, TRUE, sizeof (gfloat), last - first);

  for (gsize i = first; i < last; i++)
    g_array_append_val (samples,
                        g_array_index (track->samples, gfloat, i * track->channels + channel));
  return samples;
}
