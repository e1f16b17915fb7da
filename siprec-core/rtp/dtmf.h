/* siprec-core: telephone-events
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stream.h"

G_BEGIN_DECLS

/* The telephone-event under way (RFC 4733). */
typedef struct {
  gboolean active; /* not reported yet */
  gboolean known;
  guint8 event;
  guint32 timestamp; /* of its last segment */
  guint32 duration;  /* of its last segment, clock units */
  guint64 before;    /* of the segments before it */
  guint32 clock_rate;
  GstClockTime time, arrival;
} SiprecDtmf;

/* Reads one payload; @time is that of its RTP timestamp. TRUE if an event ended: @notice is
 * filled. */
SIPREC_API gboolean siprec_dtmf_push (SiprecDtmf *dtmf, const guint8 *payload, gsize size,
                                      guint32 timestamp, guint32 clock_rate, GstClockTime time,
                                      GstClockTime arrival, SiprecNotice *notice);

/* TRUE if the event under way has ended without saying so: nothing came since. */
SIPREC_API gboolean siprec_dtmf_expire (SiprecDtmf *dtmf, GstClockTime now, SiprecNotice *notice);

G_END_DECLS
