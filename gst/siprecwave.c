/* gst-siprec: siprecwave: shows a voice as bars that wander to the left
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-siprecwave
 * @title: siprecwave
 * @short_description: shows how loud a voice was in the last seconds
 *
 * One bar a picture, the newest at the right: so a film, or one picture of it, shows who speaks and who spoke.
 * Size and rate of the pictures are those of the caps behind it. With its pads of siprecsrc that give sound
 * from the answer to the end of the call it is also what keeps a film going whose cameras are off.
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

/* Pixels of a bar, with the gap behind it. */
#define BAR_PITCH 4
#define BAR_WIDTH 3

/* What is quieter is drawn as silence, what is louder fills the picture: mean levels of speech lie between. */
#define QUIET_DB -50.0
#define LOUD_DB  -12.0

#define DEFAULT_COLOR 0xff3fb6c6

enum { PROP_0, PROP_COLOR };

struct _GstSiprecWave {
  GstAudioVisualizer parent;

  guint color;  /* ARGB; protected by the object lock */
  guint n_bars; /* streaming thread */
  gfloat *bars; /* 0 to 1, oldest first; streaming thread */
};

G_DEFINE_TYPE (GstSiprecWave, gst_siprec_wave, GST_TYPE_AUDIO_VISUALIZER)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("audio/x-raw, format=" GST_AUDIO_NE (S16) ", layout=interleaved, "
                                                               "rate=[1, MAX], channels=[1, 2]"));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE ("BGRx")));

static gfloat
measure (const gint16 *samples, gsize n)
{
  gdouble sum = 0, level;

  for (gsize i = 0; i < n; i++)
    sum += (gdouble)samples[i] * samples[i];
  if (n == 0 || sum == 0)
    return 0;
  level = 10 * log10 (sum / n / (32768.0 * 32768.0));
  return CLAMP ((level - QUIET_DB) / (LOUD_DB - QUIET_DB), 0, 1);
}

/* A bar on both sides of the middle, one pixel high at least. */
static void
draw_bar (GstVideoFrame *video, gint x, gfloat loudness, guint32 color)
{
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (video, 0);
  gint middle = GST_VIDEO_FRAME_HEIGHT (video) / 2;
  gint reach = loudness * middle * 0.9;
  guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA (video, 0);

  for (gint y = middle - reach; y <= MIN (middle + reach, GST_VIDEO_FRAME_HEIGHT (video) - 1);
       y++) {
    for (gint i = MAX (x, 0); i < x + BAR_WIDTH; i++)
      GST_WRITE_UINT32_LE (pixels + y * stride + 4 * i, color);
  }
}

static gboolean
render (GstAudioVisualizer *scope, GstBuffer *audio, GstVideoFrame *video)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (scope);
  gint right = GST_VIDEO_FRAME_WIDTH (video);
  guint32 color;
  GstMapInfo map;

  if (!gst_buffer_map (audio, &map, GST_MAP_READ))
    return FALSE;
  memmove (self->bars, self->bars + 1, (self->n_bars - 1) * sizeof *self->bars);
  self->bars[self->n_bars - 1] = measure ((const gint16 *)map.data, map.size / sizeof (gint16));
  gst_buffer_unmap (audio, &map);

  GST_OBJECT_LOCK (self);
  color = self->color;
  GST_OBJECT_UNLOCK (self);
  memset (GST_VIDEO_FRAME_PLANE_DATA (video, 0), 0,
          (gsize)GST_VIDEO_FRAME_PLANE_STRIDE (video, 0) * GST_VIDEO_FRAME_HEIGHT (video));
  for (guint i = 0; i < self->n_bars; i++)
    draw_bar (video, right - (gint)(self->n_bars - i) * BAR_PITCH, self->bars[i], color);
  return TRUE;
}

static gboolean
setup (GstAudioVisualizer *scope)
{
  GstSiprecWave *self = GST_SIPREC_WAVE (scope);
  guint n_bars = (GST_VIDEO_INFO_WIDTH (&scope->vinfo) + BAR_PITCH - 1) / BAR_PITCH;

  if (n_bars == self->n_bars)
    return TRUE;
  g_free (self->bars);
  self->bars = g_new0 (gfloat, n_bars);
  self->n_bars = n_bars;
  return TRUE;
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
finalize (GObject *object)
{
  g_free (GST_SIPREC_WAVE (object)->bars);
  G_OBJECT_CLASS (gst_siprec_wave_parent_class)->finalize (object);
}

static void
gst_siprec_wave_init (GstSiprecWave *self)
{
  self->color = DEFAULT_COLOR;
  /* Each picture is drawn anew. */
  gst_util_set_object_arg (G_OBJECT (self), "shader", "none");
}

static void
gst_siprec_wave_class_init (GstSiprecWaveClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAudioVisualizerClass *visualizer_class = GST_AUDIO_VISUALIZER_CLASS (klass);

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->finalize = finalize;
  visualizer_class->setup = setup;
  visualizer_class->render = render;
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
