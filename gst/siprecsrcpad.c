/* gst-siprec: the pad type of siprecsrc: what it tells, queries, activation
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "siprec-core/rtp/context.h"

G_DEFINE_TYPE (GstSiprecSrcPad, gst_siprec_src_pad, GST_TYPE_PAD)

enum {
  PROP_0,
  PROP_LABEL,
  PROP_STREAM_ID,
  PROP_MLINE,
  PROP_MEDIA_DIRECTION,
  PROP_PARTICIPANTS,
  PROP_STATS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstSiprecSrcPad *self = GST_SIPREC_SRC_PAD (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, gst_siprec_src_pad_get_stats (self));
    return;
  }

  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_LABEL:
    g_value_set_string (value, self->label);
    break;
  case PROP_STREAM_ID:
    g_value_set_string (value, self->stream_id);
    break;
  case PROP_MLINE:
    g_value_set_int (value, self->mline);
    break;
  case PROP_MEDIA_DIRECTION:
    g_value_set_string (value, self->direction);
    break;
  case PROP_PARTICIPANTS:
    g_value_set_string (value, self->participants);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* Replaces a string that the application may read, and notifies. */
static void
set_string (GstSiprecSrcPad *self, gchar **field, const gchar *value, guint prop)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = g_strcmp0 (*field, value) != 0;
  if (changed) {
    g_free (*field);
    *field = g_strdup (value);
  }
  GST_OBJECT_UNLOCK (self);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

void
gst_siprec_src_pad_describe (GstSiprecSrcPad *self, const gchar *stream_id, gint mline,
                             const gchar *label, const gchar *direction, const gchar *participants)
{
  gboolean moved;

  GST_OBJECT_LOCK (self);
  moved = self->mline != mline;
  self->mline = mline;
  GST_OBJECT_UNLOCK (self);
  if (moved)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MLINE]);
  set_string (self, &self->stream_id, stream_id, PROP_STREAM_ID);
  set_string (self, &self->label, label, PROP_LABEL);
  set_string (self, &self->direction, direction, PROP_MEDIA_DIRECTION);
  set_string (self, &self->participants, participants, PROP_PARTICIPANTS);
}

GstStructure *
gst_siprec_src_pad_get_stats (GstSiprecSrcPad *self)
{
  gboolean filler;
  g_autoptr (SiprecStream) stream = gst_siprec_src_pad_current_stream (self, &filler);
  GstStructure *stats = stream && !filler ? siprec_stream_get_stats (stream) : NULL;

  GST_OBJECT_LOCK (self);
  if (!stats)
    stats = self->final_stats ? gst_structure_copy (self->final_stats)
                              : gst_structure_new_empty ("application/x-siprec-stats");
  gst_structure_set (stats, "pad", G_TYPE_STRING, GST_OBJECT_NAME (self), "label", G_TYPE_STRING,
                     self->label, "buffers-pushed", G_TYPE_UINT64, self->num_pushed,
                     "buffers-unlinked", G_TYPE_UINT64, self->num_unlinked, NULL);
  if (self->is_metadata)
    gst_structure_set (stats, "events-dropped", G_TYPE_UINT64, self->num_records_dropped, NULL);
  GST_OBJECT_UNLOCK (self);
  return stats;
}

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstSiprecSrcPad *self = GST_SIPREC_SRC_PAD (pad);
  GstFormat format;
  GstClockTime position;

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_LATENCY:
    gst_siprec_src_answer_latency (self->src, self->raw, query);
    return TRUE;
  case GST_QUERY_POSITION:
    gst_query_parse_position (query, &format, NULL);
    if (format != GST_FORMAT_TIME)
      return FALSE;
    GST_OBJECT_LOCK (self);
    position = self->position;
    GST_OBJECT_UNLOCK (self);
    gst_query_set_position (query, GST_FORMAT_TIME, position);
    return TRUE;
  case GST_QUERY_DURATION:
    return FALSE;
  case GST_QUERY_SCHEDULING:
    gst_query_set_scheduling (query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1, 0);
    gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
    return TRUE;
  case GST_QUERY_SEGMENT:
    gst_query_set_segment (query, 1.0, GST_FORMAT_TIME, 0, -1);
    return TRUE;
  case GST_QUERY_SEEKING:
    gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
    gst_query_set_seeking (query, format, FALSE, 0, -1);
    return TRUE;
  default:
    return gst_pad_query_default (pad, parent, query);
  }
}

/* A muxer wants to begin a fragment, or a decoder has lost its way. */
static void
request_key_frame (GstSiprecSrcPad *self)
{
  gboolean filler;
  g_autoptr (SiprecStream) stream = gst_siprec_src_pad_current_stream (self, &filler);

  if (stream && !filler)
    siprec_stream_request_key_frame (stream);
}

/* A pusher that waits goes, or may wait again. */
static void
set_flushing (GstSiprecSrcPad *self, gboolean flushing)
{
  GstSiprecFeed *feed;

  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  feed = g_queue_peek_head (&self->feeds);
  /* A leaf's lock within a leaf's: the stream takes none of ours. */
  if (feed)
    siprec_stream_set_flushing (feed->stream, flushing);
  g_cond_broadcast (&self->arrived);
  GST_OBJECT_UNLOCK (self);
}

/* What flushes a pad takes its segment away, which what comes next needs. */
static void
restore_segment (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autoptr (GstEvent) segment = gst_siprec_src_new_segment ();

  /* Otherwise its introduction isn't over. */
  if (caps)
    gst_pad_store_sticky_event (pad, segment);
}

static gboolean
event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstSiprecSrcPad *self = GST_SIPREC_SRC_PAD (pad);
  gboolean taken;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CUSTOM_UPSTREAM:
    taken = self->is_video && gst_event_has_name (event, "GstForceKeyUnit");
    if (taken)
      request_key_frame (self);
    break;
  case GST_EVENT_FLUSH_STOP:
    restore_segment (pad);
    set_flushing (self, FALSE);
    if (g_atomic_int_get (&self->started))
      gst_siprec_src_pad_start (self);
    taken = TRUE;
    break;
  case GST_EVENT_FLUSH_START:
    /* Its task must not wait with the stream lock held, for which FLUSH_STOP waits. */
    set_flushing (self, TRUE);
    taken = TRUE;
    break;
  case GST_EVENT_LATENCY:
  case GST_EVENT_RECONFIGURE:
  case GST_EVENT_QOS:
    taken = TRUE;
    break;
  default:
    /* There is nowhere to seek to in a call that is being held. */
    taken = FALSE;
    break;
  }
  gst_event_unref (event);
  return taken;
}

/* A branch that is linked anew gets data again, whatever became of the one before it. */
static GstPadLinkReturn
linked (GstPad *pad, GstObject *parent, GstPad *peer)
{
  GstSiprecSrcPad *self = GST_SIPREC_SRC_PAD (pad);

  GST_OBJECT_LOCK (self);
  self->n_links++;
  g_atomic_int_set (&self->flow, GST_FLOW_OK);
  GST_OBJECT_UNLOCK (self);
  gst_siprec_src_pad_go_on (self);
  return GST_PAD_LINK_OK;
}

static gboolean
activate_mode (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstSiprecSrcPad *self = GST_SIPREC_SRC_PAD (pad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;

  set_flushing (self, !active);

  if (active)
    return TRUE;
  /* Both wait for a push under way. A pad is not activated again. */
  if (self->strand)
    siprec_strand_stop (self->strand);
  return gst_pad_stop_task (pad);
}

GstSiprecSrcPad *
gst_siprec_src_pad_new (GstPadTemplate *templ, const gchar *name, GstSiprecSrc *src,
                        SiprecPool *pushers)
{
  GstSiprecSrcPad *self = g_object_new (GST_TYPE_SIPREC_SRC_PAD, "name", name, "direction",
                                        GST_PAD_SRC, "template", templ, NULL);

  self->src = src;
  self->control = siprec_strand_ref (src->control);
  if (pushers) {
    self->strand = siprec_strand_new (pushers, gst_siprec_src_pad_run, self);
    siprec_strand_set_warm (self->strand, sizeof (*self));
  }
  return self;
}

void
gst_siprec_src_pad_clear (GstSiprecSrcPad *self)
{
  GQueue feeds, updates, records;

  GST_OBJECT_LOCK (self);
  feeds = self->feeds;
  updates = self->updates;
  records = self->records;
  g_queue_init (&self->feeds);
  g_queue_init (&self->updates);
  g_queue_init (&self->records);
  GST_OBJECT_UNLOCK (self);

  g_queue_clear_full (&feeds, (GDestroyNotify)gst_siprec_feed_free);
  g_queue_clear_full (&updates, (GDestroyNotify)gst_event_unref);
  g_queue_clear_full (&records, (GDestroyNotify)siprec_event_unref);
}

static void
finalize (GObject *object)
{
  GstSiprecSrcPad *self = GST_SIPREC_SRC_PAD (object);

  /* A pad that was never added has not been deactivated either. */
  if (self->strand)
    siprec_strand_stop (self->strand);
  gst_siprec_src_pad_clear (self);
  siprec_strand_unref (self->control);
  g_clear_pointer (&self->strand, siprec_strand_unref);
  g_clear_pointer (&self->stream_id, g_free);
  g_clear_pointer (&self->label, g_free);
  g_clear_pointer (&self->direction, g_free);
  g_clear_pointer (&self->participants, g_free);
  g_clear_pointer (&self->filler_format, siprec_format_unref);
  g_clear_pointer (&self->stream, siprec_stream_unref);
  g_clear_pointer (&self->video, gst_siprec_video_free);
  g_clear_pointer (&self->captioner, gst_siprec_captioner_free);
  gst_clear_structure (&self->final_stats);
  g_clear_pointer (&self->format, siprec_format_unref);
  g_cond_clear (&self->arrived);
  G_OBJECT_CLASS (gst_siprec_src_pad_parent_class)->finalize (object);
}

static void
gst_siprec_src_pad_init (GstSiprecSrcPad *self)
{
  GstPad *pad = GST_PAD (self);

  self->mline = -1;
  self->discont = TRUE;
  g_queue_init (&self->feeds);
  g_queue_init (&self->updates);
  g_queue_init (&self->records);
  g_cond_init (&self->arrived);
  gst_pad_use_fixed_caps (pad);
  gst_pad_set_query_function (pad, query);
  gst_pad_set_event_function (pad, event);
  gst_pad_set_link_function (pad, linked);
  gst_pad_set_activatemode_function (pad, activate_mode);
}

static void
gst_siprec_src_pad_class_init (GstSiprecSrcPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags told = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = get_property;
  object_class->finalize = finalize;

  props[PROP_LABEL] = g_param_spec_string (
      "label", "Label", "a=label of the m-line, which metadata refers to", NULL, told);
  props[PROP_STREAM_ID] =
      g_param_spec_string ("stream-id", "Stream ID",
                           "Session id and pad name, as in the stream-start event", NULL, told);
  props[PROP_MLINE] = g_param_spec_int (
      "mline", "M-line",
      "Place of the m-line in the SDP, from 0; -1 for a pad that the session lacks", -1, G_MAXINT,
      -1, told);
  props[PROP_MEDIA_DIRECTION] = g_param_spec_string (
      "media-direction", "Media direction",
      "Direction that the peer offered last: sendonly, inactive (on hold), sendrecv or recvonly",
      NULL, told);
  props[PROP_PARTICIPANTS] = g_param_spec_string (
      "participants", "Participants",
      "JSON array of those who are heard on it: objects with id, name, aors and guessed", NULL,
      told);
  props[PROP_STATS] =
      g_param_spec_boxed ("stats", "Statistics",
                          "What was received, with the field names of rtpjitterbuffer, and pushed",
                          GST_TYPE_STRUCTURE, told);
  g_object_class_install_properties (object_class, N_PROPS, props);
}
