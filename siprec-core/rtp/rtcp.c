/* Reads the sender's reports and writes ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtcp.h"

#include <gst/rtp/rtp.h>
#include <string.h>

#include "../transport/latch.h"

/* RFC 3550 section 6.2: the usual minimum interval. */
#define INTERVAL (5 * GST_SECOND)

#define REPORT_SIZE 256

/* RFC 7022 section 4.2: a short-term persistent CNAME is 96 random bits, in base64. One for the
 * process, since all streams share a clock. */
static const gchar *
get_cname (void)
{
  static gsize once;
  static gchar *cname;

  if (g_once_init_enter (&once)) {
    guint32 bits[3];

    for (guint i = 0; i < G_N_ELEMENTS (bits); i++)
      bits[i] = g_random_int ();
    cname = g_base64_encode ((guint8 *)bits, sizeof (bits));
    g_once_init_leave (&once, 1);
  }
  return cname;
}

static void
plan (SiprecRtcp *rtcp, GstClockTime now, GstClockTime interval)
{
  rtcp->next = now + interval * g_random_double_range (0.5, 1.5);
}

void
siprec_rtcp_init (SiprecRtcp *rtcp, GstClockTime now)
{
  rtcp->ssrc = g_random_int ();
  /* Section 6.2: half the interval before the first report. */
  plan (rtcp, now, INTERVAL / 2);
}

void
siprec_rtcp_clear (SiprecRtcp *rtcp)
{
  for (guint i = 0; i < SIPREC_RTCP_SENDERS; i++)
    g_clear_pointer (&rtcp->senders[i].cname, g_free);
}

const SiprecRtcpSender *
siprec_rtcp_get_sender (const SiprecRtcp *rtcp, guint32 ssrc)
{
  for (guint i = 0; i < SIPREC_RTCP_SENDERS && rtcp->senders[i].known; i++) {
    if (rtcp->senders[i].ssrc == ssrc)
      return &rtcp->senders[i];
  }
  return NULL;
}

/* The entry of @ssrc; a new one takes the place of the one that was heard of longest ago. */
static SiprecRtcpSender *
obtain_sender (SiprecRtcp *rtcp, guint32 ssrc, GstClockTime arrival)
{
  SiprecRtcpSender *sender = (SiprecRtcpSender *)siprec_rtcp_get_sender (rtcp, ssrc);

  if (sender)
    return sender;
  sender = &rtcp->senders[0];
  for (guint i = 1; i < SIPREC_RTCP_SENDERS; i++) {
    if (rtcp->senders[i].arrival < sender->arrival)
      sender = &rtcp->senders[i];
  }
  g_free (sender->cname);
  *sender = (SiprecRtcpSender){.known = TRUE, .ssrc = ssrc, .arrival = arrival};
  return sender;
}

static void
read_sr (SiprecRtcp *rtcp, const guint8 *body, gsize size, GstClockTime arrival)
{
  SiprecRtcpSender *sender;

  if (size < 16)
    return;
  sender = obtain_sender (rtcp, GST_READ_UINT32_BE (body), arrival);
  sender->have_sr = TRUE;
  sender->ntp = (guint64)GST_READ_UINT32_BE (body + 4) << 32 | GST_READ_UINT32_BE (body + 8);
  sender->rtp = GST_READ_UINT32_BE (body + 12);
  sender->arrival = arrival;
}

/* The items of one chunk; returns how many octets it has without its padding. */
static gsize
read_chunk (SiprecRtcp *rtcp, const guint8 *chunk, gsize size, GstClockTime arrival)
{
  guint32 ssrc = GST_READ_UINT32_BE (chunk);
  gsize i = 4;

  while (i + 2 <= size && chunk[i] != GST_RTCP_SDES_END) {
    gsize length = chunk[i + 1];

    if (length > size - i - 2)
      return size;
    if (chunk[i] == GST_RTCP_SDES_CNAME && length > 0) {
      SiprecRtcpSender *sender = obtain_sender (rtcp, ssrc, arrival);

      g_free (sender->cname);
      sender->cname = g_utf8_make_valid ((const gchar *)chunk + i + 2, length);
    }
    i += 2 + length;
  }
  return i;
}

static void
read_sdes (SiprecRtcp *rtcp, guint count, const guint8 *body, gsize size, GstClockTime arrival)
{
  while (count-- > 0 && size >= 4) {
    gsize used = read_chunk (rtcp, body, size, arrival);

    /* Section 6.5: at least one null octet, up to the next word. */
    used = MIN ((used / 4 + 1) * 4, size);
    body += used;
    size -= used;
  }
}

/* Noted only: the stream ends when the session says so. */
static void
read_bye (SiprecRtcp *rtcp, guint count, const guint8 *body, gsize size)
{
  for (guint i = 0; i < count && 4 * i + 4 <= size; i++) {
    guint32 ssrc = GST_READ_UINT32_BE (body + 4 * i);
    SiprecRtcpSender *sender = (SiprecRtcpSender *)siprec_rtcp_get_sender (rtcp, ssrc);

    if (sender)
      sender->bye = TRUE;
  }
}

/* The length of the packet at @data with its header, or 0 if there is none (section 6.4). */
static gsize
get_packet_size (const guint8 *data, gsize size)
{
  gsize length;

  if (size < 4 || data[0] >> 6 != 2 || data[1] < 192 || data[1] > 223)
    return 0;
  length = (GST_READ_UINT16_BE (data + 2) + 1) * 4;
  return length <= size ? length : 0;
}

/* Own code, since the library's reader trusts the lengths inside of packets. */
gboolean
siprec_rtcp_parse (SiprecRtcp *rtcp, const guint8 *data, gsize size, GstClockTime arrival)
{
  gsize length = get_packet_size (data, size);

  if (length == 0)
    return FALSE;
  for (; length > 0; length = get_packet_size (data, size)) {
    guint count = data[0] & 0x1f;
    const guint8 *body = data + 4;

    switch (data[1]) {
    case GST_RTCP_TYPE_SR:
      read_sr (rtcp, body, length - 4, arrival);
      break;
    case GST_RTCP_TYPE_SDES:
      read_sdes (rtcp, count, body, length - 4, arrival);
      break;
    case GST_RTCP_TYPE_BYE:
      read_bye (rtcp, count, body, length - 4);
      break;
    default:
      break;
    }
    data += length;
    size -= length;
  }
  return TRUE;
}

gboolean
siprec_rtcp_is_due (SiprecRtcp *rtcp, GstClockTime now)
{
  if (now < rtcp->next)
    return FALSE;
  plan (rtcp, now, INTERVAL);
  return TRUE;
}

static void
add_block (SiprecRtcp *rtcp, GstRTCPPacket *packet, SiprecSource *source, GstClockTime now)
{
  const SiprecRtcpSender *sender = siprec_rtcp_get_sender (rtcp, source->ssrc);
  guint32 lsr = 0, dlsr = 0;
  guint8 fraction;
  gint32 lost;

  siprec_source_take_loss (source, &fraction, &lost);
  /* Section 6.4.1: the middle 32 bits of the NTP timestamp, and the delay since in 1/65536 s. */
  if (sender && sender->have_sr) {
    lsr = sender->ntp >> 16;
    dlsr = gst_util_uint64_scale (now - MIN (now, sender->arrival), 65536, GST_SECOND);
  }
  gst_rtcp_packet_add_rb (packet, source->ssrc, fraction, lost, (guint32)source->max_seq - 0x10000,
                          source->jitter >> 4, lsr, dlsr);
}

GstBuffer *
siprec_rtcp_make_report (SiprecRtcp *rtcp, SiprecSource *source, GstClockTime now, gboolean bye)
{
  GstBuffer *buffer = gst_rtcp_buffer_new (REPORT_SIZE);
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  const gchar *cname = get_cname ();

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &map);
  gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_RR, &packet);
  gst_rtcp_packet_rr_set_ssrc (&packet, rtcp->ssrc);
  if (source->known && source->received > source->received_prior)
    add_block (rtcp, &packet, source, now);
  gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_SDES, &packet);
  gst_rtcp_packet_sdes_add_item (&packet, rtcp->ssrc);
  gst_rtcp_packet_sdes_add_entry (&packet, GST_RTCP_SDES_CNAME, strlen (cname),
                                  (const guint8 *)cname);
  if (bye) {
    gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_BYE, &packet);
    gst_rtcp_packet_bye_add_ssrc (&packet, rtcp->ssrc);
  }
  gst_rtcp_buffer_unmap (&map);
  return buffer;
}

GstMemory *
siprec_rtcp_make_refresh (const SiprecRtcp *rtcp, guint32 ssrc, const SiprecRefresh *refresh,
                          SiprecRefreshWay way)
{
  gboolean fir = way == SIPREC_REFRESH_FIR;
  gsize size = fir ? 20 : 12;
  guint8 *data = g_malloc0 (size);

  data[0] = 2 << 6 | (fir ? GST_RTCP_PSFB_TYPE_FIR : GST_RTCP_PSFB_TYPE_PLI);
  data[1] = GST_RTCP_TYPE_PSFB;
  data[3] = size / 4 - 1;
  GST_WRITE_UINT32_BE (data + 4, rtcp->ssrc);
  /* FIR names the sender in its entry, and leaves the usual place empty. */
  GST_WRITE_UINT32_BE (data + (fir ? 12 : 8), ssrc);
  if (fir)
    data[16] = refresh->fir_sequence;
  return gst_memory_new_wrapped (0, data, size, 0, size, data, g_free);
}

GstMemory *
siprec_rtcp_make_nack (const SiprecRtcp *rtcp, guint32 ssrc, const guint16 *seqs, guint n)
{
  gsize size = 12;
  guint8 *data = g_malloc0 (size + 4 * n);

  data[0] = 2 << 6 | GST_RTCP_RTPFB_TYPE_NACK;
  data[1] = GST_RTCP_TYPE_RTPFB;
  GST_WRITE_UINT32_BE (data + 4, rtcp->ssrc);
  GST_WRITE_UINT32_BE (data + 8, ssrc);
  /* Each entry has a number and a mask of the 16 that follow. */
  for (guint i = 0; i < n; size += 4) {
    guint16 first = seqs[i++], mask = 0;

    for (; i < n && (guint16)(seqs[i] - first) <= 16; i++)
      mask |= 1 << ((guint16)(seqs[i] - first) - 1);
    GST_WRITE_UINT16_BE (data + size, first);
    GST_WRITE_UINT16_BE (data + size + 2, mask);
  }
  GST_WRITE_UINT16_BE (data + 2, size / 4 - 1);
  return gst_memory_new_wrapped (0, data, size, 0, size, data, g_free);
}

void
siprec_rtcp_set_remote (SiprecRtcp *rtcp, const gchar *address, guint16 port, gboolean mux)
{
  rtcp->mux = mux;
  siprec_address_set (&rtcp->signalled, port ? address : NULL, port);
}
