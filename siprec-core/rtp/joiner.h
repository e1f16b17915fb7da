/* siprec-core: joins short frames to longer buffers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "unit.h"

G_BEGIN_DECLS

/**
 * SiprecJoiner:
 *
 * Frames of a format that may be concatenated are gathered until they last as long as wished; a
 * change of format, a gap in time, a discontinuity, or a change between media and filler gives out
 * what there is. With nothing wished, and for other formats, every frame passes.
 */
typedef struct {
  GstClockTime wanted;
  SiprecNtpTimeSource ntp_time_source; /* of the references */
  GByteArray *bytes;                   /* gathered; empty if nothing is */
  SiprecFormat *format;
  GstClockTime time, duration;
  GstClockTime reference;
  GstBufferFlags flags;
} SiprecJoiner;

/* Takes @buffer; gives out what is full or can't be joined. */
void siprec_joiner_push (SiprecJoiner *joiner, GstBuffer *buffer, SiprecFormat *format,
                         GstClockTime time, GstClockTime duration, GstClockTime reference,
                         GArray *out);

/* Gives out what is gathered. */
void siprec_joiner_flush (SiprecJoiner *joiner, GArray *out);

/* Start of what is gathered, GST_CLOCK_TIME_NONE if nothing is. */
GstClockTime siprec_joiner_get_time (const SiprecJoiner *joiner);

void siprec_joiner_clear (SiprecJoiner *joiner);

G_END_DECLS
