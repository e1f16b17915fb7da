/* gst-siprec: siprectitle: a textoverlay that writes the title tag of its stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-siprectitle
 * @title: siprectitle
 * @short_description: writes on the picture who it is
 *
 * The pads of siprecsrc tell by a title tag who speaks or is seen on them. Decoders and visualisers hand it on,
 * and this element writes it into the lower left corner of the picture, each time it changes. How it looks is
 * for the textoverlay in it to say, which is called "text". Where that is not installed, pictures pass as they are.
 *
 * ## Example launch line
 *
 * |[
 * gst-launch-1.0 siprecsrc name=s s.video_0 ! siprecdecode ! siprectitle text::color=0xffffff00 ! autovideosink
 * ]| Shows the camera of the next call, with a name in yellow.
 */

#include "siprectitle.h"

struct _GstSiprecTitle {
  GstBin parent;

  GstElement *text; /* a textoverlay; an identity where there is none */
};

G_DEFINE_TYPE (GstSiprecTitle, gst_siprec_title, GST_TYPE_BIN)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));

/* The name comes from the network and is no markup, which textoverlay takes it for. */
static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstSiprecTitle *self = user_data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autofree gchar *title = NULL, *markup = NULL;
  GstTagList *tags;

  if (GST_EVENT_TYPE (event) != GST_EVENT_TAG)
    return GST_PAD_PROBE_OK;
  gst_event_parse_tag (event, &tags);
  if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_STREAM &&
      gst_tag_list_get_string (tags, GST_TAG_TITLE, &title)) {
    markup = g_markup_escape_text (title, -1);
    g_object_set (self->text, "text", markup, NULL);
  }
  return GST_PAD_PROBE_OK;
}

static void
make_text (GstSiprecTitle *self)
{
  g_autoptr (GstPad) pad = NULL;

  self->text = gst_element_factory_make ("textoverlay", "text");
  if (!self->text) {
    self->text = gst_element_factory_make ("identity", "text");
    return;
  }
  g_object_set (self->text, "auto-resize", FALSE, "font-desc", "Sans 13", "draw-shadow", FALSE,
                "draw-outline", FALSE, "shaded-background", TRUE, "xpad", 8, "ypad", 8, NULL);
  gst_util_set_object_arg (G_OBJECT (self->text), "halignment", "left");
  gst_util_set_object_arg (G_OBJECT (self->text), "valignment", "bottom");
  pad = gst_element_get_static_pad (self->text, "video_sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
}

static void
add_ghost_pad (GstSiprecTitle *self, const gchar *name, GstPad *target,
               GstStaticPadTemplate *static_template)
{
  g_autoptr (GstPadTemplate) templ = gst_static_pad_template_get (static_template);

  gst_element_add_pad (GST_ELEMENT (self), gst_ghost_pad_new_from_template (name, target, templ));
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstSiprecTitle *self = GST_SIPREC_TITLE (element);

  if (transition == GST_STATE_CHANGE_NULL_TO_READY &&
      !g_object_class_find_property (G_OBJECT_GET_CLASS (self->text), "text"))
    GST_ELEMENT_WARNING (self, CORE, MISSING_PLUGIN,
                         ("There is no element textoverlay, so pictures stay without names."),
                         ("Debian has it in gstreamer1.0-x"));
  return GST_ELEMENT_CLASS (gst_siprec_title_parent_class)->change_state (element, transition);
}

static void
gst_siprec_title_init (GstSiprecTitle *self)
{
  g_autoptr (GstPad) sink = NULL, src = NULL;

  make_text (self);
  gst_bin_add (GST_BIN (self), self->text);
  sink = gst_element_get_static_pad (self->text, "video_sink");
  if (!sink)
    sink = gst_element_get_static_pad (self->text, "sink");
  src = gst_element_get_static_pad (self->text, "src");
  add_ghost_pad (self, "sink", sink, &sink_template);
  add_ghost_pad (self, "src", src, &src_template);
}

static void
gst_siprec_title_class_init (GstSiprecTitleClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  element_class->change_state = change_state;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Names on pictures", "Filter/Editor/Video",
      "Writes on pictures of siprecsrc who it is, as the title tag of the stream says",
      "gst-siprec developers");
}
