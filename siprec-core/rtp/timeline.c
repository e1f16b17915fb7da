/* The unbroken timeline of a stream: where each frame goes, and what fills the holes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "timeline.h"

#include "../media/silence.h"

/* Position and frames may differ by this much without anybody hearing it; less is left alone. */
#define DEAD_BAND (2 * (gint64)GST_MSECOND)
#define IN_TUNE   (GST_MSECOND / 4)

/* A difference is worked off by 1/100 of each frame's length: more than the clock ever moves. */
#define SLEW 100

/* Frames that disagree by half a frame, at least by this, are placed by their time. */
#define MIN_SNAP (10 * (gint64)GST_MSECOND)

/* Raw packets this far apart or less are taken as regular ones. */
#define MAX_SPACING (200 * GST_MSECOND)

static gint64
to_ns (const SiprecTimeline *timeline, gint64 units)
{
  if (units < 0)
    return -(gint64)gst_util_uint64_scale (-units, GST_SECOND, timeline->rate);
  return gst_util_uint64_scale (units, GST_SECOND, timeline->rate);
}

static gint64
to_units (const SiprecTimeline *timeline, gint64 ns)
{
  if (ns < 0)
    return -(gint64)gst_util_uint64_scale_round (-ns, timeline->rate, GST_SECOND);
  return gst_util_uint64_scale_round (ns, timeline->rate, GST_SECOND);
}

GstClockTime
siprec_timeline_get_position (const SiprecTimeline *timeline)
{
  return timeline->anchor + to_ns (timeline, timeline->units);
}

/* Counts in units of @rate from now on. */
static void
set_rate (SiprecTimeline *timeline, guint32 rate)
{
  if (timeline->rate == rate)
    return;
  timeline->anchor = siprec_timeline_get_position (timeline);
  timeline->units = 0;
  timeline->rate = rate;
  timeline->locked = FALSE;
}

void
siprec_timeline_init (SiprecTimeline *timeline, GstClockTime start)
{
  timeline->start = timeline->anchor = timeline->floor = timeline->received = start;
  timeline->end = GST_CLOCK_TIME_NONE;
  timeline->units = 0;
  timeline->debt = 0;
  timeline->discont = TRUE;
  if (timeline->rate == 0)
    timeline->rate = GST_SECOND;
}

void
siprec_timeline_clear (SiprecTimeline *timeline)
{
  siprec_joiner_clear (&timeline->joiner);
  g_clear_pointer (&timeline->format, siprec_format_unref);
}

void
siprec_timeline_configure (SiprecTimeline *timeline, SiprecFill fill, gboolean raw,
                           GstClockTime buffer_duration)
{
  timeline->fill = fill;
  timeline->raw = raw;
  /* Packets stay apart. */
  timeline->joiner.wanted = raw ? 0 : buffer_duration;
}

void
siprec_timeline_set_format (SiprecTimeline *timeline, SiprecFormat *format)
{
  if (timeline->format == format)
    return;
  siprec_format_ref (format);
  g_clear_pointer (&timeline->format, siprec_format_unref);
  timeline->format = format;
  set_rate (timeline, siprec_format_is_packets (format) ? GST_SECOND : format->clock_rate);
}

void
siprec_timeline_unlock (SiprecTimeline *timeline)
{
  timeline->locked = timeline->raw_known = FALSE;
}

void
siprec_timeline_mark_discont (SiprecTimeline *timeline)
{
  timeline->discont = TRUE;
}

static void
move (SiprecTimeline *timeline, gint64 units)
{
  timeline->units += units;
  timeline->timestamp += units;
}

/* Gives @buffer out at the position; it lasts @units, stretched by @stretch ns. */
static void
give (SiprecTimeline *timeline, GstBuffer *buffer, guint32 units, gint64 stretch,
      GstClockTime reference, GArray *out)
{
  GstClockTime time = siprec_timeline_get_position (timeline);

  move (timeline, units);
  timeline->anchor += stretch;
  timeline->debt += stretch;
  siprec_joiner_push (&timeline->joiner, buffer, timeline->format, time,
                      siprec_timeline_get_position (timeline) - time, reference, out);
}

static void
give_gap (SiprecTimeline *timeline, gint64 units, GArray *out)
{
  GstClockTime time = siprec_timeline_get_position (timeline);

  move (timeline, units);
  siprec_joiner_flush (&timeline->joiner, out);
  siprec_unit_append_gap (out, time, siprec_timeline_get_position (timeline) - time);
  timeline->filled++;
}

/* The units that filler comes in; 0 if it is a gap of any length. */
static gint64
get_grain (const SiprecTimeline *timeline)
{
  if (timeline->fill != SIPREC_FILL_SILENCE || timeline->raw || !timeline->format)
    return 0;
  return siprec_silence_get_grain (timeline->format);
}

/* How many units of silence are given for a hole of @units: as many as bring the samples next to the time, but for
 * a short hole no more than a quarter off. */
static gint64
get_silence (const SiprecTimeline *timeline, gint64 units, gint64 grain)
{
  gint64 debt = CLAMP (to_units (timeline, timeline->debt), -units / 4, units / 4);

  return (units + debt + grain / 2) / grain * grain;
}

/* Covers @units from the position on with silence; what its grains leave is spread over it. */
static void
give_silence (SiprecTimeline *timeline, gint64 units, gint64 grain, GArray *out)
{
  gint64 silence = get_silence (timeline, units, grain), left = silence;
  gint64 stretch = to_ns (timeline, units - silence);

  timeline->timestamp += units - silence;
  while (left > 0) {
    guint32 made = 0;
    GstBuffer *buffer =
        siprec_silence_new (timeline->format, MIN (left, timeline->rate / 50), &made);
    gint64 share = made < left ? stretch * made / left : stretch;

    give (timeline, buffer, made, share, GST_CLOCK_TIME_NONE, out);
    timeline->filled++;
    stretch -= share;
    left -= made;
  }
}

/* Covers @units from the position on. More silence than a consumer may lag behind isn't worth being made. */
static void
fill (SiprecTimeline *timeline, gint64 units, GArray *out)
{
  gint64 grain = get_grain (timeline);
  gint64 most = grain > 0 ? to_units (timeline, SIPREC_BACKLOG) : 0;

  if (units <= 0)
    return;
  timeline->after_media = FALSE;
  if (timeline->fill == SIPREC_FILL_NONE) {
    timeline->discont = TRUE;
    move (timeline, units);
    return;
  }
  if (units > most) {
    give_gap (timeline, units - most, out);
    units = most;
  }
  if (units == 0)
    return;
  if (get_silence (timeline, units, grain) > 0) {
    give_silence (timeline, units, grain, out);
  } else {
    timeline->debt += to_ns (timeline, units);
    give_gap (timeline, units, out);
  }
}

/* How far from the position @frame belongs, in units; @error is by how many ns its time
 * disagrees. */
static gint64
place (SiprecTimeline *timeline, const SiprecFrame *frame, gint64 *error)
{
  gint64 offset = (gint64)frame->time - (gint64)siprec_timeline_get_position (timeline);
  gint64 snap = MAX (to_ns (timeline, frame->duration) / 2, MIN_SNAP);
  gint64 distance;

  if (timeline->locked) {
    distance = frame->timestamp - timeline->timestamp;
    *error = offset - to_ns (timeline, distance);
    if (ABS (*error) <= snap) {
      /* In a hole nobody hears the correction. */
      if (distance > 0 && ABS (*error) > DEAD_BAND) {
        distance = MAX (distance + to_units (timeline, *error), 0);
        timeline->timestamp = frame->timestamp - distance;
        *error = 0;
      }
      return distance;
    }
  }

  *error = 0;
  distance = to_units (timeline, offset);
  if (timeline->after_media && ABS (offset) <= snap) {
    *error = offset;
    distance = 0;
  }
  timeline->locked = TRUE;
  timeline->timestamp = frame->timestamp - distance;
  return distance;
}

/* Octets that one unit of the RTP clock takes; 0 if the format can't be cut. */
static guint
get_unit_size (const SiprecFormat *format)
{
  switch (format->payload) {
  case SIPREC_PAYLOAD_PCMU:
  case SIPREC_PAYLOAD_PCMA:
    return format->channels;
  case SIPREC_PAYLOAD_L16:
    return 2 * format->channels;
  case SIPREC_PAYLOAD_G722:
    return format->clock_rate == 8000 ? 1 : 0;
  default:
    return 0;
  }
}

/* Removes the first @units of @frame, which are covered already. FALSE if nothing is left. */
static gboolean
cut_start (SiprecTimeline *timeline, SiprecFrame *frame, gint64 units)
{
  guint unit_size = get_unit_size (frame->format);

  if (frame->time >= timeline->start)
    timeline->late++;
  if (units >= frame->duration)
    return FALSE;
  if (unit_size > 0) {
    gst_buffer_resize (frame->buffer, units * unit_size, -1);
    frame->duration -= units;
    return TRUE;
  }
  if (units > frame->duration / 2 || frame->time < timeline->start)
    return FALSE;
  /* It can't be cut, and most of it is new: it goes to the position. */
  timeline->timestamp = frame->timestamp;
  return TRUE;
}

/* Removes what is beyond the end. FALSE if nothing is left. */
static gboolean
cut_end (SiprecTimeline *timeline, SiprecFrame *frame)
{
  guint unit_size = get_unit_size (frame->format);
  gint64 left;

  if (!GST_CLOCK_TIME_IS_VALID (timeline->end))
    return TRUE;
  left =
      to_units (timeline, (gint64)timeline->end - (gint64)siprec_timeline_get_position (timeline));
  if (left <= 0)
    return FALSE;
  if (unit_size > 0 && left < frame->duration) {
    gst_buffer_resize (frame->buffer, 0, left * unit_size);
    frame->duration = left;
  }
  return TRUE;
}

/* By how much the frame is stretched so that position and time meet. */
static gint64
get_stretch (SiprecTimeline *timeline, gint64 error, guint32 units)
{
  gint64 most = to_ns (timeline, units) / SLEW;

  if (ABS (error) > DEAD_BAND)
    timeline->slewing = TRUE;
  else if (ABS (error) < (gint64)IN_TUNE)
    timeline->slewing = FALSE;
  return timeline->slewing ? CLAMP (error, -most, most) : 0;
}

static void
push_media (SiprecTimeline *timeline, SiprecFrame *frame, GArray *out)
{
  gint64 distance, error;

  siprec_timeline_set_format (timeline, frame->format);
  set_rate (timeline, frame->format->clock_rate);
  distance = place (timeline, frame, &error);
  if (distance < 0 && !cut_start (timeline, frame, -distance))
    return;
  if (GST_CLOCK_TIME_IS_VALID (timeline->end))
    distance =
        MIN (distance, to_units (timeline, (gint64)timeline->end -
                                               (gint64)siprec_timeline_get_position (timeline)));
  fill (timeline, distance, out);
  if (!cut_end (timeline, frame))
    return;

  if (timeline->discont)
    GST_BUFFER_FLAG_SET (frame->buffer, GST_BUFFER_FLAG_DISCONT);
  timeline->discont = FALSE;
  timeline->after_media = TRUE;
  timeline->pushed++;
  give (timeline, g_steal_pointer (&frame->buffer), frame->duration,
        get_stretch (timeline, error, frame->duration), frame->reference, out);
}

/* Learns how far packets are apart from two in a row. */
static void
learn_spacing (SiprecTimeline *timeline, const SiprecFrame *frame)
{
  gint64 units = frame->timestamp - timeline->raw_timestamp;
  GstClockTime spacing;

  if (!timeline->raw_known || units <= 0 || frame->seq != timeline->raw_seq + 1)
    return;
  spacing = gst_util_uint64_scale (units, GST_SECOND, frame->format->clock_rate);
  if (spacing <= MAX_SPACING)
    timeline->spacing = spacing;
}

static void
push_raw (SiprecTimeline *timeline, SiprecFrame *frame, GArray *out)
{
  GstClockTime tolerance = timeline->spacing ? timeline->spacing / 2 : MAX_SPACING;
  GstClockTime position, duration = 0;

  siprec_timeline_set_format (timeline, frame->format);
  set_rate (timeline, GST_SECOND);
  if (frame->time < timeline->floor) {
    /* A picture that comes late is shown late: without it those that follow can't be decoded. */
    if (!frame->format->is_video &&
        (frame->time < timeline->start || timeline->floor - frame->time > tolerance)) {
      timeline->late += frame->time >= timeline->start;
      return;
    }
    frame->time = timeline->floor;
  }
  /* It came before the end, and can't be cut: what comes in a burst may be ahead of its time. */
  if (GST_CLOCK_TIME_IS_VALID (timeline->end))
    frame->time = MIN (frame->time, timeline->end);

  learn_spacing (timeline, frame);
  position = siprec_timeline_get_position (timeline);
  if (frame->time > position && (!timeline->after_media || frame->time - position > tolerance)) {
    fill (timeline, frame->time - position, out);
    timeline->floor = frame->time;
  }
  if (!timeline->raw_known || frame->timestamp != timeline->raw_timestamp)
    duration = timeline->spacing;
  timeline->raw_known = timeline->after_media = TRUE;
  timeline->raw_timestamp = frame->timestamp;
  timeline->raw_seq = frame->seq;
  timeline->anchor = MAX (siprec_timeline_get_position (timeline), frame->time + duration);
  timeline->units = 0;

  if (timeline->discont)
    GST_BUFFER_FLAG_SET (frame->buffer, GST_BUFFER_FLAG_DISCONT);
  timeline->discont = FALSE;
  timeline->pushed++;
  siprec_joiner_push (&timeline->joiner, g_steal_pointer (&frame->buffer), frame->format,
                      frame->time, duration, frame->reference, out);
}

void
siprec_timeline_push (SiprecTimeline *timeline, SiprecFrame *frame, GArray *out)
{
  if (frame->buffer && frame->raw)
    push_raw (timeline, frame, out);
  else if (frame->buffer)
    push_media (timeline, frame, out);
  timeline->received = frame->time;
  if (timeline->after_media)
    timeline->received = siprec_timeline_get_position (timeline);
  siprec_frame_clear (frame);
}

void
siprec_timeline_advance (SiprecTimeline *timeline, GstClockTime time, GArray *out)
{
  GstClockTime position = siprec_timeline_get_position (timeline);
  GstClockTime gathered = siprec_joiner_get_time (&timeline->joiner);

  if (timeline->fill != SIPREC_FILL_NONE && time > position) {
    gint64 units = gst_util_uint64_scale (time - position, timeline->rate, GST_SECOND);
    gint64 piece = MAX (timeline->rate / 50, 1);

    fill (timeline, units - units % piece, out);
    if (!timeline->after_media)
      timeline->floor = siprec_timeline_get_position (timeline);
  }
  /* What was gathered waits no longer than a full buffer would. */
  if (GST_CLOCK_TIME_IS_VALID (gathered) && gathered + timeline->joiner.wanted <= time)
    siprec_joiner_flush (&timeline->joiner, out);
}

void
siprec_timeline_finish (SiprecTimeline *timeline, GstClockTime end, GArray *out)
{
  gint64 missing = (gint64)end - (gint64)siprec_timeline_get_position (timeline);

  if (timeline->fill != SIPREC_FILL_NONE && missing > 0)
    fill (timeline, to_units (timeline, missing), out);
  siprec_joiner_flush (&timeline->joiner, out);
}
