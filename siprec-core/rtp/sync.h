/* siprec-core: brings the streams of one sender into line by their sender reports
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

/**
 * SiprecSync:
 *
 * What the sender reports of a session told of each stream: by how much the sender's NTP clock is
 * ahead of the stream's own time, which follows arrival. Streams with the same CNAME share that
 * clock (RFC 3550 section 6.5.1), so a difference between them is a difference of their delays, and
 * the ones that came faster wait for the slowest. Pictures
 * don't have to be contiguous: they go to where the sound is, back as well, and at once. Streams of different CNAMEs have nothing to do
 * with each other: a recording client passes on the reports of parties whose clocks are unrelated.
 *
 * Shared by the streams of a session, whatever worker they are on. Its lock is a leaf, taken when
 * the session has got a sender report. Reference counted.
 */
typedef struct _SiprecSync SiprecSync;

SIPREC_API SiprecSync *siprec_sync_new (void);
SIPREC_API SiprecSync *siprec_sync_ref (SiprecSync *sync);
SIPREC_API void siprec_sync_unref (SiprecSync *sync);

/* Changes whenever a correction may have changed. Takes no lock. */
SIPREC_API guint siprec_sync_get_serial (SiprecSync *sync);

/**
 * siprec_sync_report:
 * @member: the stream, as a name only
 * @offset: the sender's NTP clock minus the stream's time, ns
 * @arrival: of the report
 * @pictures: it is video
 */
SIPREC_API void siprec_sync_report (SiprecSync *sync, gconstpointer member, const gchar *cname,
                                    gint64 offset, GstClockTime arrival, gboolean pictures);

/* What @member has told counts no more. */
SIPREC_API void siprec_sync_forget (SiprecSync *sync, gconstpointer member);

/* What to add to the times of @member, ns; never negative for sound. */
SIPREC_API gint64 siprec_sync_get_correction (SiprecSync *sync, gconstpointer member);

/**
 * SiprecShift:
 *
 * What is added to a stream's times now, on its way to what should be added.
 */
typedef struct {
  gint64 target, applied;
} SiprecShift;

/**
 * siprec_shift_follow:
 * @elapsed: time since the frame before
 * @room: (nullable): in silence: how far the next frame may be moved back
 *
 * Moves on by so little that nobody hears it, or in silence all at once.
 */
SIPREC_API gint64 siprec_shift_follow (SiprecShift *shift, gint64 elapsed, const gint64 *room);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecSync, siprec_sync_unref)

G_END_DECLS
