/* gst-siprec: the media that a pad of siprecsrc gives, feed after feed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "siprec-core/media/silence.h"

/* Units taken from a stream at once: a pad that has fallen behind must not keep the others of its session
 * waiting. Of one whose branch is slow only one is taken, or the others would fall behind as well. */
#define BATCH 16
#define SLOW  (10 * G_TIME_SPAN_MILLISECOND)

GstSiprecFeed *
gst_siprec_feed_new (SiprecStream *stream, gboolean filler)
{
  GstSiprecFeed *feed = g_new0 (GstSiprecFeed, 1);

  feed->stream = stream;
  feed->filler = filler;
  g_queue_init (&feed->events);
  return feed;
}

void
gst_siprec_feed_free (GstSiprecFeed *feed)
{
  siprec_stream_release (feed->stream);
  siprec_stream_unref (feed->stream);
  g_queue_clear_full (&feed->events, (GDestroyNotify)gst_event_unref);
  g_clear_pointer (&feed->lead_format, siprec_format_unref);
  g_free (feed);
}

void
gst_siprec_src_pad_add_feed (GstSiprecSrcPad *pad, GstSiprecFeed *feed)
{
  GST_OBJECT_LOCK (pad);
  g_queue_push_tail (&pad->feeds, feed);
  gst_siprec_src_pad_wake (pad);
  GST_OBJECT_UNLOCK (pad);
}

void
gst_siprec_src_pad_set_lead (GstSiprecSrcPad *pad, SiprecFormat *format, GstClockTime zero)
{
  GstSiprecFeed *feed = g_queue_peek_head (&pad->feeds);

  if (!feed || feed->filler)
    return;
  feed->lead_format = siprec_format_ref (format);
  feed->lead = zero;
}

static SiprecStream *
get_stream (GstSiprecFeed *feed, gboolean *filler)
{
  *filler = feed && feed->filler;
  return feed ? siprec_stream_ref (feed->stream) : NULL;
}

SiprecStream *
gst_siprec_src_pad_current_stream (GstSiprecSrcPad *pad, gboolean *filler)
{
  SiprecStream *stream;

  GST_OBJECT_LOCK (pad);
  stream = get_stream (g_queue_peek_head (&pad->feeds), filler);
  GST_OBJECT_UNLOCK (pad);
  return stream;
}

SiprecStream *
gst_siprec_src_pad_last_stream (GstSiprecSrcPad *pad, gboolean *filler)
{
  SiprecStream *stream;

  GST_OBJECT_LOCK (pad);
  stream = get_stream (g_queue_peek_tail (&pad->feeds), filler);
  GST_OBJECT_UNLOCK (pad);
  return stream;
}

void
gst_siprec_src_pad_go_on (GstSiprecSrcPad *pad)
{
  gboolean filler;
  g_autoptr (SiprecStream) stream = gst_siprec_src_pad_current_stream (pad, &filler);

  if (stream)
    siprec_stream_go_on (stream);
}

/* For g_queue_find_custom(): 0 if @b makes @a obsolete. The name tells the scope of tags. */
static gint
compare_kind (gconstpointer a, gconstpointer b)
{
  const GstStructure *structure = gst_event_get_structure ((GstEvent *)b);

  return GST_EVENT_TYPE (a) != GST_EVENT_TYPE (b) ||
         !gst_event_has_name ((GstEvent *)a, gst_structure_get_name (structure));
}

void
gst_siprec_src_pad_update (GstSiprecSrcPad *pad, GstEvent *event)
{
  GList *obsolete;

  GST_OBJECT_LOCK (pad);
  obsolete = g_queue_find_custom (&pad->updates, event, compare_kind);
  if (obsolete) {
    gst_event_unref (obsolete->data);
    g_queue_delete_link (&pad->updates, obsolete);
  }
  g_queue_push_tail (&pad->updates, event);
  g_atomic_int_set (&pad->updated, TRUE);
  GST_OBJECT_UNLOCK (pad);
}

/* Whether EOS is due now that there is no feed. */
static gboolean
ends (GstSiprecSrcPad *pad)
{
  gboolean wanted;

  GST_OBJECT_LOCK (pad);
  wanted = pad->eos_wanted && g_queue_is_empty (&pad->feeds);
  GST_OBJECT_UNLOCK (pad);
  return wanted;
}

/* FALSE if there is none. */
static gboolean
push_event (GstSiprecSrcPad *pad, GQueue *events)
{
  GstEvent *event;

  GST_OBJECT_LOCK (pad);
  event = g_queue_pop_head (events);
  GST_OBJECT_UNLOCK (pad);
  if (event)
    gst_siprec_src_pad_push_event (pad, event);
  return event != NULL;
}

static void
push_events (GstSiprecSrcPad *pad, GQueue *events)
{
  while (push_event (pad, events))
    continue;
}

void
gst_siprec_src_pad_introduce (GstSiprecSrcPad *pad)
{
  GstSiprecFeed *feed;

  if (pad->introduced)
    return;
  GST_OBJECT_LOCK (pad);
  feed = g_queue_peek_head (&pad->feeds);
  GST_OBJECT_UNLOCK (pad);
  if (!feed)
    return;
  pad->introduced = TRUE;
  /* The order is stream-start, caps, segment, and what it is only a picture tells. */
  pad->awaits_caps = pad->is_video && !pad->raw;
  if (pad->awaits_caps)
    push_event (pad, &feed->events);
  else
    push_events (pad, &feed->events);
}

void
gst_siprec_src_pad_complete_introduction (GstSiprecSrcPad *pad, GstCaps *caps)
{
  GstSiprecFeed *feed = g_queue_peek_head (&pad->feeds);

  if (caps)
    gst_siprec_src_pad_push_event (pad, gst_event_new_caps (caps));
  if (pad->awaits_caps && feed)
    push_events (pad, &feed->events);
  pad->awaits_caps = FALSE;
}

gboolean
gst_siprec_src_pad_wait_media (GstSiprecSrcPad *pad)
{
  g_autoptr (SiprecStream) stream = NULL;
  gboolean flushing;

  GST_OBJECT_LOCK (pad);
  while (!pad->flushing && g_queue_is_empty (&pad->feeds) && !pad->eos_wanted)
    g_cond_wait (&pad->arrived, GST_OBJECT_GET_LOCK (pad));
  flushing = pad->flushing;
  if (!flushing && !g_queue_is_empty (&pad->feeds)) {
    GstSiprecFeed *feed = g_queue_peek_head (&pad->feeds);

    stream = siprec_stream_ref (feed->stream);
  }
  GST_OBJECT_UNLOCK (pad);

  return !flushing && (!stream || siprec_stream_wait (stream));
}

/* New caps if @format isn't what was pushed last. */
static void
follow_format (GstSiprecSrcPad *pad, SiprecFormat *format)
{
  g_autoptr (GstCaps) current = NULL;
  GstCaps *caps = pad->raw ? format->rtp_caps : format->caps;

  if (pad->format == format)
    return;
  g_clear_pointer (&pad->format, siprec_format_unref);
  pad->format = siprec_format_ref (format);
  current = gst_pad_get_current_caps (GST_PAD (pad));
  if (caps && (!current || !gst_caps_is_equal (current, caps)))
    gst_siprec_src_pad_push_event (pad, gst_event_new_caps (caps));
}

/* The last frame of a stream may reach beyond its end, into the feed that follows. FALSE if @unit is mostly
 * covered by it. */
static gboolean
make_way (GstSiprecSrcPad *pad, SiprecUnit *unit)
{
  GstClockTime covered = pad->seam > unit->time ? pad->seam - unit->time : 0;

  if (covered > unit->duration / 2)
    return FALSE;
  if (covered > 0) {
    unit->time += covered;
    unit->duration -= covered;
  }
  return TRUE;
}

static void
push_unit (GstSiprecSrcPad *pad, SiprecUnit *unit, const GstSiprecSrcTime *time)
{
  GstClockTime pts;
  GstBuffer *buffer;

  if (!pad->is_video && !make_way (pad, unit))
    return;
  pad->fed_until = unit->time + unit->duration;
  pts = gst_siprec_src_time_to_running (time, unit->time);
  if (unit->type == SIPREC_UNIT_GAP) {
    if (gst_siprec_src_pad_takes_gaps (pad))
      gst_siprec_src_pad_push_event (pad, gst_event_new_gap (pts, unit->duration));
    return;
  }
  if (unit->format->payload == SIPREC_PAYLOAD_VIDEO && !pad->raw) {
    gst_siprec_src_pad_push_packet (pad, unit, pts);
    return;
  }
  follow_format (pad, unit->format);
  buffer = gst_buffer_make_writable (g_steal_pointer (&unit->buffer));
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = unit->duration;
  gst_siprec_src_pad_push_buffer (pad, buffer);
}

/* The next piece of the feed's lead, up to @end (running time). FALSE if there was none. */
static gboolean
push_lead_piece (GstSiprecSrcPad *pad, GstSiprecFeed *feed, GstClockTime end)
{
  guint32 rate = feed->lead_format->clock_rate, made = 0;
  GstClockTime pts = feed->lead + gst_util_uint64_scale (feed->lead_units, GST_SECOND, rate);
  gboolean silent = !pad->raw && pad->src->settings.fill == SIPREC_FILL_SILENCE;
  guint64 units;
  GstBuffer *buffer = NULL;

  if (pts >= end)
    return FALSE;
  units = gst_util_uint64_scale (end - pts, rate, GST_SECOND);
  if (silent)
    buffer = siprec_silence_new (feed->lead_format, MIN (units, rate), &made);
  if (!buffer) {
    /* What has no silence is a gap as a whole; so is what is less than a grain of it. */
    gst_siprec_src_pad_push_event (pad, gst_event_new_gap (pts, end - pts));
    return FALSE;
  }
  follow_format (pad, feed->lead_format);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (made, GST_SECOND, rate);
  feed->lead_units += made;
  gst_siprec_src_pad_push_buffer (pad, buffer);
  return TRUE;
}

/* What a stream that began later than its session lacks: its files begin with the others. FALSE when that is
 * done, or can't be done now. */
static gboolean
push_lead (GstSiprecSrcPad *pad)
{
  GstSiprecFeed *feed = g_queue_peek_head (&pad->feeds);
  GstSiprecSrcTime time;
  GstClockTime end;

  if (!feed->lead_format || !gst_siprec_src_get_time (pad->src, &time))
    return FALSE;
  end = gst_siprec_src_time_to_running (&time, siprec_stream_get_position (feed->stream));
  for (guint i = 0; i < BATCH; i++) {
    if (!push_lead_piece (pad, feed, end)) {
      g_clear_pointer (&feed->lead_format, siprec_format_unref);
      return FALSE;
    }
  }
  return TRUE;
}

/* The current feed is over; the next one, or EOS, comes with the next round. */
static void
finish_feed (GstSiprecSrcPad *pad)
{
  GstSiprecFeed *feed = g_queue_peek_head (&pad->feeds);
  GstStructure *stats = siprec_stream_get_stats (feed->stream);

  gst_siprec_src_pad_complete_introduction (pad, NULL);
  GST_OBJECT_LOCK (pad);
  g_queue_pop_head (&pad->feeds);
  if (!feed->filler) {
    gst_clear_structure (&pad->final_stats);
    pad->final_stats = g_steal_pointer (&stats);
  }
  GST_OBJECT_UNLOCK (pad);
  gst_clear_structure (&stats);
  gst_siprec_feed_free (feed);
  g_clear_pointer (&pad->stream, siprec_stream_unref);
  pad->introduced = FALSE;
  pad->seam = pad->fed_until;
}

/* Keeps units that were popped for another consumer. FALSE if that can't be. */
static gboolean
give_back (GstSiprecSrcPad *pad, SiprecUnit *units, guint n)
{
  GstSiprecSrcTime time;

  if (!siprec_stream_give_back (pad->stream, units, n))
    return FALSE;
  /* Who made it flow again since we looked has said so already, and won't twice. */
  if (gst_siprec_src_get_time (pad->src, &time) && !gst_siprec_src_pad_is_stopped (pad))
    siprec_stream_go_on (pad->stream);
  return TRUE;
}

/* Pushes units that were popped, or drops them: a live source does so with what comes while it is paused. But if
 * another pipeline may take the session over, what this one takes no more is for that. */
static void
push_units (GstSiprecSrcPad *pad, SiprecUnit *units, guint n)
{
  gboolean detaches = pad->src->settings.session_detach;
  GstSiprecSrcTime time;
  gboolean playing = gst_siprec_src_get_time (pad->src, &time);

  for (guint i = 0; i < n; i++) {
    if (detaches) {
      playing = gst_siprec_src_get_time (pad->src, &time);
      if ((!playing || gst_siprec_src_pad_is_stopped (pad)) && give_back (pad, units + i, n - i))
        return;
    }
    if (units[i].type == SIPREC_UNIT_END)
      finish_feed (pad);
    else if (playing && units[i].time >= time.not_before)
      push_unit (pad, &units[i], &time);
    else
      pad->discont = pad->discont_packets = TRUE;
    siprec_unit_clear (&units[i]);
  }
}

GstSiprecRound
gst_siprec_src_pad_drain_media (GstSiprecSrcPad *pad)
{
  guint n, batch = pad->slow ? 1 : BATCH;
  SiprecUnit units[BATCH];
  gboolean filler;
  gint64 start;

  if (!pad->stream)
    pad->stream = gst_siprec_src_pad_current_stream (pad, &filler);
  if (!pad->stream) {
    if (!ends (pad))
      return GST_SIPREC_ROUND_EMPTY;
    gst_siprec_src_pad_push_eos (pad);
    return GST_SIPREC_ROUND_OVER;
  }
  gst_siprec_src_pad_introduce (pad);
  if (!pad->awaits_caps && g_atomic_int_get (&pad->updated)) {
    g_atomic_int_set (&pad->updated, FALSE);
    push_events (pad, &pad->updates);
  }
  if (push_lead (pad))
    return GST_SIPREC_ROUND_MORE;

  n = siprec_stream_pop (pad->stream, units, batch);
  if (n < batch && !pad->slow) {
    push_units (pad, units, n);
  } else {
    /* It lags, or did so a moment ago: is it the branch's fault? */
    start = g_get_monotonic_time ();
    push_units (pad, units, n);
    pad->slow = g_get_monotonic_time () - start > MAX (n, 1) * SLOW;
  }
  return n == batch || !pad->introduced ? GST_SIPREC_ROUND_MORE : GST_SIPREC_ROUND_EMPTY;
}
