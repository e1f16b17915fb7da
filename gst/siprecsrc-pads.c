/* gst-siprec: which pads siprecsrc has, from what its session tells of streams
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "siprec-core/rtp/context.h"
#include "siprec-core/media/silence.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

#define METADATA_PAD "metadata"

GPtrArray *
gst_siprec_src_get_pads (GstSiprecSrc *self)
{
  GPtrArray *pads;

  g_mutex_lock (&self->lock);
  pads = g_ptr_array_ref (self->pads);
  g_mutex_unlock (&self->lock);
  return pads;
}

/* Replaces the array, since others may be reading the old one. */
static void
change_pads (GstSiprecSrc *self, GstSiprecSrcPad *added, GstSiprecSrcPad *removed)
{
  GPtrArray *pads = g_ptr_array_new_with_free_func (gst_object_unref);
  GPtrArray *old;

  g_mutex_lock (&self->lock);
  old = self->pads;
  for (guint i = 0; i < old->len; i++) {
    if (g_ptr_array_index (old, i) != removed)
      g_ptr_array_add (pads, gst_object_ref (g_ptr_array_index (old, i)));
  }
  if (added)
    g_ptr_array_add (pads, gst_object_ref (added));
  self->pads = pads;
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (old);
}

static GstSiprecSrcPad *
find_in (GPtrArray *pads, const gchar *name)
{
  for (guint i = 0; i < pads->len; i++) {
    GstSiprecSrcPad *pad = g_ptr_array_index (pads, i);

    if (g_strcmp0 (GST_OBJECT_NAME (pad), name) == 0)
      return pad;
  }
  return NULL;
}

/* The pad called @name, added already or not, or NULL. (transfer full) */
static GstSiprecSrcPad *
find_pad (GstSiprecSrc *self, const gchar *name)
{
  GstSiprecSrcPad *pad = find_in (self->pads, name);

  if (!pad)
    pad = find_in (self->fresh_pads, name);
  return pad ? gst_object_ref (pad) : NULL;
}

/* A pad for add_fresh_pads(), which owns it. */
static GstSiprecSrcPad *
new_pad (GstSiprecSrc *self, const gchar *templ_name, const gchar *name)
{
  gboolean shared = self->settings.push_mode == GST_SIPREC_PUSH_MODE_SHARED;
  GstPadTemplate *templ =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), templ_name);
  GstSiprecSrcPad *pad = gst_siprec_src_pad_new (
      templ, name, self, shared ? siprec_context_get_pushers (self->context) : NULL);

  pad->raw = self->settings.output == GST_SIPREC_OUTPUT_RTP;
  pad->eos_wanted = self->settings.eos_on_session_end;
  g_ptr_array_add (self->fresh_pads, gst_object_ref_sink (pad));
  return pad;
}

static SiprecStreamWishes
wishes_for (GstSiprecSrc *self)
{
  const GstSiprecSrcSettings *settings = &self->settings;

  return (SiprecStreamWishes){
      .raw = settings->output == GST_SIPREC_OUTPUT_RTP,
      .fill = settings->fill,
      .latency = settings->latency * GST_MSECOND,
      .drop_on_latency = settings->drop_on_latency,
      .buffer_duration = settings->buffer_duration,
      .timeout = settings->timeout,
      .reference_timestamps = settings->add_reference_timestamps,
      .ntp_time_source = settings->ntp_time_source,
  };
}

/* Makes @stream (transfer full) what @pad gives next. */
static void
feed_pad (GstSiprecSrc *self, GstSiprecSrcPad *pad, SiprecStream *stream, gboolean filler,
          SiprecFormat *format, JsonObject *data)
{
  GstSiprecFeed *feed = gst_siprec_feed_new (stream, filler);
  SiprecStreamWishes wishes = wishes_for (self);
  gboolean has_silence = !pad->raw && siprec_silence_get_grain (format) > 0;

  /* A silent stream can stand in for any format as long as it gives no data. */
  if (filler && !has_silence)
    wishes.fill = MIN (wishes.fill, SIPREC_FILL_GAP);
  gst_siprec_src_introduce_feed (self, pad, feed, pad->raw ? format->rtp_caps : format->caps, data);
  siprec_stream_claim (stream, &wishes, pad->strand);
  gst_siprec_src_pad_add_feed (pad, feed);

  g_clear_pointer (&pad->filler_format, siprec_format_unref);
  pad->filler_format = siprec_format_ref (format);
}

/* Silence from @start (CLOCK_MONOTONIC) until a real stream comes. */
static void
feed_silence (GstSiprecSrc *self, GstSiprecSrcPad *pad, SiprecFormat *format, GstClockTime start)
{
  g_autofree gchar *stream_id = gst_siprec_src_new_stream_id (self, GST_OBJECT_NAME (pad));
  g_autoptr (SiprecFormat) pcmu = siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL);
  g_autoptr (JsonObject) nothing_known = json_object_new ();
  SiprecStream *stream = siprec_stream_new_silent (
      self->context, siprec_silence_get_grain (format) > 0 ? format : pcmu);

  siprec_stream_begin (stream, start);
  feed_pad (self, pad, stream, TRUE, format, nothing_known);
  gst_siprec_src_pad_describe (pad, stream_id, -1, NULL, "inactive", NULL);
}

/* The stream that ends when @pad has given all of it: silence of ours must be ended by us. */
static void
end_silence (GstSiprecSrcPad *pad, GstClockTime end)
{
  gboolean filler;
  g_autoptr (SiprecStream) stream = gst_siprec_src_pad_last_stream (pad, &filler);

  if (stream && filler)
    siprec_stream_end (stream, end);
}

static void
add_pad (GstSiprecSrc *self, GstSiprecSrcPad *pad)
{
  gst_pad_set_active (GST_PAD (pad), TRUE);
  if (pad->is_metadata)
    gst_siprec_src_introduce_metadata (self, GST_PAD (pad));
  else
    gst_siprec_src_pad_introduce (pad);
  change_pads (self, pad, NULL);
  gst_element_add_pad (GST_ELEMENT (self), GST_PAD (pad));
}

void
gst_siprec_src_remove_pad (GstSiprecSrc *self, GstSiprecSrcPad *pad)
{
  gst_object_ref (pad);
  change_pads (self, NULL, pad);
  gst_pad_set_active (GST_PAD (pad), FALSE);
  gst_element_remove_pad (GST_ELEMENT (self), GST_PAD (pad));
  gst_siprec_src_pad_clear (pad);
  gst_object_unref (pad);
}

/* Pads whose streams began later than the session begin with it all the same. */
static void
lead_in (GstSiprecSrc *self, GstSiprecSrcPad *pad)
{
  if (!pad->is_metadata && self->settings.fill != SIPREC_FILL_NONE)
    gst_siprec_src_pad_set_lead (pad, pad->filler_format, self->zero);
}

/* Adds what has been made; all are there before the first one pushes. */
static void
add_fresh_pads (GstSiprecSrc *self)
{
  g_autoptr (GPtrArray) fresh = g_steal_pointer (&self->fresh_pads);

  for (guint i = 0; i < fresh->len; i++)
    lead_in (self, g_ptr_array_index (fresh, i));
  self->fresh_pads = g_ptr_array_new_with_free_func (gst_object_unref);
  for (guint i = 0; i < fresh->len && !gst_siprec_src_is_stopped (self); i++)
    add_pad (self, g_ptr_array_index (fresh, i));
  for (guint i = 0; i < fresh->len && !gst_siprec_src_is_stopped (self); i++)
    gst_siprec_src_pad_start (g_ptr_array_index (fresh, i));
  /* The pipeline asked for latencies when it went to PLAYING, before there were pads. */
  if (fresh->len > 0)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static gchar *
participants_to_text (JsonObject *data)
{
  JsonNode *node = json_object_get_member (data, "participants");

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_to_string (node, FALSE) : NULL;
}

/* Sets the pad's properties from the data of a stream event; members that it lacks stay as they are. */
static void
describe (GstSiprecSrc *self, GstSiprecSrcPad *pad, JsonObject *data)
{
  g_autofree gchar *stream_id = gst_siprec_src_new_stream_id (self, GST_OBJECT_NAME (pad));
  g_autofree gchar *participants = participants_to_text (data);

  gst_siprec_src_pad_describe (
      pad, stream_id, json_object_get_int_member_with_default (data, "mline", pad->mline),
      json_object_get_string_member_with_default (data, "label", pad->label),
      json_object_get_string_member_with_default (data, "direction", pad->direction),
      participants ? participants : pad->participants);
}

/* The name of the template for a stream called @name, or NULL. */
static const gchar *
find_template (const gchar *name)
{
  static const gchar *const templates[] = {"audio_%u", "video_%u", "screen_%u"};

  for (guint i = 0; i < G_N_ELEMENTS (templates); i++) {
    if (strncmp (name, templates[i], strchr (templates[i], '_') - templates[i] + 1) == 0)
      return templates[i];
  }
  return NULL;
}

void
gst_siprec_src_add_stream (GstSiprecSrc *self, SiprecEvent *event)
{
  JsonObject *data = event->data;
  const gchar *name = json_object_get_string_member_with_default (data, "stream", "");
  g_autoptr (SiprecFormat) format = NULL;
  g_autoptr (SiprecStream) silence = NULL;
  g_autoptr (GstSiprecSrcPad) pad = find_pad (self, name);
  gboolean filler = FALSE;
  const gchar *templ;

  templ = find_template (name);
  if (!event->stream || !templ) {
    GST_INFO_OBJECT (self, "no pad for stream \"%s\"", name);
    return;
  }
  format = siprec_stream_get_codec (event->stream);
  if (!format) {
    GST_WARNING_OBJECT (self, "stream \"%s\" has no format", name);
    return;
  }
  if (pad && (pad->removed || g_atomic_int_get (&pad->over))) {
    gst_siprec_src_remove_pad (self, pad);
    g_clear_object (&pad);
    if (gst_siprec_src_is_stopped (self))
      return;
  }
  if (pad)
    silence = gst_siprec_src_pad_last_stream (pad, &filler);
  else
    pad = gst_object_ref (new_pad (self, templ, name));
  pad->is_video = format->is_video;
  describe (self, pad, data);
  if (gst_siprec_src_is_stopped (self))
    return;
  feed_pad (self, pad, siprec_stream_ref (event->stream), FALSE, format, data);
  /* Only now: the pad must not run out of feeds meanwhile. */
  if (silence && filler)
    siprec_stream_end (silence, siprec_stream_get_position (event->stream));
  if (!self->audio_format && !format->is_video)
    self->audio_format = siprec_format_ref (format);
  if (self->settled)
    add_fresh_pads (self);
}

/* The codec may be another one after a re-INVITE; silence after the session is of the same kind. */
static void
follow_codec (GstSiprecSrcPad *pad)
{
  gboolean filler;
  g_autoptr (SiprecStream) stream = gst_siprec_src_pad_last_stream (pad, &filler);
  SiprecFormat *codec = stream && !filler ? siprec_stream_get_codec (stream) : NULL;

  if (!codec)
    return;
  siprec_format_unref (pad->filler_format);
  pad->filler_format = codec;
}

void
gst_siprec_src_update_stream (GstSiprecSrc *self, SiprecEvent *event)
{
  const gchar *name = json_object_get_string_member_with_default (event->data, "stream", "");
  g_autoptr (GstSiprecSrcPad) pad = find_pad (self, name);
  GstEvent *tags;

  if (!pad)
    return;
  follow_codec (pad);
  describe (self, pad, event->data);
  if (!json_object_has_member (event->data, "participants"))
    return;
  tags = gst_siprec_src_new_tags (event->data);
  if (tags)
    gst_siprec_src_pad_update (pad, tags);
  gst_siprec_src_pad_update (pad, gst_siprec_src_new_stream_info (self, name, event->data));
}

void
gst_siprec_src_remove_stream (GstSiprecSrc *self, SiprecEvent *event)
{
  const gchar *name = json_object_get_string_member_with_default (event->data, "stream", "");
  g_autoptr (GstSiprecSrcPad) pad = find_pad (self, name);

  if (!pad)
    return;
  pad->removed = TRUE;
  gst_siprec_src_pad_set_eos_wanted (pad, TRUE);
}

void
gst_siprec_src_add_record (GstSiprecSrc *self, SiprecEvent *event)
{
  if (self->metadata_pad)
    gst_siprec_src_pad_add_record (self->metadata_pad, event);
  else
    g_queue_push_tail (&self->held_records, siprec_event_ref (event));
}

/* The oldest that the fresh pads will give, or the session's start: the zero of the timeline. What has been
 * waiting for longer than streams keep it isn't there any more. */
static GstClockTime
find_zero (GstSiprecSrc *self)
{
  GstClockTime zero = GST_CLOCK_TIME_NONE, now = siprec_context_now ();

  for (guint i = 0; i < self->fresh_pads->len; i++) {
    gboolean filler;
    g_autoptr (SiprecStream) stream =
        gst_siprec_src_pad_current_stream (g_ptr_array_index (self->fresh_pads, i), &filler);

    zero = MIN (zero, siprec_stream_get_position (stream));
  }
  if (zero == GST_CLOCK_TIME_NONE && self->session)
    zero = siprec_session_get_start (self->session);
  if (zero == GST_CLOCK_TIME_NONE)
    return now;
  return MAX (zero, now - SIPREC_BACKLOG);
}

/* Pads of one kind up to @n that the session lacks: silent ones, or without a picture. */
static void
add_absent_pads (GstSiprecSrc *self, const gchar *templ, guint n, SiprecFormat *format,
                 GstClockTime zero)
{
  for (guint i = 0; i < n; i++) {
    g_autofree gchar *name =
        g_strdup_printf ("%.*s_%u", (int)(strchr (templ, '_') - templ), templ, i);
    g_autoptr (GstSiprecSrcPad) known = find_pad (self, name);
    GstSiprecSrcPad *pad;

    if (known)
      continue;
    pad = new_pad (self, templ, name);
    pad->is_video = format->is_video;
    feed_silence (self, pad, format, zero);
  }
}

static void
add_all_absent_pads (GstSiprecSrc *self, guint audio_pads, GstClockTime zero)
{
  g_autoptr (SiprecFormat) pcmu = siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL);
  g_autoptr (SiprecFormat) video = siprec_format_new ("video", 96, "VP8", 90000, 0, NULL);

  add_absent_pads (self, "audio_%u", audio_pads, self->audio_format ? self->audio_format : pcmu,
                   zero);
  add_absent_pads (self, "video_%u", self->settings.video_pads, video, zero);
  add_absent_pads (self, "screen_%u", self->settings.screen_pads, video, zero);
}

static void
make_metadata_pad (GstSiprecSrc *self)
{
  GstSiprecSrcTime time;
  SiprecEvent *event;

  self->metadata_pad = new_pad (self, METADATA_PAD, METADATA_PAD);
  gst_siprec_src_get_time (self, &time);
  self->metadata_pad->position = time.zero_floor;
  self->metadata_pad->is_metadata = TRUE;
  /* It has no stream whose end is its own: gst_siprec_src_finish_pads() says when. */
  self->metadata_pad->eos_wanted = FALSE;
  while ((event = g_queue_pop_head (&self->held_records))) {
    gst_siprec_src_pad_add_record (self->metadata_pad, event);
    siprec_event_unref (event);
  }
}

/* A session that has no stream yet may still get some: only then, or at its end, all first pads are there. */
static void
complete_pads (GstSiprecSrc *self)
{
  gboolean only_metadata = self->pads->len == 1;

  if (self->complete || gst_siprec_src_is_stopped (self) || (only_metadata && !self->session_over))
    return;
  self->complete = TRUE;
  gst_element_no_more_pads (GST_ELEMENT (self));
}

void
gst_siprec_src_settle_pads (GstSiprecSrc *self, guint audio_pads)
{
  GstSiprecSrcTime time;
  GstClockTime zero;

  if (self->settled) {
    complete_pads (self);
    return;
  }
  self->settled = TRUE;
  zero = find_zero (self);
  /* The pads that stay from one session to the next keep their timeline. */
  if (self->pads->len == 0)
    gst_siprec_src_time_begin (self, zero);
  gst_siprec_src_get_time (self, &time);
  self->zero = gst_siprec_src_time_to_running (&time, zero);
  add_all_absent_pads (self, audio_pads, zero);
  if (!self->metadata_pad)
    make_metadata_pad (self);
  add_fresh_pads (self);
  complete_pads (self);
}

void
gst_siprec_src_finish_pads (GstSiprecSrc *self, GstClockTime end, gboolean eos)
{
  g_autoptr (GPtrArray) pads = gst_siprec_src_get_pads (self);

  for (guint i = 0; i < pads->len && !gst_siprec_src_is_stopped (self); i++) {
    GstSiprecSrcPad *pad = g_ptr_array_index (pads, i);
    gboolean filler;
    g_autoptr (SiprecStream) last = gst_siprec_src_pad_last_stream (pad, &filler);

    if (pad->removed)
      continue;
    if (eos) {
      end_silence (pad, end);
      gst_siprec_src_pad_set_eos_wanted (pad, TRUE);
    } else if (!pad->is_metadata && !(last && filler)) {
      feed_silence (self, pad, pad->filler_format, end);
    }
  }
}

void
gst_siprec_src_remove_pads (GstSiprecSrc *self)
{
  while (self->pads->len > 0)
    gst_siprec_src_remove_pad (self, g_ptr_array_index (self->pads, self->pads->len - 1));
  g_ptr_array_set_size (self->fresh_pads, 0);
  g_queue_clear_full (&self->held_records, (GDestroyNotify)siprec_event_unref);
  g_clear_pointer (&self->audio_format, siprec_format_unref);
  self->metadata_pad = NULL;
  self->settled = self->complete = self->failed = FALSE;
}
