/* gst-siprec: siprecdecode: a decodebin that is made with the first caps
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-siprecdecode
 * @title: siprecdecode
 * @short_description: decodes a video pad of siprecsrc, if it ever shows a picture
 *
 * decodebin fails on a stream that ends without data, which is what a camera that is off gives. This bin has
 * a decodebin only once there are caps; a stream that ends before just ends. GAP events go no further: to a
 * compositor they mean that there is no picture any more, while a screen that doesn't change is still there.
 *
 * ## Example launch line
 *
 * |[
 * gst-launch-1.0 siprecsrc name=s s.video_0 ! siprecdecode ! autovideosink
 * ]| Shows the camera of the next call.
 */

#include "siprecdecode.h"

struct _GstSiprecDecode {
  GstBin parent;

  GstElement *entry;   /* identity: the packets' way in */
  GstElement *exit;    /* videoconvert */
  GstElement *decoder; /* the streaming thread's: NULL until there are caps */
};

G_DEFINE_TYPE (GstSiprecDecode, gst_siprec_decode, GST_TYPE_BIN)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw"));

static void
on_pad_added (GstElement *decoder, GstPad *pad, gpointer user_data)
{
  GstSiprecDecode *self = user_data;
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->exit, "sink");

  if (!gst_pad_is_linked (sink))
    gst_pad_link (pad, sink);
}

static void
make_decoder (GstSiprecDecode *self)
{
  self->decoder = gst_element_factory_make ("decodebin", NULL);
  if (!self->decoder) {
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN, ("There is no element decodebin."), (NULL));
    return;
  }
  g_signal_connect (self->decoder, "pad-added", G_CALLBACK (on_pad_added), self);
  gst_bin_add (GST_BIN (self), self->decoder);
  gst_element_link (self->entry, self->decoder);
  gst_element_sync_state_with_parent (self->decoder);
}

/* Nothing came that could be decoded. */
static void
end (GstSiprecDecode *self, GstPad *pad)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->exit, "sink");
  g_autoptr (GstEvent) start = gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);

  if (start)
    gst_pad_send_event (sink, g_steal_pointer (&start));
  gst_pad_send_event (sink, gst_event_new_eos ());
}

static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstSiprecDecode *self = user_data;
  GstEventType type = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info));

  if (type == GST_EVENT_CAPS && !self->decoder)
    make_decoder (self);
  else if (type == GST_EVENT_EOS && !self->decoder)
    end (self, pad);
  /* A picture stays until the next one; compositor would take it away. */
  else if (type == GST_EVENT_GAP)
    return GST_PAD_PROBE_DROP;
  return GST_PAD_PROBE_OK;
}

static void
add_ghost_pad (GstSiprecDecode *self, GstElement *child, const gchar *name,
               GstStaticPadTemplate *static_template)
{
  g_autoptr (GstPad) target = gst_element_get_static_pad (child, name);
  g_autoptr (GstPadTemplate) templ = gst_static_pad_template_get (static_template);

  gst_element_add_pad (GST_ELEMENT (self), gst_ghost_pad_new_from_template (name, target, templ));
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstSiprecDecode *self = GST_SIPREC_DECODE (element);
  GstStateChangeReturn ret =
      GST_ELEMENT_CLASS (gst_siprec_decode_parent_class)->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY && self->decoder) {
    gst_element_set_state (self->decoder, GST_STATE_NULL);
    gst_bin_remove (GST_BIN (self), self->decoder);
    self->decoder = NULL;
  }
  return ret;
}

static void
gst_siprec_decode_init (GstSiprecDecode *self)
{
  g_autoptr (GstPad) pad = NULL;

  self->entry = gst_element_factory_make ("identity", NULL);
  self->exit = gst_element_factory_make ("videoconvert", NULL);
  gst_bin_add_many (GST_BIN (self), self->entry, self->exit, NULL);
  add_ghost_pad (self, self->entry, "sink", &sink_template);
  add_ghost_pad (self, self->exit, "src", &src_template);
  pad = gst_element_get_static_pad (self->entry, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
}

static void
gst_siprec_decode_class_init (GstSiprecDecodeClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  element_class->change_state = change_state;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Decoder for streams that may stay empty", "Codec/Decoder/Video",
      "Decodes video of siprecsrc, whatever it is; a stream that ends without data just ends",
      "gst-siprec developers");
}
