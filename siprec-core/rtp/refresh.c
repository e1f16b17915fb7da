/* Requests for key frames, and how often.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refresh.h"

/* A key frame takes a round trip, and its packets some time on the line. */
#define INTERVAL (500 * GST_MSECOND)

/* RFC 5168 section 5 calls the way through signalling slow, and it loads the servers on it. */
#define SIGNALLING_INTERVAL (2 * GST_SECOND)

SiprecRefreshWay
siprec_refresh_take (SiprecRefresh *refresh, GstClockTime now)
{
  if (!refresh->wanted || now < refresh->next)
    return SIPREC_REFRESH_NONE;
  refresh->wanted = FALSE;
  refresh->next = now + INTERVAL;
  /* RFC 7866 section 8.1.7: PLI is what a loss is told with, FIR works too, signalling is for who knows neither. */
  if (refresh->feedback & SIPREC_FEEDBACK_PLI)
    return SIPREC_REFRESH_PLI;
  if (refresh->feedback & SIPREC_FEEDBACK_FIR) {
    refresh->fir_sequence++;
    return SIPREC_REFRESH_FIR;
  }
  refresh->next = now + SIGNALLING_INTERVAL;
  return SIPREC_REFRESH_SIGNALLING;
}
