/* A receiver on made-up times, and somebody who speaks to it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "talker.h"

#include <string.h>

static void
on_notice (gpointer user_data, const SiprecNotice *notice)
{
  g_array_append_val (((Talker *)user_data)->notices, *notice);
}

static void
clear_unit (gpointer unit)
{
  siprec_unit_clear (unit);
}

void
talker_init (Talker *talker, guint32 ssrc, SiprecSync *sync, SiprecFill fill)
{
  SiprecStreamWishes wishes = {
      .fill = fill, .latency = 200 * GST_MSECOND, .reference_timestamps = TRUE};
  g_autoptr (GPtrArray) formats =
      g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);

  memset (talker, 0, sizeof (*talker));
  talker->ssrc = ssrc;
  talker->ntp = NTP0 * GST_SECOND;
  talker->position = T0;
  talker->units = g_array_new (FALSE, FALSE, sizeof (SiprecUnit));
  g_array_set_clear_func (talker->units, clear_unit);
  talker->notices = g_array_new (FALSE, FALSE, sizeof (SiprecNotice));
  talker->octets = g_byte_array_new ();
  g_ptr_array_add (formats, siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL));
  g_ptr_array_add (formats, siprec_format_new ("audio", 8, "PCMA", 8000, 1, NULL));
  g_ptr_array_add (formats, siprec_format_new ("audio", 13, "CN", 8000, 1, NULL));
  siprec_receiver_init (&talker->receiver, on_notice, talker);
  talker->receiver.out = talker->units;
  if (sync)
    siprec_receiver_set_sync (&talker->receiver, sync);
  siprec_receiver_set_formats (&talker->receiver, formats);
  siprec_receiver_begin (&talker->receiver, T0);
  siprec_receiver_claim (&talker->receiver, &wishes, T0);
}

void
talker_clear (Talker *talker)
{
  siprec_receiver_clear (&talker->receiver);
  g_array_unref (talker->units);
  g_array_unref (talker->notices);
  g_byte_array_unref (talker->octets);
}

static void
take_buffer (Talker *talker, const SiprecUnit *unit)
{
  gsize size = gst_buffer_get_size (unit->buffer);
  gint64 step = (gint64)unit->duration - (gint64)(size * 125 * GST_USECOND);

  if (GST_BUFFER_FLAG_IS_SET (unit->buffer, GST_BUFFER_FLAG_GAP)) {
    talker->filler += size;
  } else {
    talker->worst_step = MAX (talker->worst_step, ABS (step));
    talker->speech += size;
    talker->last_speech = talker->position;
  }
  g_byte_array_set_size (talker->octets, talker->octets->len + size);
  gst_buffer_extract (unit->buffer, 0, talker->octets->data + talker->octets->len - size, size);
}

void
talker_take (Talker *talker)
{
  for (guint i = 0; i < talker->units->len; i++) {
    SiprecUnit *unit = &g_array_index (talker->units, SiprecUnit, i);

    if (unit->type == SIPREC_UNIT_END)
      continue;
    fail_unless_equals_uint64 (unit->time, talker->position);
    talker->position += unit->duration;
    if (unit->buffer)
      take_buffer (talker, unit);
  }
  g_array_set_size (talker->units, 0);
}

void
talker_send (Talker *talker, guint8 pt, guint16 seq, guint32 timestamp, guint8 value, gsize size,
             GstClockTime arrival)
{
  guint8 packet[12 + FRAME] = {0x80, pt};

  GST_WRITE_UINT16_BE (packet + 2, seq);
  GST_WRITE_UINT32_BE (packet + 4, timestamp);
  GST_WRITE_UINT32_BE (packet + 8, talker->ssrc);
  memset (packet + 12, value, FRAME);
  siprec_receiver_push (&talker->receiver, packet, 12 + size, arrival);
}

void
talker_speak (Talker *talker, guint n, GstClockTime arrival)
{
  talker_send (talker, 0, talker->seq++, n * FRAME, 1 + n % 64, FRAME, arrival);
}

void
talker_report (Talker *talker, const gchar *cname, GstClockTime since, GstClockTime delay)
{
  GstClockTime ntp = talker->ntp + since;
  guint8 packet[28 + 16] = {0x80, 200, 0, 6};

  GST_WRITE_UINT32_BE (packet + 4, talker->ssrc);
  GST_WRITE_UINT32_BE (packet + 8, ntp / GST_SECOND);
  GST_WRITE_UINT32_BE (
      packet + 12,
      gst_util_uint64_scale (ntp % GST_SECOND, G_GUINT64_CONSTANT (1) << 32, GST_SECOND));
  GST_WRITE_UINT32_BE (packet + 16, gst_util_uint64_scale (since, 8000, GST_SECOND));
  packet[28] = 0x81;
  packet[29] = 202;
  packet[31] = 3;
  GST_WRITE_UINT32_BE (packet + 32, talker->ssrc);
  packet[36] = 1;
  packet[37] = 3;
  memcpy (packet + 38, cname, 3);
  fail_unless (
      siprec_rtcp_parse (&talker->receiver.rtcp, packet, sizeof (packet), T0 + since + delay));
}

void
talker_tick (Talker *talker, GstClockTime now)
{
  siprec_receiver_align (&talker->receiver);
  siprec_receiver_tick (&talker->receiver, now);
  talker_take (talker);
}

void
talker_end (Talker *talker, GstClockTime end)
{
  siprec_receiver_end (&talker->receiver, end);
  talker_take (talker);
}

guint
talker_count (Talker *talker, SiprecNoticeType type, guint *packets)
{
  guint n = 0, sum = 0;

  for (guint i = 0; i < talker->notices->len; i++) {
    const SiprecNotice *notice = &g_array_index (talker->notices, SiprecNotice, i);

    if (notice->type != type)
      continue;
    sum += notice->packets;
    n++;
  }
  if (packets)
    *packets = sum;
  return n;
}
