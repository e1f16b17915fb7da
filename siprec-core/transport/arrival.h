/* siprec-core: kernel arrival times on the monotonic clock
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

/**
 * SiprecArrival:
 * @now, @last: CLOCK_MONOTONIC of this sample and of the one before
 * @offset, @last_offset: CLOCK_REALTIME minus CLOCK_MONOTONIC at both
 *
 * The kernel stamps packets with CLOCK_REALTIME, which somebody may set. Sampling the offset
 * between the clocks once a tick tells both what to subtract and whether the clock was set since.
 */
typedef struct {
  GstClockTime now, last;
  gint64 offset, last_offset;
} SiprecArrival;

/* Takes a sample: @monotonic and @realtime were read at the same moment. */
SIPREC_API void siprec_arrival_sample (SiprecArrival *arrival, GstClockTime monotonic,
                                       GstClockTime realtime);

/* Whether the system clock was set between the last two samples. */
SIPREC_API gboolean siprec_arrival_is_stepped (const SiprecArrival *arrival);

/* The monotonic time of @stamp, never later than a tick after the last sample. */
SIPREC_API GstClockTime siprec_arrival_convert (const SiprecArrival *arrival, GstClockTime stamp);

G_END_DECLS
