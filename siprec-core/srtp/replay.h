/* siprec-core: packet indices of SRTP: estimated, and no packet twice
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

/* Packets that may come after a newer one; RFC 3711 section 3.3.2 wants 64. */
#define SIPREC_REPLAY_WINDOW 256

/* SSRCs remembered at once; the one that was heard of longest ago gives way. */
#define SIPREC_REPLAY_SOURCES 8

/**
 * SiprecReplay:
 * @newest: highest index that was authentic
 * @seen: a bit for each of the last SIPREC_REPLAY_WINDOW indices, at its place modulo that
 * @heard: when the last authentic packet came
 *
 * What is known of one SSRC. Only authentic packets change it.
 */
typedef struct {
  gboolean known;
  guint32 ssrc;
  guint64 newest;
  guint64 seen[SIPREC_REPLAY_WINDOW / 64];
  GstClockTime heard;
} SiprecReplay;

typedef struct {
  SiprecReplay sources[SIPREC_REPLAY_SOURCES];
} SiprecReplayTable;

/* The entry of @ssrc, or NULL if nothing authentic came from it. */
SIPREC_API SiprecReplay *siprec_replay_find (SiprecReplayTable *table, guint32 ssrc);

/* The index of a packet numbered @seq (RFC 3711 section 3.3.1). */
SIPREC_API guint64 siprec_replay_guess (const SiprecReplay *replay, guint16 seq);

/* TRUE if @index came already or is too old to tell. @replay may be NULL. */
SIPREC_API gboolean siprec_replay_is_old (const SiprecReplay *replay, guint64 index);

/* An authentic packet of @ssrc came at @arrival. */
SIPREC_API void siprec_replay_mark (SiprecReplayTable *table, guint32 ssrc, guint64 index,
                                    GstClockTime arrival);

/* Takes over from @older the sources that @table doesn't know, as far as it has room. */
SIPREC_API void siprec_replay_inherit (SiprecReplayTable *table, const SiprecReplayTable *older);

G_END_DECLS
