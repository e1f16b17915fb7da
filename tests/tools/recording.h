/* audio-check: all audio of a file, laid out by its timestamps
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * Track:
 * @samples: interleaved, from time 0 of the file: what the file has nothing for is 0
 * @frames: samples of one channel
 * @start: time of the first buffer in seconds
 * @gaps: how often there was nothing for more than 5 ms; @gap_time: together, in seconds
 * @overlaps: how often a buffer began more than 5 ms before the end of the last one
 */
typedef struct {
  GArray *samples;
  guint rate, channels;
  gsize frames;
  gdouble start;
  guint gaps, overlaps;
  gdouble gap_time;
} Track;

/**
 * recording_load:
 * @path: a file name or URI
 * @rate: to resample to, or 0 to keep the rate
 *
 * Returns: (element-type Track): the audio tracks in the order of the file. If reading it fails on
 * the way, @error is set and what was read is returned.
 */
GPtrArray *recording_load (const gchar *path, guint rate, GError **error);

/* One channel, from @from to @to seconds (to the end if @to is not more than @from). */
GArray *track_get_channel (const Track *track, guint channel, gdouble from, gdouble to);

G_END_DECLS
