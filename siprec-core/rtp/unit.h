/* siprec-core: making the units that a stream gives out
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stream.h"

G_BEGIN_DECLS

/* Each appends one unit to @out (element-type SiprecUnit). @buffer is taken, its PTS and DURATION
 * set; @format is referenced. */
void siprec_unit_append_data (GArray *out, GstBuffer *buffer, SiprecFormat *format,
                              GstClockTime time, GstClockTime duration);
void siprec_unit_append_gap (GArray *out, GstClockTime time, GstClockTime duration);
void siprec_unit_append_end (GArray *out, GstClockTime time);

G_END_DECLS
