/* siprec-core: silence in the codec of a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

G_BEGIN_DECLS

/* The shortest silence that can be written in @format, in units of its RTP clock; longer silence is a
 * multiple. 0 if it has none: opaque and auxiliary formats, and iLBC. */
SIPREC_API guint32 siprec_silence_get_grain (const SiprecFormat *format);

/**
 * siprec_silence_new:
 * @duration: wanted length in RTP clock units
 * @made: (out): length made: as much of it as has whole grains, but at most a second, and of Opus, whose
 *   packets can't be concatenated, at most 20 ms
 *
 * Call it until @duration is used up, or less than a grain.
 *
 * Returns: (nullable): a payload of silence, unpacked as siprec_depay() does it, flagged GAP and
 *   DROPPABLE; NULL when @made is 0.
 */
SIPREC_API GstBuffer *siprec_silence_new (const SiprecFormat *format, guint32 duration,
                                          guint32 *made);

G_END_DECLS
