/* Reads the sender's reports and writes ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtcp.h"

#include <arpa/inet.h>
#include <gst/rtp/rtp.h>
#include <string.h>

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
  for (guint i = 0; i < SIPREC_RTCP_SENDERS; i++) {
    if (rtcp->senders[i].known && rtcp->senders[i].ssrc == ssrc)
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
read_sr (SiprecRtcp *rtcp, GstRTCPPacket *packet, GstClockTime arrival)
{
  SiprecRtcpSender *sender;
  guint32 ssrc, rtp;
  guint64 ntp;

  /* Sender information is 6 words; the library doesn't check that they are there. */
  if (gst_rtcp_packet_get_length (packet) < 6)
    return;
  gst_rtcp_packet_sr_get_sender_info (packet, &ssrc, &ntp, &rtp, NULL, NULL);
  sender = obtain_sender (rtcp, ssrc, arrival);
  sender->have_sr = TRUE;
  sender->ntp = ntp;
  sender->rtp = rtp;
  sender->arrival = arrival;
}

static void
read_sdes_entries (SiprecRtcp *rtcp, GstRTCPPacket *packet, GstClockTime arrival)
{
  guint32 ssrc = gst_rtcp_packet_sdes_get_ssrc (packet);
  gboolean more = gst_rtcp_packet_sdes_first_entry (packet);

  for (; more; more = gst_rtcp_packet_sdes_next_entry (packet)) {
    GstRTCPSDESType type;
    guint8 length;
    guint8 *data;
    SiprecRtcpSender *sender;

    if (!gst_rtcp_packet_sdes_get_entry (packet, &type, &length, &data) ||
        type != GST_RTCP_SDES_CNAME || length == 0)
      continue;
    sender = obtain_sender (rtcp, ssrc, arrival);
    g_free (sender->cname);
    sender->cname = g_utf8_make_valid ((const gchar *)data, length);
  }
}

static void
read_sdes (SiprecRtcp *rtcp, GstRTCPPacket *packet, GstClockTime arrival)
{
  gboolean more =
      gst_rtcp_packet_get_length (packet) >= 2 && gst_rtcp_packet_sdes_first_item (packet);

  for (; more; more = gst_rtcp_packet_sdes_next_item (packet))
    read_sdes_entries (rtcp, packet, arrival);
}

/* Noted only: the stream ends when the session says so. */
static void
read_bye (SiprecRtcp *rtcp, GstRTCPPacket *packet)
{
  guint n = MIN (gst_rtcp_packet_bye_get_ssrc_count (packet), gst_rtcp_packet_get_length (packet));

  for (guint i = 0; i < n; i++) {
    guint32 ssrc = gst_rtcp_packet_bye_get_nth_ssrc (packet, i);
    SiprecRtcpSender *sender = (SiprecRtcpSender *)siprec_rtcp_get_sender (rtcp, ssrc);

    if (sender)
      sender->bye = TRUE;
  }
}

gboolean
siprec_rtcp_parse (SiprecRtcp *rtcp, const guint8 *data, gsize size, GstClockTime arrival)
{
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  g_autoptr (GstBuffer) buffer = NULL;

  if (size > G_MAXUINT16 || !gst_rtcp_buffer_validate_data_reduced ((guint8 *)data, size))
    return FALSE;
  buffer = gst_buffer_new_memdup (data, size);
  if (!gst_rtcp_buffer_map (buffer, GST_MAP_READ, &map))
    return FALSE;
  for (gboolean more = gst_rtcp_buffer_get_first_packet (&map, &packet); more;
       more = gst_rtcp_packet_move_to_next (&packet)) {
    switch (gst_rtcp_packet_get_type (&packet)) {
    case GST_RTCP_TYPE_SR:
      read_sr (rtcp, &packet, arrival);
      break;
    case GST_RTCP_TYPE_SDES:
      read_sdes (rtcp, &packet, arrival);
      break;
    case GST_RTCP_TYPE_BYE:
      read_bye (rtcp, &packet);
      break;
    default:
      break;
    }
  }
  gst_rtcp_buffer_unmap (&map);
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
siprec_rtcp_make_report (SiprecRtcp *rtcp, SiprecSource *source, GstClockTime now)
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
  gst_rtcp_buffer_unmap (&map);
  return buffer;
}

void
siprec_rtcp_set_remote (SiprecRtcp *rtcp, const gchar *address, guint16 port, gboolean mux)
{
  rtcp->signalled = (SiprecAddress){0};
  rtcp->mux = mux;
  if (!address || port == 0)
    return;
  if (inet_pton (AF_INET, address, &rtcp->signalled.in.sin_addr) == 1) {
    /* c=IN IP4 0.0.0.0 is hold. */
    if (rtcp->signalled.in.sin_addr.s_addr == INADDR_ANY)
      return;
    rtcp->signalled.in.sin_port = htons (port);
    rtcp->signalled.in.sin_family = AF_INET;
  } else if (inet_pton (AF_INET6, address, &rtcp->signalled.in6.sin6_addr) == 1) {
    if (IN6_IS_ADDR_UNSPECIFIED (&rtcp->signalled.in6.sin6_addr))
      return;
    rtcp->signalled.in6.sin6_port = htons (port);
    rtcp->signalled.in6.sin6_family = AF_INET6;
  }
}

const SiprecAddress *
siprec_rtcp_get_remote (const SiprecRtcp *rtcp, gboolean *on_rtp)
{
  if (rtcp->seen.any.sa_family != AF_UNSPEC) {
    *on_rtp = rtcp->seen_on_rtp;
    return &rtcp->seen;
  }
  *on_rtp = rtcp->mux;
  return rtcp->signalled.any.sa_family != AF_UNSPEC ? &rtcp->signalled : NULL;
}
