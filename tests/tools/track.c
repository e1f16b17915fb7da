/* Encodes a WAV file or a tone to RTP payloads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "track.h"

#include <gst/app/gstappsink.h>
#include <gst/rtp/gstrtpbuffer.h>

/* @chain: a printf format that takes the packet length in ms. */
typedef struct {
  const gchar *name;
  guint8 pt;
  guint rate;
  guint clock_rate;
  const gchar *chain;
} Codec;

static const Codec codecs[] = {
    {"PCMU", 0, 8000, 8000, "mulawenc ! rtppcmupay"},
    {"PCMA", 8, 8000, 8000, "alawenc ! rtppcmapay"},
    {"G722", 9, 16000, 8000, "avenc_g722 ! rtpg722pay"},
    {"OPUS", 111, 48000, 48000, "opusenc frame-size=%u ! rtpopuspay"},
    {"L16", 96, 16000, 16000, "audio/x-raw,format=S16BE ! rtpL16pay"},
    {"GSM", 3, 8000, 8000, "gsmenc ! rtpgsmpay"},
    {"AMR", 97, 8000, 8000, "amrnbenc ! rtpamrpay"},
    {"AMR-WB", 98, 16000, 16000, "voamrwbenc ! rtpamrpay"},
    {"G726-32", 99, 8000, 8000, "avenc_g726 bitrate=32000 ! rtpg726pay force-aal2=false"},
};

static const Codec *
find_codec (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (g_ascii_strcasecmp (codecs[i].name, name) == 0)
      return &codecs[i];
  }
  return NULL;
}

static GstElement *
new_pipeline (const Codec *codec, const gchar *wav, gdouble tone, guint ptime, gdouble duration,
              GError **error)
{
  g_autoptr (GString) line = g_string_new (NULL);
  GstElement *pipeline;

  if (wav) {
    g_string_append (line, "filesrc name=source ! decodebin ! audioconvert ! audioresample ! ");
  } else {
    gchar number[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd (number, sizeof number, "%.3f", tone);
    g_string_append_printf (line,
                            "audiotestsrc wave=%s freq=%s volume=0.5 samplesperbuffer=%u "
                            "num-buffers=%u ! audioconvert ! ",
                            tone > 0 ? "sine" : "silence", number, codec->rate / 50,
                            (guint)(duration * 50 + 0.5));
  }
  g_string_append_printf (line, "audio/x-raw,rate=%u,channels=1 ! audioconvert ! ", codec->rate);
  if (strchr (codec->chain, '%')) {
    g_auto (GStrv) parts = g_strsplit (codec->chain, "%u", 2);

    g_string_append_printf (line, "%s%u%s", parts[0], ptime, parts[1]);
  } else {
    g_string_append (line, codec->chain);
  }
  g_string_append_printf (line,
                          " name=payloader pt=%u mtu=65000 seqnum-offset=0 timestamp-offset=0"
                          " min-ptime=%" G_GUINT64_FORMAT " max-ptime=%" G_GUINT64_FORMAT
                          " ! appsink name=sink sync=false",
                          MAX (codec->pt, 96), (guint64)(ptime * GST_MSECOND),
                          (guint64)(ptime * GST_MSECOND));
  pipeline = gst_parse_launch_full (line->str, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (pipeline && wav) {
    g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");

    g_object_set (source, "location", wav, NULL);
  }
  return pipeline;
}

static void
add_packet (Track *track, GstBuffer *packet, guint32 *first)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  Frame frame;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return;
  if (track->frames->len == 0)
    *first = gst_rtp_buffer_get_timestamp (&rtp);
  frame.timestamp = gst_rtp_buffer_get_timestamp (&rtp) - *first;
  frame.marker = gst_rtp_buffer_get_marker (&rtp);
  frame.payload =
      g_bytes_new (gst_rtp_buffer_get_payload (&rtp), gst_rtp_buffer_get_payload_len (&rtp));
  gst_rtp_buffer_unmap (&rtp);
  g_array_append_val (track->frames, frame);
}

static void
clear_frame (gpointer frame)
{
  g_bytes_unref (((Frame *)frame)->payload);
}

/* The next packet, or NULL at the end or when the pipeline failed: then @failure is set. Waits in
 * steps, since no EOS comes to the sink of a pipeline whose source failed. */
static GstSample *
pull (GstElement *sink, GstBus *bus, GstMessage **failure)
{
  GstSample *sample = NULL;

  while (!sample && !*failure && !gst_app_sink_is_eos (GST_APP_SINK (sink))) {
    sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 50 * GST_MSECOND);
    *failure = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  }
  return sample;
}

/* FALSE with @error if the pipeline failed rather than ended. */
static gboolean
pull_all (Track *track, GstElement *pipeline, gdouble duration, GError **error)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) failure = NULL;
  guint32 first = 0;
  GstSample *sample;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = pull (sink, bus, &failure))) {
    add_packet (track, gst_sample_get_buffer (sample), &first);
    gst_sample_unref (sample);
    if (track->frames->len > 0 &&
        g_array_index (track->frames, Frame, track->frames->len - 1).timestamp >=
            duration * track->clock_rate) {
      g_array_set_size (track->frames, track->frames->len - 1);
      break;
    }
  }
  if (failure)
    gst_message_parse_error (failure, error, NULL);
  return failure == NULL;
}

/* opusenc takes its lookahead off the times of its packets, so the second one would come too early;
 * on the wire every packet is as long as it says. */
static void
straighten (Track *track, guint ptime)
{
  for (guint i = 0; i < track->frames->len; i++)
    g_array_index (track->frames, Frame, i).timestamp = i * ptime * (track->clock_rate / 1000);
}

Track *
track_new (const gchar *wav, gdouble tone, const gchar *codec_name, guint ptime, gdouble duration,
           GError **error)
{
  const Codec *codec = find_codec (codec_name);
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (Track) track = NULL;
  gboolean ok;

  if (!codec) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED, "The codec %s is not known.",
                 codec_name);
    return NULL;
  }
  pipeline = new_pipeline (codec, wav, tone, ptime, duration, error);
  if (!pipeline)
    return NULL;
  track = g_new0 (Track, 1);
  track->frames = g_array_new (FALSE, FALSE, sizeof (Frame));
  g_array_set_clear_func (track->frames, clear_frame);
  track->clock_rate = codec->clock_rate;
  track->pt = codec->pt;
  ok = pull_all (track, pipeline, duration, error);
  if (g_str_equal (codec->name, "OPUS"))
    straighten (track, ptime);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return ok ? g_steal_pointer (&track) : NULL;
}

void
track_free (Track *track)
{
  g_array_unref (track->frames);
  g_free (track);
}
