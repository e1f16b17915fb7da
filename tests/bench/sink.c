/* The sink at the end of every benchmarked pipeline: it counts and drops.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

typedef struct {
  GstElement parent;
  guint64 octets; /* written by the streaming thread only */
  GstClockTime delay;
} BenchSink;

typedef GstElementClass BenchSinkClass;

static GType bench_sink_get_type (void);
G_DEFINE_TYPE (BenchSink, bench_sink, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

gsize
bench_count_octets (GstBuffer *buffer)
{
  return GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP) ? 0 : gst_buffer_get_size (buffer);
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  BenchSink *self = (BenchSink *)parent;

  __atomic_store_n (&self->octets, self->octets + bench_count_octets (buffer), __ATOMIC_RELAXED);
  gst_buffer_unref (buffer);
  if (self->delay)
    g_usleep (GST_TIME_AS_USECONDS (self->delay));
  return GST_FLOW_OK;
}

static void
bench_sink_init (BenchSink *self)
{
  GstPad *pad = gst_pad_new_from_static_template (&sink_template, "sink");

  gst_pad_set_chain_function (pad, chain);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}

static void
bench_sink_class_init (BenchSinkClass *klass)
{
  gst_element_class_add_static_pad_template (klass, &sink_template);
  gst_element_class_set_static_metadata (klass, "Counting sink", "Sink", "Counts and drops",
                                         "gst-siprec");
}

GstElement *
bench_sink_new (void)
{
  return g_object_new (bench_sink_get_type (), NULL);
}

void
bench_sink_set_delay (GstElement *sink, GstClockTime delay)
{
  ((BenchSink *)sink)->delay = delay;
}

guint64
bench_sink_get_octets (GstElement *sink)
{
  return __atomic_load_n (&((BenchSink *)sink)->octets, __ATOMIC_RELAXED);
}
