/* Units of timed media.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

void
siprec_unit_clear (SiprecUnit *unit)
{
  gst_clear_buffer (&unit->buffer);
  g_clear_pointer (&unit->format, siprec_format_unref);
}

void
siprec_unit_append_data (GArray *out, GstBuffer *buffer, SiprecFormat *format, GstClockTime time,
                         GstClockTime duration)
{
  SiprecUnit unit = {.type = SIPREC_UNIT_DATA,
                     .buffer = buffer,
                     .format = siprec_format_ref (format),
                     .time = time,
                     .duration = duration};

  GST_BUFFER_PTS (buffer) = time;
  GST_BUFFER_DURATION (buffer) = duration;
  g_array_append_val (out, unit);
}

void
siprec_unit_append_gap (GArray *out, GstClockTime time, GstClockTime duration)
{
  SiprecUnit unit = {.type = SIPREC_UNIT_GAP, .time = time, .duration = duration};

  if (duration > 0)
    g_array_append_val (out, unit);
}

void
siprec_unit_append_end (GArray *out, GstClockTime time)
{
  SiprecUnit unit = {.type = SIPREC_UNIT_END, .time = time};

  g_array_append_val (out, unit);
}
