/* siprec-core: puts frames and filler on an unbroken timeline
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../media/frame.h"
#include "joiner.h"

G_BEGIN_DECLS

/**
 * SiprecTimeline:
 *
 * The position is where the next unit begins. It is counted in samples from an anchor, so that no
 * rounding adds up. While locked, the position belongs to an RTP timestamp, and frames and holes
 * are placed by their RTP timestamps, exact to the sample; the difference between the frames' time
 * and the position is worked off so slowly that units stay contiguous. A frame whose time disagrees
 * by more than that is placed by its time, and locks anew. What that, and silence that isn't made of
 * single samples, makes the time of buffers differ from what their samples last is made up for in the next
 * silence, so that a file of samples alone is as long as the call. Pure arithmetic on the times given.
 */
typedef struct {
  SiprecFill fill;
  gboolean raw;
  GstClockTime start;
  GstClockTime end; /* nothing is given out beyond; GST_CLOCK_TIME_NONE until known */

  guint32 rate;
  GstClockTime anchor; /* position is anchor + units */
  guint64 units;
  gboolean slewing;
  gint64 debt; /* how much longer all buffers were said to be than their samples are, ns */

  gboolean locked;
  gint64 timestamp; /* RTP timestamp at the position, while locked */
  gboolean after_media;
  gboolean discont;
  GstClockTime received; /* end of what was sent and came, filler not counted */

  GstClockTime spacing; /* between raw packets; 0 if unknown */
  GstClockTime floor;   /* raw packets go no further back: filler ended here */
  gboolean raw_known;   /* there was a raw packet, with these numbers: */
  gint64 raw_seq, raw_timestamp;

  SiprecFormat *format; /* of the last media, and of the filler */
  SiprecJoiner joiner;
  guint64 pushed, filled, late;
} SiprecTimeline;

/* Begins at @start. */
SIPREC_API void siprec_timeline_init (SiprecTimeline *timeline, GstClockTime start);
SIPREC_API void siprec_timeline_clear (SiprecTimeline *timeline);

/* The wishes of a consumer. */
SIPREC_API void siprec_timeline_configure (SiprecTimeline *timeline, SiprecFill fill, gboolean raw,
                                           GstClockTime buffer_duration);

/* The format of filler until media comes. */
SIPREC_API void siprec_timeline_set_format (SiprecTimeline *timeline, SiprecFormat *format);

/* The sender's timestamps begin anew: the next frame is placed by its time. */
SIPREC_API void siprec_timeline_unlock (SiprecTimeline *timeline);

/* Marks the next media as discontinuous. */
SIPREC_API void siprec_timeline_mark_discont (SiprecTimeline *timeline);

/* Places a frame (transfer full). Like all functions below it appends to @out (SiprecUnit). */
SIPREC_API void siprec_timeline_push (SiprecTimeline *timeline, SiprecFrame *frame, GArray *out);

/* Nothing will come that is older than @time: fills up to there, in pieces of 20 ms. */
SIPREC_API void siprec_timeline_advance (SiprecTimeline *timeline, GstClockTime time, GArray *out);

/* Fills up to @end to the sample and gives out what was gathered. */
SIPREC_API void siprec_timeline_finish (SiprecTimeline *timeline, GstClockTime end, GArray *out);

SIPREC_API GstClockTime siprec_timeline_get_position (const SiprecTimeline *timeline);

G_END_DECLS
