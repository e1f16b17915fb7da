/* Gathers frames of audio to buffers of a wished length.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "joiner.h"

/* What tells filler from media: only frames that are alike are joined. */
#define KIND (GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_DROPPABLE)

/* A comfort noise frame of G.729 is shorter than the others, and only recognised at the end of a
 * buffer. */
static gboolean
is_joinable (const SiprecFormat *format)
{
  switch (format->payload) {
  case SIPREC_PAYLOAD_PCMU:
  case SIPREC_PAYLOAD_PCMA:
  case SIPREC_PAYLOAD_G722:
  case SIPREC_PAYLOAD_L16:
  case SIPREC_PAYLOAD_GSM:
  case SIPREC_PAYLOAD_AMR:
  case SIPREC_PAYLOAD_AMR_WB:
  case SIPREC_PAYLOAD_ILBC:
  case SIPREC_PAYLOAD_G726:
  case SIPREC_PAYLOAD_G726_AAL2:
  case SIPREC_PAYLOAD_G729:
    return TRUE;
  default:
    return FALSE;
  }
}

static void
add_reference (const SiprecJoiner *joiner, GstBuffer *buffer, GstClockTime reference)
{
  static GstStaticCaps types[] = {
      [SIPREC_NTP_TIME_SOURCE_NTP] = GST_STATIC_CAPS ("timestamp/x-ntp"),
      [SIPREC_NTP_TIME_SOURCE_UNIX] = GST_STATIC_CAPS ("timestamp/x-unix"),
  };
  g_autoptr (GstCaps) caps = gst_static_caps_get (&types[joiner->ntp_time_source]);

  gst_buffer_add_reference_timestamp_meta (buffer, caps, reference, GST_CLOCK_TIME_NONE);
}

static void
give (const SiprecJoiner *joiner, GArray *out, GstBuffer *buffer, SiprecFormat *format,
      GstClockTime time, GstClockTime duration, GstClockTime reference)
{
  if (GST_CLOCK_TIME_IS_VALID (reference))
    add_reference (joiner, buffer, reference);
  siprec_unit_append_data (out, buffer, format, time, duration);
}

void
siprec_joiner_flush (SiprecJoiner *joiner, GArray *out)
{
  GstBuffer *buffer;

  if (!joiner->format)
    return;
  buffer = gst_buffer_new_memdup (joiner->bytes->data, joiner->bytes->len);
  GST_BUFFER_FLAG_SET (buffer, joiner->flags);
  give (joiner, out, buffer, joiner->format, joiner->time, joiner->duration, joiner->reference);
  g_byte_array_set_size (joiner->bytes, 0);
  g_clear_pointer (&joiner->format, siprec_format_unref);
}

static void
begin (SiprecJoiner *joiner, GstBuffer *buffer, SiprecFormat *format, GstClockTime time,
       GstClockTime reference)
{
  if (!joiner->bytes)
    joiner->bytes = g_byte_array_new ();
  joiner->format = siprec_format_ref (format);
  joiner->time = time;
  joiner->duration = 0;
  joiner->reference = reference;
  joiner->flags =
      GST_BUFFER_FLAGS (buffer) & (KIND | GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_MARKER);
}

static gboolean
fits (const SiprecJoiner *joiner, GstBuffer *buffer, const SiprecFormat *format, GstClockTime time)
{
  return joiner->format == format && joiner->time + joiner->duration == time &&
         !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) &&
         ((joiner->flags ^ GST_BUFFER_FLAGS (buffer)) & KIND) == 0;
}

void
siprec_joiner_push (SiprecJoiner *joiner, GstBuffer *buffer, SiprecFormat *format,
                    GstClockTime time, GstClockTime duration, GstClockTime reference, GArray *out)
{
  GstMapInfo map;

  if (joiner->format && !fits (joiner, buffer, format, time))
    siprec_joiner_flush (joiner, out);
  if (joiner->wanted == 0 || !is_joinable (format)) {
    give (joiner, out, buffer, format, time, duration, reference);
    return;
  }

  if (!joiner->format)
    begin (joiner, buffer, format, time, reference);
  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_byte_array_append (joiner->bytes, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  joiner->duration += duration;
  /* RFC 3551 section 4.5.6: a short frame ends the packet. */
  if (joiner->duration >= joiner->wanted ||
      (format->payload == SIPREC_PAYLOAD_G729 && joiner->bytes->len % 10 != 0))
    siprec_joiner_flush (joiner, out);
  gst_buffer_unref (buffer);
}

GstClockTime
siprec_joiner_get_time (const SiprecJoiner *joiner)
{
  return joiner->format ? joiner->time : GST_CLOCK_TIME_NONE;
}

void
siprec_joiner_clear (SiprecJoiner *joiner)
{
  g_clear_pointer (&joiner->bytes, g_byte_array_unref);
  g_clear_pointer (&joiner->format, siprec_format_unref);
}
