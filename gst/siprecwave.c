/* gst-siprec: siprecwave: shows a voice as bars that wander to the left
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-siprecwave
 * @title: siprecwave
 * @short_description: shows how loud a voice was in the last seconds
 *
 * One bar a picture, the newest at the right: so a film, or one picture of it, shows who speaks and who spoke.
 * Size and rate of the pictures are those of the caps behind it. Since pads of siprecsrc give sound from the
 * answer to the end of the call, it also keeps a film going whose cameras are off.
 *
 * ## Example launch line
 *
 * |[
 * gst-launch-1.0 siprecsrc ! decodebin ! audioconvert ! siprecwave ! siprectitle ! videoconvert ! autovideosink
 * ]| Shows the first voice of the next call.
 */

#include "siprecwave.h"

#include <math.h>
#include <string.h>

#include <gst/audio/audio.h>
#include <gst/video/video.h>

/* Pixels of a bar, with the gap behind it. */
#define BAR_PITCH 4
#define BAR_WIDTH 3

/* What is quieter is drawn as silence, what is louder fills the picture: mean levels of speech lie between. */
#define QUIET_DB -50.0
#define LOUD_DB  -12.0

#define DEFAULT_COLOR 0xff3fb6c6

enum { PROP_0, PROP_COLOR };

/* But for the color everything is the streaming thread's. */
struct _GstSiprecWave {
  GstElement parent;

  GstPad *sink, *src;
  guint color; /* ARGB; protected by the object lock */

  GstAudioInfo audio;
  GstVideoInfo video; /* of no format until something is to be shown */
  guint n_bars;
  gfloat *bars; /* 0 to 1, oldest first */

  /* The picture that is being made: how many samples it has, of how many, and the sum of their squares. */
  guint n_samples, n_due;
  gdouble energy;
  GstClockTime start;
};

G_DEFINE_TYPE (GstSiprecWave, gst_siprec_wave, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("audio/x-raw, format=" GST_AUDIO_NE (S16) ", layout=interleaved, "
                                                               "rate=[1, MAX], channels=1"));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw, format=BGRx, width=[16, 4096], height=[16, 4096], "
                     "framerate=[1/1, 100/1]"));

static gfloat
get_loudness (GstSiprecWave *self)
{
  gdouble level;

  if (self->energy <= 0)
    return 0;
  level = 10 * log10 (self->energy / self->n_samples / (32768.0 * 32768.0));
  return CLAMP ((level - QUIET_DB) / (LOUD_DB - QUIET_DB), 0, 1);
}

/* A bar on both sides of the middle, one pixel high at least. */
static void
draw_bar (const GstVideoInfo *video, guint8 *pixels, gint x, gfloat loudness, guint32 color)
{
  gint stride = GST_VIDEO_INFO_PLANE_STRIDE (video, 0);
  gint middle = GST_VIDEO_INFO_HEIGHT (video) / 2;
  gint reach = loudness * middle * 0.9;

  for (gint y = middle - reach; y <= middle + reach; y++) {
    for (gint i = MAX (x, 0); i < x + BAR_WIDTH; i++)
      GST_WRITE_UINT32_LE (pixels + y * stride + 4 * i, color);
  }
}

static GstFlowReturn
push_picture (GstSiprecWave *self)
{
  gsize size = GST_VIDEO_INFO_SIZE (&self->video);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gint right = GST_VIDEO_INFO_WIDTH (&self->video);
  guint32 color;
  GstMapInfo map;

  memmove (self->bars, self->bars + 1, (self->n_bars - 1) * sizeof *self->bars);
  self->bars[self->n_bars - 1] = get_loudness (self);
  GST_OBJECT_LOCK (self);
  color = self->color;
  GST_OBJECT_UNLOCK (self);

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  memset (map.data, 0, map.size);
  for (guint i = 0; i < self->n_bars; i++)
    draw_bar (&self->video, map.data, right - (gint)(self->n_bars - i) * BAR_PITCH, self->bars[i],
              color);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = self->start;
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (GST_SECOND, self->n_samples, GST_AUDIO_INFO_RATE (&self->audio));
  self->n_samples = 0;
  self->energy = 0;
  return gst_pad_push (self->src, buffer);
}

static gboolean
negotiate (GstSiprecWave *self)
{
  GstCaps *caps = gst_pad_get_allowed_caps (self->src);
  GstStructure *first;

  if (!caps)
    caps = gst_pad_get_pad_template_caps (self->src);
  if (gst_caps_is_empty (caps)) {
    gst_caps_unref (caps);
    return FALSE;
  }
  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  first = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_nearest_int (first, "width", 320);
  gst_structure_fixate_field_nearest_int (first, "height", 240);
  gst_structure_fixate_field_nearest_fraction (first, "framerate", 15, 1);
  caps = gst_caps_fixate (caps);
  if (!gst_video_info_from_caps (&self->video, caps)) {
    gst_caps_unref (caps);
    return FALSE;
  }
  gst_pad_push_event (self->src, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  return TRUE;
}

/* Caps of the pictures, and what depends on them. */
static gboolean
prepare (GstSiprecWave *self)
{
  guint n_bars;

  if (!negotiate (self))
    return FALSE;
  n_bars = (GST_VIDEO_INFO_WIDTH (&self->video) + BAR_PITCH - 1) / BAR_PITCH;
  if (n_bars != self->n_bars) {
    g_free (self->bars);
    self->bars = g_new0 (gfloat, n_bars);
    self->n_bars = n_bars;
  }
  self->n_samples = 0;
  self->energy = 0;
  self->n_due = MAX (1, gst_util_uint64_scale_int_round (GST_AUDIO_INFO_RATE (&self->audio),
                                                         GST_VIDEO_INFO_FPS_D (&self->video),
                                                         GST_VIDEO_INFO_FPS_N (&self->video)));
  return TRUE;
}

static GstFlowReturn
add_sound (GstSiprecWave *self, const gint16 *samples, gsize n, GstClockTime start)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (gsize i = 0; i < n && flow == GST_FLOW_OK; i++) {
    if (self->n_samples == 0)
      self->start =
          GST_CLOCK_TIME_IS_VALID (start)
              ? start + gst_util_uint64_scale (i, GST_SECOND, GST_AUDIO_INFO_RATE (&self->audio))
              : start;
    self->energy += (gdouble)samples[i] * samples[i];
    if (++self->n_samples == self->n_due)
      flow = push_picture (self);
  }
  return flow;
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (parent);
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;
  GstMapInfo map;

  if (GST_AUDIO_INFO_IS_VALID (&self->audio) &&
      ((GST_VIDEO_INFO_FORMAT (&self->video) != GST_VIDEO_FORMAT_UNKNOWN &&
        !gst_pad_check_reconfigure (self->src)) ||
       prepare (self)) &&
      gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    flow = add_sound (self, (const gint16 *)map.data, map.size / sizeof (gint16),
                      GST_BUFFER_PTS (buffer));
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
  return flow;
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (parent);
  GstCaps *caps;
  gboolean ok;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return gst_pad_event_default (pad, parent, event);
  gst_event_parse_caps (event, &caps);
  ok = gst_audio_info_from_caps (&self->audio, caps) && prepare (self);
  gst_event_unref (event);
  return ok;
}

/* A picture is pushed when its sound is complete. */
static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (parent);
  GstClockTime least, most, own;
  gboolean live;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  if (!gst_pad_peer_query (self->sink, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &least, &most);
  own = GST_VIDEO_INFO_FORMAT (&self->video) != GST_VIDEO_FORMAT_UNKNOWN
            ? gst_util_uint64_scale_int (GST_SECOND, GST_VIDEO_INFO_FPS_D (&self->video),
                                         GST_VIDEO_INFO_FPS_N (&self->video))
            : GST_SECOND / 15;
  gst_query_set_latency (query, live, least + own,
                         GST_CLOCK_TIME_IS_VALID (most) ? most + own : most);
  return TRUE;
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (element);
  GstStateChangeReturn ret =
      GST_ELEMENT_CLASS (gst_siprec_wave_parent_class)->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_audio_info_init (&self->audio);
    gst_video_info_init (&self->video);
    g_clear_pointer (&self->bars, g_free);
    self->n_bars = 0;
  }
  return ret;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (object);

  GST_OBJECT_LOCK (self);
  g_value_set_uint (value, self->color);
  GST_OBJECT_UNLOCK (self);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (object);

  GST_OBJECT_LOCK (self);
  self->color = g_value_get_uint (value);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_siprec_wave_init (GstSiprecWave *self)
{
  self->color = DEFAULT_COLOR;
  gst_audio_info_init (&self->audio);
  gst_video_info_init (&self->video);
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink, chain);
  gst_pad_set_event_function (self->sink, on_event);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_query_function (self->src, on_query);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
}

static void
gst_siprec_wave_class_init (GstSiprecWaveClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  element_class->change_state = change_state;
  g_object_class_install_property (
      object_class, PROP_COLOR,
      g_param_spec_uint ("color", "Color", "Color of the bars (big-endian ARGB)", 0, G_MAXUINT32,
                         DEFAULT_COLOR,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Voice as a picture", "Visualization",
      "Shows how loud a voice was in the last seconds, a bar a picture", "gst-siprec developers");
}
