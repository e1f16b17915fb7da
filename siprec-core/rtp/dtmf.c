/* Follows telephone-events from their first packet to their end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtmf.h"

/* Senders update an event every 50 ms or more often (RFC 4733 section 2.5.1.1); after a few updates
 * missed, the end was lost. */
#define PATIENCE (250 * GST_MSECOND)

static void
report (SiprecDtmf *dtmf, SiprecNotice *notice)
{
  static const gchar keys[] = "0123456789*#ABCD";

  *notice = (SiprecNotice){.type = SIPREC_NOTICE_DTMF, .time = dtmf->time};
  if (dtmf->event < sizeof (keys) - 1)
    notice->digit[0] = keys[dtmf->event];
  else
    g_snprintf (notice->digit, sizeof (notice->digit), "%u", dtmf->event);
  notice->duration =
      gst_util_uint64_scale (dtmf->before + dtmf->duration, GST_SECOND, dtmf->clock_rate);
  dtmf->active = FALSE;
}

/* RFC 4733 section 2.5.1.3: an event too long for its duration field goes on in another segment,
 * which begins where the last one ended. */
static gboolean
continues (const SiprecDtmf *dtmf, guint8 event, guint32 timestamp)
{
  return dtmf->active && event == dtmf->event && dtmf->duration == G_MAXUINT16 &&
         timestamp == dtmf->timestamp + G_MAXUINT16;
}

static void
begin (SiprecDtmf *dtmf, guint8 event, guint32 timestamp, guint32 clock_rate, GstClockTime time)
{
  dtmf->active = dtmf->known = TRUE;
  dtmf->event = event;
  dtmf->timestamp = timestamp;
  dtmf->duration = 0;
  dtmf->before = 0;
  dtmf->clock_rate = clock_rate;
  dtmf->time = time;
}

gboolean
siprec_dtmf_push (SiprecDtmf *dtmf, const guint8 *payload, gsize size, guint32 timestamp,
                  guint32 clock_rate, GstClockTime time, GstClockTime arrival, SiprecNotice *notice)
{
  gboolean reported = FALSE;
  guint16 duration;

  if (size < 4)
    return FALSE;
  duration = payload[2] << 8 | payload[3];

  if (continues (dtmf, payload[0], timestamp)) {
    dtmf->before += dtmf->duration;
    dtmf->timestamp = timestamp;
    dtmf->duration = 0;
  } else if (!dtmf->known || timestamp != dtmf->timestamp) {
    /* A straggler of an event before. */
    if (dtmf->known && (gint32)(timestamp - dtmf->timestamp) < 0 &&
        arrival < dtmf->arrival + GST_SECOND)
      return FALSE;
    if (dtmf->active) {
      report (dtmf, notice);
      reported = TRUE;
    }
    begin (dtmf, payload[0], timestamp, clock_rate, time);
  } else if (!dtmf->active) {
    return FALSE;
  }

  dtmf->arrival = arrival;
  dtmf->duration = MAX (dtmf->duration, duration);
  /* If the end of the one before was lost as well, this one is reported by its second end
   * packet. */
  if (!reported && payload[1] & 0x80) {
    report (dtmf, notice);
    reported = TRUE;
  }
  return reported;
}

gboolean
siprec_dtmf_expire (SiprecDtmf *dtmf, GstClockTime now, SiprecNotice *notice)
{
  if (!dtmf->active || now < dtmf->arrival + PATIENCE)
    return FALSE;
  report (dtmf, notice);
  return TRUE;
}
