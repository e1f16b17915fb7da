/* gst-siprec: the records that the metadata pad of siprecsrc gives
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* Records kept for a branch that doesn't take them; then the oldest are dropped. */
#define MAX_RECORDS 4096
/* How long a caption is to be seen. */
#define CAPTION_DURATION (3 * GST_SECOND)
/* Records pushed in one round. */
#define BATCH 16

void
gst_siprec_src_pad_add_record (GstSiprecSrcPad *pad, SiprecEvent *event)
{
  SiprecEvent *dropped = NULL;

  GST_OBJECT_LOCK (pad);
  if (pad->records.length >= MAX_RECORDS) {
    dropped = g_queue_pop_head (&pad->records);
    pad->num_records_dropped++;
  }
  g_queue_push_tail (&pad->records, siprec_event_ref (event));
  gst_siprec_src_pad_wake (pad);
  GST_OBJECT_UNLOCK (pad);

  if (dropped) {
    GST_WARNING_OBJECT (pad, "nobody takes the metadata: dropped event %" G_GUINT64_FORMAT,
                        dropped->sequence);
    siprec_event_unref (dropped);
  }
}

void
gst_siprec_src_pad_pass_time (GstSiprecSrcPad *pad, GstClockTime until)
{
  GST_OBJECT_LOCK (pad);
  pad->records_until = until;
  gst_siprec_src_pad_wake (pad);
  GST_OBJECT_UNLOCK (pad);
}

gboolean
gst_siprec_src_pad_wait_records (GstSiprecSrcPad *pad)
{
  gboolean flushing;

  GST_OBJECT_LOCK (pad);
  while (!pad->flushing && g_queue_is_empty (&pad->records) && !pad->eos_wanted &&
         pad->records_until <= pad->position)
    g_cond_wait (&pad->arrived, GST_OBJECT_GET_LOCK (pad));
  flushing = pad->flushing;
  GST_OBJECT_UNLOCK (pad);
  return !flushing;
}

/* The document as it was received; NULL for events about anything else. */
static gchar *
document_of (const SiprecEvent *event, gsize *size)
{
  const gchar *raw, *bytes;

  if (event->type != SIPREC_EVENT_METADATA)
    return NULL;
  raw = json_object_get_string_member_with_default (event->data, "raw", "");
  bytes = json_object_get_string_member_with_default (event->data, "raw_base64", NULL);
  if (bytes)
    return (gchar *)g_base64_decode (bytes, size);
  *size = strlen (raw);
  return g_strdup (raw);
}

/* The text of @event in the pad's format, or NULL if it has none there. */
static gchar *
event_to_text (GstSiprecSrcPad *pad, const SiprecEvent *event, GstClockTime running_time)
{
  switch (pad->src->settings.metadata_format) {
  case GST_SIPREC_METADATA_FORMAT_TEXT:
    if (!pad->captioner)
      pad->captioner = gst_siprec_captioner_new ();
    return gst_siprec_captioner_take (pad->captioner, event);
  default:
    return siprec_event_to_json (event, g_get_host_name (), running_time);
  }
}

static void
push_record (GstSiprecSrcPad *pad, const SiprecEvent *event)
{
  GstSiprecSrcTime time;
  GstClockTime running_time, begin;
  GstBuffer *buffer;
  gchar *text;
  gsize size = 0;

  gst_siprec_src_get_time (pad->src, &time);
  running_time = gst_siprec_src_time_to_running (&time, event->monotonic);
  if (pad->src->settings.metadata_format == GST_SIPREC_METADATA_FORMAT_XML)
    text = document_of (event, &size);
  else if ((text = event_to_text (pad, event, running_time)))
    size = strlen (text);
  if (!text || size == 0) {
    g_free (text);
    return;
  }
  buffer = gst_buffer_new_wrapped (text, size);
  /* Events may be told a little out of order (the end of a key press); time only goes forward. */
  GST_BUFFER_PTS (buffer) = MAX (running_time, pad->position);
  if (pad->src->settings.metadata_format != GST_SIPREC_METADATA_FORMAT_TEXT) {
    gst_siprec_src_pad_push_buffer (pad, buffer);
    return;
  }
  GST_BUFFER_DURATION (buffer) = CAPTION_DURATION;
  begin = GST_BUFFER_PTS (buffer);
  gst_siprec_src_pad_push_buffer (pad, buffer);
  /* Others may come while it is seen. */
  GST_OBJECT_LOCK (pad);
  pad->position = begin;
  GST_OBJECT_UNLOCK (pad);
}

/* Tells a muxer that nothing came. */
static void
push_gap (GstSiprecSrcPad *pad, GstClockTime until)
{
  gst_siprec_src_pad_push_event (pad, gst_event_new_gap (pad->position, until - pad->position));
  GST_OBJECT_LOCK (pad);
  pad->position = until;
  GST_OBJECT_UNLOCK (pad);
}

GstSiprecRound
gst_siprec_src_pad_drain_records (GstSiprecSrcPad *pad)
{
  GstClockTime until;
  gboolean empty, ends;

  for (guint i = 0; i < BATCH; i++) {
    g_autoptr (SiprecEvent) record = NULL;

    GST_OBJECT_LOCK (pad);
    record = g_queue_pop_head (&pad->records);
    GST_OBJECT_UNLOCK (pad);
    if (!record)
      break;
    push_record (pad, record);
  }

  GST_OBJECT_LOCK (pad);
  until = pad->records_until;
  empty = g_queue_is_empty (&pad->records);
  ends = empty && pad->eos_wanted;
  GST_OBJECT_UNLOCK (pad);

  if (!empty)
    return GST_SIPREC_ROUND_MORE;
  if (ends) {
    gst_siprec_src_pad_push_eos (pad);
    return GST_SIPREC_ROUND_OVER;
  }
  if (until > pad->position)
    push_gap (pad, until);
  return GST_SIPREC_ROUND_EMPTY;
}
