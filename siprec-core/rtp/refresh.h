/* siprec-core: when a sender is asked for a key frame
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

/* The feedback that was agreed on (RFC 4585, RFC 5104). */
typedef enum {
  SIPREC_FEEDBACK_NACK = 1,
  SIPREC_FEEDBACK_PLI = 2,
  SIPREC_FEEDBACK_FIR = 4,
} SiprecFeedback;

typedef enum {
  SIPREC_REFRESH_NONE,
  SIPREC_REFRESH_PLI,
  SIPREC_REFRESH_FIR,
  SIPREC_REFRESH_SIGNALLING, /* by SIP INFO (RFC 5168) */
} SiprecRefreshWay;

/**
 * SiprecRefresh:
 *
 * Wishes for a key frame become requests, no more than one in a while: a sender that is asked with every loss
 * sends nothing else. No clock in here.
 */
typedef struct {
  guint feedback; /* SiprecFeedback */
  gboolean wanted;
  GstClockTime next;   /* none before */
  guint8 fir_sequence; /* of the last request (RFC 5104 section 4.3.1.1) */
} SiprecRefresh;

/* How a key frame is to be asked for at @now: NONE if there is no wish or it is too early. The wish is fulfilled
 * with that. */
SIPREC_API SiprecRefreshWay siprec_refresh_take (SiprecRefresh *refresh, GstClockTime now);

G_END_DECLS
