/* gst-siprec: pushes packets through a stock depayloader
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "depayloader.h"

/* A depayloader gives one picture or two for a packet. One that gives more than this has gone mad. */
#define MAX_PICTURES 64

struct _GstSiprecDepayloader {
  const SiprecVideoCodec *codec;
  GstElement *element;
  GstPad *packets;  /* our source, linked to the element */
  GstPad *pictures; /* our sink, linked to the element */
  GQueue queue;     /* GstBuffer */
};

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstSiprecDepayloader *self = gst_pad_get_element_private (pad);

  if (self->queue.length < MAX_PICTURES)
    g_queue_push_tail (&self->queue, buffer);
  else
    gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
chain_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    chain (pad, parent, gst_buffer_ref (gst_buffer_list_get (list, i)));
  gst_buffer_list_unref (list);
  return GST_FLOW_OK;
}

/* Caps are kept by the pad; all else has been said on the pad outside. */
static gboolean
event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gst_event_unref (event);
  return TRUE;
}

static GstCaps *
get_wanted (GstPad *pad, GstCaps *filter)
{
  GstSiprecDepayloader *self = gst_pad_get_element_private (pad);
  g_autoptr (GstCaps) caps = gst_caps_from_string (self->codec->depayloaded);

  return filter ? gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST)
                : g_steal_pointer (&caps);
}

/* By this a depayloader that can give several things chooses. */
static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *given;

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CAPS:
    gst_query_parse_caps (query, &given);
    caps = get_wanted (pad, given);
    gst_query_set_caps_result (query, caps);
    return TRUE;
  case GST_QUERY_ACCEPT_CAPS:
    gst_query_parse_accept_caps (query, &given);
    caps = get_wanted (pad, given);
    gst_query_set_accept_caps_result (query, !gst_caps_is_empty (caps));
    return TRUE;
  default:
    return FALSE;
  }
}

static void
send_segment (GstSiprecDepayloader *self)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->packets, gst_event_new_segment (&segment));
}

static void
link_pads (GstSiprecDepayloader *self)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->element, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (self->element, "src");

  self->packets = gst_object_ref_sink (gst_pad_new ("packets", GST_PAD_SRC));
  self->pictures = gst_object_ref_sink (gst_pad_new ("pictures", GST_PAD_SINK));
  gst_pad_set_element_private (self->pictures, self);
  gst_pad_set_chain_function (self->pictures, chain);
  gst_pad_set_chain_list_function (self->pictures, chain_list);
  gst_pad_set_event_function (self->pictures, event);
  gst_pad_set_query_function (self->pictures, query);
  gst_pad_link_full (self->packets, sink, GST_PAD_LINK_CHECK_NOTHING);
  gst_pad_link_full (src, self->pictures, GST_PAD_LINK_CHECK_NOTHING);
}

GstSiprecDepayloader *
gst_siprec_depayloader_new (const SiprecFormat *format)
{
  GstElement *element = gst_element_factory_make (format->video->depayloader, NULL);
  GstSiprecDepayloader *self;

  if (!element)
    return NULL;
  self = g_new0 (GstSiprecDepayloader, 1);
  self->codec = format->video;
  self->element = gst_object_ref_sink (element);
  g_queue_init (&self->queue);
  link_pads (self);
  gst_pad_set_active (self->pictures, TRUE);
  gst_pad_set_active (self->packets, TRUE);
  gst_element_set_state (element, GST_STATE_PLAYING);
  gst_pad_push_event (self->packets, gst_event_new_stream_start ("packets"));
  gst_pad_push_event (self->packets, gst_event_new_caps (format->rtp_caps));
  send_segment (self);
  return self;
}

void
gst_siprec_depayloader_free (GstSiprecDepayloader *self)
{
  gst_element_set_state (self->element, GST_STATE_NULL);
  gst_pad_set_active (self->packets, FALSE);
  gst_pad_set_active (self->pictures, FALSE);
  gst_object_unref (self->packets);
  gst_object_unref (self->pictures);
  gst_object_unref (self->element);
  g_queue_clear_full (&self->queue, (GDestroyNotify)gst_buffer_unref);
  g_free (self);
}

void
gst_siprec_depayloader_push (GstSiprecDepayloader *self, GstBuffer *packet)
{
  gst_pad_push (self->packets, packet);
}

void
gst_siprec_depayloader_flush (GstSiprecDepayloader *self)
{
  gst_pad_push_event (self->packets, gst_event_new_flush_start ());
  gst_pad_push_event (self->packets, gst_event_new_flush_stop (TRUE));
  send_segment (self);
}

GstBuffer *
gst_siprec_depayloader_pop (GstSiprecDepayloader *self)
{
  return g_queue_pop_head (&self->queue);
}

GstCaps *
gst_siprec_depayloader_get_caps (GstSiprecDepayloader *self)
{
  return gst_pad_get_current_caps (self->pictures);
}
