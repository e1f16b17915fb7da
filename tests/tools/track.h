/* rtp-play: encoded audio, cut to RTP payloads
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* One payload. @timestamp counts from 0 at the start of the track, in RTP clock units. */
typedef struct {
  guint32 timestamp;
  gboolean marker;
  GBytes *payload;
} Frame;

/**
 * Track:
 * @frames: (element-type Frame): in order
 * @pt: the payload type that the codec usually has
 */
typedef struct {
  GArray *frames;
  guint clock_rate;
  guint8 pt;
} Track;

/**
 * track_new:
 * @wav: (nullable): a file to play; NULL for a tone
 * @tone: its frequency in Hz; 0 is silence
 * @codec: PCMU, PCMA, G722, OPUS, L16, GSM, AMR, AMR-WB or G726-32
 * @ptime: length of a packet in ms
 * @duration: the most to play, in seconds
 *
 * Encodes it all at once, through GStreamer's encoder and payloader.
 */
Track *track_new (const gchar *wav, gdouble tone, const gchar *codec, guint ptime, gdouble duration,
                  GError **error);
void track_free (Track *track);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Track, track_free)

G_END_DECLS
